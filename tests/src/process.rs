//! Child processes that end with their test, and waiting for conditions.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// Far above what anything here takes, even on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A child process, killed on drop.
#[derive(Debug)]
pub struct Running(Child);

impl Running {
    /// Starts `command`.
    pub fn start(command: &mut Command) -> Running {
        Running(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// The lines of its standard output as they come. To be called once.
    pub(crate) fn lines(&mut self) -> Receiver<String> {
        let output = BufReader::new(self.0.stdout.take().unwrap());
        let (sender, receiver) = mpsc::channel();
        _ = thread::spawn(move || output.lines().try_for_each(|line| sender.send(line.unwrap())));
        receiver
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only if the process has already ended.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// Repeats `attempt` until it returns a value. Panics with `what` after the deadline.
pub fn wait_for<T>(what: &str, attempt: impl FnMut() -> Option<T>) -> T {
    wait_longer(DEADLINE, what, attempt)
}

/// Like [`wait_for`] with a deadline of its own, for slow conditions.
pub fn wait_longer<T>(deadline: Duration, what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = attempt() {
            return answer;
        }
        assert!(start.elapsed() < deadline, "no {what} within {deadline:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Whether `program` can be started.
pub fn is_installed(program: impl AsRef<Path>) -> bool {
    let mut command = Command::new(program.as_ref());
    let quiet = command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}
