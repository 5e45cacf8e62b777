//! Traffic counted by the clients, and the same as the page has it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tickmark_tests::recorded::Recorded;

use crate::message::Message;

/// Messages sent and read by the clients of a server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Arc<Mutex<Counts>>);

/// Numbers by the first words of a line: those of connections, and those of messages and
/// their bytes.
#[derive(Debug, Default)]
struct Counts {
    opened: BTreeMap<&'static str, u32>,
    messages: BTreeMap<String, (u32, u32)>,
}

impl Tally {
    pub(crate) fn opened(&self, path: &'static str) {
        *self.0.lock().unwrap().opened.entry(path).or_default() += 1;
    }

    /// Counts a message received by the server.
    pub(crate) fn received(&self, path: &str, message: &Message) {
        self.count(format!("{path} received {}", message.kind()), message);
    }

    /// Counts a message sent by the server.
    pub(crate) fn sent(&self, path: &str, message: &Message) {
        self.count(format!("{path} sent {}", message.kind()), message);
    }

    fn count(&self, what: String, message: &Message) {
        let mut counts = self.0.lock().unwrap();
        let (count, bytes) = counts.messages.entry(what).or_default();
        *count += 1;
        *bytes += u32::try_from(message.payload().len()).unwrap();
    }

    pub(crate) fn connections(&self) -> f64 {
        self.0.lock().unwrap().opened.values().copied().sum::<u32>().into()
    }

    /// A line per path for connections, and one per kind of message: `/a received text: 2
    /// of 10` means two of 5 bytes each.
    pub(crate) fn lines(&self) -> Vec<String> {
        let counts = self.0.lock().unwrap();
        let opened = counts.opened.iter().map(|(path, count)| format!("{path} opened: {count}"));
        let messages = counts
            .messages
            .iter()
            .map(|(what, (count, bytes))| format!("{what}: {count} of {bytes}"));
        opened.chain(messages).collect()
    }
}

/// The lines of a tally as the page has them.
pub(crate) fn lines_of(page: &Recorded) -> Vec<String> {
    let opened =
        page.series("ws_connections_total").map(|(labels, count)| (labels[0].clone(), count));
    let opened = opened
        .filter(|(_, count)| *count != 0.0)
        .map(|(path, count)| format!("{path} opened: {count}"));
    let messages = page.series("ws_messages_total").filter_map(|(labels, count)| {
        let words: Vec<_> = labels.iter().map(String::as_str).collect();
        let bytes = page.sum("ws_message_bytes_total", &words);
        (count != 0.0 || bytes != 0.0).then(|| format!("{}: {count} of {bytes}", words.join(" ")))
    });
    let mut messages: Vec<_> = messages.collect();
    messages.sort_unstable();
    opened.chain(messages).collect()
}

/// How connections ended: `/a: 1008 by server x 2`.
pub(crate) fn closes_of(page: &Recorded) -> Vec<String> {
    let closed = page.series("ws_closed_total").map(|(labels, count)| {
        let [path, code, initiator] = labels else { panic!("labels of a close: {labels:?}") };
        format!("{path}: {code} by {initiator} x {count}")
    });
    closed.collect()
}
