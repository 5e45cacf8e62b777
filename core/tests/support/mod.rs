//! Short words for what a registry with collectors shows.

#![allow(dead_code, reason = "each test program uses a part")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails by panicking")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use tickmark::{Collection, Families, Number, Registry, Scratch, Value};

pub(crate) const HELP: &str = "What it is.";
pub(crate) const FAILURES: &str = "tickmark_collector_failures";

/// A line a series of each family: `name{label=value} Value`.
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

/// What is on the page, but for failures.
pub(crate) fn names(registry: &Registry) -> Vec<String> {
    let families = registry.families();
    families.iter().map(|family| family.name().to_owned()).filter(|name| name != FAILURES).collect()
}

/// How often something was left out: by collector, family and reason.
pub(crate) fn failures(registry: &Registry) -> BTreeMap<[String; 3], u64> {
    // Without running them again.
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

/// A registry whose one collector is this.
pub(crate) fn collecting(collect: impl Fn(&mut Collection) + Send + Sync + 'static) -> Registry {
    let registry = Registry::new();
    registry.register_collector("test", collect).unwrap();
    registry
}
