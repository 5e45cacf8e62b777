//! Label values: what a request is, as texts and as indices.

pub(crate) mod abort;
pub(crate) mod dimension;
pub(crate) mod method;
pub(crate) mod status;
