//! The queries of the dashboards, of the README and of the rules, in a quiet time and
//! with faults.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tickmark_tests::service::Service;

use crate::dashboards::{examples, queries};
use crate::promtool::{assert_computed, expects, scraped};

/// The families of faults, each with the labels of its series.
const FAULTS: [(&str, &str); 6] = [
    ("tickmark_collector_failures_total", r#"collector="pool",family="",reason="panicked""#),
    ("tickmark_exposition_omissions_total", r#"family="sizes",reason="negative quantile""#),
    ("tickmark_observations_rejected_total", r#"family="load""#),
    ("tickmark_exemplars_rejected_total", r#"family="jobs_total""#),
    ("tickmark_histogram_reads_unsettled_total", r#"family="sizes""#),
    ("tickmark_scrape_connections_dropped_total", r#"cause="limit""#),
];

/// Expects that a query shows no NaN, the only value that differs from itself.
fn no_nan(query: &str) -> Value {
    expects(&format!("({query}) != ({query})"), &json!([]))
}

#[test]
fn quiet_time_shows_no_nan() {
    let service =
        Service::start_with(&[("ENABLE_SYS_METRICS", "true"), ("METRICS_ADDR", "127.0.0.1:0")]);
    let page = service.metrics();
    let samples = page.lines().filter(|line| !line.starts_with('#'));
    let quiet = samples.map(|line| (scraped(line.rsplit_once(' ').unwrap().0), "5x120".to_owned()));
    let recorded = ["job", "job_path", "job_path_direction", "job_instance"];
    let recorded = recorded.map(|level| format!("{{__name__=~\"{level}:emmett_.*\"}}"));
    // Only the names of the records differ.
    let recorded = recorded
        .map(|all| format!("label_replace({all}, \"name\", \"$1\", \"__name__\", \"(.*)\")"));
    let panels = queries().into_iter().map(|query| query.text);
    let asked: Vec<_> = panels.chain(examples()).chain(recorded).collect();
    assert!(asked.len() > 70, "{}", asked.len());
    assert_computed(&quiet.collect(), &asked.iter().map(|query| no_nan(query)).collect::<Vec<_>>());
}

/// Checks that every query of a fault panel, without its 0, shows these faults.
fn assert_shown(values: &str, panels: &str) {
    let mut series: BTreeMap<_, _> = FAULTS
        .iter()
        .map(|(family, labels)| (scraped(&format!("{family}{{{labels}}}")), values.to_owned()))
        .collect();
    _ = series.insert(
        scraped(r#"tickmark_series_overflowing{family="jobs_total"}"#),
        "_x20 1x100".to_owned(),
    );
    let mut queries = queries();
    queries.retain(|query| {
        query.dashboard == "pipeline" && query.is_well() && query.text.contains(panels)
    });
    assert!(queries.len() > 4, "{queries:?}");
    let one = json!([{"labels": "{}", "value": 1}]);
    let shown = queries
        .iter()
        .map(|query| expects(&format!("count(({}) > 0)", query.without_zero()), &one));
    assert_computed(&series, &shown.collect::<Vec<_>>());
}

#[test]
fn faults_of_every_page_are_shown() {
    assert_shown("_x20 1+1x100", "");
}

#[test]
fn one_fault_is_shown_for_an_hour() {
    // The first sample of a series does not count as an increase.
    assert_shown("_x20 1x100", "[1h]");
}
