//! An ordinary HTTP client that checks each response against its expectation, and returns
//! what it saw for the [tally](crate::tally).

use std::io::Cursor;
use std::time::{Duration, Instant};

use ureq::config::ConfigBuilder;
use ureq::http::{Request, Response};
use ureq::typestate::AgentScope;
use ureq::{Agent, Body, SendBody};

use crate::exchange::Exchange;
use crate::process::DEADLINE;

/// A request and its expected response.
#[derive(Clone, Debug)]
pub struct Call {
    method: &'static str,
    path: &'static str,
    target: String,
    body: Option<Vec<u8>>,
    chunked: bool,
    status: u16,
    reply: Option<usize>,
    at_least: Duration,
}

impl Call {
    /// A request for `target`, which belongs to the route `path`; expects 200.
    #[must_use]
    pub fn new(method: &'static str, target: impl Into<String>, path: &'static str) -> Call {
        Call {
            method,
            path,
            target: target.into(),
            body: None,
            chunked: false,
            status: 200,
            reply: None,
            at_least: Duration::ZERO,
        }
    }

    /// Sends `size` bytes, with a Content-Length.
    #[must_use]
    pub fn body(self, size: usize) -> Call {
        Call { body: Some(vec![b'x'; size]), ..self }
    }

    /// Sends `size` bytes, without a Content-Length.
    #[must_use]
    pub fn chunked(self, size: usize) -> Call {
        Call { chunked: true, ..self.body(size) }
    }

    /// Expects this status.
    #[must_use]
    pub fn status(self, status: u16) -> Call {
        Call { status, ..self }
    }

    /// Expects this many bytes in the response's body.
    #[must_use]
    pub fn reply(self, size: usize) -> Call {
        Call { reply: Some(size), ..self }
    }

    /// Expects the response after at least this time.
    #[must_use]
    pub fn at_least(self, wait: Duration) -> Call {
        Call { at_least: wait, ..self }
    }
}

/// A client with keep-alive connections of its own.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    addr: String,
}

impl Client {
    /// A client of the service at `addr`, a host and port.
    #[must_use]
    pub fn new(addr: &str) -> Client {
        let config = agent_config()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .allow_non_standard_methods(true);
        Client { agent: config.build().into(), addr: addr.to_owned() }
    }

    /// Makes `call`, reads the whole response and checks it.
    #[must_use]
    pub fn make(&self, call: &Call) -> Exchange {
        let start = Instant::now();
        let mut response = self.send(call);
        let took = start.elapsed();
        let body = response.body_mut().with_config().limit(u64::MAX).read_to_vec().unwrap();
        assert_eq!(response.status().as_u16(), call.status, "{call:?}");
        if let Some(size) = call.reply {
            assert_eq!(body.len(), size, "{call:?}");
        }
        Exchange {
            request_size: (!call.chunked).then(|| call.body.as_ref().map_or(0, Vec::len)),
            response_size: Some(body.len()),
            took: (call.at_least, took),
            ..Exchange::new(label(call.method), call.path, call.status)
        }
    }

    fn send(&self, call: &Call) -> Response<Body> {
        let uri = format!("http://{}{}", self.addr, call.target);
        let request = Request::builder().method(call.method).uri(uri);
        let response = match &call.body {
            None => self.agent.run(request.body(()).unwrap()),
            Some(body) if call.chunked => {
                let mut body = Cursor::new(body);
                self.agent.run(request.body(SendBody::from_reader(&mut body)).unwrap())
            }
            Some(body) => self.agent.run(request.body(body.as_slice()).unwrap()),
        };
        response.unwrap_or_else(|error| panic!("{call:?}: {error}"))
    }
}

/// Reads the page at `url`, with parameters in its query.
///
/// # Errors
///
/// If the response is not a success.
pub fn read(url: &str, query: &[(&str, &str)]) -> Result<String, ureq::Error> {
    let agent: Agent = agent_config().build().into();
    let mut response = agent.get(url).query_pairs(query.iter().copied()).call()?;
    response.body_mut().read_to_string()
}

/// All servers are on loopback, so proxies of the environment are ignored.
fn agent_config() -> ConfigBuilder<AgentScope> {
    Agent::config_builder().proxy(None).timeout_global(Some(DEADLINE))
}

/// The label value of a method: itself for the known ones, `_OTHER` for the rest.
fn label(method: &'static str) -> &'static str {
    match method {
        "GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "OPTIONS" | "PATCH" => method,
        _ => "_OTHER",
    }
}
