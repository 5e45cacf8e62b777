//! Queries over the rules of `docker/`, computed by promtool, which takes series from a
//! file and needs no server.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;
use tickmark_tests::{fetched, prometheus, say_skipped};

use crate::docker;

/// The installed promtools.
fn promtools() -> Vec<PathBuf> {
    let installed = prometheus::available().then(|| PathBuf::from("promtool"));
    let promtools: Vec<_> =
        installed.into_iter().chain(fetched::program("prometheus3", "promtool")).collect();
    if promtools.is_empty() {
        say_skipped("queries by promtool: not installed, tests/run fetches one");
    }
    promtools
}

/// Checks with every promtool the expected results for these series, with the rules of
/// `docker/`.
pub(crate) fn assert_computed(series: &BTreeMap<String, String>, expected: &[Value]) {
    let rules =
        ["recording", "alerts"].map(|rules| docker(&format!("prometheus/rules/{rules}.yml")));
    let series: Vec<_> =
        series.iter().map(|(series, values)| json!({"series": series, "values": values})).collect();
    let test = json!({"interval": "15s", "input_series": series, "promql_expr_test": expected});
    let file = json!({"rule_files": rules, "evaluation_interval": "15s", "tests": [test]});
    let dir = TempDir::new().unwrap();
    // JSON is valid YAML.
    let path = dir.path().join("test.yml");
    fs::write(&path, file.to_string()).unwrap();
    for promtool in promtools() {
        let output = Command::new(&promtool).args(["test", "rules"]).arg(&path).output().unwrap();
        let said =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", promtool.display());
    }
}

/// A series with the labels that a scrape adds.
pub(crate) fn scraped(series: &str) -> String {
    let scraped = r#"job="runtime",instance="runtime:9100""#;
    match series.split_once('{') {
        Some((name, labels)) => format!("{name}{{{scraped},{labels}"),
        None => format!("{series}{{{scraped}}}"),
    }
}

/// The expected result of a query at the end of half an hour.
pub(crate) fn expects(query: &str, samples: &Value) -> Value {
    json!({"expr": query, "eval_time": "30m", "exp_samples": samples})
}
