//! When connections begin and end.

use crate::client::{BINARY, CLOSE, Client, TEXT, close};
use crate::hosts::{ECHO, Host, SPLIT};

#[tokio::test]
async fn a_connection_is_open_from_the_promise_kept_to_its_end() {
    for host in Host::each() {
        let server = host.serve().await;
        let mut clients = vec![];
        for open in 1..=3 {
            clients.push(server.connect().await);
            server.reaches(open).await;
            assert_eq!(server.recorded().sum("ws_connections_total", &[ECHO]), f64::from(open), "{host:?}");
        }
        drop(clients.pop());
        server.reaches(2).await;
        assert_eq!(server.recorded().sum("ws_connection_duration_seconds_count", &[ECHO]), 1.0, "{host:?}");
        drop(clients);
        server.reaches(0).await;
        assert_eq!(server.recorded().sum("ws_closed_total", &[ECHO, "1006", "none"]), 3.0, "{host:?}");
    }
}

#[tokio::test]
async fn two_halves_are_open_until_both_are_gone() {
    for host in Host::each().filter(|host| host.has_halves()) {
        let server = host.serve().await;
        let mut client = Client::connect(server.addr, SPLIT).await;
        client.send(BINARY, b"hello").await;
        assert_eq!(client.receive().await, (BINARY, b"hello".into()), "{host:?}");
        server.halves.reader_gone.acquire().await.unwrap().forget();
        assert_eq!(server.recorded().sum("ws_connections_active", &[SPLIT]), 1.0, "{host:?}");
        server.halves.let_writer_go.add_permits(1);
        client.drain().await;
        server.assert_ended(host, &client.traffic, "1006", "none").await;
    }
}

#[tokio::test]
async fn a_runtime_that_goes_down_ends_its_connections() {
    for host in Host::each() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.spawn(async move { host.serve().await }).await.unwrap();
        let mut client = server.connect().await;
        client.send(TEXT, b"hello").await;
        _ = client.receive().await;
        client.send(TEXT, b"hold").await;
        server.until(|recorded| recorded.sum("ws_messages_total", &["*", "received", "text"]) == 2.0).await;
        runtime.shutdown_background();
        server.assert_ended(host, &client.traffic, "1006", "none").await;
    }
}

/// Of each host: 10,000 in all.
const CONNECTIONS: u32 = 2_500;
const AT_ONCE: u32 = 50;

#[tokio::test]
async fn ten_thousand_connections_leave_none_open() {
    for host in Host::each() {
        let server = host.serve().await;
        for _ in 0..CONNECTIONS / AT_ONCE {
            let opening = (0..AT_ONCE).map(|_| tokio::spawn(Client::connect(server.addr, ECHO)));
            let mut clients = vec![];
            for client in opening.collect::<Vec<_>>() {
                clients.push(client.await.unwrap());
            }
            // Half of them are closed, and half only dropped.
            for client in clients.iter_mut().step_by(2) {
                client.send(CLOSE, &close(1000, "")).await;
            }
        }
        server.until(|recorded| recorded.sum("ws_connections_total", &[ECHO]) == f64::from(CONNECTIONS)).await;
        server.reaches(0).await;
        let recorded = server.recorded();
        let of = |code, initiator| recorded.sum("ws_closed_total", &[ECHO, code, initiator]);
        assert_eq!(recorded.sum("ws_connections_total", &[ECHO]), f64::from(CONNECTIONS), "{host:?}");
        assert_eq!(recorded.sum("ws_connection_duration_seconds_count", &[ECHO]), f64::from(CONNECTIONS), "{host:?}");
        assert_eq!(of("1000", "client") + of("1006", "none"), f64::from(CONNECTIONS), "{host:?}");
        assert_eq!(of("1000", "client"), f64::from(CONNECTIONS / 2), "{host:?}");
    }
}
