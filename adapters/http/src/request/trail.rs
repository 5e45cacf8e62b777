//! Marks on requests that are being recorded, for copies of the layer behind a task or a
//! channel.
//!
//! A copy below finds the record around it by the thread that polls both. Behind a task
//! or a channel it is polled elsewhere; a mark in the request's extensions keeps it from
//! recording once more. An instance with one service made has no copies below and marks
//! nothing. All services that a router makes with one layer count as one, but requests
//! without a route are marked there: such a layer may be in use once more below.
//!
//! There are two marks. A *trail* is shared with the record: it returns the label and the
//! upload from below, and expires with the record. It allocates. A *token* is a type
//! without a value, one for each of the first instances, and allocates nothing in
//! extensions that have room. Records whose route is known take the token until a copy
//! below has found one: then labels from below exist, and the trail carries them.

use std::any::type_name;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Extensions;

use crate::layer::MetricsService;
use crate::metrics::HttpMetrics;
use crate::request_bytes::Upload;
use crate::route::RouteId;
use crate::slot;

/// The services made with one instance, as far as marks depend on them.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    made: AtomicUsize,
    /// A copy has found a token.
    are_apart: AtomicBool,
    /// A request was marked by a trail.
    have_trails: AtomicBool,
}

impl Copies {
    /// Notes a service that may be a copy below another one, around a service of the type
    /// `S`.
    pub(crate) fn note<S>(&self, key: usize) {
        let follows_its_own = LAST_MADE.replace(key) == key;
        // Past two, nothing is counted or compared.
        // Two copies with nothing between them are one: no task can part them.
        if self.are_several() || follows_its_own && is_copy::<S>() {
            return;
        }
        self.note_one();
    }

    /// Notes a service, or all services of one router.
    pub(crate) fn note_one(&self) {
        // Relaxed: the load in `are_several` follows the hand-over of the service to the
        // thread that calls it, and this store precedes it.
        _ = self.made.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes services whose number is unknown.
    pub(crate) fn note_unknown(&self) {
        // Relaxed: the caller itself reads it next. The load keeps the line shared
        // between cores.
        if self.made.load(Ordering::Relaxed) < 2 {
            _ = self.made.fetch_add(2, Ordering::Relaxed);
        }
    }

    /// Whether a request may pass two services of the instance.
    #[inline]
    pub(crate) fn are_several(&self) -> bool {
        // Relaxed: pairs with `note_one`, see there.
        self.made.load(Ordering::Relaxed) > 1
    }

    /// Whether a request may have a mark, or needs one for services that are noted.
    #[inline]
    pub(crate) fn may_meet(&self) -> bool {
        self.are_several() || self.have_trails()
    }

    fn are_apart(&self) -> bool {
        // Relaxed: a hint. Until another thread sees it, labels from below are lost.
        self.are_apart.load(Ordering::Relaxed)
    }

    fn have_trails(&self) -> bool {
        // Relaxed: pairs with the store in `put`, see there.
        self.have_trails.load(Ordering::Relaxed)
    }

    /// Notes that a copy has found a token.
    fn met(&self) -> Mark {
        // Relaxed: pairs with `are_apart`, see there.
        self.are_apart.store(true, Ordering::Relaxed);
        Mark::Token
    }
}

thread_local! {
    /// The instance whose service this thread made last.
    static LAST_MADE: Cell<usize> = const { Cell::new(0) };
}

/// Whether a type is that of a service with metrics. A name is enough: a copy that goes
/// unnoticed costs allocations alone.
fn is_copy<S>() -> bool {
    let outer_name = |name: &'static str| name.split('<').next();
    outer_name(type_name::<S>()) == outer_name(type_name::<MetricsService<()>>())
}

/// A mark that a request carries.
pub(crate) enum Mark {
    Trail(Arc<Trail>),
    Token,
}

/// Whether a request has a route of the instance.
#[inline]
pub(crate) fn is_labelled(metrics: HttpMetrics, route: Option<RouteId>) -> bool {
    route.is_some_and(|route| route != metrics.unmatched())
}

/// Marks a request that the instance begins to record, if another service of it may be
/// below, and returns the trail if it is marked by one.
///
/// A layer of a router may be in use a second time where no service is noted. That is
/// below a service without a route, as the documentation has it.
///
/// # Errors
/// The mark of a request that the instance records already.
#[inline(never)]
pub(crate) fn put(
    metrics: HttpMetrics,
    route: Option<RouteId>,
    is_one_of_many: bool,
    extensions: &mut Extensions,
) -> Result<Option<Arc<Trail>>, Mark> {
    if slot::is_detached() {
        clear(extensions);
    }
    let copies = metrics.copies();
    let is_labelled = is_labelled(metrics, route);
    if !copies.are_several() && (is_labelled || !is_one_of_many) {
        return find(metrics, extensions).map_or(Ok(None), Err);
    }
    let token = metrics.token().filter(|_| is_labelled && !copies.are_apart());
    if let Some(token) = token.filter(|_| !copies.have_trails()) {
        // The usual case looks up nothing before.
        return if (token.put)(extensions) { Err(copies.met()) } else { Ok(None) };
    }
    if let Some(mark) = find(metrics, extensions) {
        return Err(mark);
    }
    let mut trails = extensions.remove().map_or_else(Vec::new, |Trails(trails)| trails);
    trails.retain(|(owner, _)| *owner != metrics.key());
    let trail = if let Some(token) = token {
        _ = (token.put)(extensions);
        None
    } else {
        // Relaxed: a request that carries a trail brings this store along to other
        // threads.
        copies.have_trails.store(true, Ordering::Relaxed);
        let trail = Arc::new(Trail::default());
        trails.push((metrics.key(), Arc::clone(&trail)));
        Some(trail)
    };
    if !trails.is_empty() {
        _ = extensions.insert(Trails(trails));
    }
    Ok(trail)
}

/// The mark of a request that the instance records already, unless it has expired.
pub(crate) fn find(metrics: HttpMetrics, extensions: &Extensions) -> Option<Mark> {
    let copies = metrics.copies();
    let trails = extensions.get().filter(|_| copies.have_trails());
    let trails = trails.map_or(&[][..], |Trails(trails)| trails);
    if let Some((_, trail)) = trails.iter().find(|(owner, _)| *owner == metrics.key()) {
        return (!trail.is_answered()).then(|| Mark::Trail(Arc::clone(trail)));
    }
    metrics.token().filter(|token| (token.is_in)(extensions)).map(|_| copies.met())
}

/// Removes all marks: the request is not part of another one.
pub(crate) fn clear(extensions: &mut Extensions) {
    if extensions.is_empty() {
        return;
    }
    _ = extensions.remove::<Trails>();
    for token in &TOKENS {
        (token.remove)(extensions);
    }
}

/// The trails of a request: one for each instance that marked it, by the instance's key.
#[derive(Clone)]
struct Trails(Vec<(usize, Arc<Trail>)>);

/// The state shared by a record and the copies below it.
#[derive(Debug, Default)]
pub(crate) struct Trail(Mutex<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// The last label from below that the record has not taken.
    label: Option<RouteId>,
    upload: Option<Arc<Upload>>,
    /// The record has its head. A request with this mark is another one, made of it: a
    /// retry, or one sent on. A record that ended without a head keeps the mark, since
    /// its own request may go on.
    is_answered: bool,
}

impl Trail {
    /// Hands a label to the record.
    pub(crate) fn label(&self, route: RouteId) {
        self.shared().label = Some(route);
    }

    pub(crate) fn take_label(&self) -> Option<RouteId> {
        self.shared().label.take()
    }

    /// Hands the record the body that is counted for it. False if it has one already.
    pub(crate) fn offer_upload(&self, upload: &Arc<Upload>) -> bool {
        let mut shared = self.shared();
        let is_first = shared.upload.is_none() && !shared.is_answered;
        if is_first {
            shared.upload = Some(Arc::clone(upload));
        }
        is_first
    }

    /// Expires the mark, and returns the body that is counted.
    pub(crate) fn answered(&self) -> Option<Arc<Upload>> {
        let mut shared = self.shared();
        shared.is_answered = true;
        shared.upload.take()
    }

    fn is_answered(&self) -> bool {
        self.shared().is_answered
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        // Nothing under the lock panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The mark of the instance with this number.
#[derive(Clone, Copy)]
struct Recorded<const NUMBER: usize>;

/// The operations on one type of token.
pub(crate) struct Token {
    /// Returns whether it was there.
    put: fn(&mut Extensions) -> bool,
    is_in: fn(&Extensions) -> bool,
    remove: fn(&mut Extensions),
}

impl Token {
    /// The token of the instance with this number; none beyond the first eight.
    pub(crate) fn numbered(number: usize) -> Option<&'static Self> {
        TOKENS.get(number)
    }

    const fn of<const NUMBER: usize>() -> Self {
        Self {
            put: |extensions| extensions.insert(Recorded::<NUMBER>).is_some(),
            is_in: |extensions| extensions.get::<Recorded<NUMBER>>().is_some(),
            remove: |extensions| _ = extensions.remove::<Recorded<NUMBER>>(),
        }
    }
}

/// Eight, since few processes have more instances; the others use trails alone.
static TOKENS: [Token; 8] = [
    Token::of::<0>(),
    Token::of::<1>(),
    Token::of::<2>(),
    Token::of::<3>(),
    Token::of::<4>(),
    Token::of::<5>(),
    Token::of::<6>(),
    Token::of::<7>(),
];
