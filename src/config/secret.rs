//! A text that nobody gets to see: masked wherever it is printed, compared in constant time.

use std::{fmt, fs::File, io::Read, path::Path};

use subtle::ConstantTimeEq;

const MASK: &str = "********";

/// No secret is longer; a file that is, is some other file (or never ends).
const LONGEST: u64 = 64 * 1024;

/// A text that is masked by `Debug` and `Display`.
///
/// ```
/// use llm_exporter::config::Secret;
///
/// let secret = Secret::new("s3cr3t");
/// assert_eq!(format!("{secret} {secret:?}"), "******** Secret(********)");
/// assert!(secret.matches(b"s3cr3t"));
/// ```
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes the text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Reads a secret from a file; line breaks at its end don't belong to it.
    ///
    /// # Errors
    ///
    /// When the file can't be read as text, is empty, or holds more than one line.
    pub fn from_file(path: &Path) -> Result<Self, SecretFileError> {
        let mut text = String::new();
        File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
        if text.len() as u64 > LONGEST {
            return Err(SecretFileError::TooLong);
        }
        let text = text.trim_end_matches(['\r', '\n']);
        if text.trim().is_empty() {
            return Err(SecretFileError::Empty);
        }
        if text.contains(['\r', '\n']) {
            return Err(SecretFileError::ManyLines);
        }
        Ok(Self::new(text))
    }

    /// Says whether `presented` is the secret, in a time that depends on its length alone.
    #[must_use]
    pub fn matches(&self, presented: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(presented).into()
    }

    /// Returns the text itself, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Why a file gives no secret. Names neither the file nor its content: where a path belongs,
/// people put the secret itself.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// It can't be read, or is not UTF-8.
    #[error("the file cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// It holds nothing but white space.
    #[error("the file is empty")]
    Empty,
    /// It holds more than one line.
    #[error("the file holds more than one line")]
    ManyLines,
    /// It is longer than any secret.
    #[error("the file is longer than 64 KiB")]
    TooLong,
}

// Not derived: `==` on the text would take a time that tells how much of it is right.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.matches(other.0.as_bytes())
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({MASK})")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(content: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(content).expect("a write");
        file
    }

    fn read(content: &[u8]) -> Result<Secret, String> {
        Secret::from_file(file(content).path()).map_err(|error| error.to_string())
    }

    #[test]
    fn only_the_very_same_bytes_match() {
        let secret = Secret::new("abc");
        assert!(secret.matches(b"abc"));
        for other in [&b"abd"[..], b"ab", b"abcd", b""] {
            assert!(!secret.matches(other), "{other:?}");
        }
    }

    #[test]
    fn line_breaks_at_the_end_of_a_file_are_not_the_secret() {
        for content in [&b"abc"[..], b"abc\n", b"abc\r\n", b"abc\n\n"] {
            assert_eq!(read(content), Ok(Secret::new("abc")));
        }
    }

    #[test]
    fn a_file_without_one_line_of_text_is_refused() {
        assert_eq!(read(b" \n"), Err("the file is empty".into()));
        assert_eq!(read(b"a\nb\n"), Err("the file holds more than one line".into()));
        let error = read(&[0xff, 0xfe]).expect_err("not UTF-8");
        assert!(error.starts_with("the file cannot be read"), "{error}");
        let error = read(&[b'x'; 70_000]).expect_err("too long");
        assert_eq!(error, "the file is longer than 64 KiB");
    }
}
