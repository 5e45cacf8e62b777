//! Values that are hard to encode, put into a registry, with their account: family by
//! family, in name order.

use tickmark::collect::Collection;
use tickmark::{Bounds, Counter, FloatBounds, FloatHistogram, Registry, Scale};

use crate::account::{Family, Name, Number, Sample, exact};

const TEXT: Name = Name::plain("text");
const LE: Name = Name::plain("le");
const QUANTILE: Name = Name::plain("quantile");

/// Texts that some encoder, parser or shell has failed on.
pub(crate) const TEXTS: [&str; 27] = [
    "",
    "\"",
    "\"\"",
    "\\",
    "\\\\",
    "\\n",
    "\n",
    "\\\n",
    "\\\"",
    "a\\b",
    "a\\\\b",
    "ends in \\",
    "\0",
    "\r",
    "\r\n",
    "\t",
    " ",
    " leading and trailing ",
    "{}",
    "a=\"b\",c",
    "} 7",
    " # {a=\"b\"} 1 2",
    "# EOF",
    "\n# EOF\n",
    "🎆 é 花火",
    "\u{85}\u{2028}\u{feff}\u{1f}",
    "NaN",
];

fn family(name: Name, kind: &'static str, help: &str, samples: Vec<Sample>) -> Family {
    Family { name, kind, help: help.to_owned(), unit: "", samples }
}

/// Every text as a label value, a constant label value, and a help.
pub(crate) fn texts(registry: &Registry) -> Vec<Family> {
    const HELPS: [&str; 24] = [
        "ha", "hb", "hc", "hd", "he", "hf", "hg", "hh", "hi", "hj", "hk", "hl", "hm", "hn", "ho",
        "hp", "hq", "hr", "hs", "ht", "hu", "hv", "hw", "hx",
    ];
    let mut families = vec![];

    let constant = registry.with_label("text", "\\\"\n\r\0🎆").with_label("none", "");
    constant.gauge("constant", "C.").unwrap().set(1);
    let labels = [(TEXT, "\\\"\n\r\0🎆"), (Name::plain("none"), "")];
    families.push(family(
        Name::plain("constant"),
        "gauge",
        "C.",
        vec![Sample::new("", &labels, exact(1))],
    ));

    // A help is mandatory, and promtool counts blanks as empty.
    let helps = TEXTS.iter().filter(|text| !["", " ", "\t"].contains(text));
    for (name, help) in HELPS.map(Name::plain).into_iter().zip(helps) {
        registry.gauge(name.0, help).unwrap().set(-1);
        families.push(family(name, "gauge", help, vec![Sample::new("", &[], exact(-1))]));
    }
    let counters = registry.counter_family("texts", "T.", ["text"]).unwrap();
    let long = "\\\"\n".repeat(5_000);
    let all = || TEXTS.into_iter().chain([&*long]);
    all().zip(0..).for_each(|(text, count)| counters.with([text]).add(count));
    let samples = all()
        .zip(0..)
        .map(|(text, count): (_, u64)| Sample::new("_total", &[(TEXT, text)], exact(count)));
    families.push(family(Name::plain("texts"), "counter", "T.", samples.collect()));
    families
}

/// Numbers that cannot be rounded, and non-numbers.
pub(crate) fn numbers(registry: &Registry) -> Vec<Family> {
    let counts = [0, 1, (1 << 53) + 1, u64::MAX - 1, u64::MAX];
    let counters = registry.counter_family("counts", "C.", ["text"]).unwrap();
    counts.iter().for_each(|count| counters.with([&count.to_string()]).add(*count));
    let counts =
        counts.map(|count| Sample::new("_total", &[(TEXT, &count.to_string())], exact(count)));

    let floats = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        -0.0,
        5e-324,
        f64::MIN_POSITIVE / 3.0,
        f64::MAX,
        f64::MIN,
        0.1 + 0.2,
        1e6,
        999_999.5,
        1e-5,
        27.0,
    ];
    let gauges = registry.float_gauge_family("floats", "F.", ["text"]).unwrap();
    floats.iter().for_each(|float| gauges.with([&format!("{float:?}")]).set(*float));
    let floats =
        floats.map(|float| Sample::new("", &[(TEXT, &format!("{float:?}"))], Number::Float(float)));

    let levels = [i64::MIN, -(1 << 53) - 1, -1, 0, i64::MAX];
    let gauges = registry.gauge_family("levels", "L.", ["text"]).unwrap();
    levels.iter().for_each(|level| gauges.with([&level.to_string()]).set(*level));
    let levels = levels.map(|level| Sample::new("", &[(TEXT, &level.to_string())], exact(level)));

    let bounds = Bounds::new(Scale::Nanos, &[1e-9, 0.25, 1.0, 2e6]).unwrap();
    let nanos = registry.histogram("nanos", "N.", &bounds).unwrap();
    [0, 1, 2, 250_000_001, u64::MAX / 4].iter().for_each(|value| nanos.observe(*value));
    let les = ["1e-09", "0.25", "1.0", "2e+06", "+Inf"];
    let counts_of_nanos = [2, 3, 4, 4, 5];
    // In nanoseconds, so with a fixed point before the last nine digits.
    let sum = (u64::MAX / 4 + 250_000_004).to_string();
    let sum = format!("{}.{}", &sum[..sum.len() - 9], &sum[sum.len() - 9..]);
    let buckets = les.iter().zip(counts_of_nanos);
    let mut nanos: Vec<_> =
        buckets.map(|(le, count)| Sample::new("_bucket", &[(LE, le)], exact(count))).collect();
    nanos.extend([Sample::new("_sum", &[], exact(sum)), Sample::new("_count", &[], exact(5))]);

    let bounds = FloatBounds::new(&[-1e300, -2.5, 0.0, 0.1]).unwrap();
    let negative = registry.float_histogram("negative", "N.", &bounds).unwrap();
    [-2.5, -2.25, 0.0, 0.1, 1e10].iter().for_each(|value| negative.observe(*value));
    let buckets = [("-1e+300", 0), ("-2.5", 1), ("0.0", 3), ("0.1", 4), ("+Inf", 5)];
    let mut negative: Vec<_> = buckets
        .map(|(le, count): (_, u64)| Sample::new("_bucket", &[(LE, le)], exact(count)))
        .into();
    let sum = -2.5 - 2.25 + 0.0 + 0.1 + 1e10;
    negative.push(Sample::new("_sum", &[], Number::Float(sum)).in_text_only());
    negative.push(Sample::new("_count", &[], exact(5)).in_text_only());

    // OpenMetrics has neither its negative values nor its negative sum.
    let collect = |out: &mut Collection| {
        out.summary("celsius", "C.", [], &[0.1, 0.5, 0.9]).series(
            [],
            &[f64::MIN, f64::NAN, 4.0],
            -0.5,
            4,
        );
    };
    registry.register_collector("celsius", collect).unwrap();
    let quantile = |quantile, value| Sample::new("", &[(QUANTILE, quantile)], Number::Float(value));
    let celsius = vec![
        quantile("0.1", f64::MIN).in_text_only(),
        quantile("0.5", f64::NAN),
        quantile("0.9", 4.0),
        Sample::new("_sum", &[], Number::Float(-0.5)).in_text_only(),
        Sample::new("_count", &[], exact(4)),
    ];

    vec![
        family(Name::plain("celsius"), "summary", "C.", celsius),
        family(Name::plain("counts"), "counter", "C.", counts.into()),
        family(Name::plain("floats"), "gauge", "F.", floats.into()),
        family(Name::plain("levels"), "gauge", "L.", levels.into()),
        family(Name::plain("nanos"), "histogram", "N.", nanos),
        family(Name::plain("negative"), "histogram", "N.", negative),
    ]
}

/// Every kind: with series, without any, with some removed; with constant labels, units,
/// exemplars, creation times, and names that need UTF-8.
pub(crate) fn kinds(registry: &Registry) -> Vec<Family> {
    const ZONE: Name = Name::utf8("cloud.zone", "cloud_zone", "cloud_dot_zone", "U__cloud_2e_zone");
    const BUILT: Name = Name::utf8("app.build", "app_build", "app_dot_build", "U__app_2e_build");
    const JOBS: Name = Name::utf8(
        "app.jobs_seconds",
        "app_jobs_seconds",
        "app_dot_jobs__seconds",
        "U__app_2e_jobs__seconds",
    );
    const PHASE: Name = Name::utf8("app.phase", "app_phase", "app_dot_phase", "U__app_2e_phase");
    const TIME: Name = Name::utf8(
        "app.\"time\"\n花",
        "app__time___",
        "app_dot___time______",
        "U__app_2e__22_time_22__a__82b1_",
    );
    const SENT: Name = Name::doubled("sent_bytes", "sent__bytes");
    const ZONED: (Name, &str) = (ZONE, "b\"1\\");

    let registry = registry.with_utf8_names().with_created_times().with_label(ZONE.0, ZONED.1);
    let mut families = vec![];

    let collect = move |out: &mut Collection| {
        out.info(BUILT.0, "B.", ["text"]).series(["1.0\n\"beta\""]);
        out.summary(JOBS.0, "J.", [], &[0.5, 0.99]).series([], &[0.25, f64::NAN], 12.75, u64::MAX);
        let mut phase = out.state_set(PHASE.0, "P.", ["text"], &["up", "\"odd\" \\ state"]);
        phase.series(["1"], &[false, true]);
        phase.series(["2"], &[false, false]);
        let mut collected = out.histogram("collected", "C.", ["text"], &[0.001, 1.0]);
        collected.series(["1"], &[(1 << 53) + 1, 0, 1], 0.5);
        _ = out.info("nothingness", "N.", ["text"]);
    };
    registry.register_collector("test", collect).unwrap();
    families.push(family(
        BUILT,
        "info",
        "B.",
        vec![Sample::new("_info", &[ZONED, (TEXT, "1.0\n\"beta\"")], exact(1))],
    ));
    let jobs = vec![
        Sample::new("", &[ZONED, (QUANTILE, "0.5")], Number::Float(0.25)),
        Sample::new("", &[ZONED, (QUANTILE, "0.99")], Number::Float(f64::NAN)),
        Sample::new("_sum", &[ZONED], Number::Float(12.75)),
        Sample::new("_count", &[ZONED], exact(u64::MAX)),
    ];
    families.push(family(JOBS, "summary", "J.", jobs));
    let states = [
        ("1", "up", 0),
        ("1", "\"odd\" \\ state", 1),
        ("2", "up", 0),
        ("2", "\"odd\" \\ state", 0),
    ];
    let states = states.map(|(text, state, is_on)| {
        Sample::new("", &[ZONED, (TEXT, text), (PHASE, state)], exact(is_on))
    });
    families.push(family(PHASE, "stateset", "P.", states.into()));
    let buckets = [("0.001", (1_u64 << 53) + 1), ("1.0", (1 << 53) + 1), ("+Inf", (1 << 53) + 2)];
    let mut collected: Vec<_> = buckets
        .map(|(le, count)| Sample::new("_bucket", &[ZONED, (TEXT, "1"), (LE, le)], exact(count)))
        .into();
    collected.push(Sample::new("_sum", &[ZONED, (TEXT, "1")], Number::Float(0.5)));
    collected.push(Sample::new("_count", &[ZONED, (TEXT, "1")], exact((1_u64 << 53) + 2)));
    families.push(family(Name::plain("collected"), "histogram", "C.", collected));
    families.push(family(Name::plain("nothingness"), "info", "N.", vec![]));

    // The strict parser miscounts an odd number of quotes in an exemplar.
    const TRACE: [(&str, &str); 2] = [("trace_id", "\"a\" # {\\\n🎆"), ("none", "")];
    let bounds = Bounds::new(Scale::Millis, &[0.5, 1.0]).unwrap();
    let times = registry.histogram_family(TIME.0, "T \"quoted\".", ["text"], &bounds).unwrap();
    let time = times.with([""]);
    time.observe(1);
    time.observe_with_exemplar(500, &TRACE);
    time.observe_with_exemplar(1_001, &[]);
    time.observe(501);
    let labels = [ZONED, (TEXT, "")];
    let bucket =
        |le, count: u64| Sample::new("_bucket", &[ZONED, (TEXT, ""), (LE, le)], exact(count));
    let time = vec![
        bucket("0.5", 2).with_exemplar(&TRACE, 0.5),
        bucket("1.0", 3),
        bucket("+Inf", 4).with_exemplar(&[], 1.001),
        Sample::new("_sum", &labels, exact("2.003")),
        Sample::new("_count", &labels, exact(4)),
        Sample::new("_created", &labels, Number::Moment).in_openmetrics_only(),
    ];
    families.push(family(TIME, "histogram", "T \"quoted\".", time));

    let sent = registry.with_unit("bytes").counter_family(SENT.0, "S.", ["text"]).unwrap();
    ["kept", "gone", "late"].iter().for_each(|text| sent.with([text]).inc());
    sent.with(["kept"]).add_with_exemplar(41, &TRACE);
    assert!(sent.remove(["gone"]));
    let mut samples = vec![];
    for (text, count) in [("kept", 42), ("late", 1)] {
        let sample = Sample::new("_total", &[ZONED, (TEXT, text)], exact(count));
        samples.push(if text == "kept" { sample.with_exemplar(&TRACE, 41.0) } else { sample });
        samples.push(
            Sample::new("_created", &[ZONED, (TEXT, text)], Number::Moment).in_openmetrics_only(),
        );
    }
    families.push(Family { unit: "bytes", ..family(SENT, "counter", "S.", samples) });

    let up_down = registry.up_down_counter("updown", "U.").unwrap();
    up_down.dec();
    families.push(family(
        Name::plain("updown"),
        "gauge",
        "U.",
        vec![Sample::new("", &[ZONED], exact(-1))],
    ));
    let busy = registry.float_counter("busy", "B.").unwrap();
    busy.add(0.1);
    busy.add_with_exemplar(0.2, &[("a", "b")]);
    let samples = vec![
        Sample::new("_total", &[ZONED], Number::Float(0.1 + 0.2)).with_exemplar(&[("a", "b")], 0.2),
        Sample::new("_created", &[ZONED], Number::Moment).in_openmetrics_only(),
    ];
    families.push(family(Name::plain("busy"), "counter", "B.", samples));

    _ = registry.counter_family("emptycounter", "E.", ["text"]).unwrap();
    _ = registry.histogram_family("emptyhistogram", "E.", ["text"], &bounds).unwrap();
    _ = registry.float_gauge_family("emptygauge", "E.", ["text"]).unwrap();
    let empty =
        [("emptycounter", "counter"), ("emptygauge", "gauge"), ("emptyhistogram", "histogram")];
    families.extend(empty.map(|(name, kind)| family(Name::plain(name), kind, "E.", vec![])));

    families.sort_by_key(|family| family.name.0);
    families
}

/// Series with label names of their own, and numbers of unknown kind.
pub(crate) fn open(registry: &Registry) -> Vec<Family> {
    const HOST: Name = Name::utf8("k8s.host", "k8s_host", "k8s_dot_host", "U__k8s_2e_host");
    let registry = registry.with_utf8_names();

    let queries = registry.open_family::<Counter>("queries", "Q.", &()).unwrap();
    let hostile = TEXTS.into_iter().filter(|text| !text.is_empty());
    let mut samples = vec![];
    for (text, count) in hostile.zip(0..) {
        queries.with(&[("text", text)]).unwrap().add(count);
        queries.with(&[("text", ""), (HOST.0, text), ("kind", "a")]).unwrap().add(count + 100);
        samples.push(Sample::new("_total", &[(TEXT, text)], exact(count)));
        let labels = [(Name::plain("kind"), "a"), (HOST, text)];
        samples.push(Sample::new("_total", &labels, exact(count + 100)));
    }
    queries.with(&[]).unwrap().add(3);
    samples.push(Sample::new("_total", &[], exact(3)));

    let bounds = FloatBounds::new(&[0.5]).unwrap();
    let times = registry.open_family::<FloatHistogram>("times", "T.", &bounds).unwrap();
    let mut lines = vec![];
    for labels in [&[("text", "\"")][..], &[]] {
        times.with(labels).unwrap().observe(0.25);
        let labels: Vec<_> = labels.iter().map(|(_, value)| (TEXT, *value)).collect();
        for le in ["0.5", "+Inf"] {
            let labels = [&labels[..], &[(LE, le)]].concat();
            lines.push(Sample::new("_bucket", &labels, exact(1)));
        }
        lines.push(Sample::new("_sum", &labels, Number::Float(0.25)));
        lines.push(Sample::new("_count", &labels, exact(1)));
    }

    let collect = |out: &mut Collection| {
        let mut readings = out.unknown("readings", "R.", []);
        readings.open_series(&[("text", "1"), ("kind", "a")], -1.5);
        readings.series([], 2);
    };
    registry.register_collector("test", collect).unwrap();
    let labels = [(Name::plain("kind"), "a"), (TEXT, "1")];
    let readings =
        vec![Sample::new("", &labels, Number::Float(-1.5)), Sample::new("", &[], exact(2))];
    vec![
        family(Name::plain("queries"), "counter", "Q.", samples),
        family(Name::plain("readings"), "unknown", "R.", readings),
        family(Name::plain("times"), "histogram", "T.", lines),
    ]
}

/// 100,000 series of one family.
pub(crate) fn many(registry: &Registry) -> Vec<Family> {
    let counters = registry.counter_family("many", "M.", ["text"]).unwrap();
    counters.set_series_limit(100_000);
    let texts: Vec<_> = (0..100_000).map(|number| format!("{number} \"\\")).collect();
    texts.iter().zip(0..).for_each(|(text, count)| counters.with([text]).add(count));
    let samples = texts.iter().zip(0_u64..);
    let samples =
        samples.map(|(text, count)| Sample::new("_total", &[(TEXT, text)], exact(count))).collect();
    vec![family(Name::plain("many"), "counter", "M.", samples)]
}
