//! Presets: under which names the metrics are exposed. Data, and nothing but data.

/// Under which names and with which labels the metrics are exposed; those of HTTP have
/// presets of the same names.
///
/// A preset changes names and which labels are kept, and never what is counted, when, or
/// the value of a label. Metrics that it does not list are there all the same, as in
/// [`DEFAULT`](Self::DEFAULT) behind the preset's prefix;
/// [`only_listed`](crate::WsMetricsBuilder::only_listed) leaves them away.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    pub(crate) prefix: &'static str,
    pub(crate) path_label: &'static str,
    pub(crate) active: &'static str,
    pub(crate) messages: MessageNames,
    /// Whether it has none but the active connections and the messages.
    pub(crate) lists_two: bool,
}

/// How messages are exposed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MessageNames {
    /// One family, with labels for path, direction and opcode.
    Together,
    /// A family for each direction, with a label for the path.
    ByDirection { received: &'static str, sent: &'static str },
}

impl Preset {
    /// The names of [this crate's description](crate#what-is-recorded), without a prefix.
    pub const DEFAULT: Self = Self {
        prefix: "",
        path_label: "path",
        active: "ws_connections_active",
        messages: MessageNames::Together,
        lists_two: false,
    };

    /// OpenTelemetry has no names for these metrics: those of [`DEFAULT`](Self::DEFAULT).
    pub const OTEL: Self = Self::DEFAULT;

    /// axum-prometheus has no such metrics: the names of [`DEFAULT`](Self::DEFAULT),
    /// behind `axum_`.
    pub const AXUM: Self = Self { prefix: "axum_", ..Self::DEFAULT };

    /// What the extension emmett-prometheus for Python's Emmett exposes:
    /// `emmett_websocket_gauge`, `emmett_websocket_messages_recv_count_total` and
    /// `emmett_websocket_messages_send_count_total`, all of them with a label
    /// `websocket`.
    ///
    /// Different on purpose: that label is the path that you give, not the name of a
    /// function; the gauge rises after the accept, not before; messages are also pings,
    /// pongs and closes.
    pub const EMMETT: Self = Self {
        prefix: "emmett_",
        path_label: "websocket",
        active: "websocket_gauge",
        messages: MessageNames::ByDirection {
            received: "websocket_messages_recv_count_total",
            sent: "websocket_messages_send_count_total",
        },
        lists_two: true,
    };
}
