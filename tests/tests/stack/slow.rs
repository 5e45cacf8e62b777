//! A slow network.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// Bytes per step.
const STEP: usize = 128;

/// A slow route to a server: responses have this speed. It ends with the process.
pub(crate) struct Network {
    addr: String,
    bytes_per_second: Arc<AtomicU64>,
}

impl Network {
    /// A route to this host and port.
    pub(crate) fn to(server: &str, bytes_per_second: u64) -> Network {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap().to_string();
        let (server, speed) = (server.to_owned(), Arc::new(AtomicU64::new(bytes_per_second)));
        let bytes_per_second = Arc::clone(&speed);
        _ = thread::spawn(move || {
            for client in listener.incoming() {
                connect(client.unwrap(), TcpStream::connect(&server).unwrap(), &speed);
            }
        });
        Network { addr, bytes_per_second }
    }

    pub(crate) fn addr(&self) -> &str {
        &self.addr
    }

    /// Changes the speed of responses, even on open connections.
    pub(crate) fn set_bytes_per_second(&self, bytes_per_second: u64) {
        // Relaxed: a number that publishes nothing.
        self.bytes_per_second.store(bytes_per_second, Ordering::Relaxed);
    }
}

fn connect(client: TcpStream, server: TcpStream, bytes_per_second: &Arc<AtomicU64>) {
    let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    _ = thread::spawn(move || carry(from_client, to_server, &|| Duration::ZERO));
    let speed = Arc::clone(bytes_per_second);
    // Relaxed: as where it is set.
    let step_time = move || {
        Duration::from_secs(STEP as u64) / u32::try_from(speed.load(Ordering::Relaxed)).unwrap()
    };
    _ = thread::spawn(move || carry(server, client, &step_time));
}

/// Carries bytes until either end closes, and then closes both.
fn carry(mut from: TcpStream, mut to: TcpStream, step_time: &dyn Fn() -> Duration) {
    let mut bytes = [0; STEP];
    loop {
        match from.read(&mut bytes) {
            Ok(0) => break,
            Ok(count) if to.write_all(&bytes[..count]).is_ok() => thread::sleep(step_time()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            _ => break,
        }
    }
    // Both fail only if the connection has already ended.
    _ = from.shutdown(Shutdown::Both);
    _ = to.shutdown(Shutdown::Both);
}
