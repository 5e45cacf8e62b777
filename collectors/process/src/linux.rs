//! What `/proc` says.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use procfs::process::{LimitValue, Process, Stat};

use crate::Reading;

/// The directory of a process in `/proc`.
#[derive(Debug)]
pub(crate) struct Source {
    root: PathBuf,
    /// Kept once it was read: it lies in a file that takes long on large machines, and
    /// does not change.
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
        // First, before anything here is open.
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

/// The library counts `.` and `..` and what it opens itself where the kernel does not
/// tell the number.
fn open_fds(root: &Path) -> Option<u64> {
    let directory = root.join("fd");
    // Since Linux 6.2 it is the size of the directory, which before was 0.
    match fs::metadata(&directory).ok()?.len() {
        0 => {
            let counted = fs::read_dir(&directory).ok()?.count();
            // One of them was opened to read the directory.
            u64::try_from(counted).ok()?.checked_sub(1)
        }
        fds => Some(fds),
    }
}

/// Seconds of a number of ticks of the kernel's clock.
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

    /// How many fields cannot be read of a process that has just these files, as this one
    /// has them.
    fn left_out(files: &[&str]) -> usize {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("1");
        fs::create_dir(&root).unwrap();
        for file in files {
            let _bytes = fs::copy(Path::new("/proc/self").join(file), root.join(file)).unwrap();
        }
        nones(&Source::of(root).read())
    }

    fn nones(reading: &Reading) -> usize {
        format!("{reading:?}").matches("None").count()
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        assert_eq!(nones(&Source::of("/nowhere/1".into()).read()), 7);
        assert_eq!(left_out(&[]), 7);
        assert_eq!(left_out(&["limits"]), 6);
        assert_eq!(left_out(&["stat"]), 2);
        assert_eq!(left_out(&["stat", "limits"]), 1);
        assert_eq!(nones(&Source::default().read()), 0);
    }
}
