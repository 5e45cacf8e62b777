//! The engine and the model of it, side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::time::Duration;

use tickmark::Registry;
use tickmark::export::{Families, Scratch};

use crate::naive::{Cell, Family, Kind, Labels, Reading, Sample};
use crate::real::{Closed, Handle, Subject, VALUES, combination, labels_of, reading, register};

/// Families, handles and labels are chosen by number, modulo how many there are.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Record {
        family: usize,
        labels: usize,
        sample: Sample,
    },
    Hold {
        family: usize,
        labels: usize,
    },
    RecordHeld {
        held: usize,
        sample: Sample,
    },
    LetGo {
        held: usize,
    },
    Get {
        family: usize,
        labels: usize,
    },
    Limit {
        family: usize,
        limit: usize,
    },
    Remove {
        family: usize,
        labels: usize,
    },
    /// Keeps the labels with a set bit.
    Retain {
        family: usize,
        keep: u16,
    },
    Clear {
        family: usize,
    },
    Expire {
        family: usize,
        expires: bool,
    },
    /// Walks all families, pausing after this many series each time.
    Scrape {
        stride: usize,
    },
    BeginWalk,
    /// Walks the families of the moment when the walk was begun.
    Walk {
        stride: usize,
    },
    Unregister {
        family: usize,
    },
    Register {
        family: usize,
    },
    RecordClosed {
        family: usize,
        labels: usize,
        sample: Sample,
    },
    DropClosed {
        family: usize,
    },
}

/// A name, and the family that has it or had it last.
struct Named {
    name: String,
    kind: Kind,
    label_count: usize,
    subject: Box<dyn Subject>,
    is_registered: bool,
    model: usize,
    /// With the combinations that were looked up, which it therefore holds.
    closed: Option<(Box<dyn Closed>, BTreeSet<usize>)>,
}

struct Held {
    handle: Box<dyn Handle>,
    model: usize,
    labels: Labels,
}

/// A walk in progress: the registry's families, the time, and the model's families.
struct Walk {
    families: Families,
    began: u64,
    models: Vec<usize>,
}

/// A report of the registry on its families: counts by exposed name, and its creation
/// time.
type Faults = BTreeMap<String, (u64, u64)>;

pub(crate) struct World {
    registry: Registry,
    named: Vec<Named>,
    /// All families ever registered.
    models: Vec<Family>,
    held: Vec<Held>,
    walk: Option<Walk>,
    /// Number of series ever created.
    clock: u64,
    overflows: Faults,
    /// 1 or 0.
    overflowing: Faults,
    rejected: Faults,
    /// The identity of each series ever shown, by creation time.
    identities: BTreeMap<u64, u64>,
    scratch: Scratch,
}

impl World {
    pub(crate) fn new(families: &[(Kind, usize)]) -> Box<Self> {
        let registry = Registry::new();
        let (mut named, mut models) = (Vec::new(), Vec::new());
        for (number, (kind, label_count)) in families.iter().copied().enumerate() {
            let name = format!("family_{number}");
            let subject = register(&registry, kind, &name, label_count).unwrap();
            models.push(Family::new(kind, &name, label_count));
            named.push(Named {
                name,
                kind,
                label_count,
                subject,
                is_registered: true,
                model: number,
                closed: None,
            });
        }
        Box::new(Self {
            registry,
            named,
            models,
            held: Vec::new(),
            walk: None,
            clock: 0,
            overflows: BTreeMap::new(),
            overflowing: BTreeMap::new(),
            rejected: BTreeMap::new(),
            identities: BTreeMap::new(),
            scratch: Scratch::default(),
        })
    }

    /// Runs it on both, and compares the results. Floats are added up in this cell.
    pub(crate) fn apply(&mut self, operation: Operation, cell: Cell) {
        match operation {
            Operation::Record { family, labels, sample } => {
                let (named, labels) = self.named(family, labels);
                named.subject.record(&labels, sample);
                let (model, labels) = self.look_up(family, &labels);
                self.models[model].record(&labels, sample, cell);
            }
            Operation::Hold { family, labels } => {
                let (named, labels) = self.named(family, labels);
                let handle = named.subject.hold(&labels);
                let (model, labels) = self.look_up(family, &labels);
                self.hold(model, &labels);
                self.held.push(Held { handle, model, labels });
            }
            Operation::RecordHeld { held, sample } => {
                if !self.held.is_empty() {
                    let held = &self.held[held % self.held.len()];
                    held.handle.record(sample);
                    self.models[held.model].record(&held.labels, sample, cell);
                    let read = held.handle.read();
                    let tally = &self.models[held.model].series[&held.labels].tally;
                    assert!(tally.agrees(&read), "{tally:?} and {read:?}");
                }
            }
            Operation::LetGo { held } => {
                if !self.held.is_empty() {
                    let Held { handle, model, labels } =
                        self.held.swap_remove(held % self.held.len());
                    drop(handle);
                    self.let_go(model, &labels);
                }
            }
            Operation::Get { family, labels } => {
                let (named, labels) = self.named(family, labels);
                let read = named.subject.get(&labels);
                let series = self.models[named.model].series.get(&labels);
                assert_eq!(read.is_some(), series.is_some(), "{read:?} and {series:?}");
                assert!(
                    series
                        .zip(read.as_ref())
                        .is_none_or(|(series, read)| series.tally.agrees(read))
                );
            }
            Operation::Limit { family, limit } => {
                let (named, _) = self.named(family, 0);
                named.subject.set_series_limit(limit);
                let model = named.model;
                self.models[model].set_limit(limit);
            }
            Operation::Remove { family, labels } => {
                let (named, labels) = self.named(family, labels);
                let removed = named.subject.remove(&labels);
                let model = named.model;
                assert_eq!(removed, self.models[model].remove(&labels));
            }
            Operation::Retain { family, keep } => self.retain(family, keep),
            Operation::Clear { family } => {
                let (named, _) = self.named(family, 0);
                named.subject.clear();
                let model = &mut self.models[self.named[family % self.named.len()].model];
                let all: Vec<Labels> = model.series.keys().cloned().collect();
                assert!(all.iter().all(|labels| model.remove(labels)));
            }
            Operation::Expire { family, expires } => {
                let (named, _) = self.named(family, 0);
                named.subject.set_idle_expiry(expires.then_some(Duration::ZERO));
                let model = named.model;
                self.models[model].set_expires(expires);
            }
            Operation::Scrape { stride } => {
                let walk = self.begin_walk();
                self.show(&walk, stride);
            }
            Operation::BeginWalk => self.walk = Some(self.begin_walk()),
            Operation::Walk { stride } => {
                if let Some(walk) = self.walk.take() {
                    self.show(&walk, stride);
                    self.walk = Some(walk);
                }
            }
            Operation::Unregister { family } => {
                let named = self.named_mut(family);
                let was_registered = std::mem::take(&mut named.is_registered);
                let (name, model) = (named.name.clone(), named.model);
                assert_eq!(self.registry.unregister(&name), was_registered);
                if was_registered {
                    // Its reports go with it.
                    let exposed_name = &self.models[model].exposed_name;
                    for faults in [&mut self.overflows, &mut self.overflowing, &mut self.rejected] {
                        _ = faults.remove(exposed_name);
                    }
                }
            }
            Operation::Register { family } => self.register(family),
            Operation::RecordClosed { family, labels, sample } => {
                self.record_closed(family, labels, sample, cell)
            }
            Operation::DropClosed { family } => self.drop_closed(family),
        }
    }

    /// The family with that number, and the labels with that number in it.
    fn named(&self, family: usize, labels: usize) -> (&Named, Labels) {
        let named = &self.named[family % self.named.len()];
        (named, combination(named.label_count, labels))
    }

    fn named_mut(&mut self, family: usize) -> &mut Named {
        let place = family % self.named.len();
        &mut self.named[place]
    }

    /// Looks up in the model.
    fn look_up(&mut self, family: usize, labels: &Labels) -> (usize, Labels) {
        let number = self.named(family, 0).0.model;
        (number, self.models[number].look_up(labels, &mut self.clock))
    }

    fn hold(&mut self, model: usize, labels: &Labels) {
        self.models[model].series.get_mut(labels).unwrap().holders += 1;
    }

    fn let_go(&mut self, model: usize, labels: &Labels) {
        self.models[model].series.get_mut(labels).expect("a held series stays").holders -= 1;
    }

    fn retain(&mut self, family: usize, keep: u16) {
        let place = family % self.named.len();
        let named = &self.named[place];
        let model = &mut self.models[named.model];
        let label_count = named.label_count;
        let kept: BTreeSet<Labels> = (0..16)
            .filter(|index| keep >> index & 1 == 1)
            .map(|index| combination(label_count, index))
            .collect();
        let mut asked = BTreeSet::new();
        named.subject.retain(&mut |labels, read| {
            let series = model
                .series
                .iter()
                .find(|(known, _)| **known == labels)
                .expect("the series is missing");
            assert!(series.1.tally.agrees(&read), "{series:?} and {read:?}");
            assert!(asked.insert(labels), "asked twice");
            kept.contains(series.0)
        });
        assert_eq!(asked.len(), model.series.len());
        let removed: Vec<Labels> =
            model.series.keys().filter(|labels| !kept.contains(*labels)).cloned().collect();
        assert!(removed.iter().all(|labels| model.remove(labels)));
    }

    fn register(&mut self, family: usize) {
        let next = self.models.len();
        let place = family % self.named.len();
        let named = &mut self.named[place];
        let registered = register(&self.registry, named.kind, &named.name, named.label_count);
        assert_eq!(registered.is_err(), named.is_registered);
        if let Ok(subject) = registered {
            // Earlier handles of the family stay valid, and so does its closed form.
            self.models.push(Family::new(named.kind, &named.name, named.label_count));
            self.drop_closed(family);
            let named = &mut self.named[place];
            (named.subject, named.is_registered, named.model) = (subject, true, next);
        }
    }

    fn record_closed(&mut self, family: usize, labels: usize, sample: Sample, cell: Cell) {
        let place = family % self.named.len();
        let named = &mut self.named[place];
        let index = labels % VALUES.len().pow(named.label_count as u32);
        let (closed, asked) =
            named.closed.get_or_insert_with(|| (named.subject.close(), BTreeSet::new()));
        closed.record(index, sample);
        let is_new = asked.insert(index);
        let (model, labels) = (named.model, combination(named.label_count, index));
        _ = self.models[model].make(&labels, &mut self.clock);
        self.models[model].record(&labels, sample, cell);
        if is_new {
            self.hold(model, &labels);
        }
    }

    fn drop_closed(&mut self, family: usize) {
        let named = self.named_mut(family);
        let (model, label_count) = (named.model, named.label_count);
        if let Some((_, asked)) = named.closed.take() {
            asked
                .into_iter()
                .for_each(|index| self.let_go(model, &combination(label_count, index)));
        }
    }

    /// Requests the families. Faults of registered families are reported first.
    fn begin_walk(&mut self) -> Walk {
        let families = self.registry.families();
        let models: Vec<usize> =
            self.named.iter().filter(|one| one.is_registered).map(|one| one.model).collect();
        for model in &models {
            let model = &mut self.models[*model];
            let new = model.turned_away - model.turned_away_reported;
            if new > 0 {
                model.turned_away_reported = model.turned_away;
                count(&mut self.overflows, &mut self.clock, &model.exposed_name, new);
            }
            if model.turned_away > 0 {
                count(&mut self.overflowing, &mut self.clock, &model.exposed_name, 0);
                self.overflowing.get_mut(&model.exposed_name).unwrap().0 =
                    model.is_overflowing().into();
            }
            let new = model.rejected - model.rejected_reported;
            if new > 0 {
                model.rejected_reported = model.rejected;
                count(&mut self.rejected, &mut self.clock, &model.exposed_name, new);
            }
        }
        Walk { families, began: self.clock, models }
    }

    /// Walks families, and compares what is shown.
    fn show(&mut self, walk: &Walk, stride: usize) {
        let mut shown = self.see(&walk.families, stride);
        for model in &walk.models {
            let model = &mut self.models[*model];
            let name = model.exposed_name.trim_end_matches("_total").to_owned();
            let mut seen = shown.remove(&name).expect("the family is not shown");
            for (labels, series) in model.walk(walk.began) {
                let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
                let (id, read) = seen
                    .remove(&labels)
                    .unwrap_or_else(|| panic!("{labels:?} is not shown: {series:?}"));
                assert!(series.tally.agrees(&read), "{labels:?}: {series:?} and {read:?}");
                assert_eq!(
                    *self.identities.entry(series.born).or_insert(id),
                    id,
                    "the identity changed"
                );
            }
            assert!(seen.is_empty(), "absent, or created later: {seen:?}");
        }
        assert!(
            self.identities.values().is_sorted_by(|one, other| one < other),
            "later series have higher identities"
        );
        for (name, faults) in [
            ("tickmark_series_overflow", &self.overflows),
            ("tickmark_series_overflowing", &self.overflowing),
            ("tickmark_observations_rejected", &self.rejected),
        ] {
            let seen = shown.remove(name);
            assert_eq!(
                seen.is_some(),
                faults.values().any(|(_, born)| *born <= walk.began),
                "{name}"
            );
            let mut seen = seen.unwrap_or_default();
            for (family, (count, _)) in faults.iter().filter(|(_, (_, born))| *born <= walk.began) {
                let read = seen.remove(std::slice::from_ref(family)).map(|(_, read)| read);
                let seen = read.and_then(|read| match read {
                    Reading::Unsigned(seen) => Some(seen),
                    Reading::Signed(seen) => u64::try_from(seen).ok(),
                    _ => None,
                });
                assert_eq!(seen, Some(*count), "{name} {family}");
            }
            assert!(seen.is_empty(), "{seen:?}");
        }
        assert!(shown.is_empty(), "{shown:?}");
    }

    /// Shown series by family and labels, with their identities.
    fn see(
        &mut self,
        families: &Families,
        stride: usize,
    ) -> BTreeMap<String, BTreeMap<Vec<String>, (u64, Reading)>> {
        let mut shown = BTreeMap::new();
        for family in families.iter() {
            let mut seen = BTreeMap::new();
            let (mut from, mut last_slot) = (Some(0), None);
            while let Some(start) = from {
                let mut left = stride;
                from = family.visit(start, &mut self.scratch, |series, value| {
                    assert!(last_slot < Some(series.slot()), "slots out of order");
                    last_slot = Some(series.slot());
                    let twice = seen.insert(labels_of(series), (series.id(), reading(value)));
                    assert!(twice.is_none(), "a label set twice: {twice:?}");
                    left -= 1;
                    if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                });
            }
            assert!(shown.insert(family.name().to_owned(), seen).is_none(), "a family twice");
        }
        shown
    }
}

fn count(faults: &mut Faults, clock: &mut u64, exposed_name: &str, amount: u64) {
    let (count, _) = faults.entry(exposed_name.to_owned()).or_insert_with(|| {
        *clock += 1;
        (0, *clock)
    });
    *count += amount;
}
