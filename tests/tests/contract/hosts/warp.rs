//! warp: filters, with labels behind their paths.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyDataStream, Empty};
use hyper::upgrade::OnUpgrade;
use tickmark_warp::{HttpMetrics, path};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower::{Layer, ServiceExt};
use warp::filters::BoxedFilter;
use warp::reject::{Rejection, not_found};
use warp::reply::Reply;
use warp::{Filter, reply};

use super::around::{Around, boxed, infallible};
use super::hyper::{callee, serve_tower};
use crate::script::Script;
use crate::service::{Answer, Context, Route, connect, item, text, upgrade};

pub(super) async fn serve(
    listener: TcpListener,
    context: Context,
    mut around: Vec<Around>,
    stopped: oneshot::Receiver<()>,
) {
    let service = warp::service(filters(&context));
    let service = match context.counts_uploads {
        true => boxed(context.metrics.request_bytes_layer().layer(service)),
        false => boxed(service),
    };
    let wrap = |inside, around: Around| around.tower(inside);
    // The adapter's server has the metrics outermost. For layers around them, the tests
    // serve on their own.
    if let Some(Around::Metrics(metrics)) = around.last().cloned() {
        _ = around.pop();
        let service = infallible(around.into_iter().fold(service, wrap));
        tickmark_warp::serve_until(async move { drop(stopped.await) }, listener, metrics, service)
            .await;
    } else {
        serve_tower(listener, around.into_iter().fold(service, wrap), stopped).await;
    }
}

fn filters(context: &Context) -> BoxedFilter<(reply::Response,)> {
    let routes = Route::ALL.into_iter().map(|route| plain(route, context.clone()));
    let routes = routes.reduce(|routes, route| routes.or(route).unify().boxed()).unwrap();
    let connect = warp::method()
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional::<OnUpgrade>())
        .and_then(connects);
    items(context.metrics)
        .or(routes)
        .unify()
        .or(with_request(context.metrics))
        .unify()
        .or(connect)
        .unify()
        .boxed()
}

/// warp does not accept HEAD for GET.
fn get_or_head() -> impl Filter<Extract = (), Error = Rejection> + Copy {
    warp::get().or(warp::head()).unify()
}

fn items(metrics: HttpMetrics) -> BoxedFilter<(reply::Response,)> {
    warp::path!("items" / String)
        .and(tickmark_warp::route(metrics.route("/items/{id}")))
        .and(get_or_head())
        .map(|id: String| replied(item(&id)))
        .boxed()
}

fn plain(route: Route, context: Context) -> BoxedFilter<(reply::Response,)> {
    warp::path(route.template().trim_start_matches('/'))
        .and(warp::path::end())
        .and(tickmark_warp::route(context.metrics.route(route.template())))
        .and(get_or_head())
        .then(move || {
            let context = context.clone();
            async move { replied(route.answer(context).await) }
        })
        .boxed()
}

/// The routes that need more of the request.
fn with_request(metrics: HttpMetrics) -> BoxedFilter<(reply::Response,)> {
    let echo = path!(metrics; "echo")
        .and(warp::post())
        .and(warp::body::bytes())
        .map(|body: Bytes| text(body));
    let unread = path!(metrics; "unread").and(warp::post()).map(|| text("unread"));
    let upgrades = path!(metrics; "upgrade")
        .and(warp::get())
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional::<OnUpgrade>())
        .map(|headers: HeaderMap, on_upgrade| upgrade(&headers, on_upgrade));
    echo.or(unread).unify().or(upgrades).unify().map(replied).boxed()
}

async fn connects(
    method: Method,
    headers: HeaderMap,
    on_upgrade: Option<OnUpgrade>,
) -> Result<reply::Response, Rejection> {
    match on_upgrade {
        Some(on_upgrade) if method == Method::CONNECT => Ok(replied(connect(&headers, on_upgrade))),
        _ => Err(not_found()),
    }
}

/// The data of the body: warp's own body consists of nothing else.
fn replied(answer: Answer) -> reply::Response {
    let (head, script) = answer.into_parts();
    let mut reply = match script {
        Script::Whole(bytes) => Response::new(bytes.into()),
        Script::Steps(_) => reply::stream(BodyDataStream::new(script)).into_response(),
    };
    *reply.status_mut() = head.status;
    *reply.headers_mut() = head.headers;
    reply
}

/// A plain tower service: within a handler, warp's own services cannot be called.
pub(super) async fn call_in_process(metrics: HttpMetrics) -> StatusCode {
    let service =
        metrics.layer().layer(tower::service_fn(async |_| Ok::<_, Infallible>(callee(metrics))));
    service.oneshot(Request::new(Empty::<Bytes>::new())).await.unwrap().status()
}
