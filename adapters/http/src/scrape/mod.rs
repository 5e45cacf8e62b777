//! The endpoint that answers scrapes, and a listener for it.

#[cfg(feature = "server")]
pub(crate) mod accept;
mod alarm;
pub(crate) mod body;
pub(crate) mod builder;
mod chunks;
mod collecting;
#[cfg(feature = "server")]
mod connections;
mod crew;
pub(crate) mod endpoint;
pub(crate) mod error;
pub(crate) mod future;
#[cfg_attr(not(feature = "gzip"), path = "no_gzip.rs")]
mod gzip;
mod labels;
mod limit;
mod metrics;
mod pipe;
mod refusal;
mod request;
mod scrape;
#[cfg(feature = "server")]
pub(crate) mod server;
#[cfg(feature = "server")]
mod site;
pub(crate) mod token;
#[cfg(feature = "server")]
pub(crate) mod write_timeout;
