//! Names, label values and numbers of every length, as lines are written in steps of
//! fixed length.

#![expect(clippy::unwrap_used, reason = "a test")]

use tickmark::{Bounds, Registry, Scale};
use tickmark_text::{Encoder, Format};

/// Returns a text of this many bytes, in which nearby bytes differ.
fn text(length: usize) -> String {
    ('a'..='w').cycle().take(length).collect()
}

/// Asserts that two pages of one encoder are as expected. The second may use texts that
/// the first kept.
#[track_caller]
fn assert_page(registry: Registry, expected: &str) {
    let encoder = Encoder::new(&registry);
    for _ in 0..2 {
        assert_eq!(encoder.encode(), expected);
    }
    let open_metrics = encoder.encode_as(Format::OpenMetrics1_0(None));
    let samples = |page: &str| {
        page.lines().filter(|line| !line.starts_with('#')).map(String::from).collect::<Vec<_>>()
    };
    assert_eq!(samples(std::str::from_utf8(&open_metrics).unwrap()), samples(expected));
}

#[test]
fn label_values_of_every_length_are_whole() {
    for end in ["", "\"", "\n", "\\"] {
        let registry = Registry::new();
        let counters = registry.counter_family("c", "C.", ["first", "second"]).unwrap();
        let mut expected = String::from("# HELP c_total C.\n# TYPE c_total counter\n");
        let escaped = end.replace('\\', r"\\").replace('"', "\\\"").replace('\n', "\\n");
        for length in (0..150).chain([400, 480, 490, 500, 511, 512, 513, 600, 5_000]) {
            let values = [format!("{}{end}", text(length)), text(length % 21)];
            counters.with([&values[0], &values[1]]).add(length as u64);
            let [first, second] = [format!("{}{escaped}", text(length)), text(length % 21)];
            expected += &format!("c_total{{first=\"{first}\",second=\"{second}\"}} {length}\n");
        }
        assert_page(registry, &expected);
    }
}

#[test]
fn names_of_every_length_are_whole() {
    for length in (1..80).chain([200, 600]) {
        let (registry, name) = (Registry::new(), text(length));
        let bounds = Bounds::new(Scale::One, &[1.0]).unwrap();
        let counters = registry.counter_family(&format!("a{name}"), "C.", [&*name, "z"]).unwrap();
        let histograms =
            registry.histogram_family(&format!("b{name}"), "H.", [&*name], &bounds).unwrap();
        counters.with(["x", "y"]).inc();
        histograms.with(["x"]).observe(3);
        let expected = format!(
            r#"# HELP a{name}_total C.
# TYPE a{name}_total counter
a{name}_total{{{name}="x",z="y"}} 1
# HELP b{name} H.
# TYPE b{name} histogram
b{name}_bucket{{{name}="x",le="1.0"}} 0
b{name}_bucket{{{name}="x",le="+Inf"}} 1
b{name}_sum{{{name}="x"}} 3
b{name}_count{{{name}="x"}} 1
"#
        );
        assert_page(registry, &expected);
    }
}

#[test]
fn numbers_of_every_length_are_whole() {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::One, &[1.0]).unwrap();
    let counters = registry.counter_family("c", "C.", ["number"]).unwrap();
    let plain = registry.gauge_family("g", "G.", ["number"]).unwrap();
    let histograms = registry.histogram_family("h", "H.", ["number"], &bounds).unwrap();
    let mut expected = [
        String::from("# HELP c_total C.\n# TYPE c_total counter\n"),
        String::from("# HELP g G.\n# TYPE g gauge\n"),
        String::from("# HELP h H.\n# TYPE h histogram\n"),
    ];
    let powers = (0..20).map(|power| 10_u64.pow(power));
    for number in powers.flat_map(|power| [power - 1, power, power + 1]).chain([u64::MAX]) {
        let label = format!("{number} {}", expected[0].len());
        counters.with([&label]).add(number);
        let signed = (number as i64).wrapping_neg();
        plain.with([&label]).set(signed);
        histograms.with([&label]).observe(number);
        expected[0] += &format!("c_total{{number=\"{label}\"}} {number}\n");
        expected[1] += &format!("g{{number=\"{label}\"}} {signed}\n");
        let small = u64::from(number <= 1);
        expected[2] += &format!(
            "h_bucket{{number=\"{label}\",le=\"1.0\"}} {small}\n\
             h_bucket{{number=\"{label}\",le=\"+Inf\"}} 1\n\
             h_sum{{number=\"{label}\"}} {number}\nh_count{{number=\"{label}\"}} 1\n"
        );
    }
    assert_page(registry, &expected.concat());
}
