//! A gateway whose clock is ahead.

use super::assert_value;
use super::support::edited::{Edited, event};
use super::support::pipeline::{NOW, Pipeline};

#[test]
fn an_event_from_the_future_hides_nothing_that_comes_after() {
    let pipeline = Pipeline::new();
    let ahead = event("chat_success").later(3_600.0).attempt("ahead");
    pipeline.push([&ahead]);
    pipeline.push([&event("chat_stream_success")]);
    let scraped = pipeline.scrape();
    let source = [("source", "litellm_callback")];
    assert_value(&scraped, "llm_source_last_event_timestamp_seconds", &source, NOW.as_secs_f64());
    assert_value(&scraped, "llm_source_lag_seconds", &source, 0.0);
}
