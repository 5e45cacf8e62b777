//! Settings, families, and the series of each route.

pub(crate) mod dense;
pub(crate) mod families;
pub(crate) mod preset;
pub(crate) mod route;
pub(crate) mod settings;
