//! Drafts: registrations beside the end of a draft.

use loom::thread;

use crate::names::error::RegisterError;
use crate::registry::registry::Registry;

/// A nested draft that ends beside its outer one is not lost.
///
/// Kills: a commit into the catalog of a draft without another look at its successor.
#[test]
fn nested_draft_beside_outer_commit_is_kept() {
    loom::model(|| {
        let registry = Registry::new();
        let mut nested = None;
        let outer = registry.all_or_nothing(|outer| {
            let outer = outer.clone();
            let nest = move || outer.all_or_nothing(|draft| draft.gauge("nested", "N.").map(drop));
            nested = Some(thread::spawn(nest));
            Ok::<_, RegisterError>(())
        });
        outer.unwrap();
        nested.unwrap().join().unwrap().unwrap();
        assert!(registry.unregister("nested"));
    });
}
