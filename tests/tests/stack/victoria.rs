//! A real VictoriaMetrics that scrapes the targets of the Prometheus of `docker/`: an
//! independent reader.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use tickmark_tests::client;
use tickmark_tests::page::series;
use tickmark_tests::process::{Running, wait_for};
use tickmark_tests::prometheus::unix_time;

use crate::copy_with_addresses;

/// A VictoriaMetrics, stopped on drop.
pub(crate) struct Victoria {
    _process: Running,
    dir: TempDir,
    url: String,
}

impl Victoria {
    pub(crate) fn start(program: &Path, address: Ipv4Addr, scraped: &str) -> Victoria {
        // It scrapes itself at Prometheus's address.
        let own = format!("{address}:8428");
        let dir = copy_with_addresses(
            "prometheus",
            &[("runtime:9100", scraped), ("localhost:9090", &own)],
        );
        let log = File::create(dir.path().join("log")).unwrap();
        let mut command = Command::new(program);
        let command = command
            .current_dir(dir.path())
            .args(["-storageDataPath=data", "-promscrape.config=prometheus.yml"]);
        // It evaluates no rules, and rejects a file with rules unless told otherwise.
        let command = command.arg("-promscrape.config.strictParse=false");
        let command = command.arg(format!("-httpListenAddr={own}"));
        let process =
            Running::start(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log));
        Victoria { _process: process, dir, url: format!("http://{own}") }
    }

    /// The series of a scrape that began after this call, without the labels `job` and
    /// `instance`.
    pub(crate) fn scrape(&self) -> BTreeMap<String, f64> {
        let after = 1000.0 * unix_time();
        wait_for("scrape by VictoriaMetrics", || {
            _ = client::read(&format!("{}/internal/force_flush", self.url), &[]).ok()?;
            let export = format!("{}/api/v1/export", self.url);
            let exported = client::read(&export, &[("match[]", "{job=\"runtime\"}")]).ok()?;
            let samples: Vec<_> = exported.lines().map(last_sample).collect();
            let (.., last) = samples.iter().find(|(series, ..)| series == "up")?;
            let of_last = samples.iter().filter(|(.., at)| at == last);
            (*last > after)
                .then(|| of_last.map(|(series, value, _)| (series.clone(), *value)).collect())
        })
    }

    pub(crate) fn warnings(&self) -> Vec<String> {
        let log = fs::read_to_string(self.dir.path().join("log")).unwrap();
        let is_one = |line: &&str| {
            ["\twarn\t", "\terror\t", "\tfatal\t"].iter().any(|level| line.contains(level))
        };
        log.lines().filter(is_one).map(str::to_owned).collect()
    }
}

/// A line of an export as a series, its last value, and its time in milliseconds.
fn last_sample(line: &str) -> (String, f64, f64) {
    let line: Value = serde_json::from_str(line).unwrap();
    let labels = line["metric"].as_object().unwrap().iter();
    let mut labels: BTreeMap<String, String> =
        labels.map(|(name, value)| (name.clone(), value.as_str().unwrap().into())).collect();
    let name = labels.remove("__name__").unwrap();
    labels.retain(|name, _| !["job", "instance"].contains(&name.as_str()));
    let last =
        |field: &str| line[field].as_array().unwrap().last().unwrap().as_f64().unwrap_or(f64::NAN);
    (series(&name, &labels), last("values"), last("timestamps"))
}
