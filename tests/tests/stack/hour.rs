//! An hour of a service's life as a fixed script, at sixty times the speed.

use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use tickmark_tests::by_hand;
use tickmark_tests::client::{Call, Client};
use tickmark_tests::conversations;
use tickmark_tests::exchange::Exchange;
use tickmark_tests::service::{KNOWN, Service};
use tickmark_tests::tally::Tally;

const MINUTES: u64 = 60;

/// The least duration of a simulated minute.
const MINUTE: Duration = Duration::from_secs(1);

const CLIENTS: u64 = 4;

/// Minutes in which a route fails repeatedly.
const INCIDENT: Range<u64> = 20..25;

/// Runs the hour, and returns all that was done.
pub(crate) fn live(service: &Service) -> Tally {
    let mut tally = Tally::new("emmett_", &KNOWN);
    for minute in 0..MINUTES {
        let begin = Instant::now();
        live_minute(service, minute, &mut tally);
        thread::sleep(MINUTE.saturating_sub(begin.elapsed()));
    }
    tally
}

fn live_minute(service: &Service, minute: u64, tally: &mut Tally) {
    thread::scope(|scope| {
        let talks = scope.spawn(|| (0..4).map(|_| conversations::chat(service, 25)).collect());
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| scope.spawn(move || make_calls(service, minute, client)))
            .collect();
        for client in clients {
            tally.add(client.join().unwrap());
        }
        tally.add_conversations(talks.join().unwrap());
    });
    // Aborted requests can be identified only while nothing else is in flight.
    tally.add(by_hand::cancel_before_the_head(service, 3));
    tally.add(by_hand::leave_in_mid_stream(service, 2));
    tally.add(by_hand::send_unread_bodies(service));
    if minute % 10 == 0 {
        tally.add_conversations(conversations::hold(service));
    }
}

fn make_calls(service: &Service, minute: u64, number: u64) -> Vec<Exchange> {
    let client = Client::new(service.addr());
    let mut draw = Draw(1 + minute * CLIENTS + number);
    // Most load in the middle of the hour.
    let calls = 600 + 18 * minute.min(MINUTES - minute);
    (0..calls).map(|_| client.make(&call(&mut draw, minute))).collect()
}

/// One of the calls of such a service, by frequency.
fn call(draw: &mut Draw, minute: u64) -> Call {
    let number = draw.below(1_000_000);
    match draw.below(100) {
        0..40 => {
            let name = format!("n{number}");
            Call::new("GET", format!("/hello/{name}"), "/hello/{name}")
                .reply("Hello, !".len() + name.len())
        }
        40..55 => Call::new("GET", format!("/users/{number}"), "/users/{id}"),
        55..60 => Call::new("PUT", format!("/users/{number}"), "/users/{id}").body(0),
        60..70 => {
            let size = draw.one_of(&[0, 1, 100, 101, 1_000, 9_999, 20_000]);
            Call::new("POST", "/echo", "/echo").body(size).reply(size)
        }
        70..76 => Call::new("GET", format!("/api/v1/items/{number}"), "/api/v1/items/{item}"),
        76..82 => {
            let usual = [200, 200, 201, 204, 304, 404, 429, 500];
            let status = if INCIDENT.contains(&minute) {
                draw.one_of(&[503, 503, 200])
            } else {
                draw.one_of(&usual)
            };
            Call::new("GET", format!("/status/{status}"), "/status/{code}").status(status).reply(0)
        }
        // All distinct: requests for missing paths.
        82..86 => {
            Call::new("GET", format!("/wp-{number}/{minute}.php"), "unmatched").status(404).reply(0)
        }
        86..90 => Call::new("GET", "/work?rounds=1000", "/work").reply(17),
        90..93 => {
            let chunks = draw.one_of(&[0, 1, 10, 100]);
            Call::new("GET", format!("/stream?chunks={chunks}"), "/stream").reply(17 * chunks)
        }
        93 => Call::new("HEAD", "/hello/head", "/hello/{name}").reply(0),
        94 => Call::new("GET", "/users/me", "/users/{id}").status(400).reply(0),
        95 => Call::new("POST", "/users/1", "/users/{id}").body(0).status(405).reply(0),
        96 => Call::new("GET", "/", "/"),
        97 => Call::new("GET", "/panic", "/panic").status(500),
        98 => Call::new("POST", "/echo", "/echo").chunked(5_000).reply(5_000),
        _ => {
            let ms = draw.one_of(&[1, 2, 6]);
            Call::new("GET", format!("/slow?ms={ms}"), "/slow")
                .reply(0)
                .at_least(Duration::from_millis(ms))
        }
    }
}

/// Random-looking numbers, the same in every run: Marsaglia's xorshift.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The low bits of a small seed are slow to mix.
        (self.0 >> 16) % limit
    }

    fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        let position = self.below(values.len() as u64);
        values[usize::try_from(position).unwrap()]
    }
}
