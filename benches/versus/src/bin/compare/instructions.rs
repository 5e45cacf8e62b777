//! The instruction bounds that `tests/run` checks, read from `benches/instructions`.

use std::error::Error;
use std::fs;
use std::path::Path;

use tickmark_benches::INPUTS;
use versus::Row;

use crate::record::Sample;

/// The files, and the operations per bench in each.
const FILES: [(&str, usize); 5] = [
    ("record", INPUTS),
    ("guest", 1_000),
    ("request", 1_000),
    ("message", 2 * INPUTS),
    ("page", 1_000),
];

/// Reads the bounds, each divided by the operations of its bench: pages are per series.
pub(crate) fn read(benches: &Path) -> Result<Vec<Sample>, Box<dyn Error>> {
    let mut samples = Vec::new();
    for (file, operations) in FILES {
        let path = benches.join("instructions/benches/counted").join(file).with_extension("rs");
        let source = fs::read_to_string(&path)?;
        for (name, count) in bounds(&source) {
            let value = count / operations as f64;
            samples.push(Sample::new(0, Row::new("instructions", file, None, &name, "", value)));
        }
    }
    Ok(samples)
}

/// Returns each bound as `function/bench`, or as `function` for a bound of the function.
fn bounds(source: &str) -> Vec<(String, f64)> {
    let mut found: Vec<(String, f64)> = Vec::new();
    let mut named = 0;
    let mut bench = None;
    for line in source.lines().map(str::trim) {
        let name = |before: &str| {
            let (_, rest) = line.split_once(before)?;
            rest.split(['(', '<']).next().map(str::to_owned)
        };
        // The attribute of a bench may take several lines.
        bench = name("bench::").or(bench);
        if let Some(count) = line.split("about(").nth(1).and_then(|rest| rest.split(')').next()) {
            let count = count.replace('_', "").parse().ok();
            found.extend(count.map(|count| (bench.take().unwrap_or_default(), count)));
        } else if let Some(function) = name("fn ") {
            for (bench, _) in found.iter_mut().skip(named) {
                let slash = if bench.is_empty() { "" } else { "/" };
                *bench = format!("{function}{slash}{bench}");
            }
            named = found.len();
            bench = None;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_read_with_their_names() {
        let source = "fn counter() -> Counter {\n}\n\
            #[library_benchmark(setup = counter, config = about(213_018))]\n#[bench::handle()]\n\
            fn inc(counter: Counter) -> Counter {\n}\n#[library_benchmark]\n\
            #[bench::counters(args = (Format::Text0_0_4), setup = counters, config = about(242))]\n\
            #[bench::families(\nargs = (Format::Text0_0_4),\nconfig = about(17)\n)]\n\
            fn page((encoder, format): (Encoder, Format)) -> Encoder {\n}\n";
        let expected = [("inc", 213_018.0), ("page/counters", 242.0), ("page/families", 17.0)];
        assert_eq!(bounds(source), expected.map(|(name, count)| (name.to_owned(), count)));
    }

    #[test]
    fn source_of_this_project_has_bounds() {
        let benches = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let names: Vec<String> =
            read(&benches).unwrap().into_iter().map(|sample| sample.subject).collect();
        let targets = ["inc", "up_and_down", "observe/eleven_bounds", "look_up", "message"];
        let others =
            ["observe_float/eleven_bounds", "inc_as_guest", "request/tower", "page/counters"];
        for name in targets.into_iter().chain(others) {
            let count = names.iter().filter(|known| *known == name).count();
            assert_eq!(count, 1, "{name} in {names:?}");
        }
    }
}
