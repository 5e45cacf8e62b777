//! The report: `benches/RESULTS.md` and its charts.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::charts::{self, Chart, Line};
use crate::figure::{Figure, Figures, Key, OURS, is_limit};
use crate::markdown::{number, table, x_name};
use crate::record::{self, Record};
use crate::{growth, losses, machine, machines, targets};

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

const CHAPTERS: [Chapter; 8] = [
    Chapter {
        name: "record",
        title: "Recording",
        about: "One thread by its own clock; and two threads on two cores in overlapping bursts, \
                by wall time. A kept series is a handle (the best case of a library); a looked-up \
                one is found by its labels at each record (the usual case). A request is a \
                counter by method, route and status, three histograms by the same labels, and an \
                up-down counter that goes up and down.",
        shown: Shown::Bars,
    },
    Chapter {
        name: "ways",
        title: "Alternatives within tickmark",
        about: "tickmark compared with itself, in turns on one thread: the cost of bounds, \
                floats, ways of look-up, idle expiry and exemplars. A page here is a whole page.",
        shown: Shown::Table,
    },
    Chapter {
        name: "threads",
        title: "Growing numbers of threads",
        about: "Time of all cores per record, by wall time, so a flat curve means that threads \
                do not slow each other. Threads beyond the cores alternate; each gets more than a \
                time slice.",
        shown: Shown::Curves,
    },
    Chapter {
        name: "series",
        title: "Growing numbers of series",
        about: "A look-up by 3 labels, in random order. Most of the growth comes from cache \
                misses on series and labels.",
        shown: Shown::Curves,
    },
    Chapter {
        name: "pages",
        title: "Pages",
        about: "A page of the text format, in ns per line. tickmark produces chunks, as a server \
                sends them. All others build the page in one piece, as documented, in memory kept \
                from page to page where possible. Cold: with other data in the core's caches; \
                warm: repeated immediately.",
        shown: Shown::Curves,
    },
    Chapter {
        name: "tails",
        title: "Tails",
        about: "Observations through a handle, each timed on its own, without a page being \
                written and while another core writes pages of 10,000 histograms. All figures \
                contain the timer, which has steps (10 ns on many machines); within a step, \
                records are assumed to be spread evenly. Libraries are measured one after the \
                other.",
        shown: Shown::Table,
    },
    Chapter {
        name: "memory",
        title: "Memory and allocations",
        about: "Counted, so without a spread. Series have labels of some 25 bytes; all threads \
                record in all series, one after the other. The bytes of a series are shown after \
                one record a thread, before and after a page is written, and after 2,000 records \
                a thread in each of them, by which a tickmark thread earns its own blocks. \
                Allocations before the first series, and bytes kept by a page of one series, are \
                excluded (opentelemetry then has room for its limit of series). In the row of 64 \
                threads, all record at once. The peak of a first page is mainly the page itself, \
                where a library builds it in one piece.",
        shown: Shown::Bars,
    },
    Chapter {
        name: "adapters",
        title: "Adapters",
        about: "A request through a layer and its service, with the body read to the end; and the \
                difference to a layer that does nothing (with hyper: to no layer). A handler is \
                ready at once, or a boxed `async` block that owns its request, or one that is \
                pending once; axum's handlers are always boxed futures.",
        shown: Shown::Bars,
    },
];

/// Writes the report of the last record.
pub(crate) fn write(benches: &Path) -> Result<(), Box<dyn Error>> {
    let records = record::read_all(benches)?;
    let (last, others) =
        records.split_last().ok_or("cannot report: there is no record, make one first")?;
    let before =
        others.iter().rev().find(|other| other.about("processor") == last.about("processor"));
    let figures = Figures(&last.samples);
    let folder = benches.join("charts");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let mut text = head(last);
    _ = writeln!(text, "## Targets\n\n{}", targets::table(figures));
    _ = writeln!(text, "## Where others are better\n\n{}", losses_text(figures));
    _ = writeln!(text, "{}", growth::tables(figures));
    for chapter in &CHAPTERS {
        write_chapter(figures, chapter, &folder, &mut text)?;
    }
    write_own(figures, &mut text);
    text.push_str(&machines::side_by_side(&records));
    text.push_str(&agreement(last, before));
    text.push_str(METHOD);
    let percent = overlapped(figures) * 100.0;
    _ = writeln!(
        text,
        "- At least {percent:.0} % of the bursts of two threads counted in every operation."
    );
    Ok(fs::write(benches.join("RESULTS.md"), text)?)
}

fn head(record: &Record) -> String {
    let quick = if record.about("run") == "quick" {
        "**A quick run: its figures mean little.**\n\n"
    } else {
        ""
    };
    format!(
        "# Results\n\n{quick}\
         Generated by `cargo run --release` in `benches/versus`: every figure is from \
         `record/{}/{}.csv`.\n\n\
         {}, {} cores, {}, {}, at commit {}. {}. \
         Medians of {} processes, with half of their spread. Memory, growth by series, and pages \
         of a million series come from one process. In brackets, the ratio to tickmark in the same \
         process. Only these ratios are valid on another machine.\n\n",
        std::env::consts::ARCH,
        record.name,
        record.about("processor"),
        record.about("cores"),
        record.about("system"),
        record.about("compiler"),
        record.about("commit"),
        machine::limits(Figures(&record.samples)),
        record.about("processes"),
    )
}

fn losses_text(figures: Figures<'_>) -> String {
    format!(
        "Libraries that take less time or memory than tickmark in every process, with their ratio \
         to tickmark. **The same work**, done as exactly, comes first; libraries that do other \
         work follow, with the difference. Static labels are compared with static labels.\n\n{}",
        losses::list(figures)
    )
}

fn write_chapter(
    figures: Figures<'_>,
    chapter: &Chapter,
    folder: &Path,
    text: &mut String,
) -> Result<(), Box<dyn Error>> {
    _ = writeln!(text, "## {}\n\n{}\n", chapter.title, chapter.about);
    for operation in figures.operations(chapter.name) {
        _ = writeln!(text, "### {}\n", capitalised(operation));
        let chart = chart(figures, chapter, operation);
        let is_drawn = chart.lines.len() > 1
            && chart
                .lines
                .iter()
                .any(|line| line.values.iter().flatten().any(|value| *value > 0.0));
        match chapter.shown {
            Shown::Bars if is_drawn => charts::bars(folder, &chart)?,
            Shown::Curves if is_drawn => charts::curves(folder, &chart)?,
            _ => {}
        }
        if is_drawn && chapter.shown != Shown::Table {
            let Chart { name, title, .. } = &chart;
            _ = writeln!(
                text,
                "<picture><source media=\"(prefers-color-scheme: dark)\" \
                 srcset=\"charts/{name}-dark.svg\">\
                 <img alt=\"{title}\" src=\"charts/{name}-light.svg\"></picture>\n"
            );
        }
        _ = writeln!(text, "{}", table(figures, chapter.name, operation));
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
                figures
                    .figure(Key { chapter: chapter.name, operation, x: *x, subject })
                    .map(|figure| figure.median)
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
        columns: xs
            .iter()
            .map(|x| x.map(|x| x_name(chapter.name, x)).unwrap_or_default())
            .collect(),
        lines,
    }
}

fn file_name(words: &str) -> String {
    let letters = words.chars().map(|letter| {
        if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' }
    });
    let name: String = letters.collect();
    name.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// The benches of tickmark's own operations: one table.
fn write_own(figures: Figures<'_>, text: &mut String) {
    text.push_str(
        "## Our own operations\n\nBy criterion (`cargo bench -p tickmark-benches`): medians, and \
         half of their confidence interval of 95 %.\n\n| | ns |\n| --- | ---: |\n",
    );
    for operation in figures.operations("own") {
        for subject in figures.subjects("own", operation) {
            let key = Key { chapter: "own", operation, x: None, subject };
            if let Some(figure) = figures.figure(key) {
                _ = writeln!(
                    text,
                    "| {operation}/{subject} | {} |",
                    crate::markdown::with_spread(&figure)
                );
            }
        }
    }
    text.push('\n');
}

/// Returns the ratios of other libraries to tickmark, of all timed figures.
fn ratios(figures: Figures<'_>) -> Vec<Key<'_>> {
    let timed = CHAPTERS
        .iter()
        .map(|chapter| chapter.name)
        .filter(|name| !["memory", "tails", "ways"].contains(name));
    let of_operation = |chapter, operation| {
        let xs = figures.xs(chapter, operation).into_iter();
        let of_x = move |x| {
            figures.subjects(chapter, operation).into_iter().map(move |subject| Key {
                chapter,
                operation,
                x,
                subject,
            })
        };
        xs.flat_map(of_x).filter(|key| key.subject != OURS && !is_limit(key.subject))
    };
    let of_chapter = |chapter| {
        figures
            .operations(chapter)
            .into_iter()
            .flat_map(move |operation| of_operation(chapter, operation))
    };
    timed.flat_map(of_chapter).collect()
}

/// Whether this run agrees with the one before.
fn agreement(last: &Record, before: Option<&Record>) -> String {
    let title = "## A second run\n\n";
    let Some(before) = before else {
        return format!("{title}There is no record of another run.\n\n");
    };
    let (now, then) = (Figures(&last.samples), Figures(&before.samples));
    let both: Vec<_> = ratios(now)
        .into_iter()
        .filter_map(|key| Some((key, now.times_ours(key)?, then.times_ours(key)?)))
        .filter(|(_, one, other)| one.median.is_finite() && other.median.is_finite())
        .collect();
    let (agreeing, apart): (Vec<_>, Vec<_>) =
        both.iter().partition(|(_, one, other)| one.overlaps(other));
    let are_within =
        |(one, other): (&Figure, &Figure)| one.contains(other.median) || other.contains(one.median);
    let within = agreeing.iter().filter(|(_, one, other)| are_within((one, other))).count();
    let contended = apart
        .iter()
        .filter(|(key, ..)| key.x.is_some_and(|x| x > 1) && key.chapter != "pages")
        .count();
    let mut percents: Vec<f64> = apart
        .iter()
        .map(|(_, one, other)| (one.median / other.median - 1.0).abs() * 100.0)
        .collect();
    percents.sort_by(f64::total_cmp);
    format!(
        "{title}Of {} ratios to tickmark, {} agree with the run before ({}): the spreads of both \
         overlap, and with {within} of them the median of one lies within the spread of the other. \
         Of the {} that do not, {contended} are of more than one thread or of many series. Their \
         medians typically differ by {} %, and by at most {} %.\n\n",
        both.len(),
        agreeing.len(),
        before.name,
        apart.len(),
        number(percents.get(percents.len() / 2).copied().unwrap_or_default()),
        number(percents.last().copied().unwrap_or_default()),
    )
}

/// The share of counted bursts of two threads.
fn overlapped(figures: Figures<'_>) -> f64 {
    let operations = figures.operations("method");
    let shares = operations.iter().flat_map(|operation| {
        let subjects = figures.subjects("method", operation).into_iter();
        subjects.filter_map(|subject| {
            figures.figure(Key { chapter: "method", operation, x: None, subject })
        })
    });
    shares.map(|share| share.median).fold(1.0, f64::min)
}

const METHOD: &str = "\
## Method

- Subjects take turns, round by round, in one process; a figure is the median of the
  rounds, then of the processes. Temporary disturbances of a machine then affect all of
  them. (Tails, memory and our own operations: one after the other.)
- Every library is used as its documentation recommends, with the same labels, bounds and
  values (floats where it takes floats): 16,384 inputs made beforehand over 200 label
  sets, skewed as in practice, the durations log-uniform from 1 ms to 3 s. Fewer would be
  learned by branch predictors.
- A turn takes 12 ms in every chapter but tails. With 8 threads and more it is longer, so
  that each thread has 4 ms. A page that takes longer is a turn of its own. So figures of
  one operation can be compared across chapters. In shorter turns a subject pays for the
  caches and predictors left by its predecessors. A cold page is always a single one.
- One thread: by the clock of the thread, after an untimed eighth of a turn. Every figure
  contains an empty loop, which is shown as a limit; for every library, eight records of a
  few instructions share a step of the loop.
- Two threads: pinned to two cores, they spin until both are ready, and record for a burst
  of 0.15 ms, 80 times in a turn. A burst counts if both took part for more than 85 % of
  its time. Timed by wall time, because a thread that waits for a lock uses no CPU time.
  Where a lock lets one thread continue undisturbed, bursts do not overlap, so figures of
  libraries with locks are lower bounds.
- Memory and allocations are counted in processes of their own, so no timed library pays
  for the counting.
- Libraries are measured in the fastest ways that they document, including kept handles,
  static labels, arrays by closed labels and local metrics; `measured` has closed labels
  in a dense array and interns all others. These ways are not equivalent. Local counters
  and histograms of `prometheus` are on no page until the thread flushes them.
  `prometheus` finds series by a hash alone, and merges those with equal hashes.
  `metriken` has no sums and no look-up by labels, and fixed buckets. `metrics` keeps
  every observation until a scrape or its upkeep, which is not timed here. Bound
  instruments of `opentelemetry` are an experimental feature.
";
