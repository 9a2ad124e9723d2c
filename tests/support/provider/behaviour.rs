//! The ways in which providers answer, well or not.

use std::time::Duration;

/// How the stand-in answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Behaviour {
    /// As it should.
    #[default]
    Healthy,
    /// As it should, after so long.
    Slow(Duration),
    /// Never.
    Hang,
    /// With the head of an answer and half of a body, and never with the rest.
    HangMidBody,
    /// With 429 and this `Retry-After`.
    RateLimited(String),
    /// With this status and an error in OpenAI's form.
    Status(u16),
    /// With this status and body.
    Refusal(u16, String),
    /// As it should, but 404 where the list of models is.
    NoModels,
    /// With 200 and a page for people.
    Garbage,
    /// With bytes that are no HTTP.
    NoHttp,
    /// With 200 and a body that never ends.
    Endless,
    /// With a stream of words that never ends.
    EndlessStream,
    /// By closing the connection.
    CloseAtOnce,
    /// With 307 to this address.
    RedirectTo(String),
    /// As a model that uses all its tokens to think.
    ThinksOnly,
    /// With a stream that holds this error after its first words, or before these.
    ErrorInStream {
        /// The error's `code`.
        code: &'static str,
        /// Whether words come before it.
        after_words: bool,
    },
    /// With a stream that ends well in HTTP's eyes and in the middle of an answer.
    StopsShort,
    /// With half of a stream, or of a body, at whose end the connection breaks.
    Cut,
    /// With a stream that begins, and hangs.
    HangMidStream,
    /// As it should, at once where a stream was asked for.
    NoStreams,
    /// As it should, without a word about tokens.
    NoUsage,
}
