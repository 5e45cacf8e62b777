//! Help texts that may change while pages show them.

use crate::cells::growing::Growing;
use crate::series::series::next_id;
use crate::sync::{AtomicUsize, Mutex, Ordering, Published};

/// The help of a family after its first change.
///
/// A text stays as long as the family: a page may be showing it.
#[derive(Debug, Default)]
pub(crate) struct ChangedHelp {
    texts: Growing<Published<Text>>,
    /// The index of the current text; 0 stands for the text of the registration.
    current: AtomicUsize,
    /// Held by the only thread that changes it.
    changing: Mutex<()>,
}

/// A help text with the identity of the family that shows it.
#[derive(Debug)]
struct Text {
    id: u64,
    help: Box<str>,
}

impl ChangedHelp {
    /// Returns the identity and the text that were set last, unless the text of the
    /// registration was. Wait-free.
    pub(crate) fn get(&self) -> Option<(u64, &str)> {
        // Acquire: pairs with the Release in `set`, so the text is there.
        let index = self.current.load(Ordering::Acquire).checked_sub(1)?;
        let text = self.texts.get(index)?.get()?;
        Some((text.id, &text.help))
    }

    /// Sets the text. A text that was set before takes no more memory. Takes a lock.
    pub(crate) fn set(&self, first: &str, help: &str) {
        let _changing = self.changing.lock();
        let index = if help == first { 0 } else { self.index_of(help) + 1 };
        // Release: pairs with the Acquire in `get`.
        self.current.store(index, Ordering::Release);
    }

    /// Returns the index of a text, after adding it where needed.
    fn index_of(&self, help: &str) -> usize {
        let known = |index| self.texts.get(index).and_then(Published::get);
        let mut index = 0;
        while let Some(text) = known(index) {
            if *text.help == *help {
                return index;
            }
            index += 1;
        }
        _ = self.texts.grow(index).set(Text { id: next_id(), help: help.into() });
        index
    }
}
