//! What a query gives, inferred from its parts.

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::token::{T_BOTTOMK, T_COUNT_VALUES, T_LIMIT_RATIO, T_LIMITK, T_TOPK};
use promql_parser::parser::{AggregateExpr, AtModifier, BinaryExpr, Call, Expr, LabelModifier, Offset, VectorSelector};

use super::{Labels, Meaning, Shape, Values, Vocabulary};

/// Functions that the parser knows and Prometheus 2.42 does not, besides the experimental ones.
const TOO_NEW: [&str; 5] =
    ["first_over_time", "histogram_avg", "histogram_stddev", "histogram_stdvar", "start_timestamp"];
/// What is asked of counters only.
const OF_COUNTERS: [&str; 4] = ["rate", "irate", "increase", "resets"];
/// What is asked of anything but counters.
const OF_GAUGES: [&str; 4] = ["delta", "idelta", "deriv", "predict_linear"];

/// Goes through a query and remembers what is wrong with it.
pub(super) struct Inference<'a> {
    vocabulary: &'a Vocabulary,
    mistakes: Vec<String>,
}

impl<'a> Inference<'a> {
    pub(super) const fn new(vocabulary: &'a Vocabulary) -> Self {
        Self { vocabulary, mistakes: Vec::new() }
    }

    pub(super) fn into_mistakes(self) -> Vec<String> {
        self.mistakes
    }

    pub(super) fn mistake(&mut self, words: impl Into<String>) {
        let words = words.into();
        if !self.mistakes.contains(&words) {
            self.mistakes.push(words);
        }
    }

    pub(super) fn shape(&mut self, query: &Expr) -> Shape {
        match query {
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) => Shape::Scalar,
            Expr::Paren(paren) => self.shape(&paren.expr),
            Expr::Unary(unary) => self.shape(&unary.expr),
            Expr::Subquery(subquery) => {
                self.check_time(subquery.offset.as_ref(), subquery.at.as_ref());
                self.shape(&subquery.expr)
            }
            Expr::VectorSelector(selector) => self.selector(selector),
            Expr::MatrixSelector(matrix) => self.selector(&matrix.vs),
            Expr::Aggregate(aggregate) => self.aggregate(aggregate),
            Expr::Call(call) => self.call(call),
            Expr::Binary(binary) => self.binary(binary),
            Expr::Extension(_) => Shape::Unknown,
        }
    }

    fn check_time(&mut self, offset: Option<&Offset>, at: Option<&AtModifier>) {
        if at.is_some() {
            self.mistake("@ is not understood everywhere");
        }
        if matches!(offset, Some(Offset::Neg(_))) {
            self.mistake("a negative offset is not understood everywhere");
        }
    }

    fn selector(&mut self, selector: &VectorSelector) -> Shape {
        self.check_time(selector.offset.as_ref(), selector.at.as_ref());
        if !selector.matchers.or_matchers.is_empty() {
            self.mistake("`or` between matchers is not understood everywhere");
        }
        let Some(name) = selector.name.as_deref() else {
            self.mistake(format!("{selector} names no metric"));
            return Shape::Unknown;
        };
        let Some(labels) = self.vocabulary.labels(name) else {
            let hint = self.vocabulary.nearest(name).map(|known| format!("; {known}?")).unwrap_or_default();
            self.mistake(format!("there is no metric {name}{hint}"));
            return Shape::Unknown;
        };
        let labels = labels.clone();
        Shape::Vector(selector.matchers.matchers.iter().fold(labels, |left, matcher| self.matched(name, left, matcher)))
    }

    fn matched(&mut self, metric: &str, labels: Labels, matcher: &Matcher) -> Labels {
        let Some(values) = labels.get(&matcher.name) else {
            let known = labels.names().collect::<Vec<_>>().join(", ");
            self.mistake(format!("{metric} has no label {}, only {known}", matcher.name));
            return labels;
        };
        match values.chosen_by(matcher) {
            Ok(chosen) => labels.with(&matcher.name, chosen),
            Err(why) => {
                self.mistake(format!("{metric}: {why}"));
                labels
            }
        }
    }

    fn aggregate(&mut self, aggregate: &AggregateExpr) -> Shape {
        if [T_LIMITK, T_LIMIT_RATIO].contains(&aggregate.op.id()) {
            self.mistake(format!("Prometheus 2.42 has no {}", aggregate.op));
        }
        if let Some(param) = &aggregate.param {
            self.shape(param);
        }
        let Shape::Vector(labels) = self.shape(&aggregate.expr) else { return Shape::Unknown };
        if let Some(modifier) = &aggregate.modifier {
            self.check_names("the aggregated series have", &labels, &modifier.labels().labels);
        }
        let grouped = match &aggregate.modifier {
            None => Labels::default(),
            Some(LabelModifier::Include(by)) => labels.only(by.labels.iter().map(String::as_str)),
            Some(LabelModifier::Exclude(without)) => labels.clone().without(without.labels.iter().map(String::as_str)),
        };
        Shape::Vector(match aggregate.op.id() {
            T_TOPK | T_BOTTOMK => labels,
            T_COUNT_VALUES => match aggregate.param.as_deref() {
                Some(Expr::StringLiteral(label)) => grouped.with(&label.val, Values::Any),
                _ => grouped,
            },
            _ => grouped,
        })
    }

    pub(super) fn check_names(&mut self, who_has: &str, labels: &Labels, names: &[String]) {
        for name in names.iter().filter(|name| !labels.has(name)) {
            let known = labels.names().collect::<Vec<_>>().join(", ");
            self.mistake(format!("{who_has} no label {name}, only {known}"));
        }
    }

    fn call(&mut self, call: &Call) -> Shape {
        let (name, args) = (call.func.name, &call.args.args);
        if call.func.experimental || TOO_NEW.contains(&name) {
            self.mistake(format!("Prometheus 2.42 has no function {name}"));
        }
        self.check_meaning(name, args);
        let shapes: Vec<Shape> = args.iter().map(|arg| self.shape(arg)).collect();
        let vector = shapes.iter().find(|shape| **shape != Shape::Scalar).cloned();
        match (name, vector) {
            ("vector", _) => Shape::Vector(Labels::default()),
            ("scalar" | "time" | "pi", _) => Shape::Scalar,
            ("absent" | "absent_over_time", _) => Shape::Vector(absent_labels(args)),
            // `hour()` and its like are of the moment itself.
            (_, None) => Shape::Vector(Labels::default()),
            (_, Some(Shape::Vector(labels))) => Shape::Vector(self.called(name, labels, args)),
            (_, Some(other)) => other,
        }
    }

    fn called(&mut self, name: &str, labels: Labels, args: &[Box<Expr>]) -> Labels {
        let text = |position: usize| match args.get(position).map(Box::as_ref) {
            Some(Expr::StringLiteral(text)) => Some(text.val.clone()),
            _ => None,
        };
        match name {
            "histogram_quantile" => {
                self.check_names("the buckets have", &labels, &["le".to_owned()]);
                labels.without(["le"])
            }
            "label_replace" => {
                // From no label where the new one is a constant.
                let source = text(3).filter(|source| !source.is_empty());
                self.check_names("label_replace: the series have", &labels, source.as_slice());
                text(1).into_iter().fold(labels, |labels, made| labels.with(made, Values::Any))
            }
            "label_join" => {
                let sources: Vec<String> = (3..args.len()).filter_map(text).collect();
                self.check_names("label_join: the series have", &labels, &sources);
                text(1).into_iter().fold(labels, |labels, made| labels.with(made, Values::Any))
            }
            _ => labels,
        }
    }

    fn check_meaning(&mut self, function: &str, args: &[Box<Expr>]) {
        let selected = args.iter().filter_map(|arg| match &**arg {
            Expr::MatrixSelector(matrix) => matrix.vs.name.as_deref(),
            _ => None,
        });
        for metric in selected {
            let meaning = self.vocabulary.meaning(metric);
            if OF_COUNTERS.contains(&function) && meaning.is_some_and(|meaning| meaning != Meaning::Counter) {
                self.mistake(format!("{function} of {metric}, which is no counter"));
            }
            if OF_GAUGES.contains(&function) && meaning == Some(Meaning::Counter) {
                self.mistake(format!("{function} of {metric}, which is a counter"));
            }
        }
    }

    fn binary(&mut self, binary: &BinaryExpr) -> Shape {
        match (self.shape(&binary.lhs), self.shape(&binary.rhs)) {
            (Shape::Unknown, _) | (_, Shape::Unknown) => Shape::Unknown,
            (Shape::Scalar, other) | (other, Shape::Scalar) => other,
            (Shape::Vector(left), Shape::Vector(right)) => Shape::Vector(self.joined(binary, left, right)),
        }
    }
}

/// What is missing has the labels that were asked for by one value.
fn absent_labels(args: &[Box<Expr>]) -> Labels {
    let matchers = args.iter().flat_map(|arg| match &**arg {
        Expr::VectorSelector(selector) => selector.matchers.matchers.as_slice(),
        Expr::MatrixSelector(matrix) => matrix.vs.matchers.matchers.as_slice(),
        _ => &[],
    });
    matchers.filter(|it| matches!(it.op, MatchOp::Equal)).map(|it| (&*it.name, Values::one(&*it.value))).collect()
}
