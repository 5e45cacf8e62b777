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
    /// Exposes metrics about the engine: families and series of this registry; shards,
    /// blocks and memory of the process, which all registries share.
    ///
    /// Their names begin with `tickmark_`, without the prefix and the constant labels of
    /// this registry. They are a collector named `tickmark`:
    /// `unregister_collector("tickmark")` removes them. Faults are exposed without it,
    /// from the first one on. Takes a lock. In a scrape, blocks no recorder.
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
    /// If they are exposed already, or another collector has their name.
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
    out.gauge("tickmark_families", "Registered families.", []).series([], shown().count());
    let mut series = out.gauge("tickmark_series", "Series of each registered family.", ["family"]);
    for family in shown() {
        let count = if family.computed.is_some() { 1 } else { family.table.series_count() };
        series.series([&family.description.exposed_name()], count);
    }
}

fn collect_arena(out: &mut Collection) {
    let usage = arena::process().usage();
    let mut shards = out.gauge(
        "tickmark_shards",
        "Shards of the process, by state: leased to a thread, or idle.",
        ["state"],
    );
    shards.series(["leased"], usage.leased);
    shards.series(["idle"], usage.idle);
    out.gauge(
        "tickmark_shard_limit",
        "Most shards that threads of the process can lease at once.",
        [],
    )
    .series([], usage.shard_limit);
    out.gauge("tickmark_blocks", "Allocated blocks of cells in the process.", [])
        .series([], usage.blocks);
    out.gauge(
        "tickmark_cell_memory_bytes",
        "Memory of the process for cells, in bytes: all blocks and their table.",
        [],
    )
    .series([], usage.bytes);
}
