//! What a listed deployment is as something that can be asked: an address, a dialect, a key, the provider's name for the model.

#[cfg(test)]
mod tests;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::providers::{self, Dialect, Provider};
use crate::config::Secret;
use crate::discovery::Listed;

/// The version of Azure's interface where the deployment names none.
const AZURE_VERSION: &str = "2024-10-21";
/// Words for Azure's interface without versions, which is OpenAI's.
const AZURE_UNVERSIONED: [&str; 3] = ["v1", "latest", "preview"];
const ANTHROPIC_VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");

/// A deployment as it can be asked. No `Debug`: the address may hold a password.
pub(super) struct Target<'a> {
    pub(super) dialect: Dialect,
    pub(super) provider: Provider,
    base: Url,
    /// Whether it is the provider's own address and not one that the operator gave.
    pub(super) is_at_provider: bool,
    pub(super) is_azure: bool,
    /// OpenAI's own models, wherever they are.
    pub(super) is_openai: bool,
    /// The provider's name for the model.
    pub(super) model: &'a str,
    key: Option<&'a Secret>,
    /// Azure's.
    pub(super) api_version: &'a str,
}

/// Why a deployment can't be asked anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoTarget {
    /// The provider has no address of its own and none was given.
    #[error("nobody says where it is reached; give its `api_base`")]
    NoAddress,
    /// The address that was given is none.
    #[error("its `api_base` is no http or https URL")]
    BadAddress,
}

/// A key that can't be sent.
#[derive(Debug, thiserror::Error)]
#[error("the deployment's key holds characters that no header can carry")]
pub(super) struct BadKey;

impl<'a> Target<'a> {
    pub(super) fn of(listed: &'a Listed) -> Result<Self, NoTarget> {
        let provider = providers::find(&listed.provider);
        let given = listed.api_base.as_deref().map(str::trim).filter(|base| !base.is_empty());
        let text = given.or(provider.base).ok_or(NoTarget::NoAddress)?;
        let base = Url::parse(text).ok().filter(is_web_address).ok_or(NoTarget::BadAddress)?;
        let is_azure = provider.dialect == Dialect::Azure;
        let mut target = Self {
            dialect: provider.dialect,
            provider,
            base,
            is_at_provider: given.is_none(),
            is_azure,
            is_openai: matches!(listed.provider.as_str(), "openai" | "text-completion-openai"),
            model: model_name(listed, is_azure),
            key: listed.api_key.as_ref().filter(|key| !key.expose().trim().is_empty()),
            api_version: listed.api_version.as_deref().unwrap_or(AZURE_VERSION),
        };
        target.normalise();
        Ok(target)
    }

    /// Leaves of the address what everything that can be asked has in common: operators also write where one question goes.
    fn normalise(&mut self) {
        self.base.set_query(None);
        self.base.set_fragment(None);
        let path = self.base.path();
        let path = match self.dialect {
            Dialect::Azure => before_segment(path, "openai"),
            dialect => without_endings(path, endings(dialect)),
        };
        let path = path.to_owned();
        self.base.set_path(&path);
        if self.is_azure && AZURE_UNVERSIONED.contains(&self.api_version) {
            self.dialect = Dialect::OpenAi;
            self.base = self.url(&["openai", "v1"]);
        }
    }

    /// The address of this path under the base.
    pub(super) fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        url.path_segments_mut().expect("an http address has a path").pop_if_empty().extend(path);
        url
    }

    /// The base itself.
    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// `host:port`, for messages.
    pub(super) fn authority(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        format!("{host}:{}", self.base.port_or_known_default().unwrap_or_default())
    }

    pub(super) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The headers that every question carries.
    pub(super) fn headers(&self) -> Result<HeaderMap, BadKey> {
        let mut headers = HeaderMap::new();
        if self.dialect == Dialect::Anthropic {
            headers.insert("anthropic-version", ANTHROPIC_VERSION);
        }
        if let Some(key) = self.key {
            let (name, scheme) = self.key_header();
            let value = HeaderValue::try_from(format!("{scheme}{}", key.expose().trim()));
            let mut value = value.map_err(|_| BadKey)?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(headers)
    }

    fn key_header(&self) -> (HeaderName, &'static str) {
        match self.dialect {
            _ if self.is_azure => (HeaderName::from_static("api-key"), ""),
            Dialect::Anthropic => (HeaderName::from_static("x-api-key"), ""),
            Dialect::Gemini => (HeaderName::from_static("x-goog-api-key"), ""),
            _ => (AUTHORIZATION, "Bearer "),
        }
    }
}

fn is_web_address(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.host_str().is_some()
}

/// `openai/gpt-4o` is `gpt-4o` to the provider.
fn model_name(listed: &Listed, is_azure: bool) -> &str {
    let full = listed.upstream_model.as_str();
    let behind = full.strip_prefix(listed.provider.as_str()).and_then(|rest| rest.strip_prefix('/'));
    let name = behind.unwrap_or(full);
    // More of LiteLLM's own words: which interface, which kind of model.
    let name = if behind.is_some() { without_start(name, "responses/") } else { name };
    if is_azure { without_start(without_start(name, "o_series/"), "gpt5_series/") } else { name }
}

fn without_start<'a>(text: &'a str, start: &str) -> &'a str {
    text.strip_prefix(start).unwrap_or(text)
}

/// Ends of addresses that name one question.
const fn endings(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::OpenAi => &["/chat/completions", "/completions", "/embeddings", "/rerank", "/responses"],
        Dialect::Anthropic => &["/messages", "/v1"],
        Dialect::Cohere => &["/chat", "/embed", "/rerank", "/v1", "/v2"],
        Dialect::Ollama => &["/generate", "/chat", "/embeddings", "/api", "/v1"],
        Dialect::Azure | Dialect::Gemini | Dialect::Foreign => &[],
    }
}

fn without_endings<'a>(path: &'a str, endings: &[&str]) -> &'a str {
    let strip = |path: &'a str, ending: &&str| path.strip_suffix(*ending).unwrap_or(path);
    endings.iter().fold(path.trim_end_matches('/'), strip)
}

/// What stands before the segment, or all of it.
fn before_segment<'a>(path: &'a str, segment: &str) -> &'a str {
    let mut start = 0;
    for part in path.split('/') {
        if part == segment {
            return &path[..start];
        }
        start += part.len() + 1;
    }
    path
}
