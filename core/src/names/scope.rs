//! Scopes: prefix, constant labels and settings of a registration.

use crate::names::error::{NameReason, RegisterError};
use crate::names::labels::ConstantLabels;
use crate::value::Kind;

/// The prefix, the constant labels and the settings of the families registered through
/// one value of a registry.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    pub(crate) prefix: Box<str>,
    pub(crate) labels: ConstantLabels,
    pub(crate) unit: Option<Box<str>>,
    pub(crate) allows_utf8: bool,
    pub(crate) keeps_created_times: bool,
    pub(crate) has_plain_bounds: bool,
    pub(crate) keeps_counter_names: bool,
    pub(crate) reuses: bool,
}

impl Scope {
    /// Returns a name with the prefix.
    pub(crate) fn full_name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Returns the unit of a family with this base name. `None` for info families and
    /// state sets.
    pub(crate) fn unit_of(
        &self,
        base: &str,
        kind: Kind,
    ) -> Result<Option<Box<str>>, RegisterError> {
        let Some(unit) =
            self.unit.as_ref().filter(|_| !matches!(kind, Kind::Info | Kind::StateSet))
        else {
            return Ok(None);
        };
        match base.strip_suffix(&**unit) {
            Some(start) if start.ends_with('_') && !unit.is_empty() => Ok(Some(unit.clone())),
            _ => Err(RegisterError::InvalidName {
                name: base.into(),
                reason: NameReason::Unit(unit.clone()),
            }),
        }
    }

    /// Returns the names of all labels: constant labels first, then those of the family.
    pub(crate) fn label_names<'a>(&'a self, own: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        self.labels.iter().map(|(name, _)| &**name).chain(own).collect()
    }
}
