//! A literal page for each rule of OpenMetrics.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

use std::time::{SystemTime, UNIX_EPOCH};

use tickmark::collect::Collection;
use tickmark::{Bounds, FloatBounds, Registry, Scale};
use tickmark_text::{Encoder, Escaping, Format};

const OPENMETRICS: Format = Format::OpenMetrics1_0(None);

fn page(registry: &Registry) -> String {
    page_as(registry, OPENMETRICS)
}

fn page_as(registry: &Registry, format: Format) -> String {
    String::from_utf8(Encoder::new(registry).encode_as(format).to_vec()).unwrap()
}

fn collected_page(collect: impl Fn(&mut Collection) + Send + Sync + 'static) -> String {
    let registry = Registry::new();
    registry.register_collector("test", collect).unwrap();
    page(&registry)
}

#[test]
fn empty_page_has_its_end() {
    assert_eq!(page(&Registry::new()), "# EOF\n");
}

#[test]
fn metadata_are_type_unit_help() {
    let registry = Registry::new();
    let seconds = registry.with_unit("seconds");
    seconds.counter("a_seconds", "A \"quoted\\\"\nhelp.").unwrap().add(2);
    registry.gauge("b", "B.").unwrap().set(-3);
    assert_eq!(
        page(&registry),
        r##"# TYPE a_seconds counter
# UNIT a_seconds seconds
# HELP a_seconds A \"quoted\\\"\nhelp.
a_seconds_total 2
# TYPE b gauge
# HELP b B.
b -3
# EOF
"##
    );
}

#[test]
fn units_need_openmetrics_and_a_matching_name() {
    let registry = Registry::new().with_unit("bytes");
    _ = registry.counter_family("sent_bytes_total", "S.", []).unwrap();
    _ = registry
        .histogram_family("size_bytes", "S.", [], &Bounds::new(Scale::One, &[1.0]).unwrap())
        .unwrap();
    let collect = |out: &mut Collection| {
        _ = out.info("about_bytes", "A.", []);
        _ = out.state_set("state_bytes", "S.", [], &[]);
    };
    registry.register_collector("test", collect).unwrap();
    let units = |format| {
        let page = page_as(&registry, format);
        page.lines()
            .filter(|line| line.starts_with("# UNIT"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(units(OPENMETRICS), ["# UNIT sent_bytes bytes", "# UNIT size_bytes bytes"]);
    // The counter, escaped together with its `_total`, no longer ends in its unit.
    assert_eq!(units(Format::OpenMetrics1_0(Some(Escaping::Dots))), ["# UNIT size__bytes bytes"]);
    assert_eq!(units(Format::Text0_0_4), [""; 0]);
    assert_eq!(units(Format::Text1_0_0(Escaping::AllowUtf8)), [""; 0]);
}

#[test]
fn unit_that_needs_escaping_is_omitted() {
    let registry = Registry::new().with_utf8_names().with_unit("b\ns");
    _ = registry.gauge_family("x_b\ns", "X.", []).unwrap();
    assert_eq!(
        page_as(&registry, Format::OpenMetrics1_0(Some(Escaping::AllowUtf8))),
        "# TYPE \"x_b\\ns\" gauge\n# HELP \"x_b\\ns\" X.\n# EOF\n"
    );
}

#[test]
fn whole_floats_have_a_point() {
    let registry = Registry::new();
    let values = registry.float_gauge_family("a", "A.", ["v"]).unwrap();
    for value in [27.0, -0.0, 0.5, 1e6, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        values.with([&value.to_string()]).set(value);
    }
    registry.counter("b", "B.").unwrap().add(u64::MAX);
    registry.gauge("c", "C.").unwrap().set(i64::MIN);
    assert_eq!(
        page(&registry),
        r#"# TYPE a gauge
# HELP a A.
a{v="27"} 27.0
a{v="-0"} 0.0
a{v="0.5"} 0.5
a{v="1000000"} 1e+06
a{v="NaN"} NaN
a{v="inf"} +Inf
a{v="-inf"} -Inf
# TYPE b counter
# HELP b B.
b_total 18446744073709551615
# TYPE c gauge
# HELP c C.
c -9223372036854775808
# EOF
"#
    );
}

#[test]
fn sums_of_a_scale_are_floats() {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::Nanos, &[1.0]).unwrap();
    let histogram = registry.histogram_family("x", "X.", ["a"], &bounds).unwrap();
    histogram.with(["1"]).observe(2_000_000_000);
    assert_eq!(
        page(&registry),
        r#"# TYPE x histogram
# HELP x X.
x_bucket{a="1",le="1.0"} 0
x_bucket{a="1",le="+Inf"} 1
x_sum{a="1"} 2.0
x_count{a="1"} 1
# EOF
"#
    );
}

#[test]
fn info_and_state_sets_have_types() {
    let page = collected_page(|out: &mut Collection| {
        out.info("x", "X.", ["version"]).series(["1.2"]);
        out.state_set("y", "Y.", ["disk"], &["good", "ba\"d"]).series(["sda"], &[true, false]);
    });
    assert_eq!(
        page,
        r#"# TYPE x info
# HELP x X.
x_info{version="1.2"} 1
# TYPE y stateset
# HELP y Y.
y{disk="sda",y="good"} 1
y{disk="sda",y="ba\"d"} 0
# EOF
"#
    );
}

/// Returns the lines of `tickmark_exposition_omissions_total` without the name.
fn omissions(page: &str) -> Vec<&str> {
    page.lines()
        .filter_map(|line| line.strip_prefix("tickmark_exposition_omissions_total"))
        .collect()
}

#[test]
fn summaries_omit_values_below_zero() {
    let registry = Registry::new();
    let collect = |out: &mut Collection| {
        let values = [-3.5, 0.0, f64::NEG_INFINITY, -0.0, f64::NAN];
        out.summary("w", "W.", [], &[0.1, 0.2, 0.3, 0.4, 0.5]).series([], &values, 10.0, 4);
        out.summary("x", "X.", [], &[0.5]).series([], &[1.0], 2.0, 7);
        out.summary("y", "Y.", ["a"], &[0.5]).series(["1"], &[f64::NAN], -0.5, 1);
        out.summary("z", "Z.", [], &[]).series([], &[], -1, 1);
    };
    registry.register_collector("test", collect).unwrap();
    assert_eq!(
        page(&registry),
        r#"# TYPE w summary
# HELP w W.
w{quantile="0.2"} 0.0
w{quantile="0.4"} 0.0
w{quantile="0.5"} NaN
w_sum 10.0
w_count 4
# TYPE x summary
# HELP x X.
x{quantile="0.5"} 1.0
x_sum 2.0
x_count 7
# TYPE y summary
# HELP y Y.
y{a="1",quantile="0.5"} NaN
y_count{a="1"} 1
# TYPE z summary
# HELP z Z.
z_count 1
# EOF
"#
    );
    let text = page_as(&registry, Format::Text0_0_4);
    assert!(
        text.contains("w{quantile=\"0.1\"} -3.5\n") && text.contains("w{quantile=\"0.3\"} -Inf\n")
    );
    assert!(text.contains("y_sum{a=\"1\"} -0.5\n") && text.contains("z_sum -1\n"));
    // Reports of the first page only: text omits nothing.
    let expected = [
        "{family=\"w\",reason=\"quantile value below zero\"} 2",
        "{family=\"y\",reason=\"sum below zero or NaN\"} 1",
        "{family=\"z\",reason=\"sum below zero or NaN\"} 1",
    ];
    assert_eq!(omissions(&text), expected);
}

#[test]
fn histograms_omit_sum_and_count_together() {
    let registry = Registry::new();
    let histogram = |name: &str, bounds: &[f64], values: &[f64]| {
        let histogram =
            registry.float_histogram(name, "H.", &FloatBounds::new(bounds).unwrap()).unwrap();
        values.iter().for_each(|value| histogram.observe(*value));
    };
    histogram("a", &[-1.0, 1.0], &[2.0]);
    histogram("b", &[-0.0], &[]);
    histogram("c", &[0.0], &[0.5]);
    let collect = |out: &mut Collection| {
        out.histogram("d", "D.", [], &[0.5]).series([], &[1, 0], -7);
    };
    registry.register_collector("test", collect).unwrap();
    let page = page(&registry);
    let lines: Vec<_> =
        page.lines().filter(|line| line.contains("_sum") || line.contains("_count")).collect();
    assert_eq!(lines, ["b_sum 0.0", "b_count 0", "c_sum 0.5", "c_count 1"]);
    assert_eq!(page.lines().filter(|line| line.contains("_bucket")).count(), 3 + 3 * 2);

    let text = page_as(&registry, Format::Text0_0_4);
    assert_eq!(
        text.lines().filter(|line| line.contains("_sum ") || line.contains("_count ")).count(),
        8
    );
    let expected = [
        "{family=\"a\",reason=\"bound below zero\"} 1",
        "{family=\"d\",reason=\"sum below zero or NaN\"} 1",
    ];
    assert_eq!(omissions(&text), expected);
}

/// Returns the number at the end of the line with this start.
fn number_after(page: &str, start: &str) -> f64 {
    let line = page.lines().find(|line| line.starts_with(start)).unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn created_lines_are_in_openmetrics_only() {
    let registry = Registry::new();
    let kept = registry.with_created_times();
    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64().floor();
    kept.counter_family("a", "A.", ["l"]).unwrap().with(["1"]).add(3);
    kept.histogram("b", "B.", &Bounds::new(Scale::One, &[1.0]).unwrap()).unwrap().observe(1);
    _ = kept.gauge("c", "C.").unwrap();
    _ = registry.counter("d", "D.").unwrap();
    let encoder = Encoder::new(&registry);
    // The second page may use kept texts.
    for _ in 0..2 {
        let page = String::from_utf8(encoder.encode_as(OPENMETRICS).to_vec()).unwrap();
        for start in ["a_created{l=\"1\"} ", "b_created "] {
            let created = number_after(&page, start);
            assert!((before..before + 3_600.0).contains(&created), "{page}");
        }
        let names: Vec<_> =
            page.lines().filter(|line| !line.starts_with('#')).map(|line| &line[..3]).collect();
        assert_eq!(names, ["a_t", "a_c", "b_b", "b_b", "b_s", "b_c", "b_c", "c 0", "d_t"]);
    }
    assert!(!page_as(&registry, Format::Text0_0_4).contains("_created"));
}

/// Returns the page without the times of exemplars.
fn without_times(page: &str) -> String {
    let line = |line: &str| match line.split_once(" # ") {
        Some((_, exemplar)) => {
            let time = exemplar.rsplit(' ').next().unwrap();
            let (seconds, millis) = time.split_once('.').unwrap();
            assert!(seconds.len() == 10 && millis.len() == 3, "{line}");
            format!("{}T\n", line.strip_suffix(time).unwrap())
        }
        None => format!("{line}\n"),
    };
    page.lines().map(line).collect()
}

#[test]
fn exemplars_follow_values_and_buckets() {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::Millis, &[0.5, 1.0]).unwrap();
    let counters = registry.counter_family("a", "A.", ["l"]).unwrap();
    counters.with(["1"]).add_with_exemplar(5, &[("trace_id", "a\"b"), ("span", "")]);
    counters.with(["2"]).add(2);
    let histogram = registry.histogram("b", "B.", &bounds).unwrap();
    histogram.observe_with_exemplar(670, &[]);
    histogram.observe_with_exemplar(2_000, &[("trace_id", "x")]);
    let encoder = Encoder::new(&registry);
    for _ in 0..2 {
        let page = String::from_utf8(encoder.encode_as(OPENMETRICS).to_vec()).unwrap();
        assert_eq!(
            without_times(&page),
            r##"# TYPE a counter
# HELP a A.
a_total{l="1"} 5 # {trace_id="a\"b",span=""} 5 T
a_total{l="2"} 2
# TYPE b histogram
# HELP b B.
b_bucket{le="0.5"} 0
b_bucket{le="1.0"} 1 # {} 0.67 T
b_bucket{le="+Inf"} 2 # {trace_id="x"} 2.0 T
b_sum 2.67
b_count 2
# EOF
"##
        );
    }
    assert!(!page_as(&registry, Format::Text0_0_4).contains(" # {"));
}

/// In every format the float continues the last integer.
#[test]
fn sums_past_64_bits_are_floats() {
    for (scale, last, sum) in [
        (Scale::One, "18446744073709551615", "3.6893488147419103e+19"),
        (Scale::Nanos, "18446744073.709551615", "3.6893488147419106e+10"),
    ] {
        let registry = Registry::new();
        let histogram =
            registry.histogram("a", "A.", &Bounds::new(scale, &[1.0]).unwrap()).unwrap();
        for (observed, sum) in (1..).zip([last, sum]) {
            histogram.observe(u64::MAX);
            let lines =
                format!("a_bucket{{le=\"+Inf\"}} {observed}\na_sum {sum}\na_count {observed}\n");
            for page in [page(&registry), page_as(&registry, Format::Text0_0_4)] {
                assert!(page.contains(&lines), "{page}");
            }
        }
    }
}

#[test]
fn rejected_exemplars_keep_the_last_valid_one() {
    let registry = Registry::new();
    let counter = registry.counter("a", "A.").unwrap();
    let most = "ä".repeat(128 - "trace_id".len());
    counter.add_with_exemplar(1, &[("trace_id", &most)]);
    let line = format!("a_total 1 # {{trace_id=\"{most}\"}} 1 ");
    assert!(page(&registry).contains(&line));
    for (count, labels) in (1..).zip([
        &[("trace_id", &*format!("{most}ä"))][..],
        &[("trace id", "")],
        &[("a", "1"), ("a", "2")],
        &[("trace_id", "a\0b")],
    ]) {
        counter.add_with_exemplar(0, labels);
        let page = page(&registry);
        assert!(page.contains(&line), "{page}");
        let refusals = format!("tickmark_exemplars_rejected_total{{family=\"a_total\"}} {count}\n");
        assert!(page.contains(&refusals), "{page}");
        assert!(!page.contains("tickmark_exposition_omissions"), "{page}");
    }
}

#[test]
fn inexpressible_family_is_omitted_and_reported() {
    let registry = Registry::new();
    let collect = |out: &mut Collection| {
        out.gauge("a", "A.", []).series([], 1);
        out.state_set("b:c", "B.", [], &["on"]).series([], &[true]);
        out.gauge("d", "D.", []).series([], 2);
    };
    let scope = registry.with_utf8_names();
    scope.register_collector("test", collect).unwrap();
    assert_eq!(
        page(&registry),
        "# TYPE a gauge\n# HELP a A.\na 1\n# TYPE d gauge\n# HELP d D.\nd 2\n# EOF\n"
    );
    assert!(page(&registry).contains("{family=\"b:c\",reason=\"name not a label name\"} 2\n"));
    assert!(page_as(&registry, Format::Text0_0_4).contains("\nb:c{b_c=\"on\"} 1\n"));
    let quoted = page_as(&registry, Format::OpenMetrics1_0(Some(Escaping::AllowUtf8)));
    assert!(quoted.contains("\nb:c{\"b:c\"=\"on\"} 1\n"), "{quoted}");
}
