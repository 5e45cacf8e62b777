//! Servers that end while a request is pending.

use tickmark_tests::recorded;
use tickmark_tests::wire::read_until;
use tokio::net::TcpStream;

use crate::client::get;
use crate::hosts::Host;

#[tokio::test]
async fn graceful_shutdown_finishes_started_requests() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut stream = server.client.open(get("/gate")).await;
        server.reaches(1).await;
        let client = server.client;
        let (registry, gate, ended) = server.stop();
        while TcpStream::connect(client.0).await.is_ok() {
            tokio::task::yield_now().await;
        }
        assert!(!ended.is_finished(), "{host:?}: shutdown waits for the request");
        gate.add_permits(1);
        read_until(&mut stream, "12345").await;
        ended.await.unwrap();
        assert_eq!(
            recorded::settled(&registry).await,
            ["GET /gate: 200 x 1, timed 1, request 1 of 0, response 1 of 5"],
            "{host:?}"
        );
    }
}

#[tokio::test]
async fn runtime_shutdown_cancels_requests() {
    for host in Host::each() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let server = runtime.spawn(async move { host.serve().await }).await.unwrap();
        let _stream = server.client.open(get("/waits")).await;
        server.reaches(1).await;
        runtime.shutdown_background();
        assert_eq!(
            server.settled().await,
            [
                "GET /waits: 499 x 1, timed 0, request 0 of 0, response 0 of 0",
                "/waits: cancelled x 1"
            ],
            "{host:?}"
        );
    }
}
