//! The machine's own costs: the reference of all other figures.

use versus::measure::single;
use versus::{limits, print_samples};

fn main() {
    let samples = single::measure(&limits::machine());
    print_samples("machine", "by itself", None, "ns", &samples);
}
