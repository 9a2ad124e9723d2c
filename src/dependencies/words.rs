//! Errors of the libraries that connect, in words for the engineer on call: what went wrong in the end, and not the layers that it
//! went through.

use std::error::Error;
use std::io;
use std::sync::Arc;

use rustls::CertificateError;
use tokio_postgres::error::DbError;

type Cause<'a> = &'a (dyn Error + 'static);

/// What happened: in the server's words or the operating system's where there are some, otherwise in those of all layers.
pub(super) fn of(error: Cause<'_>) -> String {
    let causes: Vec<Cause<'_>> = causes(error).collect();
    causes.iter().rev().find_map(|cause| telling(*cause)).unwrap_or_else(|| layers(&causes))
}

/// Whether TLS could not be agreed upon.
pub(super) fn is_tls(error: Cause<'_>) -> bool {
    causes(error).any(|cause| cause.is::<rustls::Error>())
}

fn causes(error: Cause<'_>) -> impl Iterator<Item = Cause<'_>> {
    std::iter::successors(Some(error), |error| cause(*error))
}

/// The error within, also where the standard library hides it.
fn cause(error: Cause<'_>) -> Option<Cause<'_>> {
    // `source` of these two is the source of the error within, which is left out by that.
    if let Some(shared) = error.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
        return Some(&**shared);
    }
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

/// The words of an error that needs no others.
fn telling(error: Cause<'_>) -> Option<String> {
    if let Some(error) = error.downcast_ref::<DbError>() {
        return Some(error.message().to_owned());
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(tls(error));
    }
    error.downcast_ref::<io::Error>().and_then(|error| error.raw_os_error().map(|_| system(&error.to_string())))
}

fn tls(error: &rustls::Error) -> String {
    match error {
        // The signature is bad where the authority was made anew under its old name.
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            "TLS: certificate of an authority that is not trusted; ca_file can name it".to_owned()
        }
        rustls::Error::InvalidCertificate(error) => match error.to_string() {
            // What `openssl req -x509` makes, taken for both.
            words if words.contains("CaUsedAsEndEntity") => {
                "TLS: certificate of an authority (CA:TRUE) presented as a server's own".to_owned()
            }
            words if words.starts_with("certificate") => format!("TLS: {words}"),
            words => format!("TLS: certificate not accepted: {words}"),
        },
        error => format!("TLS: {error}"),
    }
}

/// "Connection refused (os error 111)" as part of a sentence.
pub(super) fn system(words: &str) -> String {
    let words = words.split(" (os error").next().unwrap_or_default();
    let mut characters = words.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}

fn layers(causes: &[Cause<'_>]) -> String {
    let mut told = String::new();
    for cause in causes {
        let words = cause.to_string();
        // Many a layer repeats what is within it.
        if told.ends_with(&words) {
            continue;
        }
        if !told.is_empty() {
            told.push_str(": ");
        }
        told.push_str(&words);
    }
    told
}
