//! Runs the benches, each part in processes of its own.

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use versus::Row;
use versus::measure::QUICK;

use crate::record::{ABOUT, Sample};
use crate::{instructions, machine, own};

/// The extent of a run.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Run {
    /// Everything, in this many processes.
    Full { processes: usize },
    /// A moment of each bench, in one process: figures that mean little.
    Quick,
}

impl Run {
    fn processes(self) -> usize {
        match self {
            Self::Full { processes } => processes,
            Self::Quick => 1,
        }
    }
}

/// A bench, one of its parts, and the feature of this package that it needs.
struct Part {
    bench: &'static str,
    part: &'static str,
    feature: &'static str,
}

const fn part(bench: &'static str, part: &'static str) -> Part {
    Part { bench, part, feature: "" }
}

/// Measured in every process.
const PARTS: [Part; 23] = [
    part("machine", ""),
    part("record", "counter"),
    part("record", "histogram"),
    part("record", "up-and-down"),
    part("record", "kept"),
    part("record", "closed"),
    part("record", "looked-up"),
    part("record", "request-kept"),
    part("record", "request-timed"),
    part("record", "request-looked-up"),
    part("ways", ""),
    part("growth", "recording"),
    part("growth", "reading"),
    part("adapters", ""),
    Part { bench: "adapters", part: "", feature: "quanta" },
    part("tails", ""),
    part("pages", "counters"),
    part("pages", "histograms"),
    part("threads", "counter"),
    part("threads", "histogram"),
    part("threads", "looked-up"),
    part("threads", "request-looked-up"),
    part("series", ""),
];

/// Counted parts and parts that take minutes: in one process.
const ONCE: [Part; 10] = [
    part("memory", "series"),
    part("memory", "shown-series"),
    part("memory", "series-used-often"),
    part("memory", "series-used-rarely"),
    part("memory", "records"),
    part("memory", "requests"),
    part("memory", "counters"),
    part("memory", "histograms"),
    part("growth", "series"),
    part("pages", "millions"),
];

pub(crate) fn all(benches: &Path, run: Run) -> Result<Vec<Sample>, Box<dyn Error>> {
    let package = benches.join("versus");
    let mut progress = Progress::of(run);
    let mut samples = about(run)?;
    samples.extend(instructions::read(benches)?);
    progress.say("benches of our own operations");
    samples.extend(own::run(benches, run)?);
    progress.say("building");
    // So that no bench runs beside the compiler.
    for chosen in [&["--benches"][..], &["--features", "quanta", "--bench", "adapters"]] {
        let build = ["bench", "--no-run", "--locked"];
        succeed(Command::new("cargo").args(build).args(chosen).current_dir(&package))?;
    }
    let mut run_parts = |parts: &[Part], process| {
        for part in parts {
            progress
                .say(&format!("process {process}: {} {} {}", part.bench, part.part, part.feature));
            samples.extend(
                run_part(&package, part, run)?.into_iter().map(|row| Sample::new(process, row)),
            );
        }
        Ok::<_, Box<dyn Error>>(())
    };
    run_parts(&ONCE, 1)?;
    // Round by round, so that temporary disturbances of the machine affect every part.
    for process in 1..=run.processes() {
        run_parts(&PARTS, process)?;
    }
    Ok(samples)
}

/// Prints the progress of a run.
struct Progress {
    begun: Instant,
    done: usize,
    steps: usize,
}

impl Progress {
    fn of(run: Run) -> Self {
        // Beside the parts: our own benches, and the compiler.
        Self {
            begun: Instant::now(),
            done: 0,
            steps: 2 + ONCE.len() + run.processes() * PARTS.len(),
        }
    }

    /// Prints the step that begins.
    fn say(&mut self, step: &str) {
        self.done += 1;
        let seconds = self.begun.elapsed().as_secs();
        eprintln!("{:>3}:{:02}  {}/{}  {step}", seconds / 60, seconds % 60, self.done, self.steps);
    }
}

fn run_part(
    package: &Path,
    Part { bench, part, feature }: &Part,
    run: Run,
) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut command = Command::new("cargo");
    command.args(["bench", "--quiet", "--locked", "--features", feature, "--bench", bench, "--"]);
    command.args([part].into_iter().filter(|part| !part.is_empty())).current_dir(package);
    if run == Run::Quick {
        command.env(QUICK, "1");
    }
    let printed = succeed(&mut command)?;
    let rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(printed.as_bytes())
        .into_deserialize();
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Runs a command to its end, and returns its output.
pub(crate) fn succeed(command: &mut Command) -> Result<String, Box<dyn Error>> {
    let output = command.stderr(std::process::Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{command:?} failed: {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Place and method of the measurement.
fn about(run: Run) -> Result<Vec<Sample>, Box<dyn Error>> {
    let printed = |program: &str, arguments: &[&str]| {
        succeed(Command::new(program).args(arguments)).map(|printed| printed.trim().to_owned())
    };
    let facts = [
        (
            "processor",
            machine::processor(&std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default()),
        ),
        ("cores", versus::measure::cores().to_string()),
        ("system", format!("{} {}", std::env::consts::OS, printed("uname", &["-r"])?)),
        ("compiler", printed("rustc", &["--version"])?),
        ("commit", printed("git", &["describe", "--always", "--dirty"])?),
        ("processes", run.processes().to_string()),
        ("run", if run == Run::Quick { "quick" } else { "full" }.to_owned()),
    ];
    let row = |(what, answer): (&str, String)| {
        Sample::new(0, Row::new(ABOUT, what, None, &answer, "", 0.0))
    };
    Ok(facts.into_iter().map(row).collect())
}
