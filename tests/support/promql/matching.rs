//! How the series of two sides find each other.

use std::collections::BTreeSet;

use promql_parser::parser::token::T_LOR;
use promql_parser::parser::{BinaryExpr, LabelModifier, VectorMatchCardinality, VectorMatchFillValues};

use super::Labels;
use super::infer::Inference;

/// What is known of a series by the label that stands first.
const TOLD_BY: [(&str, &[&str]); 3] = [
    ("deployment", &["model", "provider", "upstream_model", "api_base"]),
    ("instance", &["version", "traffic"]),
    ("id", &["alias"]),
];

/// By which labels the sides are matched.
struct Keys(BTreeSet<String>);

impl Inference<'_> {
    /// The labels of what two sides give together.
    pub(super) fn joined(&mut self, binary: &BinaryExpr, left: Labels, right: Labels) -> Labels {
        let modifier = binary.modifier.as_ref();
        let matching = modifier.and_then(|modifier| modifier.matching.as_ref());
        if modifier.is_some_and(|modifier| modifier.fill_values != VectorMatchFillValues::default()) {
            self.mistake("Prometheus 2.42 has no fill");
        }
        let keys = Keys::new(matching, &left, &right);
        if binary.op.is_set_operator() {
            return self.combined(binary, matching, &keys, left, right);
        }
        self.check_sides(matching, &keys, &left, &right);
        match modifier.map(|modifier| &modifier.card) {
            Some(VectorMatchCardinality::ManyToOne(added)) => self.grouped(&keys, left, &right, &added.labels),
            Some(VectorMatchCardinality::OneToMany(added)) => self.grouped(&keys, right, &left, &added.labels),
            _ => {
                self.check_one("left", &keys, &left);
                self.check_one("right", &keys, &right);
                keys.kept_of(&left)
            }
        }
    }

    fn combined(
        &mut self,
        binary: &BinaryExpr,
        matching: Option<&LabelModifier>,
        keys: &Keys,
        left: Labels,
        right: Labels,
    ) -> Labels {
        if binary.op.id() == T_LOR {
            if matching.is_some_and(LabelModifier::is_include) {
                self.check_sides(matching, keys, &left, &right);
            }
            return left.union(right);
        }
        self.check_sides(matching, keys, &left, &right);
        left
    }

    /// Many series of one side, each with one of the other.
    fn grouped(&mut self, keys: &Keys, many: Labels, one: &Labels, added: &[String]) -> Labels {
        self.check_one("one", keys, one);
        self.check_names("group: the side of the one has", one, added);
        many.overwritten_by(one.only(added.iter().map(String::as_str)))
    }

    /// What one side has and the other lacks keeps them apart for ever.
    fn check_sides(&mut self, matching: Option<&LabelModifier>, keys: &Keys, left: &Labels, right: &Labels) {
        let verb = match matching {
            Some(LabelModifier::Include(_)) => "on",
            Some(LabelModifier::Exclude(_)) => "ignoring",
            None => "matched by all labels",
        };
        for (side, labels) in [("left", left), ("right", right)] {
            for key in keys.0.iter().filter(|key| !labels.has(key)) {
                self.mistake(format!("{verb}: the {side} side has no label {key}: the sides never match"));
            }
        }
    }

    /// More than one series with the same keys is an error when the query runs.
    fn check_one(&mut self, side: &str, keys: &Keys, labels: &Labels) {
        let told = keys.told();
        let more: Vec<&str> = labels.varying().filter(|name| !told.contains(*name)).collect();
        if !more.is_empty() {
            let keys = keys.0.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = more.join(", ");
            self.mistake(format!("the {side} side is matched by ({keys}) and may have several series, by {more}"));
        }
    }
}

impl Keys {
    fn new(matching: Option<&LabelModifier>, left: &Labels, right: &Labels) -> Self {
        let all = || left.names().chain(right.names()).map(str::to_owned).collect::<BTreeSet<_>>();
        Self(match matching {
            None => all(),
            Some(LabelModifier::Include(on)) => on.labels.iter().cloned().collect(),
            Some(LabelModifier::Exclude(ignored)) => {
                all().into_iter().filter(|name| !ignored.labels.contains(name)).collect()
            }
        })
    }

    fn kept_of(&self, labels: &Labels) -> Labels {
        labels.only(self.0.iter().map(String::as_str))
    }

    /// The keys, and what is known with them.
    fn told(&self) -> BTreeSet<&str> {
        let told = TOLD_BY.into_iter().filter(|(key, _)| self.0.contains(*key)).flat_map(|(_, names)| names);
        self.0.iter().map(String::as_str).chain(told.copied()).collect()
    }
}
