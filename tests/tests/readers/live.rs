//! Both generations of Prometheus scrape all hostile values, and know exactly those.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use axum::Router;
use tickmark::Registry;
use tickmark_tests::fetched;
use tickmark_tests::page::{Labels, series};
use tickmark_tests::prometheus::{self, Prometheus, Scrape};
use tickmark_tests::say_skipped;
use tickmark_text::{Escaping, Format};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::account::{Family, Number};
use crate::{hostile, is_moment, unix_time};

#[test]
fn prometheus_2_scrapes_escaped_names() {
    if !prometheus::available() {
        return say_skipped("prometheus is not installed");
    }
    check("prometheus".as_ref(), Format::OpenMetrics1_0(None));
}

#[test]
fn prometheus_3_scrapes_unescaped_names() {
    let Some(program) = fetched::prometheus_3() else {
        return say_skipped("Prometheus 3 is missing: tests/run fetches it");
    };
    check(&program, Format::OpenMetrics1_0(Some(Escaping::AllowUtf8)));
}

/// Starts this Prometheus and checks that it requests this format.
fn check(program: &Path, format: Format) {
    let start = unix_time();
    let registry = Registry::new();
    let account =
        [hostile::texts(&registry), hostile::numbers(&registry), hostile::kinds(&registry)]
            .concat();
    let (_server, addr) = serve(&registry);
    let prometheus = Prometheus::start_program(program, &addr);
    let Scrape { series, number } = prometheus.scrape();

    let (about_scrapes, scraped): (BTreeMap<_, _>, _) =
        series.into_iter().partition(|(series, _)| series == "up" || series.starts_with("scrape_"));
    let (own, scraped): (BTreeMap<_, _>, _) =
        scraped.into_iter().partition(|(series, _)| series.starts_with("tickmark_"));
    assert_eq!(about_scrapes.get("up"), Some(&1.0));
    let asked = ["openmetrics_1.0.0", "text_1.0.0", "text_0.0.4"]
        .map(|format| own.get(&format!("tickmark_scrapes_total{{format=\"{format}\"}}")).copied());
    assert_eq!(asked, [Some(number), Some(0.0), Some(0.0)], "{own:?}");
    compare(&expected(&account, format), &scraped, start);
    assert_eq!(prometheus.exemplars("{job='runtime'}"), exemplars(&account, format));
    assert_eq!(prometheus.complaints(), [""; 0]);
}

/// The series expected in Prometheus, which drops empty labels.
fn expected(account: &[Family], format: Format) -> BTreeMap<String, Number> {
    let lines = account.iter().flat_map(|family| family.lines(format));
    let known = lines.map(|mut line| {
        line.labels.retain(|_, value| !value.is_empty());
        (series(&line.name, &line.labels), line.sample.value.clone())
    });
    known.collect()
}

/// The exemplars expected in Prometheus. Empty labels are dropped here too, and values
/// stay escaped: neither generation unescapes them in exemplars.
fn exemplars(account: &[Family], format: Format) -> BTreeSet<(Labels, String)> {
    let lines = account.iter().flat_map(|family| family.lines(format));
    let exemplars = lines.filter_map(|line| line.sample.exemplar.as_ref());
    let known = exemplars.map(|(labels, value)| {
        let labels = labels.iter().filter(|(_, value)| !value.is_empty());
        let escaped =
            |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        (
            labels.map(|(name, value)| ((*name).to_owned(), escaped(value))).collect(),
            value.to_string(),
        )
    });
    known.collect()
}

fn compare(expected: &BTreeMap<String, Number>, scraped: &BTreeMap<String, f64>, start: f64) {
    let names = |series: &String| series.chars().take(200).collect::<String>();
    let missing: Vec<_> =
        expected.keys().filter(|series| !scraped.contains_key(*series)).map(names).collect();
    let unknown: Vec<_> =
        scraped.keys().filter(|series| !expected.contains_key(*series)).map(names).collect();
    assert_eq!((missing, unknown), (vec![], vec![]));
    for ((series, expected), scraped) in expected.iter().zip(scraped.values()) {
        let is_right = match expected {
            Number::Exact(text) => text.parse() == Ok(*scraped),
            Number::Float(float) => scraped == float || (scraped.is_nan() && float.is_nan()),
            Number::Moment => is_moment(*scraped, start),
        };
        assert!(is_right, "{} is {scraped}, not {expected:?}", names(series));
    }
}

/// Serves scrapes of the registry until the runtime is dropped. Returns the address.
fn serve(registry: &Registry) -> (Runtime, String) {
    let runtime = Runtime::new().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let router: Router = Router::new().route("/metrics", tickmark_axum::scrape(registry));
    drop(runtime.spawn(async { axum::serve(listener, router).await }));
    (runtime, addr)
}
