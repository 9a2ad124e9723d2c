//! Where events come from: one module for each source, which alone knows its wire format.

pub mod litellm;
