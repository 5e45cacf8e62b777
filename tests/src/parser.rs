//! The parsers of Python's `prometheus_client`: the strict one of OpenMetrics, and the
//! classic one of the text formats.

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
    /// The word after its name in TYPE.
    pub kind: String,
    /// Its help, unescaped.
    pub help: String,
    /// Its unit, empty if it has none.
    pub unit: String,
    /// Its samples, in page order.
    pub samples: Vec<Sample>,
}

/// A line of a page as a parser read it.
#[derive(Debug, Deserialize)]
pub struct Sample {
    /// With all its suffixes.
    pub name: String,
    /// Its labels, unescaped.
    pub labels: Labels,
    /// A float as Python prints it.
    pub value: String,
    /// Its exemplar.
    pub exemplar: Option<Exemplar>,
}

/// An exemplar as a parser read it.
#[derive(Debug, Deserialize)]
pub struct Exemplar {
    /// Its labels, unescaped.
    pub labels: BTreeMap<String, String>,
    /// A float as Python prints it.
    pub value: String,
    /// Seconds since 1970.
    pub time: Option<f64>,
}

/// Whether the parsers are installed; `tests/run` fetches them.
///
/// # Panics
///
/// If they are missing and `TICKMARK_REQUIRE` contains `parsers`.
#[must_use]
pub fn available() -> bool {
    let found = is_installed(python());
    assert!(
        found || !required("parsers"),
        "the parsers of prometheus_client are required, but missing"
    );
    found
}

/// Parses a page: the strict way for OpenMetrics, the classic way for text.
///
/// # Panics
///
/// If the parser rejects the page.
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
        _ = scope.spawn(move || stdin.write_all(page.as_bytes()));
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

/// Returns the output of a script that can write pages with `prometheus_client`.
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

/// The Python of the virtual environment made by `tests/run`.
fn python() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/parsers/bin/python")
}
