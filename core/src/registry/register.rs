//! Registration by metric type.

use crate::bounds::float::FloatBounds;
use crate::bounds::whole::Bounds;
use crate::family::family::Family;
use crate::metrics::counter::Counter;
use crate::metrics::float_counter::FloatCounter;
use crate::metrics::float_gauge::FloatGauge;
use crate::metrics::float_histogram::FloatHistogram;
use crate::metrics::gauge::Gauge;
use crate::metrics::histogram::Histogram;
use crate::metrics::up_down::UpDownCounter;
use crate::names::error::RegisterError;
use crate::registry::registry::Registry;

impl Registry {
    /// Registers a counter without labels. The name may end in `_total`; it is exposed
    /// with it either way, unless the registry keeps
    /// [names as given](Self::with_counter_names_as_given).
    ///
    /// # Errors
    /// If the name is invalid or taken, or the help is empty.
    #[doc(alias("register_counter", "register_int_counter"))]
    pub fn counter(&self, name: &str, help: &str) -> Result<Counter, RegisterError> {
        Ok(self.counter_family(name, help, [])?.handle([]))
    }

    /// Registers a gauge without labels.
    ///
    /// # Errors
    /// If the name is invalid or taken, or the help is empty.
    #[doc(alias("register_gauge", "register_int_gauge"))]
    pub fn gauge(&self, name: &str, help: &str) -> Result<Gauge, RegisterError> {
        Ok(self.gauge_family(name, help, [])?.handle([]))
    }

    /// Registers an up-down counter without labels; it is exposed as a gauge.
    ///
    /// # Errors
    /// If the name is invalid or taken, or the help is empty.
    pub fn up_down_counter(&self, name: &str, help: &str) -> Result<UpDownCounter, RegisterError> {
        Ok(self.up_down_counter_family(name, help, [])?.handle([]))
    }

    /// Registers a histogram without labels.
    ///
    /// # Errors
    /// If the name is invalid or taken, or the help is empty.
    #[doc(alias = "register_histogram")]
    pub fn histogram(
        &self,
        name: &str,
        help: &str,
        bounds: &Bounds,
    ) -> Result<Histogram, RegisterError> {
        Ok(self.histogram_family(name, help, [], bounds)?.handle([]))
    }

    /// Registers a float counter without labels. The name may end in `_total`; it is
    /// exposed with it either way, unless the registry keeps
    /// [names as given](Self::with_counter_names_as_given).
    ///
    /// # Errors
    /// If the name is invalid or taken, or the help is empty.
    pub fn float_counter(&self, name: &str, help: &str) -> Result<FloatCounter, RegisterError> {
        Ok(self.float_counter_family(name, help, [])?.handle([]))
    }

    /// Registers a float gauge without labels.
    ///
    /// # Errors
    /// If the name is invalid or taken, or the help is empty.
    pub fn float_gauge(&self, name: &str, help: &str) -> Result<FloatGauge, RegisterError> {
        Ok(self.float_gauge_family(name, help, [])?.handle([]))
    }

    /// Registers a float histogram without labels.
    ///
    /// # Errors
    /// If the name is invalid or taken, or the help is empty.
    pub fn float_histogram(
        &self,
        name: &str,
        help: &str,
        bounds: &FloatBounds,
    ) -> Result<FloatHistogram, RegisterError> {
        Ok(self.float_histogram_family(name, help, [], bounds)?.handle([]))
    }

    /// Registers counters by label values. The name may end in `_total`; it is exposed
    /// with it either way, unless the registry keeps
    /// [names as given](Self::with_counter_names_as_given).
    ///
    /// # Errors
    /// If the name is invalid or taken, a label name is invalid or occurs twice, or the
    /// help is empty.
    #[doc(alias(
        "register_counter_vec",
        "register_int_counter_vec",
        "CounterVec",
        "IntCounterVec"
    ))]
    pub fn counter_family<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&str; N],
    ) -> Result<Family<Counter, N>, RegisterError> {
        self.family(name, help, labels, &())
    }

    /// Registers gauges by label values.
    ///
    /// # Errors
    /// If the name is invalid or taken, a label name is invalid or occurs twice, or the
    /// help is empty.
    #[doc(alias("register_gauge_vec", "register_int_gauge_vec", "GaugeVec", "IntGaugeVec"))]
    pub fn gauge_family<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&str; N],
    ) -> Result<Family<Gauge, N>, RegisterError> {
        self.family(name, help, labels, &())
    }

    /// Registers up-down counters by label values; they are exposed as gauges.
    ///
    /// # Errors
    /// If the name is invalid or taken, a label name is invalid or occurs twice, or the
    /// help is empty.
    pub fn up_down_counter_family<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&str; N],
    ) -> Result<Family<UpDownCounter, N>, RegisterError> {
        self.family(name, help, labels, &())
    }

    /// Registers histograms by label values, all with the same bounds.
    ///
    /// # Errors
    /// If the name is invalid or taken, a label name is invalid or occurs twice, or the
    /// help is empty.
    #[doc(alias("register_histogram_vec", "HistogramVec", "Summary"))]
    pub fn histogram_family<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&str; N],
        bounds: &Bounds,
    ) -> Result<Family<Histogram, N>, RegisterError> {
        self.family(name, help, labels, bounds)
    }

    /// Registers float counters by label values. The name may end in `_total`; it is
    /// exposed with it either way, unless the registry keeps
    /// [names as given](Self::with_counter_names_as_given).
    ///
    /// # Errors
    /// If the name is invalid or taken, a label name is invalid or occurs twice, or the
    /// help is empty.
    pub fn float_counter_family<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&str; N],
    ) -> Result<Family<FloatCounter, N>, RegisterError> {
        self.family(name, help, labels, &())
    }

    /// Registers float gauges by label values.
    ///
    /// # Errors
    /// If the name is invalid or taken, a label name is invalid or occurs twice, or the
    /// help is empty.
    pub fn float_gauge_family<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&str; N],
    ) -> Result<Family<FloatGauge, N>, RegisterError> {
        self.family(name, help, labels, &())
    }

    /// Registers float histograms by label values, all with the same bounds.
    ///
    /// # Errors
    /// If the name is invalid or taken, a label name is invalid or occurs twice, or the
    /// help is empty.
    pub fn float_histogram_family<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&str; N],
        bounds: &FloatBounds,
    ) -> Result<Family<FloatHistogram, N>, RegisterError> {
        self.family(name, help, labels, bounds)
    }
}
