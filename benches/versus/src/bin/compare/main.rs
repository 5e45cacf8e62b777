//! Runs every bench several times, stores the output in `benches/record`, and writes
//! `benches/RESULTS.md` from it.
//!
//! ```text
//! cargo run --release                     all of it, five processes of each bench
//! cargo run --release -- 3                the same with three
//! cargo run --release -- report           the report alone, of the last record
//! cargo run --release -- quick FOLDER     every bench for a moment, record and report in
//!                                         FOLDER: to see that they work
//! cargo run --release -- report FOLDER    the report alone, of the last record in FOLDER
//! ```

mod charts;
mod figure;
mod growth;
mod instructions;
mod keys;
mod losses;
mod machine;
mod machines;
mod markdown;
mod notes;
mod own;
mod reasons;
mod record;
mod report;
mod run;
mod targets;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use run::Run;

/// The least number that gives a spread.
const LEAST_PROCESSES: usize = 3;
const PROCESSES: usize = 5;

fn main() -> ExitCode {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    match act(&asked) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn act(asked: &[&str]) -> Result<(), Box<dyn Error>> {
    match *asked {
        ["report"] => report::write(&benches()),
        ["report", folder] => report::write(Path::new(folder)),
        ["quick", folder] => run_and_report(Run::Quick, Path::new(folder)),
        [] => run_and_report(Run::Full { processes: PROCESSES }, &benches()),
        [number] => match number.parse() {
            Ok(processes) if processes >= LEAST_PROCESSES => {
                run_and_report(Run::Full { processes }, &benches())
            }
            _ => Err(unknown(asked)),
        },
        _ => Err(unknown(asked)),
    }
}

fn unknown(asked: &[&str]) -> Box<dyn Error> {
    let asked = asked.join(" ");
    format!(
        "cannot run `{asked}`: expected `report`, `report FOLDER`, `quick FOLDER`, or a number of \
         processes, at least {LEAST_PROCESSES}"
    )
    .into()
}

/// Stores record and report in a folder.
fn run_and_report(run: Run, folder: &Path) -> Result<(), Box<dyn Error>> {
    let samples = run::all(&benches(), run)?;
    record::write(folder, &samples)?;
    report::write(folder)
}

/// The folder `benches`, which contains this package.
fn benches() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
