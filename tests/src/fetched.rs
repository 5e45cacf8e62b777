//! Servers of a later Debian, unpacked by `tests/run`.

use std::path::{Path, PathBuf};

use crate::required;

/// A program of the packages unpacked under `word`, if present.
///
/// # Panics
///
/// If it is missing and `TICKMARK_REQUIRE` contains the word.
#[must_use]
pub fn program(word: &str, program: &str) -> Option<PathBuf> {
    file(word, &format!("usr/bin/{program}"))
}

/// Docker's compose plugin, which reads a file without an engine.
///
/// # Panics
///
/// As for [`program`].
#[must_use]
pub fn compose() -> Option<PathBuf> {
    file("compose", "usr/libexec/docker/cli-plugins/docker-compose")
}

fn file(word: &str, path: &str) -> Option<PathBuf> {
    let found =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/servers").join(word).join(path);
    assert!(found.is_file() || !required(word), "{word} is required, but {path} is missing");
    found.is_file().then_some(found)
}

/// Prometheus 3.
///
/// # Panics
///
/// As for [`program`].
#[must_use]
pub fn prometheus_3() -> Option<PathBuf> {
    program("prometheus3", "prometheus")
}
