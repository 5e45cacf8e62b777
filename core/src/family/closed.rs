//! Closed label sets: all values are known when the program is written, so a series is
//! found by its number.

use std::fmt;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::family::family::Family;
use crate::metrics::metric::Metric;
use crate::sync::Published;

/// A label whose values are all known: methods, classes of status, directions.
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
///     const VALUES: &'static [&'static str] = &["in", "out"];
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
pub trait Label: Copy {
    /// Every value, each once.
    const VALUES: &'static [&'static str];

    /// Which of [`VALUES`](Self::VALUES) this is. A number past the end stands for the
    /// last.
    fn index(self) -> usize;
}

/// Labels whose values are all known, numbered.
///
/// A [`Label`] is one, and so are tuples of two to four of them; what is more special can
/// be written by hand.
pub trait LabelSet: Copy {
    /// How many labels it has.
    const LABEL_COUNT: usize;

    /// How many combinations of values there are; at least one.
    const COUNT: usize;

    /// The number of this combination. One that is not below [`COUNT`](Self::COUNT)
    /// stands for the last.
    fn index(self) -> usize;

    /// The values of the combination with a number below [`COUNT`](Self::COUNT), in the
    /// order of the labels. What is beyond [`LABEL_COUNT`](Self::LABEL_COUNT) is cut, and
    /// what is missing is empty.
    fn values(index: usize) -> Vec<&'static str>;
}

/// The number of a label's value, kept below the number of values.
#[inline]
fn index_of<A: Label>(label: A) -> usize {
    label.index().min(A::VALUES.len().saturating_sub(1))
}

/// The value with this number, the numbers going around.
fn value_of<A: Label>(index: usize) -> &'static str {
    A::VALUES.get(index % A::VALUES.len().max(1)).copied().unwrap_or_default()
}

impl<A: Label> LabelSet for A {
    const LABEL_COUNT: usize = 1;
    const COUNT: usize = A::VALUES.len();

    #[inline]
    fn index(self) -> usize {
        index_of(self)
    }

    fn values(index: usize) -> Vec<&'static str> {
        vec![value_of::<A>(index)]
    }
}

impl<A: Label, B: Label> LabelSet for (A, B) {
    const LABEL_COUNT: usize = 2;
    const COUNT: usize = A::VALUES.len() * B::VALUES.len();

    #[inline]
    fn index(self) -> usize {
        index_of(self.0) * B::VALUES.len() + index_of(self.1)
    }

    fn values(index: usize) -> Vec<&'static str> {
        vec![value_of::<A>(index / B::VALUES.len()), value_of::<B>(index)]
    }
}

impl<A: Label, B: Label, C: Label> LabelSet for (A, B, C) {
    const LABEL_COUNT: usize = 3;
    const COUNT: usize = <(A, B)>::COUNT * C::VALUES.len();

    #[inline]
    fn index(self) -> usize {
        let (a, b, c) = self;
        (a, b).index() * C::VALUES.len() + index_of(c)
    }

    fn values(index: usize) -> Vec<&'static str> {
        let mut values = <(A, B)>::values(index / C::VALUES.len());
        values.push(value_of::<C>(index));
        values
    }
}

impl<A: Label, B: Label, C: Label, D: Label> LabelSet for (A, B, C, D) {
    const LABEL_COUNT: usize = 4;
    const COUNT: usize = <(A, B, C)>::COUNT * D::VALUES.len();

    #[inline]
    fn index(self) -> usize {
        let (a, b, c, d) = self;
        (a, b, c).index() * D::VALUES.len() + index_of(d)
    }

    fn values(index: usize) -> Vec<&'static str> {
        let mut values = <(A, B, C)>::values(index / D::VALUES.len());
        values.push(value_of::<D>(index));
        values
    }
}

/// The series of a family by a closed set of labels: found by number, without hashing or
/// comparing.
///
/// It keeps a handle of each series that it was asked for, so these series stay. They are
/// series of the family like any other: [`Family::with`] finds the same ones.
pub struct ClosedFamily<M: Metric, L: LabelSet> {
    series: Box<[Published<M>]>,
    /// Opens the series with a number.
    open: Box<dyn Fn(usize) -> M + Send + Sync + UnwindSafe + RefUnwindSafe>,
    labels: PhantomData<fn(L)>,
}

impl<M: Metric, const N: usize> Family<M, N> {
    /// This family by a closed set of labels. Allocates 40 bytes for each combination; a
    /// series comes into being when it is first asked for.
    ///
    /// A label set with another number of labels than the family's, or without any value,
    /// does not compile.
    ///
    /// ```
    /// # #[derive(Clone, Copy)]
    /// # struct Method;
    /// # #[derive(Clone, Copy)]
    /// # struct Class;
    /// # use tickmark::{Label, Registry};
    /// # impl Label for Method {
    /// #     const VALUES: &'static [&'static str] = &["GET"];
    /// #     fn index(self) -> usize { 0 }
    /// # }
    /// # impl Label for Class {
    /// #     const VALUES: &'static [&'static str] = &["2xx"];
    /// #     fn index(self) -> usize { 0 }
    /// # }
    /// let registry = Registry::new();
    /// let family = registry.counter_family("requests", "Requests.", ["method", "status"])?;
    /// let requests = family.closed::<(Method, Class)>();
    /// requests.with((Method, Class)).inc();
    /// assert_eq!(family.with(["GET", "2xx"]).get(), 1);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[must_use]
    pub fn closed<L: LabelSet>(&self) -> ClosedFamily<M, L> {
        const {
            assert!(L::LABEL_COUNT == N, "the label set has as many labels as the family");
            assert!(L::COUNT > 0, "each label has a value");
        }
        let family = self.clone();
        ClosedFamily {
            series: (0..L::COUNT).map(|_| Published::default()).collect(),
            open: Box::new(move |index| family.open_known(L::values(index))),
            labels: PhantomData,
        }
    }
}

impl<M: Metric, L: LabelSet> ClosedFamily<M, L> {
    /// The series with these labels; created if it is new, also past the limit of the
    /// family, because a closed set is a limit itself.
    ///
    /// Wait-free for a series that was asked for before. Creating one takes a lock and
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
        self.series[index].get_or_init(|| (self.open)(index))
    }
}

impl<M: Metric, L: LabelSet> fmt::Debug for ClosedFamily<M, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.series.iter().filter_map(Published::get)).finish()
    }
}
