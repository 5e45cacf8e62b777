//! Reading: what an exporter sees of a registry.

pub(crate) mod families;
pub(crate) mod walk;
