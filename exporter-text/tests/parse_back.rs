//! A naive reader restores the state of the registry from a page, for any strings and
//! values.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
)]

mod naive_names;
mod reader;

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use naive_names::escaped;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use reader::{Family, Sample};
use tickmark::export::HistogramSnapshot;
use tickmark::{Bounds, FloatBounds, Registry, Scale};
use tickmark_text::{Encoder, Escaping, Format};

const BOUNDS: [f64; 4] = [0.25, 1.0, 1_000.0, 2_000_000.0];
const LABELS: [&str; 2] = ["first", "second_label"];

/// Any string, most often of characters that need care.
fn text() -> impl Strategy<Value = String> {
    let special = "\\\"\n\r\t\0 {},=#n🎆\u{85}\u{2028}\u{feff}";
    let hostile = select(special.chars().collect::<Vec<_>>());
    vec(prop_oneof![3 => hostile, 1 => any::<char>()], 0..8).prop_map(String::from_iter)
}

fn help() -> impl Strategy<Value = String> {
    text().prop_filter("help is mandatory", |help| !help.is_empty())
}

fn label_values() -> impl Strategy<Value = [String; 2]> {
    [text(), text()]
}

fn scale() -> impl Strategy<Value = Scale> {
    select(vec![Scale::One, Scale::Millis, Scale::Micros, Scale::Nanos])
}

fn bounds(scale: Scale) -> Bounds {
    // The coarsest scale has whole units only.
    let bounds = if scale == Scale::One { &BOUNDS[1..] } else { &BOUNDS };
    Bounds::new(scale, bounds).unwrap()
}

fn sample(name: &str, values: &[String], value: impl ToString) -> Sample {
    let labels = LABELS.map(str::to_owned).into_iter().zip(values.iter().cloned()).collect();
    Sample { name: name.to_owned(), labels, value: value.to_string() }
}

fn family_of(name: &str, help: &str, kind: &str, samples: Vec<Sample>) -> Family {
    Family { name: name.into(), help: help.into(), kind: kind.into(), samples }
}

fn read(registry: &Registry) -> Vec<Family> {
    reader::read(&Encoder::new(registry).encode())
}

/// Returns the samples of one histogram, cumulated and scaled in the simplest way.
fn histogram_samples(values: &[String], held: &HistogramSnapshot, bounds: &Bounds) -> Vec<Sample> {
    let mut samples = Vec::new();
    let les = bounds.values().iter().map(|bound| format!("{bound:?}")).chain(["+Inf".to_owned()]);
    for (index, le) in les.enumerate() {
        // The only bound that needs an exponent.
        let le = if le == "2000000.0" { "2e+06".to_owned() } else { le };
        let mut bucket = sample("x_bucket", values, held.buckets[..=index].iter().sum::<u64>());
        bucket.labels.push(("le".to_owned(), le));
        samples.push(bucket);
    }
    let per_unit = u128::from(bounds.scale().per_unit());
    let nanos = u128::from(held.sum) * (1_000_000_000 / per_unit);
    let sum = format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000);
    samples.push(sample("x_sum", values, sum.trim_end_matches('0').trim_end_matches('.')));
    samples.push(sample("x_count", values, held.buckets.iter().sum::<u64>()));
    samples
}

proptest! {
    #[test]
    fn counters_are_restored(help in help(), series in vec((label_values(), any::<u64>()), 0..8)) {
        let registry = Registry::new();
        let family = registry.counter_family("x", &help, LABELS).unwrap();
        let mut samples: Vec<Sample> = Vec::new();
        for (values, amount) in &series {
            let counter = family.with([&values[0], &values[1]]);
            counter.add(*amount);
            let now = sample("x_total", values, counter.get());
            match samples.iter_mut().find(|sample| sample.labels == now.labels) {
                Some(sample) => *sample = now,
                None => samples.push(now),
            }
        }
        prop_assert_eq!(read(&registry), [family_of("x_total", &help, "counter", samples)]);
    }

    #[test]
    fn gauges_are_restored(help in help(), level in any::<i64>()) {
        let registry = Registry::new();
        registry.gauge("x", &help).unwrap().set(level);
        let samples = vec![sample("x", &[], level)];
        prop_assert_eq!(read(&registry), [family_of("x", &help, "gauge", samples)]);
    }

    #[test]
    fn histograms_are_restored(
        help in help(),
        scale in scale(),
        // Small enough for an integer sum.
        series in vec((label_values(), vec((any::<u64>(), 6..64), 0..8)), 0..5),
    ) {
        let registry = Registry::new();
        let bounds = bounds(scale);
        let family = registry.histogram_family("x", &help, LABELS, &bounds).unwrap();
        let mut created: Vec<&[String; 2]> = Vec::new();
        for (values, observations) in &series {
            let histogram = family.with([&values[0], &values[1]]);
            for (value, shift) in observations {
                histogram.observe(value >> shift);
            }
            if !created.contains(&values) {
                created.push(values);
            }
        }
        let held = |values: &[String; 2]| family.with([&values[0], &values[1]]).snapshot();
        let samples_of = |values: &&[String; 2]| histogram_samples(*values, &held(values), &bounds);
        let samples = created.iter().flat_map(samples_of).collect();
        prop_assert_eq!(read(&registry), [family_of("x", &help, "histogram", samples)]);
    }

    #[test]
    fn floats_are_restored(
        level in any::<u64>().prop_map(f64::from_bits),
        amounts in vec(0.0..1e9, 0..8),
        mut bounds in vec(any::<f64>().prop_filter("finite", |bound| bound.is_finite()), 1..8),
        observations in vec(prop_oneof![-1.0..1.0, any::<f64>()], 0..8),
    ) {
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        let registry = Registry::new();
        let counter = registry.float_counter("a", "A.").unwrap();
        let gauge = registry.float_gauge("b", "B.").unwrap();
        let float_bounds = FloatBounds::new(&bounds).unwrap();
        let histogram = registry.float_histogram("c", "C.", &float_bounds).unwrap();
        amounts.iter().for_each(|amount| counter.add(*amount));
        gauge.set(level);
        observations.iter().for_each(|value| histogram.observe(*value));

        let number = |text: &str| text.parse::<f64>().unwrap();
        let families = read(&registry);
        let [a, b, c, ..] = &families[..] else { panic!("{families:?}") };
        prop_assert_eq!(number(&a.samples[0].value), counter.get());
        let read_level = number(&b.samples[0].value);
        let is_equal = read_level == level || (read_level.is_nan() && level.is_nan());
        prop_assert!(is_equal, "{read_level} for {level}");
        let held = histogram.snapshot();
        let [buckets @ .., sum, count] = &c.samples[..] else { panic!("{c:?}") };
        let les: Vec<f64> = buckets.iter().map(|bucket| number(&bucket.labels[0].1)).collect();
        prop_assert_eq!(les, bounds.iter().copied().chain([f64::INFINITY]).collect::<Vec<_>>());
        prop_assert_eq!(number(&sum.value), held.sum);
        prop_assert_eq!(&count.value, &held.count().to_string());
    }

    #[test]
    fn neighbouring_families_are_restored(helps in vec(help(), 0..10)) {
        let registry = Registry::new();
        for (index, help) in helps.iter().enumerate() {
            registry.gauge(&format!("x{index}"), help).unwrap().set(1);
        }
        let read_helps: Vec<_> = read(&registry).into_iter().map(|family| family.help).collect();
        prop_assert_eq!(read_helps, helps);
    }
}

/// Any name that `with_utf8_names` allows, most often one that needs quotes.
fn name() -> impl Strategy<Value = String> {
    let hostile = select("\\\"\n\r {},=#n.:_0a🎆".chars().collect::<Vec<_>>());
    vec(prop_oneof![3 => hostile, 1 => any::<char>()], 1..6).prop_map(String::from_iter)
}

fn every_format() -> Vec<Format> {
    let schemes = [Escaping::AllowUtf8, Escaping::Underscores, Escaping::Dots, Escaping::Values];
    let texts = schemes.map(Format::Text1_0_0).into_iter().chain([Format::Text0_0_4]);
    texts.chain(schemes.map(|scheme| Format::OpenMetrics1_0(Some(scheme)))).collect()
}

fn read_as(registry: &Registry, format: Format) -> Vec<Family> {
    let page = Encoder::new(registry).encode_as(format);
    match format {
        Format::OpenMetrics1_0(_) => reader::read_openmetrics(&page),
        _ => reader::read(&page),
    }
}

proptest! {
    #[test]
    fn names_are_restored_in_every_format(
        names in vec(name(), 1..4),
        label in name(),
        help in help(),
        series in vec((text(), any::<u64>()), 0..4),
    ) {
        let registry = Registry::new();
        let scope = registry.with_utf8_names();
        // Without the names that the registry rejects. Sorted like the page.
        let registered: BTreeMap<_, _> = names
            .iter()
            .filter_map(|name| Some((name, scope.counter_family(name, &help, [&*label]).ok()?)))
            .map(|(name, family)| (name.strip_suffix("_total").unwrap_or(name), family))
            .collect();
        for (value, amount) in &series {
            registered.values().for_each(|family| family.with([value]).add(*amount));
        }
        for format in every_format() {
            let escaping = format.escaping();
            let families = read_as(&registry, format);
            prop_assert_eq!(families.len(), registered.len());
            for (read, (name, family)) in families.iter().zip(&registered) {
                let sample_name = escaped(escaping, &format!("{name}_total"), true);
                let is_openmetrics = matches!(format, Format::OpenMetrics1_0(_));
                let suffix = if is_openmetrics { "_total" } else { "" };
                let shown = sample_name.strip_suffix(suffix).unwrap();
                let metadata = (&*read.name, &*read.help, &*read.kind);
                prop_assert_eq!(metadata, (shown, &*help, "counter"));
                let mut seen = BTreeSet::new();
                let distinct = series.iter().filter(|(value, _)| seen.insert(value));
                let samples: Vec<_> = distinct
                    .map(|(value, _)| Sample {
                        name: sample_name.clone(),
                        labels: vec![(escaped(escaping, &label, false), value.clone())],
                        value: family.with([value]).get().to_string(),
                    })
                    .collect();
                prop_assert_eq!(&read.samples, &samples);
            }
        }
    }

    /// Fast paths equal the general one: for names and labels around their limits, for
    /// numbers of every length, with and without kept labels.
    #[test]
    fn lines_of_any_length_are_restored(
        name in "[a-z]{1,40}",
        series in vec(("[a-z\"]{0,110}", any::<u64>(), 0_u32..64), 0..6),
    ) {
        let registry = Registry::new();
        let counters = registry.counter_family(&format!("c{name}"), "C.", ["a"]).unwrap();
        let (h, bounds) = (format!("h{name}"), bounds(Scale::One));
        let histograms = registry.histogram_family(&h, "H.", ["a"], &bounds).unwrap();
        for (value, amount, shift) in &series {
            counters.with([value]).add(amount >> shift);
            histograms.with([value]).observe(amount >> shift);
        }
        let encoder = Encoder::new(&registry);
        let first = encoder.encode();
        prop_assert_eq!(&encoder.encode(), &first);
        let families = reader::read(&first);
        let mut samples = Vec::new();
        let mut seen = BTreeSet::new();
        for (value, ..) in series.iter().filter(|(value, ..)| seen.insert(value)) {
            samples.push(Sample {
                name: format!("c{name}_total"),
                labels: vec![("a".to_owned(), value.clone())],
                value: counters.with([value]).get().to_string(),
            });
        }
        prop_assert_eq!(&families[0].samples, &samples);
        let histogram_values = families[1].samples.chunks(BOUNDS[1..].len() + 3).zip(&samples);
        for (lines, counter) in histogram_values {
            let [buckets @ .., inf, sum, count] = lines else { panic!("{lines:?}") };
            let held = histograms.with([&counter.labels[0].1]).snapshot();
            let mut total = 0;
            for (bucket, in_bucket) in buckets.iter().chain([inf]).zip(&held.buckets) {
                total += in_bucket;
                prop_assert_eq!(&bucket.name, &format!("h{name}_bucket"));
                prop_assert_eq!(&bucket.labels[0], &counter.labels[0]);
                prop_assert_eq!(&bucket.value, &total.to_string());
            }
            prop_assert_eq!(&sum.value, &held.sum.to_string());
            prop_assert_eq!(&count.value, &total.to_string());
        }
    }
}

#[test]
fn pages_of_a_busy_registry_are_whole() {
    const THREADS: usize = 2;
    const SERIES: usize = 200;
    const OBSERVATIONS: usize = 50;
    let registry = Registry::new();
    let family = registry.histogram_family("x", "X.", LABELS, &bounds(Scale::One)).unwrap();
    let writers: Vec<_> = (0..THREADS)
        .map(|thread| {
            let family = family.clone();
            thread::spawn(move || {
                for series in 0..SERIES {
                    for name in [format!("{series}"), format!("{thread}\n{series}")] {
                        for _ in 0..OBSERVATIONS {
                            family.with(["\"", &name]).observe(1);
                        }
                    }
                }
            })
        })
        .collect();

    let encoder = Encoder::new(&registry);
    let mut done = false;
    while !done {
        done = writers.iter().all(thread::JoinHandle::is_finished);
        let families = reader::read(&encoder.encode());
        let mut total = 0;
        for series in families[0].samples.chunks(BOUNDS.len() + 2) {
            let [buckets @ .., inf, sum, count] = series else {
                panic!("a series is cut: {series:?}")
            };
            assert_eq!([&*inf.name, &*sum.name, &*count.name], ["x_bucket", "x_sum", "x_count"]);
            // Every observation is 1 and in the first bucket, so all lines of one state
            // have the same number.
            assert!(
                buckets.iter().chain([inf, sum]).all(|line| line.value == count.value),
                "{series:?}"
            );
            total += count.value.parse::<usize>().unwrap();
        }
        if done {
            assert_eq!(total, THREADS * SERIES * 2 * OBSERVATIONS);
        }
    }
    for writer in writers {
        writer.join().unwrap();
    }
}
