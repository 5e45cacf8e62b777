//! The route of a request, which warp does not know: filters have no names.

use std::convert::Infallible;

use tickmark_http::{HttpMetrics, RouteId, set_route};
use warp::Filter;

/// Labels the requests that get here with a route, and lets all of them through.
///
/// It belongs right behind the filter that matches the path: a request that is turned
/// away later on, for its method or its body, has the route all the same. If it is turned
/// away and another branch takes it, the label of that one counts. A branch without a
/// route that answers such requests needs [`unmatched`]: warp does not tell which branch
/// answers.
///
/// ```
/// use warp::Filter;
///
/// # let registry = tickmark::Registry::new();
/// # let metrics = tickmark_warp::HttpMetrics::builder().build(&registry)?;
/// let users = warp::path!("users" / u32).and(tickmark_warp::route(metrics.route("/users/{id}")));
/// let users = users.and(warp::get()).map(|id: u32| format!("user {id}"));
/// # drop(users);
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

/// Labels the requests that get here `unmatched`, and lets all of them through.
///
/// For a branch without a route that answers what other branches turned away, such as a
/// page for everything else. warp drops a branch that rejects without a notice, so its
/// label stays until another one is set. It belongs behind the last filter of the branch
/// that may reject: a request that no branch answers keeps the route that turned it away.
///
/// ```
/// use warp::Filter;
///
/// # let registry = tickmark::Registry::new();
/// # let metrics = tickmark_warp::HttpMetrics::builder().build(&registry)?;
/// let api = tickmark_warp::path!(metrics; "files" / String);
/// let api = api.and(warp::header::exact("x-key", "1")).map(|_| "the API");
/// let page = warp::get().and(tickmark_warp::unmatched(metrics)).map(|| "the page");
/// # drop(api.or(page));
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[must_use]
pub fn unmatched(metrics: HttpMetrics) -> impl Filter<Extract = (), Error = Infallible> + Copy {
    route(metrics.route("unmatched"))
}

/// [`warp::path!`] that labels the requests it matches with the path as it is spelled:
/// `/users/{u32}/posts/{String}`, and `/files/*` where it ends in `..`.
///
/// ```
/// use warp::Filter;
///
/// # let registry = tickmark::Registry::new();
/// let metrics = tickmark_warp::HttpMetrics::builder().build(&registry)?;
/// let posts = tickmark_warp::path!(metrics; "users" / u32 / "posts" / String);
/// let posts = posts.and(warp::get()).map(|user: u32, post: String| format!("{post} of {user}"));
/// # drop(posts);
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
///
/// It knows what it matches itself and no more: below a prefix that another filter
/// matched, say the whole route by [`route`](crate::route()) instead.
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
