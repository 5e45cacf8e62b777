//! The parsers of PyPI's `prometheus_client`: of OpenMetrics the strict one, of the text
//! formats the classic one.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use serde::Deserialize;

use crate::page::Labels;
use crate::process::is_installed;
use crate::required;

/// A family as a parser read it.
#[derive(Debug, Deserialize)]
pub struct Family {
    /// Without the `_total` of a counter.
    pub name: String,
    /// What follows its name in TYPE.
    pub kind: String,
    /// Its help, with nothing escaped.
    pub help: String,
    /// Its unit, empty if it has none.
    pub unit: String,
    /// Its samples, in the order of the page.
    pub samples: Vec<Sample>,
}

/// A line of a page as a parser read it.
#[derive(Debug, Deserialize)]
pub struct Sample {
    /// With all its suffixes.
    pub name: String,
    /// Its labels, with nothing escaped.
    pub labels: Labels,
    /// A float, as Python prints it.
    pub value: String,
    /// Its exemplar.
    pub exemplar: Option<Exemplar>,
}

/// An exemplar as a parser read it.
#[derive(Debug, Deserialize)]
pub struct Exemplar {
    /// Its labels, with nothing escaped.
    pub labels: BTreeMap<String, String>,
    /// A float, as Python prints it.
    pub value: String,
    /// Seconds since 1970.
    pub time: Option<f64>,
}

/// Whether the parsers are here: `tests/run` fetches them.
///
/// # Panics
///
/// If they are not, but the environment says that they have to be: `TICKMARK_REQUIRE` has
/// the word `parsers`.
#[must_use]
pub fn available() -> bool {
    let found = is_installed(python());
    assert!(
        found || !required("parsers"),
        "the parsers of prometheus_client are required, but not here"
    );
    found
}

/// What a parser makes of a page: the strict one of OpenMetrics, or the classic one of
/// text.
///
/// # Panics
///
/// If it refuses the page.
#[must_use]
pub fn read(page: &str, is_openmetrics: bool) -> Vec<Family> {
    let mut command = Command::new(python());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("read_page.py");
    let command = command.arg(script).arg(if is_openmetrics { "openmetrics" } else { "text" });
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        let _writer = scope.spawn(move || stdin.write_all(page.as_bytes()));
        child.wait_with_output().unwrap()
    });
    let start: String = page.chars().take(10_000).collect();
    assert!(
        output.status.success(),
        "refused: {}\n{start}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What a script prints that has `prometheus_client` to write a page with.
///
/// # Panics
///
/// If it fails.
#[must_use]
pub fn run(script: &str) -> String {
    let output = Command::new(python()).args(["-c", script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The Python of the virtual environment that `tests/run` makes.
fn python() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/parsers/bin/python")
}
