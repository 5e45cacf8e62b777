//! Measurements, stored as they were printed.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};
use versus::Row;

/// One measurement of one process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Sample {
    pub(crate) chapter: String,
    pub(crate) operation: String,
    pub(crate) x: Option<u64>,
    pub(crate) subject: String,
    pub(crate) unit: String,
    pub(crate) process: usize,
    pub(crate) value: f64,
}

impl Sample {
    pub(crate) fn new(process: usize, row: Row) -> Self {
        let Row { chapter, operation, x, subject, unit, value } = row;
        Self { chapter, operation, x, subject, unit, process, value }
    }
}

/// The chapter about place and method of the measurement: the question in `operation`,
/// and the answer in `subject`.
pub(crate) const ABOUT: &str = "about";

/// A record and its name.
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) samples: Vec<Sample>,
}

impl Record {
    /// A property of the run.
    pub(crate) fn about(&self, what: &str) -> &str {
        let found =
            self.samples.iter().find(|sample| sample.chapter == ABOUT && sample.operation == what);
        found.map_or("unknown", |sample| &sample.subject)
    }
}

fn folder(benches: &Path) -> PathBuf {
    benches.join("record").join(std::env::consts::ARCH)
}

/// Stores the samples under today's date, with a number from the second record of the day
/// on.
pub(crate) fn write(benches: &Path, samples: &[Sample]) -> Result<(), Box<dyn Error>> {
    let today =
        String::from_utf8(Command::new("date").arg("+%F").output()?.stdout)?.trim().to_owned();
    let folder = folder(benches);
    fs::create_dir_all(&folder)?;
    let names =
        std::iter::once(today.clone()).chain((2..).map(|number| format!("{today}-{number}")));
    let path = names
        .map(|name| folder.join(name + ".csv"))
        .find(|path| !path.exists())
        .ok_or("too many records")?;
    let mut writer = csv::Writer::from_path(&path)?;
    samples.iter().try_for_each(|sample| writer.serialize(sample))?;
    Ok(writer.flush()?)
}

/// All records of machines of this architecture, the latest last.
pub(crate) fn read_all(benches: &Path) -> Result<Vec<Record>, Box<dyn Error>> {
    let folder = folder(benches);
    let entries = fs::read_dir(&folder).map_err(|error| {
        format!("cannot read {}: {error}; make a record there first", folder.display())
    })?;
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    paths.sort_by_key(|path| date_and_number(path));
    paths.iter().map(|path| read(path)).collect()
}

/// The date of a record, and its number on that day.
fn date_and_number(path: &Path) -> (String, u32) {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let (date, number) = name.split_at_checked("2026-01-01".len()).unwrap_or((&name, ""));
    (date.to_owned(), number.trim_start_matches('-').parse().unwrap_or(1))
}

fn read(path: &Path) -> Result<Record, Box<dyn Error>> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let samples = csv::Reader::from_path(path)?.deserialize().collect::<Result<_, _>>()?;
    Ok(Record { name, samples })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_records_name_folder_and_remedy() {
        let error = read_all(Path::new("/nowhere")).map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with("cannot read /nowhere/record/"), "{error}");
        assert!(error.ends_with("make a record there first"), "{error}");
    }
}
