//! One entry of `models`: the table of its keys, and how it is read.

use super::{
    API_KEY, InFile, Kind, Maybe, Text, USD, Wrong,
    hidden::HIDDEN,
    known::{MODE, PROBE_CHOICE},
    quoted,
};
use crate::{
    config::{
        OwnModel, Problem,
        given::{Given, Scalar},
        keys,
    },
    redact::redact_url,
};

/// One key of an entry.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    set: fn(&mut OwnModel, &Given) -> Result<(), Vec<Wrong>>,
    /// Writes the field as YAML.
    pub(super) show: fn(&OwnModel) -> String,
}

macro_rules! key {
    ($name:ident: $kind:expr) => {
        key!(stringify!($name), [$name]: $kind)
    };
    ($name:expr, [$($field:ident).+]: $kind:expr) => {
        Key {
            name: $name,
            set: |model, given| {
                model.$($field).+ = $kind.read(given)?;
                Ok(())
            },
            show: |model| $kind.show(&model.$($field).+),
        }
    };
}

const IN_PLACE: &str = "api_key";
const IN_FILE: &str = "api_key_file";

/// Every key of an entry, in the order in which they are shown.
pub(super) static KEYS: &[Key] = &[
    key!(model: Text::Some),
    key!(deployment: Text::Some),
    key!(provider: Text::Some),
    key!(upstream_model: Text::Some),
    key!(api_base: ApiBase),
    key!(api_version: Text::Some),
    key!(IN_PLACE, [api_key]: API_KEY),
    key!(IN_FILE, [api_key]: InFile(API_KEY)),
    key!(mode: Maybe(MODE)),
    key!("input_cost_per_token", [prices.input_token]: Maybe(USD)),
    key!("output_cost_per_token", [prices.output_token]: Maybe(USD)),
    key!("cost_per_request", [prices.request]: Maybe(USD)),
    key!(probe: PROBE_CHOICE),
];

/// Reads an entry, or says all that is wrong with it.
pub(super) fn read(entry: &Given) -> Result<OwnModel, Vec<Wrong>> {
    let Given::Section(values) = entry else {
        let expected = "a section with the key model";
        return Err(vec![Problem::Value { found: shown(entry), expected }.into()]);
    };
    let (mut model, mut wrongs) = (OwnModel::default(), Vec::new());
    for (name, value) in values.iter().filter(|(_, value)| **value != Given::Null) {
        let read = match KEYS.iter().find(|key| key.name == name) {
            Some(key) => (key.set)(&mut model, value),
            None => Err(vec![Problem::UnknownKey { near: near(name) }.into()]),
        };
        let wrong = read.err().unwrap_or_default();
        wrongs.extend(wrong.into_iter().map(|wrong| wrong.within(&format!(".{name}"))));
    }
    let has = |name: &str| values.get(name).is_some_and(|value| *value != Given::Null);
    if has(IN_PLACE) && has(IN_FILE) {
        wrongs.push(Wrong::from(Problem::BothHere { other: IN_FILE }).within(&format!(".{IN_PLACE}")));
    }
    if !has("model") {
        wrongs.push(Problem::Missing { key: "model", expected: "the public name that callers use" }.into());
    }
    if wrongs.is_empty() { Ok(model) } else { Err(wrongs) }
}

/// How an error repeats what is no entry, or no list of them. Nothing of a text: it may be a key that slipped out of its place.
pub(super) fn shown(entry: &Given) -> String {
    if matches!(entry, Given::Scalar(_)) { "a value".into() } else { entry.to_string() }
}

fn near(name: &str) -> Option<&'static str> {
    keys::closest(name, KEYS.iter().map(|key| key.name))
}

/// Where a provider is reached. There are providers that want a key in it.
#[derive(Debug)]
struct ApiBase;

impl Kind<Option<String>> for ApiBase {
    fn read(&self, given: &Given) -> Result<Option<String>, Vec<Wrong>> {
        if let Given::Scalar(Scalar { text, .. }) = given
            && url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
        {
            return Ok(Some(text.clone()));
        }
        Err(vec![Problem::Secret { expected: "an http or https address such as https://api.openai.com/v1" }.into()])
    }

    fn show(&self, api_base: &Option<String>) -> String {
        match api_base {
            None => "null".into(),
            Some(api_base) if redact_url(api_base) == *api_base => quoted(api_base),
            Some(_) => HIDDEN.into(),
        }
    }
}
