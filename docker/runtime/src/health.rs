//! The health check of an image without a shell: a request to the service that runs with
//! the same settings.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ureq::Agent;

use crate::routes;
use crate::settings::{self, Environment};

/// Shorter than the timeout of the health check in the image.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Requests [`routes::HEALTH`] of the service.
///
/// # Errors
///
/// If the response is missing or not a success, or if `RUNTIME_ADDR` is not valid.
pub(crate) fn check() -> Result<(), Box<dyn Error>> {
    let addr = settings::service_addr(Environment::process())?;
    let agent: Agent =
        Agent::config_builder().proxy(None).timeout_global(Some(TIMEOUT)).build().into();
    let url = format!("http://{}{}", reachable(addr), routes::HEALTH);
    _ = agent.get(&url).call().map_err(|error| format!("{url}: {error}"))?;
    Ok(())
}

/// Replaces the address of a service on all interfaces by loopback.
fn reachable(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}
