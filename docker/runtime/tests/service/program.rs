//! The program under test, on free ports and with no other environment.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use ureq::Agent;

/// Far beyond what the program takes for anything, even on a machine that is busy.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// The program, not yet started.
pub(crate) fn program(environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runtime"));
    let free_port = ("RUNTIME_ADDR", "127.0.0.1:0");
    let environment = [free_port].into_iter().chain(environment.iter().copied());
    let piped = command.env_clear().envs(environment).stdin(Stdio::null());
    let _command = piped.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the program to its end, for settings that it refuses.
pub(crate) fn refused(environment: &[(&str, &str)]) -> Output {
    let mut child = program(environment).spawn().unwrap();
    // The end of its output tells that it refused; a line would tell that it serves.
    let first = lines(&mut child).recv_timeout(DEADLINE);
    if first != Err(RecvTimeoutError::Disconnected) {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(first, Err(RecvTimeoutError::Disconnected), "{environment:?} was taken");
    output
}

/// The lines of its output, as they come.
fn lines(child: &mut Child) -> Receiver<String> {
    let output = BufReader::new(child.stdout.take().unwrap());
    let (sender, receiver) = mpsc::channel();
    let _thread =
        thread::spawn(move || output.lines().try_for_each(|line| sender.send(line.unwrap())));
    receiver
}

/// The program, serving until this is dropped.
pub(crate) struct Serving {
    pub(crate) child: Child,
    /// `http://`, host and port of the service.
    pub(crate) service: String,
    /// The full address of the metrics.
    pub(crate) metrics: String,
}

impl Serving {
    /// Returns once the program listens.
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

    /// The metrics as they are now.
    pub(crate) fn page(&self) -> String {
        read(&self.metrics)
    }

    /// Waits for a page with this line.
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
        // Both fail only if it has ended already.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// A client that hands out every response as it is. Everything here is on
/// loopback, where a proxy of the environment does not reach.
pub(crate) fn client() -> Agent {
    Agent::config_builder()
        .proxy(None)
        .timeout_global(Some(DEADLINE))
        .http_status_as_error(false)
        .build()
        .into()
}

/// The body at `url`, which has to be there.
pub(crate) fn read(url: &str) -> String {
    let mut response = client().get(url).call().unwrap();
    assert_eq!(response.status().as_u16(), 200, "{url}");
    response.body_mut().read_to_string().unwrap()
}
