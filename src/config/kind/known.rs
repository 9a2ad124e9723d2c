//! The kinds of values there are, with their ranges.

use std::{fmt::Display, net::SocketAddr, path::PathBuf, time::Duration};

use super::{One, list::List, quoted};
use crate::{
    config::{Durability, LogFormat, LogLevel, SpendLogShare, Start, units},
    discovery::{Mode, ProbeChoice},
    event::{ConsumerLabel, Timestamp, Usd},
};

/// The most rows, events or requests that a setting can allow: far above any use, and far below
/// where an allocation or a semaphore panics.
const MOST: u64 = 1_000_000_000;

/// The longest span of time, one year: adding it to a clock can't overflow.
const LONGEST: Duration = Duration::from_hours(8760);

const LARGEST_SIZE: u64 = 1 << 40;

/// A count of at least one.
pub(in crate::config) const fn count<T: TryFrom<u64> + Display>() -> One<T> {
    One {
        expected: "a whole number from 1 to 1000000000",
        parse: |text| {
            let count = text.parse().ok().filter(|n| (1..=MOST).contains(n))?;
            T::try_from(count).ok()
        },
        show: T::to_string,
    }
}

pub(in crate::config) const SIZE: One<u64> = One {
    expected: "a size such as 64MiB, 64MB or plain bytes, from 1 byte to 1024GiB",
    parse: |text| units::parse_size(text).filter(|size| (1..=LARGEST_SIZE).contains(size)),
    show: |size| units::show_size(*size),
};

/// A span of time that is not zero.
pub(in crate::config) const DURATION: One<Duration> = One {
    expected: "a duration with its unit, such as 30s, 5m or 1h30m, from 1ms to 8760h",
    parse: |text| {
        let range = Duration::from_millis(1)..=LONGEST;
        units::parse_duration(text).filter(|duration| range.contains(duration))
    },
    show: |duration| units::show_duration(*duration),
};

/// A span of time for which zero means not to wait.
pub(in crate::config) const GRACE: One<Duration> = One {
    expected: "a duration with its unit, such as 30s, 5m or 1h30m, from 0s to 8760h",
    parse: |text| units::parse_duration(text).filter(|duration| *duration <= LONGEST),
    show: |duration| units::show_duration(*duration),
};

/// Where reading begins.
pub(in crate::config) const START: One<Start> = One {
    expected: "now, beginning or a time such as \"2026-11-01T00:00:00Z\"",
    parse: |text| match text {
        "now" => Some(Start::Now),
        "beginning" => Some(Start::Beginning),
        time => {
            let at = Timestamp::from(time.parse::<jiff::Timestamp>().ok()?);
            (at >= Timestamp::default()).then_some(Start::At(at))
        }
    },
    show: |start| match start {
        Start::Now => "now".to_owned(),
        Start::Beginning => "beginning".to_owned(),
        Start::At(at) => quoted(&jiff::Timestamp::from(*at)),
    },
};

/// A span of time in which a slow Redis has answered three times.
pub(in crate::config) const LEASE: One<Duration> = One {
    expected: "a duration with its unit, such as 15s or 1m, from 1s to 1h",
    parse: |text| {
        let range = Duration::from_secs(1)..=Duration::from_hours(1);
        units::parse_duration(text).filter(|duration| range.contains(duration))
    },
    show: |duration| units::show_duration(*duration),
};

pub(in crate::config) const RATIO: One<f64> = One {
    expected: "a ratio from 0 to 1",
    // A range contains no NaN.
    parse: |text| text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio)),
    show: f64::to_string,
};

/// An amount of money. One that can't be reckoned with would count as none.
pub(in crate::config) const USD: One<f64> = One {
    expected: "an amount in USD from 0, such as 0.5",
    parse: |text| text.parse().ok().filter(|usd| Usd::from_f64(*usd).is_some()),
    show: f64::to_string,
};

/// The most tokens of an answer: a model that reasons first has said nothing after a few, and would look dead.
pub(in crate::config) const ANSWER_TOKENS: One<u64> = One {
    expected: "a whole number from 16 to 1000000, as a reasoning model that may say less looks dead",
    parse: |text| text.parse().ok().filter(|tokens| (16..=1_000_000).contains(tokens)),
    show: u64::to_string,
};

pub(in crate::config) const SWITCH: One<bool> =
    One { expected: "true or false", parse: |text| text.parse().ok(), show: bool::to_string };

pub(in crate::config) const FILE: One<PathBuf> = One {
    expected: "the path of a file",
    parse: |text| (!text.is_empty()).then(|| text.into()),
    show: |path| quoted(&path.display()),
};

pub(in crate::config) const FOLDER: One<PathBuf> = One {
    expected: "the path of a folder, or off",
    parse: |text| (!text.is_empty()).then(|| text.into()),
    show: |path| quoted(&path.display()),
};

pub(in crate::config) const SHARE: One<SpendLogShare> =
    One { expected: SpendLogShare::ALLOWED, parse: |text| text.parse().ok(), show: SpendLogShare::to_string };

pub(in crate::config) const DURABILITY: One<Durability> =
    One { expected: Durability::ALLOWED, parse: |text| text.parse().ok(), show: Durability::to_string };

/// LiteLLM's words for what a model is for. Those that are alike to us are shown as the last one.
const MODES: [&str; 17] = [
    "chat",
    "completion",
    "responses",
    "embedding",
    "rerank",
    "image_generation",
    "image_edit",
    "audio_transcription",
    "audio_speech",
    "video_generation",
    "realtime",
    "batch",
    "moderation",
    "ocr",
    "search",
    "vector_store",
    "other",
];

pub(in crate::config) const MODE: One<Mode> = One {
    expected: "one of chat, completion, responses, embedding, rerank, image_generation, image_edit, audio_transcription, audio_speech, video_generation, realtime, batch, moderation, ocr, search, vector_store or other",
    parse: |text| MODES.contains(&text).then(|| Mode::parse(text)),
    show: |mode| {
        let word = MODES.into_iter().find(|word| Mode::parse(word) == *mode && *mode != Mode::Other);
        word.unwrap_or("other").to_owned()
    },
};

const PROBE_CHOICES: [(&str, ProbeChoice); 5] = [
    ("auto", ProbeChoice::AsConfigured),
    ("off", ProbeChoice::Off),
    ("connect", ProbeChoice::Connect),
    ("models", ProbeChoice::Models),
    ("completion", ProbeChoice::Completion),
];

pub(in crate::config) const PROBE_CHOICE: One<ProbeChoice> = One {
    expected: "one of auto, off, connect, models or completion",
    parse: |text| PROBE_CHOICES.into_iter().find(|(word, _)| *word == text).map(|(_, choice)| choice),
    show: |choice| {
        let word = PROBE_CHOICES.into_iter().find(|(_, other)| other == choice).map(|(word, _)| word);
        word.expect("every choice has a word").to_owned()
    },
};

pub(in crate::config) const LOG_LEVEL: One<LogLevel> =
    One { expected: LogLevel::ALLOWED, parse: |text| text.parse().ok(), show: LogLevel::to_string };

pub(in crate::config) const LOG_FORMAT: One<LogFormat> =
    One { expected: LogFormat::ALLOWED, parse: |text| text.parse().ok(), show: LogFormat::to_string };

pub(in crate::config) const ADDRESSES: List<SocketAddr> = List {
    expected: "a list of at least one ADDRESS:PORT",
    of: One {
        expected: "ADDRESS:PORT such as 0.0.0.0:4000 or [::]:4000",
        parse: |text| text.parse().ok(),
        show: |address| quoted(address),
    },
    allows_empty: false,
    identity: SocketAddr::to_string,
};

pub(in crate::config) const CONSUMER_LABELS: List<ConsumerLabel> = List {
    expected: "a list of consumer labels",
    of: One { expected: ConsumerLabel::ALLOWED, parse: |text| text.parse().ok(), show: |label| quoted(label) },
    allows_empty: true,
    identity: ConsumerLabel::label_name,
};
