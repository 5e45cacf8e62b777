//! The cost that measuring adds to a request.

use versus::adapters::{FRAMEWORKS, Served};
use versus::measure::{TURN_NS, full_or_quick};
use versus::print_samples;

/// Requests made beforehand for a batch: few enough to stay in the cache.
const BATCH: usize = 256;
const ROUNDS: usize = 15;

fn main() {
    // axum-prometheus has a task that empties its histograms every few seconds.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _entered = runtime.enter();
    let clock = if cfg!(feature = "quanta") { ", clock of quanta" } else { "" };
    for (framework, services) in FRAMEWORKS {
        let samples = measure(services());
        let framework = format!("{framework}{clock}");
        print_samples("adapters", &framework, None, "ns", &samples);
        let first = &samples[0].1;
        // The difference within each round, whose two turns are close in time.
        let added: Vec<_> = samples[1..]
            .iter()
            .filter(|(name, _)| !name.starts_with("limit: "))
            .map(|(name, ns)| {
                (name.clone(), ns.iter().zip(first).map(|(ns, first)| ns - first).collect())
            })
            .collect();
        print_samples("adapters", &format!("{framework}, added"), None, "ns", &added);
    }
}

fn measure(mut services: Vec<Served>) -> Vec<(String, Vec<f64>)> {
    let mut samples: Vec<_> =
        services.iter().map(|service| (service.name.to_owned(), Vec::new())).collect();
    for _ in 0..full_or_quick(ROUNDS, 2) {
        for (service, (_, samples)) in services.iter_mut().zip(&mut samples) {
            samples.push(turn(service));
        }
    }
    samples
}

/// Returns the nanoseconds per request in a turn, after an untimed eighth of a turn. A
/// batch is made, timed and dropped before the next.
fn turn(service: &mut Served) -> f64 {
    let mut run = |turn_ns: f64| {
        let (mut spent, mut batches) = (0.0, 0);
        while spent < turn_ns {
            spent += (service.run)(BATCH) * BATCH as f64;
            batches += 1;
        }
        spent / (batches * BATCH) as f64
    };
    run(TURN_NS / 8.0);
    run(TURN_NS)
}
