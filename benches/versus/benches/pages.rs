//! A scrape of growing numbers of series: the time of a page, beside a plain copy of its
//! bytes.
//!
//! In each round a library writes its page with other data in the core's caches (cold),
//! and then repeatedly for a turn (warm).

use std::hint::black_box;

use cpu_time::ThreadTime;
use versus::measure::{TURN_NS, full_or_quick};
use versus::pages::{Kind, Page, Write, pages, sample_count};
use versus::work::{Labels, label_sets};
use versus::{Row, part, print, print_samples};

const SERIES: [usize; 4] = [100, 1_000, 10_000, 100_000];
const MOST: usize = 1_000_000;

fn main() {
    part(&[
        ("counters", || measure_all("counters", Kind::Counters, series())),
        ("histograms", || measure_all("histograms", Kind::Histograms, series())),
        // With a million histograms of every library, the memory of the machine would be
        // measured.
        ("millions", || measure_all("counters", Kind::Counters, &[full_or_quick(MOST, SERIES[3])])),
    ]);
}

fn series() -> &'static [usize] {
    full_or_quick(&SERIES, &SERIES[..3])
}

fn measure_all(name: &str, kind: Kind, sizes: &[usize]) {
    let mut pages = pages(kind, sizes.iter().copied().max().unwrap_or(0));
    let mut first = 0;
    for series in sizes.iter().copied() {
        let labels: Vec<Labels> = label_sets(first..series).collect();
        pages.iter().for_each(|page| (page.add)(first, &labels));
        first = series;
        measure(name, series, &mut pages);
    }
}

fn measure(name: &str, series: usize, pages: &mut [Page]) {
    let mut samples: Vec<usize> = pages.iter_mut().map(sample_count).collect();
    for (page, count) in pages.iter().zip(&samples) {
        // Some have a few lines about themselves.
        assert!(
            count.abs_diff(samples[0]) <= 20,
            "{} has {count} samples, not {}",
            page.name,
            samples[0]
        );
    }
    let x = Some(series as u64);
    let mut copied = Vec::new();
    (pages[0].write)(&mut |part| copied.extend_from_slice(part));
    let line_bytes = copied.len() as f64 / samples[0] as f64;
    print(&[Row::new(
        "pages",
        &format!("{name}, bytes of a line"),
        x,
        "tickmark",
        "B",
        line_bytes,
    )]);
    samples.push(samples[0]);
    let mut copy = copy_of(copied);
    let mut writers: Vec<&mut Write> = pages.iter_mut().map(|page| &mut *page.write).collect();
    writers.push(&mut *copy);
    let rounds = full_or_quick((LINES / samples[0]).clamp(3, 15), 1);
    let timed = take_turns(&mut writers, &samples, rounds);
    let names = || pages.iter().map(|page| page.name.clone()).chain([COPY.to_owned()]);
    for (way, ns) in ["cold", "warm"].into_iter().zip(timed) {
        let samples: Vec<_> = names().zip(ns).collect();
        print_samples("pages", &format!("{name}, {way}"), x, "ns a line", &samples);
    }
}

const COPY: &str = "limit: a copy of the page";

fn copy_of(page: Vec<u8>) -> Box<Write> {
    let mut copy = vec![0; page.len()];
    Box::new(move |read| {
        copy.copy_from_slice(black_box(&page));
        read(&copy);
    })
}

/// Nanoseconds per line by writer and round, cold and warm.
fn take_turns(writers: &mut [&mut Write], samples: &[usize], rounds: usize) -> [Vec<Vec<f64>>; 2] {
    let mut cold = vec![Vec::new(); writers.len()];
    let mut warm = cold.clone();
    let mut evicting = vec![0_u8; EVICTING_BYTES];
    for round in 0..rounds {
        for turn in 0..writers.len() {
            // Each round begins with another library, so that no library always follows
            // the same one.
            let index = (turn + round) % writers.len();
            evicting.iter_mut().for_each(|byte| *byte = byte.wrapping_add(1));
            black_box(&evicting);
            let mut ns_of = |times: usize| {
                let start = ThreadTime::now();
                (0..times).for_each(|_| writers[index](&mut |part| _ = black_box(part)));
                start.elapsed().as_nanos() as f64 / (times * samples[index]) as f64
            };
            cold[index].push(ns_of(1));
            let page_ns = warm[index].last().unwrap_or(&cold[index][0]) * samples[index] as f64;
            let pages = TURN_NS / page_ns;
            warm[index].push(ns_of((pages as usize).max(1)));
        }
    }
    [cold, warm]
}

/// Lines over all rounds of the largest pages; at least three rounds.
const LINES: usize = 500_000;

/// More than the caches of a core hold.
const EVICTING_BYTES: usize = 4 << 20;
