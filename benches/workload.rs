//! The recorded inputs of the benches: equal for every subject, skewed as in practice,
//! and too many for a branch predictor to learn.

#![forbid(unsafe_code)]

mod answer;
mod echo;

pub use answer::{pending_once, read, read_second};
pub use echo::{Echo, Text, turn};

/// Bounds of request durations, in seconds.
pub const BOUNDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Inputs of each kind. With a tenth of it, predictors learn them, and searches look
/// several times faster.
pub const INPUTS: usize = 16_384;

/// Pseudo-random numbers, equal in every run (xorshift).
struct Numbers(u64);

impl Iterator for Numbers {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Some(self.0)
    }
}

fn numbers() -> impl Iterator<Item = u64> {
    Numbers(88_172_645_463_325_252)
}

/// Durations in nanoseconds, log-uniform from 1 ms to 3 s.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small and positive"
)]
pub fn durations() -> Vec<u64> {
    let fraction = |number: u64| (number >> 11) as f64 / (1_u64 << 53) as f64;
    numbers().take(INPUTS).map(|number| (1e6 * 3_000_f64.powf(fraction(number))) as u64).collect()
}

/// The same durations in seconds.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "small")]
pub fn seconds() -> Vec<f64> {
    durations().into_iter().map(|nanos| nanos as f64 / 1e9).collect()
}

/// Method, route and status of a request.
pub type Request = [String; 3];

/// Requests over 200 label sets, the first ones far more often than the last.
#[must_use]
pub fn requests() -> Vec<Request> {
    requests_over(200)
}

/// Like [`requests`], over this many label sets.
#[must_use]
pub fn requests_over(set_count: u64) -> Vec<Request> {
    let rank = |number: u64| (number % set_count) * ((number >> 32) % set_count) / set_count;
    numbers().take(INPUTS).map(|number| label_set(rank(number))).collect()
}

/// A label set of its own for each rank.
#[must_use]
pub fn label_set(rank: u64) -> Request {
    let method = if rank % 4 == 0 { "POST" } else { "GET" };
    let status = if rank % 10 == 0 { "404" } else { "200" };
    [method.into(), format!("/api/v1/items/{rank}"), status.into()]
}
