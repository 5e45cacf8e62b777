//! The settings of an instance.

use tickmark::Registry;

use crate::error::BuildError;
use crate::families::Families;
use crate::metrics::WsMetrics;
use crate::preset::Preset;

/// The settings of [`WsMetrics`]; start with [`WsMetrics::builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing is registered before `build`"]
pub struct WsMetricsBuilder {
    prefix: Option<String>,
    pub(crate) preset: Preset,
    pub(crate) only_listed: bool,
    pub(crate) message_sizes: bool,
    pub(crate) reply_durations: bool,
    pub(crate) duration_bounds: Option<Vec<f64>>,
    pub(crate) size_bounds: Option<Vec<f64>>,
    pub(crate) max_paths: usize,
}

impl Default for WsMetricsBuilder {
    fn default() -> Self {
        Self {
            prefix: None,
            preset: Preset::DEFAULT,
            only_listed: false,
            message_sizes: false,
            reply_durations: false,
            duration_bounds: None,
            size_bounds: None,
            max_paths: 1_024,
        }
    }
}

impl WsMetricsBuilder {
    /// Puts `prefix` before every name, as in `shop_`. Unless set it is the preset's,
    /// which is empty by default.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Exposes the metrics under other names; see [`Preset`].
    pub fn preset(mut self, preset: Preset) -> Self {
        self.preset = preset;
        self
    }

    /// Leaves away the metrics that the preset does not list.
    pub fn only_listed(mut self) -> Self {
        self.only_listed = true;
        self
    }

    /// Adds `ws_message_size_bytes`: a histogram for each path and direction, and one
    /// more record for each message.
    pub fn message_sizes(mut self) -> Self {
        self.message_sizes = true;
        self
    }

    /// Adds `ws_reply_duration_seconds`: from a message that was received to the next
    /// that is sent, of text or data both. A histogram for each path; reads the clock for
    /// each message that is received, and again for the reply.
    pub fn reply_durations(mut self) -> Self {
        self.reply_durations = true;
        self
    }

    /// The upper limits of the buckets of connection lifetimes, in seconds.
    pub fn duration_bounds(mut self, bounds: impl Into<Vec<f64>>) -> Self {
        self.duration_bounds = Some(bounds.into());
        self
    }

    /// The upper limits of the buckets of [message sizes](Self::message_sizes), in bytes.
    pub fn size_bounds(mut self, bounds: impl Into<Vec<f64>>) -> Self {
        self.size_bounds = Some(bounds.into());
        self
    }

    /// Tells at most this many paths apart; later ones share the path `_overflow`, and
    /// `ws_paths_overflow_total` counts each call with such a path. Default: 1,024.
    ///
    /// Every family has room for all combinations of its labels at that many paths and at
    /// `unmatched` and `_overflow`, which exist beside the limit. A client's choice of
    /// opcodes and close codes never costs another path its labels.
    ///
    /// A path is kept for the life of the process: about 3 KB, and up to 11 KB once every
    /// opcode and close code was used at it.
    pub fn max_paths(mut self, max_paths: usize) -> Self {
        self.max_paths = max_paths;
        self
    }

    /// Registers the families, and makes an instance that lives as long as the process:
    /// it is leaked, and so is each of its paths, up to [`max_paths`](Self::max_paths).
    ///
    /// # Errors
    /// When the prefix makes no valid metric name, when the registry has one of the names
    /// already, or when the bounds are none. Nothing is registered then.
    pub fn build(self, registry: &Registry) -> Result<WsMetrics, BuildError> {
        let families = registry.all_or_nothing(|registry| Families::register(registry, &self))?;
        Ok(WsMetrics::leak(families, self.max_paths))
    }

    pub(crate) fn name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix.as_deref().unwrap_or(self.preset.prefix))
    }
}
