//! Latency of single observations while another core writes pages of 10,000 histograms.

use std::hint::black_box;

use versus::libraries::{
    Fastmetrics, Measured, Metrics, OpenTelemetry, Prometheus, PrometheusClient, Tickmark,
};
use versus::library::{Exposes, PageMemory};
use versus::measure::tail::{self, QUANTILES};
use versus::work::{Part, label_sets, work};
use versus::{Row, print};

const SERIES: usize = 10_000;

fn main() {
    measure::<Tickmark>();
    measure::<Prometheus>();
    measure::<PrometheusClient<String>>();
    measure::<Metrics<String>>();
    measure::<Measured>();
    measure::<Fastmetrics<String>>();
    measure::<OpenTelemetry<String>>();
}

fn measure<L: Exposes>() {
    let library = L::new(SERIES);
    let kept: Vec<L::Histogram> =
        label_sets(0..SERIES).map(|labels| library.histogram(Part::Duration, &labels)).collect();
    (0..SERIES * 10)
        .for_each(|round| library.observe_kept(&kept[round % SERIES], work().duration(round)));
    let mut memory = PageMemory::default();
    // Of a handful of routes, as for most requests.
    let record =
        |round: usize| black_box(&library).observe_kept(&kept[round % 16], work().duration(round));
    let tails =
        tail::measure(record, || library.page(&mut memory, &mut |part| _ = black_box(part)));
    let step = tails.clock_step();
    let phases = [
        ("the timer alone", &tails.timer_alone),
        ("idle", &tails.idle),
        ("scraped", &tails.scraped),
    ];
    for (phase, histogram) in phases {
        for (name, quantile) in QUANTILES {
            let ns = tail::quantile(histogram, quantile, step);
            print(&[Row::new("tails", &format!("{phase}, {name}"), None, L::NAME, "ns", ns)]);
        }
    }
    for (name, quantile) in QUANTILES {
        let ratio = tail::quantile(&tails.scraped, quantile, step)
            / tail::quantile(&tails.idle, quantile, step);
        print(&[Row::new(
            "tails",
            &format!("scraped by idle, {name}"),
            None,
            L::NAME,
            "times",
            ratio,
        )]);
    }
}
