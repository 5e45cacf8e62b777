//! Pages of open families, of counters without `_total`, and of numbers of unknown kind.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

use tickmark::collect::Collection;
use tickmark::{Bounds, Counter, Gauge, Histogram, Registry, Scale};
use tickmark_text::{Encoder, Escaping, Format, NameFilter};

const OPENMETRICS: Format = Format::OpenMetrics1_0(None);

fn page(registry: &Registry, format: Format) -> String {
    let encoder = Encoder::new(registry);
    let first = encoder.encode_as(format);
    // From what the first page kept.
    assert_eq!(encoder.encode_as(format), first);
    String::from_utf8(first.to_vec()).unwrap()
}

fn collected(collect: impl Fn(&mut Collection) + Send + Sync + 'static) -> Registry {
    let registry = Registry::new();
    registry.register_collector("test", collect).unwrap();
    registry
}

fn queries(registry: &Registry) {
    let family = registry.open_family::<Counter>("queries_total", "Queries.", &()).unwrap();
    family.with(&[("op", "read"), ("db", "a\"b\\\n")]).unwrap().add(1);
    family.with(&[]).unwrap().add(2);
    family.with(&[("host", "h"), ("op", "")]).unwrap().add(3);
}

#[test]
fn open_family_has_one_help_and_type() {
    let registry = Registry::new();
    queries(&registry);
    let samples = "queries_total{db=\"a\\\"b\\\\\\n\",op=\"read\"} 1\n\
                   queries_total 2\n\
                   queries_total{host=\"h\"} 3\n";
    let text = format!("# HELP queries_total Queries.\n# TYPE queries_total counter\n{samples}");
    assert_eq!(page(&registry, Format::Text0_0_4), text);
    assert_eq!(page(&registry, Format::Text1_0_0(Escaping::AllowUtf8)), text);
    assert_eq!(
        page(&registry, OPENMETRICS),
        format!("# TYPE queries counter\n# HELP queries Queries.\n{samples}# EOF\n")
    );
    assert_eq!(
        page(&registry, Format::Text1_0_0(Escaping::Dots)),
        text.replace("queries_total", "queries__total")
    );
}

#[test]
fn constant_labels_precede_own_labels() {
    let registry = Registry::new().with_label("shard", "7");
    queries(&registry);
    let page = page(&registry, Format::Text0_0_4);
    let samples: Vec<_> = page.lines().skip(2).collect();
    assert_eq!(
        samples,
        [
            r#"queries_total{shard="7",db="a\"b\\\n",op="read"} 1"#,
            r#"queries_total{shard="7"} 2"#,
            r#"queries_total{shard="7",host="h"} 3"#,
        ]
    );
}

#[test]
fn open_histogram_writes_every_line() {
    let registry = Registry::new();
    let bounds = Bounds::new(Scale::Nanos, &[0.5]).unwrap();
    let times = registry.open_family::<Histogram>("seconds", "S.", &bounds).unwrap();
    times.with(&[("a", "x")]).unwrap().observe(1_000_000_000);
    times.with(&[]).unwrap().observe(250_000_000);
    assert_eq!(
        page(&registry, Format::Text0_0_4),
        r#"# HELP seconds S.
# TYPE seconds histogram
seconds_bucket{a="x",le="0.5"} 0
seconds_bucket{a="x",le="+Inf"} 1
seconds_sum{a="x"} 1
seconds_count{a="x"} 1
seconds_bucket{le="0.5"} 1
seconds_bucket{le="+Inf"} 1
seconds_sum 0.25
seconds_count 1
"#
    );
}

#[test]
fn utf8_label_names_are_escaped_per_series() {
    let registry = Registry::new().with_utf8_names();
    let family = registry.open_family::<Gauge>("cpu.load", "Load.", &()).unwrap();
    family.with(&[("cpu.id", "0")]).unwrap().set(1);
    family.with(&[("zone", "b")]).unwrap().set(2);
    family.with(&[]).unwrap().set(3);
    let samples = |format| -> Vec<String> {
        let page = page(&registry, format);
        page.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    };
    assert_eq!(
        samples(Format::Text0_0_4),
        [r#"cpu_load{cpu_id="0"} 1"#, r#"cpu_load{zone="b"} 2"#, "cpu_load 3"]
    );
    assert_eq!(
        samples(Format::OpenMetrics1_0(Some(Escaping::AllowUtf8))),
        [r#"{"cpu.load","cpu.id"="0"} 1"#, r#"{"cpu.load",zone="b"} 2"#, r#"{"cpu.load"} 3"#]
    );
    assert_eq!(
        samples(Format::Text1_0_0(Escaping::Values)),
        [
            r#"U__cpu_2e_load{U__cpu_2e_id="0"} 1"#,
            r#"U__cpu_2e_load{zone="b"} 2"#,
            "U__cpu_2e_load 3"
        ]
    );
    assert_eq!(
        samples(Format::Text1_0_0(Escaping::Dots)),
        [r#"cpu_dot_load{cpu_dot_id="0"} 1"#, r#"cpu_dot_load{zone="b"} 2"#, "cpu_dot_load 3"]
    );
}

/// An encoder keeps the texts of labels from format to format.
#[test]
fn kept_texts_serve_only_their_formats() {
    let registry = Registry::new().with_utf8_names();
    let family = registry.open_family::<Gauge>("load", "Load.", &()).unwrap();
    family.with(&[("cpu.id", "0")]).unwrap().set(1);
    family.with(&[("cpu_zone", "b")]).unwrap().set(2);
    let encoder = Encoder::new(&registry);
    let formats = [
        Format::Text0_0_4,
        Format::Text1_0_0(Escaping::Dots),
        Format::OpenMetrics1_0(Some(Escaping::AllowUtf8)),
        Format::Text1_0_0(Escaping::Values),
    ];
    for format in formats.into_iter().cycle().take(12) {
        assert_eq!(encoder.encode_as(format), page(&registry, format).into_bytes());
    }
}

#[test]
fn changed_help_shows_on_next_page() {
    let registry = Registry::new();
    let family = registry.open_family::<Gauge>("level", "First.", &()).unwrap();
    let encoder = Encoder::new(&registry);
    let help = || {
        let page = encoder.encode();
        String::from_utf8(page.to_vec()).unwrap().lines().next().unwrap().to_owned()
    };
    assert_eq!(help(), "# HELP level First.");
    for text in ["Second.", "First.", "Third.", "Second."] {
        family.set_help(text);
        assert_eq!(help(), format!("# HELP level {text}"));
    }
}

#[test]
fn created_times_and_exemplars_follow_open_labels() {
    let registry = Registry::new().with_created_times();
    let family = registry.open_family::<Counter>("jobs_total", "J.", &()).unwrap();
    family.with(&[("a", "x")]).unwrap().add_with_exemplar(3, &[("trace_id", "7")]);
    let page = page(&registry, OPENMETRICS);
    assert!(page.contains("jobs_total{a=\"x\"} 3 # {trace_id=\"7\"} 3 "), "{page}");
    assert!(page.contains("jobs_created{a=\"x\"} "), "{page}");
}

#[test]
fn chunks_cut_between_series_of_any_names() {
    let registry = Registry::new();
    let family = registry.open_family::<Counter>("queries_total", "Queries.", &()).unwrap();
    family.set_series_limit(10_000);
    let long = "x".repeat(50);
    for number in 0..4_000 {
        let (name, number) = (format!("name_{}", number % 60), number.to_string());
        family.with(&[(&name, &number), ("long", &long)]).unwrap().inc();
    }
    let encoder = Encoder::new(&registry);
    let whole = encoder.encode();
    let mut page = encoder.page(Format::Text0_0_4, NameFilter::default());
    let mut chunks = vec![page.next().unwrap()];
    // A later list of names, a later series, and one that leaves before its chunk.
    family.with(&[("later", "1")]).unwrap().inc();
    assert!(family.remove(&[("name_59", "3599"), ("long", &long)]));
    family.with(&[("name_59", "3599"), ("long", &long)]).unwrap().inc();
    chunks.extend(page);
    assert!(chunks.len() > 3);
    let gone = format!("queries_total{{long=\"{long}\",name_59=\"3599\"}} 1\n");
    let expected = String::from_utf8(whole.to_vec()).unwrap().replace(&gone, "");
    assert_eq!(chunks.concat(), expected.as_bytes());
    assert_eq!(expected.matches("# TYPE").count(), 1);
}

#[test]
fn collected_series_may_have_own_names() {
    let registry = collected(|out| {
        let mut queries = out.counter("queries", "Queries.", []);
        queries.open_series(&[("op", "read"), ("db", "x"), ("host", "")], 7);
        queries.open_series(&[("le", "1")], 1);
        queries.series([], 2);
        let mut times = out.histogram("seconds", "S.", [], &[0.5]);
        times.open_series(&[("b", "2"), ("a", "1")], &[3, 4], 5.5);
        let mut jobs = out.summary("job_seconds", "J.", [], &[0.5]);
        jobs.open_series(&[("a", "1")], &[0.2], 1, 2);
        out.info("build", "B.", []).open_series(&[("version", "1.2")]);
        let mut phase = out.state_set("phase", "P.", [], &["on", "off"]);
        phase.open_series(&[("zone", "b")], &[true, false]);
        phase.open_series(&[("phase", "b")], &[true, false]);
    });
    let page = Encoder::new(&registry).encode();
    assert_eq!(
        std::str::from_utf8(&page).unwrap().split("# HELP tickmark").next().unwrap(),
        r#"# HELP build_info B.
# TYPE build_info gauge
build_info{version="1.2"} 1
# HELP job_seconds J.
# TYPE job_seconds summary
job_seconds{a="1",quantile="0.5"} 0.2
job_seconds_sum{a="1"} 1
job_seconds_count{a="1"} 2
# HELP phase P.
# TYPE phase gauge
phase{zone="b",phase="on"} 1
phase{zone="b",phase="off"} 0
# HELP queries_total Queries.
# TYPE queries_total counter
queries_total{db="x",op="read"} 7
queries_total 2
# HELP seconds S.
# TYPE seconds histogram
seconds_bucket{a="1",b="2",le="0.5"} 3
seconds_bucket{a="1",b="2",le="+Inf"} 7
seconds_sum{a="1",b="2"} 5.5
seconds_count{a="1",b="2"} 7
"#
    );
}

#[test]
fn unknown_kind_has_type_of_each_format() {
    let registry = collected(|out| {
        let mut readings = out.unknown("reading", "R.", ["device"]);
        readings.series(["a"], -1.5);
        readings.series(["b"], 2);
    });
    let samples = "reading{device=\"a\"} -1.5\nreading{device=\"b\"} 2";
    assert_eq!(
        page(&registry, Format::Text0_0_4),
        format!("# HELP reading R.\n# TYPE reading untyped\n{samples}\n")
    );
    assert_eq!(
        page(&registry, OPENMETRICS),
        format!("# TYPE reading unknown\n# HELP reading R.\n{samples}\n# EOF\n")
    );
}

#[test]
fn counter_name_as_given_lacks_total() {
    let registry = Registry::new().with_counter_names_as_given().with_created_times();
    let requests = registry.counter("requests", "R.").unwrap();
    requests.add_with_exemplar(3, &[("trace_id", "7")]);
    registry.float_counter("work_total", "W.").unwrap().add(0.5);
    let collect = |out: &mut Collection| out.counter("hits", "H.", []).series([], 4);
    registry.register_collector("test", collect).unwrap();
    assert_eq!(
        page(&registry, Format::Text0_0_4),
        "# HELP hits H.\n# TYPE hits counter\nhits 4\n\
         # HELP requests R.\n# TYPE requests counter\nrequests 3\n\
         # HELP work_total W.\n# TYPE work_total counter\nwork_total 0.5\n"
    );
    let openmetrics = page(&registry, OPENMETRICS);
    let (others, work) = openmetrics.split_once("# TYPE work ").unwrap();
    assert_eq!(
        others,
        "# TYPE hits unknown\n# HELP hits H.\nhits 4\n\
         # TYPE requests unknown\n# HELP requests R.\nrequests 3\n"
    );
    assert!(work.starts_with("counter\n# HELP work W.\nwork_total 0.5\nwork_created "), "{work}");
}

#[test]
fn info_beside_names_as_given_has_suffix() {
    let registry = Registry::new().with_counter_names_as_given();
    registry.info("build", "B.", [("version", "1.2")]).unwrap();
    let collect = |out: &mut Collection| out.info("host", "H.", ["os"]).series(["linux"]);
    registry.register_collector("test", collect).unwrap();
    assert_eq!(
        page(&registry, Format::Text0_0_4),
        "# HELP build_info B.\n# TYPE build_info gauge\nbuild_info{version=\"1.2\"} 1\n\
         # HELP host_info H.\n# TYPE host_info gauge\nhost_info{os=\"linux\"} 1\n"
    );
    assert_eq!(
        page(&registry, OPENMETRICS),
        "# TYPE build info\n# HELP build B.\nbuild_info{version=\"1.2\"} 1\n\
         # TYPE host info\n# HELP host H.\nhost_info{os=\"linux\"} 1\n# EOF\n"
    );
}

#[test]
fn filter_knows_counter_name_as_given() {
    let registry = Registry::new().with_counter_names_as_given();
    _ = registry.counter("requests", "R.").unwrap();
    let is_kept = |name: &str| {
        let filter = NameFilter::parse(&format!("name[]={name}")).unwrap();
        Encoder::new(&registry).page(Format::Text0_0_4, filter).next().is_some()
    };
    assert!(is_kept("requests"));
    assert!(!is_kept("requests_total"));
}

#[test]
fn utf8_counter_as_given_is_escaped_whole() {
    let registry = Registry::new().with_utf8_names().with_counter_names_as_given();
    registry.counter("http.requests", "R.").unwrap().inc();
    let last = |format| page(&registry, format).lines().nth(2).unwrap().to_owned();
    assert_eq!(last(Format::Text0_0_4), "http_requests 1");
    assert_eq!(last(Format::Text1_0_0(Escaping::Dots)), "http_dot_requests 1");
    assert_eq!(last(Format::Text1_0_0(Escaping::Values)), "U__http_2e_requests 1");
    assert_eq!(last(Format::OpenMetrics1_0(Some(Escaping::AllowUtf8))), r#"{"http.requests"} 1"#);
}
