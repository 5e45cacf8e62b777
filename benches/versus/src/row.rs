//! The output of a bench: a line per measurement.

use std::io;

use serde::{Deserialize, Serialize};

/// One measurement.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Row {
    /// The subject of a chart and a section of the report.
    pub chapter: String,
    /// The operation; ratios are taken within it, and within one `x`.
    pub operation: String,
    /// The number of threads or series, where it varies.
    pub x: Option<u64>,
    /// The library or variant.
    pub subject: String,
    pub unit: String,
    pub value: f64,
}

impl Row {
    pub fn new(
        chapter: &str,
        operation: &str,
        x: Option<u64>,
        subject: &str,
        unit: &str,
        value: f64,
    ) -> Self {
        let [chapter, operation, subject, unit] =
            [chapter, operation, subject, unit].map(String::from);
        Self { chapter, operation, x, subject, unit, value }
    }
}

/// Prints rows as CSV, without a header.
pub fn print(rows: &[Row]) {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(io::stdout());
    for row in rows {
        writer.serialize(row).unwrap();
    }
    writer.flush().unwrap();
}

/// Prints the median of each subject's samples.
pub fn print_samples(
    chapter: &str,
    operation: &str,
    x: Option<u64>,
    unit: &str,
    samples: &[(String, Vec<f64>)],
) {
    let row = |(subject, samples): &(String, Vec<f64>)| {
        Row::new(chapter, operation, x, subject, unit, crate::measure::median(samples))
    };
    // A subject without samples was not measured.
    print(&samples.iter().filter(|(_, samples)| !samples.is_empty()).map(row).collect::<Vec<_>>());
}
