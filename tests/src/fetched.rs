//! Servers of a later Debian, which `tests/run` unpacks.

use std::path::{Path, PathBuf};

use crate::required;

/// A program of the packages that were unpacked under `word`, if they are here.
///
/// # Panics
///
/// If it is not, but the environment says that it has to be: `TICKMARK_REQUIRE` has the
/// word.
#[must_use]
pub fn program(word: &str, program: &str) -> Option<PathBuf> {
    file(word, &format!("usr/bin/{program}"))
}

/// The compose plugin of Docker, which needs no engine to read a file.
///
/// # Panics
///
/// As [`program`] does.
#[must_use]
pub fn compose() -> Option<PathBuf> {
    file("compose", "usr/libexec/docker/cli-plugins/docker-compose")
}

fn file(word: &str, path: &str) -> Option<PathBuf> {
    let found =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/servers").join(word).join(path);
    assert!(found.is_file() || !required(word), "{word} is required, but {path} is not here");
    found.is_file().then_some(found)
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
