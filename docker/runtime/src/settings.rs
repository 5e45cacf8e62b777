//! The settings, read from the environment and checked before the service starts.

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tickmark::{RegisterError, Registry};
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

const DEFAULT_SERVICE_ADDR: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8081);

/// The duration of the slowest response, and less than the stop timeout of a container.
const DEFAULT_SHUTDOWN_LIMIT: Duration = Duration::from_secs(10);

/// The checked settings of the service.
#[derive(Debug, PartialEq)]
pub(crate) struct Settings {
    /// The address of the service. Default: 127.0.0.1:8081.
    pub(crate) service_addr: SocketAddr,
    /// The address of a separate listener for the metrics. Default: none, the service
    /// itself serves them.
    pub(crate) metrics_addr: Option<MetricsAddr>,
    /// The path of the metrics on their listener. Default: `/metrics`.
    pub(crate) metrics_path: String,
    /// The token that scrapes require. Default: none.
    pub(crate) metrics_token: Option<BearerToken>,
    /// The prefix of all HTTP and WebSocket metrics, possibly empty. Default: `emmett_`.
    pub(crate) metrics_prefix: String,
    /// Whether requests are measured. Default: true.
    pub(crate) http_metrics: bool,
    /// Whether WebSocket connections are measured. Default: true.
    pub(crate) ws_metrics: bool,
    /// Whether scrapes collect process metrics. Default: false.
    pub(crate) sys_metrics: bool,
    /// The time that requests in progress have left after a signal. Default: 10 seconds.
    pub(crate) shutdown_limit: Duration,
}

impl Settings {
    /// Reads and checks all settings.
    ///
    /// # Errors
    ///
    /// If a variable is not valid: the first of them.
    pub(crate) fn read(environment: Environment<'_>) -> Result<Settings, BadSetting> {
        let metrics_addr = environment.get(METRICS_ADDR, Setting::metrics_addr)?;
        let is_beside_service = metrics_addr.is_none();
        let path = |setting: &Setting| setting.path(is_beside_service);
        Ok(Settings {
            service_addr: service_addr(environment)?,
            metrics_addr,
            metrics_path: environment.get(METRICS_PATH, path)?.unwrap_or("/metrics".into()),
            metrics_token: environment.get(METRICS_TOKEN, Setting::token)?,
            metrics_prefix: environment
                .get(METRICS_PREFIX, Setting::prefix)?
                .unwrap_or("emmett_".into()),
            http_metrics: environment.get(HTTP_METRICS, Setting::switch)?.unwrap_or(true),
            ws_metrics: environment.get(WS_METRICS, Setting::switch)?.unwrap_or(true),
            sys_metrics: environment.get(SYS_METRICS, Setting::switch)?.unwrap_or(false),
            shutdown_limit: environment
                .get(SHUTDOWN_SECONDS, Setting::seconds)?
                .unwrap_or(DEFAULT_SHUTDOWN_LIMIT),
        })
    }

    /// Returns the endpoint for scrapes.
    ///
    /// # Errors
    ///
    /// If the registry has metrics with the names of the scrape metrics.
    pub(crate) fn endpoint(&self, registry: &Registry) -> Result<ScrapeEndpoint, RegisterError> {
        let builder = ScrapeEndpoint::builder();
        let builder = match &self.metrics_token {
            Some(token) => builder.bearer_token(token.clone()),
            None => builder,
        };
        builder.build(registry)
    }
}

/// Returns the address of the service, the only setting that [`crate::health`] needs.
///
/// # Errors
///
/// If the variable is not a socket address.
pub(crate) fn service_addr(environment: Environment<'_>) -> Result<SocketAddr, BadSetting> {
    Ok(environment.get(SERVICE_ADDR, Setting::addr)?.unwrap_or(DEFAULT_SERVICE_ADDR))
}

/// The variables that the settings are read from.
#[derive(Clone, Copy)]
pub(crate) struct Environment<'a>(&'a dyn Fn(&str) -> Option<OsString>);

impl Environment<'_> {
    /// Returns the environment of this process.
    pub(crate) fn process() -> Self {
        Self(&|variable| std::env::var_os(variable))
    }

    /// Returns the value of a variable, parsed. `None` if the variable is not set.
    fn get<T>(
        self,
        variable: &'static str,
        parse: impl FnOnce(&Setting) -> Result<T, BadSetting>,
    ) -> Result<Option<T>, BadSetting> {
        self.0(variable).map(|value| parse(&Setting { variable, value })).transpose()
    }
}

/// The address of a separate listener: an IP address, or a name that is resolved at the
/// start.
///
/// A container in several networks may have a name in each. The name of one network binds
/// the listener to that network, without a fixed address.
#[derive(Debug, PartialEq)]
pub(crate) struct MetricsAddr {
    /// `host:port`.
    pub(crate) text: String,
    /// Whether the host is a name. It may resolve to another address elsewhere.
    pub(crate) is_name: bool,
}

/// A variable that is set, and its raw value.
struct Setting {
    variable: &'static str,
    value: OsString,
}

impl Setting {
    fn addr(&self) -> Result<SocketAddr, BadSetting> {
        self.value
            .to_str()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| self.bad("is not a socket address, e.g. 127.0.0.1:8081"))
    }

    fn metrics_addr(&self) -> Result<MetricsAddr, BadSetting> {
        let text = self.value.to_str().unwrap_or_default();
        let is_name = text.parse::<SocketAddr>().is_err();
        if is_name
            && !text
                .rsplit_once(':')
                .is_some_and(|(host, port)| is_host(host) && port.parse::<u16>().is_ok())
        {
            return Err(
                self.bad("is not an IP address or host name with a port, e.g. 127.0.0.1:9100")
            );
        }
        Ok(MetricsAddr { text: text.to_owned(), is_name })
    }

    fn switch(&self) -> Result<bool, BadSetting> {
        match self.value.to_str() {
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            _ => Err(self.bad("is not true or false")),
        }
    }

    fn seconds(&self) -> Result<Duration, BadSetting> {
        let seconds =
            self.value.to_str().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let seconds = seconds.and_then(|text| text.parse::<u16>().ok());
        seconds
            .map(|seconds| Duration::from_secs(seconds.into()))
            .ok_or_else(|| self.bad("is not a number of seconds from 0 to 65535, e.g. 10"))
    }

    /// Parses a path that routers and scrapers read alike: without route parameters,
    /// query and escapes.
    fn path(&self, is_beside_service: bool) -> Result<String, BadSetting> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
        let path = self.value.to_str().unwrap_or_default();
        if !path.starts_with('/') {
            return Err(self.bad("does not start with /"));
        }
        if !path.chars().all(plain) {
            return Err(self.bad("has characters other than ASCII letters, digits and / - . _ ~"));
        }
        if path.contains("//") || path.split('/').any(|segment| segment == "." || segment == "..") {
            return Err(self.bad("contains //, /./ or /../, which clients rewrite"));
        }
        if is_beside_service && routes::is_route(path) {
            return Err(self.bad("is a route of the service; choose another or set METRICS_ADDR"));
        }
        Ok(path.to_owned())
    }

    /// Parses an empty text or the start of a metric name.
    fn prefix(&self) -> Result<String, BadSetting> {
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        match self.value.to_str() {
            Some(prefix)
                if prefix.chars().all(legal)
                    && !prefix.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                Ok(prefix.to_owned())
            }
            _ => Err(self.bad(
                "is not the start of a metric name: ASCII letters, digits, _ and :, no digit first",
            )),
        }
    }

    /// Parses a bearer token. The error does not show it.
    fn token(&self) -> Result<BearerToken, BadSetting> {
        let token = self.value.to_str().unwrap_or_default();
        token.parse().map_err(|error| BadSetting(format!("{} (not shown): {error}", self.variable)))
    }

    fn bad(&self, problem: &str) -> BadSetting {
        // The debug form escapes line breaks.
        BadSetting(format!("{}={:?} {problem}", self.variable, self.value))
    }
}

/// Returns whether this is a host name, not a misspelled IP address.
fn is_host(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    name.chars().all(legal) && name.contains(|c: char| c.is_ascii_alphabetic())
}

/// An invalid setting: one line with the variable, the value and the rule.
#[derive(Debug, PartialEq)]
pub(crate) struct BadSetting(String);

impl BadSetting {
    /// Returns the error of a well-formed value that cannot be used.
    pub(crate) fn unusable(variable: &str, value: &str, error: impl fmt::Display) -> Self {
        BadSetting(format!("{variable}={value:?}: {error}"))
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
        Settings::read(Environment(&|variable| {
            let found = set.iter().find(|(name, _)| *name == variable);
            found.map(|(_, value)| value.into())
        }))
    }

    #[test]
    fn empty_environment_gives_the_defaults() {
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
    fn every_variable_is_parsed() {
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
    fn prefix_may_be_empty() {
        assert_eq!(parse(&[(METRICS_PREFIX, "")]).unwrap().metrics_prefix, "");
    }

    #[test]
    fn separate_listener_allows_any_path() {
        let set = [(METRICS_ADDR, "127.0.0.1:0"), (METRICS_PATH, "/health")];
        assert_eq!(parse(&set).unwrap().metrics_path, "/health");
    }

    #[test]
    fn metrics_address_may_be_a_name() {
        for (text, is_name) in
            [("0.0.0.0:9100", false), ("[::1]:0", false), ("runtime-metrics:9100", true)]
        {
            let expected = MetricsAddr { text: text.into(), is_name };
            assert_eq!(parse(&[(METRICS_ADDR, text)]).unwrap().metrics_addr, Some(expected));
        }
    }

    #[test]
    fn invalid_values_are_named_in_one_line() {
        let no_addr = "is not a socket address, e.g. 127.0.0.1:8081";
        let no_host = "is not an IP address or host name with a port, e.g. 127.0.0.1:9100";
        let no_switch = "is not true or false";
        let no_slash = "does not start with /";
        let no_path = "has characters other than ASCII letters, digits and / - . _ ~";
        let rewritten = "contains //, /./ or /../, which clients rewrite";
        let taken = "is a route of the service; choose another or set METRICS_ADDR";
        let no_seconds = "is not a number of seconds from 0 to 65535, e.g. 10";
        let no_prefix =
            "is not the start of a metric name: ASCII letters, digits, _ and :, no digit first";
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
    fn token_is_not_shown() {
        let settings = parse(&[(METRICS_TOKEN, "s3cret")]).unwrap();
        assert!(!format!("{settings:?}").contains("s3cret"));
        for bad in ["", "s3cret\n", "s3 cret"] {
            let error = parse(&[(METRICS_TOKEN, bad)]).unwrap_err().to_string();
            assert!(error.starts_with("METRICS_TOKEN (not shown): invalid "), "{error}");
            assert!(!error.contains("s3") && error.lines().count() == 1, "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn values_that_are_not_unicode_are_invalid() {
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
            let error = Settings::read(Environment(&read)).unwrap_err().to_string();
            assert!(error.starts_with(&format!(r#"{bad}="\xFF" "#)), "{error}");
        }
    }
}
