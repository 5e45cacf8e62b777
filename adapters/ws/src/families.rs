//! The families of one instance, as its settings want them.

use tickmark::{Bounds, Counter, Family, Histogram, Registry, Scale, UpDownCounter};

use crate::builder::WsMetricsBuilder;
use crate::error::BuildError;
use crate::preset::MessageNames;

/// Of connections, in seconds: from a page that is left at once to a day.
const DURATION_BOUNDS: &[f64] = &[0.1, 1.0, 10.0, 60.0, 300.0, 1_800.0, 3_600.0, 21_600.0, 86_400.0];

/// Of replies, in seconds.
const REPLY_BOUNDS: &[f64] = &[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// In bytes: the largest message that most libraries take unless told otherwise is 64 MiB.
const SIZE_BOUNDS: &[f64] = &[100.0, 1e3, 1e4, 1e5, 1e6, 1e7];

/// The families of one instance; none where one is switched off.
#[derive(Debug)]
pub(crate) struct Families {
    pub(crate) active: Family<UpDownCounter, 1>,
    pub(crate) messages: Messages,
    pub(crate) connections: Option<Family<Counter, 1>>,
    pub(crate) duration: Option<Family<Histogram, 1>>,
    pub(crate) bytes: Option<Family<Counter, 3>>,
    pub(crate) closed: Option<Family<Counter, 3>>,
    pub(crate) failed_handshakes: Option<Family<Counter, 1>>,
    pub(crate) sizes: Option<Family<Histogram, 2>>,
    pub(crate) replies: Option<Family<Histogram, 1>>,
    pub(crate) overflow: Counter,
}

/// The families that count messages.
#[derive(Debug)]
pub(crate) enum Messages {
    Together(Family<Counter, 3>),
    ByDirection([Family<Counter, 1>; 2]),
}

impl Families {
    pub(crate) fn register(registry: &Registry, settings: &WsMetricsBuilder) -> Result<Self, BuildError> {
        let name = |name: &str| settings.name(name);
        let path = settings.preset.path_label;
        let has_all = !(settings.only_listed && settings.preset.lists_two);
        let durations = bounds("duration", Scale::Millis, settings.duration_bounds.as_deref(), DURATION_BOUNDS)?;
        let sizes = bounds("size", Scale::One, settings.size_bounds.as_deref(), SIZE_BOUNDS)?;
        let replies = bounds("reply duration", Scale::Nanos, None, REPLY_BOUNDS)?;
        let counters = |listed: bool, called: &str, help: &str| {
            listed.then(|| registry.counter_family(&name(called), help, [path])).transpose()
        };
        Ok(Self {
            active: registry.up_down_counter_family(
                &name(settings.preset.active),
                "Connections that are open.",
                [path],
            )?,
            messages: Messages::register(registry, settings)?,
            connections: counters(has_all, "ws_connections_total", "Connections that were opened.")?,
            failed_handshakes: counters(
                has_all,
                "ws_handshakes_failed_total",
                "Connections that were promised and not opened.",
            )?,
            duration: has_all
                .then(|| {
                    let help = "Time from the opening of a connection to its end.";
                    registry.histogram_family(&name("ws_connection_duration_seconds"), help, [path], &durations)
                })
                .transpose()?,
            bytes: has_all
                .then(|| {
                    let help = "Bytes of the payloads of messages.";
                    registry.counter_family(&name("ws_message_bytes_total"), help, [path, "direction", "opcode"])
                })
                .transpose()?,
            closed: has_all
                .then(|| {
                    let help = "Connections that ended, by the first close; 1006 if there was none.";
                    registry.counter_family(&name("ws_closed_total"), help, [path, "code", "initiator"])
                })
                .transpose()?,
            sizes: settings
                .message_sizes
                .then(|| {
                    let help = "Bytes of the payload of a message.";
                    registry.histogram_family(&name("ws_message_size_bytes"), help, [path, "direction"], &sizes)
                })
                .transpose()?,
            replies: settings
                .reply_durations
                .then(|| {
                    let help = "Time from a message that was received to the next that was sent.";
                    registry.histogram_family(&name("ws_reply_duration_seconds"), help, [path], &replies)
                })
                .transpose()?,
            overflow: registry
                .counter(&name("ws_paths_overflow_total"), "Calls with a path that the limit of paths turned away.")?,
        })
    }
}

impl Messages {
    fn register(registry: &Registry, settings: &WsMetricsBuilder) -> Result<Self, BuildError> {
        let path = settings.preset.path_label;
        Ok(match settings.preset.messages {
            MessageNames::Together => {
                let labels = [path, "direction", "opcode"];
                Self::Together(registry.counter_family(&settings.name("ws_messages_total"), "Messages.", labels)?)
            }
            MessageNames::ByDirection { received, sent } => Self::ByDirection([
                registry.counter_family(&settings.name(received), "Messages that were received.", [path])?,
                registry.counter_family(&settings.name(sent), "Messages that were sent.", [path])?,
            ]),
        })
    }
}

fn bounds(
    what: &'static str,
    scale: Scale,
    set: Option<&[f64]>,
    default: &'static [f64],
) -> Result<Bounds, BuildError> {
    Bounds::new(scale, set.unwrap_or(default)).map_err(|error| BuildError::Bounds { what, error })
}
