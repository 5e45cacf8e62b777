//! Marks on requests that are being recorded, for copies of the layer behind a task or a
//! channel.
//!
//! A copy below finds the record around it by the thread that polls both. Behind a task
//! or a channel another thread polls it; there a mark in the request's extensions
//! prevents a second record. An instance with one service has no copies below and marks
//! nothing. All services that a router creates with one layer count as one. Their
//! requests without a route are marked nevertheless: such a layer may be in use once more
//! below.
//!
//! There are two kinds of marks. A *trail* is shared with the record: it returns the
//! label and the upload from below, expires with the record, and allocates. A *token* is
//! a type without a value, one for each of the first instances. It does not allocate
//! where the extensions have room. Records whose route is known use the token until a
//! copy below has found one. From then on labels from below exist, and trails carry them.

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Extensions;

use super::current;
use super::upload::Upload;
use crate::series::route::RouteId;

/// Number of instances created in this process.
static INSTANCES: AtomicUsize = AtomicUsize::new(0);

/// The services of one instance, as far as marks depend on them.
#[derive(Debug)]
pub(crate) struct Copies {
    /// None for all but the first instances of a process.
    token: Option<&'static Token>,
    made: AtomicUsize,
    /// A copy has found a token.
    are_apart: AtomicBool,
    /// A request was marked by a trail.
    have_trails: AtomicBool,
}

impl Copies {
    pub(crate) fn new() -> Self {
        Self {
            // Relaxed: only the number matters.
            token: Token::numbered(INSTANCES.fetch_add(1, Ordering::Relaxed)),
            made: AtomicUsize::new(0),
            are_apart: AtomicBool::new(false),
            have_trails: AtomicBool::new(false),
        }
    }

    /// Identifies the instance among all trails of a request.
    fn key(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    /// Notes a service that may be a copy below another one. `is_around_copy` tells
    /// whether it directly wraps a service with metrics.
    pub(crate) fn note(&self, is_around_copy: impl FnOnce() -> bool) {
        let follows_its_own = LAST_MADE.replace(self.key()) == self.key();
        // Past two, counting and comparing end. Two copies with nothing between them are
        // one: no task can separate them.
        if self.are_several() || follows_its_own && is_around_copy() {
            return;
        }
        self.note_one();
    }

    /// Notes a service, or all services of one router.
    pub(crate) fn note_one(&self) {
        // Relaxed: the store precedes the hand-over of the service to the thread that
        // calls it, and the load in `are_several` follows it.
        _ = self.made.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes an unknown number of services.
    pub(crate) fn note_unknown(&self) {
        // Relaxed: the same thread reads it next. The load keeps the cache line shared
        // between cores.
        if self.made.load(Ordering::Relaxed) < 2 {
            _ = self.made.fetch_add(2, Ordering::Relaxed);
        }
    }

    /// Returns whether a request may pass two services of the instance.
    #[inline]
    pub(crate) fn are_several(&self) -> bool {
        // Relaxed: partner of `note_one`, see there.
        self.made.load(Ordering::Relaxed) > 1
    }

    /// Returns whether a request may have a mark, or needs one for the noted services.
    #[inline]
    pub(crate) fn may_meet(&self) -> bool {
        self.are_several() || self.have_trails()
    }

    fn are_apart(&self) -> bool {
        // Relaxed: a hint. Labels from below are lost until it is visible here.
        self.are_apart.load(Ordering::Relaxed)
    }

    fn have_trails(&self) -> bool {
        // Relaxed: partner of the store in `put`, see there.
        self.have_trails.load(Ordering::Relaxed)
    }

    /// Notes that a copy has found a token.
    fn met(&self) -> Mark {
        // Relaxed: partner of `are_apart`, see there.
        self.are_apart.store(true, Ordering::Relaxed);
        Mark::Token
    }
}

thread_local! {
    /// The instance whose service this thread created last.
    static LAST_MADE: Cell<usize> = const { Cell::new(0) };
}

/// A mark that a request carries.
pub(crate) enum Mark {
    Trail(Arc<Trail>),
    Token,
}

/// Marks a request that the instance begins to record, if another service of it may be
/// below. Returns the trail, if that is the mark.
///
/// A layer of a router may be in use a second time without a noted service. That is
/// possible only below a service without a route, as the documentation states.
///
/// # Errors
/// If the instance records the request already. The error is its mark.
#[inline(never)]
pub(crate) fn put(
    copies: &Copies,
    is_labelled: bool,
    is_one_of_many: bool,
    extensions: &mut Extensions,
) -> Result<Option<Arc<Trail>>, Mark> {
    if current::is_detached() {
        clear(extensions);
    }
    if !copies.are_several() && (is_labelled || !is_one_of_many) {
        return find(copies, extensions).map_or(Ok(None), Err);
    }
    let token = copies.token.filter(|_| is_labelled && !copies.are_apart());
    if let Some(token) = token.filter(|_| !copies.have_trails()) {
        // The usual case needs no look-up before.
        return if (token.put)(extensions) { Err(copies.met()) } else { Ok(None) };
    }
    if let Some(mark) = find(copies, extensions) {
        return Err(mark);
    }
    let mut trails = extensions.remove().map_or_else(Vec::new, |Trails(trails)| trails);
    trails.retain(|(owner, _)| *owner != copies.key());
    let trail = if let Some(token) = token {
        _ = (token.put)(extensions);
        None
    } else {
        // Relaxed: a request that carries a trail brings this store along to other
        // threads.
        copies.have_trails.store(true, Ordering::Relaxed);
        let trail = Arc::new(Trail::default());
        trails.push((copies.key(), Arc::clone(&trail)));
        Some(trail)
    };
    if !trails.is_empty() {
        _ = extensions.insert(Trails(trails));
    }
    Ok(trail)
}

/// Returns the mark of a request that the instance records already, unless it has
/// expired.
pub(crate) fn find(copies: &Copies, extensions: &Extensions) -> Option<Mark> {
    let trails = extensions.get().filter(|_| copies.have_trails());
    let trails = trails.map_or(&[][..], |Trails(trails)| trails);
    if let Some((_, trail)) = trails.iter().find(|(owner, _)| *owner == copies.key()) {
        return (!trail.is_answered()).then(|| Mark::Trail(Arc::clone(trail)));
    }
    copies.token.filter(|token| (token.is_in)(extensions)).map(|_| copies.met())
}

/// Removes all marks, so that the request counts by itself.
pub(crate) fn clear(extensions: &mut Extensions) {
    if extensions.is_empty() {
        return;
    }
    _ = extensions.remove::<Trails>();
    for token in &TOKENS {
        (token.remove)(extensions);
    }
}

/// The trails of a request, by instance.
#[derive(Clone)]
struct Trails(Vec<(usize, Arc<Trail>)>);

/// The state shared by a record and the copies below it.
#[derive(Debug, Default)]
pub(crate) struct Trail(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The last label from below that the record has not taken.
    label: Option<RouteId>,
    upload: Option<Arc<Upload>>,
    /// The record has its head, so a request with this mark is a new one derived from it,
    /// such as a retry or a forwarded request. A record that ended without a head keeps
    /// the mark, since its own request may continue.
    is_answered: bool,
}

impl Trail {
    /// Hands a label to the record.
    pub(crate) fn label(&self, route: RouteId) {
        self.lock().label = Some(route);
    }

    pub(crate) fn take_label(&self) -> Option<RouteId> {
        self.lock().label.take()
    }

    /// Hands the record its counted body. Returns false if it has one already.
    pub(crate) fn offer_upload(&self, upload: &Arc<Upload>) -> bool {
        let mut state = self.lock();
        let is_first = state.upload.is_none() && !state.is_answered;
        if is_first {
            state.upload = Some(Arc::clone(upload));
        }
        is_first
    }

    /// Expires the mark, and returns the counted body.
    pub(crate) fn answered(&self) -> Option<Arc<Upload>> {
        let mut state = self.lock();
        state.is_answered = true;
        state.upload.take()
    }

    fn is_answered(&self) -> bool {
        self.lock().is_answered
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The mark of the instance with this number.
#[derive(Clone, Copy)]
struct Recorded<const NUMBER: usize>;

/// The operations on one type of token.
#[derive(Debug)]
struct Token {
    /// Returns whether the token was present.
    put: fn(&mut Extensions) -> bool,
    is_in: fn(&Extensions) -> bool,
    remove: fn(&mut Extensions),
}

impl Token {
    /// Returns the token of the instance with this number; none beyond the first eight.
    fn numbered(number: usize) -> Option<&'static Self> {
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

/// Eight, since few processes have more instances. The others use only trails.
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
