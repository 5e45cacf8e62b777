//! The request that this thread is polling, so that code below can label it.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::metrics::HttpMetrics;
use crate::request_bytes::Upload;
use crate::route::RouteId;

/// The code that this thread polls. Cells, not one cell of a struct: the struct would be
/// copied by wide reads, which wait for the narrow stores just before them.
struct Polled {
    /// The route so far of the innermost request, and by it the instance that records it.
    route: Cell<Option<RouteId>>,
    /// The same of the request around it, which is another instance's: two may measure
    /// one service, each by copies.
    around: Cell<Option<RouteId>>,
    state: Cell<State>,
}

/// What else there is to know of the code that is polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Plain,
    /// The last of the uploads is the innermost request's.
    HasUpload,
    /// Code of a request that is not part of it. There is no route then.
    Detached,
}

thread_local! {
    static POLLED: Polled = const {
        Polled { route: Cell::new(None), around: Cell::new(None), state: Cell::new(State::Plain) }
    };

    /// The bodies that were offered to the requests being polled, and are not yet taken:
    /// the innermost request's last.
    static UPLOADS: RefCell<Vec<Arc<Upload>>> = const { RefCell::new(Vec::new()) };
}

/// Labels the request that is being polled on this thread; the last label before the head
/// of the response counts.
///
/// False, and nothing is done, if this thread polls no request of the route's instance:
/// in a spawned task, in a task behind a channel, in a response body, outside of the
/// layer, or inside another instance's layer. Inside a second copy of the layer, a task
/// or a channel takes labels again. Costs about as much as a write to a thread-local.
///
/// ```
/// # let registry = tickmark::Registry::new();
/// let metrics = tickmark_http::HttpMetrics::builder().build(&registry)?;
/// let home = metrics.route("/");
/// assert!(!tickmark_http::set_route(home), "nothing is being polled here");
/// # Ok::<(), tickmark_http::BuildError>(())
/// ```
#[expect(clippy::must_use_candidate, reason = "mostly called for the label alone")]
#[inline]
pub fn set_route(route: RouteId) -> bool {
    POLLED.with(|polled| {
        let is_sibling = polled.route.get().is_some_and(|current| current.is_sibling(route));
        if is_sibling {
            polled.route.set(Some(route));
        }
        is_sibling
    })
}

/// Whether a request is being polled on this thread that the instance already records.
#[inline]
pub(crate) fn is_recording(metrics: HttpMetrics) -> bool {
    is_recording_for(metrics.unmatched())
}

/// Returns whether a request is being polled on this thread that the instance of the
/// route records.
#[inline]
pub(crate) fn is_recording_for(route: RouteId) -> bool {
    POLLED.with(|polled| {
        let Some(current) = polled.route.get() else { return false };
        route.is_sibling(current)
            || polled.around.get().is_some_and(|around| route.is_sibling(around))
    })
}

/// Whether this thread polls code that was detached from its request.
#[inline]
pub(crate) fn is_detached() -> bool {
    POLLED.with(|polled| polled.state.get() == State::Detached)
}

/// Gives the request being polled the body that is counted for it. False if the instance
/// does not record it, or if it has one already.
pub(crate) fn offer_upload(metrics: HttpMetrics, upload: &Arc<Upload>) -> bool {
    POLLED.with(|polled| {
        let is_owned = polled.route.get().is_some_and(|route| metrics.owns(route));
        if !is_owned || polled.state.get() == State::HasUpload {
            return false;
        }
        // Not to be had while the thread ends.
        let offered =
            UPLOADS.try_with(|uploads| uploads.borrow_mut().push(Arc::clone(upload))).is_ok();
        if offered {
            polled.state.set(State::HasUpload);
        }
        offered
    })
}

/// Makes a request the one being polled, until [`exit`]. Returns the code that was polled
/// before.
#[inline(always)]
pub(crate) fn enter(route: RouteId) -> Outer {
    POLLED.with(|polled| {
        let outer = polled.route.replace(Some(route));
        Outer {
            route: outer,
            around: polled.around.replace(outer),
            state: polled.state.replace(State::Plain),
        }
    })
}

/// Gives the thread back to the code that it polled before. Returns the label of the
/// request, and whether it has an upload.
#[inline(always)]
pub(crate) fn exit(outer: Outer) -> (Option<RouteId>, bool) {
    POLLED.with(|polled| {
        polled.around.set(outer.around);
        let has_upload = polled.state.replace(outer.state) == State::HasUpload;
        (polled.route.replace(outer.route), has_upload)
    })
}

/// Takes the upload of the request that was polled last.
pub(crate) fn take_upload() -> Option<Arc<Upload>> {
    UPLOADS.try_with(|uploads| uploads.borrow_mut().pop()).ok().flatten()
}

/// Leaves the request being polled, until the guard is dropped.
#[inline]
pub(crate) fn leave() -> Left {
    Left(POLLED.with(|polled| Outer {
        route: polled.route.take(),
        around: polled.around.take(),
        state: polled.state.replace(State::Detached),
    }))
}

/// The code that a thread polled before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outer {
    route: Option<RouteId>,
    around: Option<RouteId>,
    state: State,
}

/// Gives the thread back to the request that was left.
#[must_use = "dropping it at once leaves nothing"]
pub(crate) struct Left(Outer);

impl Drop for Left {
    fn drop(&mut self) {
        let Outer { route, around, state } = self.0;
        POLLED.with(|polled| {
            polled.route.set(route);
            polled.around.set(around);
            polled.state.set(state);
        });
    }
}
