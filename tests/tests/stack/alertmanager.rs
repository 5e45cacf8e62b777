//! A real Alertmanager with the configuration of `docker/`, and its receiver.

use std::fs::File;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use serde_json::Value;
use tempfile::TempDir;
use tickmark_tests::process::{Running, is_installed, wait_for};
use tickmark_tests::{client, fetched, prometheus, required, say_skipped};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use ureq::Agent;

use crate::copy_with_addresses;

/// The installed Alertmanagers.
pub(crate) fn programs() -> Vec<PathBuf> {
    let installed = PathBuf::from("prometheus-alertmanager");
    let has_installed = is_installed(&installed);
    assert!(
        has_installed || !required("prometheus-alertmanager"),
        "prometheus-alertmanager is required, but not installed"
    );
    let fetched = fetched::program("alertmanager", "prometheus-alertmanager");
    let programs: Vec<_> = has_installed.then_some(installed).into_iter().chain(fetched).collect();
    if programs.is_empty() {
        say_skipped("Alertmanager is not installed: tests/run fetches it");
    }
    programs
}

/// An Alertmanager, stopped on drop.
pub(crate) struct Alertmanager {
    _process: Running,
    dir: TempDir,
    url: String,
    told: Arc<Mutex<Vec<Value>>>,
}

impl Alertmanager {
    /// Starts it at its production port, with a receiver that stores notifications.
    pub(crate) fn start(program: &Path, address: Ipv4Addr, runtime: &Runtime) -> Alertmanager {
        let told = Arc::default();
        let receiver = runtime.block_on(receive(Arc::clone(&told)));
        let placeholder = "http://webhook.invalid/alerts";
        let dir = copy_with_addresses("alertmanager", &[(placeholder, &receiver)]);
        let log = File::create(dir.path().join("log")).unwrap();
        let mut command = Command::new(program);
        let command = command
            .current_dir(dir.path())
            .args(["--config.file=alertmanager.yml", "--storage.path=data"]);
        let command = command
            .arg("--cluster.listen-address=")
            .arg(format!("--web.listen-address={address}:9093"));
        let process =
            Running::start(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log));
        let url = format!("http://{address}:9093");
        let ready = format!("{url}/-/ready");
        _ = wait_for("Alertmanager that is ready", || client::read(&ready, &[]).ok());
        Alertmanager { _process: process, dir, url, told }
    }

    /// Sends alerts, as Prometheus does.
    pub(crate) fn send(&self, alerts: &Value) {
        let agent: Agent = Agent::config_builder().proxy(None).build().into();
        let request =
            agent.post(format!("{}/api/v2/alerts", self.url)).content_type("application/json");
        let answer = request.send(alerts.to_string()).unwrap();
        assert_eq!(answer.status().as_u16(), 200);
    }

    /// Its alerts; those inhibited by another are excluded unless `inhibited` is `true`.
    pub(crate) fn ask(&self, inhibited: &str) -> Value {
        let url = format!("{}/api/v2/alerts", self.url);
        serde_json::from_str(&client::read(&url, &[("inhibited", inhibited)]).unwrap()).unwrap()
    }

    /// Whether the receiver was notified that a job's alert is `firing`, or `resolved`.
    pub(crate) fn has_told(&self, status: &str, alert: &str, job: &str) -> bool {
        let is = |found: &Value, expected: &str| found.as_str() == Some(expected);
        self.alerts().iter().any(|found| {
            let labels = &found["labels"];
            is(&found["status"], status)
                && is(&labels["alertname"], alert)
                && is(&labels["job"], job)
        })
    }

    /// All notifications, alert by alert.
    pub(crate) fn alerts(&self) -> Vec<Value> {
        let told = self.told.lock().unwrap();
        told.iter().flat_map(|message| message["alerts"].as_array().unwrap()).cloned().collect()
    }

    pub(crate) fn warnings(&self) -> Vec<String> {
        prometheus::warnings(&self.dir.path().join("log"))
    }
}

/// Stores posted bodies until the runtime ends. Returns the address.
async fn receive(told: Arc<Mutex<Vec<Value>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/alerts", listener.local_addr().unwrap());
    let take =
        async move |body: Bytes| told.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
    drop(tokio::spawn(
        axum::serve(listener, Router::new().route("/alerts", post(take))).into_future(),
    ));
    url
}
