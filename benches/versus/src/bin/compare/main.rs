//! Runs every bench several times, keeps what they print in `benches/record`, and makes `benches/RESULTS.md` of it.
//!
//! ```text
//! cargo run --release              all of it, five processes of each bench
//! cargo run --release -- 3         the same with three
//! cargo run --release -- report    the report alone, of the last record
//! ```

mod charts;
mod figure;
mod losses;
mod markdown;
mod own;
mod record;
mod report;
mod run;
mod targets;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Fewer say nothing of the spread.
const LEAST_PROCESSES: usize = 3;
const PROCESSES: usize = 5;

fn main() -> ExitCode {
    let asked = std::env::args().nth(1);
    let done = match asked.as_deref() {
        Some("report") => report::write(&benches()),
        None => run_and_report(PROCESSES),
        Some(number) => match number.parse() {
            Ok(processes) if processes >= LEAST_PROCESSES => run_and_report(processes),
            _ => Err(format!("neither `report` nor a number of processes from {LEAST_PROCESSES} on: {number}").into()),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run_and_report(processes: usize) -> Result<(), Box<dyn Error>> {
    let benches = benches();
    let samples = run::all(&benches, processes)?;
    record::write(&benches, &samples)?;
    report::write(&benches)
}

/// The folder `benches`, in which this package is.
fn benches() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
