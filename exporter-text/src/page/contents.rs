//! Contents of a page.

use tickmark::export::{Families, FamilyView};

use crate::names::family_names::FamilyNames;
use crate::negotiate::format::Format;
use crate::negotiate::name_filter::NameFilter;

/// The families, the format and the filter of a page.
#[derive(Debug)]
pub(crate) struct Contents {
    pub(crate) families: Families,
    pub(crate) format: Format,
    pub(crate) filter: NameFilter,
}

/// A family on a page of one format.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageFamily<'a> {
    /// The position of the family among all families of the registry. It stays the same
    /// until a family is registered or unregistered.
    pub(crate) index: usize,
    pub(crate) view: FamilyView<'a>,
    pub(crate) format: Format,
}

impl Contents {
    pub(crate) fn families(&self) -> impl Iterator<Item = PageFamily<'_>> {
        let format = self.format;
        self.families.iter().enumerate().map(move |(index, view)| PageFamily {
            index,
            view,
            format,
        })
    }

    /// Returns whether the filter keeps a family and the format can express it. Reports
    /// the family if only the format refuses it.
    pub(crate) fn shows(&self, family: FamilyView<'_>) -> bool {
        let names = FamilyNames::new(family, self.format);
        if !self.filter.keeps_all()
            && !names.all(family.name()).any(|name| self.filter.keeps([&*name]))
        {
            return false;
        }
        if let Some(reason) = names.refusal() {
            family.report_omission(reason);
            return false;
        }
        true
    }
}
