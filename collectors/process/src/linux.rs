//! The values of `/proc`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use procfs::process::{LimitValue, Process, Stat};

use crate::Reading;

/// The directory of a process in `/proc`.
#[derive(Debug)]
pub(crate) struct Source {
    root: PathBuf,
    /// Read once: it does not change, and its file is slow to read on large machines.
    start_seconds: OnceLock<f64>,
}

impl Default for Source {
    fn default() -> Self {
        Self::of("/proc/self".into())
    }
}

impl Source {
    fn of(root: PathBuf) -> Self {
        Self { root, start_seconds: OnceLock::new() }
    }

    pub(crate) fn read(&self) -> Reading {
        // First, before this function opens files.
        let open_fds = open_fds(&self.root);
        let Ok(process) = Process::new_with_root(self.root.clone()) else {
            return Reading { open_fds, ..Reading::default() };
        };
        let max_fds = process.limits().ok().map(|limits| match limits.max_open_files.soft_limit {
            LimitValue::Unlimited => f64::INFINITY,
            LimitValue::Value(limit) => as_f64(limit),
        });
        let Ok(stat) = process.stat() else {
            return Reading { open_fds, max_fds, ..Reading::default() };
        };
        Reading {
            cpu_seconds: Some(seconds(stat.utime.saturating_add(stat.stime))),
            resident_bytes: stat.rss.checked_mul(procfs::page_size()),
            virtual_bytes: Some(stat.vsize),
            open_fds,
            max_fds,
            threads: Some(stat.num_threads),
            start_seconds: self.start_seconds(&stat),
        }
    }

    fn start_seconds(&self, stat: &Stat) -> Option<f64> {
        if let Some(start) = self.start_seconds.get() {
            return Some(*start);
        }
        let boot = procfs::boot_time_secs().ok()?;
        Some(*self.start_seconds.get_or_init(|| as_f64(boot) + seconds(stat.starttime)))
    }
}

/// Counts the open file descriptors. Where the kernel does not report the number, procfs
/// would count `.`, `..` and its own descriptor too.
fn open_fds(root: &Path) -> Option<u64> {
    let directory = root.join("fd");
    // The size of the directory since Linux 6.2; 0 before.
    match fs::metadata(&directory).ok()?.len() {
        0 => {
            let counted = fs::read_dir(&directory).ok()?.count();
            // Without the descriptor of the directory itself.
            u64::try_from(counted).ok()?.checked_sub(1)
        }
        fds => Some(fds),
    }
}

/// Converts ticks of the kernel's clock to seconds.
fn seconds(ticks: u64) -> f64 {
    as_f64(ticks) / as_f64(procfs::ticks_per_second())
}

#[expect(clippy::cast_precision_loss, reason = "ticks, seconds and files are far fewer than 2^53")]
fn as_f64(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the number of missing values of a process with copies of only these files.
    fn missing_with_files(files: &[&str]) -> usize {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("1");
        fs::create_dir(&root).unwrap();
        for file in files {
            _ = fs::copy(Path::new("/proc/self").join(file), root.join(file)).unwrap();
        }
        missing(&Source::of(root).read())
    }

    fn missing(reading: &Reading) -> usize {
        format!("{reading:?}").matches("None").count()
    }

    #[test]
    fn unreadable_values_are_left_out() {
        assert_eq!(missing(&Source::of("/nowhere/1".into()).read()), 7);
        assert_eq!(missing_with_files(&[]), 7);
        assert_eq!(missing_with_files(&["limits"]), 6);
        assert_eq!(missing_with_files(&["stat"]), 2);
        assert_eq!(missing_with_files(&["stat", "limits"]), 1);
        assert_eq!(missing(&Source::default().read()), 0);
    }
}
