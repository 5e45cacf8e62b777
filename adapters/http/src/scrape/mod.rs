//! The endpoint for scrapes.

mod answering;
mod body;
mod builder;
mod chunks;
mod endpoint;
mod error;
#[cfg_attr(not(feature = "gzip"), path = "no_gzip.rs")]
mod gzip;
mod labels;
mod limit;
mod metrics;
mod refusal;
mod request;
mod token;

pub use body::ScrapeBody;
pub use builder::ScrapeEndpointBuilder;
pub use endpoint::ScrapeEndpoint;
pub use error::ScrapeError;
pub use token::InvalidToken;
