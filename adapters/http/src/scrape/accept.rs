//! Accepting connections.

use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

/// The pause after a failure to accept, usually for lack of file descriptors. Other
/// connections may close meanwhile.
const PAUSE: Duration = Duration::from_secs(1);

/// Accepts the next connection, and returns it with its remote address. Never fails.
///
/// Skips connections that closed before they were accepted. Without free file
/// descriptors, waits a second and retries; a server that returned that error would end
/// the service.
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
