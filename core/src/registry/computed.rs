//! Registration of values that scrapes compute, and of texts.

use crate::family::computed::Computed;
use crate::family::core::FamilyCore;
use crate::metrics::shape::Shape;
use crate::names::error::RegisterError;
use crate::registry::register_any::Labels;
use crate::registry::registry::Registry;
use crate::value::Number;

impl Registry {
    /// Registers a gauge that `value` computes at each scrape: the length of a queue, the
    /// size of a pool.
    ///
    /// `value` may do what a [`Collector`](crate::collect::Collector) may: it can block
    /// and panic. After a panic the gauge is missing in that scrape, and
    /// `tickmark_collector_failures_total` counts it with the name of the gauge as its
    /// collector. [`unregister`](Self::unregister) removes the gauge. Takes a lock.
    ///
    /// For several values, or label values, register a collector.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use tickmark::{RegisterError, Registry};
    ///
    /// let registry = Registry::new();
    /// let queue = Arc::new(Mutex::new(vec!["job"]));
    /// let length = Arc::clone(&queue);
    /// registry.gauge_fn("queue_length", "Jobs waiting.", move || length.lock().unwrap().len())?;
    ///
    /// let taken = registry.gauge("queue_length", "Jobs.").unwrap_err();
    /// assert!(matches!(taken, RegisterError::Clash { .. }));
    /// assert!(registry.unregister("queue_length"));
    /// # Ok::<(), RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// If the name is invalid or taken, or the help is empty.
    #[doc(alias = "GaugeFunc")]
    pub fn gauge_fn<N: Into<Number>>(
        &self,
        name: &str,
        help: &str,
        value: impl Fn() -> N + Send + Sync + 'static,
    ) -> Result<(), RegisterError> {
        self.register_computed(name, help, Shape::GaugeFn, move || value().into())
    }

    /// Registers a counter that `value` computes at each scrape: a total that another
    /// library or the system keeps. The name may end in `_total`; it is exposed with it
    /// either way, unless the registry keeps
    /// [names as given](Self::with_counter_names_as_given).
    ///
    /// As [`gauge_fn`](Self::gauge_fn). A negative or NaN total is left out of that
    /// scrape and counted as a failure.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU64, Ordering};
    /// use tickmark::Registry;
    ///
    /// static STEPS: AtomicU64 = AtomicU64::new(0);
    ///
    /// let registry = Registry::new();
    /// registry.counter_fn("steps_total", "Steps.", || STEPS.load(Ordering::Relaxed))?;
    /// assert_eq!(registry.families().iter().next().unwrap().name(), "steps");
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// If the name is invalid or taken, or the help is empty.
    #[doc(alias = "CounterFunc")]
    pub fn counter_fn<N: Into<Number>>(
        &self,
        name: &str,
        help: &str,
        value: impl Fn() -> N + Send + Sync + 'static,
    ) -> Result<(), RegisterError> {
        self.register_computed(name, help, Shape::CounterFn, move || value().into())
    }

    fn register_computed(
        &self,
        name: &str,
        help: &str,
        shape: Shape,
        compute: impl Fn() -> Number + Send + Sync + 'static,
    ) -> Result<(), RegisterError> {
        let prepared = self.register_core(name, help, Labels::Fixed(&[]), shape, |family| {
            family.computed = Some(Computed::new(&family.description, Box::new(compute)));
        });
        prepared.map(drop)
    }

    /// Registers an info family: texts about the program as labels, with the value 1. The
    /// name may end in `_info`; it is exposed with it either way.
    ///
    /// [`unregister`](Self::unregister) removes it. Takes a lock.
    ///
    /// ```
    /// use tickmark::Registry;
    ///
    /// let registry = Registry::new();
    /// let labels = [("version", env!("CARGO_PKG_VERSION")), ("edition", "2024")];
    /// registry.info("build_info", "Build of this program.", labels)?;
    /// assert_eq!(registry.families().iter().next().unwrap().name(), "build");
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// If the name or a label name is invalid or taken, or the help is empty.
    #[doc(alias = "build_info")]
    pub fn info<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [(&str, &str); N],
    ) -> Result<(), RegisterError> {
        let with_label = |registry: Self, (label, text)| registry.with_label(label, text);
        let registry = labels.into_iter().fold(self.clone(), with_label);
        let create_series = |family: &mut FamilyCore| {
            _ = family.with_known(&[]);
        };
        let labels = Labels::Fixed(&[]);
        registry.register_core(name, help, labels, Shape::Info, create_series).map(drop)
    }
}
