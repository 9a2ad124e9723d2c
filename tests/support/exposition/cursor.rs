//! A position within one line, and the smallest pieces of its grammar: characters, names, quoted strings.

/// What is left of a line.
#[derive(Debug)]
pub(crate) struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    /// Begins at the start of a line.
    pub(crate) fn new(line: &'a str) -> Self {
        Self(line)
    }

    /// What has not been read.
    pub(crate) fn rest(&self) -> &'a str {
        self.0
    }

    /// Takes this character if it is next.
    pub(crate) fn eat(&mut self, wanted: char) -> bool {
        self.0.strip_prefix(wanted).map(|rest| self.0 = rest).is_some()
    }

    /// Takes this character, which must be next.
    pub(crate) fn expect(&mut self, wanted: char) -> Result<(), String> {
        if self.eat(wanted) {
            return Ok(());
        }
        Err(format!("expected {wanted:?}, found {:?}", self.0.chars().next()))
    }

    /// Takes everything up to the next space or the end.
    pub(crate) fn word(&mut self) -> &'a str {
        let end = self.0.find(' ').unwrap_or(self.0.len());
        self.take(end)
    }

    /// Takes the name of a metric. `_` at its start and `:` anywhere are reserved.
    pub(crate) fn metric_name(&mut self) -> Result<String, String> {
        self.name("metric")
    }

    /// Takes the name of a label. `_` at its start is reserved.
    pub(crate) fn label_name(&mut self) -> Result<String, String> {
        self.name("label")
    }

    fn name(&mut self, what: &str) -> Result<String, String> {
        let end = self.0.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.0.len());
        let name = self.take(end);
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Ok(name.to_owned());
        }
        Err(format!("no {what} name: {:?}", format!("{name}{}", self.0)))
    }

    /// Takes a string in double quotes and resolves its escapes.
    pub(crate) fn quoted(&mut self) -> Result<String, String> {
        self.expect('"')?;
        let mut value = String::new();
        while let Some(c) = self.next() {
            match c {
                '"' => return Ok(value),
                '\\' => value.push(self.escaped(&['\\', '"'])?),
                c => value.push(c),
            }
        }
        Err("a string without its closing quote".to_owned())
    }

    /// Takes the rest of the line and resolves the escapes `\n` and those of `escapable`, which, but for the
    /// backslash, must not stand there bare.
    pub(crate) fn unquoted(&mut self, escapable: &[char]) -> Result<String, String> {
        let mut text = String::new();
        while let Some(c) = self.next() {
            match c {
                '\\' => text.push(self.escaped(escapable)?),
                c if escapable.contains(&c) => return Err(format!("{c:?} must be escaped here")),
                c => text.push(c),
            }
        }
        Ok(text)
    }

    fn escaped(&mut self, escapable: &[char]) -> Result<char, String> {
        match self.next() {
            Some('n') => Ok('\n'),
            Some(c) if escapable.contains(&c) => Ok(c),
            other => Err(format!("no such escape: backslash and {other:?}")),
        }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.0.chars().next()?;
        self.0 = &self.0[c.len_utf8()..];
        Some(c)
    }

    fn take(&mut self, end: usize) -> &'a str {
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }
}
