//! Secrets in configuration, which no message and nothing that is shown repeats.

use crate::{file, load};

const SECRET: &str = "s3cr3t-00123";

/// The configuration is wrong, and what is said of it does not show the secret in it.
fn assert_refused_unseen(content: &str) {
    let error = load(file(content).path()).expect_err(content);
    let printed = format!("{error} {error:?}");
    assert!(!printed.contains(SECRET), "{content}: {printed}");
}

#[test]
fn that_of_ingest_is_never_printed() {
    let token_file = file(&format!("{SECRET}\n"));
    let from_file = format!("ingest: {{token_file: '{}'}}\n", token_file.path().display());

    for content in [format!("ingest: {{token: {SECRET}}}\n"), from_file] {
        let config = load(file(&content).path()).expect("valid");
        assert!(config.ingest.token.as_ref().expect("a token").matches(SECRET.as_bytes()));
        let printed = format!("{config:?} {config:#?} {}", config.to_yaml());
        assert!(!printed.contains(SECRET), "{printed}");
        assert!(printed.contains("token: null  # set, not shown\n"), "{printed}");
        let shown = file(&config.to_yaml().to_string());
        assert_eq!(load(shown.path()).expect("valid").ingest.token, None, "what is shown is no token");
    }
    for content in [
        format!("ingest: {{token: '{SECRET} {SECRET}'}}"),
        format!("ingest: {{token: [{SECRET}]}}"),
        format!("ingest: {{token: {{a: {SECRET}}}}}"),
        format!("ingest: {{tokn: {SECRET}}}"),
        format!("ingest: {{token_file: {SECRET}}}"),
        format!("ingest: {{token_file: [{SECRET}]}}"),
        format!("ingest: {SECRET}"),
        format!("ingest: {{token: {{{{ {SECRET} }}}}}}"),
        format!("ingest: {{token: {SECRET}, token: {SECRET}}}"),
        format!("ingest: {{token: '{SECRET}"),
        SECRET.to_owned(),
    ] {
        assert_refused_unseen(&content);
    }
}

#[test]
fn those_of_gateway_database_redis_and_models_are_never_printed() {
    let content = format!(
        "gateway: {{api_key: {SECRET}}}\n\
         database: {{url: 'postgresql://u:{SECRET}@db/x'}}\n\
         redis: {{url: 'redis+sentinel://:{SECRET}@cache/main?sentinel_password={SECRET}'}}\n\
         models: [{{model: a, api_key: {SECRET}, api_base: 'https://u:{SECRET}@h/v1?key={SECRET}'}}]\n"
    );
    let config = load(file(&content).path()).expect("valid");
    let printed = format!("{config:?} {config:#?} {}", config.to_yaml());
    assert!(!printed.contains(SECRET), "{printed}");
    assert_eq!(printed.matches("null  # set, not shown\n").count(), 5, "{printed}");
    let shown = file(&config.to_yaml().to_string());
    assert_eq!(load(shown.path()).expect("valid").database.url, None, "what is shown is no address");

    for content in [
        format!("gateway: {{url: 'http://u:{SECRET}@h'}}"),
        format!("gateway: {{url: 'http://h?key={SECRET}'}}"),
        format!("gateway: {{api_key: '{SECRET}é'}}"),
        format!("database: {{url: {SECRET}}}"),
        format!("database: {{url: 'postgresql://u:{SECRET}/@db'}}"),
        format!("database: {{url: 'postgresql://u:{SECRET}@db:{SECRET}'}}"),
        format!("database: {{url: ['postgresql://u:{SECRET}@db']}}"),
        format!("database: {{url_file: 'postgresql://u:{SECRET}@db'}}"),
        format!("redis: {{url: 'redis://:{SECRET}@h/{SECRET}'}}"),
        format!("models: {SECRET}"),
        format!("models: [{SECRET}]"),
        format!("models: [{{model: a, api_key: ['{SECRET}']}}]"),
        format!("models: [{{model: a, api_key: '{SECRET}', api_key_file: '{SECRET}'}}]"),
        format!("models: [{{model: a, api_base: 'u:{SECRET}@h'}}]"),
    ] {
        assert_refused_unseen(&content);
    }
}
