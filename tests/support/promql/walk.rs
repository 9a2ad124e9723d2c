//! Where selectors stand in a query.

use std::time::Duration;

use promql_parser::parser::{Expr, VectorSelector};

/// A selector, and what is around it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) selector: &'a VectorSelector,
    /// How far it reaches back, where it does.
    pub(crate) range: Option<Duration>,
    /// The function whose argument it is, without anything between.
    pub(crate) function: Option<&'a str>,
}

/// Every selector of a query.
pub(crate) fn selectors(query: &Expr) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    collect(query, None, &mut found);
    found
}

fn collect<'a>(query: &'a Expr, function: Option<&'a str>, found: &mut Vec<Found<'a>>) {
    match query {
        Expr::VectorSelector(selector) => found.push(Found { selector, range: None, function }),
        Expr::MatrixSelector(matrix) => {
            found.push(Found { selector: &matrix.vs, range: Some(matrix.range), function });
        }
        Expr::Call(call) => call.args.args.iter().for_each(|part| collect(part, Some(call.func.name), found)),
        Expr::Paren(paren) => collect(&paren.expr, function, found),
        Expr::Unary(unary) => collect(&unary.expr, None, found),
        Expr::Subquery(subquery) => collect(&subquery.expr, None, found),
        Expr::Aggregate(aggregate) => {
            collect(&aggregate.expr, None, found);
            aggregate.param.iter().for_each(|part| collect(part, None, found));
        }
        Expr::Binary(binary) => [&binary.lhs, &binary.rhs].into_iter().for_each(|part| collect(part, None, found)),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
    }
}
