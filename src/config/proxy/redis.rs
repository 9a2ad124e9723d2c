//! The proxy's Redis: a cluster, a URL, Sentinels or one host, in this order.

use serde::Deserialize;

use super::{ProxyEnvironment, Said};
use crate::{
    address::{AddressError, HostPort, RedisAddress, RedisTopology},
    config::{Problem, Secret},
};

/// The proxy makes its password itself. That is nothing we can do.
const TOKEN_VARIABLES: [&str; 3] = ["REDIS_GCP_SERVICE_ACCOUNT", "REDIS_AZURE_AD_TOKEN", "REDIS_AWS_IAM_AUTH"];

const CLUSTER: &str = "REDIS_CLUSTER_NODES";
const SENTINELS: &str = "REDIS_SENTINEL_NODES";
const HOST: &str = "REDIS_HOST";
const PORT: &str = "REDIS_PORT";
const DATABASE: &str = "REDIS_DB";

const CLUSTER_EXPECTED: &str = r#"a JSON list such as [{"host": "redis-0", "port": 6379}]"#;
const SENTINELS_EXPECTED: &str = r#"a JSON list such as [["sentinel-0", 26379]]"#;

/// Which variable is wrong, and how.
type Unclear = (&'static str, Problem);

impl ProxyEnvironment {
    pub(in crate::config) fn redis(&self) -> Option<Said<RedisAddress>> {
        let is_set = |variable| self.get(variable).is_some_and(|value| !value.eq_ignore_ascii_case("false"));
        if TOKEN_VARIABLES.into_iter().any(is_set) {
            return None;
        }
        self.in_parts(CLUSTER, Self::cluster)
            .or_else(|| self.said("REDIS_URL", |url| Ok(RedisAddress::parse(url)?)))
            .or_else(|| self.in_parts(SENTINELS, Self::sentinels))
            .or_else(|| self.in_parts(HOST, Self::single))
    }

    /// The address that begins with this variable, of which others tell more.
    fn in_parts(
        &self,
        variable: &'static str,
        read: fn(&Self, &str) -> Result<Option<RedisTopology>, Unclear>,
    ) -> Option<Said<RedisAddress>> {
        let address =
            read(self, self.get(variable)?).and_then(|topology| topology.map(|it| self.address(it)).transpose());
        match address {
            Ok(address) => Some(Said { variable, value: Ok(address?) }),
            Err((variable, problem)) => Some(Said { variable, value: Err(problem) }),
        }
    }

    fn address(&self, topology: RedisTopology) -> Result<RedisAddress, Unclear> {
        let is_cluster = matches!(topology, RedisTopology::Cluster { .. });
        let number = self.get(DATABASE).filter(|_| !is_cluster).unwrap_or_default();
        Ok(RedisAddress {
            topology,
            username: self.get("REDIS_USERNAME").map(str::to_owned),
            password: self.get("REDIS_PASSWORD").map(Secret::new),
            database: RedisAddress::database_number(number).map_err(|error| (DATABASE, error.into()))?,
            tls: self.is_on("REDIS_SSL"),
        })
    }

    fn cluster(&self, nodes: &str) -> Result<Option<RedisTopology>, Unclear> {
        let wrong = || (CLUSTER, Problem::Secret { expected: CLUSTER_EXPECTED });
        let nodes: Vec<Node> = serde_json::from_str(nodes).map_err(|_| wrong())?;
        let nodes: Option<Vec<_>> = nodes.iter().map(|Node { host, port }| port.of(host)).collect();
        let nodes = nodes.filter(|nodes| !nodes.is_empty()).ok_or_else(wrong)?;
        Ok(Some(RedisTopology::Cluster { nodes }))
    }

    /// Without the name of a service the proxy does not ask its Sentinels either.
    fn sentinels(&self, nodes: &str) -> Result<Option<RedisTopology>, Unclear> {
        let Some(service) = self.get("REDIS_SERVICE_NAME") else { return Ok(None) };
        let wrong = || (SENTINELS, Problem::Secret { expected: SENTINELS_EXPECTED });
        let nodes: Vec<(String, Port)> = serde_json::from_str(nodes).map_err(|_| wrong())?;
        let nodes: Option<Vec<_>> = nodes.iter().map(|(host, port)| port.of(host)).collect();
        let nodes = nodes.filter(|nodes| !nodes.is_empty()).ok_or_else(wrong)?;
        let password = self.get("REDIS_SENTINEL_PASSWORD").map(Secret::new);
        Ok(Some(RedisTopology::Sentinel { nodes, service: service.to_owned(), password }))
    }

    fn single(&self, host: &str) -> Result<Option<RedisTopology>, Unclear> {
        let port = self.port(PORT, 6379).map_err(|problem| (PORT, problem))?;
        let server = HostPort::new(host, port).map_err(|error: AddressError| (HOST, error.into()))?;
        Ok(Some(RedisTopology::Single(server)))
    }
}

/// A node of a cluster; what else is said of it is left alone.
#[derive(Deserialize)]
struct Node {
    host: String,
    port: Port,
}

/// Python takes either.
#[derive(Deserialize)]
#[serde(untagged)]
enum Port {
    Number(u16),
    Text(String),
}

impl Port {
    fn of(&self, host: &str) -> Option<HostPort> {
        let port = match self {
            Self::Number(port) => *port,
            Self::Text(port) => port.parse().ok()?,
        };
        HostPort::new(host, port).ok().filter(|server| server.port > 0)
    }
}
