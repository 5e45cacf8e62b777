//! The files of the repository that rules are about.

use std::fs;
use std::path::{Path, PathBuf};

/// A file, by its path in the repository.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Folders without sources of ours.
const SKIPPED: [&str; 3] = ["target", ".git", "seeds"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// The Rust files in `src` of a package, which is there at all.
pub(crate) fn package(folder: &str) -> Vec<Source> {
    let sources = files(&root().join(folder).join("src"), &["rs"]);
    assert!(!sources.is_empty(), "{folder}");
    sources
}

/// All files of ours with these extensions.
pub(crate) fn repository(extensions: &[&str]) -> Vec<Source> {
    let sources = files(&root(), extensions);
    assert!(sources.len() > 50, "{}", sources.len());
    sources
}

fn files(folder: &Path, extensions: &[&str]) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let has = |names: &[&str], part: Option<&std::ffi::OsStr>| {
                part.is_some_and(|part| names.iter().any(|name| *name == part))
            };
            if path.is_dir() && !has(&SKIPPED, path.file_name()) {
                folders.push(path);
            } else if path.is_file() && has(extensions, path.extension()) {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(root()).unwrap().display().to_string();
                sources.push(Source { path, text });
            }
        }
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    sources
}
