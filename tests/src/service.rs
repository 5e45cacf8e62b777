//! The runtime service as its users start it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::client;
use crate::echo;
use crate::process::{DEADLINE, Running};

/// The documented measured routes of the service.
pub const KNOWN: [(&str, &str); 12] = [
    ("GET", "/"),
    ("GET", "/hello/{name}"),
    ("GET", "/users/{id}"),
    ("PUT", "/users/{id}"),
    ("POST", "/echo"),
    ("GET", "/slow"),
    ("GET", "/work"),
    ("GET", "/status/{code}"),
    ("GET", "/stream"),
    ("GET", "/panic"),
    ("GET", "/api/v1/items/{item}"),
    ("GET", echo::PATH),
];

/// The runtime service on free ports, stopped on drop.
#[derive(Debug)]
pub struct Service {
    process: Running,
    addr: String,
    metrics_url: String,
    reads: AtomicUsize,
    read_bytes: AtomicUsize,
}

impl Service {
    /// Builds the service, starts it with default settings except the addresses, and
    /// returns once it listens.
    #[must_use]
    pub fn start() -> Service {
        Service::start_with(&[])
    }

    /// Like [`start`](Service::start), with these environment variables as well.
    #[must_use]
    pub fn start_with(environment: &[(&str, &str)]) -> Service {
        let mut command = Command::new(build());
        let command = command
            .env_clear()
            .env("RUNTIME_ADDR", "127.0.0.1:0")
            .envs(environment.iter().copied());
        Service::start_by(command)
    }

    /// Starts the program built by [`build`] through a command of the caller, and returns
    /// once it listens.
    #[must_use]
    pub fn start_by(command: &mut Command) -> Service {
        // The messages of requested panics are irrelevant.
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = Running::start(quiet);
        let lines = process.lines();
        let url_after = |word: &str| {
            let line = lines.recv_timeout(DEADLINE).expect("a line on standard output");
            line.strip_prefix(word)
                .unwrap_or_else(|| panic!("no {word:?} before {line:?}"))
                .to_owned()
        };
        let (addr, metrics_url) = (url_after("service http://"), url_after("metrics "));
        Service {
            process,
            addr,
            metrics_url,
            reads: AtomicUsize::new(0),
            read_bytes: AtomicUsize::new(0),
        }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The host and port of the service.
    #[must_use]
    pub fn addr(&self) -> &str {
        &self.addr
    }

    /// The host and port of the metrics.
    #[must_use]
    pub fn metrics_addr(&self) -> &str {
        let addr = self.metrics_url.strip_prefix("http://").unwrap();
        addr.split('/').next().unwrap()
    }

    /// Its resident memory in bytes.
    #[must_use]
    pub fn resident_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        1024 * line.trim_end_matches("kB").trim().parse::<u64>().unwrap()
    }

    /// Reads the metrics directly.
    #[must_use]
    pub fn metrics(&self) -> String {
        let page = client::read(&self.metrics_url, &[]).unwrap();
        _ = self.reads.fetch_add(1, Ordering::Relaxed);
        _ = self.read_bytes.fetch_add(page.len(), Ordering::Relaxed);
        page
    }

    /// Number and bytes of the direct reads of the metrics.
    #[must_use]
    pub fn reads(&self) -> (usize, usize) {
        (self.reads.load(Ordering::Relaxed), self.read_bytes.load(Ordering::Relaxed))
    }
}

/// Builds the service with the profile of the running test into the same target
/// directory. Returns its path.
#[must_use]
pub fn build() -> PathBuf {
    // A test is at <target>/<profile>/deps/<test>.
    let test = std::env::current_exe().unwrap();
    let output = test.ancestors().nth(2).unwrap();
    let profile = match output.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        named => named,
    };
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--package", "runtime", "--profile", profile])
        .arg("--target-dir")
        .arg(output.parent().unwrap())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(status.success(), "the runtime service does not build");
    output.join(format!("runtime{}", std::env::consts::EXE_SUFFIX))
}
