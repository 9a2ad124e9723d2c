//! From metrics to bytes: the vocabulary that [collectors](crate::collectors) speak, and the formats it is written in.
//!
//! Both text formats are written here and not by prometheus-client. Its encoder knows OpenMetrics only, can't be given
//! exemplars from outside, and renders every label anew on each scrape. [`client`] lets its encoder, and so any of its
//! registries, have the same metrics all the same.

pub mod client;
mod descriptor;
mod encoder;
mod negotiation;
mod scrape;
mod text;

pub use descriptor::{Descriptor, Kind};
pub use encoder::{Encoder, Extra, Value};
pub use negotiation::{Compression, Format, compression, format};
pub use scrape::{Broken, Scrape, render};
pub use text::{Created, Dialect, Style, TextEncoder};
