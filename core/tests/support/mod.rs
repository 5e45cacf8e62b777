//! Helpers that show the content of a registry with collectors.

#![allow(dead_code, reason = "each test program uses a part")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test helper fails by panicking")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use tickmark::collect::Collection;
use tickmark::export::{Families, Scratch, Value};
use tickmark::{Number, Registry};

pub(crate) const HELP: &str = "Help.";
pub(crate) const FAILURES: &str = "tickmark_collector_failures";

/// One line per series of each family: `name{label=value} Value`.
pub(crate) fn lines(families: &Families) -> Vec<String> {
    let mut lines = Vec::new();
    for family in families.iter() {
        _ = family.visit(0, &mut Scratch::default(), |series, value| {
            let labels: Vec<_> = family
                .label_names()
                .zip(series.label_values())
                .map(|(n, v)| format!("{n}={v}"))
                .collect();
            lines.push(format!("{}{{{}}} {value:?}", family.name(), labels.join(",")));
            ControlFlow::Continue(())
        });
    }
    lines
}

/// The names on the page, without those of failures.
pub(crate) fn names(registry: &Registry) -> Vec<String> {
    let families = registry.families();
    families.iter().map(|family| family.name().to_owned()).filter(|name| name != FAILURES).collect()
}

/// Number of omissions, by collector, family and reason.
pub(crate) fn failures(registry: &Registry) -> BTreeMap<[String; 3], u64> {
    // Without running the collectors again.
    _ = registry.unregister_collector("test");
    let mut failures = BTreeMap::new();
    for family in registry.families().iter().filter(|family| family.name() == FAILURES) {
        _ = family.visit(0, &mut Scratch::default(), |series, value| {
            let Value::Counter(Number::Unsigned(count)) = value else { panic!("{value:?}") };
            let labels: Vec<_> = series.label_values().map(String::from).collect();
            _ = failures.insert(labels.try_into().unwrap(), count);
            ControlFlow::Continue(())
        });
    }
    failures
}

pub(crate) fn failure(collector: &str, family: &str, reason: &str) -> [String; 3] {
    [collector, family, reason].map(String::from)
}

/// A registry with this collector alone.
pub(crate) fn collecting(collect: impl Fn(&mut Collection) + Send + Sync + 'static) -> Registry {
    let registry = Registry::new();
    registry.register_collector("test", collect).unwrap();
    registry
}
