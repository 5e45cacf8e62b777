//! Names that are not legacy names, on pages of every escaping.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

use tickmark::collect::Collection;
use tickmark::{Bounds, Registry, Scale};
use tickmark_text::{Encoder, Escaping, Format};

fn registry() -> Registry {
    let registry = Registry::new().with_utf8_names();
    registry.counter_family("a.b", "A.", ["l.m"]).unwrap().with(["1"]).add(1);
    registry.counter("a.c", "A.").unwrap().add(2);
    let bounds = Bounds::new(Scale::One, &[1.0]).unwrap();
    registry.histogram_family("h.i", "H.", ["l_m"], &bounds).unwrap().with(["1"]).observe(1);
    registry.histogram("h.\"j\\", "H.", &bounds).unwrap().observe(1);
    let collect = |out: &mut Collection| {
        out.info("i.j", "I.", ["k"]).series(["1"]);
        out.state_set("s.t", "S.", [], &["on"]).series([], &[true]);
    };
    registry.register_collector("test", collect).unwrap();
    registry
}

fn page(format: Format) -> String {
    String::from_utf8(Encoder::new(&registry()).encode_as(format).to_vec()).unwrap()
}

#[test]
fn quoted_names_are_inside_the_braces() {
    assert_eq!(
        page(Format::OpenMetrics1_0(Some(Escaping::AllowUtf8))),
        r##"# TYPE "a.b" counter
# HELP "a.b" A.
{"a.b_total","l.m"="1"} 1
# TYPE "a.c" counter
# HELP "a.c" A.
{"a.c_total"} 2
# TYPE "h.\"j\\" histogram
# HELP "h.\"j\\" H.
{"h.\"j\\_bucket",le="1.0"} 1
{"h.\"j\\_bucket",le="+Inf"} 1
{"h.\"j\\_sum"} 1
{"h.\"j\\_count"} 1
# TYPE "h.i" histogram
# HELP "h.i" H.
{"h.i_bucket",l_m="1",le="1.0"} 1
{"h.i_bucket",l_m="1",le="+Inf"} 1
{"h.i_sum",l_m="1"} 1
{"h.i_count",l_m="1"} 1
# TYPE "i.j" info
# HELP "i.j" I.
{"i.j_info",k="1"} 1
# TYPE "s.t" stateset
# HELP "s.t" S.
{"s.t","s.t"="on"} 1
# EOF
"##
    );
    assert!(page(Format::Text1_0_0(Escaping::AllowUtf8)).starts_with(
        "# HELP \"a.b_total\" A.\n# TYPE \"a.b_total\" counter\n{\"a.b_total\",\"l.m\"=\"1\"} 1\n"
    ));
}

#[test]
fn default_escaping_is_underscores() {
    let expected = r##"# HELP a_b_total A.
# TYPE a_b_total counter
a_b_total{l_m="1"} 1
# HELP a_c_total A.
# TYPE a_c_total counter
a_c_total 2
# HELP h__j_ H.
# TYPE h__j_ histogram
h__j__bucket{le="1.0"} 1
h__j__bucket{le="+Inf"} 1
h__j__sum 1
h__j__count 1
# HELP h_i H.
# TYPE h_i histogram
h_i_bucket{l_m="1",le="1.0"} 1
h_i_bucket{l_m="1",le="+Inf"} 1
h_i_sum{l_m="1"} 1
h_i_count{l_m="1"} 1
# HELP i_j_info I.
# TYPE i_j_info gauge
i_j_info{k="1"} 1
# HELP s_t S.
# TYPE s_t gauge
s_t{s_t="on"} 1
"##;
    assert_eq!(page(Format::Text0_0_4), expected);
    assert_eq!(page(Format::Text1_0_0(Escaping::Underscores)), expected);
}

#[test]
fn dots_and_values_escape_every_name() {
    let lines = |escaping| {
        let page = page(Format::OpenMetrics1_0(Some(escaping)));
        page.lines()
            .filter(|line| !line.starts_with("# HELP"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        lines(Escaping::Dots),
        [
            "# TYPE a_dot_b_ counter",
            "a_dot_b__total{l_dot_m=\"1\"} 1",
            "# TYPE a_dot_c_ counter",
            "a_dot_c__total 2",
            "# TYPE h_dot___j__ histogram",
            "h_dot___j___bucket{le=\"1.0\"} 1",
            "h_dot___j___bucket{le=\"+Inf\"} 1",
            "h_dot___j___sum 1",
            "h_dot___j___count 1",
            "# TYPE h_dot_i histogram",
            "h_dot_i_bucket{l__m=\"1\",le=\"1.0\"} 1",
            "h_dot_i_bucket{l__m=\"1\",le=\"+Inf\"} 1",
            "h_dot_i_sum{l__m=\"1\"} 1",
            "h_dot_i_count{l__m=\"1\"} 1",
            "# TYPE i_dot_j info",
            "i_dot_j_info{k=\"1\"} 1",
            "# TYPE s_dot_t stateset",
            "s_dot_t{s_dot_t=\"on\"} 1",
            "# EOF",
        ]
    );
    let values = lines(Escaping::Values);
    assert_eq!(values[..2], ["# TYPE U__a_2e_b_ counter", "U__a_2e_b__total{U__l_2e_m=\"1\"} 1"]);
    assert_eq!(
        values[9..11],
        ["# TYPE U__h_2e_i histogram", "U__h_2e_i_bucket{l_m=\"1\",le=\"1.0\"} 1"]
    );
}

/// Labels kept for one format are not used for another.
#[test]
fn formats_in_turn_do_not_mix() {
    let encoder = Encoder::new(&registry());
    let formats = [
        Format::Text0_0_4,
        Format::OpenMetrics1_0(None),
        Format::OpenMetrics1_0(Some(Escaping::Dots)),
        Format::Text1_0_0(Escaping::Values),
        Format::Text1_0_0(Escaping::AllowUtf8),
    ];
    for format in formats.into_iter().chain(formats.into_iter().rev()) {
        assert_eq!(encoder.encode_as(format), page(format));
    }
}

#[test]
fn kept_labels_do_not_mix_escapings() {
    let registry = Registry::new();
    registry.counter_family("x", "X.", ["l_m"]).unwrap().with(["1"]).inc();
    let encoder = Encoder::new(&registry);
    for _ in 0..2 {
        assert!(encoder.encode().ends_with(b"\nx_total{l_m=\"1\"} 1\n"));
        assert!(
            encoder
                .encode_as(Format::Text1_0_0(Escaping::Dots))
                .ends_with(b"\nx__total{l__m=\"1\"} 1\n")
        );
    }
}
