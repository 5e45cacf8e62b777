//! Scopes: the prefix and the constant labels under which a registry registers.

use std::sync::Arc;

use crate::registry::Registry;

/// Labels that all series of a family share: names with their values.
pub(crate) type ConstantLabels = Arc<[(Box<str>, Box<str>)]>;

/// What a registry puts before the names and the labels of the families that are registered through it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    prefix: Box<str>,
    pub(crate) labels: ConstantLabels,
}

impl Scope {
    /// A name as it is registered.
    pub(crate) fn full_name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The names of all labels: the constant ones, then those of the family.
    pub(crate) fn label_names<'a>(&'a self, own: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        self.labels.iter().map(|(name, _)| &**name).chain(own).collect()
    }
}

impl Registry {
    /// The same registry, with a prefix before the name of every family that is registered through it.
    ///
    /// Prefixes of scopes in scopes follow each other. What is wrong with a prefix is said when a family is registered,
    /// about its whole name. A cheap value: keep it, clone it, hand it to the part of a program that it is for. Takes no
    /// lock.
    ///
    /// ```
    /// use tickmark::Registry;
    ///
    /// let registry = Registry::new();
    /// let cache = registry.scope("shop_").scope("cache_");
    /// let _hits = cache.counter("hits_total", "Look-ups that found something.")?;
    ///
    /// let names: Vec<_> = registry.families().iter().map(|family| family.name().to_owned()).collect();
    /// assert_eq!(names, ["shop_cache_hits"]);
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    #[must_use]
    pub fn scope(&self, prefix: &str) -> Registry {
        let Scope { prefix: before, labels } = &*self.scope;
        self.with_scope(Scope { prefix: format!("{before}{prefix}").into(), labels: Arc::clone(labels) })
    }

    /// The same registry, with one more label on every series of every family that is registered through it.
    ///
    /// The value is the same for all of them, and any string. Constant labels come before the labels of the family, in
    /// the order in which they were given. What is wrong with the name of one is said when a family is registered. One
    /// name is still one family: where the same metric exists once per pool or per tenant, give its family a label, not
    /// each a registry with a constant one. Takes no lock.
    ///
    /// ```
    /// use tickmark::{RegisterError, Registry};
    ///
    /// let registry = Registry::new();
    /// let shard = registry.with_label("shard", "7");
    /// let _reads = shard.counter_family("reads_total", "Rows read.", ["table"])?;
    ///
    /// let families = registry.families();
    /// let labels: Vec<_> = families.iter().flat_map(|family| family.label_names().collect::<Vec<_>>()).collect();
    /// assert_eq!(labels, ["shard", "table"]);
    ///
    /// let twice = shard.counter_family("writes_total", "Rows written.", ["shard"]).unwrap_err();
    /// assert!(matches!(twice, RegisterError::InvalidLabel { reason: "it occurs twice", .. }));
    /// # Ok::<(), RegisterError>(())
    /// ```
    #[must_use]
    pub fn with_label(&self, name: &str, value: &str) -> Registry {
        let Scope { prefix, labels } = &*self.scope;
        let labels = labels.iter().cloned().chain([(name.into(), value.into())]).collect();
        self.with_scope(Scope { prefix: prefix.clone(), labels })
    }

    fn with_scope(&self, scope: Scope) -> Registry {
        Registry { shared: Arc::clone(&self.shared), scope: Arc::new(scope) }
    }
}
