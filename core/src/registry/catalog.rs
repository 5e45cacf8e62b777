//! The catalog of a registry: its families and collectors, and which name belongs to
//! whom.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::collect::collector::Registered;
use crate::family::core::FamilyCore;
use crate::names::error::{NameReason, RegisterError};
use crate::names::legacy::underscored_metric_name;
use crate::names::name::TOTAL;
use crate::value::Kind;

#[derive(Default)]
pub(crate) struct Catalog {
    /// By every name that a family's samples and metadata may use, the family that owns
    /// it.
    owners: BTreeMap<Box<str>, Arc<FamilyCore>>,
    families: BTreeMap<Box<str>, Arc<FamilyCore>>,
    /// The families in the order of their names, until one comes or goes.
    sorted: Option<Arc<[Arc<FamilyCore>]>>,
    /// In the order of registration.
    collectors: Vec<Arc<Registered>>,
}

impl Catalog {
    /// `given` is the name by which the caller knows the family.
    pub(crate) fn check_claims(
        &self,
        family: &FamilyCore,
        given: &str,
    ) -> Result<(), RegisterError> {
        for claimed in claims(family.name(), family.description.kind) {
            if let Some(owner) = self.owners.get(&claimed) {
                let named = |family: &FamilyCore, name: &str| {
                    format!("{} {name:?}", family.shape.kind_name()).into()
                };
                let (refused, owner) =
                    (named(family, given), named(owner, &owner.description.exposed_name()));
                return Err(RegisterError::Clash { refused, owner, claimed });
            }
        }
        Ok(())
    }

    pub(crate) fn add(&mut self, family: Arc<FamilyCore>) {
        for claimed in claims(family.name(), family.description.kind) {
            _ = self.owners.insert(claimed, Arc::clone(&family));
        }
        _ = self.families.insert(family.name().into(), family);
        self.sorted = None;
    }

    /// The family that was registered under this name; a counter answers with and without
    /// `_total`.
    fn find(&self, given: &str) -> Option<&Arc<FamilyCore>> {
        self.families.get(given).or_else(|| {
            let counter = self.families.get(given.strip_suffix(TOTAL)?)?;
            (counter.description.kind == Kind::Counter).then_some(counter)
        })
    }

    /// Takes a family off, so that its names are free, if `may_go` agrees.
    pub(crate) fn take(
        &mut self,
        given: &str,
        may_go: impl FnOnce(&Arc<FamilyCore>) -> bool,
    ) -> Option<Arc<FamilyCore>> {
        let family = self.find(given).filter(|family| may_go(family)).map(Arc::clone)?;
        for claimed in claims(family.name(), family.description.kind) {
            _ = self.owners.remove(&claimed);
        }
        _ = self.families.remove(family.name());
        self.sorted = None;
        Some(family)
    }

    /// The registered families, in the order of their names.
    pub(crate) fn families(&mut self) -> Arc<[Arc<FamilyCore>]> {
        let Self { families, sorted, .. } = self;
        Arc::clone(sorted.get_or_insert_with(|| families.values().cloned().collect()))
    }

    pub(crate) fn collectors(&self) -> Vec<Arc<Registered>> {
        self.collectors.clone()
    }

    pub(crate) fn check_collector(&self, name: &str) -> Result<(), RegisterError> {
        let reason = if name.is_empty() {
            NameReason::Empty
        } else if self.collectors.iter().any(|collector| collector.name() == name) {
            NameReason::Taken
        } else {
            return Ok(());
        };
        Err(RegisterError::InvalidCollector { name: name.into(), reason })
    }

    pub(crate) fn add_collector(&mut self, collector: Arc<Registered>) {
        self.collectors.push(collector);
    }

    pub(crate) fn remove_collector(&mut self, name: &str) -> Option<Arc<Registered>> {
        let place = self.collectors.iter().position(|collector| collector.name() == name)?;
        Some(self.collectors.remove(place))
    }

    /// Claims the names of a collected family for one scrape, unless one of them is in
    /// use.
    pub(crate) fn claim_for_scrape(
        &self,
        claimed: &mut HashSet<Box<str>>,
        name: &str,
        kind: Kind,
    ) -> bool {
        let names: Vec<_> = claims(name, kind).collect();
        let free =
            names.iter().all(|name| !self.owners.contains_key(name) && !claimed.contains(name));
        if free {
            claimed.extend(names);
        }
        free
    }
}

/// Returns every name that a family uses, in any format, as a reader of legacy names sees
/// it. Names that differ only in other characters are one name to that reader, so they
/// clash.
fn claims(name: &str, kind: Kind) -> impl Iterator<Item = Box<str>> {
    let claim = move |suffix| underscored_metric_name(&format!("{name}{suffix}")).into();
    kind.suffixes().iter().map(claim)
}
