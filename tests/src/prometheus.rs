//! A real Prometheus that scrapes a target every second, or as its files say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::SystemTime;

use serde_json::Value;
use tempfile::TempDir;

use crate::client;
use crate::page::{Labels, series};
use crate::process::{Running, is_installed, wait_for};
use crate::required;

/// Whether the Debian package `prometheus`, or an equal installation, is present.
///
/// # Panics
///
/// If it is missing and `TICKMARK_REQUIRE` contains `prometheus`.
#[must_use]
pub fn available() -> bool {
    let found = is_installed("prometheus") && is_installed("promtool");
    assert!(
        found || !required("prometheus"),
        "prometheus and promtool are required, but not installed"
    );
    found
}

/// Runs `promtool check metrics` on a page.
#[must_use]
pub fn check_metrics(page: &str) -> Output {
    let mut command = Command::new("promtool");
    let command = command.args(["check", "metrics"]).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// The result of one scrape.
#[derive(Debug)]
pub struct Scrape {
    /// Every series, without the labels `job` and `instance`.
    pub series: BTreeMap<String, f64>,
    /// Number of successful scrapes, including this one.
    pub number: f64,
}

/// A Prometheus server, stopped on drop.
#[derive(Debug)]
pub struct Prometheus {
    process: Option<Running>,
    program: PathBuf,
    dir: TempDir,
    addr: String,
}

impl Prometheus {
    /// Starts a server on a free port that scrapes `target`, a host and port, at
    /// `/metrics` as the job `runtime`.
    #[must_use]
    pub fn start(target: &str) -> Prometheus {
        Prometheus::start_program("prometheus".as_ref(), target)
    }

    /// Like [`start`](Prometheus::start), with this program.
    #[must_use]
    pub fn start_program(program: &Path, target: &str) -> Prometheus {
        let dir = TempDir::new().unwrap();
        let config = format!(
            "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\n\
             scrape_configs:\n- job_name: runtime\n  static_configs:\n  - targets: ['{target}']\n"
        );
        fs::write(dir.path().join("prometheus.yml"), config).unwrap();
        Prometheus::start_in(dir, program, "127.0.0.1:0")
    }

    /// Starts a server at `listen` with the `prometheus.yml` of a directory, which also
    /// gets its data and log.
    #[must_use]
    pub fn start_in(dir: TempDir, program: &Path, listen: &str) -> Prometheus {
        let log = dir.path().join("log");
        let process = run(dir.path(), program, listen);
        let addr = wait_for("address in the log of Prometheus", || listening_on(&log));
        Prometheus { process: Some(process), program: program.to_owned(), dir, addr }
    }

    /// Kills the server, as the kernel does when memory runs out.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Restarts after [`kill`](Prometheus::kill), at the same address and with its data.
    pub fn restart(&mut self) {
        self.process = Some(run(self.dir.path(), &self.program, &self.addr));
    }

    /// Its host and port.
    #[must_use]
    pub fn addr(&self) -> &str {
        &self.addr
    }

    /// Waits for a scrape that began after this call.
    #[must_use]
    pub fn scrape(&self) -> Scrape {
        // Prometheus may move a scrape's time by 2 ms, to align it to the second.
        let after = unix_time() + 0.004;
        let at = wait_for("scrape by Prometheus", || {
            let last = self.query("timestamp(up{job='runtime'})", unix_time());
            last.into_values().find(|at| *at > after)
        });
        // All samples of a scrape have its time.
        let series = self.query("{job='runtime'}", at);
        let number = self.query("sum_over_time(up{job='runtime'}[1h])", at).into_values().sum();
        Scrape { series, number }
    }

    /// The current result of a query: its series, without the labels `job` and
    /// `instance`.
    #[must_use]
    pub fn query_now(&self, query: &str) -> BTreeMap<String, f64> {
        self.query(query, unix_time())
    }

    /// Evaluates `query` at a time in seconds since 1970. Returns its series, without the
    /// labels `job` and `instance`.
    #[must_use]
    pub fn query(&self, query: &str, at: f64) -> BTreeMap<String, f64> {
        let url = format!("http://{}/api/v1/query", self.addr);
        let answer = match client::read(&url, &[("query", query), ("time", &format!("{at:.3}"))]) {
            Ok(answer) => answer,
            Err(ureq::Error::StatusCode(status)) if status != 503 => panic!("{query}: {status}"),
            // It listens before it is ready.
            Err(_) => return BTreeMap::new(),
        };
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let samples = answer["data"]["result"].as_array().unwrap();
        samples.iter().map(sample).collect()
    }

    /// The exemplars of the selected series: their labels, with the value as text.
    #[must_use]
    pub fn exemplars(&self, selector: &str) -> BTreeSet<(Labels, String)> {
        let url = format!("http://{}/api/v1/query_exemplars", self.addr);
        let (start, end) = ((unix_time() - 3600.0).to_string(), (unix_time() + 1.0).to_string());
        let answer =
            client::read(&url, &[("query", selector), ("start", &start), ("end", &end)]).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let series = answer["data"].as_array().unwrap().iter();
        let exemplars = series.flat_map(|series| series["exemplars"].as_array().unwrap());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let labels = |labels: &Value| {
            let labels = labels.as_object().unwrap().iter();
            labels.map(|(name, value)| (name.clone(), text(value))).collect()
        };
        exemplars.map(|exemplar| (labels(&exemplar["labels"]), text(&exemplar["value"]))).collect()
    }

    /// The values of a label in the selected series.
    #[must_use]
    pub fn label_values(&self, label: &str, selector: &str) -> Vec<String> {
        let url = format!("http://{}/api/v1/label/{label}/values", self.addr);
        let answer = client::read(&url, &[("match[]", selector)]).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let values = answer["data"].as_array().unwrap().iter();
        values.map(|value| value.as_str().unwrap().to_owned()).collect()
    }

    /// Log lines about failed or irregular scrapes, and all warnings.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let log = self.dir.path().join("log");
        [lines_with(&log, &["scrape failed", "append failed"]), warnings(&log)].concat()
    }

    /// The warnings and errors in its log. Failed scrapes are logged at another level.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        warnings(&self.dir.path().join("log"))
    }
}

/// Runs a server in a directory and appends to its log.
fn run(dir: &Path, program: &Path, listen: &str) -> Running {
    let log = File::options().create(true).append(true).open(dir.join("log")).unwrap();
    let mut command = Command::new(program);
    let command =
        command.current_dir(dir).args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
    let command = command
        .arg(format!("--web.listen-address={listen}"))
        .arg("--enable-feature=exemplar-storage");
    // At higher levels it does not log failed scrapes.
    let command = command.arg("--log.level=debug");
    Running::start(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log))
}

/// Warnings and errors in a log of Prometheus or Alertmanager.
#[must_use]
pub fn warnings(log: &Path) -> Vec<String> {
    lines_with(log, &["level=warn", "level=error"])
}

fn lines_with(log: &Path, signs: &[&str]) -> Vec<String> {
    let log = fs::read_to_string(log).unwrap();
    let is_one = |line: &&str| signs.iter().any(|sign| line.to_lowercase().contains(sign));
    log.lines().filter(is_one).map(str::to_owned).collect()
}

/// The time in seconds since 1970.
#[must_use]
pub fn unix_time() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64()
}

/// The address in the line of `log` that contains it.
fn listening_on(log: &PathBuf) -> Option<String> {
    let log = fs::read_to_string(log).unwrap();
    let line = log.lines().find(|line| line.contains("msg=\"Listening on\""))?;
    let (_, addr) = line.split_once("address=")?;
    Some(addr.split(' ').next()?.to_owned())
}

/// A sample of a response as a series and its value.
fn sample(sample: &Value) -> (String, f64) {
    let mut labels: Labels = BTreeMap::new();
    for (label, value) in sample["metric"].as_object().unwrap() {
        _ = labels.insert(label.clone(), value.as_str().unwrap().to_owned());
    }
    let name = labels.remove("__name__").unwrap_or_default();
    for target_label in ["job", "instance"] {
        _ = labels.remove(target_label);
    }
    let value = sample["value"][1].as_str().unwrap().parse().unwrap();
    (series(&name, &labels), value)
}
