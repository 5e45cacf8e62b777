//! The settings of an instance: plain data.

use crate::preset::Preset;

/// Route templates with series of their own, unless set otherwise.
const DEFAULT_MAX_PATHS: usize = 1_024;

/// The settings of an instance, which the builder fills.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// `None`: the prefix of the preset.
    pub(crate) prefix: Option<String>,
    pub(crate) preset: Preset,
    pub(crate) only_listed: bool,
    pub(crate) message_sizes: bool,
    pub(crate) reply_durations: bool,
    /// In seconds.
    pub(crate) duration_bounds: Vec<f64>,
    /// In bytes.
    pub(crate) size_bounds: Vec<f64>,
    pub(crate) max_paths: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prefix: None,
            preset: Preset::DEFAULT,
            only_listed: false,
            message_sizes: false,
            reply_durations: false,
            // From a page that is left at once to a connection of a day.
            duration_bounds: vec![
                0.1, 1.0, 10.0, 60.0, 300.0, 1_800.0, 3_600.0, 21_600.0, 86_400.0,
            ],
            // The default limit of most libraries is 64 MiB a message.
            size_bounds: vec![100.0, 1e3, 1e4, 1e5, 1e6, 1e7],
            max_paths: DEFAULT_MAX_PATHS,
        }
    }
}

impl Settings {
    /// Returns the prefix of every name.
    pub(crate) fn prefix(&self) -> &str {
        self.prefix.as_deref().unwrap_or(self.preset.prefix)
    }

    /// Returns whether the instance has the metrics that every preset but
    /// [`Preset::EMMETT`] lists.
    pub(crate) fn has_all(&self) -> bool {
        !(self.only_listed && self.preset.lists_two)
    }
}
