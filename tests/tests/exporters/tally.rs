//! The operations on a registry, and the most naive account of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use tickmark::collect::Collection;
use tickmark::{
    Bounds, Counter, Family, FloatBounds, FloatCounter, FloatGauge, FloatHistogram, Gauge,
    Histogram, OpenFamily, Registry, Scale, UpDownCounter,
};

pub(crate) const BOUNDS: [f64; 2] = [0.001, 0.1];
pub(crate) const WEIGHT_BOUNDS: [f64; 2] = [-1.0, 100.5];
pub(crate) const QUANTILES: [f64; 2] = [0.0, 1.0];
pub(crate) const STATES: [&str; 3] = ["starting", "serving", "draining"];

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Count {
        path: String,
        amount: u32,
    },
    /// Removes the counter of a path.
    Forget {
        path: String,
    },
    Set {
        level: i64,
    },
    Begin {
        kind: String,
    },
    End {
        kind: String,
    },
    Observe {
        path: String,
        nanos: u32,
    },
    /// Counts in an open family; an empty label is absent.
    Query {
        op: String,
        db: String,
    },
    /// Floats are eighths, so that their sums are exact in any order.
    Earn {
        eighths: u16,
    },
    Heat {
        eighths: i16,
    },
    Weigh {
        eighths: i16,
    },
    Job {
        millis: u16,
    },
    Enter {
        state: usize,
    },
    Deploy {
        version: String,
    },
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let label = || "[a-c]";
    prop_oneof![
        (label(), any::<u32>()).prop_map(|(path, amount)| Step::Count { path, amount }),
        label().prop_map(|path| Step::Forget { path }),
        any::<i64>().prop_map(|level| Step::Set { level }),
        label().prop_map(|kind| Step::Begin { kind }),
        label().prop_map(|kind| Step::End { kind }),
        (label(), any::<u32>(), 0..32_u32)
            .prop_map(|(path, nanos, shift)| Step::Observe { path, nanos: nanos >> shift }),
        ("[a-c]?", "[a-c]?").prop_map(|(op, db)| Step::Query { op, db }),
        any::<u16>().prop_map(|eighths| Step::Earn { eighths }),
        any::<i16>().prop_map(|eighths| Step::Heat { eighths }),
        any::<i16>().prop_map(|eighths| Step::Weigh { eighths }),
        any::<u16>().prop_map(|millis| Step::Job { millis }),
        (0..STATES.len()).prop_map(|state| Step::Enter { state }),
        label().prop_map(|version| Step::Deploy { version }),
    ]
}

/// The account: plain values by label value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) counts: BTreeMap<String, u64>,
    pub(crate) level: i64,
    pub(crate) open: BTreeMap<String, i64>,
    pub(crate) nanos: BTreeMap<String, Vec<u64>>,
    /// By operation and database.
    pub(crate) queries: BTreeMap<(String, String), u64>,
    pub(crate) earned_eighths: u64,
    pub(crate) heat: f64,
    pub(crate) weights: Vec<f64>,
    /// Collected values from here on.
    pub(crate) jobs: Vec<u16>,
    pub(crate) state: usize,
    pub(crate) versions: BTreeSet<String>,
}

impl Tally {
    pub(crate) fn add(&mut self, step: &Step) {
        match step.clone() {
            Step::Count { path, amount } => {
                *self.counts.entry(path).or_default() += u64::from(amount)
            }
            Step::Forget { path } => _ = self.counts.remove(&path),
            Step::Set { level } => self.level = level,
            Step::Begin { kind } => *self.open.entry(kind).or_default() += 1,
            Step::End { kind } => *self.open.entry(kind).or_default() -= 1,
            Step::Observe { path, nanos } => self.nanos.entry(path).or_default().push(nanos.into()),
            Step::Query { op, db } => *self.queries.entry((op, db)).or_default() += 1,
            Step::Earn { eighths } => self.earned_eighths += u64::from(eighths),
            Step::Heat { eighths } => self.heat = f64::from(eighths) / 8.0,
            Step::Weigh { eighths } => self.weights.push(f64::from(eighths) / 8.0),
            Step::Job { millis } => self.jobs.push(millis),
            Step::Enter { state } => self.state = state,
            Step::Deploy { version } => _ = self.versions.insert(version),
        }
    }
}

/// A program with every kind of metric.
pub(crate) struct Program {
    pub(crate) registry: Registry,
    counts: Family<Counter, 1>,
    level: Gauge,
    open: Family<UpDownCounter, 1>,
    latency: Family<Histogram, 1>,
    queries: OpenFamily<Counter>,
    earned: FloatCounter,
    heat: FloatGauge,
    weights: FloatHistogram,
    collected: Arc<Mutex<Tally>>,
}

impl Program {
    pub(crate) fn new() -> Self {
        let registry = Registry::new();
        let app = registry.with_prefix("app_").with_label("zone", "b");
        let bounds = Bounds::new(Scale::Nanos, &BOUNDS).unwrap();
        let collected = Arc::new(Mutex::new(Tally::default()));
        let tally = Arc::clone(&collected);
        app.register_collector("app", move |out: &mut Collection| {
            collect(&tally.lock().unwrap(), out)
        })
        .unwrap();
        Self {
            counts: app.counter_family("requests_total", "R.", ["path"]).unwrap(),
            level: app.gauge("level", "L.").unwrap(),
            open: app.up_down_counter_family("open", "O.", ["kind"]).unwrap(),
            latency: app.histogram_family("latency_seconds", "L.", ["path"], &bounds).unwrap(),
            queries: app.open_family("queries_total", "Q.", &()).unwrap(),
            earned: app.float_counter("earned_total", "E.").unwrap(),
            heat: app.float_gauge("heat", "H.").unwrap(),
            weights: app
                .float_histogram("weights", "W.", &FloatBounds::new(&WEIGHT_BOUNDS).unwrap())
                .unwrap(),
            registry,
            collected,
        }
    }

    pub(crate) fn take(&self, step: &Step) {
        match step {
            Step::Count { path, amount } => self.counts.with([path]).add((*amount).into()),
            Step::Forget { path } => _ = self.counts.remove([path]),
            Step::Set { level } => self.level.set(*level),
            Step::Begin { kind } => self.open.with([kind]).inc(),
            Step::End { kind } => self.open.with([kind]).dec(),
            Step::Observe { path, nanos } => self.latency.with([path]).observe((*nanos).into()),
            Step::Query { op, db } => {
                self.queries.with(&[("op", op), ("db", db)]).unwrap().inc();
            }
            Step::Earn { eighths } => self.earned.add(f64::from(*eighths) / 8.0),
            Step::Heat { eighths } => self.heat.set(f64::from(*eighths) / 8.0),
            Step::Weigh { eighths } => self.weights.observe(f64::from(*eighths) / 8.0),
            collected => self.collected.lock().unwrap().add(collected),
        }
    }
}

fn collect(tally: &Tally, out: &mut Collection) {
    let extremes = [tally.jobs.iter().min(), tally.jobs.iter().max()];
    let values = extremes.map(|millis| millis.map_or(f64::NAN, |millis| f64::from(*millis)));
    let sum: u64 = tally.jobs.iter().copied().map(u64::from).sum();
    out.summary("job_ms", "J.", [], &QUANTILES).series([], &values, sum, tally.jobs.len() as u64);
    out.state_set("phase", "P.", [], &STATES)
        .series([], &[0, 1, 2].map(|state| state == tally.state));
    let mut builds = out.info("build", "B.", ["version"]);
    tally.versions.iter().for_each(|version| builds.series([version]));
}
