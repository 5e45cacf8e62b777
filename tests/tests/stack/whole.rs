//! From a request to a number, a panel and a notification.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use tickmark_tests::fetched;
use tickmark_tests::loopback::own_address;
use tickmark_tests::page::Page;
use tickmark_tests::process::{is_installed, wait_for, wait_longer};
use tickmark_tests::prometheus::{self, Prometheus, unix_time};
use tickmark_tests::service::Service;
use tickmark_tests::{required, say_skipped};
use tokio::runtime::Runtime;

use crate::alertmanager::Alertmanager;
use crate::copy_with_addresses;
use crate::dashboards::{faults_of_dashboards, faults_of_examples};
use crate::hour;
use crate::victoria::Victoria;

/// A scrape, a minute of downtime, an evaluation, and Alertmanager's grouping: at most
/// two and a half minutes by the files.
const TOLD: Duration = Duration::from_secs(300);

/// A Prometheus with the Alertmanager of its time.
struct Generation {
    prometheus: Prometheus,
    alertmanager: Alertmanager,
}

impl Generation {
    fn start(
        (prometheus, alertmanager): &(PathBuf, PathBuf),
        scraped: &str,
        runtime: &Runtime,
    ) -> Generation {
        let address = own_address();
        let alertmanager = Alertmanager::start(alertmanager, address, runtime);
        let own = |port: u16| format!("{address}:{port}");
        let addresses = [
            ("runtime:9100", scraped),
            ("localhost:9090", &own(9090)),
            ("alertmanager:9093", &own(9093)),
        ];
        let dir = copy_with_addresses("prometheus", &addresses);
        Generation { prometheus: Prometheus::start_in(dir, prometheus, &own(9090)), alertmanager }
    }
}

/// The installed generations of servers.
fn generations() -> Vec<(PathBuf, PathBuf)> {
    let mut found = vec![];
    let alertmanager = Path::new("prometheus-alertmanager");
    let installed = is_installed(alertmanager);
    assert!(
        installed || !required("prometheus-alertmanager"),
        "prometheus-alertmanager is required, but not installed"
    );
    if prometheus::available() && installed {
        found.push(("prometheus".into(), alertmanager.into()));
    } else {
        say_skipped(
            "the stack with the installed Prometheus: it or prometheus-alertmanager is missing",
        );
    }
    let fetched =
        (fetched::prometheus_3(), fetched::program("alertmanager", "prometheus-alertmanager"));
    if let (Some(prometheus), Some(alertmanager)) = fetched {
        found.push((prometheus, alertmanager));
    } else {
        say_skipped(
            "the stack with Prometheus 3: it or Alertmanager is missing, tests/run fetches both",
        );
    }
    found
}

fn start_service(address: Ipv4Addr) -> Service {
    Service::start_with(&[
        ("RUNTIME_ADDR", &format!("{address}:8081")),
        ("METRICS_ADDR", &format!("{address}:9100")),
        ("ENABLE_SYS_METRICS", "true"),
    ])
}

#[test]
#[ignore = "takes minutes: tests/run runs it"]
fn events_reach_queries_panels_and_notifications() {
    let programs = generations();
    let runtime = Runtime::new().unwrap();
    let address = own_address();
    let service = start_service(address);
    let scraped = service.metrics_addr();
    let generations: Vec<_> =
        programs.iter().map(|programs| Generation::start(programs, scraped, &runtime)).collect();
    let victoria = fetched::program("victoria-metrics", "victoria-metrics");
    let victoria = victoria.map(|program| Victoria::start(&program, own_address(), scraped));
    if victoria.is_none() {
        say_skipped("VictoriaMetrics is missing: tests/run fetches it");
    }

    let tally = hour::live(&service);
    let end = unix_time();
    assert!(tally.exchanges() >= 200_000, "{}", tally.exchanges());
    wait_for("service at rest", || is_at_rest(&service.metrics()).then_some(()));
    let expected = tally.expected();
    for generation in &generations {
        assert_known(&expected, generation.prometheus.scrape().series);
        assert_shown(&generation.prometheus, end);
        assert_eq!(generation.prometheus.complaints(), [""; 0]);
    }
    if let Some(victoria) = victoria {
        assert_known(&expected, victoria.scrape());
        assert_eq!(victoria.warnings(), [""; 0]);
    }

    drop(service);
    assert_told(&generations, "firing");
    let _service = start_service(address);
    assert_told(&generations, "resolved");
    for Generation { prometheus, alertmanager } in &generations {
        assert_eq!(
            prometheus.query_now("up{job='runtime'}").into_values().collect::<Vec<_>>(),
            [1.0]
        );
        let mut others = alertmanager.alerts();
        others.retain(|alert| !is_expected(&alert["labels"]));
        assert!(others.is_empty(), "{others:#?}");
        assert_eq!([prometheus.warnings(), alertmanager.warnings()].concat(), [""; 0]);
    }
}

/// Whether these are the alerts of such an hour: two routes fail often enough, if the
/// hour lasts as long as an alert waits.
fn is_expected(labels: &Value) -> bool {
    let fails = ["/panic", "/status/{code}"].iter().any(|path| labels["path"] == *path);
    labels["alertname"] == "TargetDown" || (labels["alertname"] == "HighErrorRatio" && fails)
}

/// Whether nothing is in flight: the service notices with a delay that a client has gone.
fn is_at_rest(page: &str) -> bool {
    let gauges = ["emmett_http_requests_in_flight{", "emmett_ws_connections_active{"];
    let mut under_way =
        page.lines().filter(|line| gauges.iter().any(|gauge| line.starts_with(gauge)));
    under_way.all(|line| line.ends_with(" 0"))
}

/// Every series of requests and connections agrees with the clients.
fn assert_known(expected: &Page, mut scraped: BTreeMap<String, f64>) {
    scraped.retain(|series, _| series.starts_with("emmett_"));
    assert_eq!(expected.differences(&scraped), [""; 0]);
}

/// Every panel and every example shows something.
fn assert_shown(prometheus: &Prometheus, at: f64) {
    assert_eq!(faults_of_dashboards(prometheus, at), [""; 0]);
    assert_eq!(faults_of_examples(prometheus, at), (10, vec![]));
}

fn assert_told(generations: &[Generation], status: &str) {
    wait_longer(TOLD, &format!("message that TargetDown is {status}"), || {
        let told = |generation: &Generation| {
            generation.alertmanager.has_told(status, "TargetDown", "runtime")
        };
        generations.iter().all(told).then_some(())
    });
}
