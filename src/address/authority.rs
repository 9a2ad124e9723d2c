//! The parts that addresses of databases have in common. Not `url`'s: that knows one host, and an address may have several.

use super::{AddressError, HostPort};
use crate::config::Secret;

/// An address behind its `scheme://`, in parts that are still percent-encoded. Without `Debug`: the password is in there.
pub(super) struct Parts<'a> {
    login: Option<&'a str>,
    hosts: &'a str,
    /// Without the slash before it.
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Parts<'a> {
    pub(super) fn split(rest: &'a str) -> Result<Self, AddressError> {
        let (before, query) = rest.split_once('?').map_or((rest, None), |(before, query)| (before, Some(query)));
        let (authority, path) = before.split_once('/').unwrap_or((before, ""));
        let (login, hosts) =
            authority.rsplit_once('@').map_or((None, authority), |(login, hosts)| (Some(login), hosts));
        // `user:12/34@host` would be the database `34@host` on port 12 of a host that is called like the user.
        let is_cut = !hosts.is_empty() && path.contains('@');
        if is_cut || query.is_some_and(|query| query.contains('@') && !query.contains('=')) {
            return Err(AddressError::Unescaped);
        }
        Ok(Self { login, hosts, path, query })
    }

    /// User and password, where there are any.
    pub(super) fn login(&self) -> Result<(Option<String>, Option<Secret>), AddressError> {
        let login = self.login.unwrap_or_default();
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        Ok((not_empty(decode(user)?), not_empty(decode(password)?).map(Secret::new)))
    }

    pub(super) fn has_hosts(&self) -> bool {
        !self.hosts.is_empty()
    }

    /// Every `HOST[:PORT]`, made a server by `checked`; at least one.
    pub(super) fn servers(
        &self,
        default_port: u16,
        checked: impl Fn(&str, u16) -> Result<HostPort, AddressError>,
    ) -> Result<Vec<HostPort>, AddressError> {
        let server = |server| {
            let (host, port) = split_port(server)?;
            let port = if port.is_empty() { default_port } else { self::port(port)? };
            checked(&decode(host)?, port)
        };
        self.hosts.split(',').map(server).collect()
    }

    pub(super) fn path(&self) -> Result<String, AddressError> {
        decode(self.path)
    }

    /// The last value of this parameter that is not empty. Others may be broken as they like.
    pub(super) fn parameter(&self, name: &str) -> Result<Option<String>, AddressError> {
        let mut pairs = self.query.unwrap_or_default().rsplit('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(other, value)| *other == name && !value.is_empty()).map(|(_, value)| value);
        value.map(decode).transpose()
    }
}

/// `HOST:PORT`, where an IPv6 address stands in brackets.
fn split_port(server: &str) -> Result<(&str, &str), AddressError> {
    if !server.starts_with('[') {
        return Ok(server.split_once(':').unwrap_or((server, "")));
    }
    let (host, port) = server.split_at(server.find(']').ok_or(AddressError::Host)? + 1);
    match port.strip_prefix(':') {
        Some(port) => Ok((host, port)),
        None if port.is_empty() => Ok((host, port)),
        None => Err(AddressError::Host),
    }
}

pub(super) fn port(text: &str) -> Result<u16, AddressError> {
    text.parse().ok().filter(|port| *port > 0).ok_or(AddressError::Port)
}

/// Splits the scheme off, in lower case.
pub(super) fn scheme(address: &str) -> Option<(String, &str)> {
    let (scheme, rest) = address.trim().split_once("://")?;
    Some((scheme.to_ascii_lowercase(), rest))
}

/// Undoes percent-encoding, and takes no `%` for itself: a password that happens to look encoded would be another.
fn decode(text: &str) -> Result<String, AddressError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' { hex(rest.next(), rest.next())? } else { byte });
    }
    String::from_utf8(bytes).map_err(|_| AddressError::PercentEncoding)
}

fn hex(high: Option<u8>, low: Option<u8>) -> Result<u8, AddressError> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (high, low) = digit(high).zip(digit(low)).ok_or(AddressError::PercentEncoding)?;
    Ok(high << 4 | low)
}

pub(super) fn not_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding_is_undone() {
        for (encoded, decoded) in [("", ""), ("a%2Fb", "a/b"), ("%e4%BD%a0", "你"), ("a+b", "a+b"), ("%25", "%")] {
            assert_eq!(decode(encoded), Ok(decoded.to_owned()), "{encoded}");
        }
    }

    #[test]
    fn a_percent_sign_that_encodes_nothing_is_refused() {
        for broken in ["%", "%4", "100%", "%zz", "%+1", "%ff", "%c3%28"] {
            assert_eq!(decode(broken), Err(AddressError::PercentEncoding), "{broken}");
        }
    }
}
