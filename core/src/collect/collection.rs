//! Collections: the families of a collector in one scrape.

use std::sync::Arc;

use crate::collect::collected::CollectedValue;
use crate::collect::draft::Draft;
use crate::family::limit::DEFAULT_SERIES_LIMIT;
use crate::names::description::Description;
use crate::names::scope::Scope;
use crate::value::{Kind, Number};

/// The families that a [`Collector`](crate::collect::Collector) yields in one scrape.
///
/// One method per kind begins a family and returns a value that takes its series, in the
/// order of exposition. A family without series has metadata only. Nothing here fails:
/// [`Collector`](crate::collect::Collector) lists the reasons for which a family is left
/// out.
///
/// ```
/// use tickmark::Registry;
/// use tickmark::collect::Collection;
///
/// let registry = Registry::new();
/// registry.register_collector("pool", |out: &mut Collection| {
///     let mut connections = out.gauge("pool_connections", "Connections.", ["state"]);
///     connections.series(["idle"], 3);
///     connections.series(["busy"], 5);
///     out.counter("pool_waits_total", "Waits for a connection.", []).series([], 17);
/// })?;
/// let names: Vec<_> = registry.families().iter().map(|family| family.name().to_owned()).collect();
/// assert_eq!(names, ["pool_connections", "pool_waits"]);
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[derive(Debug)]
pub struct Collection {
    scope: Arc<Scope>,
    pub(crate) drafts: Vec<Draft>,
    series_limit: usize,
}

impl Collection {
    pub(crate) fn new(scope: &Arc<Scope>) -> Self {
        Self { scope: Arc::clone(scope), drafts: Vec::new(), series_limit: DEFAULT_SERIES_LIMIT }
    }

    /// Limits the number of series of each family that begins after this call. Default:
    /// 2,000.
    ///
    /// A family over the limit is left out of the scrape as a whole, because no series
    /// could stand for the rest.
    pub fn set_series_limit(&mut self, limit: usize) {
        self.series_limit = limit;
    }

    /// Begins a family of counters. The name may end in `_total`; it is exposed with it
    /// either way.
    pub fn counter<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: [&str; N],
    ) -> CollectedNumbers<'_, N> {
        let given = self.describe(name, help, &labels, Kind::Counter);
        CollectedNumbers { collection: self.begin(given), value: CollectedValue::Counter }
    }

    /// Begins a family of gauges.
    pub fn gauge<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: [&str; N],
    ) -> CollectedNumbers<'_, N> {
        let given = self.describe(name, help, &labels, Kind::Gauge);
        CollectedNumbers { collection: self.begin(given), value: CollectedValue::Gauge }
    }

    /// Begins a family of numbers of unknown kind: counters or gauges.
    ///
    /// The text formats show the type `untyped`, OpenMetrics `unknown`.
    ///
    /// ```
    /// use tickmark::Registry;
    /// use tickmark::collect::Collection;
    /// use tickmark::export::Kind;
    ///
    /// let registry = Registry::new();
    /// registry.register_collector("device", |out: &mut Collection| {
    ///     out.unknown("device_reading", "Number that the device reports.", []).series([], 7);
    /// })?;
    /// assert_eq!(registry.families().iter().next().map(|family| family.kind()), Some(Kind::Unknown));
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn unknown<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: [&str; N],
    ) -> CollectedNumbers<'_, N> {
        let given = self.describe(name, help, &labels, Kind::Unknown);
        CollectedNumbers { collection: self.begin(given), value: CollectedValue::Unknown }
    }

    /// Begins a family of histograms with these finite, increasing bounds in units of
    /// exposition.
    pub fn histogram<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: [&str; N],
        bounds: &[f64],
    ) -> CollectedHistograms<'_, N> {
        let given = Description {
            bounds: bounds.to_vec().into(),
            ..self.describe(name, help, &labels, Kind::Histogram)
        };
        CollectedHistograms(self.begin(given))
    }

    /// Begins a family of summaries with these increasing quantiles from 0 to 1; perhaps
    /// none.
    pub fn summary<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: [&str; N],
        quantiles: &[f64],
    ) -> CollectedSummaries<'_, N> {
        let given = Description {
            quantiles: quantiles.into(),
            ..self.describe(name, help, &labels, Kind::Summary)
        };
        CollectedSummaries(self.begin(given))
    }

    /// Begins an info family, whose labels are texts about the program. The name may end
    /// in `_info`; it is exposed with it either way.
    pub fn info<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: [&str; N],
    ) -> CollectedInfos<'_, N> {
        let given = self.describe(name, help, &labels, Kind::Info);
        CollectedInfos(self.begin(given))
    }

    /// Begins a family of state sets: a series has each of these states on or off.
    ///
    /// Exporters show the state in a label with the name of the family, so this must be a
    /// label name too.
    pub fn state_set<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: [&str; N],
        states: &[&str],
    ) -> CollectedStateSets<'_, N> {
        let given = Description {
            states: states.iter().map(|state| Box::from(*state)).collect(),
            ..self.describe(name, help, &labels, Kind::StateSet)
        };
        CollectedStateSets(self.begin(given))
    }

    fn describe(&self, name: &str, help: &str, labels: &[&str], kind: Kind) -> Description {
        let given = Description::new(name, help, labels, kind);
        if self.scope.keeps_counter_names { given.named_as_given(name) } else { given }
    }

    fn begin(&mut self, given: Description) -> &mut Self {
        self.drafts.push(Draft::new(&self.scope, given, self.series_limit));
        self
    }

    /// Adds a series to the latest family.
    fn add(&mut self, labels: &[&str], value: CollectedValue) {
        if let Some(draft) = self.drafts.last_mut() {
            draft.add(labels, value);
        }
    }

    /// Adds a series with its own label names to the latest family.
    fn add_open(&mut self, labels: &[(&str, &str)], value: CollectedValue) {
        if let Some(draft) = self.drafts.last_mut() {
            draft.add_open(labels, value);
        }
    }
}

/// Takes the series of a collected family of counters, gauges or unknown numbers.
#[derive(Debug)]
pub struct CollectedNumbers<'a, const N: usize> {
    collection: &'a mut Collection,
    value: fn(Number) -> CollectedValue,
}

impl<const N: usize> CollectedNumbers<'_, N> {
    /// Adds the series with these label values. A counter must not be negative or NaN.
    pub fn series(&mut self, labels: [&str; N], value: impl Into<Number>) {
        self.collection.add(&labels, (self.value)(value.into()));
    }
}

impl CollectedNumbers<'_, 0> {
    /// Adds a series with label names known at run time.
    ///
    /// Names may differ from series to series. Their order does not matter, and an empty
    /// value equals an absent label. A series with an invalid or repeated name is left
    /// out alone.
    ///
    /// ```
    /// use tickmark::Registry;
    /// use tickmark::collect::Collection;
    ///
    /// let registry = Registry::new();
    /// registry.register_collector("other", |out: &mut Collection| {
    ///     let mut queries = out.counter("queries_total", "Queries of another library.", []);
    ///     queries.open_series(&[("op", "read"), ("db", "users")], 17);
    ///     queries.open_series(&[("op", "ping")], 3);
    /// })?;
    /// assert!(registry.families().iter().all(|family| family.has_open_labels()));
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn open_series(&mut self, labels: &[(&str, &str)], value: impl Into<Number>) {
        self.collection.add_open(labels, (self.value)(value.into()));
    }
}

/// Takes the series of a collected family of histograms.
#[derive(Debug)]
pub struct CollectedHistograms<'a, const N: usize>(&'a mut Collection);

impl<const N: usize> CollectedHistograms<'_, N> {
    /// Adds the series with these label values: the observations of each bucket, and the
    /// sum of the observed values.
    ///
    /// The buckets are not cumulated; the last one is above all bounds. The sum is in
    /// units of exposition, and must not be NaN.
    ///
    /// ```
    /// use tickmark::Registry;
    /// use tickmark::collect::Collection;
    ///
    /// let registry = Registry::new();
    /// registry.register_collector("disk", |out: &mut Collection| {
    ///     let bounds = [0.001, 0.01];
    ///     let mut reads = out.histogram("disk_read_seconds", "Read time.", ["disk"], &bounds);
    ///     reads.series(["sda"], &[20, 3, 1], 0.0731);
    /// })?;
    /// assert_eq!(registry.families().iter().next().map(|family| family.bounds().len()), Some(2));
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn series(&mut self, labels: [&str; N], buckets: &[u64], sum: impl Into<Number>) {
        self.0.add(&labels, CollectedValue::Histogram { buckets: buckets.into(), sum: sum.into() });
    }
}

impl CollectedHistograms<'_, 0> {
    /// Adds a series with label names known at run time, as
    /// [`CollectedNumbers::open_series`] does. The values are those of
    /// [`series`](Self::series).
    pub fn open_series(
        &mut self,
        labels: &[(&str, &str)],
        buckets: &[u64],
        sum: impl Into<Number>,
    ) {
        let value = CollectedValue::Histogram { buckets: buckets.into(), sum: sum.into() };
        self.0.add_open(labels, value);
    }
}

/// Takes the series of a collected family of summaries.
#[derive(Debug)]
pub struct CollectedSummaries<'a, const N: usize>(&'a mut Collection);

impl<const N: usize> CollectedSummaries<'_, N> {
    /// Adds the series with these label values: the value of each quantile, and the sum
    /// and number of the observations.
    ///
    /// A quantile without a value is NaN. The sum is in units of exposition, and must not
    /// be NaN.
    ///
    /// ```
    /// use tickmark::Registry;
    /// use tickmark::collect::Collection;
    ///
    /// let registry = Registry::new();
    /// registry.register_collector("jobs", |out: &mut Collection| {
    ///     let mut jobs = out.summary("job_seconds", "Time that a job took.", [], &[0.5, 0.99]);
    ///     jobs.series([], &[0.2, 1.5], 12.75, 31);
    /// })?;
    /// assert_eq!(registry.families().iter().next().map(|family| family.quantiles()[1]), Some(0.99));
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn series(
        &mut self,
        labels: [&str; N],
        values: &[f64],
        sum: impl Into<Number>,
        count: u64,
    ) {
        self.0.add(
            &labels,
            CollectedValue::Summary { values: values.into(), sum: sum.into(), count },
        );
    }
}

impl CollectedSummaries<'_, 0> {
    /// Adds a series with label names known at run time, as
    /// [`CollectedNumbers::open_series`] does. The values are those of
    /// [`series`](Self::series).
    pub fn open_series(
        &mut self,
        labels: &[(&str, &str)],
        values: &[f64],
        sum: impl Into<Number>,
        count: u64,
    ) {
        let value = CollectedValue::Summary { values: values.into(), sum: sum.into(), count };
        self.0.add_open(labels, value);
    }
}

/// Takes the series of a collected info family.
#[derive(Debug)]
pub struct CollectedInfos<'a, const N: usize>(&'a mut Collection);

impl<const N: usize> CollectedInfos<'_, N> {
    /// Adds the series with these label values, which are the information.
    ///
    /// ```
    /// use tickmark::Registry;
    /// use tickmark::collect::Collection;
    ///
    /// let registry = Registry::new();
    /// registry.register_collector("build", |out: &mut Collection| {
    ///     out.info("build_info", "Build.", ["version"]).series([env!("CARGO_PKG_VERSION")]);
    /// })?;
    /// assert_eq!(registry.families().iter().next().map(|family| family.name().to_owned()), Some("build".into()));
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn series(&mut self, labels: [&str; N]) {
        self.0.add(&labels, CollectedValue::Info);
    }
}

impl CollectedInfos<'_, 0> {
    /// Adds a series with label names known at run time, as
    /// [`CollectedNumbers::open_series`] does.
    pub fn open_series(&mut self, labels: &[(&str, &str)]) {
        self.0.add_open(labels, CollectedValue::Info);
    }
}

/// Takes the series of a collected family of state sets.
#[derive(Debug)]
pub struct CollectedStateSets<'a, const N: usize>(&'a mut Collection);

impl<const N: usize> CollectedStateSets<'_, N> {
    /// Adds the series with these label values, and whether each state is on.
    ///
    /// ```
    /// use tickmark::Registry;
    /// use tickmark::collect::Collection;
    ///
    /// let registry = Registry::new();
    /// registry.register_collector("disk", |out: &mut Collection| {
    ///     let states = ["good", "worn", "failed"];
    ///     let mut health = out.state_set("disk_health", "Disk health.", ["disk"], &states);
    ///     health.series(["sda"], &[false, true, false]);
    /// })?;
    /// let families = registry.families();
    /// assert_eq!(families.iter().next().map(|family| family.states().len()), Some(3));
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn series(&mut self, labels: [&str; N], states: &[bool]) {
        self.0.add(&labels, CollectedValue::StateSet(states.into()));
    }
}

impl CollectedStateSets<'_, 0> {
    /// Adds a series with label names known at run time, as
    /// [`CollectedNumbers::open_series`] does. The states are those of
    /// [`series`](Self::series).
    pub fn open_series(&mut self, labels: &[(&str, &str)], states: &[bool]) {
        self.0.add_open(labels, CollectedValue::StateSet(states.into()));
    }
}
