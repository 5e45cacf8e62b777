//! A message through a socket in memory, and through the same with metrics around it.
#![expect(missing_docs, clippy::unwrap_used, reason = "a bench")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tickmark::Registry;
use tickmark_benches::{Echo, turn};
use tickmark_ws::WsMetrics;

fn messages(criterion: &mut Criterion) {
    let mut bare = Echo::default();
    _ = criterion.bench_function("websocket/two_messages_bare", |bencher| {
        bencher.iter(|| turn(black_box(&mut bare)));
    });

    let metrics = WsMetrics::builder().build(&Registry::new()).unwrap();
    let mut metered = metrics.websocket("/echo", Echo::default());
    _ = criterion.bench_function("websocket/two_messages_metered", |bencher| {
        bencher.iter(|| turn(black_box(&mut metered)));
    });

    let metrics = WsMetrics::builder()
        .message_sizes(true)
        .reply_durations(true)
        .build(&Registry::new())
        .unwrap();
    let mut metered = metrics.websocket("/echo", Echo::default());
    _ = criterion.bench_function("websocket/two_messages_with_sizes_and_replies", |bencher| {
        bencher.iter(|| turn(black_box(&mut metered)));
    });
}

criterion_group!(benches, messages);
criterion_main!(benches);
