//! Cost of finding a series by its label values, of creating one, and of removing one.
#![expect(missing_docs, unused_results, clippy::unwrap_used, reason = "a bench")]

use std::hint::black_box;
use std::ops::Range;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use tickmark::{Counter, Family, Label, Registry};
use tickmark_benches::{Request, label_set, requests, requests_over};

const FEW: u64 = 200;
const MANY: u64 = 10_000;

fn one_label([_, route, _]: &Request) -> [&str; 1] {
    [route]
}

fn three_labels(request: &Request) -> [&str; 3] {
    request.each_ref().map(String::as_str)
}

/// A family with a series for each of these ranks, and full.
fn full<const N: usize>(
    names: [&str; N],
    values: impl Fn(&Request) -> [&str; N],
    ranks: Range<u64>,
) -> Family<Counter, N> {
    let family = Registry::new().counter_family("family", "F.", names).unwrap();
    family.set_series_limit(ranks.clone().count());
    ranks.for_each(|rank| family.with(values(&label_set(rank))).inc());
    family
}

fn bench_with<const N: usize>(
    criterion: &mut Criterion,
    name: &str,
    family: &Family<Counter, N>,
    values: impl Fn(&Request) -> [&str; N],
    requests: &[Request],
) {
    let mut next = requests.iter().cycle();
    criterion.bench_function(name, |bencher| {
        bencher.iter(|| black_box(family).with(values(next.next().unwrap())).inc());
    });
}

/// Finds a series and adds one.
fn with(criterion: &mut Criterion) {
    for set_count in [FEW, MANY] {
        let requests = requests_over(set_count);
        let family = full(["route"], one_label, 0..set_count);
        bench_with(
            criterion,
            &format!("family/with/1_label/{set_count}_series"),
            &family,
            one_label,
            &requests,
        );
        let family = full(["method", "route", "status"], three_labels, 0..set_count);
        bench_with(
            criterion,
            &format!("family/with/3_labels/{set_count}_series"),
            &family,
            three_labels,
            &requests,
        );
    }
}

/// Adds one to the overflow series, because the family is full.
fn with_past_the_limit(criterion: &mut Criterion) {
    let family = full(["method", "route", "status"], three_labels, FEW..2 * FEW);
    bench_with(
        criterion,
        "family/with_past_series_limit/3_labels",
        &family,
        three_labels,
        &requests(),
    );
}

/// Keeps a handle; and looks up an absent series.
fn look_up_otherwise(criterion: &mut Criterion) {
    let family = full(["method", "route", "status"], three_labels, 0..FEW);
    let requests = requests();
    let mut next = requests.iter().cycle();
    criterion.bench_function("family/with_clone_and_drop/3_labels", |bencher| {
        bencher.iter(|| drop(black_box(&family).handle(three_labels(next.next().unwrap()))));
    });
    let others = full(["method", "route", "status"], three_labels, FEW..2 * FEW);
    let mut next = requests.iter().cycle();
    criterion.bench_function("family/get_absent/3_labels", |bencher| {
        bencher.iter(|| black_box(&others).get(three_labels(next.next().unwrap())).is_some());
    });
}

#[derive(Clone, Copy)]
enum Method {
    Get,
    Post,
}

impl Label for Method {
    const ALL: &'static [Self] = &[Self::Get, Self::Post];

    fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }

    fn index(self) -> usize {
        self as usize
    }
}

#[derive(Clone, Copy)]
enum Status {
    Ok,
    NotFound,
}

impl Label for Status {
    const ALL: &'static [Self] = &[Self::Ok, Self::NotFound];

    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "200",
            Self::NotFound => "404",
        }
    }

    fn index(self) -> usize {
        self as usize
    }
}

fn closed(criterion: &mut Criterion) {
    let family =
        Registry::new().counter_family("family", "F.", ["method", "status"]).unwrap().closed();
    let known = |[method, _, status]: &Request| {
        let method = if method == "GET" { Method::Get } else { Method::Post };
        (method, if status == "200" { Status::Ok } else { Status::NotFound })
    };
    let labels: Vec<(Method, Status)> = requests().iter().map(known).collect();
    let mut next = labels.iter().cycle();
    criterion.bench_function("family/closed_with/2_labels", |bencher| {
        bencher.iter(|| black_box(&family).with(*next.next().unwrap()).inc());
    });
}

/// The time of `rounds` times `work`, each with another label set. `prepare` runs untimed
/// before every thousand.
fn in_turns(
    rounds: u64,
    mut prepare: impl FnMut(&[Request]),
    mut work: impl FnMut(&Request),
) -> Duration {
    let sets: Vec<Request> = (0..rounds.min(1_000)).map(label_set).collect();
    let mut spent = Duration::ZERO;
    for first in (0..rounds).step_by(1_000) {
        prepare(&sets);
        let start = Instant::now();
        sets.iter().zip(first..rounds).for_each(|(set, _)| work(set));
        spent += start.elapsed();
    }
    spent
}

fn create_and_remove(criterion: &mut Criterion) {
    let family =
        Registry::new().counter_family("family", "F.", ["method", "route", "status"]).unwrap();
    let create = |set: &Request| drop(black_box(&family).with(three_labels(set)));
    criterion.bench_function("family/create/3_labels", |bencher| {
        bencher.iter_custom(|rounds| in_turns(rounds, |_| family.clear(), create));
    });
    criterion.bench_function("family/remove/3_labels", |bencher| {
        let remove = |set: &Request| {
            black_box(family.remove(three_labels(set)));
        };
        bencher.iter_custom(|rounds| in_turns(rounds, |sets| sets.iter().for_each(create), remove));
    });
}

criterion_group!(benches, with, with_past_the_limit, look_up_otherwise, closed, create_and_remove);
criterion_main!(benches);
