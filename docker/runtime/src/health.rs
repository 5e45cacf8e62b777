//! Asking a service that runs with the same settings whether it is well: what an image
//! without a shell has for that.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ureq::Agent;

use crate::routes;
use crate::settings;

/// Less than whoever asks will wait for this program.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Returns if the service answers, with success.
///
/// # Errors
///
/// What keeps it from that, or that `RUNTIME_ADDR` is no address.
pub(crate) fn ask() -> Result<(), Box<dyn Error>> {
    let addr = settings::service_addr(&|variable| std::env::var_os(variable))?;
    let agent: Agent =
        Agent::config_builder().proxy(None).timeout_global(Some(TIMEOUT)).build().into();
    let url = format!("http://{}{}", reachable(addr), routes::HEALTH);
    let _response = agent.get(&url).call().map_err(|error| format!("{url}: {error}"))?;
    Ok(())
}

/// Who listens at every address is asked at that of the machine itself.
fn reachable(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}
