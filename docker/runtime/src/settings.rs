//! The settings, read from the environment and checked before anything starts.

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tickmark::Registry;
use tickmark_axum::{BearerToken, ScrapeEndpoint};

use crate::routes;

pub(crate) const SERVICE_ADDR: &str = "RUNTIME_ADDR";
pub(crate) const METRICS_ADDR: &str = "METRICS_ADDR";
pub(crate) const METRICS_PATH: &str = "METRICS_ROUTE_PATH";
pub(crate) const METRICS_TOKEN: &str = "METRICS_TOKEN";
pub(crate) const METRICS_PREFIX: &str = "METRICS_PREFIX";
pub(crate) const HTTP_METRICS: &str = "ENABLE_HTTP_METRICS";
pub(crate) const WS_METRICS: &str = "ENABLE_WS_METRICS";
pub(crate) const SYS_METRICS: &str = "ENABLE_SYS_METRICS";
pub(crate) const SHUTDOWN_SECONDS: &str = "SHUTDOWN_SECONDS";

/// As long as the slowest answer takes, and less than a container is given to stop.
const DEFAULT_SHUTDOWN_LIMIT: Duration = Duration::from_secs(10);

/// What the environment says about this service, every value checked.
#[derive(Debug, PartialEq)]
pub(crate) struct Settings {
    /// Where the service listens.
    pub(crate) service_addr: SocketAddr,
    /// Where the metrics listen; `None`: the service itself serves them.
    pub(crate) metrics_addr: Option<MetricsAddr>,
    /// The path of the metrics, on whichever listener serves them.
    pub(crate) metrics_path: String,
    /// What a scrape has to show, if anything.
    pub(crate) metrics_token: Option<BearerToken>,
    /// Put before the name of every HTTP and WebSocket metric; may be empty.
    pub(crate) metrics_prefix: String,
    /// Whether requests are measured at all.
    pub(crate) http_metrics: bool,
    /// Whether WebSocket connections are.
    pub(crate) ws_metrics: bool,
    /// Whether a scrape reads what the system says of the process.
    pub(crate) sys_metrics: bool,
    /// How long requests in progress may go on once the process is to stop.
    pub(crate) shutdown_limit: Duration,
}

impl Settings {
    /// Reads the settings from `read`, which is [`std::env::var_os`] outside of tests.
    ///
    /// # Errors
    ///
    /// The first variable whose value cannot be used.
    pub(crate) fn parse(read: &dyn Fn(&str) -> Option<OsString>) -> Result<Settings, BadSetting> {
        let setting = |variable| read(variable).map(|value| Setting { variable, value });
        let metrics_addr = setting(METRICS_ADDR).map(|s| s.metrics_addr()).transpose()?;
        let beside_the_service = metrics_addr.is_none();
        Ok(Settings {
            service_addr: service_addr(read)?,
            metrics_addr,
            metrics_path: setting(METRICS_PATH)
                .map_or(Ok("/metrics".into()), |s| s.path(beside_the_service))?,
            metrics_token: setting(METRICS_TOKEN).map(|s| s.token()).transpose()?,
            metrics_prefix: setting(METRICS_PREFIX).map_or(Ok("emmett_".into()), |s| s.prefix())?,
            http_metrics: setting(HTTP_METRICS).map_or(Ok(true), |s| s.switch())?,
            ws_metrics: setting(WS_METRICS).map_or(Ok(true), |s| s.switch())?,
            sys_metrics: setting(SYS_METRICS).map_or(Ok(false), |s| s.switch())?,
            shutdown_limit: setting(SHUTDOWN_SECONDS)
                .map_or(Ok(DEFAULT_SHUTDOWN_LIMIT), |s| s.seconds())?,
        })
    }

    /// What answers scrapes.
    ///
    /// # Errors
    ///
    /// If the token cannot be used, or the registry has metrics about scrapes already.
    pub(crate) fn endpoint(&self, registry: &Registry) -> Result<ScrapeEndpoint, Box<dyn Error>> {
        let builder = ScrapeEndpoint::builder();
        let builder = match &self.metrics_token {
            Some(token) => builder.bearer_token(token.clone()),
            None => builder,
        };
        Ok(builder.build(registry)?)
    }
}

/// Where the service listens: the one setting that [`crate::health`] needs.
///
/// # Errors
///
/// If the variable is set to something else than an address.
pub(crate) fn service_addr(
    read: &dyn Fn(&str) -> Option<OsString>,
) -> Result<SocketAddr, BadSetting> {
    let default_addr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8081);
    let setting = read(SERVICE_ADDR).map(|value| Setting { variable: SERVICE_ADDR, value });
    setting.map_or(Ok(default_addr), |s| s.addr())
}

/// Where the metrics listen: an address, or a name that is looked up when the service
/// starts.
///
/// A container in several networks may have a name in each. The name of one network keeps
/// the listener to that network, without a fixed address.
#[derive(Debug, PartialEq)]
pub(crate) struct MetricsAddr {
    /// `host:port`.
    pub(crate) text: String,
    /// Whether the host is a name, which may mean something else to a reader.
    pub(crate) is_name: bool,
}

/// One variable that is set, with its value as found.
struct Setting {
    variable: &'static str,
    value: OsString,
}

impl Setting {
    fn addr(&self) -> Result<SocketAddr, BadSetting> {
        self.value
            .to_str()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| self.bad("is no IP address with a port, such as 127.0.0.1:8081"))
    }

    fn metrics_addr(&self) -> Result<MetricsAddr, BadSetting> {
        let text = self.value.to_str().unwrap_or_default();
        let is_name = text.parse::<SocketAddr>().is_err();
        if is_name
            && !text
                .rsplit_once(':')
                .is_some_and(|(host, port)| is_host(host) && port.parse::<u16>().is_ok())
        {
            return Err(self.bad(
                "is neither an IP address nor a host name with a port, such as 127.0.0.1:9100",
            ));
        }
        Ok(MetricsAddr { text: text.to_owned(), is_name })
    }

    fn switch(&self) -> Result<bool, BadSetting> {
        match self.value.to_str() {
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            _ => Err(self.bad("is neither true nor false")),
        }
    }

    fn seconds(&self) -> Result<Duration, BadSetting> {
        let seconds =
            self.value.to_str().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let seconds = seconds.and_then(|text| text.parse::<u16>().ok());
        seconds
            .map(|seconds| Duration::from_secs(seconds.into()))
            .ok_or_else(|| self.bad("is not a number of seconds from 0 to 65535, such as 10"))
    }

    /// A path that means the same to a router and to a scraper: nothing in it
    /// is a route parameter, a query or an escape.
    fn path(&self, beside_the_service: bool) -> Result<String, BadSetting> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
        let path = self.value.to_str().unwrap_or_default();
        if !path.starts_with('/') {
            return Err(self.bad("does not start with a slash"));
        }
        if !path.chars().all(plain) {
            return Err(self.bad("may hold letters, digits and / - . _ ~ only"));
        }
        if path.contains("//") || path.split('/').any(|segment| segment == "." || segment == "..") {
            return Err(
                self.bad("may not hold //, or . or .. between slashes: clients rewrite such paths")
            );
        }
        if beside_the_service && routes::is_route(path) {
            return Err(self.bad("is a route of the service"));
        }
        Ok(path.to_owned())
    }

    /// Nothing, or what a Prometheus metric name may start with.
    fn prefix(&self) -> Result<String, BadSetting> {
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        match self.value.to_str() {
            Some(prefix)
                if prefix.chars().all(legal)
                    && !prefix.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                Ok(prefix.to_owned())
            }
            _ => Err(self.bad("is no legal start of a metric name")),
        }
    }

    /// Parses a bearer token. The error does not show the value.
    fn token(&self) -> Result<BearerToken, BadSetting> {
        let token = self.value.to_str().unwrap_or_default();
        token.parse().map_err(|error| {
            BadSetting(format!("{}, not shown here, cannot be used: {error}", self.variable))
        })
    }

    fn bad(&self, problem: &str) -> BadSetting {
        BadSetting::new(self.variable, &self.value, problem)
    }
}

/// Whether this is a name of hosts rather than what was meant as an address.
fn is_host(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    name.chars().all(legal) && name.contains(|c: char| c.is_ascii_alphabetic())
}

/// A setting that cannot be used: one line that names the variable and the value.
#[derive(Debug, PartialEq)]
pub(crate) struct BadSetting(String);

impl BadSetting {
    /// An address that cannot be listened at.
    pub(crate) fn addr(variable: &str, addr: impl fmt::Display, error: std::io::Error) -> Self {
        BadSetting::new(variable, addr.to_string(), format!("cannot be used: {error}"))
    }

    pub(crate) fn new(
        variable: &str,
        value: impl AsRef<OsStr>,
        problem: impl fmt::Display,
    ) -> Self {
        // Debug form: a line break in the value stays within the line.
        BadSetting(format!("{variable}={:?} {problem}", value.as_ref()))
    }
}

impl fmt::Display for BadSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for BadSetting {}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(set: &[(&str, &str)]) -> Result<Settings, BadSetting> {
        Settings::parse(&|variable| {
            let found = set.iter().find(|(name, _)| *name == variable);
            found.map(|(_, value)| value.into())
        })
    }

    #[test]
    fn an_empty_environment_gives_the_defaults() {
        let expected = Settings {
            service_addr: "127.0.0.1:8081".parse().unwrap(),
            metrics_addr: None,
            metrics_path: "/metrics".into(),
            metrics_token: None,
            metrics_prefix: "emmett_".into(),
            http_metrics: true,
            ws_metrics: true,
            sys_metrics: false,
            shutdown_limit: Duration::from_secs(10),
        };
        assert_eq!(parse(&[]), Ok(expected));
    }

    #[test]
    fn every_variable_is_read() {
        let set = [
            (SERVICE_ADDR, "0.0.0.0:80"),
            (METRICS_ADDR, "[::1]:9100"),
            (METRICS_PATH, "/internal/metrics.txt"),
            (METRICS_TOKEN, "s3cret"),
            (METRICS_PREFIX, "shop:web_"),
            (HTTP_METRICS, "false"),
            (WS_METRICS, "false"),
            (SYS_METRICS, "true"),
            (SHUTDOWN_SECONDS, "3"),
        ];
        let expected = Settings {
            service_addr: "0.0.0.0:80".parse().unwrap(),
            metrics_addr: Some(MetricsAddr { text: "[::1]:9100".into(), is_name: false }),
            metrics_path: "/internal/metrics.txt".into(),
            metrics_token: Some("s3cret".parse().unwrap()),
            metrics_prefix: "shop:web_".into(),
            http_metrics: false,
            ws_metrics: false,
            sys_metrics: true,
            shutdown_limit: Duration::from_secs(3),
        };
        assert_eq!(parse(&set), Ok(expected));
    }

    #[test]
    fn the_prefix_may_be_empty() {
        assert_eq!(parse(&[(METRICS_PREFIX, "")]).unwrap().metrics_prefix, "");
    }

    #[test]
    fn a_listener_of_its_own_may_serve_the_metrics_anywhere() {
        let set = [(METRICS_ADDR, "127.0.0.1:0"), (METRICS_PATH, "/health")];
        assert_eq!(parse(&set).unwrap().metrics_path, "/health");
    }

    #[test]
    fn metrics_listen_at_an_address_or_name() {
        for (text, is_name) in
            [("0.0.0.0:9100", false), ("[::1]:0", false), ("runtime-metrics:9100", true)]
        {
            let expected = MetricsAddr { text: text.into(), is_name };
            assert_eq!(parse(&[(METRICS_ADDR, text)]).unwrap().metrics_addr, Some(expected));
        }
    }

    #[test]
    fn a_bad_value_is_named_with_its_variable_in_one_line() {
        let no_addr = "is no IP address with a port, such as 127.0.0.1:8081";
        let no_host =
            "is neither an IP address nor a host name with a port, such as 127.0.0.1:9100";
        let no_switch = "is neither true nor false";
        let no_slash = "does not start with a slash";
        let no_path = "may hold letters, digits and / - . _ ~ only";
        let rewritten = "may not hold //, or . or .. between slashes: clients rewrite such paths";
        let taken = "is a route of the service";
        let no_seconds = "is not a number of seconds from 0 to 65535, such as 10";
        let no_prefix = "is no legal start of a metric name";
        let table = [
            (SERVICE_ADDR, "", no_addr),
            (SERVICE_ADDR, "8081", no_addr),
            (SERVICE_ADDR, "127.0.0.1", no_addr),
            (SERVICE_ADDR, "127.0.0.1:70000", no_addr),
            (SERVICE_ADDR, "here:8081", no_addr),
            (METRICS_ADDR, "", no_host),
            (METRICS_ADDR, ":9100", no_host),
            (METRICS_ADDR, "here", no_host),
            (METRICS_ADDR, "here:", no_host),
            (METRICS_ADDR, "here:70000", no_host),
            (METRICS_ADDR, "he re:9100", no_host),
            (METRICS_ADDR, "http://here:9100", no_host),
            (METRICS_ADDR, "127.0.0:9100", no_host),
            (METRICS_ADDR, "::1:9100:", no_host),
            (METRICS_PATH, "", no_slash),
            (METRICS_PATH, "metrics", no_slash),
            (METRICS_PATH, "/{name}", no_path),
            (METRICS_PATH, "//metrics", rewritten),
            (METRICS_PATH, "/a/../metrics", rewritten),
            (METRICS_PATH, "/./metrics", rewritten),
            (METRICS_PATH, "/metrics?all", no_path),
            (METRICS_PATH, "/met rics", no_path),
            (METRICS_PATH, "/mätrics", no_path),
            (METRICS_PATH, "/", taken),
            (METRICS_PATH, "/health", taken),
            (METRICS_PATH, "/hello/metrics", taken),
            (METRICS_PATH, "/api/v1/items/metrics", taken),
            (METRICS_PREFIX, "2xx_", no_prefix),
            (METRICS_PREFIX, "emmett-", no_prefix),
            (METRICS_PREFIX, "é", no_prefix),
            (METRICS_PREFIX, "a\nb", no_prefix),
            (HTTP_METRICS, "", no_switch),
            (HTTP_METRICS, "yes", no_switch),
            (HTTP_METRICS, "TRUE", no_switch),
            (HTTP_METRICS, "true ", no_switch),
            (WS_METRICS, "1", no_switch),
            (SYS_METRICS, "on", no_switch),
            (SHUTDOWN_SECONDS, "", no_seconds),
            (SHUTDOWN_SECONDS, "-1", no_seconds),
            (SHUTDOWN_SECONDS, "+1", no_seconds),
            (SHUTDOWN_SECONDS, "1.5", no_seconds),
            (SHUTDOWN_SECONDS, "10s", no_seconds),
            (SHUTDOWN_SECONDS, "65536", no_seconds),
        ];
        for (variable, value, problem) in table {
            let error = parse(&[(variable, value)]).unwrap_err().to_string();
            assert_eq!(error, format!("{variable}={value:?} {problem}"));
            assert_eq!(error.lines().count(), 1);
        }
    }

    #[test]
    fn a_token_is_shown_nowhere() {
        let settings = parse(&[(METRICS_TOKEN, "s3cret")]).unwrap();
        assert!(!format!("{settings:?}").contains("s3cret"));
        for bad in ["", "s3cret\n", "s3 cret"] {
            let error = parse(&[(METRICS_TOKEN, bad)]).unwrap_err().to_string();
            assert!(
                error.starts_with("METRICS_TOKEN, not shown here, cannot be used: "),
                "{error}"
            );
            assert!(!error.contains("s3") && error.lines().count() == 1, "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_no_text_is_refused_for_every_variable() {
        use std::os::unix::ffi::OsStringExt;

        let all = [
            SERVICE_ADDR,
            METRICS_ADDR,
            METRICS_PATH,
            METRICS_PREFIX,
            HTTP_METRICS,
            WS_METRICS,
            SYS_METRICS,
            SHUTDOWN_SECONDS,
        ];
        for bad in all {
            let read = |variable: &str| (variable == bad).then(|| OsString::from_vec(vec![0xff]));
            let error = Settings::parse(&read).unwrap_err().to_string();
            assert!(error.starts_with(&format!(r#"{bad}="\xFF" "#)), "{error}");
        }
    }
}
