//! The endpoint for scrapes.

mod alarm;
mod answering;
mod body;
mod builder;
mod chunks;
mod collecting;
#[cfg(feature = "server")]
mod connections;
mod crew;
mod endpoint;
mod error;
mod future;
#[cfg_attr(not(feature = "gzip"), path = "no_gzip.rs")]
mod gzip;
mod labels;
mod limit;
mod metrics;
mod pipe;
mod refusal;
mod request;
#[cfg(feature = "server")]
mod server;
mod token;

pub use body::ScrapeBody;
pub use builder::ScrapeEndpointBuilder;
pub use endpoint::ScrapeEndpoint;
pub use error::ScrapeError;
pub use future::ScrapeFuture;
#[cfg(feature = "server")]
pub use server::{MetricsServer, serve_metrics, serve_metrics_at};
pub use token::InvalidToken;
