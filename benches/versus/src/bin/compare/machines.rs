//! Records of other machines beside the last one.

use std::fmt::Write;

use crate::figure::{Figures, Key, OURS, is_limit};
use crate::machine;
use crate::markdown::{number, x_name};
use crate::record::Record;
use crate::targets;

/// The compared figures: chapter, and number of threads or series.
const COMPARED: [(&str, Option<u64>); 4] =
    [("record", Some(1)), ("record", Some(2)), ("pages", Some(10_000)), ("adapters", None)];

/// Returns the last record of each processor, newest first.
pub(crate) fn newest(records: &[Record]) -> Vec<&Record> {
    let mut newest: Vec<&Record> = Vec::new();
    for record in records.iter().rev() {
        if newest.iter().all(|known| known.about("processor") != record.about("processor")) {
            newest.push(record);
        }
    }
    newest
}

/// Returns the findings on each machine, and the ratios to tickmark; nothing for a single
/// machine.
pub(crate) fn side_by_side(records: &[Record]) -> String {
    let machines = newest(records);
    if machines.len() < 2 {
        return String::new();
    }
    let mut text = "## Machines side by side\n\nThe last record of each processor, by name; old \
                    records lack family and model. Records at different commits measured \
                    different code.\n\n"
        .to_owned();
    for (number, record) in (1..).zip(&machines) {
        let figures = Figures(&record.samples);
        _ = writeln!(
            text,
            "{number}. {}: `{}`, at commit {}. {}.",
            record.about("processor"),
            record.name,
            record.about("commit"),
            machine::limits(figures),
        );
    }
    text.push('\n');
    text + &found(&machines) + "\n" + &ratios(&machines)
}

fn head(first: &str, machines: &[&Record]) -> String {
    let numbers: String =
        (1..=machines.len()).map(|number| format!(" machine {number} |")).collect();
    format!("| {first} |{numbers}\n| --- |{}\n", " ---: |".repeat(machines.len()))
}

fn found(machines: &[&Record]) -> String {
    let mut text = head("Targets: found", machines);
    for (group, targets) in targets::GROUPS {
        for target in targets {
            _ = write!(text, "| {group}: {} |", target.what);
            for record in machines {
                let found = (target.found)(Figures(&record.samples));
                let found = found.map_or_else(|| "-".to_owned(), |figure| number(figure.median));
                _ = write!(text, " {found} |");
            }
            text.push('\n');
        }
    }
    text
}

/// The ratios to tickmark that at least two machines have.
fn ratios(machines: &[&Record]) -> String {
    let mut text = head("Times tickmark", machines);
    for (chapter, x) in COMPARED {
        let figures = Figures(&machines[0].samples);
        for operation in figures.operations(chapter) {
            for subject in figures.subjects(chapter, operation) {
                let key = Key { chapter, operation, x, subject };
                let of = |record: &&Record| {
                    Figures(&record.samples).times_like(key).map(|ratio| number(ratio.median))
                };
                let all: Vec<Option<String>> = machines.iter().map(of).collect();
                if subject == OURS || is_limit(subject) || all.iter().flatten().count() < 2 {
                    continue;
                }
                let place = x.map(|x| format!(", {}", x_name(chapter, x))).unwrap_or_default();
                let cells: String = all
                    .into_iter()
                    .map(|cell| format!(" {} |", cell.unwrap_or("-".into())))
                    .collect();
                _ = writeln!(text, "| {operation}{place}: {subject} |{cells}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use versus::Row;

    use super::*;
    use crate::record::{ABOUT, Sample};

    fn record(name: &str, processor: &str) -> Record {
        let about = Row::new(ABOUT, "processor", None, processor, "", 0.0);
        Record { name: name.to_owned(), samples: vec![Sample::new(0, about)] }
    }

    #[test]
    fn newest_takes_last_record_of_each_processor() {
        let records = [record("1", "Zen 4"), record("2", "Zen 5"), record("3", "Zen 4")];
        let names: Vec<&str> =
            newest(&records).into_iter().map(|record| record.name.as_str()).collect();
        assert_eq!(names, ["3", "2"]);
    }

    #[test]
    fn one_machine_is_not_compared() {
        assert_eq!(side_by_side(&[record("1", "Zen 4"), record("2", "Zen 4")]), "");
        assert_ne!(side_by_side(&[record("1", "Zen 4"), record("2", "Zen 5")]), "");
    }
}
