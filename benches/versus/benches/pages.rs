//! A scrape of more and more series: what a page takes, beside a plain copy of its bytes.
//!
//! In each round a library writes its page three times: when the others have just used the caches (cold), and twice again,
//! of which the last counts (warm).

use std::hint::black_box;

use cpu_time::ThreadTime;
use versus::pages::{Kind, Page, pages, sample_count};
use versus::work::{Labels, label_sets};
use versus::{Row, part, print, print_samples};

const SERIES: [usize; 5] = [100, 1_000, 10_000, 100_000, 1_000_000];

/// With a million histograms of every library, the memory of the machine would be measured.
const MOST_HISTOGRAMS: usize = 100_000;

fn main() {
    part(&[
        ("counters", || measure_all("counters", Kind::Counters)),
        ("histograms", || measure_all("histograms", Kind::Histograms)),
    ]);
}

fn measure_all(name: &str, kind: Kind) {
    let sizes = SERIES.into_iter().filter(|series| kind == Kind::Counters || *series <= MOST_HISTOGRAMS);
    let mut pages = pages(kind, SERIES[SERIES.len() - 1]);
    let mut first = 0;
    for series in sizes {
        let labels: Vec<Labels> = label_sets(first..series).collect();
        pages.iter().for_each(|page| (page.add)(first, &labels));
        first = series;
        measure(name, series, &mut pages);
    }
}

fn measure(name: &str, series: usize, pages: &mut [Page]) {
    let samples = sample_count(&mut pages[0]);
    for page in &mut *pages {
        let count = sample_count(page);
        // OpenTelemetry has a line on itself.
        assert!(count.abs_diff(samples) <= 1, "{} has {count} samples, not {samples}", page.name);
    }
    let mut copied = Vec::new();
    (pages[0].write)(&mut |part| copied.extend_from_slice(part));
    print(&[Row::new(
        "pages",
        &format!("{name}, bytes of a line"),
        Some(series as u64),
        "tickmark",
        "B",
        copied.len() as f64 / samples as f64,
    )]);
    let mut copy = vec![0; copied.len()];
    let mut write_copy = move |read: &mut dyn FnMut(&[u8])| {
        copy.copy_from_slice(black_box(&copied));
        read(&copy);
    };
    // About two million lines in all, and each page five times at least.
    let rounds = (2_000_000 / samples).clamp(5, 60);
    let mut cold: Vec<(String, Vec<f64>)> = pages.iter().map(|page| (page.name.clone(), Vec::new())).collect();
    cold.push(("limit: a copy of the page".to_owned(), Vec::new()));
    let mut warm = cold.clone();
    for _ in 0..rounds {
        let writers = pages
            .iter_mut()
            .map(|page| &mut *page.write)
            .chain([&mut write_copy as &mut dyn FnMut(versus::pages::Reader<'_>)]);
        for ((write, (_, cold)), (_, warm)) in writers.zip(&mut cold).zip(&mut warm) {
            let ns = [(); 3].map(|()| {
                let start = ThreadTime::now();
                write(&mut |part| _ = black_box(part));
                start.elapsed().as_nanos() as f64 / samples as f64
            });
            cold.push(ns[0]);
            warm.push(ns[2]);
        }
    }
    print_samples("pages", &format!("{name}, cold"), Some(series as u64), "ns a line", &cold);
    print_samples("pages", &format!("{name}, warm"), Some(series as u64), "ns a line", &warm);
}
