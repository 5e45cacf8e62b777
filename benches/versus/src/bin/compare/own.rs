//! The benches of tickmark's own operations, run and stored by criterion.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use versus::Row;

use crate::record::Sample;
use crate::run::{Run, succeed};

/// As written by criterion.
#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
    confidence_interval: Interval,
}

#[derive(Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

#[derive(Deserialize)]
struct Benchmark {
    full_id: String,
}

/// The benches, and a filter of their operations. Pages of many series are left to the
/// bench of pages here: criterion would measure them twice, for minutes.
const BENCHES: [(&str, &str); 8] = [
    ("counter", ""),
    ("gauge", ""),
    ("histogram", ""),
    ("family", ""),
    ("registry", ""),
    ("http", ""),
    ("websocket", ""),
    ("scrape", "/(100|1000|10000)/"),
];

/// Runs them, and returns each median between the ends of its confidence interval.
pub(crate) fn run(benches: &Path, run: Run) -> Result<Vec<Sample>, Box<dyn Error>> {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| benches.join("../target"), PathBuf::from);
    let kept = target.join("criterion");
    // Estimates of benches that no longer exist are not results.
    if kept.exists() {
        fs::remove_dir_all(&kept)?;
    }
    let [warm_up, measurement] = if run == Run::Quick { ["0.01", "0.02"] } else { ["0.2", "0.7"] };
    for (bench, filter) in BENCHES {
        let mut command = Command::new("cargo");
        command.args([
            "bench",
            "--quiet",
            "--locked",
            "-p",
            "tickmark-benches",
            "--bench",
            bench,
            "--",
            filter,
        ]);
        command.args([
            "--quiet",
            "--noplot",
            "--warm-up-time",
            warm_up,
            "--measurement-time",
            measurement,
        ]);
        succeed(command.current_dir(benches))?;
    }
    let mut folders = Vec::new();
    find(&kept, &mut folders)?;
    folders.sort();
    let samples = folders.iter().map(|folder| read(folder)).collect::<Result<Vec<_>, _>>()?;
    Ok(samples.into_iter().flatten().collect())
}

/// The folders with the latest estimates.
fn find(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if path.ends_with("new") { found.push(path) } else { find(&path, found)? }
        }
    }
    Ok(())
}

fn read(folder: &Path) -> Result<[Sample; 3], Box<dyn Error>> {
    let Benchmark { full_id } = serde_json::from_slice(&fs::read(folder.join("benchmark.json"))?)?;
    let Estimates { median } = serde_json::from_slice(&fs::read(folder.join("estimates.json"))?)?;
    let Estimate { point_estimate, confidence_interval: Interval { lower_bound, upper_bound } } =
        median;
    let (group, name) = full_id.rsplit_once('/').unwrap_or(("", &full_id));
    let sample =
        |(process, value)| Sample::new(process, Row::new("own", group, None, name, "ns", value));
    Ok([(1, lower_bound), (2, point_estimate), (3, upper_bound)].map(sample))
}
