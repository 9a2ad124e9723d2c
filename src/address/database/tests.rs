use super::*;

fn parse(text: &str) -> DatabaseAddress {
    DatabaseAddress::parse(text).expect(text)
}

fn servers_of(text: &str) -> Vec<(String, u16)> {
    parse(text).servers.into_iter().map(|HostPort { host, port }| (host, port)).collect()
}

#[test]
fn everything_that_is_not_said_has_a_default() {
    let expected = DatabaseAddress {
        servers: vec![HostPort { host: "db".into(), port: 5432 }],
        user: "postgres".into(),
        password: None,
        database: "postgres".into(),
        tls: TlsMode::Prefer,
        ca_file: None,
        connect_timeout: None,
        schema: None,
    };
    for text in ["postgresql://db", "postgres://db/", "PostgreSQL://db:5432?", " postgres://@db:/\n"] {
        assert_eq!(parse(text), expected, "{text}");
    }
}

#[test]
fn who_logs_in_where_is_percent_decoded() {
    for (text, user, password, database) in [
        ("postgresql://llm:pw@db/litellm", "llm", Some("pw"), "litellm"),
        ("postgresql://llm:p%40%2F%3a%25@db/lite%20llm", "llm", Some("p@/:%"), "lite llm"),
        ("postgresql://a%40b@db", "a@b", None, "a@b"),
        ("postgresql://llm:@db", "llm", None, "llm"),
        ("postgresql://llm:p@ss#:@db/x", "llm", Some("p@ss#:"), "x"),
        ("postgresql://db/x?user=llm&password=p%20w&dbname=y", "llm", Some("p w"), "y"),
    ] {
        let address = parse(text);
        assert_eq!((address.user.as_str(), address.database.as_str()), (user, database), "{text}");
        assert_eq!(address.password, password.map(Secret::new), "{text}");
    }
}

#[test]
fn there_may_be_several_servers_and_they_may_be_sockets() {
    for (text, expected) in [
        ("postgresql://a,b:1,c/x", &[("a", 5432), ("b", 1), ("c", 5432)][..]),
        ("postgresql://u:p@[::1]:6000,[fe80::1],10.0.0.1/x", &[("::1", 6000), ("fe80::1", 5432), ("10.0.0.1", 5432)]),
        ("postgresql://my_db.svc.cluster.local", &[("my_db.svc.cluster.local", 5432)]),
        ("postgresql:///x?host=/run/postgresql", &[("/run/postgresql", 5432)]),
        ("postgresql://localhost/x?host=/run/postgresql&port=6000", &[("/run/postgresql", 6000)]),
        ("postgresql://%2Frun%2Fpostgresql/x", &[("/run/postgresql", 5432)]),
        ("postgresql:///x?host=a,b&port=1,2", &[("a", 1), ("b", 2)]),
        ("postgresql:///x?hostaddr=10.0.0.1", &[("10.0.0.1", 5432)]),
        ("postgresql://name/x?hostaddr=10.0.0.1", &[("name", 5432)]),
    ] {
        let expected: Vec<_> = expected.iter().map(|(host, port)| ((*host).to_owned(), *port)).collect();
        assert_eq!(servers_of(text), expected, "{text}");
    }
}

#[test]
fn tls_is_as_libpq_and_prisma_have_it() {
    for (query, tls, ca_file) in [
        ("sslmode=disable", TlsMode::Disable, None),
        ("sslmode=allow", TlsMode::Prefer, None),
        ("sslmode=prefer", TlsMode::Prefer, None),
        ("sslmode=require", TlsMode::Require, None),
        ("ssl=true", TlsMode::Require, None),
        ("sslmode=require&sslrootcert=/ca.pem", TlsMode::Require, Some("/ca.pem")),
        ("sslmode=verify-ca&sslrootcert=%2Fca.pem", TlsMode::VerifyCa, Some("/ca.pem")),
        ("sslmode=verify-full", TlsMode::VerifyFull, None),
        ("sslrootcert=system", TlsMode::VerifyFull, None),
        ("sslaccept=strict&sslcert=ca.pem", TlsMode::VerifyFull, Some("ca.pem")),
        ("sslmode=require&sslaccept=strict&sslcert=ca.pem", TlsMode::VerifyFull, Some("ca.pem")),
        ("sslmode=disable&sslaccept=strict", TlsMode::Disable, None),
        ("sslmode=require&sslaccept=accept_invalid_certs&sslcert=ca.pem", TlsMode::Require, None),
        ("sslmode=verify-full&sslcert=client.pem&sslkey=client.key", TlsMode::VerifyFull, None),
        ("sslmode=disable&sslmode=require", TlsMode::Require, None),
    ] {
        let address = parse(&format!("postgresql://db/x?{query}"));
        assert_eq!((address.tls, address.ca_file), (tls, ca_file.map(PathBuf::from)), "{query}");
    }
}

#[test]
fn other_parameters_are_left_alone() {
    let address = parse(
        "postgresql://db/x?connection_limit=10&pool_timeout=60&pgbouncer=true&socket_timeout=1&statement_cache_size=0\
         &application_name=litellm&options=-c%20a%3Db&target_session_attrs=any&channel_binding=prefer&new_in_2030=%zz\
         &schema=lite%20llm&connect_timeout=5",
    );
    assert_eq!(address.schema.as_deref(), Some("lite llm"));
    assert_eq!(address.connect_timeout, Some(Duration::from_secs(5)));
    for unlimited in ["0", "-1"] {
        assert_eq!(parse(&format!("postgresql://db?connect_timeout={unlimited}")).connect_timeout, None);
    }
}

#[test]
fn what_is_not_understood_is_said_without_repeating_it() {
    let mode = AddressError::Parameter {
        name: "sslmode",
        expected: "one of disable, allow, prefer, require, verify-ca or verify-full",
    };
    let scheme = AddressError::Scheme { expected: "postgresql:// or postgres://" };
    for (text, expected) in [
        ("", scheme),
        ("s3cr3t", scheme),
        ("mysql://u:s3cr3t@db/x", scheme),
        ("postgresql:u:s3cr3t@db/x", scheme),
        ("postgresql://", AddressError::NoHost),
        ("postgresql:///x", AddressError::NoHost),
        ("postgresql://u:s3cr3t@/x", AddressError::NoHost),
        ("postgresql://u:s3cr3t@a,,b/x", AddressError::NoHost),
        ("postgresql://u:s3cr3t@[]/x", AddressError::NoHost),
        ("postgresql://u:s3cr3t@a b/x", AddressError::Host),
        ("postgresql://u:s3cr3t@[::1/x", AddressError::Host),
        ("postgresql://u:s3cr3t@[::1]5432/x", AddressError::Host),
        ("postgresql://u:s3cr3t@[db]/x", AddressError::Host),
        ("postgresql://u:s3cr3t@::1/x", AddressError::Port),
        ("postgresql://u:s3cr3t@db:port/x", AddressError::Port),
        ("postgresql://u:s3cr3t@db:0/x", AddressError::Port),
        ("postgresql://u:s3cr3t@db:65536/x", AddressError::Port),
        ("postgresql://db/x?port=s3cr3t", AddressError::Port),
        ("postgresql://u:s3cr3t%@db/x", AddressError::PercentEncoding),
        ("postgresql://u:s3cr3t%ff@db/x", AddressError::PercentEncoding),
        ("postgresql://u:12/s3cr3t@db/x", AddressError::Unescaped),
        ("postgresql://u:12?s3cr3t@db/x", AddressError::Unescaped),
        ("postgresql://u:s3/cr3t@db/x", AddressError::Unescaped),
        ("postgresql://u:a@s3/cr3t@db/x", AddressError::Unescaped),
        ("postgresql://u:a@s3?cr3t@db/x", AddressError::Unescaped),
        ("postgresql://db/x?sslmode=verify_full", mode),
    ] {
        let error = DatabaseAddress::parse(text).expect_err(text);
        assert_eq!(error, expected, "{text}");
        assert!(!format!("{error} {error:?}").contains("s3"), "{error}");
    }
}

#[test]
fn debug_hides_the_password() {
    let address = parse("postgresql://u:s3cr3t@db/x");
    assert!(!format!("{address:?}").contains("s3cr3t"));
}
