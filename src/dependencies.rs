//! What the gateway depends on, and whether it is there.
