//! The program under test, on free ports and without any other environment.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use ureq::Agent;

/// Far longer than any step of the program takes, even on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// Returns the program, not yet started.
pub(crate) fn program(environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runtime"));
    let free_port = ("RUNTIME_ADDR", "127.0.0.1:0");
    let environment = [free_port].into_iter().chain(environment.iter().copied());
    let piped = command.env_clear().envs(environment).stdin(Stdio::null());
    _ = piped.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the program with settings that it rejects. Returns its output.
pub(crate) fn rejected(environment: &[(&str, &str)]) -> Output {
    let mut child = program(environment).spawn().unwrap();
    // A line of output would mean that it serves.
    let first = lines(&mut child).recv_timeout(DEADLINE);
    if first != Err(RecvTimeoutError::Disconnected) {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(first, Err(RecvTimeoutError::Disconnected), "{environment:?} was accepted");
    output
}

/// Returns the lines of its output as they arrive.
fn lines(child: &mut Child) -> Receiver<String> {
    let output = BufReader::new(child.stdout.take().unwrap());
    let (sender, receiver) = mpsc::channel();
    _ = thread::spawn(move || output.lines().try_for_each(|line| sender.send(line.unwrap())));
    receiver
}

/// The program. It serves until this is dropped.
pub(crate) struct Serving {
    pub(crate) child: Child,
    /// `http://`, host and port of the service.
    pub(crate) service: String,
    /// The URL of the metrics.
    pub(crate) metrics: String,
}

impl Serving {
    /// Starts the program. Returns when it listens.
    pub(crate) fn start(environment: &[(&str, &str)]) -> Serving {
        let mut child = program(environment).stderr(Stdio::null()).spawn().unwrap();
        let lines = lines(&mut child);
        let mut serving = Serving { child, service: String::new(), metrics: String::new() };
        let url_after = |word: &str| {
            let line = lines.recv_timeout(DEADLINE).unwrap();
            line.strip_prefix(word)
                .unwrap_or_else(|| panic!("no {word:?} before {line:?}"))
                .to_owned()
        };
        serving.service = url_after("service ");
        serving.metrics = url_after("metrics ");
        serving
    }

    /// Returns the current page of metrics.
    pub(crate) fn page(&self) -> String {
        read(&self.metrics)
    }

    /// Waits for a page with this line. Returns the page.
    pub(crate) fn page_with(&self, line: &str) -> String {
        let start = Instant::now();
        while start.elapsed() < DEADLINE {
            let page = self.page();
            if page.lines().any(|found| found == line) {
                return page;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("no page has the line {line}");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Both fail only after it has ended.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Returns a client that treats no status as an error. It ignores the proxy of the
/// environment, as all addresses are on loopback.
pub(crate) fn client() -> Agent {
    Agent::config_builder()
        .proxy(None)
        .timeout_global(Some(DEADLINE))
        .http_status_as_error(false)
        .build()
        .into()
}

/// Returns the body at `url`. Panics unless the status is 200.
pub(crate) fn read(url: &str) -> String {
    let mut response = client().get(url).call().unwrap();
    assert_eq!(response.status().as_u16(), 200, "{url}");
    response.body_mut().read_to_string().unwrap()
}
