//! A used encoder writes the same pages as a new one.

use proptest::prelude::*;
use tickmark::{Bounds, Registry, Scale};
use tickmark_text::Encoder;

#[test]
fn series_created_between_pages_appear() {
    let registry = Registry::new();
    let hits = registry.counter_family("hits", "H.", ["page"]).unwrap();
    let encoder = Encoder::new(&registry);
    assert_eq!(encoder.encode(), "# HELP hits_total H.\n# TYPE hits_total counter\n");

    hits.with(["a"]).inc();
    assert!(encoder.encode().ends_with(b"counter\nhits_total{page=\"a\"} 1\n"));

    hits.with(["b"]).add(2);
    assert!(
        encoder
            .encode()
            .ends_with(b"counter\nhits_total{page=\"a\"} 1\nhits_total{page=\"b\"} 2\n")
    );

    registry.gauge("up", "U.").unwrap().set(1);
    assert!(
        encoder
            .encode()
            .ends_with(b"hits_total{page=\"b\"} 2\n# HELP up U.\n# TYPE up gauge\nup 1\n")
    );
}

#[test]
fn held_pages_do_not_change() {
    let registry = Registry::new();
    let level = registry.gauge("level", "L.").unwrap();
    let encoder = Encoder::new(&registry);
    let pages: Vec<_> = (0..5)
        .map(|value| {
            level.set(value);
            encoder.encode()
        })
        .collect();
    for (value, page) in pages.iter().enumerate() {
        assert_eq!(page, &format!("# HELP level L.\n# TYPE level gauge\nlevel {value}\n"));
    }
}

#[derive(Clone, Debug)]
enum Step {
    Count { label: u8, amount: u64 },
    Set { label: u8, level: i64 },
    Observe { label: u8, value: u64 },
    Register,
    Encode { hold: bool },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_u8..20, any::<u64>()).prop_map(|(label, amount)| Step::Count { label, amount }),
        (0_u8..20, any::<i64>()).prop_map(|(label, level)| Step::Set { label, level }),
        (0_u8..20, any::<u64>()).prop_map(|(label, value)| Step::Observe { label, value }),
        Just(Step::Register),
        any::<bool>().prop_map(|hold| Step::Encode { hold }),
    ]
}

proptest! {
    #[test]
    fn used_encoder_equals_a_new_one(steps in proptest::collection::vec(step(), 1..60)) {
        let registry = Registry::new();
        let bounds = Bounds::new(Scale::Micros, &[0.5, 8.0]).unwrap();
        let counters = registry.counter_family("b_counters", "C.", ["l"]).unwrap();
        let gauges = registry.gauge_family("d_gauges", "G.", ["l"]).unwrap();
        let histograms = registry.histogram_family("f_histograms", "H.", ["l"], &bounds).unwrap();
        let encoder = Encoder::new(&registry);
        let mut held = Vec::new();
        let mut registered = 0;
        for step in steps {
            match step {
                Step::Count { label, amount } => {
                    counters.with([&"\n".repeat(label.into())]).add(amount)
                }
                Step::Set { label, level } => gauges.with([&"\"".repeat(label.into())]).set(level),
                Step::Observe { label, value } => {
                    histograms.with([&"l".repeat(label.into())]).observe(value)
                }
                Step::Register => {
                    let first_letter = ["a", "c", "e", "g"][registered % 4];
                    _ = registry.gauge(&format!("{first_letter}_{registered}"), "R.").unwrap();
                    registered += 1;
                }
                Step::Encode { hold } => {
                    let page = encoder.encode();
                    prop_assert_eq!(&page, &Encoder::new(&registry).encode());
                    if hold {
                        held.push(page);
                    }
                }
            }
        }
    }
}
