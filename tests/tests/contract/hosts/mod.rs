//! A server for each framework.

mod around;
mod axum;
mod boundary;
mod hyper;
mod warp;

use std::sync::Arc;

use ::http::StatusCode;
use tickmark::Registry;
use tickmark_http::{HttpMetrics, RouteId};
use tickmark_tests::recorded::{self, Recorded};
use tickmark_tests::wire::Client;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

pub(crate) use around::{Around, Said};
pub(crate) use boundary::Boundary;

use crate::service::Context;

/// A framework that serves the test service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Hyper,
    Axum,
    Warp,
}

impl Host {
    /// In sequence. Prints each host, for the report of a failure.
    pub(crate) fn each() -> impl Iterator<Item = Self> {
        [Self::Hyper, Self::Axum, Self::Warp]
            .into_iter()
            .inspect(|host| eprintln!("host: {host:?}"))
    }

    /// Whether a service may return an error. Services of axum and warp are infallible,
    /// so errors are responses there.
    pub(crate) fn may_fail(self) -> bool {
        self == Self::Hyper
    }

    /// Whether a handler can send trailers. warp's replies are data only.
    pub(crate) fn sends_trailers(self) -> bool {
        self != Self::Warp
    }

    /// Whether the body of a HEAD response is withheld in HTTP/2. axum withholds it;
    /// hyper leaves this to the service, and warp to hyper. A client that receives one
    /// resets the stream.
    pub(crate) fn empties_heads_in_http2(self) -> bool {
        self == Self::Axum
    }

    /// Whether the metrics find the route in the request, as in axum, and not by a label
    /// from below. Then two instances both know it; a label from below reaches only the
    /// inner one.
    pub(crate) fn knows_routes_up_front(self) -> bool {
        self == Self::Axum
    }

    /// Whether an unready inner layer delays the beginning of requests. hyper's own
    /// services have no readiness, and axum's routes are always ready. There a request
    /// begins and then waits.
    pub(crate) fn waits_until_ready(self) -> bool {
        self == Self::Warp
    }

    /// Calls a service inside these metrics, at `/callee`.
    pub(crate) async fn call_in_process(self, metrics: HttpMetrics) -> StatusCode {
        match self {
            Self::Hyper => hyper::call_in_process(metrics).await,
            Self::Axum => axum::call_in_process(metrics).await,
            Self::Warp => warp::call_in_process(metrics).await,
        }
    }

    /// Serves with only the metrics around the service.
    pub(crate) async fn serve(self) -> Server {
        self.serve_in(|metrics| vec![Around::Metrics(metrics)]).await
    }

    /// Serves with these layers around the service, innermost first.
    pub(crate) async fn serve_in(self, around: impl FnOnce(HttpMetrics) -> Vec<Around>) -> Server {
        self.serve_saying(around, |_| vec![]).await
    }

    /// Serves a service whose `/says` sets these labels.
    pub(crate) async fn serve_saying(
        self,
        around: impl FnOnce(HttpMetrics) -> Vec<Around>,
        labels: impl FnOnce(HttpMetrics) -> Vec<RouteId>,
    ) -> Server {
        self.serve_with(around, |context| context.labels = labels(context.metrics).into()).await
    }

    /// Serves a service whose bodies are counted as they are read.
    pub(crate) async fn serve_counting_uploads(self) -> Server {
        self.serve_with(
            |metrics| vec![Around::Metrics(metrics)],
            |context| context.counts_uploads = true,
        )
        .await
    }

    /// Serves with these layers around such a service.
    pub(crate) async fn serve_counting_uploads_in(
        self,
        around: impl FnOnce(HttpMetrics) -> Vec<Around>,
    ) -> Server {
        self.serve_with(around, |context| context.counts_uploads = true).await
    }

    async fn serve_with(
        self,
        around: impl FnOnce(HttpMetrics) -> Vec<Around>,
        set: impl FnOnce(&mut Context),
    ) -> Server {
        let (registry, metrics) = measured();
        let gate = Arc::new(Semaphore::new(0));
        let mut context = Context {
            host: self,
            metrics,
            counts_uploads: false,
            labels: Arc::new([]),
            gate: gate.clone(),
        };
        set(&mut context);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client(listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let around = around(metrics);
        let task = match self {
            Self::Hyper => tokio::spawn(hyper::serve(listener, context, around, stopped)),
            Self::Axum => tokio::spawn(axum::serve(listener, context, around, stopped)),
            Self::Warp => tokio::spawn(warp::serve(listener, context, around, stopped)),
        };
        Server { registry, client, gate, stop, task }
    }
}

/// A registry with HTTP metrics in it.
pub(crate) fn measured() -> (Registry, HttpMetrics) {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().build(&registry).unwrap();
    (registry, metrics)
}

/// A service on a port of its own, stopped on drop.
pub(crate) struct Server {
    registry: Registry,
    pub(crate) client: Client,
    gate: Arc<Semaphore>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) fn recorded(&self) -> Recorded {
        Recorded::of(&self.registry)
    }

    /// The records, once nothing is in flight.
    pub(crate) async fn settled(&self) -> Vec<String> {
        recorded::settled(&self.registry).await
    }

    /// The same without response sizes, for responses made by the framework.
    pub(crate) async fn settled_without_sizes(&self) -> Vec<String> {
        let lines = self.settled().await;
        lines.into_iter().map(|line| line.split(", response").next().unwrap().to_owned()).collect()
    }

    /// Waits until this many requests are in flight.
    pub(crate) async fn reaches(&self, in_flight: u32) {
        recorded::reaches(&self.registry, in_flight.into()).await;
    }

    /// Waits until the page matches.
    pub(crate) async fn becomes(&self, what: &str, is_so: impl Fn(&Recorded) -> bool) {
        recorded::becomes(&self.registry, what, is_so).await;
    }

    /// Admits one request to `/gate`.
    pub(crate) fn open_gate(&self) {
        self.gate.add_permits(1);
    }

    /// Begins a graceful shutdown, and returns a future of its end.
    pub(crate) fn stop(self) -> (Registry, Arc<Semaphore>, JoinHandle<()>) {
        self.stop.send(()).unwrap();
        (self.registry, self.gate, self.task)
    }
}
