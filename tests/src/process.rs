//! Child processes that end with their test, and waiting for what they do.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// Far beyond what anything here takes, even on a machine that is busy.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A child process, killed when this is dropped.
#[derive(Debug)]
pub struct Running(Child);

impl Running {
    /// Starts `command`.
    pub fn start(command: &mut Command) -> Running {
        Running(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// Its id, as the system names it.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// The lines of its standard output, as they come; to be asked for once.
    pub(crate) fn lines(&mut self) -> Receiver<String> {
        let output = BufReader::new(self.0.stdout.take().unwrap());
        let (sender, receiver) = mpsc::channel();
        let _thread =
            thread::spawn(move || output.lines().try_for_each(|line| sender.send(line.unwrap())));
        receiver
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only if the process has ended already.
        let _ended = self.0.kill();
        let _status = self.0.wait();
    }
}

/// Asks `attempt` again and again until it has an answer; panics, naming
/// `what`, if none has come by the deadline.
pub fn wait_for<T>(what: &str, attempt: impl FnMut() -> Option<T>) -> T {
    wait_longer(DEADLINE, what, attempt)
}

/// Waits as [`wait_for`] does, for what takes longer by its nature: until this deadline.
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

/// Whether `program` can be started at all.
pub fn is_installed(program: impl AsRef<Path>) -> bool {
    let mut command = Command::new(program.as_ref());
    let quiet = command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}
