//! The values of this process, compared with its own actions. A single test, because
//! files and threads belong to the whole process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test helper fails by panicking")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use tickmark::Registry;
use tickmark_process::ProcessCollector;
use tickmark_text::Encoder;

/// Returns the samples of a scrape by name.
fn scrape(encoder: &Encoder) -> BTreeMap<String, f64> {
    let page = String::from_utf8(encoder.encode().to_vec()).unwrap();
    let samples = page.lines().filter_map(|line| line.strip_prefix("process_")?.split_once(' '));
    samples.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect()
}

/// Returns a number of kilobytes from `/proc/self/status`.
fn kilobytes(field: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim_start_matches(':').trim_end_matches("kB").trim().parse().unwrap()
}

/// Returns the CPU time of the current threads, as counted by the scheduler.
fn scheduled_seconds() -> f64 {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let nanos = threads.map(|thread| {
        let times = fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
        times.split(' ').next().unwrap().parse::<f64>().unwrap()
    });
    nanos.sum::<f64>() / 1e9
}

/// Returns the number of open files, without the listed directory itself.
fn open_files() -> u32 {
    let listed = fs::read_dir("/proc/self/fd").unwrap().count();
    u32::try_from(listed - 1).unwrap()
}

#[test]
fn values_follow_the_process() {
    let registry = Registry::new();
    registry.register_collector("process", ProcessCollector::new()).unwrap();
    let encoder = Encoder::new(&registry);
    let first = scrape(&encoder);
    let names = [
        "cpu_seconds_total",
        "max_fds",
        "open_fds",
        "resident_memory_bytes",
        "start_time_seconds",
        "threads",
        "virtual_memory_bytes",
    ];
    assert!(first.keys().eq(names), "{first:?}");

    assert_eq!(first["open_fds"], open_files().into());
    let files: Vec<_> = (0..100).map(|_| File::open("/proc/self/stat").unwrap()).collect();
    assert_eq!(scrape(&encoder)["open_fds"], first["open_fds"] + 100.0);
    drop(files);
    assert_eq!(scrape(&encoder)["open_fds"], first["open_fds"]);
    assert!(first["max_fds"] >= first["open_fds"]);

    let started = Arc::new(Barrier::new(2));
    let waits = Arc::clone(&started);
    let thread = thread::spawn(move || waits.wait());
    assert_eq!(scrape(&encoder)["threads"], first["threads"] + 1.0);
    _ = started.wait();
    _ = thread.join().unwrap();

    let held = black_box(vec![1_u8; 64 << 20]);
    let grown = scrape(&encoder);
    // The kernel counts pages per thread and adds them up in steps.
    for (name, field) in [("resident_memory_bytes", "VmRSS"), ("virtual_memory_bytes", "VmSize")] {
        let (before, now, kernel) = (first[name], grown[name], kilobytes(field) * 1024.0);
        assert!(
            now >= before + 60e6 && (now - kernel).abs() < 4e6,
            "{name}: {before}, then {now}; kernel: {kernel}"
        );
    }
    drop(held);

    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    // Within a minute: the start is kept in ticks since boot, and the clock may have been
    // set.
    assert!((now - 60.0..now + 60.0).contains(&first["start_time_seconds"]), "{first:?} at {now}");
    assert_eq!(grown["start_time_seconds"], first["start_time_seconds"]);

    // Compute until 0.2 s of CPU time are counted.
    let target = first["cpu_seconds_total"] + 0.2;
    let mut number = 0_u64;
    while scrape(&encoder)["cpu_seconds_total"] < target {
        number = (0..1_000_000).fold(number, |sum, term| black_box(sum ^ term));
    }
    let (least, counted, most) =
        (scheduled_seconds(), scrape(&encoder)["cpu_seconds_total"], scheduled_seconds());
    // Two ticks of the kernel's clock, one for each mode.
    assert!(
        (least - 0.02..=most + 0.02).contains(&counted),
        "{counted} is not within {least} to {most}"
    );
}
