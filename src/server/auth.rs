//! Who may push.

use std::net::SocketAddr;

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;

use crate::config::Secret;
use crate::own::Refusal;

/// Whether a push may come in: from this machine always, from others with the token. A wrong token is refused from
/// anywhere, so that a mistake shows where it is made.
pub(super) fn check(request: &HttpRequest, token: Option<&Secret>) -> Result<(), Refusal> {
    let presented = request.headers().get(AUTHORIZATION).map(|header| bearer(header.as_bytes()));
    match (token, presented) {
        (Some(token), Some(presented)) if presented.is_some_and(|presented| token.matches(presented)) => Ok(()),
        (Some(_), Some(_)) => Err(Refusal::Unauthorized),
        _ if request.peer_addr().is_some_and(is_this_machine) => Ok(()),
        (Some(_), None) => Err(Refusal::Unauthorized),
        (None, _) => Err(Refusal::NoTokenConfigured),
    }
}

/// What a client that is refused should know.
pub(super) const fn sentence(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NoTokenConfigured => {
            "pushes from other machines need a token: set ingest.token_file (or LLM_EXPORTER__INGEST__TOKEN) and send it as \
             'Authorization: Bearer TOKEN'"
        }
        _ => "the token is missing or wrong: send the one from ingest.token_file as 'Authorization: Bearer TOKEN'",
    }
}

fn is_this_machine(peer: SocketAddr) -> bool {
    peer.ip().to_canonical().is_loopback()
}

/// The token of a Bearer header; the scheme's name is case-insensitive (RFC 9110, section 11.1).
fn bearer(header: &[u8]) -> Option<&[u8]> {
    const SCHEME: &[u8] = b"bearer ";
    let (scheme, token) = header.split_at_checked(SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn checked(peer: &str, token: Option<&str>, header: Option<&str>) -> Result<(), Refusal> {
        let mut request = TestRequest::default().peer_addr(peer.parse().expect("an address"));
        if let Some(header) = header {
            request = request.insert_header((AUTHORIZATION, header));
        }
        let token = token.map(|token| Secret::new(token.to_owned()));
        check(&request.to_http_request(), token.as_ref())
    }

    #[test]
    fn this_machine_may_push_and_others_need_the_token() {
        let (here, mapped, there) = ("127.0.0.1:1", "[::ffff:127.0.0.1]:1", "10.0.0.7:1");
        assert_eq!(checked(here, None, None), Ok(()));
        assert_eq!(checked(mapped, None, None), Ok(()));
        assert_eq!(checked(there, None, None), Err(Refusal::NoTokenConfigured));
        assert_eq!(checked(there, None, Some("Bearer x")), Err(Refusal::NoTokenConfigured));
        assert_eq!(checked(there, Some("t0ken"), None), Err(Refusal::Unauthorized));
        assert_eq!(checked(there, Some("t0ken"), Some("bearer t0ken")), Ok(()));
        assert_eq!(checked(there, Some("t0ken"), Some("Basic t0ken")), Err(Refusal::Unauthorized));
        assert_eq!(checked(here, Some("t0ken"), None), Ok(()));
        assert_eq!(checked(here, Some("t0ken"), Some("Bearer wrong")), Err(Refusal::Unauthorized));
        assert_eq!(checked(here, None, Some("Bearer any")), Ok(()), "nothing to compare it with");
    }
}
