//! Memory: the bytes of a series, the additional bytes of a page, and the allocations of
//! a record. Counted, not timed.

use std::sync::{Barrier, Mutex};
use std::thread;

use allocation_counter::{AllocationInfo, measure};
use versus::adapters::FRAMEWORKS;
use versus::libraries::{
    Fastmetrics, Measured, Metrics, Metriken, OpenTelemetry, Prometheus, PrometheusClient, Tickmark,
};
use versus::library::{ByLabels, Exposes, Library, PageMemory};
use versus::measure::full_or_quick;
use versus::pages::{Kind, pages};
use versus::work::{Labels, Part, label_sets, work};
use versus::{Row, part, print};

const SERIES: usize = 10_000;
const THREADS: [usize; 4] = [1, 2, 8, 64];

/// Records of a thread in a frequently used series.
const OFTEN: usize = 2_000;

/// The labels of a series that is not counted.
const SEPARATE: Labels = ["PUT", "/api/v1/items", "200"];

fn main() {
    part(&[
        ("series", || each_library(Use { records: 1, are_shown: false })),
        ("shown-series", || each_library(Use { records: 1, are_shown: true })),
        ("series-used-often", || {
            each_library(Use { records: full_or_quick(OFTEN, 40), are_shown: false })
        }),
        ("series-used-rarely", all_rare),
        ("records", all_records),
        ("requests", requests),
        ("counters", || page_memory("counters", Kind::Counters)),
        ("histograms", || page_memory("histograms", Kind::Histograms)),
    ]);
}

/// How series are used before their bytes are counted.
#[derive(Clone, Copy)]
struct Use {
    /// Records of each thread in each series.
    records: usize,
    /// Whether each thread writes a page afterwards.
    are_shown: bool,
}

impl Use {
    fn is_least(self) -> bool {
        self.records == 1 && !self.are_shown
    }

    fn title(self) -> String {
        let records = match self.records {
            1 => "after one record a thread",
            _ => "after 2,000 records a thread",
        };
        format!("{records}{}", if self.are_shown { " and a page" } else { "" })
    }

    /// The counted numbers of threads. With many records or pages, only tickmark grows
    /// with them, and the others would take minutes.
    fn threads<L: Exposes>(self) -> &'static [usize] {
        if self.is_least() || L::NAME == Tickmark::NAME { &THREADS } else { &THREADS[..3] }
    }
}

fn each_library(used: Use) {
    series::<Tickmark>(used);
    series::<Prometheus>(used);
    series::<PrometheusClient<String>>(used);
    series::<Metrics<String>>(used);
    series::<Measured>(used);
    series::<Metriken>(used);
    series::<Fastmetrics<String>>(used);
    series::<OpenTelemetry<String>>(used);
}

fn all_rare() {
    rare::<Tickmark>();
    rare::<Prometheus>();
    rare::<PrometheusClient<String>>();
    rare::<Metrics<String>>();
    rare::<Measured>();
    rare::<Fastmetrics<String>>();
    rare::<OpenTelemetry<String>>();
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

/// Prints the bytes kept per series when one thread and then others record in all of
/// them. If threads write pages, these include the bytes that each page keeps. A page of
/// one series comes first: the bytes it keeps are not per series.
fn series<L: Exposes>(used: Use) {
    let library = L::new(SERIES + 1);
    let labels: Vec<Labels> = label_sets(0..SERIES).collect();
    let show = || {
        if used.are_shown {
            library.page(&mut PageMemory::default(), &mut |_| ());
        }
    };
    if used.are_shown {
        // In a thread that ends, so that the next one inherits its state in the library.
        let separate = || library.add_kept(&library.counter(&SEPARATE), 1);
        thread::scope(|scope| _ = scope.spawn(separate));
        show();
    }
    let counters = || {
        for labels in &labels {
            let counter = library.counter(labels);
            (0..used.records).for_each(|_| library.add_kept(&counter, 1));
        }
        show();
    };
    per_thread(
        &format!("bytes of a counter, {}", used.title()),
        L::NAME,
        used.threads::<L>(),
        counters,
    );
    if !L::HAS_BOUNDS {
        return;
    }
    let histograms = || {
        for (round, labels) in labels.iter().enumerate() {
            let histogram = library.histogram(Part::Duration, labels);
            (0..used.records)
                .for_each(|ahead| library.observe_kept(&histogram, work().duration(round + ahead)));
            if used.records > 1 && round % 500 == 0 {
                library.upkeep();
            }
        }
        library.upkeep();
        show();
    };
    let operation = format!("bytes of a histogram of 11 bounds, {}", used.title());
    per_thread(&operation, L::NAME, used.threads::<L>(), histograms);
}

/// Runs in one thread after the other, all of which stay alive. Prints the bytes
/// allocated and kept at these numbers of threads.
fn per_thread(operation: &str, subject: &str, threads: &[usize], run: impl Fn() + Sync) {
    let most = threads[threads.len() - 1];
    let barrier = Barrier::new(most);
    // In turn: the first thread made the series.
    let allocated = Mutex::new(Vec::with_capacity(most));
    let in_turn = || {
        {
            let mut allocated = allocated.lock().unwrap();
            let bytes = measure(&run).bytes_current;
            allocated.push(bytes);
        }
        barrier.wait();
    };
    thread::scope(|scope| (0..most).for_each(|_| _ = scope.spawn(in_turn)));
    for threads in threads {
        let bytes: i64 = allocated.lock().unwrap().iter().take(*threads).sum();
        print(&[Row::new(
            "memory",
            operation,
            Some(*threads as u64),
            subject,
            "B",
            bytes as f64 / SERIES as f64,
        )]);
    }
}

/// Prints the megabytes of histograms in which many threads record three times each, all
/// at once.
fn rare<L: Exposes>() {
    const RECORDING: usize = 64;
    let library = L::new(SERIES);
    let labels: Vec<Labels> = label_sets(0..SERIES).collect();
    let (start, end) = (Barrier::new(RECORDING), Barrier::new(RECORDING));
    let record = || {
        for round in 0..3 * SERIES {
            let histogram = library.histogram(Part::Duration, &labels[round % SERIES]);
            library.observe_kept(&histogram, work().duration(round));
        }
        library.upkeep();
    };
    let run = || {
        start.wait();
        let bytes = measure(record).bytes_current;
        // No thread passes its state in the library to one that has yet to record.
        end.wait();
        bytes
    };
    let bytes: i64 = thread::scope(|scope| {
        let running: Vec<_> = (0..RECORDING).map(|_| scope.spawn(run)).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let operation = "10,000 histograms, recorded by 64 threads three times each";
    print(&[Row::new("memory", operation, None, L::NAME, "MB", bytes as f64 / 1e6)]);
}

/// Allocations of one record in existing series.
fn records<L: ByLabels>() {
    const ROUNDS: usize = 10_000;
    let library = L::new(SERIES);
    let all: [(&str, &dyn Fn(usize)); 2] = [
        ("allocations of a histogram, handle", &|round| library.observe(work().duration(round))),
        ("allocations of a counter by 3 labels, looked up", &|round| {
            library.inc_of(work().labels(round))
        }),
    ];
    for (operation, record) in all {
        (0..20_000).for_each(record);
        let counted: AllocationInfo = measure(|| (0..ROUNDS).for_each(record));
        library.upkeep();
        print(&[Row::new(
            "memory",
            operation,
            None,
            L::NAME,
            "",
            counted.count_total as f64 / ROUNDS as f64,
        )]);
    }
}

/// Allocations of a request in a layer, beyond those without one.
fn requests() {
    const BATCH: usize = 256;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _entered = runtime.enter();
    for (framework, services) in FRAMEWORKS {
        let mut first = None;
        for mut service in
            services().into_iter().filter(|service| !service.name.starts_with("limit: "))
        {
            let mut count = |requests| {
                measure(|| _ = std::hint::black_box((service.run)(requests))).count_total as i64
            };
            _ = count(BATCH);
            let of_request = (count(2 * BATCH) - count(BATCH)) as f64 / BATCH as f64;
            let without = *first.get_or_insert(of_request);
            let operation = format!("allocations of a request, {framework}");
            print(&[Row::new("memory", &operation, None, service.name, "", of_request - without)]);
        }
    }
}

/// The peak bytes of a library's first page, and the allocations of the next one.
fn page_memory(name: &str, kind: Kind) {
    let mut pages = pages(kind, SERIES);
    let labels: Vec<Labels> = label_sets(0..SERIES).collect();
    pages.iter().for_each(|page| (page.add)(0, &labels));
    for page in &mut pages {
        let first = measure(|| (page.write)(&mut |_| ()));
        let later = measure(|| (page.write)(&mut |_| ()));
        let row = |operation: &str, unit, value| {
            Row::new(
                "memory",
                &format!("{operation}, 10,000 {name}"),
                None,
                &page.name,
                unit,
                value,
            )
        };
        print(&[
            row(
                "most bytes beside the series when the first page is written",
                "B",
                first.bytes_max as f64,
            ),
            row("allocations of a later page", "", later.count_total as f64),
        ]);
    }
}
