//! Presets: names and labels under which the metrics are exposed. Data only.

/// The names and labels under which the metrics are exposed. The HTTP metrics have
/// presets of the same names.
///
/// A preset changes names and chooses labels. It never changes what is counted, when, or
/// the value of a label. Metrics that a preset does not list keep their name of
/// [`DEFAULT`](Self::DEFAULT), behind the prefix of the preset;
/// [`only_listed`](crate::WsMetricsBuilder::only_listed) leaves them out.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    pub(crate) prefix: &'static str,
    pub(crate) path_label: &'static str,
    pub(crate) active: &'static str,
    pub(crate) messages: MessageNames,
    /// Whether it lists only the open connections and the messages.
    pub(crate) lists_two: bool,
}

/// The families that count messages.
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

    /// The names of [`DEFAULT`](Self::DEFAULT): OpenTelemetry defines no WebSocket
    /// metrics.
    pub const OTEL: Self = Self::DEFAULT;

    /// The names of [`DEFAULT`](Self::DEFAULT) behind `axum_`: axum-prometheus has no
    /// WebSocket metrics.
    pub const AXUM: Self = Self { prefix: "axum_", ..Self::DEFAULT };

    /// The names of emmett-prometheus, an extension of Python's Emmett:
    /// `emmett_websocket_gauge`, `emmett_websocket_messages_recv_count_total` and
    /// `emmett_websocket_messages_send_count_total`, each with a label `websocket`.
    ///
    /// Three differences are intended. The label is the path that you give, not the name
    /// of a function. The gauge rises after the connection is accepted, not before.
    /// Pings, pongs and closes count as messages.
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
