//! Takes secrets out of text that people will see: error messages and addresses.

/// Enough to understand an error, too little to flood a page.
const MAX_MESSAGE_CHARACTERS: usize = 300;
/// More of a message is not even read: providers repeat whole prompts, and this runs while the state is locked.
const MAX_READ_BYTES: usize = 4096;
/// What stands in the place of a secret.
const MASK: &str = "***";
/// A run of letters and digits this long is no word of any language.
const LONGEST_WORD: usize = 24;

/// Beginnings by which well-known secrets are recognised.
const SECRET_PREFIXES: [&str; 13] =
    ["sk-", "pk-", "rk-", "AKIA", "ASIA", "AIza", "ya29.", "ghp_", "gho_", "github_pat_", "xox", "hf_", "eyJ"];
/// Words after which a secret stands.
const SECRET_NAMES: [&str; 8] = ["bearer", "basic", "key", "token", "secret", "password", "passwd", "authorization"];

/// A message with what looks like a secret masked, on one line, and shortened.
#[must_use]
pub(crate) fn redact_message(message: &str) -> String {
    let message = &message[..message.floor_char_boundary(MAX_READ_BYTES)];
    let mut redacted = String::new();
    let mut after_secret_name = false;
    for word in message.split_whitespace().take(MAX_MESSAGE_CHARACTERS) {
        if !redacted.is_empty() {
            redacted.push(' ');
        }
        redact_word(word, after_secret_name, &mut redacted);
        // "key: VALUE" and "Bearer VALUE"; in a plain sentence ("the key is") a name has no mark after it.
        after_secret_name = names_a_secret(word);
    }
    shorten(&redacted)
}

/// An address without user info, query, fragment and path segments that look like secrets.
#[must_use]
pub(crate) fn redact_url(url: &str) -> String {
    let plain = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = plain.split_once("://").map_or(("", plain), |(scheme, rest)| (scheme, rest));
    let (authority, path) = rest.split_once('/').map_or((rest, None), |(authority, path)| (authority, Some(path)));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let mut redacted = String::new();
    if !scheme.is_empty() {
        redacted.push_str(scheme);
        redacted.push_str("://");
    }
    redacted.push_str(host);
    for segment in path.into_iter().flat_map(|path| path.split('/')) {
        redacted.push('/');
        redacted.push_str(if is_secret(segment) { MASK } else { segment });
    }
    redacted
}

fn redact_word(word: &str, after_secret_name: bool, out: &mut String) {
    if let Some((before, address)) = word.split_once("://") {
        out.push_str(before);
        out.push_str("://");
        out.push_str(&redact_url(address));
        return;
    }
    // Secrets hide in "key=VALUE", "'VALUE'", "(VALUE)": look at the parts between such marks.
    let mut masking = after_secret_name;
    for part in word.split_inclusive(|character: char| !is_secret_character(character)) {
        let text = part.trim_end_matches(|character: char| !is_secret_character(character));
        let mark = &part[text.len()..];
        let hide = !text.is_empty() && (is_secret(text) || (masking && !is_secret_name(text)));
        out.push_str(if hide { MASK } else { text });
        out.push_str(mark);
        masking = (masking && text.is_empty()) || (is_secret_name(text) && mark.starts_with(['=', ':', '"', '\'']));
    }
}

fn is_secret_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '+' | '/' | '*')
}

fn is_secret(text: &str) -> bool {
    has_secret_prefix(text) || text.split(['/', '.', '-', '_']).any(looks_random)
}

fn has_secret_prefix(text: &str) -> bool {
    SECRET_PREFIXES.iter().any(|prefix| text.strip_prefix(prefix).is_some_and(|rest| rest.len() >= 4))
}

/// Long, and letters mixed with digits.
fn looks_random(text: &str) -> bool {
    text.len() > LONGEST_WORD
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

fn is_secret_name(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|name| lower.ends_with(name))
}

/// Whether the next word is a secret: this one is "Bearer", or a name with a mark after it.
fn names_a_secret(word: &str) -> bool {
    let name = word.trim_end_matches([':', '=', '"', '\'']);
    let is_scheme = ["bearer", "basic"].iter().any(|scheme| name.to_ascii_lowercase().ends_with(scheme));
    is_scheme || (name.len() < word.len() && is_secret_name(name))
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(MAX_MESSAGE_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_messages_are_masked_and_the_rest_is_kept() {
        let cases = [
            ("Incorrect API key provided: sk-abc123def", "Incorrect API key provided: ***"),
            ("header Authorization: Bearer abc.def-ghi", "header Authorization: Bearer ***"),
            ("password=hunter2 host=db", "password=*** host=db"),
            (r#"{"api_key": "short1"}"#, r#"{"api_key": "***"}"#),
            ("connect to https://user:pw@host/v1?key=1 failed", "connect to https://host/v1 failed"),
            ("token 0123456789abcdef0123456789abcdef seen", "token *** seen"),
            (
                "Rate limit reached for gpt-4o in org x on tokens per min (TPM)",
                "Rate limit reached for gpt-4o in org x on tokens per min (TPM)",
            ),
            (
                "This model's maximum context length is 8192 tokens",
                "This model's maximum context length is 8192 tokens",
            ),
        ];
        for (message, expected) in cases {
            assert_eq!(redact_message(message), expected);
        }
    }

    #[test]
    fn messages_are_one_line_and_bounded() {
        assert_eq!(redact_message("a\n  b\tc"), "a b c");
        assert_eq!(redact_message(&"x ".repeat(10_000)).chars().count(), MAX_MESSAGE_CHARACTERS + 1);
        assert_eq!(redact_message(&"ü".repeat(10_000)).chars().count(), MAX_MESSAGE_CHARACTERS + 1);
    }

    #[test]
    fn addresses_lose_what_could_be_secret() {
        let cases = [
            ("https://user:pw@example.com:8443/v1?api-key=1#x", "https://example.com:8443/v1"),
            ("https://example.com/openai/deployments/gpt-4o", "https://example.com/openai/deployments/gpt-4o"),
            (
                "https://example.com/deployments/gpt-4o-mini-2024-07-18-eu-west",
                "https://example.com/deployments/gpt-4o-mini-2024-07-18-eu-west",
            ),
            ("https://example.com/0123456789abcdef0123456789/v1", "https://example.com/***/v1"),
            ("example.com/v1", "example.com/v1"),
            ("", ""),
        ];
        for (url, expected) in cases {
            assert_eq!(redact_url(url), expected);
        }
    }
}
