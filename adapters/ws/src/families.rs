//! The families of one instance, as its settings want them.

use tickmark::{
    Bounds, Counter, Family, Histogram, Metric, RegisterError, Registry, Scale, UpDownCounter,
};

use crate::builder::WsMetricsBuilder;
use crate::dimension::Dimension::{self, Code, Direction, Initiator, Opcode, Path};
use crate::dimension::series_limit;
use crate::error::BuildError;
use crate::preset::MessageNames;

/// Of connections, in seconds: from a page that is left at once to a day.
const DURATION_BOUNDS: &[f64] =
    &[0.1, 1.0, 10.0, 60.0, 300.0, 1_800.0, 3_600.0, 21_600.0, 86_400.0];

/// Of replies, in seconds.
const REPLY_BOUNDS: &[f64] =
    &[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// In bytes: the largest message that most libraries take unless told otherwise is 64
/// MiB.
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
    pub(crate) fn register(
        registry: &Registry,
        settings: &WsMetricsBuilder,
    ) -> Result<Self, BuildError> {
        let registration = Registration { registry, settings };
        let has_all = !(settings.only_listed && settings.preset.lists_two);
        let durations = bounds(
            "duration",
            Scale::Millis,
            settings.duration_bounds.as_deref(),
            DURATION_BOUNDS,
        )?;
        let sizes = bounds("size", Scale::One, settings.size_bounds.as_deref(), SIZE_BOUNDS)?;
        let replies = bounds("reply duration", Scale::Nanos, None, REPLY_BOUNDS)?;
        let counters =
            |name, help| has_all.then(|| registration.counters(name, help, [Path])).transpose();
        Ok(Self {
            active: registration.family(settings.preset.active, [Path], |name, labels| {
                registry.up_down_counter_family(name, "Connections that are open.", labels)
            })?,
            messages: Messages::register(&registration)?,
            connections: counters("ws_connections_total", "Connections that were opened.")?,
            failed_handshakes: counters(
                "ws_handshakes_failed_total",
                "Connections that were promised and not opened.",
            )?,
            duration: has_all
                .then(|| {
                    let help = "Time from the opening of a connection to its end.";
                    registration.histograms(
                        "ws_connection_duration_seconds",
                        help,
                        [Path],
                        &durations,
                    )
                })
                .transpose()?,
            bytes: has_all
                .then(|| {
                    let help = "Bytes of the payloads of messages.";
                    registration.counters("ws_message_bytes_total", help, [Path, Direction, Opcode])
                })
                .transpose()?,
            closed: has_all
                .then(|| {
                    let help =
                        "Connections that ended, by the first close; 1006 if there was none.";
                    registration.counters("ws_closed_total", help, [Path, Code, Initiator])
                })
                .transpose()?,
            sizes: settings
                .message_sizes
                .then(|| {
                    let help = "Bytes of the payload of a message.";
                    registration.histograms(
                        "ws_message_size_bytes",
                        help,
                        [Path, Direction],
                        &sizes,
                    )
                })
                .transpose()?,
            replies: settings
                .reply_durations
                .then(|| {
                    let help = "Time from a message that was received to the next that was sent.";
                    registration.histograms("ws_reply_duration_seconds", help, [Path], &replies)
                })
                .transpose()?,
            overflow: registry.counter(
                &settings.name("ws_paths_overflow_total"),
                "Calls with a path that the limit of paths turned away.",
            )?,
        })
    }
}

impl Messages {
    fn register(registration: &Registration<'_>) -> Result<Self, RegisterError> {
        Ok(match registration.settings.preset.messages {
            MessageNames::Together => {
                let labels = [Path, Direction, Opcode];
                Self::Together(registration.counters("ws_messages_total", "Messages.", labels)?)
            }
            MessageNames::ByDirection { received, sent } => Self::ByDirection([
                registration.counters(received, "Messages that were received.", [Path])?,
                registration.counters(sent, "Messages that were sent.", [Path])?,
            ]),
        })
    }
}

/// Families on their way into a registry.
struct Registration<'a> {
    registry: &'a Registry,
    settings: &'a WsMetricsBuilder,
}

impl Registration<'_> {
    /// Registers a family under its whole name, with room for every combination of its
    /// labels.
    fn family<M: Metric, const N: usize>(
        &self,
        name: &str,
        labels: [Dimension; N],
        register: impl FnOnce(&str, [&str; N]) -> Result<Family<M, N>, RegisterError>,
    ) -> Result<Family<M, N>, RegisterError> {
        let family =
            register(&self.settings.name(name), labels.map(|label| label.name(self.settings)))?;
        family.set_series_limit(series_limit(&labels, self.settings));
        Ok(family)
    }

    fn counters<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [Dimension; N],
    ) -> Result<Family<Counter, N>, RegisterError> {
        self.family(name, labels, |name, labels| self.registry.counter_family(name, help, labels))
    }

    fn histograms<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [Dimension; N],
        bounds: &Bounds,
    ) -> Result<Family<Histogram, N>, RegisterError> {
        self.family(name, labels, |name, labels| {
            self.registry.histogram_family(name, help, labels, bounds)
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
