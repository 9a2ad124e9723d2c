//! What is masked, and what is kept.

use proptest::prelude::*;

use super::*;

#[test]
fn secrets_in_messages_are_masked_and_the_rest_is_kept() {
    let cases = [
        ("Incorrect API key provided: sk-abc123def", "Incorrect API key provided: ***"),
        ("header Authorization: Bearer abc.def-ghi", "header Authorization: Bearer ***"),
        ("password=hunter2 host=db", "password=*** host=db"),
        (r#"{"api_key": "short1"}"#, r#"{"api_key": "***"}"#),
        ("connect to https://user:pw@host/v1?key=1 failed", "connect to https://host/v1 failed"),
        ("token 0123456789abcdef0123456789abcdef seen", "token *** seen"),
        (
            "Rate limit reached for gpt-4o in org x on tokens per min (TPM)",
            "Rate limit reached for gpt-4o in org x on tokens per min (TPM)",
        ),
        ("This model's maximum context length is 8192 tokens", "This model's maximum context length is 8192 tokens"),
        ("at 12:30:00, try again in 1m: see https://a.b/c.", "at 12:30:00, try again in 1m: see https://a.b/c."),
        ("no such host (https://a.b:8443/v1), code=503", "no such host (https://a.b:8443/v1), code=503"),
    ];
    for (message, expected) in cases {
        assert_eq!(redact_message(message), expected);
    }
}

#[test]
fn a_value_that_is_called_a_secret_is_masked_however_it_is_written() {
    const SECRET: &str = "S3CRET";
    let messages = [
        r#"{"error":{"api_key":"S3CRET","url":"https://api.x.com/v1"}}"#,
        r#"{"url":"https://api.x.com","api_key":"S3CRET"}"#,
        r#"{"headers":{"Authorization":"Bearer S3CRET"},"url":"https://a.b/c"}"#,
        r#"{\"api_key\": \"S3CRET\"}"#,
        r#"{"password": "a, b; (S3CRET"}"#,
        "{'x-api-key': 'S3CRET'}",
        "('api_key', 'S3CRET')",
        "api_key=S3CRET,base=https://x/y",
        "base=https://x/y,api_key=S3CRET",
        "https://x/y?a=1,2;api_key=S3CRET",
        "password=p@ssS3CRET",
        "password=RE$S3CRET!x",
        "password=(S3CRET",
        "password=a:S3CRET",
        "password=S3CRETkey",
        "token=mysecret.S3CRETtoken",
        "API Key = S3CRET",
        "api key :S3CRET",
        "authorization: basic S3CRET",
        "Authorization=Bearer S3CRET",
        "postgres://user:pa/S3CRET@db",
        "postgres://user:12/S3CRET@db/x",
        "postgres://S3CRET:S3CRET@db,x",
        "postgres://user:S3C?S3CRET@db",
        "postgres://user:p,S3CRET@db",
        "https://a.b/c#access_token=S3CRET",
        "PGPASSWORD=S3CRET psql",
        "client_secret: S3CRET",
        "//user:S3CRET@host/x",
        "Authorization: Token S3CRET",
        "Authorization: Bearer token S3CRET",
        "{'Authorization': 'Api-Key S3CRET'}",
        "api_key=b'S3CRET'",
        "[(b'x-api-key', b'S3CRET')]",
        "see path/sk-antS3CRET",
        "**sk-S3CRET1**",
        "<ApiKey>S3CRET</ApiKey>",
        r#"{"password": "a\"S3CRET"}"#,
        r#"{"password": "a\\", "token": "S3CRET"}"#,
    ];
    for message in messages {
        let redacted = redact_message(message);
        assert!(!redacted.contains(SECRET), "{message} became {redacted}");
    }
}

#[test]
fn messages_are_one_line_and_bounded() {
    assert_eq!(redact_message("a\n  b\tc"), "a b c");
    assert_eq!(redact_message(&"x ".repeat(10_000)).chars().count(), MAX_MESSAGE_CHARACTERS + 1);
    assert_eq!(redact_message(&"ü".repeat(10_000)).chars().count(), MAX_MESSAGE_CHARACTERS + 1);
}

#[test]
fn addresses_lose_what_could_be_secret() {
    let cases = [
        ("https://user:pw@example.com:8443/v1?api-key=1#x", "https://example.com:8443/v1"),
        ("https://example.com/openai/deployments/gpt-4o", "https://example.com/openai/deployments/gpt-4o"),
        (
            "https://example.com/deployments/gpt-4o-mini-2024-07-18-eu-west",
            "https://example.com/deployments/gpt-4o-mini-2024-07-18-eu-west",
        ),
        ("https://example.com/0123456789abcdef0123456789/v1", "https://example.com/***/v1"),
        ("https://example.com/v1?mail=a@b.c", "https://example.com/v1"),
        ("https://user:p/w@example.com/v1", "https://example.com/v1"),
        ("https://user:p?w@example.com/v1", "https://example.com/v1"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("https://example.com/keys/0b1c2d3e-0123-4567-89ab-0123456789ab/x", "https://example.com/keys/***/x"),
        ("//user:pw@example.com/v1", "example.com/v1"),
        ("example.com/v1", "example.com/v1"),
        ("", ""),
    ];
    for (url, expected) in cases {
        assert_eq!(redact_url(url), expected);
    }
}

proptest! {
    #[test]
    fn any_message_can_be_redacted(message in r#"[a-z:=/@?#"'`\\,;(){}\[\] ü]{0,80}|\PC{0,80}"#) {
        prop_assert!(redact_message(&message).len() <= 4 * message.len() + MASK.len());
        prop_assert!(redact_url(&message).len() <= 4 * message.len() + MASK.len());
    }

    #[test]
    fn a_quoted_secret_is_masked_whatever_it_holds(secret in r#"S3CRET[^"\\\pC\pZ]{0,20}"#) {
        let redacted = redact_message(&format!(r#"failed: {{"api_key": "{secret}", "code": 401}}"#));
        prop_assert_eq!(redacted, r#"failed: {"api_key": "***", "code": 401}"#);
    }
}
