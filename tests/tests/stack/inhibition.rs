//! The alerts that a real Alertmanager inhibits while another one fires.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tickmark_tests::loopback::own_address;
use tickmark_tests::process::wait_for;
use tokio::runtime::Runtime;

use crate::alertmanager::{self, Alertmanager};

/// Alerts by name, job, and instance or path.
fn names(alerts: &Value) -> BTreeSet<String> {
    let name = |alert: &Value| {
        let labels =
            ["alertname", "job", "instance", "path"].map(|label| alert["labels"][label].as_str());
        labels.into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    alerts.as_array().unwrap().iter().map(name).collect()
}

#[test]
fn instance_down_silences_itself_alone() {
    let sent = json!([
        {"labels": {"alertname": "TargetDown", "job": "runtime", "instance": "a:9100"}},
        {"labels": {"alertname": "RequestsStuck", "job": "runtime", "instance": "a:9100"}},
        {"labels": {"alertname": "RequestsStuck", "job": "runtime", "instance": "b:9100"}},
        {"labels": {"alertname": "RequestsStuck", "job": "other", "instance": "a:9100"}},
        {"labels": {"alertname": "HighErrorRatio", "job": "runtime", "path": "/pay"}},
        {"labels": {"alertname": "SlowRequests", "job": "runtime", "path": "/pay"}},
        {"labels": {"alertname": "SlowRequests", "job": "runtime", "path": "/other"}},
        {"labels": {"alertname": "SeriesOverflow", "job": "runtime", "family": "jobs_total"}},
    ]);
    for program in alertmanager::programs() {
        let runtime = Runtime::new().unwrap();
        let alertmanager = Alertmanager::start(&program, own_address(), &runtime);
        alertmanager.send(&sent);
        let expected =
            ["RequestsStuck runtime a:9100", "SlowRequests runtime /pay"].map(str::to_owned).into();
        let silenced = || &names(&sent) - &names(&alertmanager.ask("false"));
        wait_for("all alerts", || (names(&alertmanager.ask("true")) == names(&sent)).then_some(()));
        // An inhibition takes effect a moment after its source arrived, for all its
        // targets at once.
        wait_for("the inhibition of each source", || {
            silenced().is_superset(&expected).then_some(())
        });
        assert_eq!(silenced(), expected, "{}", program.display());
    }
}
