//! Memory: what a series takes, what a page takes on top, and how often a record allocates. Counted, not timed.

use std::thread;

use allocation_counter::{AllocationInfo, measure};
use versus::adapters::FRAMEWORKS;
use versus::libraries::{
    Fastmetrics, Measured, Metrics, Metriken, OpenTelemetry, Prometheus, PrometheusClient, Tickmark,
};
use versus::library::{ByLabels, Exposes, PageMemory};
use versus::pages::{Kind, pages};
use versus::work::{Labels, Part, label_sets, work};
use versus::{Row, part, print};

const SERIES: usize = 10_000;
const THREADS: [usize; 3] = [1, 2, 8];

/// The labels of a series that is not counted.
const SEPARATE: Labels = ["PUT", "/api/v1/items", "200"];

fn main() {
    part(&[
        ("series", || all_series(false)),
        ("shown-series", || all_series(true)),
        ("records", all_records),
        ("requests", requests),
        ("counters", || page_memory("counters", Kind::Counters)),
        ("histograms", || page_memory("histograms", Kind::Histograms)),
    ]);
}

fn all_series(are_shown: bool) {
    series::<Tickmark>(are_shown);
    series::<Prometheus>(are_shown);
    series::<PrometheusClient<String>>(are_shown);
    series::<Metrics<String>>(are_shown);
    series::<Measured>(are_shown);
    series::<Metriken>(are_shown);
    series::<Fastmetrics<String>>(are_shown);
    series::<OpenTelemetry<String>>(are_shown);
}

fn all_records() {
    records::<Tickmark>();
    records::<Prometheus>();
    records::<PrometheusClient<String>>();
    records::<Metrics<String>>();
    records::<Measured>();
    records::<Fastmetrics<String>>();
    records::<OpenTelemetry<String>>();
}

/// Bytes that stay for a series, when one thread and then others record in all of them;
/// if they are shown, with those that stay of a page that each thread then writes. A page
/// of one series comes before: what it leaves is not for each series.
fn series<L: Exposes>(are_shown: bool) {
    let library = L::new(SERIES + 1);
    let labels: Vec<Labels> = label_sets(0..SERIES).collect();
    let show = || {
        if are_shown {
            library.page(&mut PageMemory::default(), &mut |_| ());
        }
    };
    if are_shown {
        // In a thread that ends, so that the next one takes over what it has of the
        // library.
        let separate = || library.add_kept(&library.counter(&SEPARATE), 1);
        thread::scope(|scope| _ = scope.spawn(separate));
        show();
    }
    let shown = if are_shown { ", after a page" } else { "" };
    let counters = || {
        labels.iter().for_each(|labels| library.add_kept(&library.counter(labels), 1));
        show();
    };
    per_thread(&format!("bytes of a counter{shown}"), L::NAME, counters);
    if !L::HAS_BOUNDS {
        return;
    }
    let histograms = || {
        for (round, labels) in labels.iter().enumerate() {
            library.observe_kept(&library.histogram(Part::Duration, labels), work().duration(round));
        }
        library.upkeep();
        show();
    };
    per_thread(&format!("bytes of a histogram of 11 bounds{shown}"), L::NAME, histograms);
}

/// Runs in one thread after the other, all of which stay, and prints what was allocated and stayed when so many had.
fn per_thread(operation: &str, subject: &str, run: impl Fn() + Sync) {
    let most = THREADS[THREADS.len() - 1];
    let barrier = std::sync::Barrier::new(most);
    // By turn: the first thread made the series.
    let allocated = std::sync::Mutex::new(Vec::with_capacity(most));
    let in_turn = || {
        {
            let mut allocated = allocated.lock().unwrap();
            let bytes = measure(&run).bytes_current;
            allocated.push(bytes);
        }
        barrier.wait();
    };
    thread::scope(|scope| (0..most).for_each(|_| _ = scope.spawn(in_turn)));
    for threads in THREADS {
        let bytes: i64 = allocated.lock().unwrap().iter().take(threads).sum();
        print(&[Row::new("memory", operation, Some(threads as u64), subject, "B", bytes as f64 / SERIES as f64)]);
    }
}

/// Allocations of one record, when its series are there.
fn records<L: ByLabels>() {
    const ROUNDS: usize = 10_000;
    let library = L::new(SERIES);
    let all: [(&str, &dyn Fn(usize)); 2] = [
        ("allocations of a histogram, handle", &|round| library.observe(work().duration(round))),
        ("allocations of a counter by 3 labels, looked up", &|round| library.inc_of(work().labels(round))),
    ];
    for (operation, record) in all {
        (0..20_000).for_each(record);
        let counted: AllocationInfo = measure(|| (0..ROUNDS).for_each(record));
        library.upkeep();
        print(&[Row::new("memory", operation, None, L::NAME, "", counted.count_total as f64 / ROUNDS as f64)]);
    }
}

/// Allocations of a request in a layer, beyond those without any.
fn requests() {
    const BATCH: usize = 256;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _entered = runtime.enter();
    for (framework, services) in FRAMEWORKS {
        let mut first = None;
        for mut service in services() {
            let mut count = |requests| measure(|| _ = std::hint::black_box((service.run)(requests))).count_total as i64;
            let _first_touch = count(BATCH);
            let of_request = (count(2 * BATCH) - count(BATCH)) as f64 / BATCH as f64;
            let without = *first.get_or_insert(of_request);
            let operation = format!("allocations of a request, {framework}");
            print(&[Row::new("memory", &operation, None, service.name, "", of_request - without)]);
        }
    }
}

/// The most that a library takes to write a page for the first time, and allocations of the next one.
fn page_memory(name: &str, kind: Kind) {
    let mut pages = pages(kind, SERIES);
    let labels: Vec<Labels> = label_sets(0..SERIES).collect();
    pages.iter().for_each(|page| (page.add)(0, &labels));
    for page in &mut pages {
        let first = measure(|| (page.write)(&mut |_| ()));
        let later = measure(|| (page.write)(&mut |_| ()));
        let row = |operation: &str, unit, value| {
            Row::new("memory", &format!("{operation}, 10,000 {name}"), None, &page.name, unit, value)
        };
        print(&[
            row("most bytes beside the series when the first page is written", "B", first.bytes_max as f64),
            row("allocations of a later page", "", later.count_total as f64),
        ]);
    }
}
