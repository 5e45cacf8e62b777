//! Layers, services, futures and bodies that record requests.

pub(crate) mod body;
pub(crate) mod call;
pub(crate) mod future;
pub(crate) mod label;
pub(crate) mod layer;
pub(crate) mod request_bytes;
