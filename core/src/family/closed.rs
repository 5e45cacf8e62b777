//! Closed label sets: all values are known at compile time, so a series is found by its
//! number.

use std::fmt;
use std::marker::PhantomData;

use crate::family::family::Family;
use crate::metrics::metric::Metric;
use crate::sync::Published;

/// A label whose values are all known when the program is written: methods, classes of
/// status, directions.
///
/// ```
/// use tickmark::{Label, Registry};
///
/// #[derive(Clone, Copy)]
/// enum Direction {
///     In,
///     Out,
/// }
///
/// impl Label for Direction {
///     const ALL: &'static [Self] = &[Self::In, Self::Out];
///
///     fn as_str(self) -> &'static str {
///         match self {
///             Self::In => "in",
///             Self::Out => "out",
///         }
///     }
///
///     fn index(self) -> usize {
///         self as usize
///     }
/// }
///
/// let registry = Registry::new();
/// let family = registry.counter_family("sent_bytes", "Bytes by direction.", ["direction"])?;
/// let bytes = family.closed();
/// bytes.with(Direction::Out).add(20);
/// assert_eq!(family.with(["out"]).get(), 20);
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
pub trait Label: Copy + 'static {
    /// Every value, each once.
    const ALL: &'static [Self];

    /// Returns the text of the label.
    fn as_str(self) -> &'static str;

    /// Returns the position of this value in [`ALL`](Self::ALL). A position past the end
    /// stands for the last value.
    ///
    /// Default: compares texts. An enum returns `self as usize`, which costs nothing.
    #[must_use]
    fn index(self) -> usize {
        let text = self.as_str();
        Self::ALL.iter().position(|label| label.as_str() == text).unwrap_or(usize::MAX)
    }
}

/// `N` labels whose values are all known, as one number.
///
/// Implemented for every [`Label`] and for tuples of two to four of them. Other sets can
/// be written by hand:
///
/// ```
/// use tickmark::{LabelSet, Registry};
///
/// /// Cache levels, of which only the first has two parts.
/// #[derive(Clone, Copy)]
/// enum Cache {
///     L1Data,
///     L1Code,
///     L2,
/// }
///
/// impl LabelSet<2> for Cache {
///     const COUNT: usize = 3;
///
///     fn index(self) -> usize {
///         self as usize
///     }
///
///     fn values(index: usize) -> [&'static str; 2] {
///         [["l1", "data"], ["l1", "code"], ["l2", "all"]][index]
///     }
/// }
///
/// let registry = Registry::new();
/// let family = registry.counter_family("misses", "Cache misses.", ["level", "part"])?;
/// family.closed().with(Cache::L1Code).inc();
/// assert_eq!(family.with(["l1", "code"]).get(), 1);
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
pub trait LabelSet<const N: usize>: Copy {
    /// Number of combinations; at least one.
    const COUNT: usize;

    /// Returns the number of this combination. A number of [`COUNT`](Self::COUNT) or more
    /// stands for the last combination.
    #[must_use]
    fn index(self) -> usize;

    /// Returns the values of the combination with a number below [`COUNT`](Self::COUNT),
    /// in the order of the labels.
    #[must_use]
    fn values(index: usize) -> [&'static str; N];
}

/// Returns the position of a label's value, at most that of the last one.
#[inline]
fn index_of<A: Label>(label: A) -> usize {
    label.index().min(A::ALL.len().saturating_sub(1))
}

/// Returns the text at this position, modulo the number of values.
fn value_of<A: Label>(index: usize) -> &'static str {
    let position = index % A::ALL.len().max(1);
    A::ALL.get(position).map_or("", |label| {
        debug_assert!(
            label.index() == position,
            "`index` of {:?} is {}, and its position in `ALL` is {position}",
            label.as_str(),
            label.index(),
        );
        label.as_str()
    })
}

impl<A: Label> LabelSet<1> for A {
    const COUNT: usize = A::ALL.len();

    #[inline]
    fn index(self) -> usize {
        index_of(self)
    }

    fn values(index: usize) -> [&'static str; 1] {
        [value_of::<A>(index)]
    }
}

impl<A: Label, B: Label> LabelSet<2> for (A, B) {
    const COUNT: usize = A::ALL.len() * B::ALL.len();

    #[inline]
    fn index(self) -> usize {
        index_of(self.0) * B::ALL.len() + index_of(self.1)
    }

    fn values(index: usize) -> [&'static str; 2] {
        [value_of::<A>(index / B::ALL.len()), value_of::<B>(index)]
    }
}

impl<A: Label, B: Label, C: Label> LabelSet<3> for (A, B, C) {
    const COUNT: usize = <(A, B) as LabelSet<2>>::COUNT * C::ALL.len();

    #[inline]
    fn index(self) -> usize {
        let (a, b, c) = self;
        LabelSet::<2>::index((a, b)) * C::ALL.len() + index_of(c)
    }

    fn values(index: usize) -> [&'static str; 3] {
        let [a, b] = <(A, B) as LabelSet<2>>::values(index / C::ALL.len());
        [a, b, value_of::<C>(index)]
    }
}

impl<A: Label, B: Label, C: Label, D: Label> LabelSet<4> for (A, B, C, D) {
    const COUNT: usize = <(A, B, C) as LabelSet<3>>::COUNT * D::ALL.len();

    #[inline]
    fn index(self) -> usize {
        let (a, b, c, d) = self;
        LabelSet::<3>::index((a, b, c)) * D::ALL.len() + index_of(d)
    }

    fn values(index: usize) -> [&'static str; 4] {
        let [a, b, c] = <(A, B, C) as LabelSet<3>>::values(index / D::ALL.len());
        [a, b, c, value_of::<D>(index)]
    }
}

/// The series of a family by a closed set of labels, found by number, without hashing or
/// comparing.
///
/// Keeps a handle of each requested series, so these series stay. [`Family::with`] finds
/// the same series. `Clone` copies the handles, and records in the same series.
/// Allocates.
pub struct ClosedFamily<M: Metric, L: LabelSet<N>, const N: usize = 1> {
    /// Not shared by clones: the header of an `Arc` costs each look-up an instruction.
    series: Box<[Published<M>]>,
    family: Family<M, N>,
    labels: PhantomData<fn(L)>,
}

impl<M: Metric, const N: usize> Family<M, N> {
    /// Returns this family with a closed set of labels. Allocates 40 bytes per
    /// combination. Each series is created on first use.
    ///
    /// A label set with another number of labels, or without a value, does not compile.
    ///
    /// ```
    /// # #[derive(Clone, Copy)]
    /// # struct Method;
    /// # #[derive(Clone, Copy)]
    /// # struct Class;
    /// # use tickmark::{Label, Registry};
    /// # impl Label for Method {
    /// #     const ALL: &'static [Self] = &[Self];
    /// #     fn as_str(self) -> &'static str { "GET" }
    /// # }
    /// # impl Label for Class {
    /// #     const ALL: &'static [Self] = &[Self];
    /// #     fn as_str(self) -> &'static str { "2xx" }
    /// # }
    /// let registry = Registry::new();
    /// let family = registry.counter_family("requests", "Requests.", ["method", "status"])?;
    /// let requests = family.closed::<(Method, Class)>();
    /// requests.with((Method, Class)).inc();
    /// assert_eq!(family.with(["GET", "2xx"]).get(), 1);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[must_use]
    pub fn closed<L: LabelSet<N>>(&self) -> ClosedFamily<M, L, N> {
        const { assert!(L::COUNT > 0, "each label has a value") };
        ClosedFamily {
            series: (0..L::COUNT).map(|_| Published::default()).collect(),
            family: self.clone(),
            labels: PhantomData,
        }
    }
}

impl<M: Metric, L: LabelSet<N>, const N: usize> ClosedFamily<M, L, N> {
    /// Returns the series with these labels; creates it if it is new, even over the
    /// series limit, since a closed set is finite.
    ///
    /// Wait-free for an earlier requested series. Creating one takes a lock and
    /// allocates.
    #[inline]
    #[must_use]
    pub fn with(&self, labels: L) -> &M {
        let index = labels.index();
        match self.series.get(index).and_then(Published::get) {
            Some(series) => series,
            None => self.open(index),
        }
    }

    #[cold]
    #[inline(never)]
    #[expect(
        clippy::indexing_slicing,
        reason = "there is at least one, and the index is cut to the last"
    )]
    fn open(&self, index: usize) -> &M {
        let index = index.min(self.series.len() - 1);
        self.series[index].get_or_init(|| self.family.open_known(L::values(index)))
    }
}

impl<M: Metric, L: LabelSet<N>, const N: usize> Clone for ClosedFamily<M, L, N> {
    fn clone(&self) -> Self {
        let copy = |series: &Published<M>| {
            let copy = Published::default();
            if let Some(series) = series.get() {
                _ = copy.get_or_init(|| series.clone());
            }
            copy
        };
        Self {
            series: self.series.iter().map(copy).collect(),
            family: self.family.clone(),
            labels: PhantomData,
        }
    }
}

impl<M: Metric, L: LabelSet<N>, const N: usize> fmt::Debug for ClosedFamily<M, L, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.series.iter().filter_map(Published::get)).finish()
    }
}
