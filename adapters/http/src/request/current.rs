//! The current request: the one that this thread is polling, so that code below can label
//! it.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::upload::Upload;
use crate::series::route::RouteId;

/// The request that this thread is polling.
///
/// Several cells, not a cell of a struct. The struct would be copied by wide reads, which
/// wait for the narrow stores just before them.
struct CurrentRequest {
    /// The innermost request's route so far, which also identifies its instance.
    route: Cell<Option<RouteId>>,
    /// The route of the request around it, which belongs to another instance. Two
    /// instances may measure one service, each with several copies of its layer.
    around: Cell<Option<RouteId>>,
    state: Cell<State>,
}

/// The state of the code being polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Plain,
    /// The last of the uploads belongs to the innermost request.
    HasUpload,
    /// Code detached from its request. `route` is `None`.
    Detached,
}

thread_local! {
    static CURRENT: CurrentRequest = const {
        CurrentRequest {
            route: Cell::new(None),
            around: Cell::new(None),
            state: Cell::new(State::Plain),
        }
    };

    /// The bodies offered to the requests being polled and not taken yet; the innermost
    /// request's is last.
    static UPLOADS: RefCell<Vec<Arc<Upload>>> = const { RefCell::new(Vec::new()) };
}

/// Labels the request being polled on this thread. The last label before the head of the
/// response applies.
///
/// Returns false, and does nothing, if this thread does not poll a request of the route's
/// instance. That is the case in a spawned task, in a task behind a channel, in a
/// response body, outside the layer, and inside another instance's layer. A second copy
/// of the layer inside a task or behind a channel makes labels work there. Costs about as
/// much as a write to a thread-local.
///
/// ```
/// # let registry = tickmark::Registry::new();
/// let metrics = tickmark_http::HttpMetrics::builder().build(&registry)?;
/// let home = metrics.route("/");
/// assert!(!tickmark_http::set_route(home), "no request is being polled here");
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[expect(clippy::must_use_candidate, reason = "usually called for its effect")]
#[inline]
pub fn set_route(route: RouteId) -> bool {
    CURRENT.with(|current| {
        let is_sibling = current.route.get().is_some_and(|known| known.is_sibling(route));
        if is_sibling {
            current.route.set(Some(route));
        }
        is_sibling
    })
}

/// Returns whether this thread polls a request that the route's instance records.
#[inline]
pub(crate) fn is_recording(route: RouteId) -> bool {
    CURRENT.with(|current| {
        let Some(innermost) = current.route.get() else { return false };
        route.is_sibling(innermost)
            || current.around.get().is_some_and(|around| route.is_sibling(around))
    })
}

/// Returns whether this thread polls code detached from its request.
#[inline]
pub(crate) fn is_detached() -> bool {
    CURRENT.with(|current| current.state.get() == State::Detached)
}

/// Hands the counted body to the request being polled. Returns false if the instance of
/// `unmatched` does not record that request, or if it has a body already.
pub(crate) fn offer_upload(unmatched: RouteId, upload: &Arc<Upload>) -> bool {
    CURRENT.with(|current| {
        let is_owned = current.route.get().is_some_and(|route| unmatched.is_sibling(route));
        if !is_owned || current.state.get() == State::HasUpload {
            return false;
        }
        // Not accessible while the thread exits.
        let offered =
            UPLOADS.try_with(|uploads| uploads.borrow_mut().push(Arc::clone(upload))).is_ok();
        if offered {
            current.state.set(State::HasUpload);
        }
        offered
    })
}

/// Makes a request the current one, until [`exit`]. Returns the one before.
#[inline(always)]
pub(crate) fn enter(route: RouteId) -> Outer {
    CURRENT.with(|current| {
        let outer = current.route.replace(Some(route));
        Outer {
            route: outer,
            around: current.around.replace(outer),
            state: current.state.replace(State::Plain),
        }
    })
}

/// Restores the request that was current before. Returns the label of the request that
/// ends, and whether it has an upload.
#[inline(always)]
pub(crate) fn exit(outer: Outer) -> (Option<RouteId>, bool) {
    CURRENT.with(|current| {
        current.around.set(outer.around);
        let has_upload = current.state.replace(outer.state) == State::HasUpload;
        (current.route.replace(outer.route), has_upload)
    })
}

/// Takes the upload of the request that was current last.
pub(crate) fn take_upload() -> Option<Arc<Upload>> {
    UPLOADS.try_with(|uploads| uploads.borrow_mut().pop()).ok().flatten()
}

/// Detaches the thread from its current request, until the guard is dropped.
#[inline]
pub(crate) fn detach() -> DetachGuard {
    DetachGuard(CURRENT.with(|current| Outer {
        route: current.route.take(),
        around: current.around.take(),
        state: current.state.replace(State::Detached),
    }))
}

/// The request that was current before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outer {
    route: Option<RouteId>,
    around: Option<RouteId>,
    state: State,
}

/// Restores the current request when dropped.
#[must_use = "dropping it at once detaches nothing"]
pub(crate) struct DetachGuard(Outer);

impl Drop for DetachGuard {
    fn drop(&mut self) {
        let Outer { route, around, state } = self.0;
        CURRENT.with(|current| {
            current.route.set(route);
            current.around.set(around);
            current.state.set(state);
        });
    }
}
