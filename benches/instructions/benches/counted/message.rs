//! Messages through a socket in memory, with metrics around it: 16,384 are received and
//! sent back.

use std::hint::black_box;

use gungraun::{library_benchmark, library_benchmark_group};
use tickmark::Registry;
use tickmark_benches::{Echo, INPUTS, turn};
use tickmark_ws::{MeteredSocket, WsMetrics};

use crate::about;

fn socket() -> MeteredSocket<Echo> {
    let metrics = WsMetrics::builder().build(&Registry::new()).unwrap();
    let mut socket = metrics.websocket("/echo", Echo::default());
    turn(&mut socket);
    socket
}

#[library_benchmark(setup = socket, config = about(3_063_862))]
#[bench::there_and_back()]
fn message(mut socket: MeteredSocket<Echo>) -> MeteredSocket<Echo> {
    for _ in 0..INPUTS {
        turn(black_box(&mut socket));
    }
    socket
}

library_benchmark_group!(name = messages, benchmarks = [message]);
