//! Grafana's dashboards and the README's queries, sent to a real Prometheus as Grafana
//! sends them.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tickmark_tests::prometheus::Prometheus;

use crate::docker;

/// Grafana's `$__rate_interval` at the scrape interval of `docker/`: four intervals.
const RATE_INTERVAL: &str = "1m";

/// The values of the dashboards' variables.
const VALUES: [(&str, &str); 5] = [
    ("$__rate_interval", RATE_INTERVAL),
    ("$__interval", RATE_INTERVAL),
    ("$job", "runtime"),
    ("$path", "/hello/{name}"),
    ("$ws_path", "/ws/echo"),
];

/// Panels with a 0 of their own while there are no faults, by dashboard and title.
const WELL: [(&str, &str); 8] = [
    ("overview", "Alerts"),
    ("pipeline", "Overflow"),
    ("pipeline", "Collector failures"),
    ("pipeline", "Omissions"),
    ("pipeline", "Rejected values"),
    ("pipeline", "Dropped connections"),
    ("pipeline", "Overflowing families"),
    ("pipeline", "Unsettled reads"),
];

/// The part of a query that shows 0 instead of nothing.
const ZEROS: [&str; 2] = [" or vector(0)", " or on () vector(0)"];

/// A query of a panel, with values for the variables.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) dashboard: String,
    pub(crate) title: String,
    pub(crate) text: String,
}

impl Query {
    /// Whether its panel shows a 0 of its own.
    pub(crate) fn is_well(&self) -> bool {
        WELL.contains(&(&self.dashboard, &self.title))
    }

    /// The query without that 0.
    pub(crate) fn without_zero(&self) -> String {
        ZEROS.iter().fold(self.text.clone(), |text, zero| text.replace(zero, ""))
    }
}

/// The dashboards by file name.
fn dashboards() -> Vec<(String, Value)> {
    let files =
        fs::read_dir(docker("grafana/dashboards")).unwrap().map(|entry| entry.unwrap().path());
    let name = |file: &Path| file.file_stem().unwrap().to_str().unwrap().to_owned();
    files
        .map(|file| {
            (name(&file), serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap())
        })
        .collect()
}

/// The queries of all panels.
pub(crate) fn queries() -> Vec<Query> {
    let mut queries = vec![];
    for (dashboard, content) in dashboards() {
        let panels = content["panels"].as_array().unwrap().iter();
        for panel in panels.filter(|panel| panel["type"] != "text") {
            let title = text(&panel["title"]).to_owned();
            assert_eq!(text(&panel["datasource"]["uid"]), "prometheus", "{dashboard}: {title}");
            let targets = panel["targets"].as_array().unwrap().iter();
            queries.extend(targets.map(|target| Query {
                dashboard: dashboard.clone(),
                title: title.clone(),
                text: with_values(text(&target["expr"])),
            }));
        }
    }
    queries
}

/// The faults of the dashboards for this Prometheus at this time: panels without data.
pub(crate) fn faults_of_dashboards(prometheus: &Prometheus, at: f64) -> Vec<String> {
    let mut faults = vec![];
    for (name, content) in dashboards() {
        faults.extend(
            faults_of_variables(prometheus, &content).map(|fault| format!("{name}: {fault}")),
        );
    }
    for query in queries() {
        let asked = if query.is_well() { query.text.clone() } else { query.without_zero() };
        let fault = fault_of_query(prometheus, at, &asked);
        faults.extend(
            fault.map(|fault| format!("{}: {}: {asked}: {fault}", query.dashboard, query.title)),
        );
    }
    faults
}

/// A variable must offer the value that the tests set.
fn faults_of_variables(prometheus: &Prometheus, dashboard: &Value) -> impl Iterator<Item = String> {
    let variables = dashboard["templating"]["list"].as_array().unwrap().iter();
    variables.filter_map(|variable| {
        let query = with_values(text(&variable["query"]["query"]));
        let arguments = query.strip_prefix("label_values(").unwrap().strip_suffix(')').unwrap();
        let (selector, label) = arguments.rsplit_once(", ").unwrap();
        let value = with_values(&format!("${}", text(&variable["name"])));
        let offered = prometheus.label_values(label, selector);
        (!offered.contains(&value)).then(|| format!("{query} offers {offered:?}, not {value:?}"))
    })
}

/// The example queries of `docker/README.md`.
pub(crate) fn examples() -> Vec<String> {
    let readme = fs::read_to_string(docker("README.md")).unwrap();
    readme
        .split("```promql\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect()
}

/// Number of examples, and their faults.
pub(crate) fn faults_of_examples(prometheus: &Prometheus, at: f64) -> (usize, Vec<String>) {
    let queries = examples();
    let faults = queries
        .iter()
        .filter_map(|query| Some(format!("{query}: {}", fault_of_query(prometheus, at, query)?)));
    (queries.len(), faults.collect())
}

/// Why a query shows nothing, if it does not show a number.
fn fault_of_query(prometheus: &Prometheus, at: f64, query: &str) -> Option<String> {
    if query.contains('$') {
        return Some("a variable without a value".into());
    }
    let answer = prometheus.query(query, at);
    (!answer.values().any(|value| value.is_finite())).then(|| format!("{answer:?}"))
}

fn with_values(query: &str) -> String {
    VALUES.iter().fold(query.to_owned(), |query, (variable, value)| query.replace(variable, value))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
