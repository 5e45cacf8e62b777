//! Collectors that block, hang, or scrape themselves.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use tickmark::Registry;
use tickmark::collect::Collection;
use tickmark_http::ScrapeEndpoint;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::client::serve;
use crate::gone::{PATIENCE, reaches};
use crate::metrics::value;
use crate::{answer, get, respond, small};

/// A collector that blocks in each run until released.
struct Blocking {
    begun: UnboundedReceiver<()>,
    release: mpsc::Sender<()>,
    runs: Arc<AtomicU64>,
}

impl Blocking {
    fn register(registry: &Registry) -> Self {
        let (begin, begun) = unbounded_channel();
        let (release, released) = mpsc::channel();
        let released = Mutex::new((released, PATIENCE));
        let runs = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&runs);
        let collect = move |out: &mut Collection| {
            let run = counted.fetch_add(1, Ordering::Relaxed) + 1;
            _ = begin.send(());
            let (released, patience) = &mut *released.lock().unwrap();
            // Does not block forever in a failing test, or after the drop of the other
            // end.
            if released.recv_timeout(*patience).is_err() {
                *patience = Duration::ZERO;
            }
            out.gauge("run", "Number of the run.", []).series([], run);
        };
        registry.register_collector("blocking", collect).unwrap();
        Self { begun, release, runs }
    }

    /// Waits until the collector blocks.
    async fn blocks(&mut self) {
        tokio::time::timeout(PATIENCE, self.begun.recv()).await.unwrap().unwrap();
    }
}

async fn requests_are_answered_while_a_collector_blocks() {
    let registry = small();
    let endpoint = ScrapeEndpoint::builder().max_scrapes(10).build(&registry).unwrap();
    let mut collector = Blocking::register(&registry);
    let client = serve(&endpoint);
    let scrapes: Vec<_> =
        (0..4).map(|_| tokio::spawn(async move { client.get(&[]).await })).collect();
    collector.blocks().await;
    reaches_admitted(&endpoint, 4).await;
    // Answered by the tasks that the scrapes would block.
    for _ in 0..10 {
        assert_eq!(client.request("HEAD", "/metrics", &[]).await.status, 200);
        assert_eq!(client.request("POST", "/metrics", &[]).await.status, 405);
    }
    assert!(scrapes.iter().all(|scrape| !scrape.is_finished()));
    collector.release.send(()).unwrap();
    for scrape in scrapes {
        let answer = scrape.await.unwrap();
        assert!(answer.is_whole && answer.text().contains("\nrun 1\n"), "{answer:?}");
    }
    assert_eq!(collector.runs.load(Ordering::Relaxed), 1, "they share one run");
}

/// Waits until an endpoint for 10 scrapes has admitted this many. Then one over the limit
/// is refused.
async fn reaches_admitted(endpoint: &ScrapeEndpoint, count: usize) {
    let request = get().body(()).unwrap();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let taken: Vec<_> = (0..10 - count).map(|_| endpoint.answer(&request)).collect();
        let one_more = std::pin::pin!(endpoint.answer(&request));
        let is_full = matches!(
            one_more.poll(&mut std::task::Context::from_waker(std::task::Waker::noop())),
            std::task::Poll::Ready(Ok(response)) if response.status() == 503
        );
        drop(taken);
        if is_full {
            return;
        }
        assert!(tokio::time::Instant::now() < deadline, "not {count} scrapes");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "current_thread")]
async fn blocking_collector_leaves_single_thread_free() {
    requests_are_answered_while_a_collector_blocks().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocking_collector_leaves_workers_free() {
    requests_are_answered_while_a_collector_blocks().await;
}

#[tokio::test]
async fn scrape_after_a_run_starts_another() {
    let registry = small();
    let endpoint = ScrapeEndpoint::new(&registry);
    let mut collector = Blocking::register(&registry);
    let client = serve(&endpoint);
    for run in 1..=3 {
        let scrape = tokio::spawn(async move { client.get(&[]).await });
        collector.blocks().await;
        collector.release.send(()).unwrap();
        let page = scrape.await.unwrap();
        assert!(page.text().contains(&format!("\nrun {run}\n")), "{page:?}");
    }
}

/// Collected values are read by the run, registered ones by the page.
#[tokio::test]
async fn shared_run_includes_all_earlier_records() {
    let registry = small();
    let family = registry.counter_family("late", "Late.", ["label"]).unwrap();
    let endpoint = ScrapeEndpoint::builder().max_scrapes(10).build(&registry).unwrap();
    let mut collector = Blocking::register(&registry);
    let client = serve(&endpoint);
    let first = tokio::spawn(async move { client.get(&[]).await });
    collector.blocks().await;
    family.with(["series"]).inc();
    registry.counter("later", "Later.").unwrap().inc();
    let second = tokio::spawn(async move { client.get(&[]).await });
    reaches_admitted(&endpoint, 2).await;
    collector.release.send(()).unwrap();
    for page in [first.await.unwrap(), second.await.unwrap()] {
        for line in ["\nlate_total{label=\"series\"} 1\n", "\nlater_total 1\n", "\nrun 1\n"] {
            assert!(page.text().contains(line), "{line} is not in {page:?}");
        }
    }
}

#[tokio::test]
async fn hanging_collectors_hold_neither_scrapes_nor_threads() {
    let registry = small();
    let endpoint = ScrapeEndpoint::builder().max_scrapes(1).build(&registry).unwrap();
    let mut collector = Blocking::register(&registry);
    let client = serve(&endpoint);
    let scrape = || client.get(&[("x-prometheus-scrape-timeout-seconds", "0.1")]);
    assert_eq!(scrape().await.status, 503);
    collector.blocks().await;
    let threads = own_threads();
    for _ in 0..10 {
        let answer = scrape().await;
        assert!(answer.status == 503 && answer.text().starts_with("timeout: "), "{answer:?}");
    }
    // One more at most: that of another test.
    assert!(
        own_threads() <= threads + 1 || !cfg!(target_os = "linux"),
        "{threads} and {}",
        own_threads()
    );
    assert_eq!(collector.runs.load(Ordering::Relaxed), 1);
    drop(collector);
    assert_eq!(answer(&endpoint, get()).await.status(), 200);
    assert_eq!(value(&registry, "tickmark_scrape_errors_total{cause=\"timeout\"}"), 11);
    assert_eq!(value(&registry, "tickmark_scrape_errors_total{cause=\"busy\"}"), 0);
    reaches(&registry, "tickmark_scrapes_in_flight", 0).await;
}

/// Returns the number of this crate's threads.
fn own_threads() -> usize {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return 0 };
    let names = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.starts_with("tickmark-scrape")).count()
}

#[tokio::test]
async fn panicking_collector_loses_only_its_families() {
    let registry = small();
    registry.register_collector("panics", |_: &mut Collection| panic!("in a collector")).unwrap();
    let endpoint = ScrapeEndpoint::new(&registry);
    for _ in 0..2 {
        let page = serve(&endpoint).get(&[]).await;
        assert!(page.is_whole && page.text().contains("\na_total 3\n"), "{page:?}");
    }
    let failures =
        "tickmark_collector_failures_total{collector=\"panics\",family=\"\",reason=\"panic\"}";
    assert!(value(&registry, failures) >= 2);
}

/// The inner scrapes return the registered families.
#[tokio::test]
async fn collector_can_scrape_its_own_endpoint() {
    let registry = small();
    let endpoint = ScrapeEndpoint::new(&registry);
    let scraped = endpoint.clone();
    let collect = move |out: &mut Collection| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let statuses = [runtime.block_on(answer(&scraped, get())), respond(&scraped, get())]
            .map(|it| it.status());
        out.gauge("statuses", "Their sum.", [])
            .series([], statuses.iter().map(|it| u64::from(it.as_u16())).sum::<u64>());
    };
    registry.register_collector("scrapes", collect).unwrap();
    let page = serve(&endpoint).get(&[]).await;
    assert!(page.text().contains("\nstatuses 400\n"), "{page:?}");
    assert!(registry.unregister_collector("scrapes"));
}
