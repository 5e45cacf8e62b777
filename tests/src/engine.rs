//! The engine's own metrics on a page, and what the rest of that page implies for them.

use std::collections::{BTreeMap, BTreeSet};

use crate::page::{Page, as_f64};

const OWN: [&str; 6] =
    ["families", "series", "shards", "shard_limit", "blocks", "cell_memory_bytes"];

/// Its failure family has a series, and nothing fails here.
const EMPTY: &str = "emmett_ws_handshakes_failed_total";

/// An upper limit of the service's threads.
const MOST_SHARDS: f64 = 64.0;

/// Whether this series is a self-metric of the engine.
#[must_use]
pub fn is_own(series: &str) -> bool {
    let name = series.split('{').next().unwrap_or_default();
    OWN.iter().any(|own| name.strip_prefix("tickmark_") == Some(own))
}

/// The expected self-metrics on a page with these other series. Threads and memory cannot
/// be known from outside, so their values are ranges.
#[must_use]
pub fn expected(others: &BTreeMap<String, f64>) -> Page {
    let mut families: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for series in others.keys() {
        let (family, labels) = in_family(series);
        _ = families.entry(family).or_default().insert(labels);
    }
    _ = families.entry(EMPTY).or_default();
    let mut page = Page::new("tickmark_");
    page.exact("families", &[], families.len());
    for (family, series) in &families {
        page.exact("series", &[("family", family)], series.len());
    }
    for (state, least) in [("leased", 1.0), ("idle", 0.0)] {
        _ = page.between("shards", &[("state", state)], (least, MOST_SHARDS));
    }
    _ = page.between("shard_limit", &[], (MOST_SHARDS, f64::MAX));
    // A block is 4 KiB, and the table of blocks takes as much as a few of them.
    let most_blocks = MOST_SHARDS * as_f64(others.len());
    _ = page.between("blocks", &[], (1.0, most_blocks));
    _ = page.between("cell_memory_bytes", &[], (4096.0, 8192.0 * most_blocks));
    page
}

/// The family of a line, and its labels without `le`.
fn in_family(series: &str) -> (&str, String) {
    let (name, labels) = series.split_once('{').unwrap_or((series, ""));
    let family = ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part));
    let labels = labels.trim_end_matches('}').split(',').filter(|label| !label.starts_with("le="));
    (family.unwrap_or(name), labels.collect::<Vec<_>>().join(","))
}
