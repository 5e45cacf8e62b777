//! The request that this thread is polling, so that code below can label it.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::metrics::HttpMetrics;
use crate::request_bytes::Upload;
use crate::route::RouteId;

/// The innermost request being polled.
#[derive(Clone, Copy)]
struct Current {
    /// The route so far, and by it the instance that records the request.
    route: RouteId,
    /// Whether the last of the uploads is this request's.
    has_upload: bool,
    /// The same of the request around it, which is another instance's: two may measure one service, each by copies.
    around: Option<RouteId>,
}

/// The code that this thread polls.
#[derive(Clone, Copy)]
enum Polled {
    Nothing,
    /// Code of a request that is not part of it.
    Detached,
    Request(Current),
}

impl Polled {
    fn request(self) -> Option<Current> {
        match self {
            Self::Request(current) => Some(current),
            Self::Nothing | Self::Detached => None,
        }
    }
}

thread_local! {
    static POLLED: Cell<Polled> = const { Cell::new(Polled::Nothing) };

    /// The bodies that were offered to the requests being polled, and are not yet taken: the innermost request's last.
    static UPLOADS: RefCell<Vec<Arc<Upload>>> = const { RefCell::new(Vec::new()) };
}

/// Labels the request that is being polled on this thread; the last label before the head of the response counts.
///
/// False, and nothing is done, if this thread polls no request of the route's instance: in a spawned task, in a task
/// behind a channel, in a response body, outside of the layer, or inside another
/// instance's layer. Inside a second copy of the layer, a task or a channel takes labels
/// again. Costs about as much as a write to a thread-local.
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
    match POLLED.get() {
        Polled::Request(current) if current.route.is_sibling(route) => {
            POLLED.set(Polled::Request(Current { route, ..current }));
            true
        }
        _ => false,
    }
}

/// Whether a request is being polled on this thread that the instance already records.
#[inline]
pub(crate) fn is_recording(metrics: HttpMetrics) -> bool {
    let Polled::Request(current) = POLLED.get() else { return false };
    metrics.owns(current.route) || current.around.is_some_and(|around| metrics.owns(around))
}

/// Whether this thread polls code that was detached from its request.
#[inline]
pub(crate) fn is_detached() -> bool {
    matches!(POLLED.get(), Polled::Detached)
}

/// Gives the request being polled the body that is counted for it. False if the instance does not record it, or if it has
/// one already.
pub(crate) fn offer_upload(metrics: HttpMetrics, upload: &Arc<Upload>) -> bool {
    let Some(current) = POLLED.get().request() else { return false };
    if !metrics.owns(current.route) || current.has_upload {
        return false;
    }
    // Not to be had while the thread ends.
    let offered = UPLOADS.try_with(|uploads| uploads.borrow_mut().push(Arc::clone(upload))).is_ok();
    POLLED.set(Polled::Request(Current { has_upload: offered, ..current }));
    offered
}

/// Makes the request the one being polled, until the guard is dropped.
#[inline]
pub(crate) fn enter<'a>(route: &'a mut RouteId, upload: &'a mut Option<Arc<Upload>>) -> Entered<'a> {
    let outer = POLLED.get();
    let around = outer.request().map(|outer| outer.route);
    POLLED.set(Polled::Request(Current { route: *route, has_upload: false, around }));
    Entered { outer, route, upload }
}

/// Leaves the request being polled, until the guard is dropped.
#[inline]
pub(crate) fn leave() -> Left {
    Left { outer: POLLED.replace(Polled::Detached) }
}

/// Takes label and upload, and gives the thread back to the outer request, also when the code in between panics.
#[must_use = "dropping it at once enters nothing"]
pub(crate) struct Entered<'a> {
    outer: Polled,
    route: &'a mut RouteId,
    upload: &'a mut Option<Arc<Upload>>,
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(current) = POLLED.replace(self.outer).request() {
            *self.route = current.route;
            if current.has_upload {
                *self.upload = UPLOADS.try_with(|uploads| uploads.borrow_mut().pop()).ok().flatten();
            }
        }
    }
}

/// Gives the thread back to the request that was left.
#[must_use = "dropping it at once leaves nothing"]
pub(crate) struct Left {
    outer: Polled,
}

impl Drop for Left {
    fn drop(&mut self) {
        POLLED.set(self.outer);
    }
}
