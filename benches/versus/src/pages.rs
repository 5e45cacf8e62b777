//! Pages of many series, equal in all libraries.

use crate::libraries::{
    Fastmetrics, Measured, Metrics, Metriken, OpenTelemetry, Prometheus, PrometheusClient, Tickmark,
};
use crate::library::{Exposes, Library, PageMemory};
use crate::work::{Labels, Part, work};

/// The observations of every histogram.
const OBSERVATIONS: usize = 50;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Counters,
    Histograms,
}

/// Receives every part of a page.
pub type Reader<'a> = &'a mut dyn FnMut(&[u8]);

/// Adds series with these labels; the first of them has a number.
pub type Add = dyn Fn(usize, &[Labels]);

/// Writes a page.
pub type Write = dyn FnMut(Reader<'_>);

/// A library with series, which can add more.
pub struct Page {
    pub name: String,
    pub add: Box<Add>,
    pub write: Box<Write>,
}

fn page<L: Exposes>(kind: Kind, series_limit: usize) -> Page {
    let library: &'static L = Box::leak(Box::new(L::new(series_limit)));
    let mut memory = PageMemory::default();
    Page {
        name: L::NAME.to_owned(),
        add: Box::new(move |first, labels| add(library, kind, first, labels)),
        write: Box::new(move |read| library.page(&mut memory, read)),
    }
}

fn add<L: Exposes>(library: &L, kind: Kind, first: usize, labels: &[Labels]) {
    for (series, labels) in (first..).zip(labels) {
        match kind {
            Kind::Counters => library.add_kept(&library.counter(labels), series as u64 * 37 + 1),
            Kind::Histograms => {
                let histogram = library.histogram(Part::Duration, labels);
                (series..series + OBSERVATIONS)
                    .for_each(|round| library.observe_kept(&histogram, work().duration(round)));
            }
        }
        // Drained now and then, as in a running program.
        if series % 1_000 == 0 {
            library.upkeep();
        }
    }
}

/// The pages of all libraries that support such series; tickmark first, with its other
/// format.
pub fn pages(kind: Kind, series_limit: usize) -> Vec<Page> {
    let openmetrics: &'static Tickmark = Box::leak(Box::new(Tickmark::new(series_limit)));
    let mut pages = vec![
        page::<Tickmark>(kind, series_limit),
        Page {
            name: "tickmark, OpenMetrics".to_owned(),
            add: Box::new(move |first, labels| add(openmetrics, kind, first, labels)),
            write: Box::new(move |read| openmetrics.openmetrics_page(read)),
        },
        page::<Prometheus>(kind, series_limit),
        page::<PrometheusClient<String>>(kind, series_limit),
        page::<Metrics<String>>(kind, series_limit),
        page::<Measured>(kind, series_limit),
        page::<Fastmetrics<String>>(kind, series_limit),
        page::<OpenTelemetry<String>>(kind, series_limit),
    ];
    if kind == Kind::Counters {
        // Its histograms do not support these bounds.
        pages.push(page::<Metriken>(kind, series_limit));
    }
    pages
}

/// The sample lines of a page.
pub fn sample_count(page: &mut Page) -> usize {
    let mut bytes = Vec::new();
    (page.write)(&mut |part| bytes.extend_from_slice(part));
    bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
        .count()
}
