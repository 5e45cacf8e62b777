//! Charts: bars for the costs of subjects, and curves over threads and series. Each
//! twice, for light and dark pages.

use std::error::Error;
use std::fs;
use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// The colours of a page.
struct Theme {
    name: &'static str,
    paper: RGBColor,
    ink: RGBColor,
    faint: RGBColor,
    ours: RGBColor,
    others: [RGBColor; 8],
}

const THEMES: [Theme; 2] = [
    Theme {
        name: "light",
        paper: RGBColor(255, 255, 255),
        ink: RGBColor(31, 35, 40),
        faint: RGBColor(216, 222, 228),
        ours: RGBColor(207, 34, 46),
        others: [
            RGBColor(9, 105, 218),
            RGBColor(26, 127, 55),
            RGBColor(154, 103, 0),
            RGBColor(130, 80, 223),
            RGBColor(188, 76, 0),
            RGBColor(27, 124, 131),
            RGBColor(191, 57, 137),
            RGBColor(101, 109, 118),
        ],
    },
    Theme {
        name: "dark",
        paper: RGBColor(13, 17, 23),
        ink: RGBColor(230, 237, 243),
        faint: RGBColor(48, 54, 61),
        ours: RGBColor(255, 123, 114),
        others: [
            RGBColor(88, 166, 255),
            RGBColor(63, 185, 80),
            RGBColor(210, 153, 34),
            RGBColor(188, 140, 255),
            RGBColor(240, 136, 62),
            RGBColor(57, 197, 207),
            RGBColor(247, 120, 186),
            RGBColor(139, 148, 158),
        ],
    },
];

type Drawing<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn = Result<(), Box<dyn Error>>;

const WIDTH: i32 = 860;
const LEFT: i32 = 260;
const RIGHT: i32 = 40;
const TOP: i32 = 64;
const BOTTOM: i32 = 36;

/// A subject and its values, `None` if not measured.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) is_ours: bool,
    pub(crate) values: Vec<Option<f64>>,
}

/// The content of a chart.
pub(crate) struct Chart {
    /// Its file name.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) unit: String,
    /// The meaning of a line's values.
    pub(crate) columns: Vec<String>,
    pub(crate) lines: Vec<Line>,
}

/// A logarithmic scale.
struct Scale {
    low: f64,
    high: f64,
    from: i32,
    to: i32,
}

impl Scale {
    fn over(lines: &[Line], from: i32, to: i32) -> Self {
        let values = || {
            lines
                .iter()
                .flat_map(|line| &line.values)
                .flatten()
                .copied()
                .filter(|value| *value > 0.0)
        };
        let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
        // A little below the least value, so that this one has a bar too.
        let (low, high) = if most > 0.0 {
            ((least * 0.9).log10().floor(), most.log10().ceil())
        } else {
            (0.0, 1.0)
        };
        Self { low, high: high.max(low + 1.0), from, to }
    }

    fn place(&self, value: f64) -> i32 {
        let part = (value.max(1e-9).log10() - self.low) / (self.high - self.low);
        self.from + (part.clamp(0.0, 1.0) * f64::from(self.to - self.from)).round() as i32
    }

    /// The powers of ten.
    fn marks(&self) -> impl Iterator<Item = f64> {
        (self.low as i32..=self.high as i32).map(|power| 10_f64.powi(power))
    }
}

/// Draws bars: a row per line with a bar per column.
pub(crate) fn bars(folder: &Path, chart: &Chart) -> Drawn {
    let rows: usize =
        chart.lines.iter().map(|line| line.values.iter().flatten().count().max(1)).sum();
    let height = TOP + BOTTOM + rows as i32 * 15 + chart.lines.len() as i32 * 7;
    both(folder, chart, height, |area, theme| {
        let scale = Scale::over(&chart.lines, LEFT, WIDTH - RIGHT);
        for mark in scale.marks() {
            let x = scale.place(mark);
            area.draw(&PathElement::new(vec![(x, TOP - 6), (x, height - BOTTOM)], theme.faint))?;
            text(area, &short(mark), (x, height - BOTTOM + 14), theme.ink, HPos::Center, 11)?;
        }
        legend(area, theme, &chart.columns)?;
        let mut y = TOP;
        for line in &chart.lines {
            let top = y;
            for (column, value) in line
                .values
                .iter()
                .enumerate()
                .filter_map(|(column, value)| Some((column, (*value)?)))
            {
                let end = scale.place(value);
                let colour = shade(
                    if line.is_ours { theme.ours } else { theme.others[0] },
                    theme.paper,
                    column,
                );
                area.draw(&Rectangle::new(
                    [(LEFT, y), (end.max(LEFT + 1), y + 12)],
                    colour.filled(),
                ))?;
                let (place, anchor) = if end > WIDTH - RIGHT - 50 {
                    (end - 4, HPos::Right)
                } else {
                    (end + 4, HPos::Left)
                };
                let ink = if anchor as i32 == HPos::Right as i32 { theme.paper } else { theme.ink };
                text(area, &crate::markdown::number(value), (place, y + 7), ink, anchor, 11)?;
                y += 15;
            }
            y = y.max(top + 15);
            text(area, &line.name, (LEFT - 8, (top + y) / 2 - 1), theme.ink, HPos::Right, 12)?;
            y += 7;
        }
        Ok(())
    })
}

/// The area of the curves, and the labels beside their ends.
const CURVES_HEIGHT: i32 = 440;
const CURVES_LEFT: i32 = 70;
const CURVES_RIGHT: i32 = WIDTH - 250;

/// Draws a curve for each line, over the columns.
pub(crate) fn curves(folder: &Path, chart: &Chart) -> Drawn {
    both(folder, chart, CURVES_HEIGHT, |area, theme| {
        let scale = Scale::over(&chart.lines, CURVES_HEIGHT - BOTTOM, TOP);
        let steps = (chart.columns.len() as i32 - 1).max(1);
        let x_of =
            |column: usize| CURVES_LEFT + column as i32 * (CURVES_RIGHT - CURVES_LEFT) / steps;
        for mark in scale.marks() {
            let y = scale.place(mark);
            area.draw(&PathElement::new(vec![(CURVES_LEFT, y), (CURVES_RIGHT, y)], theme.faint))?;
            text(area, &short(mark), (CURVES_LEFT - 8, y), theme.ink, HPos::Right, 11)?;
        }
        for (column, name) in chart.columns.iter().enumerate() {
            text(
                area,
                name,
                (x_of(column), CURVES_HEIGHT - BOTTOM + 14),
                theme.ink,
                HPos::Center,
                11,
            )?;
        }
        let mut ends = Vec::new();
        for (index, line) in chart.lines.iter().enumerate() {
            let colour =
                if line.is_ours { theme.ours } else { theme.others[index % theme.others.len()] };
            let points: Vec<(i32, i32)> = line
                .values
                .iter()
                .enumerate()
                .filter_map(|(column, value)| Some((x_of(column), scale.place((*value)?))))
                .collect();
            curve(area, &points, colour, if line.is_ours { 3 } else { 2 })?;
            ends.extend(points.last().map(|(_, y)| (*y, line.name.as_str(), colour)));
        }
        names(area, ends)
    })
}

fn curve(area: &Drawing<'_>, points: &[(i32, i32)], colour: RGBColor, width: u32) -> Drawn {
    area.draw(&PathElement::new(points.to_vec(), colour.stroke_width(width)))?;
    for point in points {
        area.draw(&Circle::new(*point, width as i32, colour.filled()))?;
    }
    Ok(())
}

/// Writes labels beside the ends of curves, moved apart where they would overlap.
fn names(area: &Drawing<'_>, mut ends: Vec<(i32, &str, RGBColor)>) -> Drawn {
    ends.sort_by_key(|(y, ..)| *y);
    let mut last = TOP - 20;
    for (y, name, colour) in ends {
        last = y.max(last + 15);
        text(area, name, (CURVES_RIGHT + 12, last), colour, HPos::Left, 12)?;
    }
    Ok(())
}

/// Draws a chart in both themes.
fn both(
    folder: &Path,
    chart: &Chart,
    height: i32,
    draw: impl Fn(&Drawing<'_>, &Theme) -> Drawn,
) -> Drawn {
    fs::create_dir_all(folder)?;
    for theme in &THEMES {
        let path = folder.join(format!("{}-{}.svg", chart.name, theme.name));
        let area = SVGBackend::new(&path, (WIDTH as u32, height as u32)).into_drawing_area();
        area.fill(&theme.paper)?;
        text(&area, &chart.title, (16, 20), theme.ink, HPos::Left, 16)?;
        text(
            &area,
            &format!("{}, logarithmic", chart.unit),
            (WIDTH - 16, 20),
            theme.ink,
            HPos::Right,
            12,
        )?;
        draw(&area, theme)?;
        area.present()?;
    }
    Ok(())
}

/// The legend of the bars' shades.
fn legend(area: &Drawing<'_>, theme: &Theme, columns: &[String]) -> Drawn {
    let mut x = LEFT;
    for (column, name) in columns.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        let colour = shade(theme.others[0], theme.paper, column);
        area.draw(&Rectangle::new([(x, 36), (x + 12, 48)], colour.filled()))?;
        text(area, name, (x + 18, 43), theme.ink, HPos::Left, 12)?;
        x += 40 + name.len() as i32 * 7;
    }
    Ok(())
}

/// A colour, closer to the background for later columns.
fn shade(colour: RGBColor, paper: RGBColor, column: usize) -> RGBColor {
    let part = 0.3 * column.min(2) as f64;
    let mix = |one: u8, other: u8| (f64::from(one) * (1.0 - part) + f64::from(other) * part) as u8;
    RGBColor(mix(colour.0, paper.0), mix(colour.1, paper.1), mix(colour.2, paper.2))
}

fn text(
    area: &Drawing<'_>,
    words: &str,
    at: (i32, i32),
    ink: RGBColor,
    across: HPos,
    size: u32,
) -> Drawn {
    let style = ("sans-serif", size).into_font().color(&ink).pos(Pos::new(across, VPos::Center));
    Ok(area.draw_text(words, &style, at)?)
}

/// A power of ten.
fn short(value: f64) -> String {
    match value {
        ..1.0 => format!("{value}"),
        ..1e3 => format!("{value:.0}"),
        ..1e6 => format!("{:.0}k", value / 1e3),
        _ => format!("{:.0}M", value / 1e6),
    }
}
