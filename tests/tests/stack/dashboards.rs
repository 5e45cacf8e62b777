//! The dashboards of Grafana and the queries of the README, asked of a real Prometheus as Grafana asks them.

use std::fs;

use serde_json::Value;
use tickmark_tests::prometheus::Prometheus;

use crate::docker;

/// What Grafana makes of `$__rate_interval` at the interval of scrapes of `docker/`: four of them.
const RATE_INTERVAL: &str = "1m";

/// What the variables of the dashboards are set to.
const VALUES: [(&str, &str); 5] = [
    ("$__rate_interval", RATE_INTERVAL),
    ("$__interval", RATE_INTERVAL),
    ("$job", "runtime"),
    ("$path", "/hello/{name}"),
    ("$ws_path", "/ws/echo"),
];

/// Panels that show a 0 of their own while all is well, by dashboard and title.
const WELL: [(&str, &str); 2] = [("overview", "Alerts"), ("pipeline", "Overflow")];

/// What is wrong with the dashboards, for this Prometheus at this time: every panel has to show something.
pub(crate) fn faults_of_dashboards(prometheus: &Prometheus, at: f64) -> Vec<String> {
    let mut faults = vec![];
    for entry in fs::read_dir(docker("grafana/dashboards")).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_stem().unwrap().to_str().unwrap();
        let dashboard: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        faults.extend(faults_of_variables(prometheus, &dashboard).map(|fault| format!("{name}: {fault}")));
        let panels = dashboard["panels"].as_array().unwrap().iter();
        for panel in panels.filter(|panel| panel["type"] != "text") {
            let title = text(&panel["title"]);
            assert_eq!(text(&panel["datasource"]["uid"]), "prometheus", "{name}: {title}");
            let targets = panel["targets"].as_array().unwrap().iter();
            let queries = targets.map(|target| with_values(text(&target["expr"])));
            let is_well = WELL.contains(&(name, title));
            let queries = queries.map(|query| if is_well { query } else { query.replace(" or vector(0)", "") });
            faults.extend(queries.filter_map(|query| {
                Some(format!("{name}: {title}: {query}: {}", fault_of_query(prometheus, at, &query)?))
            }));
        }
    }
    faults
}

/// A variable has to offer the value that it is going to be given.
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

/// How many example queries `docker/README.md` has, and what is wrong with them.
pub(crate) fn faults_of_examples(prometheus: &Prometheus, at: f64) -> (usize, Vec<String>) {
    let readme = fs::read_to_string(docker("README.md")).unwrap();
    let queries: Vec<_> = readme.split("```promql\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
    let faults =
        queries.iter().filter_map(|query| Some(format!("{query}: {}", fault_of_query(prometheus, at, query)?)));
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
