//! Runs the benches, each part in processes of its own.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use versus::Row;

use crate::own;
use crate::record::{ABOUT, Sample};

/// A bench and one of its parts.
type Part = (&'static str, Option<&'static str>);

/// What is measured in every process.
const PARTS: [Part; 18] = [
    ("record", Some("counter")),
    ("record", Some("histogram")),
    ("record", Some("up-and-down")),
    ("record", Some("kept")),
    ("record", Some("closed")),
    ("record", Some("looked-up")),
    ("record", Some("request-kept")),
    ("record", Some("request-timed")),
    ("record", Some("request-looked-up")),
    ("adapters", None),
    ("tails", None),
    ("pages", Some("counters")),
    ("pages", Some("histograms")),
    ("threads", Some("counter")),
    ("threads", Some("histogram")),
    ("threads", Some("looked-up")),
    ("threads", Some("request-looked-up")),
    ("series", None),
];

/// What is counted and not timed, and what takes minutes: in one process.
const ONCE: [Part; 7] = [
    ("memory", Some("series")),
    ("memory", Some("shown-series")),
    ("memory", Some("records")),
    ("memory", Some("requests")),
    ("memory", Some("counters")),
    ("memory", Some("histograms")),
    ("pages", Some("millions")),
];

pub(crate) fn all(benches: &Path, processes: usize) -> Result<Vec<Sample>, Box<dyn Error>> {
    let package = benches.join("versus");
    let mut samples = about(processes)?;
    samples.extend(own::run(benches)?);
    // So that no bench runs beside the compiler.
    succeed(Command::new("cargo").args(["bench", "--no-run", "--locked"]).current_dir(&package))?;
    run_parts(&package, &ONCE, 1, &mut samples)?;
    // One round after the other, so that what comes and goes on the machine is in every part.
    for process in 1..=processes {
        run_parts(&package, &PARTS, process, &mut samples)?;
    }
    Ok(samples)
}

fn run_parts(package: &Path, parts: &[Part], process: usize, samples: &mut Vec<Sample>) -> Result<(), Box<dyn Error>> {
    for (bench, part) in parts {
        eprintln!("process {process}: {bench} {}", part.unwrap_or_default());
        let mut command = Command::new("cargo");
        command.args(["bench", "--quiet", "--locked", "--bench", bench, "--"]).args(*part).current_dir(package);
        let printed = succeed(&mut command)?;
        let rows = csv::ReaderBuilder::new().has_headers(false).from_reader(printed.as_bytes()).into_deserialize();
        for row in rows {
            let row: Row = row?;
            samples.push(Sample::new(process, row));
        }
    }
    Ok(())
}

/// Runs a command to its end, and returns what it printed.
pub(crate) fn succeed(command: &mut Command) -> Result<String, Box<dyn Error>> {
    let output = command.stderr(std::process::Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{command:?} failed: {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Where and how it is measured.
fn about(processes: usize) -> Result<Vec<Sample>, Box<dyn Error>> {
    let printed = |program: &str, arguments: &[&str]| {
        succeed(Command::new(program).args(arguments)).map(|printed| printed.trim().to_owned())
    };
    let facts = [
        ("processor", processor(&std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default())),
        ("cores", versus::measure::cores().to_string()),
        ("system", format!("{} {}", std::env::consts::OS, printed("uname", &["-r"])?)),
        ("compiler", printed("rustc", &["--version"])?),
        ("commit", printed("git", &["describe", "--always", "--dirty"])?),
        ("processes", processes.to_string()),
    ];
    let row = |(what, answer): (&str, String)| Sample::new(0, Row::new(ABOUT, what, None, &answer, "", 0.0));
    Ok(facts.into_iter().map(row).collect())
}

/// Names the first processor, with its family and model: one name stands for several of
/// them.
fn processor(cpuinfo: &str) -> String {
    let said = |wanted: &str| {
        let mut lines = cpuinfo.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(what, _)| what.trim() == wanted).map_or("unknown", |(_, answer)| answer.trim())
    };
    format!("{} (family {}, model {})", said("model name"), said("cpu family"), said("model"))
}
