//! One self-contained HTML page about a run: verdict, facts, plots, tables and the event log.
//!
//! The page asks for nothing from outside, follows the reader's light or dark scheme, prints in
//! black on white and works without its small script, which only adds the reading under the
//! pointer. Every text is escaped.
//!
//! ```
//! use lunar_habitat_watch::report::{Report, Severity, Verdict};
//! let page = Report {
//!     title: "cabin-30d".into(),
//!     verdict: Verdict { severity: Severity::Nominal, text: "mission succeeded".into() },
//!     ..Report::default()
//! }
//! .render();
//! assert!(page.starts_with("<!DOCTYPE html>"));
//! ```

mod axis;
mod decimate;
mod page;
mod plot;

use catalogue::Limits;

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Severity {
    /// As it should be.
    #[default]
    Nominal,
    /// Watch it.
    Caution,
    /// Act now.
    Warning,
}

/// Everything the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// What was run, for example the scenario.
    pub title: String,
    /// One line below the title.
    pub subtitle: String,
    /// Label and value pairs above the plots.
    pub facts: Vec<(String, String)>,
    /// How the run ended, in one sentence.
    pub verdict: Verdict,
    /// Plots in reading order.
    pub plots: Vec<Plot>,
    /// Tables below the plots.
    pub tables: Vec<Table>,
    /// What happened, in time order; cautions and warnings are also marked in the time plots.
    pub events: Vec<Event>,
}

impl Report {
    /// Write the page.
    #[must_use]
    pub fn render(&self) -> String {
        page::render(self)
    }
}

/// How the run ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Sets the colour and the sign.
    pub severity: Severity,
    /// One sentence.
    pub text: String,
}

/// What the x values of a plot are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum XAxis {
    /// Mission time, s; shown in days, hours or minutes with ticks on whole ones.
    #[default]
    MissionTime,
    /// Any other quantity, shown under this label.
    Quantity(String),
}

/// Lines over a common axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plot {
    /// What is shown, for example "CO2 partial pressure".
    pub title: String,
    /// Unit of the y values.
    pub unit: String,
    /// The lines; eight are told apart by colour and dash.
    pub series: Vec<Series>,
    /// Horizontal lines at limits.
    pub limits: Vec<LimitLine>,
    /// What the x values are.
    pub x: XAxis,
}

/// One line of a plot.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// What the line shows, for example a channel id.
    pub name: String,
    /// Points in order; one that is not finite is a gap.
    pub points: Vec<(f64, f64)>,
}

/// A horizontal line at a limit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LimitLine {
    /// Where it is, in the unit of the plot.
    pub value: f64,
    /// What it means, for example "caution, 1-h mean".
    pub label: String,
    /// Sets the colour.
    pub severity: Severity,
}

impl LimitLine {
    /// The declared limits of a channel as lines, shown by `value * scale + offset`.
    #[must_use]
    pub fn of(limits: &Limits, scale: f64, offset: f64) -> Vec<LimitLine> {
        let sides = [
            (limits.caution_low, "caution low", Severity::Caution),
            (limits.caution_high, "caution high", Severity::Caution),
            (limits.warning_low, "warning low", Severity::Warning),
            (limits.warning_high, "warning high", Severity::Warning),
        ];
        let line = |(bound, label, severity): (Option<f64>, &str, Severity)| {
            bound.map(|si| LimitLine { value: si * scale + offset, label: label.into(), severity })
        };
        sides.into_iter().filter_map(line).collect()
    }
}

/// Rows of text under a heading; columns of numbers are set flush right.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// What is listed.
    pub title: String,
    /// Column headings.
    pub columns: Vec<String>,
    /// Cells by row; a short row is filled up with empty cells.
    pub rows: Vec<Vec<String>>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Event {
    /// Mission time, s.
    pub time_s: f64,
    /// Sets the colour and the sign.
    pub severity: Severity,
    /// One line.
    pub text: String,
}
