//! The lists of label names in an open family.

use crate::cells::growing::Growing;
use crate::checked::guaranteed;
use crate::names::description::Description;
use crate::names::error::LabelError;
use crate::names::name;
use crate::names::sorted::{FEW, names};
use crate::sync::{Mutex, Published};

/// The most lists of label names of a family. Programs have few, and names from input
/// must not fill the memory.
pub(crate) const MOST_LISTS: usize = if cfg!(tickmark_loom) { 1 } else { 64 };

/// Lists of label names, each checked once. Read without locks, appended under a lock.
#[derive(Debug, Default)]
pub(crate) struct NameLists {
    lists: Growing<Published<Box<[Box<str>]>>>,
    /// Held by the only thread that appends.
    appending: Mutex<()>,
}

impl NameLists {
    fn iter(&self) -> impl Iterator<Item = &[Box<str>]> {
        (0..MOST_LISTS).map_while(|index| self.lists.get(index)?.get().map(|list| &**list))
    }

    /// Returns whether the names of a key are known. Lock-free.
    pub(crate) fn contains(&self, key: &[&str]) -> bool {
        key.is_empty() || self.iter().any(|list| list.iter().map(|name| &**name).eq(names(key)))
    }

    /// Returns whether the lists are at their limit. Once true it stays true, because
    /// lists are never removed. Wait-free.
    pub(crate) fn is_full(&self) -> bool {
        self.lists.get(MOST_LISTS - 1).is_some_and(|list| list.get().is_some())
    }

    /// Compares the names of a key with the known names.
    ///
    /// # Errors
    /// If a name equals a different known name in escaped form: two series could look the
    /// same to an older reader.
    pub(crate) fn check_alike(&self, key: &[&str]) -> Result<(), LabelError> {
        let known: Vec<&str> = self.iter().flatten().map(|name| &**name).collect();
        names(key).try_for_each(|name| name::check_alike(name, known.iter().copied()))
    }

    /// Adds the names of a checked key. Returns whether there is room for them. Takes a
    /// lock.
    ///
    /// # Errors
    /// If another thread has added a name meanwhile that equals one of these once both
    /// are escaped.
    pub(crate) fn add(&self, key: &[&str]) -> Result<bool, LabelError> {
        let _appending = self.appending.lock();
        if self.contains(key) {
            return Ok(true);
        }
        self.check_alike(key)?;
        let count = self.iter().count();
        if count == MOST_LISTS {
            return Ok(false);
        }
        Ok(self.lists.grow(count).set(names(key).map(Box::from).collect()).is_ok())
    }
}

/// Checks label names by the rules of registration, together with the constant ones.
/// Allocates past 16 names.
pub(crate) fn check_names<'a>(
    family: &'a Description,
    own: impl Iterator<Item = &'a str>,
) -> Result<(), LabelError> {
    let mut names = family.constant_labels.iter().map(|(name, _)| &**name).chain(own);
    let mut few = [""; FEW];
    let count = few.iter_mut().zip(names.by_ref()).map(|(kept, name)| *kept = name).count();
    let more: Vec<&str> = names.collect();
    if more.is_empty() {
        let few = guaranteed(few.get(..count), "at most FEW names");
        name::check_labels(few, family.allows_utf8)
    } else {
        name::check_labels(&[&few, &*more].concat(), family.allows_utf8)
    }
}
