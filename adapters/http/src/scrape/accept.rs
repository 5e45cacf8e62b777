//! Connections of a listener.

use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

/// How long to wait when no connection can be accepted, for want of file descriptors:
/// some may end meanwhile.
const PAUSE: Duration = Duration::from_secs(1);

/// The next connection, and where it comes from, however long it takes: for servers that
/// are written by hand.
///
/// A connection that was gone before it was accepted is passed over. When there are no
/// file descriptors left, it waits a second and tries again, where a server that ends
/// with that error would take the service down.
pub async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error)
                if matches!(
                    error.kind(),
                    ConnectionAborted | ConnectionRefused | ConnectionReset
                ) => {}
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}
