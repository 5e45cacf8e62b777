//! Servers of a later Debian, which `tests/run` unpacks.

use std::path::{Path, PathBuf};

use crate::required;

/// A program of the packages that were unpacked under `word`, if they are here.
///
/// # Panics
///
/// If it is not, but the environment says that it has to be: `TICKMARK_REQUIRE` has the word.
#[must_use]
pub fn program(word: &str, program: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/servers").join(word).join("usr/bin").join(program);
    assert!(path.is_file() || !required(word), "{word} is required, but {program} is not here");
    path.is_file().then_some(path)
}

/// Prometheus 3.
///
/// # Panics
///
/// As [`program`] does.
#[must_use]
pub fn prometheus_3() -> Option<PathBuf> {
    program("prometheus3", "prometheus")
}
