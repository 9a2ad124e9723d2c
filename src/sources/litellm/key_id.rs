//! What may stand for a key.

const SHA256_DIGITS: usize = 64;

/// Whether this is the hash of a key, or the name of a key of LiteLLM's own. LiteLLM hashes only keys of its making: what another
/// authority issued, such as an access token, it passes on as it is, and that must be shown to nobody.
pub(in crate::sources) fn names_a_key(text: &str) -> bool {
    let is_hash = text.len() == SHA256_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash || text.starts_with("hashed-jwt-") || text.starts_with("litellm")
}
