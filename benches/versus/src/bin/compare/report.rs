//! The report: `benches/RESULTS.md` and its charts.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::charts::{self, Chart, Line};
use crate::figure::{Figures, Key, OURS, is_limit};
use crate::markdown::{number, table, x_name};
use crate::record::{self, Record};
use crate::{losses, targets};

/// How a chapter is shown.
struct Chapter {
    name: &'static str,
    title: &'static str,
    about: &'static str,
    shown: Shown,
}

#[derive(Clone, Copy, PartialEq)]
enum Shown {
    Bars,
    Curves,
    Table,
}

const CHAPTERS: [Chapter; 7] = [
    Chapter {
        name: "record",
        title: "Recording",
        about: "One thread by its own clock; and two threads on two cores in bursts that overlapped, by the clock of the wall. \
                A kept series is a handle (the best case of a library), a looked-up one is found by its labels at each record \
                (the usual case). A request is a counter by method, route and status, three histograms by the same labels, and \
                something under way that begins and ends.",
        shown: Shown::Bars,
    },
    Chapter {
        name: "threads",
        title: "More and more threads",
        about: "Time of all cores for one record, so a flat curve is work that does not get in its own way. More threads than \
                cores take turns.",
        shown: Shown::Curves,
    },
    Chapter {
        name: "series",
        title: "More and more series",
        about: "A look-up by 3 labels, in no order. Most of the growth is that neither series nor labels are in a cache.",
        shown: Shown::Curves,
    },
    Chapter {
        name: "pages",
        title: "Pages",
        about: "A page of the text format, ns a line, into memory that is kept from page to page where a library allows it. Cold: \
                when all others have just used the caches; warm: once more right behind it.",
        shown: Shown::Curves,
    },
    Chapter {
        name: "tails",
        title: "Tails",
        about: "Observations through a handle, each timed by the counter of the processor (whose steps may be 10 ns; within one, \
                values are interpolated), with no page being written and while another core writes pages of 10,000 histograms.",
        shown: Shown::Table,
    },
    Chapter {
        name: "memory",
        title: "Memory and allocations",
        about: "Counted, so without a spread. Series have labels of some 25 bytes; all threads record in all series. ",
        shown: Shown::Bars,
    },
    Chapter {
        name: "adapters",
        title: "Adapters",
        about: "A request through a layer and its service, the body read to the end; and what that is more than through a layer \
                that does nothing.",
        shown: Shown::Bars,
    },
];

/// Makes the report of the last record.
pub(crate) fn write(benches: &Path) -> Result<(), Box<dyn Error>> {
    let records = record::read_all(benches)?;
    let (last, before) = records.split_last().ok_or("there is no record")?;
    let figures = Figures(&last.samples);
    let folder = benches.join("charts");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let mut text = head(last);
    let _ = writeln!(text, "## What the design asks for\n\n{}", targets::table(figures));
    let _ = writeln!(text, "## Where others are better\n\n{}", losses_text(figures));
    for chapter in &CHAPTERS {
        write_chapter(figures, chapter, &folder, &mut text)?;
    }
    write_own(figures, &mut text);
    text.push_str(&agreement(last, before.last()));
    text.push_str(METHOD);
    Ok(fs::write(benches.join("RESULTS.md"), text)?)
}

fn head(record: &Record) -> String {
    format!(
        "# Results\n\n\
         Made by `cargo run --release` in `benches/versus`, not written: every figure is from \
         `record/{}/{}.csv`.\n\n\
         {}, {} cores, {}, {}, at commit {}. Medians of {} processes (of one for a million pages' series), with half of the spread between \
         them; in brackets, how many times what tickmark takes in the same process. Only the ratios are worth \
         anything on another machine.\n\n",
        std::env::consts::ARCH,
        record.name,
        record.about("processor"),
        record.about("cores"),
        record.about("system"),
        record.about("compiler"),
        record.about("commit"),
        record.about("processes"),
    )
}

fn losses_text(figures: Figures<'_>) -> String {
    format!(
        "All that takes less time or memory than tickmark does, in every process, with how much of it.\n\n{}",
        losses::list(figures)
    )
}

fn write_chapter(
    figures: Figures<'_>,
    chapter: &Chapter,
    folder: &Path,
    text: &mut String,
) -> Result<(), Box<dyn Error>> {
    let _ = writeln!(text, "## {}\n\n{}\n", chapter.title, chapter.about);
    for operation in figures.operations(chapter.name) {
        let _ = writeln!(text, "### {}\n", capitalised(operation));
        let chart = chart(figures, chapter, operation);
        let is_drawn = chart.lines.len() > 1
            && chart.lines.iter().any(|line| line.values.iter().flatten().any(|value| *value > 0.0));
        match chapter.shown {
            Shown::Bars if is_drawn => charts::bars(folder, &chart)?,
            Shown::Curves if is_drawn => charts::curves(folder, &chart)?,
            _ => {}
        }
        if is_drawn && chapter.shown != Shown::Table {
            let Chart { name, title, .. } = &chart;
            let _ = writeln!(
                text,
                "<picture><source media=\"(prefers-color-scheme: dark)\" srcset=\"charts/{name}-dark.svg\">\
                 <img alt=\"{title}\" src=\"charts/{name}-light.svg\"></picture>\n"
            );
        }
        let _ = writeln!(text, "{}", table(figures, chapter.name, operation));
    }
    Ok(())
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn chart(figures: Figures<'_>, chapter: &Chapter, operation: &str) -> Chart {
    let xs = figures.xs(chapter.name, operation);
    let mut lines: Vec<Line> = figures
        .subjects(chapter.name, operation)
        .into_iter()
        .map(|subject| {
            let value = |x: &Option<u64>| {
                figures.figure(Key { chapter: chapter.name, operation, x: *x, subject }).map(|figure| figure.median)
            };
            Line {
                name: subject.to_owned(),
                is_ours: subject.starts_with(OURS),
                values: xs.iter().map(value).collect(),
            }
        })
        .collect();
    if chapter.shown == Shown::Bars {
        let last = |line: &Line| line.values.iter().flatten().last().copied().unwrap_or_default();
        lines.sort_by(|one, other| last(one).total_cmp(&last(other)));
    }
    let unit = figures.unit(chapter.name, operation);
    Chart {
        name: file_name(&format!("{} {operation}", chapter.name)),
        title: operation.to_owned(),
        unit: if unit.is_empty() { "number".to_owned() } else { unit.to_owned() },
        columns: xs.iter().map(|x| x.map(|x| x_name(chapter.name, x)).unwrap_or_default()).collect(),
        lines,
    }
}

fn file_name(words: &str) -> String {
    let letters =
        words.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' });
    let name: String = letters.collect();
    name.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// The benches of our own operations: one table.
fn write_own(figures: Figures<'_>, text: &mut String) {
    text.push_str(
        "## Our own operations\n\nBy criterion (`cargo bench -p tickmark-benches`): medians, and half of their confidence \
         interval of 95 %.\n\n| | ns |\n| --- | ---: |\n",
    );
    for operation in figures.operations("own") {
        for subject in figures.subjects("own", operation) {
            let key = Key { chapter: "own", operation, x: None, subject };
            if let Some(figure) = figures.figure(key) {
                let _ = writeln!(text, "| {operation}/{subject} | {} |", crate::markdown::with_spread(&figure));
            }
        }
    }
    text.push('\n');
}

/// Whether this run says what the one before said.
fn agreement(last: &Record, before: Option<&Record>) -> String {
    let mut text = "## A second run\n\n".to_owned();
    let Some(before) = before else { return text + "There is no record of another run.\n\n" };
    let (now, then) = (Figures(&last.samples), Figures(&before.samples));
    let (mut within, mut all) = (0, 0);
    let mut others = Vec::new();
    for chapter in CHAPTERS.iter().map(|chapter| chapter.name).filter(|name| *name != "memory" && *name != "tails") {
        for operation in now.operations(chapter) {
            for x in now.xs(chapter, operation) {
                for subject in now
                    .subjects(chapter, operation)
                    .into_iter()
                    .filter(|subject| *subject != OURS && !is_limit(subject))
                {
                    let key = Key { chapter, operation, x, subject };
                    let (Some(one), Some(other)) = (now.times_ours(key), then.times_ours(key)) else { continue };
                    all += 1;
                    if one.contains(other.median) || other.contains(one.median) {
                        within += 1;
                    } else {
                        others.push((one.median / other.median).ln().abs());
                    }
                }
            }
        }
    }
    others.sort_by(f64::total_cmp);
    let apart = others.get(others.len() / 2).map_or(0.0, |apart| (apart.exp() - 1.0) * 100.0);
    let most = others.last().map_or(0.0, |apart| (apart.exp() - 1.0) * 100.0);
    let _ = writeln!(
        text,
        "Of {all} ratios to tickmark, {within} agree with the run before ({}): the median of one run lies within the spread of \
         the other. The medians of the rest are {} % apart as a rule, and {} % at most.\n",
        before.name,
        number(apart),
        number(most),
    );
    text
}

const METHOD: &str = "\
## Method

- Subjects take turns, round by round, in one process; a figure is the median of the rounds, then of the processes. What
  comes and goes on a machine is then in all of them.
- Every library is used as its documentation recommends, with the same labels, bounds and values: 16,384 inputs made
  beforehand over 200 label sets, skewed as in life, the durations log-uniform from 1 ms to 3 s. With fewer, branch predictors
  learn them.
- One thread: turns of 0.1 ms by the clock of the thread, after a quarter of a turn that is not timed. An empty loop is in
  every figure, and is shown as a limit.
- Two threads: pinned to two cores, they spin until both are there, and record for some 0.15 ms; a burst counts if both were
  in it for more than 85 % of its time. Timed by the wall, because a thread that waits for a lock has no time of its own.
- Memory and allocations are counted in processes of their own, so no timed library pays for the counting.
- What libraries do is not the same: `prometheus` finds series by a hash alone, and merges those whose hashes are equal;
  `metriken` has no sums and no look-up by labels, and buckets of its own; `metrics` keeps every observation until a scrape or
  its upkeep, which here runs outside of what is timed; kept series of `opentelemetry` are an experimental feature of it.
";
