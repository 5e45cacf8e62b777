//! A literal page for each rule of the text format.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

use tickmark::collect::Collection;
use tickmark::{Bounds, FloatBounds, Registry, Scale};
use tickmark_text::{Encoder, Escaping, Format};

fn page(registry: Registry) -> String {
    Encoder::new(&registry).encode_to_string()
}

/// The bounds are equal in every format: a server before Prometheus 3 would start new
/// series if they changed with the format.
#[test]
fn plain_bounds_are_plain_in_every_format() {
    let registry = Registry::new();
    let plain = registry.with_prefix("plain_").with_plain_bounds();
    let bounds = Bounds::new(Scale::Nanos, &[0.005, 1.0, 2.5, 10.0, 1e7]).unwrap();
    for scope in [&plain, &registry] {
        _ = scope.histogram("seconds", "S.", &bounds).unwrap();
        let collect = |out: &mut Collection| {
            out.summary("heat", "H.", [], &[0.0, 0.5, 1.0]).series([], &[1.0, 2.0, 3.0], 6, 3);
        };
        scope
            .register_collector(
                if scope.families().iter().count() > 1 { "a" } else { "b" },
                collect,
            )
            .unwrap();
    }
    for format in
        [Format::Text0_0_4, Format::Text1_0_0(Escaping::Dots), Format::OpenMetrics1_0(None)]
    {
        let page = String::from_utf8(Encoder::new(&registry).encode_as(format).to_vec()).unwrap();
        let texts = |name: &str, label: &str| {
            let lines = page.lines().filter(move |line| line.starts_with(name));
            let text = |line: &str| Some(line.split_once(label)?.1.split('"').nth(1)?.to_owned());
            lines.filter_map(text).collect::<Vec<_>>()
        };
        assert_eq!(
            texts("plain_", "{le="),
            ["0.005", "1", "2.5", "10", "10000000", "+Inf"],
            "{page}"
        );
        assert_eq!(
            texts("seconds_", "{le="),
            ["0.005", "1.0", "2.5", "10.0", "1e+07", "+Inf"],
            "{page}"
        );
        assert_eq!(texts("plain_", "{quantile="), ["0", "0.5", "1"], "{page}");
        assert_eq!(texts("heat", "{quantile="), ["0.0", "0.5", "1.0"], "{page}");
    }
}

/// A new series reuses the slot of a removed one.
#[test]
fn series_are_sorted_by_slot() {
    let registry = Registry::new();
    let jobs = registry.counter_family("jobs", "J.", ["job"]).unwrap();
    ["a", "b", "c"].iter().for_each(|job| jobs.with([job]).inc());
    assert!(jobs.remove(["a"]));
    jobs.with(["d"]).inc();
    let page = String::from_utf8(Encoder::new(&registry).encode().to_vec()).unwrap();
    let order: Vec<_> =
        page.lines().filter_map(|line| line.strip_prefix("jobs_total{job=")).collect();
    assert_eq!(order, ["\"d\"} 1", "\"b\"} 1", "\"c\"} 1"]);
}

#[test]
fn empty_registry_is_an_empty_page() {
    assert_eq!(page(Registry::new()), "");
}

#[test]
fn help_comes_before_type() {
    let registry = Registry::new();
    registry.gauge("x", "What x is.").unwrap().set(1);
    assert_eq!(page(registry), "# HELP x What x is.\n# TYPE x gauge\nx 1\n");
}

#[test]
fn counters_end_in_total_everywhere() {
    for name in ["x", "x_total"] {
        let registry = Registry::new();
        registry.counter(name, "X.").unwrap().inc();
        assert_eq!(page(registry), "# HELP x_total X.\n# TYPE x_total counter\nx_total 1\n");
    }
}

#[test]
fn up_down_counters_are_gauges() {
    let registry = Registry::new();
    let open = registry.up_down_counter("x", "X.").unwrap();
    open.inc();
    open.inc();
    open.dec();
    assert_eq!(page(registry), "# HELP x X.\n# TYPE x gauge\nx 1\n");
}

#[test]
fn counters_are_exact_over_all_of_u64() {
    let registry = Registry::new();
    let family = registry.counter_family("x", "X.", ["v"]).unwrap();
    family.with(["zero"]).add(0);
    family.with(["2^53+1"]).add((1 << 53) + 1);
    family.with(["max"]).add(u64::MAX);
    assert_eq!(
        page(registry),
        r#"# HELP x_total X.
# TYPE x_total counter
x_total{v="zero"} 0
x_total{v="2^53+1"} 9007199254740993
x_total{v="max"} 18446744073709551615
"#
    );
}

#[test]
fn gauges_are_exact_over_all_of_i64() {
    let registry = Registry::new();
    let family = registry.gauge_family("x", "X.", ["v"]).unwrap();
    for value in [0, -1, i64::MIN, i64::MAX] {
        family.with([&value.to_string()]).set(value);
    }
    assert_eq!(
        page(registry),
        r#"# HELP x X.
# TYPE x gauge
x{v="0"} 0
x{v="-1"} -1
x{v="-9223372036854775808"} -9223372036854775808
x{v="9223372036854775807"} 9223372036854775807
"#
    );
}

#[test]
fn label_values_escape_three_characters_only() {
    let registry = Registry::new();
    let family = registry.counter_family("x", "X.", ["v"]).unwrap();
    for value in [r"a\b", r"a\\b", "say \"hi\"", "two\nlines", r"\n", "", "}\r\t\0,", "花火 🎆"]
    {
        family.with([value]).inc();
    }
    assert_eq!(
        page(registry),
        [
            "# HELP x_total X.",
            "# TYPE x_total counter",
            r#"x_total{v="a\\b"} 1"#,
            r#"x_total{v="a\\\\b"} 1"#,
            r#"x_total{v="say \"hi\""} 1"#,
            r#"x_total{v="two\nlines"} 1"#,
            r#"x_total{v="\\n"} 1"#,
            r#"x_total{v=""} 1"#,
            "x_total{v=\"}\r\t\0,\"} 1",
            r#"x_total{v="花火 🎆"} 1"#,
            "",
        ]
        .join("\n")
    );
}

#[test]
fn help_escapes_backslash_and_newline_only() {
    let registry = Registry::new();
    registry.gauge("x", "a\\b \"c\"\nd\\n\r 花火").unwrap().set(1);
    assert_eq!(page(registry), "# HELP x a\\\\b \"c\"\\nd\\\\n\r 花火\n# TYPE x gauge\nx 1\n");
}

#[test]
fn adjacent_label_values_stay_distinct() {
    let registry = Registry::new();
    let family = registry.counter_family("x", "X.", ["p", "q"]).unwrap();
    family.with(["ab", "c"]).add(1);
    family.with(["a", "bc"]).add(2);
    family.with(["a\",q=\"b", "c"]).add(3);
    assert_eq!(
        page(registry),
        r#"# HELP x_total X.
# TYPE x_total counter
x_total{p="ab",q="c"} 1
x_total{p="a",q="bc"} 2
x_total{p="a\",q=\"b",q="c"} 3
"#
    );
}

#[test]
fn families_are_sorted_by_name() {
    let registry = Registry::new();
    let second = registry.gauge_family("b", "B.", ["z", "a"]).unwrap();
    _ = registry.gauge("c", "C.").unwrap();
    _ = registry.gauge("a", "A.").unwrap();
    _ = second.with(["2", "1"]);
    _ = second.with(["1", "2"]);
    assert_eq!(
        page(registry),
        r#"# HELP a A.
# TYPE a gauge
a 0
# HELP b B.
# TYPE b gauge
b{z="2",a="1"} 0
b{z="1",a="2"} 0
# HELP c C.
# TYPE c gauge
c 0
"#
    );
}

#[test]
fn families_without_series_have_metadata() {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::One, &[1.0]).unwrap();
    _ = registry.counter_family("a", "A.", ["l"]).unwrap();
    _ = registry.gauge_family("b", "B.", ["l"]).unwrap();
    _ = registry.histogram_family("c", "C.", ["l"], &bounds).unwrap();
    assert_eq!(
        page(registry),
        "# HELP a_total A.\n# TYPE a_total counter\n\
         # HELP b B.\n# TYPE b gauge\n\
         # HELP c C.\n# TYPE c histogram\n"
    );
}

#[test]
fn buckets_are_cumulative_and_end_in_inf() {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::One, &[1.0, 2.0, 4.0]).unwrap();
    let histogram = registry.histogram("x_bytes", "X.", &bounds).unwrap();
    for value in [0, 1, 2, 4, 4, 5, 1_000] {
        histogram.observe(value);
    }
    assert_eq!(
        page(registry),
        r#"# HELP x_bytes X.
# TYPE x_bytes histogram
x_bytes_bucket{le="1.0"} 2
x_bytes_bucket{le="2.0"} 3
x_bytes_bucket{le="4.0"} 5
x_bytes_bucket{le="+Inf"} 7
x_bytes_sum 1016
x_bytes_count 7
"#
    );
}

#[test]
fn counts_past_u64_do_not_fall() {
    let registry = Registry::new();
    let whole = Bounds::whole([1.0, 2.0]).unwrap();
    let whole = registry.histogram("a", "A.", &whole).unwrap();
    let float = FloatBounds::new(&[1.0, 2.0]).unwrap();
    let float = registry.float_histogram("b", "B.", &float).unwrap();
    for (value, count) in [(0_u32, u64::MAX - 2), (2, 4), (3, 5)] {
        whole.observe_many(value.into(), count);
        float.observe_many(value.into(), count);
    }
    assert_eq!(whole.snapshot().count(), u64::MAX);
    for format in [Format::Text0_0_4, Format::OpenMetrics1_0(None)] {
        let page = String::from_utf8(Encoder::new(&registry).encode_as(format).to_vec()).unwrap();
        let lines = page.lines().filter(|line| !line.starts_with('#') && !line.contains("sum"));
        let counts: Vec<u64> =
            lines.map(|line| line.split_once(' ').unwrap().1.parse().unwrap()).collect();
        assert_eq!(counts, [u64::MAX - 2, u64::MAX, u64::MAX, u64::MAX].repeat(2), "{page}");
    }
}

#[test]
fn empty_histogram_is_all_zeros() {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::Nanos, &[1.0]).unwrap();
    _ = registry.histogram("x", "X.", &bounds).unwrap();
    assert_eq!(
        page(registry),
        r#"# HELP x X.
# TYPE x histogram
x_bucket{le="1.0"} 0
x_bucket{le="+Inf"} 0
x_sum 0
x_count 0
"#
    );
}

#[test]
fn le_is_the_last_label() {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::One, &[1.0]).unwrap();
    let family = registry.histogram_family("x", "X.", ["z", "a"], &bounds).unwrap();
    family.with(["1", "\""]).observe(1);
    family.with(["2", "\\"]).observe(3);
    assert_eq!(
        page(registry),
        r#"# HELP x X.
# TYPE x histogram
x_bucket{z="1",a="\"",le="1.0"} 1
x_bucket{z="1",a="\"",le="+Inf"} 1
x_sum{z="1",a="\""} 1
x_count{z="1",a="\""} 1
x_bucket{z="2",a="\\",le="1.0"} 0
x_bucket{z="2",a="\\",le="+Inf"} 1
x_sum{z="2",a="\\"} 3
x_count{z="2",a="\\"} 1
"#
    );
}

#[test]
fn bounds_read_as_floats() {
    let registry = Registry::new();
    let bounds = [0.00001, 0.0001, 0.005, 0.1, 1.0, 2.5, 10.0, 100_000.0, 1_000_000.0, 1_234_567.0];
    _ = registry.histogram("x", "X.", &Bounds::new(Scale::Micros, &bounds).unwrap()).unwrap();
    let page = page(registry);
    let written: Vec<_> =
        page.lines().filter_map(|line| line.strip_prefix("x_bucket{le=")).collect();
    assert_eq!(
        written,
        [
            r#""1e-05"} 0"#,
            r#""0.0001"} 0"#,
            r#""0.005"} 0"#,
            r#""0.1"} 0"#,
            r#""1.0"} 0"#,
            r#""2.5"} 0"#,
            r#""10.0"} 0"#,
            r#""100000.0"} 0"#,
            r#""1e+06"} 0"#,
            r#""1.234567e+06"} 0"#,
            r#""+Inf"} 0"#,
        ]
    );
}

/// Returns the `_sum` line of a histogram of this scale after these observations.
fn sum_line(scale: Scale, values: &[u64]) -> String {
    let registry = Registry::new();
    let histogram = registry.histogram("x", "X.", &Bounds::new(scale, &[1.0]).unwrap()).unwrap();
    for value in values {
        histogram.observe(*value);
    }
    page(registry).lines().find(|line| line.starts_with("x_sum")).unwrap().to_owned()
}

#[test]
fn sums_are_exact_decimals_in_every_scale() {
    assert_eq!(sum_line(Scale::Nanos, &[1_500_000_000]), "x_sum 1.5");
    assert_eq!(sum_line(Scale::Nanos, &[500_000_000, 1_500_000_000]), "x_sum 2");
    assert_eq!(sum_line(Scale::Nanos, &[1]), "x_sum 0.000000001");
    assert_eq!(sum_line(Scale::Nanos, &[u64::MAX]), "x_sum 18446744073.709551615");
    assert_eq!(sum_line(Scale::Micros, &[10_000_010]), "x_sum 10.00001");
    assert_eq!(sum_line(Scale::Micros, &[u64::MAX]), "x_sum 18446744073709.551615");
    assert_eq!(sum_line(Scale::Millis, &[20]), "x_sum 0.02");
    assert_eq!(sum_line(Scale::Millis, &[u64::MAX]), "x_sum 18446744073709551.615");
    assert_eq!(sum_line(Scale::One, &[100]), "x_sum 100");
    assert_eq!(sum_line(Scale::One, &[u64::MAX]), "x_sum 18446744073709551615");
}

/// Returns the page of a registry with this collector.
fn collected_page(collect: impl Fn(&mut Collection) + Send + Sync + 'static) -> String {
    let registry = Registry::new();
    registry.register_collector("test", collect).unwrap();
    page(registry)
}

#[test]
fn summaries_end_in_sum_and_count() {
    let page = collected_page(|out: &mut Collection| {
        out.summary("x_seconds", "X.", [], &[0.0, 0.5, 0.999, 1.0]).series(
            [],
            &[0.25, 1.0, f64::NAN, 1e6],
            12.5,
            7,
        );
        let mut labelled = out.summary("y", "Y.", ["a"], &[0.5]);
        labelled.series(["\""], &[-1.0], 3, 1);
        labelled.series(["\\"], &[f64::INFINITY], u64::MAX, 2);
        out.summary("z", "Z.", [], &[]).series([], &[], 2.0, 1);
    });
    assert_eq!(
        page,
        r#"# HELP x_seconds X.
# TYPE x_seconds summary
x_seconds{quantile="0.0"} 0.25
x_seconds{quantile="0.5"} 1
x_seconds{quantile="0.999"} NaN
x_seconds{quantile="1.0"} 1e+06
x_seconds_sum 12.5
x_seconds_count 7
# HELP y Y.
# TYPE y summary
y{a="\"",quantile="0.5"} -1
y_sum{a="\""} 3
y_count{a="\""} 1
y{a="\\",quantile="0.5"} +Inf
y_sum{a="\\"} 18446744073709551615
y_count{a="\\"} 2
# HELP z Z.
# TYPE z summary
z_sum 2
z_count 1
"#
    );
}

#[test]
fn info_families_are_gauges() {
    let page = collected_page(|out: &mut Collection| {
        out.info("x", "X.", ["version", "commit"]).series(["1.2\n", "f00"]);
        out.info("y_info", "Y.", []).series([]);
    });
    assert_eq!(
        page,
        r#"# HELP x_info X.
# TYPE x_info gauge
x_info{version="1.2\n",commit="f00"} 1
# HELP y_info Y.
# TYPE y_info gauge
y_info 1
"#
    );
}

#[test]
fn state_sets_are_gauges_by_state() {
    let page = collected_page(|out: &mut Collection| {
        out.state_set("x", "X.", [], &["on", "say \"hi\"\n"]).series([], &[true, false]);
        let mut labelled = out.state_set("y", "Y.", ["disk"], &["good", "bad"]);
        labelled.series(["sda"], &[false, false]);
        labelled.series(["sdb"], &[true, true]);
    });
    assert_eq!(
        page,
        r#"# HELP x X.
# TYPE x gauge
x{x="on"} 1
x{x="say \"hi\"\n"} 0
# HELP y Y.
# TYPE y gauge
y{disk="sda",y="good"} 0
y{disk="sda",y="bad"} 0
y{disk="sdb",y="good"} 1
y{disk="sdb",y="bad"} 1
"#
    );
}

#[test]
fn collected_families_are_sorted_among_registered_ones() {
    let registry = Registry::new();
    for name in ["a", "c", "e"] {
        registry.gauge(name, "Recorded.").unwrap().set(1);
    }
    let collect = |out: &mut Collection| {
        out.counter("d", "Collected.", ["l"]).series(["1"], 0.5);
        out.gauge("b", "Collected.", []).series([], -2);
        out.histogram("f", "Collected.", [], &[0.5, 2.0]).series([], &[1, 0, 2], 7.5);
        _ = out.gauge("g", "Collected, and empty.", []);
    };
    registry.register_collector("test", collect).unwrap();
    assert_eq!(
        page(registry),
        r#"# HELP a Recorded.
# TYPE a gauge
a 1
# HELP b Collected.
# TYPE b gauge
b -2
# HELP c Recorded.
# TYPE c gauge
c 1
# HELP d_total Collected.
# TYPE d_total counter
d_total{l="1"} 0.5
# HELP e Recorded.
# TYPE e gauge
e 1
# HELP f Collected.
# TYPE f histogram
f_bucket{le="0.5"} 1
f_bucket{le="2.0"} 1
f_bucket{le="+Inf"} 3
f_sum 7.5
f_count 3
# HELP g Collected, and empty.
# TYPE g gauge
"#
    );
}

#[test]
fn constant_labels_come_first() {
    let registry = Registry::new();
    let scope = registry.with_prefix("app_").with_label("zone", "a\"b").with_label("job", "");
    let bounds = Bounds::new(Scale::One, &[1.0]).unwrap();
    scope.counter_family("x", "X.", ["a"]).unwrap().with(["1"]).inc();
    scope.histogram("y", "Y.", &bounds).unwrap().observe(1);
    scope
        .register_collector("test", |out: &mut Collection| {
            out.gauge("z", "Z.", ["a"]).series(["1"], 1)
        })
        .unwrap();
    assert_eq!(
        page(registry),
        r#"# HELP app_x_total X.
# TYPE app_x_total counter
app_x_total{zone="a\"b",job="",a="1"} 1
# HELP app_y Y.
# TYPE app_y histogram
app_y_bucket{zone="a\"b",job="",le="1.0"} 1
app_y_bucket{zone="a\"b",job="",le="+Inf"} 1
app_y_sum{zone="a\"b",job=""} 1
app_y_count{zone="a\"b",job=""} 1
# HELP app_z Z.
# TYPE app_z gauge
app_z{zone="a\"b",job="",a="1"} 1
"#
    );
}

#[test]
fn floats_are_written_in_shortest_digits() {
    let registry = Registry::new();
    let counters = registry.float_counter_family("a", "A.", ["v"]).unwrap();
    for amount in [0.0, 1.0, 0.1, 1e-9, 1e21, f64::MAX] {
        counters.with([&format!("{amount:e}")]).add(amount);
    }
    let gauges = registry.float_gauge_family("b", "B.", ["v"]).unwrap();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, -21.5] {
        gauges.with([&value.to_string()]).set(value);
    }
    assert_eq!(
        page(registry),
        r#"# HELP a_total A.
# TYPE a_total counter
a_total{v="0e0"} 0
a_total{v="1e0"} 1
a_total{v="1e-1"} 0.1
a_total{v="1e-9"} 1e-09
a_total{v="1e21"} 1e+21
a_total{v="1.7976931348623157e308"} 1.7976931348623157e+308
# HELP b B.
# TYPE b gauge
b{v="NaN"} NaN
b{v="inf"} +Inf
b{v="-inf"} -Inf
b{v="-0"} 0
b{v="-21.5"} -21.5
"#
    );
}

#[test]
fn float_histograms_allow_negative_bounds() {
    let registry = Registry::new();
    let bounds = FloatBounds::new(&[-1e6, -2.5, -1.0, 0.0, 0.25]).unwrap();
    let histogram = registry.float_histogram("x_celsius", "X.", &bounds).unwrap();
    for value in [-3.0, -2.5, -0.0, 0.125, 0.25, 1.0] {
        histogram.observe(value);
    }
    assert_eq!(
        page(registry),
        r#"# HELP x_celsius X.
# TYPE x_celsius histogram
x_celsius_bucket{le="-1e+06"} 0
x_celsius_bucket{le="-2.5"} 2
x_celsius_bucket{le="-1.0"} 2
x_celsius_bucket{le="0.0"} 3
x_celsius_bucket{le="0.25"} 5
x_celsius_bucket{le="+Inf"} 6
x_celsius_sum -4.125
x_celsius_count 6
"#
    );
}

#[test]
fn rejected_records_are_exposed() {
    let registry = Registry::new();
    let counter = registry.float_counter("x", "X.").unwrap();
    let histogram =
        registry.float_histogram("y", "Y.", &FloatBounds::new(&[1.0]).unwrap()).unwrap();
    assert!(!page(registry.clone()).contains("rejected"));
    counter.add(-1.0);
    counter.add(f64::NAN);
    histogram.observe(f64::INFINITY);
    for _ in 0..2 {
        let page = page(registry.clone());
        let (rejected, rest) = page.split_at(page.find("# HELP x_total").unwrap());
        let (help, rejected) = rejected.split_once('\n').unwrap();
        assert!(help.starts_with("# HELP tickmark_observations_rejected_total "), "{help}");
        assert_eq!(
            rejected,
            r#"# TYPE tickmark_observations_rejected_total counter
tickmark_observations_rejected_total{family="x_total"} 2
tickmark_observations_rejected_total{family="y"} 1
"#
        );
        assert!(
            rest.starts_with("# HELP x_total X.\n# TYPE x_total counter\nx_total 0\n"),
            "{rest}"
        );
        assert!(rest.contains("y_bucket{le=\"+Inf\"} 0\ny_sum 0\ny_count 0\n"), "{rest}");
    }
}
