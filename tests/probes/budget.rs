//! What a billed probe may cost.

use llm_exporter::config::{CompletionProbes, Probes};
use llm_exporter::discovery::{Listed, Mode, Prices};
use llm_exporter::event::{Timestamp, Usd, UtcDay};
use llm_exporter::probes::{Budget, worst_case};

use crate::{config, deployment};

fn priced(mode: Mode, input_token: Option<f64>, output_token: Option<f64>, request: Option<f64>) -> Listed {
    let prices = Prices { input_token, output_token, request };
    Listed { mode: Some(mode), prices, ..deployment("openai", "https://a.example") }
}

#[test]
fn a_chat_costs_at_most_its_prompt_and_all_the_tokens_that_it_may_say() {
    let completion = CompletionProbes { max_tokens: 1000, ..CompletionProbes::default() };
    let config = Probes { completion, ..config() };
    let cost = worst_case(&priced(Mode::Chat, Some(0.0), Some(1e-3), None), &config);
    assert_eq!(cost, Usd::from_f64(1.0));
    let with_prompt = worst_case(&priced(Mode::Chat, Some(1e-3), Some(1e-3), None), &config);
    assert!(with_prompt > cost, "the prompt is not free");
}

#[test]
fn what_has_no_price_has_no_worst_case() {
    for listed in [
        priced(Mode::Chat, None, None, None),
        priced(Mode::Chat, Some(1e-6), None, None),
        priced(Mode::Responses, None, Some(1e-6), None),
        priced(Mode::Embedding, None, Some(1e-6), None),
        priced(Mode::Rerank, None, None, None),
        priced(Mode::Chat, Some(f64::NAN), Some(1e-6), None),
        priced(Mode::Chat, Some(-1.0), Some(1e-6), None),
    ] {
        assert_eq!(worst_case(&listed, &config()), None, "{listed:?}");
    }
}

#[test]
fn embeddings_and_rankings_are_paid_by_tokens_or_by_requests() {
    assert!(worst_case(&priced(Mode::Embedding, Some(1e-6), None, None), &config()) > Some(Usd::ZERO));
    assert_eq!(worst_case(&priced(Mode::Rerank, None, None, Some(0.002)), &config()), Usd::from_f64(0.002));
}

#[test]
fn nothing_is_set_aside_while_what_others_spent_is_not_known() {
    let now = Timestamp::from_micros(0);
    let one = Usd::from_f64(1.0).expect("an amount");
    let mut budget = Budget::new(one, now);
    budget.suspend();
    assert_eq!((budget.left(now), budget.reserve(one, now)), (Usd::ZERO, None));
    budget.sync(UtcDay::of(now), Usd::ZERO);
    assert_eq!(budget.left(now), one);
    assert!(budget.reserve(one, now).is_some());
}
