//! Up-down counters by amounts, and their guards.

#![cfg(not(tickmark_loom))]
#![expect(clippy::unwrap_used, reason = "a test")]

use std::thread;

use proptest::prelude::*;
use tickmark::{Registry, UpDownCounter};

fn counter() -> UpDownCounter {
    Registry::new().up_down_counter("open", "O.").unwrap()
}

proptest! {
    #[test]
    fn amounts_add_up_across_threads(
        steps in prop::collection::vec(
            (any::<u64>(), 0_u32..64, any::<bool>(), any::<bool>()),
            0..30,
        ),
    ) {
        let counter = counter();
        let mut expected = 0_u64;
        for (amount, less, is_up, elsewhere) in steps {
            let amount = amount >> less;
            let step = || if is_up { counter.add(amount) } else { counter.sub(amount) };
            if elsewhere { thread::scope(|scope| _ = scope.spawn(step)) } else { step() }
            expected = if is_up {
                expected.wrapping_add(amount)
            } else {
                expected.wrapping_sub(amount)
            };
            prop_assert_eq!(counter.get(), 0_i64.wrapping_add_unsigned(expected));
        }
    }
}

#[test]
fn guards_subtract_what_they_added() {
    let counter = counter();
    let one = counter.guard();
    let many = counter.guard_of(1 << 40);
    let owned = counter.clone().into_guard_of(7);
    assert_eq!(counter.get(), (1 << 40) + 8);
    thread::scope(|scope| _ = scope.spawn(move || drop((many, owned))));
    assert_eq!(counter.get(), 1);
    drop(one);
    assert_eq!(counter.get(), 0);
}

#[test]
fn guards_of_lookups_own_their_handle() {
    let registry = Registry::new();
    let family = registry.up_down_counter_family("open", "O.", ["pool"]).unwrap();
    let (one, many) = (family.with(["a"]).guard(), family.with(["a"]).guard_of(4));
    let owned = (family.with(["a"]).into_guard(), family.with(["a"]).into_guard_of(10));
    assert!(family.remove(["a"]));
    assert_eq!(family.with(["a"]).get(), 16, "held, so only marked");
    drop((one, many, owned));
    assert_eq!(family.with(["a"]).get(), 0);
}
