//! What LiteLLM's own environment configures, and what goes over it.

use std::path::Path;

use llm_exporter::{
    address::{DatabaseAddress, HostPort, RedisAddress, RedisTopology},
    config::{Config, ConfigError, Overrides, Secret},
};

fn load(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    load_over(None, variables, Overrides::default())
}

fn load_over(file: Option<&Path>, variables: &[(&str, &str)], flags: Overrides) -> Result<Config, ConfigError> {
    let env = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(file, env, flags)
}

fn database(variables: &[(&str, &str)]) -> Option<DatabaseAddress> {
    load(variables).expect("valid").database.url
}

fn redis(variables: &[(&str, &str)]) -> Option<RedisAddress> {
    load(variables).expect("valid").redis.url
}

fn gateway(variables: &[(&str, &str)], listen: &str) -> Option<String> {
    let flags = Overrides { listen: vec![listen.parse().expect("an address")], ..Overrides::default() };
    load_over(None, variables, flags).expect("valid").gateway.url.map(|url| url.to_string())
}

fn at(host: &str, port: u16) -> HostPort {
    HostPort { host: host.to_owned(), port }
}

#[test]
fn the_database_is_the_proxys() {
    let url = "postgresql://llm:p%40ss@db:5433/litellm?connection_limit=10";
    assert_eq!(database(&[("DATABASE_URL", url), ("DATABASE_HOST", "other")]), DatabaseAddress::parse(url).ok());
    assert_eq!(database(&[("DATABASE_URL", "")]), None, "an empty variable is the same as none");
}

#[test]
fn the_database_may_be_told_in_parts() {
    let parts = [
        ("DATABASE_HOST", "db"),
        ("DATABASE_USERNAME", "l@m"),
        ("DATABASE_PASSWORD", "p/a?s#s %41"),
        ("DATABASE_NAME", "lite llm"),
    ];
    let address = database(&parts).expect("an address");
    assert_eq!(address.servers, [at("db", 5432)]);
    assert_eq!((address.user.as_str(), address.database.as_str()), ("l@m", "lite llm"));
    assert_eq!(address.password, Some(Secret::new("p/a?s#s %41")));

    let more = [("DATABASE_PORT", "6000"), ("DATABASE_SCHEMA", "own"), ("DATABASE_SSLROOTCERT", "/ca.pem")];
    let address = database(&[&parts[..], &more].concat()).expect("an address");
    let expected = "postgresql://l%40m:p%2Fa%3Fs%23s%20%2541@db:6000/lite%20llm?schema=own&sslmode=verify-full&sslrootcert=/ca.pem";
    assert_eq!(address, DatabaseAddress::parse(expected).expect("valid"));

    for (host, server) in [("::1", at("::1", 6000)), ("[::1]", at("::1", 6000)), ("db:1", at("db", 1))] {
        let address = database(&[&[("DATABASE_HOST", host)], &parts[1..], &more[..1]].concat()).expect(host);
        assert_eq!(address.servers, [server]);
    }
}

/// Other programs have such variables as well, and a token is nothing that we can make.
#[test]
fn what_the_proxy_would_not_use_is_left_alone() {
    let url = ("DATABASE_URL", "postgresql://db");
    assert_eq!(database(&[("DATABASE_HOST", "db"), ("DATABASE_USERNAME", "llm")]), None);
    assert_eq!(database(&[url, ("IAM_TOKEN_DB_AUTH", "True")]), None);
    assert!(database(&[url, ("IAM_TOKEN_DB_AUTH", "false")]).is_some());
    assert_eq!(redis(&[("REDIS_PORT", "tcp://10.0.0.1:6379"), ("REDIS_PASSWORD", "p")]), None);
    assert_eq!(redis(&[("REDIS_SENTINEL_NODES", "[[\"a\", 1]]")]), None, "no service to look for");
    assert_eq!(redis(&[("REDIS_HOST", "h"), ("REDIS_AWS_IAM_AUTH", "true")]), None);
}

#[test]
fn redis_is_the_proxys() {
    let login = [("REDIS_USERNAME", "me"), ("REDIS_PASSWORD", "p@/%41"), ("REDIS_SSL", "True"), ("REDIS_DB", "3")];
    for (variables, topology, database) in [
        (&[("REDIS_HOST", "h")][..], RedisTopology::Single(at("h", 6379)), 3),
        (&[("REDIS_HOST", "::1"), ("REDIS_PORT", "7000")], RedisTopology::Single(at("::1", 7000)), 3),
        (
            &[("REDIS_CLUSTER_NODES", r#"[{"host": "a", "port": 7000}, {"host": "b", "port": "7001"}]"#)],
            RedisTopology::Cluster { nodes: vec![at("a", 7000), at("b", 7001)] },
            0,
        ),
        (
            &[
                ("REDIS_SENTINEL_NODES", r#"[["a", 26379], ["b", 1]]"#),
                ("REDIS_SERVICE_NAME", "main"),
                ("REDIS_SENTINEL_PASSWORD", "s"),
            ],
            RedisTopology::Sentinel {
                nodes: vec![at("a", 26379), at("b", 1)],
                service: "main".into(),
                password: Some(Secret::new("s")),
            },
            3,
        ),
    ] {
        let expected = RedisAddress {
            topology,
            username: Some("me".into()),
            password: Some(Secret::new("p@/%41")),
            database,
            tls: true,
        };
        assert_eq!(redis(&[variables, &login].concat()), Some(expected), "{variables:?}");
    }
}

#[test]
fn a_cluster_goes_over_a_url_and_that_over_sentinels_and_a_host() {
    let all = [
        ("REDIS_CLUSTER_NODES", r#"[{"host": "cluster", "port": 1}]"#),
        ("REDIS_URL", "redis://:p@url"),
        ("REDIS_SENTINEL_NODES", r#"[["sentinel", 1]]"#),
        ("REDIS_SERVICE_NAME", "main"),
        ("REDIS_HOST", "host"),
    ];
    for (from, expected) in [(0, "cluster"), (1, "url"), (2, "sentinel"), (4, "host")] {
        let topology = redis(&all[from..]).expect("an address").topology;
        assert!(format!("{topology:?}").contains(expected), "{topology:?}");
    }
}

#[test]
fn who_has_the_master_key_stands_beside_the_proxy() {
    const KEY: (&str, &str) = ("LITELLM_MASTER_KEY", "sk-1234");
    const URL: (&str, &str) = ("LITELLM_PROXY_URL", "https://proxy/root/");
    for (variables, listen, expected) in [
        (&[KEY][..], "0.0.0.0:9090", Some("http://127.0.0.1:4000/")),
        (&[KEY, ("PORT", "8000")], "0.0.0.0:9090", Some("http://127.0.0.1:8000/")),
        (&[KEY], "0.0.0.0:4000", None),
        (&[KEY, ("PORT", "8000")], "127.0.0.1:8000", None),
        (&[KEY, ("PORT", "8000")], "0.0.0.0:4000", Some("http://127.0.0.1:8000/")),
        (&[KEY, URL], "0.0.0.0:4000", Some("https://proxy/root")),
        (&[URL], "0.0.0.0:4000", Some("https://proxy/root")),
        (&[("PORT", "8000")], "0.0.0.0:4000", None),
    ] {
        assert_eq!(gateway(variables, listen).as_deref(), expected, "{variables:?} {listen}");
    }
    let config = load(&[KEY, ("CONFIG_FILE_PATH", "/app/config.yaml")]).expect("valid");
    assert_eq!(config.gateway.api_key, Some(Secret::new("sk-1234")));
    assert_eq!(config.gateway.config_file, Some("/app/config.yaml".into()));
}

#[test]
fn our_own_keys_go_over_the_proxys_even_when_these_are_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let (url, file) = (folder.path().join("url"), folder.path().join("llm-exporter.yml"));
    std::fs::write(&url, "postgresql://own").expect("a file");
    let yaml = format!("database: {{url_file: '{}'}}\ngateway: {{url: 'http://own'}}\n", url.display());
    std::fs::write(&file, yaml).expect("a file");
    let variables = [
        ("DATABASE_URL", "mysql://proxys"),
        ("LITELLM_PROXY_URL", "proxys"),
        ("REDIS_URL", "proxys"),
        ("LLM_EXPORTER__REDIS__URL", "redis://own"),
        ("LITELLM_MASTER_KEY", "kéy"),
        ("LLM_EXPORTER__GATEWAY__API_KEY", "own"),
    ];
    let config = load_over(Some(&file), &variables, Overrides::default()).expect("nothing of the proxy's is looked at");
    assert_eq!(config.database.url, DatabaseAddress::parse("postgresql://own").ok());
    assert_eq!(config.redis.url, RedisAddress::parse("redis://own").ok());
    assert_eq!(config.gateway.url.expect("a URL").as_str(), "http://own/");
    assert_eq!(config.gateway.api_key, Some(Secret::new("own")));
}

#[test]
fn a_null_of_ours_leaves_it_to_the_proxy() {
    let shown = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(shown.path(), Config::default().to_yaml().to_string()).expect("a write");
    let variables = [("DATABASE_URL", "postgresql://proxys")];
    let config = load_over(Some(shown.path()), &variables, Overrides::default()).expect("valid");
    assert_eq!(config.database.url, DatabaseAddress::parse("postgresql://proxys").ok());
}

#[test]
fn what_the_proxys_variables_say_wrongly_is_told_with_what_goes_over_it() {
    let parts = [("DATABASE_HOST", "db"), ("DATABASE_USER", "u"), ("DATABASE_NAME", "n")];
    let redis = [("REDIS_HOST", "s3cr3t host")];
    for (variables, key, problem, variable) in [
        (
            &[("DATABASE_URL", "mysql://u:s3cr3t@db")][..],
            "database.url",
            "the address does not begin with postgresql:// or postgres://",
            "DATABASE_URL",
        ),
        (
            &[&parts[..], &[("DATABASE_PORT", "x")]].concat(),
            "database.url",
            "found \"x\", expected a port from 1 to 65535",
            "DATABASE_PORT",
        ),
        (
            &[&parts[..], &[("DATABASE_SSLMODE", "on")]].concat(),
            "database.url",
            "the address's parameter sslmode is not one of disable, allow, prefer, require, verify-ca or verify-full",
            "DATABASE_SSLMODE",
        ),
        (
            &redis,
            "redis.url",
            "the address has a host that is no name and no IP address; an IPv6 address stands in brackets, and in a password / is written %2F, ? %3F and @ %40",
            "REDIS_HOST",
        ),
        (
            &[("REDIS_HOST", "h"), ("REDIS_PORT", "tcp://10.0.0.1:6379")],
            "redis.url",
            "found \"tcp://10.0.0.1:6379\", expected a port from 1 to 65535",
            "REDIS_PORT",
        ),
        (
            &[("REDIS_HOST", "h"), ("REDIS_DB", "one")],
            "redis.url",
            "the address's database is not a number from 0",
            "REDIS_DB",
        ),
        (
            &[("REDIS_CLUSTER_NODES", "a:6379")],
            "redis.url",
            "expected a JSON list such as [{\"host\": \"redis-0\", \"port\": 6379}]",
            "REDIS_CLUSTER_NODES",
        ),
        (
            &[("REDIS_SENTINEL_NODES", "[]"), ("REDIS_SERVICE_NAME", "main")],
            "redis.url",
            "expected a JSON list such as [[\"sentinel-0\", 26379]]",
            "REDIS_SENTINEL_NODES",
        ),
        (
            &[("LITELLM_PROXY_URL", "http://u:s3cr3t@h")],
            "gateway.url",
            "expected an http or https address such as http://litellm:4000, without user, query and fragment",
            "LITELLM_PROXY_URL",
        ),
        (
            &[("LITELLM_MASTER_KEY", "s3cr3t é")],
            "gateway.api_key",
            "expected a key of printable ASCII characters, in quotes if it looks like a number",
            "LITELLM_MASTER_KEY",
        ),
    ] {
        let error = load(variables).expect_err(variable);
        let ours = key.to_uppercase().replace('.', "__");
        let expected = format!(
            "{key}: {problem}; set {key} in the configuration file or as LLM_EXPORTER__{ours} to overrule the gateway's variable (in the environment: {variable})"
        );
        assert_eq!(error.to_string(), expected);
        assert!(!format!("{error:?}").contains("s3cr3t"), "{error:?}");
    }
}
