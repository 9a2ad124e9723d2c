//! Takes secrets out of text that people will see: error messages and addresses.
//!
//! Masked is what is called a secret (`api_key=…`, `"token": "…"`, `Authorization: Bearer …`), what looks like one, and of an address
//! whoever logs in there and what is asked. In doubt a word too many is masked.

#[cfg(test)]
mod tests;

/// Enough to understand an error, too little to flood a page.
const MAX_MESSAGE_CHARACTERS: usize = 300;
/// More of a message is not even read: providers repeat whole prompts, and this runs while the state is locked.
const MAX_READ_BYTES: usize = 2048;
/// What stands in the place of a secret.
const MASK: &str = "***";
/// A run of letters and digits this long is no word of any language.
const LONGEST_WORD: usize = 24;

/// Beginnings by which well-known secrets are recognised.
const SECRET_PREFIXES: [&str; 23] = [
    "sk-",
    "sk_",
    "pk-",
    "rk-",
    "AKIA",
    "ASIA",
    "AIza",
    "ya29.",
    "ghp_",
    "gho_",
    "github_pat_",
    "xox",
    "hf_",
    "eyJ",
    "fw_",
    "gsk_",
    "nvapi-",
    "pplx-",
    "r8_",
    "tgp_",
    "xai-",
    "csk-",
    "jina_",
];
/// Ends of words that name a secret.
const SECRET_NAMES: [&str; 7] = ["key", "token", "secret", "password", "passwd", "pwd", "authorization"];
/// What stands before a secret in a header, and before little else.
const AUTH_SCHEMES: [&str; 2] = ["bearer", "basic"];
/// What may stand between the name of a secret and the secret.
const LESS_TELLING_SCHEMES: [&str; 5] = ["token", "apikey", "api-key", "key", "digest"];

const QUOTES: [char; 3] = ['"', '\'', '`'];

/// A message with what looks like a secret masked, on one line, and shortened.
#[must_use]
pub(crate) fn redact_message(message: &str) -> String {
    let message = &message[..message.floor_char_boundary(MAX_READ_BYTES)];
    let words: Vec<&str> = message.split_whitespace().take(MAX_MESSAGE_CHARACTERS).collect();
    let line = words.join(" ");
    let mut redactor = Redactor { rest: &line, out: String::new(), expects: Expects::Nothing };
    // Enough is enough: four bytes at most are a character.
    while redactor.out.len() <= 4 * MAX_MESSAGE_CHARACTERS && redactor.step() {}
    shorten(&redactor.out)
}

/// An address without user info, query, fragment and path segments that look like secrets.
#[must_use]
pub(crate) fn redact_url(url: &str) -> String {
    let (scheme, rest) = url.split_at(url.find("://").map_or(0, |end| end + "://".len()));
    format!("{scheme}{}", redact_address(rest))
}

/// The address behind `https://`.
fn redact_address(address: &str) -> String {
    let (plain, _query) = split_before(without_user(address), |character| matches!(character, '?' | '#'));
    let mut segments = plain.split('/');
    let mut redacted = segments.next().unwrap_or_default().to_owned();
    for segment in segments {
        redacted.push('/');
        redacted.push_str(if is_secret(segment) { MASK } else { segment });
    }
    redacted
}

/// A password may hold anything, also what ends a host. So an `@` in the path ends the user info too, where it is not just in a
/// query of a plain host.
fn without_user(address: &str) -> &str {
    let (authority, _) = split_before(address, |character| matches!(character, '/' | '?' | '#'));
    let (path, _) = split_before(address, |character| matches!(character, '?' | '#'));
    let has_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain_host = authority.split_once(':').is_none_or(|(_, port)| has_port(port));
    let searched = if is_plain_host { path } else { address };
    searched.rfind('@').map_or(address, |at| &address[at + 1..])
}

/// What the last words make of the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expects {
    Nothing,
    /// A secret was named: with a mark behind the name its value follows.
    Mark {
        /// A name in quotes needs no mark: `('api_key', 'VALUE')`.
        is_quoted: bool,
    },
    /// What comes next is a secret.
    Secret,
}

/// Goes through a message once.
struct Redactor<'a> {
    rest: &'a str,
    out: String,
    expects: Expects,
}

impl<'a> Redactor<'a> {
    /// Goes over the next character between words, or the next word; `false` at the end.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else { return false };
        if self.expects == Expects::Secret && QUOTES.contains(&first) {
            self.quoted_secret(first);
        } else if is_between_words(first) {
            self.between_words(first);
        } else if let Some(scheme) = scheme_of(self.rest) {
            self.url(scheme);
        } else if self.expects == Expects::Secret {
            self.secret();
        } else {
            self.word();
        }
        true
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn take_until(&mut self, is_end: impl Fn(char) -> bool) -> &'a str {
        let (taken, rest) = split_before(self.rest, is_end);
        self.rest = rest;
        taken
    }

    fn between_words(&mut self, character: char) {
        self.take(character.len_utf8());
        self.out.push(character);
        self.expects = match (self.expects, character) {
            (Expects::Mark { .. } | Expects::Secret, ':' | '=' | '>') => Expects::Secret,
            (Expects::Mark { is_quoted: true }, quote) if QUOTES.contains(&quote) => Expects::Secret,
            (expected, ' ' | '\\') => expected,
            (Expects::Secret, ',' | '(' | '[') => Expects::Secret,
            _ => Expects::Nothing,
        };
    }

    /// What stands in quotes is one secret, whatever it holds. Quotes that are escaped belong to it, unless the one that opens it
    /// is escaped as well, as in JSON within JSON.
    fn quoted_secret(&mut self, quote: char) {
        let opens_escaped = self.out.ends_with('\\');
        self.take(quote.len_utf8());
        let is_escaped = |end: usize| self.rest[..end].bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1;
        let closing = self.rest.match_indices(quote).map(|(end, _)| end).find(|end| opens_escaped || !is_escaped(*end));
        let secret = self.take(closing.unwrap_or(self.rest.len()));
        self.out.push(quote);
        self.out.push_str(if secret.is_empty() { "" } else { MASK });
        let closing = self.take(self.rest.len().min(quote.len_utf8()));
        self.out.push_str(closing);
        self.expects = Expects::Nothing;
    }

    fn secret(&mut self) {
        let secret = self.take_until(|character| matches!(character, ' ' | ',' | ';') || QUOTES.contains(&character));
        if is_auth_scheme(secret) || LESS_TELLING_SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(secret)) {
            self.out.push_str(secret);
            return;
        }
        self.out.push_str(MASK);
        // Python writes b'SECRET'.
        if !self.rest.starts_with(QUOTES) {
            self.expects = Expects::Nothing;
        }
    }

    fn url(&mut self, scheme: usize) {
        let scheme = self.take(scheme);
        self.out.push_str(scheme);
        let all = split_before(self.rest, |character| character == ' ' || QUOTES.contains(&character)).0;
        let address = without_user(all);
        let ends_shown = |character| matches!(character, ',' | ';' | ')' | ']' | '}' | '<' | '>' | '\\' | '|');
        let (shown, more) = split_before(address, |character| matches!(character, '?' | '#') || ends_shown(character));
        self.out.push_str(&redact_address(shown));
        // A query goes with all that belongs to it; anything else is more of the message.
        let is_query = more.starts_with(['?', '#']);
        self.take(all.len() - if is_query { 0 } else { more.len() });
        self.expects = Expects::Nothing;
    }

    fn word(&mut self) {
        let is_quoted = self.out.ends_with(QUOTES);
        let mut word = self.take_until(is_between_words);
        // "user:password@host", which is no URL only for want of a scheme.
        if let (true, Some(at)) = (self.out.ends_with(':'), word.rfind('@')) {
            self.out.push_str(MASK);
            word = &word[at..];
        }
        self.expects = if is_auth_scheme(word) {
            Expects::Secret
        } else if names_a_secret(word) {
            Expects::Mark { is_quoted }
        } else {
            Expects::Nothing
        };
        for part in word.split_inclusive(|character: char| !is_secret_character(character)) {
            let text = part.trim_end_matches(|character: char| !is_secret_character(character));
            self.out.push_str(if is_secret(text) { MASK } else { text });
            self.out.push_str(&part[text.len()..]);
        }
    }
}

fn split_before(text: &str, is_end: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(is_end).unwrap_or(text.len()))
}

fn is_between_words(character: char) -> bool {
    QUOTES.contains(&character) || " ,;:=(){}[]<>\\&|".contains(character)
}

/// How long the beginning `https://` is, if it is one.
fn scheme_of(text: &str) -> Option<usize> {
    let (scheme, rest) =
        split_before(text, |character| !character.is_ascii_alphanumeric() && !"+.-".contains(character));
    (!scheme.is_empty() && rest.starts_with("://")).then_some(scheme.len() + "://".len())
}

fn is_secret_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '+' | '/' | '*')
}

fn is_secret(text: &str) -> bool {
    has_secret_prefix(text) || is_uuid(text) || text.split(['/', '.', '-', '_']).any(looks_random)
}

/// Azure and others hand such keys out.
fn is_uuid(text: &str) -> bool {
    const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
    let is_hex = |group: &str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split('-').map(str::len).eq(GROUPS) && text.split('-').all(is_hex)
}

/// At the beginning, or wherever a word begins.
fn has_secret_prefix(text: &str) -> bool {
    let begins_secret =
        |text: &str| SECRET_PREFIXES.iter().any(|prefix| text.strip_prefix(prefix).is_some_and(|rest| rest.len() >= 4));
    let mut marks = text.match_indices(|character: char| !character.is_ascii_alphanumeric());
    begins_secret(text) || marks.any(|(at, mark)| begins_secret(&text[at + mark.len()..]))
}

/// Long, and letters mixed with digits.
fn looks_random(text: &str) -> bool {
    text.len() > LONGEST_WORD
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

fn names_a_secret(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|name| lower.ends_with(name))
}

fn is_auth_scheme(word: &str) -> bool {
    AUTH_SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(word))
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(MAX_MESSAGE_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
