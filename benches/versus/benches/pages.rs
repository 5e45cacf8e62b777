//! A scrape of more and more series: what a page takes, beside a plain copy of its bytes.
//!
//! In each round a library writes its page twice: when the others have just used the caches (cold), and once more (warm).

use std::hint::black_box;

use cpu_time::ThreadTime;
use versus::pages::{Kind, Page, Reader, Write, pages, sample_count};
use versus::work::{Labels, label_sets};
use versus::{Row, part, print, print_samples};

const SERIES: [usize; 4] = [100, 1_000, 10_000, 100_000];

fn main() {
    part(&[
        ("counters", || measure_all("counters", Kind::Counters, &SERIES)),
        ("histograms", || measure_all("histograms", Kind::Histograms, &SERIES)),
        // With a million histograms of every library, the memory of the machine would be measured.
        ("millions", || measure_all("counters", Kind::Counters, &[1_000_000])),
    ]);
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
        // Some have a few lines on themselves.
        assert!(count.abs_diff(samples[0]) <= 20, "{} has {count} samples, not {}", page.name, samples[0]);
    }
    let x = Some(series as u64);
    let mut copied = Vec::new();
    (pages[0].write)(&mut |part| copied.extend_from_slice(part));
    let line_bytes = copied.len() as f64 / samples[0] as f64;
    print(&[Row::new("pages", &format!("{name}, bytes of a line"), x, "tickmark", "B", line_bytes)]);
    let mut copy = vec![0; copied.len()];
    let mut write_copy = move |read: Reader<'_>| {
        copy.copy_from_slice(black_box(&copied));
        read(&copy);
    };
    samples.push(samples[0]);
    let mut cold: Vec<(String, Vec<f64>)> = pages.iter().map(|page| (page.name.clone(), Vec::new())).collect();
    cold.push(("limit: a copy of the page".to_owned(), Vec::new()));
    let mut warm = cold.clone();
    // About a million lines in all, and each page three times at least.
    for _ in 0..(1_000_000 / samples[0]).clamp(3, 60) {
        let writers = pages.iter_mut().map(|page| &mut *page.write).chain([&mut write_copy as &mut Write]);
        for (index, write) in writers.enumerate() {
            let [first, second] = [(); 2].map(|()| {
                let start = ThreadTime::now();
                write(&mut |part| _ = black_box(part));
                start.elapsed().as_nanos() as f64 / samples[index] as f64
            });
            cold[index].1.push(first);
            warm[index].1.push(second);
        }
    }
    print_samples("pages", &format!("{name}, cold"), x, "ns a line", &cold);
    print_samples("pages", &format!("{name}, warm"), x, "ns a line", &warm);
}
