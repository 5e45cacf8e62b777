//! Metrics about the engine itself.

use std::sync::Arc;

use crate::cells::arena;
use crate::collect::collection::Collection;
use crate::family::core::FamilyCore;
use crate::names::error::RegisterError;
use crate::registry::registry::Registry;

/// The collector's name.
const NAME: &str = "tickmark";

impl Registry {
    /// Puts metrics about the engine on the page: families and series of this registry;
    /// shards, blocks and memory of the process, which all registries share.
    ///
    /// Their names begin with `tickmark_`, without the prefix and the constant labels of
    /// a scope. They are a collector with the name `tickmark`, so
    /// `unregister_collector("tickmark")` takes them off again. What went wrong is on the
    /// page in any case, as soon as something did. Takes a lock; in a scrape, counts
    /// blocks without keeping anybody waiting.
    ///
    /// ```
    /// use tickmark::Registry;
    ///
    /// let registry = Registry::new();
    /// registry.expose_self_metrics()?;
    /// assert!(registry.families().iter().any(|family| family.name() == "tickmark_series"));
    /// # Ok::<(), tickmark::RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// When they are exposed already, or another collector has that name.
    pub fn expose_self_metrics(&self) -> Result<(), RegisterError> {
        self.register_collect(NAME, &Arc::default(), collect)
    }
}

fn collect(families: &[Arc<FamilyCore>], out: &mut Collection) {
    out.set_series_limit(usize::MAX);
    collect_registry(families, out);
    collect_arena(out);
}

fn collect_registry(families: &[Arc<FamilyCore>], out: &mut Collection) {
    let shown = || families.iter().filter(|family| family.is_shown(u64::MAX));
    out.gauge("tickmark_families", "Families that are registered.", []).series([], shown().count());
    let mut series =
        out.gauge("tickmark_series", "Series of each family that is registered.", ["family"]);
    for family in shown() {
        let count = if family.computed.is_some() { 1 } else { family.table.series_count() };
        series.series([&family.description.exposed_name()], count);
    }
}

fn collect_arena(out: &mut Collection) {
    let usage = arena::process().usage();
    let mut shards = out.gauge(
        "tickmark_shards",
        "Shards of the process, by whether a thread records in them.",
        ["state"],
    );
    shards.series(["leased"], usage.leased);
    shards.series(["idle"], usage.idle);
    out.gauge(
        "tickmark_shard_limit",
        "Shards that the threads of the process may have at once.",
        [],
    )
    .series([], usage.shard_limit);
    out.gauge(
        "tickmark_blocks",
        "Blocks of cells that the threads of the process have touched.",
        [],
    )
    .series([], usage.blocks);
    out.gauge(
        "tickmark_cell_memory_bytes",
        "Memory of the process for cells: all blocks, and the table in which scrapes find them.",
        [],
    )
    .series([], usage.bytes);
}
