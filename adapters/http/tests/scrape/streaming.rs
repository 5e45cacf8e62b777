//! Pages of many chunks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use http_body::Body;
use http_body_util::BodyExt;
use tickmark::Registry;

use crate::client::serve;
use crate::{get, gunzip, large, page_of, respond, unmetered, whole};

#[tokio::test]
async fn page_of_100_000_series_arrives_complete() {
    let registry = Registry::new();
    let family = registry.counter_family("requests", "Requests.", ["number"]).unwrap();
    family.set_series_limit(100_000);
    (0..100_000_u64).for_each(|number| family.with([&number.to_string()]).add(number));
    let client = serve(&unmetered(&registry));
    let page = page_of(&registry);

    let answer = client.get(&[]).await;
    assert_eq!(
        (answer.header("transfer-encoding"), answer.header("content-length")),
        (Some("chunked"), None)
    );
    assert!(answer.is_whole && answer.body == page);

    let answer = client.get(&[("accept-encoding", "gzip")]).await;
    assert!(answer.is_whole && gunzip(&answer.body) == page);
}

/// On one thread, other tasks run between two chunks.
#[tokio::test(flavor = "current_thread")]
async fn other_tasks_run_between_chunks() {
    let endpoint = unmetered(&large(1_000));
    for encoding in ["identity", "gzip"] {
        let ticks = Arc::new(AtomicUsize::new(0));
        let ticking = tokio::spawn({
            let ticks = Arc::clone(&ticks);
            async move {
                loop {
                    _ = ticks.fetch_add(1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                }
            }
        });
        let mut body = respond(&endpoint, get().header("accept-encoding", encoding)).into_body();
        let mut chunks = 0;
        let mut last_tick = None;
        while let Some(frame) = body.frame().await {
            assert!(frame.unwrap().into_data().unwrap().len() <= 70_000);
            let tick = ticks.load(Ordering::Relaxed);
            assert!(
                last_tick.is_none_or(|last| last < tick),
                "no other task ran before chunk {chunks} of {encoding}"
            );
            last_tick = Some(tick);
            chunks += 1;
        }
        assert!(chunks >= if encoding == "gzip" { 2 } else { 15 }, "{chunks} chunks of {encoding}");
        // A megabyte is 16 chunks, with a tick between each two, even without output of
        // the compressor.
        assert!(last_tick.unwrap() >= 15, "{last_tick:?}");
        ticking.abort();
    }
}

/// A counting waker.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        _ = self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn pending_body_wakes_its_task() {
    let endpoint = unmetered(&large(1_000));
    for encoding in ["identity", "gzip"] {
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&wakes));
        let mut body =
            Box::pin(respond(&endpoint, get().header("accept-encoding", encoding)).into_body());
        let (mut pending, mut ready) = (0, 0);
        loop {
            match body.as_mut().poll_frame(&mut Context::from_waker(&waker)) {
                Poll::Pending => pending += 1,
                Poll::Ready(Some(frame)) => {
                    ready += usize::from(!frame.unwrap().into_data().unwrap().is_empty())
                }
                Poll::Ready(None) => break,
            }
            assert_eq!(wakes.0.load(Ordering::Relaxed), pending, "{encoding}");
        }
        assert!(pending >= 15 && ready >= 2, "{pending} and {ready}, {encoding}");
    }
}

#[test]
fn last_chunk_ends_the_stream() {
    let endpoint = unmetered(&large(200));
    for encoding in ["identity", "gzip"] {
        let mut context = Context::from_waker(Waker::noop());
        let mut body =
            Box::pin(respond(&endpoint, get().header("accept-encoding", encoding)).into_body());
        let mut chunks = 0;
        while !body.is_end_stream() {
            assert!(chunks > 0 || body.size_hint().exact().is_none());
            match body.as_mut().poll_frame(&mut context) {
                Poll::Ready(frame) => {
                    assert!(!frame.unwrap().unwrap().into_data().unwrap().is_empty())
                }
                Poll::Pending => continue,
            }
            chunks += 1;
        }
        assert!(chunks > 0);
        assert!(matches!(body.as_mut().poll_frame(&mut context), Poll::Ready(None)));
    }
}

/// A stopped reader blocks nothing.
#[test]
fn unpolled_body_holds_no_lock() {
    let (sender, done) = mpsc::channel();
    // On a separate thread, so that this one detects a deadlock.
    drop(thread::spawn(move || {
        for encoding in ["identity", "gzip"] {
            let registry = large(1_000);
            let endpoint = unmetered(&registry);
            let mut context = Context::from_waker(Waker::noop());
            let mut slow =
                Box::pin(respond(&endpoint, get().header("accept-encoding", encoding)).into_body());
            for _ in 0..5 {
                drop(slow.as_mut().poll_frame(&mut context));
            }
            let family = registry.counter_family("late", "Late.", ["label"]).unwrap();
            family.with(["a"]).inc();
            assert!(registry.unregister("large"));
            let large = registry.counter_family("large", "Another.", ["label"]).unwrap();
            large.with(["new"]).inc();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let page =
                String::from_utf8(runtime.block_on(whole(respond(&endpoint, get()).into_body())))
                    .unwrap();
            assert!(page.contains("large_total{label=\"new\"} 1\n"));
            // The slow body still ends, with the families of its start.
            let rest = runtime.block_on(slow.collect()).unwrap().to_bytes();
            assert!(!rest.is_empty());
        }
        sender.send(()).unwrap();
    }));
    done.recv_timeout(Duration::from_secs(60)).unwrap();
}
