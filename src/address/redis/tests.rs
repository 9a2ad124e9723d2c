use super::*;

fn parse(text: &str) -> RedisAddress {
    RedisAddress::parse(text).expect(text)
}

fn at(host: &str, port: u16) -> HostPort {
    HostPort { host: host.to_owned(), port }
}

#[test]
fn one_server_is_read_with_its_port_database_and_tls() {
    for (text, server, database, tls) in [
        ("redis://cache", at("cache", 6379), 0, false),
        ("redis://cache/", at("cache", 6379), 0, false),
        ("redis://cache:7000/5", at("cache", 7000), 5, false),
        ("rediss://cache:7000/5/", at("cache", 7000), 5, true),
        ("REDIS://[::1]:7000", at("::1", 7000), 0, false),
        ("redis://cache/1?db=3", at("cache", 6379), 3, false),
        ("redis://cache?protocol=3&health_check_interval=%zz", at("cache", 6379), 0, false),
    ] {
        let address = parse(text);
        assert_eq!(address.topology, RedisTopology::Single(server), "{text}");
        assert_eq!((address.database, address.tls), (database, tls), "{text}");
    }
}

#[test]
fn who_logs_in_is_percent_decoded() {
    for (text, username, password) in [
        ("redis://h", None, None),
        ("redis://:pw@h", None, Some("pw")),
        ("redis://me@h", Some("me"), None),
        ("redis://me:p%40%2f@h/1", Some("me"), Some("p@/")),
        ("redis://h?username=me&password=pw", Some("me"), Some("pw")),
        ("unix://me:pw@/run/redis.sock", Some("me"), Some("pw")),
        ("rediss+cluster://:pw@a,b", None, Some("pw")),
    ] {
        let address = parse(text);
        assert_eq!(address.username.as_deref(), username, "{text}");
        assert_eq!(address.password, password.map(Secret::new), "{text}");
    }
}

#[test]
fn a_socket_has_its_database_behind_the_question_mark() {
    for (text, path, database) in
        [("unix:///run/redis.sock", "/run/redis.sock", 0), ("redis+unix:///run/re%20dis@1?db=2", "/run/re dis@1", 2)]
    {
        let address = parse(text);
        assert_eq!(address.topology, RedisTopology::Unix(path.into()), "{text}");
        assert_eq!((address.database, address.tls), (database, false), "{text}");
    }
}

#[test]
fn sentinels_have_their_own_port_and_password() {
    let address = parse("redis+sentinel://me:pw@a,b:1,[::1]/main/4?sentinel_password=s%20w");
    let topology = RedisTopology::Sentinel {
        nodes: vec![at("a", 26379), at("b", 1), at("::1", 26379)],
        service: "main".into(),
        password: Some(Secret::new("s w")),
    };
    assert_eq!(address.topology, topology);
    assert_eq!(
        (address.username.as_deref(), address.password, address.database),
        (Some("me"), Some(Secret::new("pw")), 4)
    );
    let address = parse("rediss+sentinel://a/main");
    assert_eq!((address.tls, address.database), (true, 0));
}

#[test]
fn a_cluster_has_nodes_and_one_database() {
    for (text, tls) in [("redis+cluster://a:1,b", false), ("rediss+cluster://a:1,b/0?db=0", true)] {
        let address = parse(text);
        assert_eq!(address.topology, RedisTopology::Cluster { nodes: vec![at("a", 1), at("b", 6379)] }, "{text}");
        assert_eq!((address.tls, address.database), (tls, 0), "{text}");
    }
}

#[test]
fn what_is_not_understood_is_said_without_repeating_it() {
    let database = AddressError::Database { expected: "a number from 0" };
    let of_cluster = AddressError::Database { expected: "0, the only one of a cluster" };
    for (text, expected) in [
        ("redis://", AddressError::NoHost),
        ("redis://:s3cr3t@/0", AddressError::NoHost),
        ("redis://:s3cr3t@a,b", AddressError::Host),
        ("redis://:s3cr3t@a b", AddressError::Host),
        ("redis://:s3cr3t@a:b", AddressError::Port),
        ("redis://:12/s3cr3t@a", AddressError::Unescaped),
        ("redis://:s3cr3t%@a", AddressError::PercentEncoding),
        ("redis://:s3cr3t@a/one", database),
        ("redis://:s3cr3t@a/-1", database),
        ("redis://:s3cr3t@a?db=one", database),
        ("redis+cluster://:s3cr3t@a/1", of_cluster),
        ("redis+cluster://:s3cr3t@a?db=1", of_cluster),
        ("redis+sentinel://:s3cr3t@a", AddressError::NoService),
        ("redis+sentinel:///main", AddressError::NoHost),
        ("unix://", AddressError::NoSocket),
        ("unix://run/redis.sock", AddressError::NoSocket),
    ] {
        let error = RedisAddress::parse(text).expect_err(text);
        assert_eq!(error, expected, "{text}");
        assert!(!format!("{error} {error:?}").contains("s3"), "{error}");
    }
    for text in ["", "s3cr3t", "http://:s3cr3t@a", "redis:a", "redis+http://a"] {
        let error = RedisAddress::parse(text).expect_err(text);
        assert!(matches!(error, AddressError::Scheme { .. }), "{text}: {error}");
        assert!(!error.to_string().contains("s3"), "{error}");
    }
}
