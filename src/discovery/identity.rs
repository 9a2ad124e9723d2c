//! What tells a deployment from others where nobody gave it an id.

use xxhash_rust::xxh3::Xxh3Default;

use super::Listed;

/// What a made-up id begins with.
const MADE_UP: &str = "listed-";

/// The public name, the provider's name and the address: two deployments that share all three are taken for one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    model: String,
    upstream_model: String,
    api_base: Option<String>,
}

impl Identity {
    pub(super) fn new(model: &str, upstream_model: &str, api_base: Option<&str>) -> Self {
        Self { model: model.to_owned(), upstream_model: upstream_model.to_owned(), api_base: api_base.map(normalised) }
    }

    pub(super) fn of(listed: &Listed) -> Self {
        Self::new(&listed.model, &listed.upstream_model, listed.api_base.as_deref())
    }

    /// An id that is the same in every run and in every replica.
    pub(super) fn made_up_id(&self) -> String {
        let mut hash = Xxh3Default::new();
        for part in [&self.model, &self.upstream_model, self.api_base.as_deref().unwrap_or_default()] {
            hash.update(part.as_bytes());
            hash.update(b"\0");
        }
        format!("{MADE_UP}{:08x}", hash.digest() >> 32)
    }
}

/// Whether both are the same address, or both none.
pub(super) fn is_same_address(one: Option<&str>, other: Option<&str>) -> bool {
    one.map(normalised) == other.map(normalised)
}

/// An address without what makes no difference: the slash at its end, which LiteLLM itself adds in some places and not in
/// others, and the case of the host.
fn normalised(api_base: &str) -> String {
    let address = api_base.trim().trim_end_matches('/');
    let after_scheme = address.find("://").map_or(0, |end| end + "://".len());
    let end_of_host = address[after_scheme..].find('/').map_or(address.len(), |end| after_scheme + end);
    let (host, path) = address.split_at(end_of_host);
    // A name and a password before the host are as they are.
    let (user, host) = host.split_at(host.rfind('@').unwrap_or(0));
    format!("{user}{}{path}", host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_id_is_the_same_for_ever() {
        let id = |api_base| Identity::new("gpt-4", "openai/gpt-4o", api_base).made_up_id();
        assert_eq!(id(Some("https://a.example/v1/")), id(Some("HTTPS://A.example/v1")));
        assert_ne!(id(Some("https://a.example/v1")), id(Some("https://a.example/V1")));
        assert_ne!(id(Some("https://a.example/v1")), id(None));
        // Series and what replicas share are named by it: a change would be a breaking one.
        assert_eq!(id(None), "listed-ddaee8ff");
    }

    #[test]
    fn an_address_is_compared_without_what_makes_no_difference() {
        let same = |one, other| is_same_address(Some(one), Some(other));
        assert!(same("http://h:80/v1", " http://H:80/v1// "));
        assert!(same("h", "H/"));
        assert!(!same("http://U:p@h", "http://u:p@h"));
        assert!(!same("http://h/v1", "http://h/v2"));
        assert!(!is_same_address(Some("http://h"), None));
    }
}
