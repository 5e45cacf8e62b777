//! Views: a series as an exporter sees it.

use std::iter;
use std::time::SystemTime;

use crate::names::description::Description;
use crate::names::labels::{self, LabelValues, is_plain};
use crate::series::created::CreatedTimes;
use crate::series::exemplar::{Exemplar, SeriesExemplars};
use crate::series::fault_counts::FaultCounts;
use crate::series::series::Series;
use crate::sync::Arc;

/// A series as an exporter sees it.
#[derive(Clone, Copy, Debug)]
pub struct SeriesView<'a> {
    pub(crate) slot: usize,
    pub(crate) id: u64,
    pub(crate) family: &'a Description,
    pub(crate) labels: &'a LabelValues,
    /// `None` for a collected series.
    pub(crate) recorded: Option<(&'a Series, &'a Recorded)>,
}

/// Data of a family that only registered ones have. Behind a reference, because most
/// views do not need it.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// Creation times of the series, if the family keeps them.
    pub(crate) created: Option<CreatedTimes>,
    /// `None` for gauges, whose handles see no faults.
    pub(crate) fault_counts: Option<&'static FaultCounts>,
}

impl<'a> SeriesView<'a> {
    /// Returns the id of the series, unique in the process and never reused. Later series
    /// of a registered family have higher ids.
    #[must_use]
    #[inline]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Returns the slot of the series in its family. Slots are dense, so an exporter may
    /// cache data of a series in a list. Another series may have the slot later, with
    /// another [`id`](Self::id).
    #[must_use]
    #[inline]
    pub fn slot(&self) -> usize {
        self.slot
    }

    /// Returns the labels of the series, names with values: constant labels first, then
    /// those of the family in its order, or those of an open family sorted by name.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use tickmark::export::Scratch;
    /// use tickmark::{Counter, Registry};
    ///
    /// let registry = Registry::new();
    /// let shard = registry.with_label("shard", "7");
    /// let queries = shard.open_family::<Counter>("queries_total", "Queries.", &())?;
    /// queries.with(&[("op", "read"), ("db", "users")])?.inc();
    /// for family in registry.families().iter() {
    ///     _ = family.visit(0, &mut Scratch::default(), |series, _| {
    ///         assert!(series.labels().eq([("shard", "7"), ("db", "users"), ("op", "read")]));
    ///         ControlFlow::Continue(())
    ///     });
    /// }
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    pub fn labels(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let Description { constant_labels, label_names, has_open_labels, .. } = self.family;
        let mut names = label_names.iter();
        let mut values = self.labels.iter();
        // An open family keeps names and values in turn.
        let own = iter::from_fn(move || {
            let name = if *has_open_labels { values.next()? } else { names.next()? };
            Some((name, values.next()?))
        });
        constant_labels.iter().map(|(name, value)| (&**name, &**value)).chain(own)
    }

    /// Returns the label values, in the order of the family's label names: constant
    /// labels first. Those of an open family are in the order of
    /// [`labels`](Self::labels).
    #[inline]
    pub fn label_values(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let skips_names = self.family.has_open_labels;
        let own = OwnValues { parts: self.labels.iter(), skips_names };
        self.family.constant_labels.iter().map(|(_, value)| &**value).chain(own)
    }

    /// Returns whether no label value has a quotation mark, a backslash or an ASCII
    /// control character: then most formats have nothing to escape. Computed when the
    /// series was created, so it does not read its values.
    #[must_use]
    #[inline]
    pub fn has_plain_values(&self) -> bool {
        self.labels.are_plain()
            && self.family.constant_labels.iter().all(|(_, value)| is_plain(value))
    }

    /// Returns the creation time, if its family keeps it
    /// ([`Registry::with_created_times`](crate::Registry::with_created_times)).
    #[must_use]
    #[inline]
    pub fn created(&self) -> Option<SystemTime> {
        let (_, recorded) = self.recorded?;
        recorded.created.as_ref()?.get(self.slot)
    }

    /// Returns whether the series has any exemplar. Lock-free.
    #[must_use]
    #[inline]
    pub fn has_exemplars(&self) -> bool {
        self.exemplars().is_some()
    }

    /// Returns the exemplars of the series. `None` if none was set. Lock-free.
    #[must_use]
    #[inline]
    pub fn exemplars(&self) -> Option<SeriesExemplars> {
        let (series, recorded) = self.recorded?;
        // Until the family has exemplars, this does not access the memory of its series.
        if recorded.fault_counts?.exemplars().has_happened() { series.exemplars() } else { None }
    }

    /// Returns the last exemplar of a bucket, by index; the last bucket is `+Inf`, and a
    /// counter has bucket 0 only.
    ///
    /// It may be newer than the value that was read, but always belongs to that bucket.
    /// Lock-free.
    #[must_use]
    pub fn exemplar(&self, bucket: usize) -> Option<Arc<Exemplar>> {
        let (series, _) = self.recorded?;
        series.exemplar(bucket)
    }
}

/// The values among the parts of a key.
struct OwnValues<'a> {
    parts: labels::Iter<'a>,
    /// Whether each value follows its name.
    skips_names: bool,
}

impl<'a> Iterator for OwnValues<'a> {
    type Item = &'a str;

    #[inline]
    fn next(&mut self) -> Option<&'a str> {
        if self.skips_names {
            _ = self.parts.next();
        }
        self.parts.next()
    }
}
