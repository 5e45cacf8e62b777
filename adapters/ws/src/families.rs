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
        let durations = Bounds::new(Scale::Millis, &settings.duration_bounds)
            .map_err(|error| RegisterError::InvalidSetting { setting: "duration_bounds", error })?;
        let sizes = Bounds::bytes(&settings.size_bounds)
            .map_err(|error| RegisterError::InvalidSetting { setting: "size_bounds", error })?;
        let replies = Bounds::seconds(REPLY_BOUNDS)?;
        Ok(Self {
            active: registration.family(
                settings.preset.active,
                "Open WebSocket connections.",
                [Path],
                &(),
            )?,
            messages: Messages::register(&registration)?,
            connections: registration.family_if(
                has_all,
                "ws_connections_total",
                "WebSocket connections opened.",
                [Path],
                &(),
            )?,
            failed_handshakes: registration.family_if(
                has_all,
                "ws_handshakes_failed_total",
                "Upgrades answered with 101 that never opened.",
                [Path],
                &(),
            )?,
            duration: registration.family_if(
                has_all,
                "ws_connection_duration_seconds",
                "Duration of WebSocket connections, from opening to end.",
                [Path],
                &durations,
            )?,
            bytes: registration.family_if(
                has_all,
                "ws_message_bytes_total",
                "Payload bytes of WebSocket messages.",
                [Path, Direction, Opcode],
                &(),
            )?,
            closed: registration.family_if(
                has_all,
                "ws_closed_total",
                "WebSocket connections ended, by the first close; code 1006 without a close.",
                [Path, Code, Initiator],
                &(),
            )?,
            sizes: registration.family_if(
                settings.message_sizes,
                "ws_message_size_bytes",
                "Payload size of WebSocket messages.",
                [Path, Direction],
                &sizes,
            )?,
            replies: registration.family_if(
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
            MessageNames::Together => Self::Together(registration.family(
                "ws_messages_total",
                "WebSocket messages.",
                [Path, Direction, Opcode],
                &(),
            )?),
            MessageNames::ByDirection { received, sent } => Self::ByDirection([
                registration.family(received, "WebSocket messages received.", [Path], &())?,
                registration.family(sent, "WebSocket messages sent.", [Path], &())?,
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
        help: &str,
        labels: [Dimension; N],
        settings: &M::Settings,
    ) -> Result<Family<M, N>, RegisterError> {
        let names = labels.map(|label| label.name(self.settings));
        let family = self.registry.family(name, help, names, settings)?;
        family.set_series_limit(series_limit(&labels, self.settings));
        Ok(family)
    }

    fn family_if<M: Metric, const N: usize>(
        &self,
        is_on: bool,
        name: &str,
        help: &str,
        labels: [Dimension; N],
        settings: &M::Settings,
    ) -> Result<Option<Family<M, N>>, RegisterError> {
        is_on.then(|| self.family(name, help, labels, settings)).transpose()
    }
}
