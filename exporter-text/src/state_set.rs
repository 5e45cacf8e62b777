//! The lines of one series of a state set.

use std::iter;

use bytes::{BufMut, Bytes, BytesMut};
use tickmark::FamilyView;

use crate::escape;

/// The parts that all series of one family of state sets share.
#[derive(Debug)]
pub(crate) struct StateSetLines {
    name: Bytes,
    /// What follows the labels in the line of a state: `,health="good"} `. The label has the name of the family.
    states: Box<[Bytes]>,
}

impl StateSetLines {
    pub(crate) fn new(family: FamilyView<'_>) -> Self {
        let name = family.name();
        let opening = if family.label_names().len() == 0 { "{" } else { "," };
        let state_text = |state: &str| {
            let mut text = BytesMut::new();
            text.extend_from_slice(format!("{opening}{name}=\"").as_bytes());
            escape::write_label_value(state, &mut text);
            text.extend_from_slice(b"\"} ");
            text.freeze()
        };
        Self { name: name.to_owned().into(), states: family.states().map(state_text).collect() }
    }

    /// Writes a line a state: 1 if it is on.
    ///
    /// `labels` is the text of the series as [`LabelTexts`](crate::label_texts::LabelTexts) keeps it.
    pub(crate) fn write(&self, labels: &[u8], states: &[bool], page: &mut BytesMut) {
        let open_labels = labels.strip_suffix(b"} ").unwrap_or_default();
        for (state, is_on) in iter::zip(&self.states, states) {
            page.extend_from_slice(&self.name);
            page.extend_from_slice(open_labels);
            page.extend_from_slice(state);
            page.extend_from_slice(if *is_on { b"1" } else { b"0" });
            page.put_u8(b'\n');
        }
    }
}
