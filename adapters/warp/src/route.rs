//! The route of a request. Filters of warp have no names, so a filter sets it.

use std::convert::Infallible;

use tickmark_http::{HttpMetrics, RouteId, set_route};
use warp::Filter;

/// Labels each request that reaches it with a route. Never rejects.
///
/// Put it right behind the filter that matches the path, so that a request rejected
/// later, for its method or body, has the route too. If another branch takes the rejected
/// request, the label of that branch counts. A branch without a route needs
/// [`unmatched`]: warp does not report which branch responds.
///
/// ```
/// use warp::Filter;
///
/// let registry = tickmark::Registry::new();
/// let metrics = tickmark_warp::HttpMetrics::builder().build(&registry)?;
/// let users = warp::path!("users" / u32)
///     .and(tickmark_warp::route(metrics.route("/users/{id}")))
///     .and(warp::get())
///     .map(|id: u32| format!("user {id}"));
/// # _ = users;
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[must_use]
pub fn route(route: RouteId) -> impl Filter<Extract = (), Error = Infallible> + Copy {
    warp::any()
        .map(move || {
            _ = set_route(route);
        })
        .untuple_one()
}

/// Labels each request that reaches it `unmatched`. Never rejects.
///
/// For a branch without a route that answers requests rejected by other branches, such as
/// a default page. The label of a rejecting branch stays until another label is set. Put
/// this filter behind the last filter of the branch that may reject. A request that every
/// branch rejects then keeps the last route.
///
/// ```
/// use warp::Filter;
///
/// let registry = tickmark::Registry::new();
/// let metrics = tickmark_warp::HttpMetrics::builder().build(&registry)?;
/// let api = tickmark_warp::path!(metrics; "files" / String)
///     .and(warp::header::exact("x-key", "1"))
///     .map(|_| "the API");
/// let page = warp::get().and(tickmark_warp::unmatched(metrics)).map(|| "the page");
/// let service = warp::service(api.or(page));
/// # _ = service;
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[must_use]
pub fn unmatched(metrics: HttpMetrics) -> impl Filter<Extract = (), Error = Infallible> + Copy {
    route(metrics.route("unmatched"))
}

/// Matches a path like `warp::path!`, and labels the request with the path as written:
/// `/users/{u32}/posts/{String}`, and `/files/*` for a path that ends in `..`.
///
/// ```
/// use warp::Filter;
///
/// let registry = tickmark::Registry::new();
/// let metrics = tickmark_warp::HttpMetrics::builder().build(&registry)?;
/// let posts = tickmark_warp::path!(metrics; "users" / u32 / "posts" / String)
///     .and(warp::get())
///     .map(|user: u32, post: String| format!("{post} of {user}"));
/// # _ = posts;
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
///
/// The label contains only what the macro itself matches. Below a prefix that another
/// filter matched, set the whole route with [`route`](crate::route()) instead. Use
/// `route` too where a WebSocket or another framework labels the same path in another
/// notation: the label of this macro names the types, `/ws/{String}`.
#[macro_export]
macro_rules! path {
    ($metrics:expr; $($pieces:tt)*) => {
        $crate::__warp::Filter::and(
            $crate::__warp::path!($($pieces)*),
            $crate::route($metrics.route($crate::__template!($($pieces)*))),
        )
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __template {
    () => { "/" };
    ($($piece:tt)/+) => { concat!($("/", $crate::__segment!($piece)),+) };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __segment {
    (..) => {
        "*"
    };
    ($literal:literal) => {
        $literal
    };
    ($parameter:tt) => {
        concat!("{", stringify!($parameter), "}")
    };
}
