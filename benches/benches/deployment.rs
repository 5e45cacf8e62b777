//! Cost of metrics for a whole service: the runtime service with and without them, under
//! the load of wrk.
//!
//! `cargo bench -p tickmark-benches --bench deployment` takes about six minutes, and half
//! a minute with `-- --quick`. It needs Linux, which counts a process's CPU time in
//! nanoseconds. All services run at once and have bursts of load in turn. An idle service
//! costs nothing, and other work of the machine affects all alike.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench"
)]

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use tickmark_tests::say_skipped;
use tickmark_tests::service::{Service, build};

/// The work of a small handler that does more than respond: beside it, metrics should
/// hardly show.
const WORK_MICROS: f64 = 100.0;

/// Rounds of `/work` used to time one round: about as many as are requested later.
const PROBE_ROUNDS: f64 = 100_000.0;

/// The maximum of `/work`.
const ROUNDS_LIMIT: f64 = 1_000_000.0;

const SCRAPE: &[u8] =
    b"GET /metrics HTTP/1.1\r\nhost: x\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n";

fn main() {
    let asked_for = |word: &str| env::args().any(|argument| argument == word);
    if !asked_for("--bench") {
        // `cargo test` runs benches too, and this one takes too long.
        return;
    }
    if Command::new("wrk").arg("-v").output().is_err() {
        return say_skipped("cannot start wrk (Debian package wrk)");
    }
    let (rounds, seconds) = if asked_for("--quick") { (3, 1) } else { (20, 2) };
    let [service_core, core] = cores();
    let services = services(service_core);
    let load = Load { core, seconds, rounds };

    let work_rounds = load.calibrate(&services[0]);
    println!("{rounds} rounds of {seconds} s for each service.");
    load.compare(&services, "a trivial handler", "/hello/x", 3.0);
    let work = format!("a handler with {WORK_MICROS} µs of work, {work_rounds:.0} rounds");
    load.compare(&services, &work, &format!("/work?rounds={work_rounds:.0}"), 1.0);
}

/// A core for the services and one for wrk, which would otherwise compete.
fn cores() -> [Option<&'static str>; 2] {
    let cores = ["0", "1"].map(Some);
    let pins = |core| {
        on_core(core, "true").stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    if cores.into_iter().all(pins) {
        return cores;
    }
    println!("Not pinned to cores: that takes two of them, and taskset.\n");
    [None, None]
}

/// Runs `program` on a core of its own, if it has one.
fn on_core(core: Option<&str>, program: impl AsRef<OsStr>) -> Command {
    let Some(core) = core else { return Command::new(program) };
    let mut command = Command::new("taskset");
    _ = command.args(["-c", core]).arg(program);
    command
}

/// A running service and its variant.
struct Variant {
    name: &'static str,
    scraped: bool,
    service: Service,
}

/// The first is the baseline. The control equals it: their difference is noise.
fn services(core: Option<&str>) -> [Variant; 4] {
    let program = build();
    // Started on its core, so that its runtime has one thread per available core.
    let variant = |name, metrics, scraped| {
        let mut command = on_core(core, &program);
        let command = command.env_clear().env("RUNTIME_ADDR", "127.0.0.1:0");
        let command = command.env("ENABLE_HTTP_METRICS", metrics).env("ENABLE_WS_METRICS", metrics);
        Variant { name, scraped, service: Service::start_by(command) }
    };
    [
        variant("without metrics", "false", false),
        variant("with metrics", "true", false),
        variant("with metrics, scraped every second", "true", true),
        variant("control: without metrics", "false", false),
    ]
}

/// Parameters of wrk.
struct Load {
    core: Option<&'static str>,
    /// Length of a burst.
    seconds: u32,
    /// Bursts per service.
    rounds: usize,
}

/// Results of a burst of load.
struct Burst {
    per_second: f64,
    /// CPU time of the service per request.
    cpu_micros: f64,
}

impl Load {
    /// Rounds of `/work` that take as long as the intended work.
    fn calibrate(&self, without: &Variant) -> f64 {
        let cpu_micros =
            |rounds: f64| self.burst(without, &format!("/work?rounds={rounds:.0}")).cpu_micros;
        // The first requests are a warm-up.
        let [_, idle, busy] = [0.0, 0.0, PROBE_ROUNDS].map(cpu_micros);
        assert!(busy > idle, "computing took no time: {idle} us, {busy} us");
        (PROBE_ROUNDS * WORK_MICROS / (busy - idle)).clamp(0.0, ROUNDS_LIMIT)
    }

    /// Prints the cost of requests of `target` per service, and whether metrics stay
    /// below the target.
    fn compare(&self, variants: &[Variant; 4], workload: &str, target: &str, aim_percent: f64) {
        let mut bursts = variants.each_ref().map(|_| Vec::with_capacity(self.rounds));
        for round in 0..self.rounds {
            for place in 0..variants.len() {
                // Each round begins with another service.
                let turn = (round + place) % variants.len();
                bursts[turn].push(self.burst(&variants[turn], target));
            }
        }
        println!("\n### {workload}: `GET {target}`\n");
        println!("Medians, and quartiles in brackets. Changes are within each round.\n");
        println!("| service | requests/s | change in % | CPU µs per request | change in % |");
        println!("| --- | --- | --- | --- | --- |");
        let per_second = |burst: &Burst| burst.per_second;
        let cpu_micros = |burst: &Burst| burst.cpu_micros;
        for (variant, bursts_of) in variants.iter().zip(&bursts) {
            let requests = spread(bursts_of.iter().map(per_second), 0);
            let requests_change = spread(changes(bursts_of, &bursts[0], per_second), 2);
            let cpu = spread(bursts_of.iter().map(cpu_micros), 2);
            let cpu_change = spread(changes(bursts_of, &bursts[0], cpu_micros), 2);
            println!(
                "| {} | {requests} | {requests_change} | {cpu} | {cpu_change} |",
                variant.name
            );
        }
        let [_, added, _] = quartiles(changes(&bursts[1], &bursts[0], cpu_micros));
        let verdict = if added < aim_percent { "Met" } else { "Missed" };
        println!(
            "\nTarget: less than {aim_percent} % more CPU with metrics. {verdict}: {added:.2} %."
        );
    }

    /// Loads one service for a while.
    fn burst(&self, variant: &Variant, target: &str) -> Burst {
        let addr = variant.service.addr();
        let mut wrk = on_core(self.core, "wrk");
        let wrk = wrk.args([
            "-t1",
            "-c16",
            &format!("-d{}s", self.seconds),
            &format!("http://{addr}{target}"),
        ]);
        let before = cpu_nanos(&variant.service);
        let output = thread::scope(|scope| {
            _ = variant.scraped.then(|| scope.spawn(|| self.scrape(addr)));
            wrk.output().unwrap()
        });
        let spent = cpu_nanos(&variant.service) - before;

        let summary = String::from_utf8(output.stdout).unwrap();
        let failed = !output.status.success()
            || summary.contains("Socket errors")
            || summary.contains("Non-2xx");
        assert!(!failed, "{}: requests of {target} failed:\n{summary}", variant.name);
        let requests = number_beside(&summary, |line| {
            line.split_once(" requests in ").map(|(number, _)| number)
        });
        let per_second = number_beside(&summary, |line| line.strip_prefix("Requests/sec:"));
        Burst { per_second, cpu_micros: spent / requests / 1e3 }
    }

    /// Scrapes at the start of every second of a burst, as Prometheus would.
    fn scrape(&self, addr: &str) {
        for _ in 0..self.seconds {
            let mut stream = TcpStream::connect(addr).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            stream.write_all(SCRAPE).unwrap();
            let mut answer = Vec::new();
            _ = stream.read_to_end(&mut answer).unwrap();
            let head = String::from_utf8_lossy(&answer);
            assert!(
                head.starts_with("HTTP/1.1 200") && head.contains("content-encoding: gzip"),
                "{head}"
            );
            thread::sleep(Duration::from_secs(1));
        }
    }
}

/// The number that `find` extracts from a line of wrk's summary.
fn number_beside<'a>(summary: &'a str, find: impl Fn(&'a str) -> Option<&'a str>) -> f64 {
    let number = summary.lines().find_map(find).and_then(|text| text.trim().parse().ok());
    number.unwrap_or_else(|| panic!("a number is missing in wrk's summary:\n{summary}"))
}

/// The CPU time of the live threads of a service, which keeps its threads.
fn cpu_nanos(service: &Service) -> f64 {
    let threads = fs::read_dir(format!("/proc/{}/task", service.id())).unwrap();
    let nanos = threads.map(|thread| {
        let times = fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
        times.split(' ').next().unwrap().parse::<f64>().unwrap()
    });
    nanos.sum()
}

/// The change from `of` in percent, round by round.
fn changes(
    bursts: &[Burst],
    from: &[Burst],
    of: impl Fn(&Burst) -> f64 + Copy,
) -> impl Iterator<Item = f64> {
    bursts.iter().zip(from).map(move |(burst, from)| 100.0 * (of(burst) / of(from) - 1.0))
}

/// Median and quartiles as a table cell.
fn spread(values: impl Iterator<Item = f64>, digits: usize) -> String {
    let [low, middle, high] = quartiles(values);
    format!("{middle:.digits$} ({low:.digits$} to {high:.digits$})")
}

/// The median between the quartiles.
fn quartiles(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| {
        let place = (sorted.len() - 1) * quarter;
        f64::midpoint(sorted[place / 4], sorted[place.div_ceil(4)])
    })
}
