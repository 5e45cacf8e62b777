//! What measuring adds to a request.

use versus::adapters::{FRAMEWORKS, Served};
use versus::print_samples;

/// Requests in a batch: about a tenth of a millisecond of them.
const BATCH: usize = 256;
const ROUNDS: usize = 1_000;

fn main() {
    // axum-prometheus has a task that empties its histograms every few seconds.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _entered = runtime.enter();
    for (framework, services) in FRAMEWORKS {
        let samples = measure(services());
        print_samples("adapters", framework, None, "ns", &samples);
        let first = &samples[0].1;
        // The difference of each round, whose two batches were next to each other.
        let added: Vec<_> = samples[1..]
            .iter()
            .map(|(name, ns)| (name.clone(), ns.iter().zip(first).map(|(ns, first)| ns - first).collect()))
            .collect();
        print_samples("adapters", &format!("{framework}, added"), None, "ns", &added);
    }
}

fn measure(mut services: Vec<Served>) -> Vec<(String, Vec<f64>)> {
    let mut samples: Vec<_> = services.iter().map(|service| (service.name.to_owned(), Vec::new())).collect();
    for round in 0..ROUNDS {
        for (service, (_, samples)) in services.iter_mut().zip(&mut samples) {
            let ns = (service.run)(BATCH);
            // The first touch of a series is not what a request costs.
            if round > ROUNDS / 20 {
                samples.push(ns);
            }
        }
    }
    samples
}
