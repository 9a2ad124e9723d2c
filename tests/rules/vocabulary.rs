//! Every query asks for what there is.

use std::collections::BTreeMap;

use crate::support::promql::{Labels, Reading, Recorded, Values, Vocabulary};
use crate::{RULES, VOCABULARY, assert_none, assert_told};

#[test]
fn every_rule_asks_for_what_there_is() {
    let all = RULES.recorded.iter().chain(&RULES.alerts);
    let told = |(place, reading): (String, Reading)| {
        reading.mistakes.into_iter().map(move |mistake| format!("{place}: {mistake}"))
    };
    let read = all.map(|rule| (rule.place(), VOCABULARY.read(&rule.expr)));
    assert_none(&read.flat_map(told).collect::<Vec<_>>());
}

#[test]
fn a_query_for_what_there_is_not_is_told() {
    let vocabulary = with_recorded();
    for (query, told) in [
        ("llm_request_total", "there is no metric llm_request_total; llm_requests_total?"),
        ("{job=\"x\"}", "names no metric"),
        ("sum by (job", "it can't be parsed"),
        ("llm_requests_total{modell=\"x\"}", "llm_requests_total has no label modell"),
        ("sum by (team) (llm_requests_total)", "no label team"),
        ("sum without (error) (llm_requests_total)", "no label error"),
        ("llm_request_errors_total{error=\"timout\"}", "timout is no value of error"),
        ("llm_request_errors_total{error!~\"timeout|conect\"}", "conect is no value of error"),
        ("llm_probe_failures_total{error=\"other\"}", "other is no value of error"),
        ("llm_exporter_build_info{traffic=\"fake\"}", "fake is no value of traffic"),
        ("llm_dependency_up{dependency=\"postgres\"}", "postgres is no value of dependency"),
        ("llm_deployment_health{state=~\"un.*y|.+able\"}", ""),
        ("llm_deployment_health{state=~\"un.*able\"}", "matches none of the values"),
        ("llm_time_to_first_token_seconds_bucket{le=\"5\"}", "5 is no value of le"),
        ("llm_time_to_first_token_seconds{le=\"5.0\"}", "there is no metric llm_time_to_first_token_seconds"),
        ("rate(llm_model_up[5m])", "rate of llm_model_up, which is no counter"),
        ("rate(job:requests:rate5m[5m])", "rate of job:requests:rate5m, which is no counter"),
        ("deriv(llm_requests_total[5m])", "deriv of llm_requests_total, which is a counter"),
        ("job:requests:rate5m{model=\"x\"}", "job:requests:rate5m has no label model"),
        ("job_quantile:duration:rate5m{quantile=\"0.9\"}", "0.9 is no value of quantile"),
        ("histogram_quantile(0.5, sum by (job) (llm_request_duration_seconds_bucket))", "no label le"),
        ("label_replace(llm_model_up, \"a\", \"$1\", \"deployment\", \"(.*)\")", "no label deployment"),
        ("llm_model_up @ 0", "@ is not understood everywhere"),
        ("llm_model_up offset -5m", "a negative offset"),
        ("limitk(1, llm_model_up)", "no limitk"),
        ("mad_over_time(llm_model_up[5m])", "no function mad_over_time"),
    ] {
        assert_told(&vocabulary.read(query).mistakes, told, query);
    }
}

#[test]
fn sides_that_never_match_are_told() {
    let vocabulary = with_recorded();
    for (query, told) in [
        ("llm_healthy / on (model) llm_model_up", "the left side has no label model"),
        ("llm_healthy * llm_model_up", "the left side has no label model: the sides never match"),
        ("llm_healthy unless llm_model_up", "the sides never match"),
        ("llm_healthy or llm_model_up", ""),
        ("llm_healthy and on (job) llm_model_up", ""),
        ("llm_healthy and on () llm_model_up", ""),
        (
            "llm_model_up / ignoring (model) llm_healthy",
            "the left side is matched by (instance, job) and may have several",
        ),
        ("llm_model_up * ignoring (model) group_left () llm_healthy", ""),
        ("llm_model_up * on (job) group_left () llm_healthy", "the one side is matched by (job) and may have several"),
        ("llm_model_up * on (job, instance) group_left (provider) llm_healthy", "no label provider"),
        ("llm_rate_limit_limit * on (job, instance, deployment) group_left (model) llm_deployment_info", ""),
        (
            "max by (job) (llm_dependency_up{dependency=\"redis\"}) == on (job) llm_dependency_up{dependency=\"redis\"}",
            "instance",
        ),
    ] {
        assert_told(&vocabulary.read(query).mistakes, told, query);
    }
}

#[test]
fn the_labels_of_a_result_are_inferred() {
    let vocabulary = with_recorded();
    for (query, labels) in [
        ("time() - 5", ""),
        ("vector(1)", ""),
        ("sum(llm_requests_total)", ""),
        ("topk(3, sum by (job, model) (llm_requests_total))", "job model"),
        ("sum without (instance) (llm_model_up)", "job model"),
        ("sum by (team, tag_app) (llm_consumer_cost_usd_total)", "tag_app team"),
        ("count_values(\"version\", llm_gateway_info)", "version"),
        ("histogram_quantile(0.5, sum by (job, le) (rate(llm_request_duration_seconds_bucket[5m])))", "job"),
        ("label_replace(llm_healthy, \"kind\", \"x\", \"\", \"\")", "instance job kind"),
        ("absent(llm_exporter_build_info{job=\"llm\", version=~\"1.*\"})", "job"),
        ("llm_model_up * on (job, model) group_left () sum by (job, model) (llm_retries_total)", "instance job model"),
        ("max by (job, model) (llm_model_up) > on (job, model) max by (job, model) (llm_model_up)", "job model"),
        ("llm_healthy or llm_model_up", "instance job model"),
        ("job_quantile:duration:rate5m > 1", "job quantile"),
        ("ALERTS{alertname=\"Slow\"}", "alertname alertstate job severity"),
        ("max_over_time(sum by (job) (llm_model_up)[1h:5m])", "job"),
    ] {
        let reading = vocabulary.read(query);
        assert!(reading.mistakes.is_empty(), "{query}: {:?}", reading.mistakes);
        let inferred = reading.shape.labels().expect("they can be told");
        assert_eq!(inferred.names().collect::<Vec<_>>().join(" "), labels, "{query}");
    }
}

#[test]
fn rules_may_stand_in_any_order_and_none_rests_on_itself() {
    let none = BTreeMap::new();
    let recorded = |name, query| Recorded { name, query, labels: &none };
    let vocabulary = Vocabulary::of_exporter().recording(&[
        recorded("job:second", "sum by (job) (job_model:first)"),
        recorded("job_model:first", "sum by (job, model) (llm_model_up)"),
        recorded("job:itself", "sum by (job) (job:itself)"),
    ]);
    let names = |metric| vocabulary.labels(metric).map(|labels| labels.names().collect::<Vec<_>>().join(" "));
    assert_eq!(names("job:second").as_deref(), Some("job"));
    assert_eq!(names("job:itself"), None);
}

fn with_recorded() -> Vocabulary {
    let (none, quantile) = (BTreeMap::new(), BTreeMap::from([("quantile".to_owned(), "0.5".to_owned())]));
    let requests =
        Recorded { name: "job:requests:rate5m", query: "sum by (job) (rate(llm_requests_total[5m]))", labels: &none };
    let duration = Recorded {
        name: "job_quantile:duration:rate5m",
        query: "histogram_quantile(0.5, sum by (job, le) (rate(llm_request_duration_seconds_bucket[5m])))",
        labels: &quantile,
    };
    let slow: Labels = ["job", "severity"].into_iter().map(|name| (name, Values::Any)).collect();
    Vocabulary::of_exporter().recording(&[requests, duration]).alerting([("Slow", slow)])
}
