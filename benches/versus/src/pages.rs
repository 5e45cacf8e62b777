//! Pages of many series, in all libraries the same.

use crate::libraries::{
    Fastmetrics, Measured, Metrics, Metriken, OpenTelemetry, Prometheus, PrometheusClient, Tickmark,
};
use crate::library::{Exposes, PageMemory};
use crate::work::{Labels, Part, work};

/// What every histogram has observed.
const OBSERVATIONS: usize = 50;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Counters,
    Histograms,
}

/// Is shown every part of a page.
pub type Reader<'a> = &'a mut dyn FnMut(&[u8]);

/// Writes a page.
pub type Write = dyn FnMut(Reader<'_>);

/// A library that has series, and more when it is told so.
pub struct Page {
    pub name: String,
    /// Adds the series with these labels, the first of which has a number.
    pub add: Box<dyn Fn(usize, &[Labels])>,
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
        // Drained now and then, as it is when it runs.
        if series % 1_000 == 0 {
            library.upkeep();
        }
    }
}

/// The pages of all libraries that can have such series; tickmark first, with its other format.
pub fn pages(kind: Kind, series_limit: usize) -> Vec<Page> {
    let ours: &'static Tickmark = Box::leak(Box::new(crate::library::Library::new(series_limit)));
    let mut memory = PageMemory::default();
    let mut pages = vec![
        Page {
            name: "tickmark".to_owned(),
            add: Box::new(move |first, labels| add(ours, kind, first, labels)),
            write: Box::new(move |read| ours.page(&mut memory, read)),
        },
        Page {
            name: "tickmark, OpenMetrics".to_owned(),
            add: Box::new(|_, _| ()),
            write: Box::new(move |read| ours.openmetrics_page(read)),
        },
        page::<Prometheus>(kind, series_limit),
        page::<PrometheusClient<String>>(kind, series_limit),
        page::<Metrics<String>>(kind, series_limit),
        page::<Measured>(kind, series_limit),
        page::<Fastmetrics>(kind, series_limit),
        page::<OpenTelemetry<String>>(kind, series_limit),
    ];
    if kind == Kind::Counters {
        // Its histograms cannot have these bounds.
        pages.push(page::<Metriken>(kind, series_limit));
    }
    pages
}

/// The lines of a page that are samples.
pub fn sample_count(page: &mut Page) -> usize {
    let mut bytes = Vec::new();
    (page.write)(&mut |part| bytes.extend_from_slice(part));
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty() && !line.starts_with(b"#")).count()
}
