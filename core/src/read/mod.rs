//! Reading: the families and series of a registry, as exporters see them.

pub(crate) mod families;
pub(crate) mod walk;
