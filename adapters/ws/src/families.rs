//! The families of one instance.

use tickmark::{
    Bounds, Counter, Family, Histogram, Metric, RegisterError, Registry, Scale, UpDownCounter,
};

use crate::dimension::Dimension::{self, Code, Direction, Initiator, Opcode, Path};
use crate::dimension::series_limit;
use crate::preset::MessageNames;
use crate::settings::Settings;

/// In seconds.
const REPLY_BOUNDS: [f64; 12] =
    [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The families of one instance; `None` for each that the settings leave out.
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
    /// Registers the families in `registry`, which has the prefix of the settings.
    pub(crate) fn register(
        registry: &Registry,
        settings: &Settings,
    ) -> Result<Self, RegisterError> {
        let registration = Registration { registry, settings };
        let has_all = settings.has_all();
        // Milliseconds: the sum of many connections of a day fits.
        let durations = Bounds::new(Scale::Millis, &settings.duration_bounds)?;
        let sizes = Bounds::new(Scale::One, &settings.size_bounds)?;
        let replies = Bounds::new(Scale::Nanos, &REPLY_BOUNDS)?;
        Ok(Self {
            active: registration.family(settings.preset.active, [Path], |name, labels| {
                registry.up_down_counter_family(name, "Open WebSocket connections.", labels)
            })?,
            messages: Messages::register(&registration)?,
            connections: registration.counters_if(
                has_all,
                "ws_connections_total",
                "WebSocket connections opened.",
                [Path],
            )?,
            failed_handshakes: registration.counters_if(
                has_all,
                "ws_handshakes_failed_total",
                "Upgrades answered with 101 that never opened.",
                [Path],
            )?,
            duration: registration.histograms_if(
                has_all,
                "ws_connection_duration_seconds",
                "Duration of WebSocket connections, from opening to end.",
                [Path],
                &durations,
            )?,
            bytes: registration.counters_if(
                has_all,
                "ws_message_bytes_total",
                "Payload bytes of WebSocket messages.",
                [Path, Direction, Opcode],
            )?,
            closed: registration.counters_if(
                has_all,
                "ws_closed_total",
                "WebSocket connections ended, by the first close; code 1006 without a close.",
                [Path, Code, Initiator],
            )?,
            sizes: registration.histograms_if(
                settings.message_sizes,
                "ws_message_size_bytes",
                "Payload size of WebSocket messages.",
                [Path, Direction],
                &sizes,
            )?,
            replies: registration.histograms_if(
                settings.reply_durations,
                "ws_reply_duration_seconds",
                "Time from a received WebSocket message to the next one sent.",
                [Path],
                &replies,
            )?,
            overflow: registry.counter(
                "ws_paths_overflow_total",
                "WebSocket calls with a path over the limit of paths.",
            )?,
        })
    }
}

impl Messages {
    fn register(registration: &Registration<'_>) -> Result<Self, RegisterError> {
        Ok(match registration.settings.preset.messages {
            MessageNames::Together => Self::Together(registration.counters(
                "ws_messages_total",
                "WebSocket messages.",
                [Path, Direction, Opcode],
            )?),
            MessageNames::ByDirection { received, sent } => Self::ByDirection([
                registration.counters(received, "WebSocket messages received.", [Path])?,
                registration.counters(sent, "WebSocket messages sent.", [Path])?,
            ]),
        })
    }
}

/// Registers families by the settings.
struct Registration<'a> {
    registry: &'a Registry,
    settings: &'a Settings,
}

impl Registration<'_> {
    /// Registers a family with room for every combination of its labels.
    fn family<M: Metric, const N: usize>(
        &self,
        name: &str,
        labels: [Dimension; N],
        register: impl FnOnce(&str, [&str; N]) -> Result<Family<M, N>, RegisterError>,
    ) -> Result<Family<M, N>, RegisterError> {
        let family = register(name, labels.map(|label| label.name(self.settings)))?;
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

    fn counters_if<const N: usize>(
        &self,
        is_on: bool,
        name: &str,
        help: &str,
        labels: [Dimension; N],
    ) -> Result<Option<Family<Counter, N>>, RegisterError> {
        is_on.then(|| self.counters(name, help, labels)).transpose()
    }

    fn histograms_if<const N: usize>(
        &self,
        is_on: bool,
        name: &str,
        help: &str,
        labels: [Dimension; N],
        bounds: &Bounds,
    ) -> Result<Option<Family<Histogram, N>>, RegisterError> {
        let register = || {
            self.family(name, labels, |name, labels| {
                self.registry.histogram_family(name, help, labels, bounds)
            })
        };
        is_on.then(register).transpose()
    }
}
