//! Serving until a signal stops the process.

use std::future::Future;
use std::io;
use std::time::Duration;

use axum::Router;
use tickmark_axum::MetricsServer;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Returns a future that serves `router` until SIGINT or SIGTERM, then waits up to
/// `limit` for requests in progress. Catches both signals from this call on. Serves
/// `metrics` until the last of these requests ends, so that they can be scraped.
///
/// # Errors
///
/// If the signals cannot be caught.
pub(crate) fn serve(
    listener: TcpListener,
    router: Router,
    metrics: Option<MetricsServer>,
    limit: Duration,
) -> io::Result<impl Future<Output = io::Result<()>>> {
    let stop = stop_signal()?;
    let drain = stop_signal()?;
    Ok(async move {
        let served = async {
            axum::serve(listener, router).with_graceful_shutdown(stop).await?;
            if let Some(metrics) = metrics {
                metrics.shutdown().await;
            }
            Ok(())
        };
        let drained = async {
            drain.await;
            tokio::time::sleep(limit).await;
        };
        tokio::select! {
            result = served => result,
            () = drained => Ok(()),
        }
    })
}

fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => (),
            _ = terminate.recv() => (),
        }
    })
}
