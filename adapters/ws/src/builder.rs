//! The builder of an instance.

use tickmark::{RegisterError, Registry};

use crate::families::Families;
use crate::metrics::WsMetrics;
use crate::preset::Preset;
use crate::settings::Settings;

/// Builds a [`WsMetrics`]; start with [`WsMetrics::builder`].
///
/// ```
/// use tickmark_ws::WsMetrics;
///
/// let registry = tickmark::Registry::new();
/// let metrics = WsMetrics::builder().prefix("chat_").message_sizes(true).build(&registry)?;
/// metrics.expose_path("/rooms/{id}");
///
/// let page = tickmark_text::Encoder::new(&registry).encode();
/// let page = std::str::from_utf8(&page).expect("UTF-8");
/// assert!(page.contains("chat_ws_connections_total{path=\"/rooms/{id}\"} 0\n"));
/// # Ok::<(), tickmark::RegisterError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is registered before `build`"]
pub struct WsMetricsBuilder(Settings);

impl WsMetrics {
    /// Starts with the default settings.
    pub fn builder() -> WsMetricsBuilder {
        WsMetricsBuilder::default()
    }
}

impl WsMetricsBuilder {
    /// Puts `prefix` before every name, as written: `shop_`, with its underscore.
    /// Default: the prefix of the preset, which is empty for [`Preset::DEFAULT`].
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.0.prefix = Some(prefix.into());
        self
    }

    /// Exposes the metrics under the names of a preset. Default: [`Preset::DEFAULT`].
    pub fn preset(mut self, preset: Preset) -> Self {
        self.0.preset = preset;
        self
    }

    /// Leaves out the metrics that the preset does not list. Default: `false`.
    pub fn only_listed(mut self, is_on: bool) -> Self {
        self.0.only_listed = is_on;
        self
    }

    /// Adds `ws_message_size_bytes`, a histogram for each path and direction. Costs one
    /// more record for each message. Default: `false`.
    pub fn message_sizes(mut self, is_on: bool) -> Self {
        self.0.message_sizes = is_on;
        self
    }

    /// Adds `ws_reply_duration_seconds`, a histogram for each path: the time from a
    /// received text or binary message to the next one sent. Reads the clock for each
    /// such message received, and again for the reply. Default: `false`.
    pub fn reply_durations(mut self, is_on: bool) -> Self {
        self.0.reply_durations = is_on;
        self
    }

    /// Sets the bucket bounds of connection durations, in seconds. Durations are recorded
    /// in whole milliseconds. Default: 0.1, 1, 10, 60, 300, 1,800, 3,600, 21,600, 86,400.
    pub fn duration_bounds(mut self, bounds: impl Into<Vec<f64>>) -> Self {
        self.0.duration_bounds = bounds.into();
        self
    }

    /// Sets the bucket bounds of [message sizes](Self::message_sizes), in bytes.
    /// Default: powers of ten from 100 to 10,000,000.
    pub fn size_bounds(mut self, bounds: impl Into<Vec<f64>>) -> Self {
        self.0.size_bounds = bounds.into();
        self
    }

    /// Limits the number of paths with series of their own. Paths over the limit share
    /// the path `_overflow`; `ws_paths_overflow_total` counts the calls with such a path.
    /// Default: 1,024.
    ///
    /// Every family has room for all combinations of its labels at that many paths. The
    /// paths `unmatched` and `_overflow` exist beside the limit. Opcodes and close codes
    /// chosen by a client never cost another path its labels.
    ///
    /// A path is kept for the life of the process. It takes about 3 KB, and up to 11 KB
    /// once every opcode and close code has occurred.
    pub fn max_paths(mut self, max_paths: usize) -> Self {
        self.0.max_paths = max_paths;
        self
    }

    /// Registers the families and returns an instance that lives as long as the process.
    /// The instance is leaked, and so is each of its paths, up to
    /// [`max_paths`](Self::max_paths).
    ///
    /// # Errors
    /// If the prefix makes an invalid metric name, if one of the names is taken, or if
    /// the bounds are invalid. Nothing is registered then.
    ///
    /// `WsMetrics` is `Copy`: copy the instance, or use a prefix. Do not register a
    /// second instance by [`Registry::with_reuse`]: two instances around one service
    /// count each connection twice, and the last one sets the limits of series.
    pub fn build(self, registry: &Registry) -> Result<WsMetrics, RegisterError> {
        let families = registry
            .with_prefix(self.0.prefix())
            .all_or_nothing(|registry| Families::register(registry, &self.0))?;
        Ok(WsMetrics::leak(families, self.0.max_paths))
    }
}
