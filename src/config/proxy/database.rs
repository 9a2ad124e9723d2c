//! The proxy's database: `DATABASE_URL`, or its parts.

use std::net::Ipv6Addr;

use super::{ProxyEnvironment, Said};
use crate::address::{AddressError, DatabaseAddress};

/// The proxy makes its password itself, for a quarter of an hour. That is nothing we can do.
const TOKEN_SWITCHES: [&str; 2] = ["IAM_TOKEN_DB_AUTH", "AZURE_POSTGRESQL_AUTH"];

const HOST: &str = "DATABASE_HOST";
const PORT: &str = "DATABASE_PORT";

impl ProxyEnvironment {
    pub(in crate::config) fn database(&self) -> Option<Said<DatabaseAddress>> {
        if TOKEN_SWITCHES.into_iter().any(|switch| self.is_on(switch)) {
            return None;
        }
        self.said("DATABASE_URL", |url| Ok(DatabaseAddress::parse(url)?)).or_else(|| self.database_in_parts())
    }

    /// The parts as one address. As with the proxy it takes host, user and name: any program may have a `DATABASE_HOST`.
    fn database_in_parts(&self) -> Option<Said<DatabaseAddress>> {
        let user = self.get("DATABASE_USER").or(self.get("DATABASE_USERNAME"))?;
        let (host, name) = (self.get(HOST)?, self.get("DATABASE_NAME")?);
        if let Err(problem) = self.port(PORT, 5432) {
            return Some(Said { variable: PORT, value: Err(problem) });
        }
        let password = self.get("DATABASE_PASSWORD").map(|password| format!(":{}", encode(password)));
        let login = format!("{}{}", encode(user), password.unwrap_or_default());
        let server = self.server(host);
        let parameters = self.parameters();
        let address = format!("postgresql://{login}@{server}/{}?{parameters}", encode(name));
        let value = DatabaseAddress::parse(&address);
        let variable = match &value {
            Err(AddressError::Parameter { .. }) => "DATABASE_SSLMODE",
            _ => HOST,
        };
        Some(Said { variable, value: value.map_err(Into::into) })
    }

    /// A host that has its port with it keeps that.
    fn server(&self, host: &str) -> String {
        let port = self.get(PORT).map(|port| format!(":{port}")).unwrap_or_default();
        if host.parse::<Ipv6Addr>().is_ok() {
            format!("[{host}]{port}")
        } else if host.contains(':') && !host.ends_with(']') {
            host.to_owned()
        } else {
            format!("{host}{port}")
        }
    }

    fn parameters(&self) -> String {
        let root = self.get("DATABASE_SSLROOTCERT");
        let mode = self.get("DATABASE_SSLMODE").or(root.map(|_| "verify-full"));
        let pairs = [("schema", self.get("DATABASE_SCHEMA")), ("sslmode", mode), ("sslrootcert", root)];
        let pairs = pairs.into_iter().filter_map(|(name, value)| Some(format!("{name}={}&", encode(value?))));
        pairs.collect()
    }
}

/// Percent-encodes all that might mean something.
fn encode(text: &str) -> String {
    let encode = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}
