//! The queries of the dashboards, of the README and of the rules, in a quiet time and
//! with faults, computed by promtool: it takes series from a file, and needs no server.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;
use tickmark_tests::service::Service;
use tickmark_tests::{fetched, prometheus, say_skipped};

use crate::dashboards::{examples, queries};
use crate::docker;

/// The families of faults, each with the labels of its series.
const FAULTS: [(&str, &str); 6] = [
    ("tickmark_collector_failures_total", r#"collector="pool",family="",reason="panicked""#),
    ("tickmark_exposition_omissions_total", r#"family="sizes",reason="negative quantile""#),
    ("tickmark_observations_rejected_total", r#"family="load""#),
    ("tickmark_exemplars_rejected_total", r#"family="jobs_total""#),
    ("tickmark_histogram_reads_unsettled_total", r#"family="sizes""#),
    ("tickmark_scrape_connections_dropped_total", r#"cause="limit""#),
];

/// The promtools that are here.
fn promtools() -> Vec<PathBuf> {
    let installed = prometheus::available().then(|| PathBuf::from("promtool"));
    let promtools: Vec<_> = installed.into_iter().chain(fetched::program("prometheus3", "promtool")).collect();
    if promtools.is_empty() {
        say_skipped("queries by promtool: it is not installed, and tests/run fetches one");
    }
    promtools
}

/// Has every promtool compute what is expected of these series, with the rules of
/// `docker/`.
fn assert_computed(series: &BTreeMap<String, String>, expected: &[Value]) {
    let rules = ["recording", "alerts"].map(|rules| docker(&format!("prometheus/rules/{rules}.yml")));
    let series: Vec<_> = series.iter().map(|(series, values)| json!({"series": series, "values": values})).collect();
    let test = json!({"interval": "15s", "input_series": series, "promql_expr_test": expected});
    let file = json!({"rule_files": rules, "evaluation_interval": "15s", "tests": [test]});
    let dir = TempDir::new().unwrap();
    // What is JSON is YAML.
    let path = dir.path().join("test.yml");
    fs::write(&path, file.to_string()).unwrap();
    for promtool in promtools() {
        let output = Command::new(&promtool).args(["test", "rules"]).arg(&path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", promtool.display());
    }
}

/// A series with the labels that a scrape adds.
fn scraped(series: &str) -> String {
    let scraped = r#"job="runtime",instance="runtime:9100""#;
    match series.split_once('{') {
        Some((name, labels)) => format!("{name}{{{scraped},{labels}"),
        None => format!("{series}{{{scraped}}}"),
    }
}

/// What is expected of a query at the end of half an hour.
fn expects(query: &str, samples: &Value) -> Value {
    json!({"expr": query, "eval_time": "30m", "exp_samples": samples})
}

/// Expects that a query shows no NaN, which alone differs from itself.
fn no_nan(query: &str) -> Value {
    expects(&format!("({query}) != ({query})"), &json!([]))
}

#[test]
fn quiet_time_shows_no_nan() {
    let service = Service::start_with(&[("ENABLE_SYS_METRICS", "true"), ("METRICS_ADDR", "127.0.0.1:0")]);
    let page = service.metrics();
    let samples = page.lines().filter(|line| !line.starts_with('#'));
    let quiet = samples.map(|line| (scraped(line.rsplit_once(' ').unwrap().0), "5x120".to_owned()));
    let recorded = ["job", "job_path", "job_path_direction", "job_instance"];
    let recorded = recorded.map(|level| format!("{{__name__=~\"{level}:emmett_.*\"}}"));
    // Names of what is recorded are all that tells them apart.
    let recorded = recorded.map(|all| format!("label_replace({all}, \"name\", \"$1\", \"__name__\", \"(.*)\")"));
    let panels = queries().into_iter().map(|query| query.text);
    let asked: Vec<_> = panels.chain(examples()).chain(recorded).collect();
    assert!(asked.len() > 70, "{}", asked.len());
    assert_computed(&quiet.collect(), &asked.iter().map(|query| no_nan(query)).collect::<Vec<_>>());
}

/// Checks that every query of a panel of faults, without its 0, shows these faults.
fn assert_shown(values: &str, panels: &str) {
    let mut series: BTreeMap<_, _> =
        FAULTS.iter().map(|(family, labels)| (scraped(&format!("{family}{{{labels}}}")), values.to_owned())).collect();
    _ = series.insert(scraped(r#"tickmark_series_overflowing{family="jobs_total"}"#), "_x20 1x100".to_owned());
    let mut queries = queries();
    queries.retain(|query| query.dashboard == "pipeline" && query.is_well() && query.text.contains(panels));
    assert!(queries.len() > 4, "{queries:?}");
    let one = json!([{"labels": "{}", "value": 1}]);
    let shown = queries.iter().map(|query| expects(&format!("count(({}) > 0)", query.without_zero()), &one));
    assert_computed(&series, &shown.collect::<Vec<_>>());
}

#[test]
fn faults_of_every_page_are_shown() {
    assert_shown("_x20 1+1x100", "");
}

#[test]
fn one_fault_is_shown_for_an_hour() {
    // The first of a series is no increase of it.
    assert_shown("_x20 1x100", "[1h]");
}
