//! The stack of `docker/`, with its own files and real servers. Prometheus, dashboards
//! and notifications reflect the events in the service, and faults around the service do
//! not affect it.
//!
//! The ignored tests take minutes, mostly waiting at the pace of those files. `tests/run`
//! runs them concurrently.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test helper fails by panicking"
)]

mod alertmanager;
mod dashboards;
mod faults;
mod hour;
mod inhibition;
mod networks;
mod promtool;
mod quiet;
mod slow;
mod unanswered;
mod victoria;
mod visitor;
mod whole;

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A file or folder of `docker/`.
fn docker(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docker").join(path)
}

/// A copy of a folder of `docker/` with other addresses; each replaced address must
/// occur.
fn copy_with_addresses(folder: &str, addresses: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    let mut found = vec![false; addresses.len()];
    copy(&docker(folder), dir.path(), &mut |mut text| {
        for ((from, to), found) in addresses.iter().zip(&mut found) {
            *found |= text.contains(from);
            text = text.replace(from, to);
        }
        text
    });
    assert!(!found.contains(&false), "{found:?} of {addresses:?} in {folder}");
    dir
}

fn copy(from: &Path, to: &Path, change: &mut impl FnMut(String) -> String) {
    for entry in fs::read_dir(from).unwrap() {
        let from = entry.unwrap().path();
        let to = to.join(from.file_name().unwrap());
        if from.is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&from, &to, change);
        } else {
            fs::write(to, change(fs::read_to_string(from).unwrap())).unwrap();
        }
    }
}
