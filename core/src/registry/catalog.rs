//! The catalog of a registry: its families and collectors, and the owners of names.

use std::collections::{BTreeMap, HashSet};
use std::mem;
use std::sync::Arc;

use crate::collect::collector::Registered;
use crate::family::core::FamilyCore;
use crate::names::description::Description;
use crate::names::error::{Difference, NameReason, Part, RegisterError};
use crate::names::legacy::underscored_metric_name;
use crate::value::Kind;

/// A family of drafts in progress.
pub(crate) struct Pending {
    family: Arc<FamilyCore>,
    /// The ids of the drafts.
    drafts: HashSet<u64>,
}

impl Pending {
    fn is_equal(&self, family: &FamilyCore) -> bool {
        difference(family, &self.family) == Difference::None
    }
}

#[derive(Default)]
pub(crate) struct Catalog {
    /// Owners by name: every name in a family's samples and metadata.
    owners: BTreeMap<Box<str>, Arc<FamilyCore>>,
    families: BTreeMap<Box<str>, Arc<FamilyCore>>,
    /// The families in the order of their names. Rebuilt after a change.
    sorted: Option<Arc<[Arc<FamilyCore>]>>,
    /// Families of drafts that have not ended, for others to reuse. Of the registry that
    /// the drafts are for.
    pending: Vec<Pending>,
    /// In the order of registration.
    collectors: Vec<Arc<Registered>>,
}

impl Catalog {
    /// Checks that no other family owns a name of this one. `given` is its name in the
    /// error.
    pub(crate) fn check_claims(
        &self,
        family: &FamilyCore,
        given: &str,
    ) -> Result<(), RegisterError> {
        for claimed in claims(&family.description) {
            if let Some(owner) = self.owners.get(&claimed) {
                return Err(clash(family, given, owner, claimed));
            }
        }
        Ok(())
    }

    /// Returns the registered family of an equal definition.
    ///
    /// # Errors
    /// If the registered definition of that name differs.
    pub(crate) fn find_equal(
        &self,
        family: &FamilyCore,
        given: &str,
    ) -> Result<Option<Arc<FamilyCore>>, RegisterError> {
        match self.families.get(family.name()) {
            None => Ok(None),
            Some(owner) if difference(family, owner) == Difference::None => {
                Ok(Some(Arc::clone(owner)))
            }
            Some(owner) => {
                Err(clash(family, given, owner, underscored_metric_name(family.name()).into()))
            }
        }
    }

    /// Returns the family of an equal definition in a draft in progress.
    pub(crate) fn find_pending(&self, family: &FamilyCore) -> Option<Arc<FamilyCore>> {
        let pending = self.pending.iter().find(|pending| pending.is_equal(family))?;
        Some(Arc::clone(&pending.family))
    }

    /// Returns the family of an equal definition in a draft in progress, which this draft
    /// has too from now on. Otherwise offers this family to other drafts.
    pub(crate) fn find_or_offer(
        &mut self,
        family: &Arc<FamilyCore>,
        draft: u64,
    ) -> Arc<FamilyCore> {
        match self.pending.iter_mut().find(|pending| pending.is_equal(family)) {
            Some(pending) => {
                _ = pending.drafts.insert(draft);
                Arc::clone(&pending.family)
            }
            None => {
                let drafts = HashSet::from([draft]);
                self.pending.push(Pending { family: Arc::clone(family), drafts });
                Arc::clone(family)
            }
        }
    }

    /// Ends the offers of a draft, of one family or of all. Returns the families left
    /// without a draft, to be dropped outside the lock.
    pub(crate) fn withdraw(
        &mut self,
        draft: u64,
        family: Option<&Arc<FamilyCore>>,
    ) -> Vec<Pending> {
        for pending in &mut self.pending {
            if family.is_none_or(|family| Arc::ptr_eq(family, &pending.family)) {
                _ = pending.drafts.remove(&draft);
            }
        }
        let pending = mem::take(&mut self.pending).into_iter();
        let (withdrawn, left) = pending.partition(|pending| pending.drafts.is_empty());
        self.pending = left;
        withdrawn
    }

    /// Makes the offers of a draft those of another one.
    pub(crate) fn hand_over(&mut self, draft: u64, to: u64) {
        for pending in &mut self.pending {
            if pending.drafts.remove(&draft) {
                _ = pending.drafts.insert(to);
            }
        }
    }

    pub(crate) fn contains(&self, family: &Arc<FamilyCore>) -> bool {
        self.families.get(family.name()).is_some_and(|known| Arc::ptr_eq(known, family))
    }

    pub(crate) fn add(&mut self, family: Arc<FamilyCore>) {
        self.pending.retain(|pending| !Arc::ptr_eq(&pending.family, &family));
        for claimed in claims(&family.description) {
            _ = self.owners.insert(claimed, Arc::clone(&family));
        }
        _ = self.families.insert(family.name().into(), family);
        self.sorted = None;
    }

    /// Returns the family of this name, with or without the suffix of its samples.
    fn find(&self, given: &str) -> Option<&Arc<FamilyCore>> {
        self.families.get(given).or_else(|| {
            let mut suffixes = [Kind::Counter, Kind::Info].iter().map(|kind| kind.suffix());
            let base = suffixes.find_map(|suffix| given.strip_suffix(suffix))?;
            let family = self.families.get(base)?;
            (family.description.exposed_name() == given).then_some(family)
        })
    }

    /// Removes a family and frees its names, if `may_go` returns true.
    pub(crate) fn take(
        &mut self,
        given: &str,
        may_go: impl FnOnce(&Arc<FamilyCore>) -> bool,
    ) -> Option<Arc<FamilyCore>> {
        let family = self.find(given).filter(|family| may_go(family)).map(Arc::clone)?;
        for claimed in claims(&family.description) {
            _ = self.owners.remove(&claimed);
        }
        _ = self.families.remove(family.name());
        self.sorted = None;
        Some(family)
    }

    /// Returns the registered families in the order of their names.
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
        let index = self.collectors.iter().position(|collector| collector.name() == name)?;
        Some(self.collectors.remove(index))
    }

    /// Claims the names of a collected family for one scrape. Returns false if one of
    /// them is taken.
    pub(crate) fn claim_for_scrape(
        &self,
        claimed: &mut HashSet<Box<str>>,
        family: &Description,
    ) -> bool {
        let names: Vec<_> = claims(family).collect();
        let free =
            names.iter().all(|name| !self.owners.contains_key(name) && !claimed.contains(name));
        if free {
            claimed.extend(names);
        }
        free
    }
}

/// Returns every name of a family in any format, as a reader of legacy names sees it. To
/// that reader, names that differ only in other characters are one name, so they clash.
fn claims(family: &Description) -> impl Iterator<Item = Box<str>> {
    // A counter with its name as given has samples of that name only.
    let suffixes = if family.suffix == family.kind.suffix() {
        family.kind.suffixes()
    } else {
        Kind::Unknown.suffixes()
    };
    let claim = |suffix| underscored_metric_name(&format!("{}{suffix}", family.name)).into();
    suffixes.iter().map(claim)
}

fn clash(
    refused: &FamilyCore,
    given: &str,
    owner: &FamilyCore,
    claimed: Box<str>,
) -> RegisterError {
    let named =
        |family: &FamilyCore, name: &str| format!("{} {name:?}", family.shape.kind_name()).into();
    RegisterError::Clash {
        refused: named(refused, given),
        owner: named(owner, &owner.description.exposed_name()),
        claimed,
        difference: difference(refused, owner),
    }
}

/// Returns a part of a definition as text.
type Text = fn(&Description) -> String;

/// Returns how the definitions of two families differ.
fn difference(refused: &FamilyCore, owner: &FamilyCore) -> Difference {
    let definitions = [refused, owner].map(|family| &family.description);
    let names = definitions.map(|family| (family.exposed_name(), family.is_of_faults));
    let kinds = [refused, owner].map(|family| family.shape.kind_name());
    if names[0] != names[1] || kinds[0] != kinds[1] {
        return Difference::Name;
    }
    if refused.computed.is_some() {
        return Difference::Function;
    }
    let parts: [(Part, Text); 9] = [
        (Part::LabelNames, |family| match family.has_open_labels {
            true => "open".to_owned(),
            false => format!("{:?}", family.label_names),
        }),
        (Part::ConstantLabels, |family| format!("{:?}", family.constant_labels)),
        (Part::Bounds, |family| format!("{:?}", family.bounds)),
        (Part::Scale, |family| format!("{:?}", family.scale)),
        (Part::Unit, |family| format!("{:?}", family.unit.as_deref().unwrap_or_default())),
        // The help of an open family may change.
        (Part::Help, |family| match family.has_open_labels {
            true => String::new(),
            false => format!("{:?}", family.help),
        }),
        (Part::CreatedTimes, |family| on_or_off(family.keeps_created_times)),
        (Part::PlainBounds, |family| on_or_off(family.has_plain_bounds)),
        (Part::Utf8Names, |family| on_or_off(family.allows_utf8)),
    ];
    let differing = parts.iter().find_map(|(part, text)| {
        let [refused, owner] = definitions.map(|family| text(family).into_boxed_str());
        (refused != owner).then_some(Difference::Other { part: *part, refused, owner })
    });
    differing.unwrap_or(Difference::None)
}

fn on_or_off(is_on: bool) -> String {
    if is_on { "on" } else { "off" }.to_owned()
}
