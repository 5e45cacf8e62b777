//! A cache that offers metrics: see `guide/in-a-library.md`.
#![forbid(unsafe_code)]

use std::collections::HashMap;

use tickmark::{Bounds, ClosedFamily, Counter, Gauge, Histogram, Label, RegisterError, Registry};

#[derive(Clone, Copy, Debug)]
enum Lookup {
    Hit,
    Miss,
}

impl Label for Lookup {
    const ALL: &'static [Self] = &[Self::Hit, Self::Miss];

    fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
        }
    }

    fn index(self) -> usize {
        self as usize
    }
}

/// The metrics of one cache.
#[derive(Clone, Debug)]
pub struct CacheMetrics {
    lookups: ClosedFamily<Counter, Lookup>,
    entries: Gauge,
    load_seconds: Histogram,
}

impl CacheMetrics {
    /// Registers the metrics of one cache, all of them or none.
    ///
    /// # Errors
    /// If a name is taken: two caches in one registry need a prefix each.
    pub fn register(registry: &Registry) -> Result<Self, RegisterError> {
        registry.with_prefix("cache_").all_or_nothing(|registry| {
            let lookups =
                registry.counter_family("lookups_total", "Look-ups by result.", ["result"])?;
            let bounds = Bounds::seconds([0.001, 0.01, 0.1])?;
            Ok(Self {
                lookups: lookups.closed(),
                entries: registry.gauge("entries", "Entries in the cache.")?,
                load_seconds: registry.histogram("load_seconds", "Time to load.", &bounds)?,
            })
        })
    }
}

/// Loads values once and keeps them.
#[derive(Debug)]
pub struct Cache {
    entries: HashMap<String, String>,
    metrics: CacheMetrics,
}

impl Cache {
    /// Creates an empty cache that records in these metrics.
    #[must_use]
    pub fn new(metrics: CacheMetrics) -> Self {
        Self { entries: HashMap::new(), metrics }
    }

    /// Returns the value of a key, and loads it on a miss.
    pub fn get(&mut self, key: &str, load: impl FnOnce() -> String) -> &str {
        let is_hit = self.entries.contains_key(key);
        self.metrics.lookups.with(if is_hit { Lookup::Hit } else { Lookup::Miss }).inc();
        if !is_hit {
            let timer = self.metrics.load_seconds.start_timer();
            _ = self.entries.insert(key.to_owned(), load());
            drop(timer);
            self.metrics.entries.inc();
        }
        self.entries.get(key).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_look_up_is_a_miss() {
        let registry = Registry::new();
        let mut cache = Cache::new(CacheMetrics::register(&registry).unwrap());
        _ = cache.get("/home", || "welcome".to_owned());
        assert_eq!(cache.metrics.lookups.with(Lookup::Miss).get(), 1);
        assert_eq!(cache.metrics.lookups.with(Lookup::Hit).get(), 0);
    }

    #[test]
    fn second_cache_without_prefix_clashes() {
        let registry = Registry::new();
        _ = CacheMetrics::register(&registry).unwrap();
        let labelled = registry.with_label("tier", "disk");
        assert!(matches!(CacheMetrics::register(&labelled), Err(RegisterError::Clash { .. })));
        assert!(CacheMetrics::register(&registry.with_prefix("users_")).is_ok());
    }
}
