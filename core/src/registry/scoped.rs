//! Registries with settings for later registrations: prefix, labels and exposition.

use std::sync::Arc;

use crate::names::scope::Scope;
use crate::registry::registry::Registry;

impl Registry {
    /// Returns the same registry with a prefix for every name registered through it.
    ///
    /// The prefix is joined to the name as written: end it in an underscore, `shop_`.
    /// Prefixes are concatenated. An invalid prefix makes a later registration fail, with
    /// an error that quotes the full name. The result is cheap to clone and to keep.
    /// Takes no lock.
    ///
    /// ```
    /// use tickmark::Registry;
    ///
    /// let registry = Registry::new();
    /// let cache = registry.with_prefix("shop_").with_prefix("cache_");
    /// _ = cache.counter("hits_total", "Look-ups that found an entry.")?;
    ///
    /// let families = registry.families();
    /// assert_eq!(families.iter().next().unwrap().name(), "shop_cache_hits");
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[doc(alias("sub_registry_with_prefix", "namespace", "subsystem"))]
    #[must_use]
    pub fn with_prefix(&self, prefix: &str) -> Registry {
        let prefix = format!("{}{prefix}", self.scope.prefix).into();
        self.with_scope(Scope { prefix, ..Scope::clone(&self.scope) })
    }

    /// Returns the same registry with one more constant label for every family registered
    /// through it.
    ///
    /// The value is any string. Constant labels come before the labels of the family, in
    /// the order of the calls. An invalid label name fails the registration of a family.
    /// A name remains one family: for a metric per pool or per tenant, register one
    /// family with a label, not a constant label for each. Takes no lock.
    ///
    /// ```
    /// use tickmark::{NameReason, RegisterError, Registry};
    ///
    /// let registry = Registry::new();
    /// let shard = registry.with_label("shard", "7");
    /// _ = shard.counter_family("reads_total", "Rows read.", ["table"])?;
    ///
    /// let families = registry.families();
    /// let reads = families.iter().next().unwrap();
    /// assert!(reads.label_names().eq(["shard", "table"]));
    ///
    /// let twice = shard.counter_family("writes_total", "Rows written.", ["shard"]).unwrap_err();
    /// let repeated = NameReason::Repeated;
    /// assert!(matches!(twice, RegisterError::InvalidLabel { reason, .. } if reason == repeated));
    /// # Ok::<(), RegisterError>(())
    /// ```
    #[doc(alias("sub_registry_with_label", "const_label"))]
    #[must_use]
    pub fn with_label(&self, name: &str, value: &str) -> Registry {
        let labels =
            self.scope.labels.iter().cloned().chain([(name.into(), value.into())]).collect();
        self.with_scope(Scope { labels, ..Scope::clone(&self.scope) })
    }

    /// Returns the same registry with a unit for every family registered through it,
    /// which OpenMetrics shows.
    ///
    /// The name of a family must end in `_` and the unit, before the `_total` of a
    /// counter. Info families and state sets have no unit. Readers expect base units,
    /// such as `seconds` and `bytes`. Takes no lock.
    ///
    /// ```
    /// use tickmark::Registry;
    ///
    /// let registry = Registry::new();
    /// _ = registry.with_unit("bytes").counter("sent_bytes_total", "Bytes sent.")?;
    /// assert!(registry.with_unit("bytes").counter("sent_total", "Bytes sent.").is_err());
    /// assert_eq!(registry.families().iter().next().unwrap().unit(), Some("bytes"));
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[must_use]
    pub fn with_unit(&self, unit: &str) -> Registry {
        self.with_scope(Scope { unit: Some(unit.into()), ..Scope::clone(&self.scope) })
    }

    /// Returns the same registry with any UTF-8 text allowed as the name of a metric or a
    /// label.
    ///
    /// Readers that do not negotiate such names get them escaped. Two names clash if an
    /// escaping scheme makes them equal; so do label names. Still invalid are names that
    /// are empty or reserved, start with `U__`, or contain NUL, for which Prometheus
    /// refuses the whole page. Takes no lock. Default: ASCII letters, digits, `_`, and
    /// `:` in metric names.
    ///
    /// ```
    /// use tickmark::Registry;
    ///
    /// let registry = Registry::new().with_utf8_names();
    /// _ = registry.gauge("cpu.load", "Load.")?;
    /// assert!(registry.gauge("cpu_load", "Load.").is_err());
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[must_use]
    pub fn with_utf8_names(&self) -> Registry {
        self.with_scope(Scope { allows_utf8: true, ..Scope::clone(&self.scope) })
    }

    /// Returns the same registry with creation times of series, which OpenMetrics shows.
    ///
    /// Costs 8 to 16 bytes a series, and a read of the clock when one is created. Takes
    /// no lock. Default: no creation times.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use std::time::SystemTime;
    ///
    /// use tickmark::Registry;
    /// use tickmark::export::Scratch;
    ///
    /// let registry = Registry::new();
    /// registry.with_created_times().counter("jobs_total", "Jobs done.")?.inc();
    /// let families = registry.families();
    /// let jobs = families.iter().next().unwrap();
    /// _ = jobs.visit(0, &mut Scratch::default(), |series, _| {
    ///     assert!(series.created().is_some_and(|time| time <= SystemTime::now()));
    ///     ControlFlow::Continue(())
    /// });
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[must_use]
    pub fn with_created_times(&self) -> Registry {
        self.with_scope(Scope { keeps_created_times: true, ..Scope::clone(&self.scope) })
    }

    /// Returns the same registry with plain bounds: exporters write the bounds and
    /// quantiles of the families registered through it as decimals, `le="1"` and
    /// `le="1000000"`, in place of `le="1.0"` and `le="1e+06"`.
    ///
    /// For dashboards that query `le="1"`, as older libraries wrote it. Servers before
    /// Prometheus 3 treat the two as different series; Prometheus 3 converts both to
    /// `1.0`. Takes no lock. Default: `1.0`.
    ///
    /// ```
    /// use tickmark::{Bounds, Registry};
    ///
    /// let registry = Registry::new();
    /// let bounds = Bounds::seconds([0.5, 1.0])?;
    /// let plain = registry.with_plain_bounds();
    /// _ = plain.histogram("latency_seconds", "Time to answer.", &bounds)?;
    /// assert!(registry.families().iter().all(|family| family.has_plain_bounds()));
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[must_use]
    pub fn with_plain_bounds(&self) -> Registry {
        self.with_scope(Scope { has_plain_bounds: true, ..Scope::clone(&self.scope) })
    }

    /// Returns the same registry with reuse: registering a metric or family of an equal
    /// definition returns the registered one.
    ///
    /// For statics, tests, and components that may exist twice. Two definitions are equal
    /// if they have the same name, kind, label names in order, constant labels, bounds,
    /// scale, unit and help, and the same settings of the registry. The help of an
    /// [`OpenFamily`](crate::OpenFamily) may differ, and stays as it is. Takes no lock.
    /// Default: an equal definition is an error, because two components that share a name
    /// by accident would be summed silently.
    ///
    /// A draft of [`all_or_nothing`](Self::all_or_nothing) fails if an equal definition
    /// is registered without reuse before the draft ends.
    ///
    /// ```
    /// use tickmark::{Registry, RegisterError};
    ///
    /// let registry = Registry::new();
    /// registry.counter("jobs_total", "Jobs done.")?.inc();
    /// let reusing = registry.with_reuse();
    /// assert_eq!(reusing.counter("jobs_total", "Jobs done.")?.get(), 1);
    ///
    /// let clash = reusing.counter_family("jobs_total", "Jobs done.", ["queue"]).unwrap_err();
    /// assert_eq!(
    ///     clash.to_string(),
    ///     "counter \"jobs_total\" clashes with the registered counter \"jobs_total\": \
    ///      label names [\"queue\"], registered []; \
    ///      make both alike, or use another name"
    /// );
    /// # Ok::<(), RegisterError>(())
    /// ```
    #[must_use]
    pub fn with_reuse(&self) -> Registry {
        self.with_scope(Scope { reuses: true, ..Scope::clone(&self.scope) })
    }

    /// Returns the same registry with counter names as given: a counter without `_total`
    /// is exposed without it.
    ///
    /// For names that dashboards know from another library. The text formats show such a
    /// counter as a counter. OpenMetrics requires `_total`, so it shows the type
    /// `unknown`, without exemplars and times of creation. Takes no lock. Default:
    /// `_total` is added.
    ///
    /// ```
    /// use tickmark::Registry;
    ///
    /// let registry = Registry::new().with_counter_names_as_given();
    /// _ = registry.counter("requests", "Requests served.")?;
    /// let families = registry.families();
    /// let family = families.iter().next().unwrap();
    /// assert_eq!((family.name(), family.sample_suffix()), ("requests", ""));
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[must_use]
    pub fn with_counter_names_as_given(&self) -> Registry {
        self.with_scope(Scope { keeps_counter_names: true, ..Scope::clone(&self.scope) })
    }

    fn with_scope(&self, scope: Scope) -> Registry {
        Registry { shared: Arc::clone(&self.shared), scope: Arc::new(scope) }
    }
}
