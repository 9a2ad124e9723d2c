//! The gateway's address.

use url::Url;

use super::{Kind, Wrong, quoted};
use crate::config::{
    Problem,
    given::{Form, Given, Scalar},
};

/// The address that the gateway's routes begin with. No secret: the key has its own place.
#[derive(Debug)]
pub(in crate::config) struct GatewayUrl;

impl GatewayUrl {
    /// Reads the text itself.
    pub(in crate::config) fn read_text(text: &str) -> Result<Url, Problem> {
        let expected = "an http or https address such as http://litellm:4000, without user, query and fragment";
        parse(text).ok_or_else(|| match text.contains(['@', '?', '#']) {
            true => Problem::Secret { expected },
            false => Problem::Value { found: Scalar { text: text.to_owned(), form: Form::Text }.to_string(), expected },
        })
    }
}

fn parse(text: &str) -> Option<Url> {
    let mut url = Url::parse(text.trim()).ok()?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    // Of one address there is one spelling, and a route can be put behind it.
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    is_plain.then_some(url)
}

impl Kind<Option<Url>> for GatewayUrl {
    fn read(&self, given: &Given) -> Result<Option<Url>, Vec<Wrong>> {
        let text = match given {
            Given::Scalar(scalar) => scalar.text.as_str(),
            Given::List(_) | Given::Section(_) | Given::Null => "",
        };
        Self::read_text(text).map(Some).map_err(|problem| vec![problem.into()])
    }

    fn show(&self, url: &Option<Url>) -> String {
        url.as_ref().map_or_else(|| "null".into(), |url| quoted(&url.as_str().trim_end_matches('/')))
    }
}
