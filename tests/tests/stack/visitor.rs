//! A user that visits the service continuously, even during faults around it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use tickmark_tests::client::{Call, Client};
use tickmark_tests::process::wait_for;
use tickmark_tests::service::Service;

/// Requests the same page repeatedly until [`stop`](Visitor::stop). Every response must
/// be correct.
pub(crate) struct Visitor {
    visits: Arc<AtomicUsize>,
    stops: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Visitor {
    pub(crate) fn start(service: &Service) -> Visitor {
        let (visits, stops) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (counted, stopped) = (Arc::clone(&visits), Arc::clone(&stops));
        let client = Client::new(service.addr());
        let call = Call::new("GET", "/hello/you", "/hello/{name}").reply("Hello, you!".len());
        let thread = thread::spawn(move || {
            // Relaxed, both: the final count is read after the thread is joined.
            while !stopped.load(Ordering::Relaxed) {
                _ = client.make(&call);
                _ = counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        Visitor { visits, stops, thread }
    }

    /// Waits for this many further responses.
    pub(crate) fn wait_for_more(&self, visits: usize) {
        // Relaxed: as where it is counted.
        let visited = || self.visits.load(Ordering::Relaxed);
        let target = visited() + visits;
        wait_for("answers", || (visited() >= target || self.thread.is_finished()).then_some(()));
        assert!(!self.thread.is_finished(), "a response was wrong");
    }

    /// Number of responses.
    pub(crate) fn stop(self) -> usize {
        // Relaxed: it is seen eventually, and publishes nothing.
        self.stops.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        self.visits.load(Ordering::Relaxed)
    }
}

/// The series of the visits.
pub(crate) const VISITS: &str =
    "emmett_http_requests_total{method=\"GET\",path=\"/hello/{name}\",status=\"200\"}";

/// A value on a page of the service.
pub(crate) fn value_of(page: &str, series: &str) -> f64 {
    let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in {page}")).parse().unwrap()
}
