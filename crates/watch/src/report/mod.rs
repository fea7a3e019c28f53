//! One self-contained HTML page about a run: verdict, facts, then sections of gauges, lanes, plots,
//! tables and events.
//!
//! The page asks for nothing from outside, follows the reader's light or dark scheme, prints in
//! black on white and works without its small script, which only adds the reading under the
//! pointer. Every text is escaped.
//!
//! # Ports
//! In: a [`Report`], plain texts and numbers in the units in which they are shown. Out: the page.
//! What the numbers mean is the caller's business.
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
mod gauge;
mod lanes;
mod page;
mod plot;
mod table;
mod text;

use catalogue::Limits;

pub(crate) use text::escape;

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
    /// Label and value pairs of the head.
    pub facts: Vec<(String, String)>,
    /// How the run ended, in one sentence.
    pub verdict: Verdict,
    /// What lies behind and across every plot over mission time.
    pub frame: Frame,
    /// Sections in reading order.
    pub sections: Vec<Section>,
}

impl Report {
    /// Write the page.
    #[must_use]
    pub fn render(&self) -> String {
        page::render(self)
    }
}

/// What all plots over mission time have in common.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Frame {
    /// From when to when the run lasted, s; without it each plot spans its own data.
    pub span_s: Option<(f64, f64)>,
    /// Shaded behind the lines, the first one deepest.
    pub bands: Vec<Band>,
    /// Moments drawn across, for example the loss of the mission.
    pub marks: Vec<Mark>,
    /// What the shades mean.
    pub key: Vec<(Tone, String)>,
}

/// A part of the page under a heading.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Section {
    /// Heading; the word by which the list of contents leads here.
    pub title: String,
    /// One or two sentences below the heading.
    pub note: String,
    /// Parts in reading order.
    pub parts: Vec<Part>,
}

/// A part of a section.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Plots side by side.
    Plots(Vec<Plot>),
    /// What is left to limits.
    Gauges(Vec<Gauge>),
    /// A strip of lanes over a common time.
    Lanes(Lanes),
    /// What happened.
    Events(Events),
    /// Rows of text.
    Table(Table),
}

/// How a stretch of time is shaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tone {
    /// Without light: grey.
    #[default]
    Dark,
    /// At rest: pale.
    Quiet,
    /// Something is done: blue.
    Busy,
    /// Watch it: amber.
    Caution,
    /// Act now: red.
    Warning,
}

/// A stretch of time shaded behind a plot.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Band {
    /// Start, s of mission time.
    pub from_s: f64,
    /// End, s of mission time.
    pub to_s: f64,
    /// Sets the shade.
    pub tone: Tone,
    /// What it is, shown under the pointer.
    pub text: String,
}

/// A moment drawn across a plot.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mark {
    /// Mission time, s.
    pub time_s: f64,
    /// Sets the colour.
    pub severity: Severity,
    /// What it is, shown under the pointer.
    pub text: String,
}

/// How the run ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Sets the colour and the sign.
    pub severity: Severity,
    /// One sentence.
    pub text: String,
}

/// What is left to a limit, at the end and at the worst moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gauge {
    /// What is measured, with its unit.
    pub name: String,
    /// Value at the end.
    pub value: String,
    /// The limit.
    pub limit: String,
    /// From the value to the limit at the end.
    pub margin: String,
    /// The margin at the end as a share of the whole bar; below 0 the limit is passed.
    pub share: f64,
    /// Value at the worst moment.
    pub worst: String,
    /// Margin at the worst moment.
    pub worst_margin: String,
    /// The margin at the worst moment as a share of the whole bar.
    pub worst_share: f64,
    /// When and where that was.
    pub when: String,
    /// Sets the colour and the sign.
    pub severity: Severity,
}

/// Lanes over a common time, each with its stretches.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lanes {
    /// What is shown; may be empty below a heading that says it.
    pub title: String,
    /// Name of the time axis without its unit.
    pub axis: String,
    /// From when to when the strip reaches, s.
    pub span_s: (f64, f64),
    /// Lanes from top to bottom.
    pub lanes: Vec<Lane>,
    /// What the shades mean.
    pub key: Vec<(Tone, String)>,
}

/// One lane of a strip.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lane {
    /// Name at its left.
    pub name: String,
    /// What lies on it; one without length is drawn as a tick.
    pub spans: Vec<Span>,
}

/// A stretch on a lane.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Span {
    /// Start, s.
    pub from_s: f64,
    /// End, s.
    pub to_s: f64,
    /// Sets the shade.
    pub tone: Tone,
    /// Short word on it, drawn where there is room; may be empty.
    pub label: String,
    /// What it is, shown under the pointer.
    pub text: String,
}

/// What the x values of a plot are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum XAxis {
    /// Mission time, s; shown in days, hours or minutes with ticks on whole ones.
    #[default]
    MissionTime,
    /// A part of the mission time, s: the axis spans the data alone.
    PartOfMission,
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
    /// Horizontal lines at limits; what lies beyond them is shaded.
    pub limits: Vec<LimitLine>,
    /// Stretches of time that concern this plot alone.
    pub bands: Vec<Band>,
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
    /// A calmer line through points that swing too fast for the eye, for example their mean by day;
    /// where it is given the points themselves are drawn faintly behind it.
    pub mean: Vec<(f64, f64)>,
    /// Drawn thin in the colour of the line before it, for example what an instrument says of it.
    pub is_thin: bool,
}

/// On which side of a limit it is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Side {
    /// Values above it are bad.
    #[default]
    Above,
    /// Values below it are bad.
    Below,
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
    /// Where the shade lies.
    pub side: Side,
}

impl LimitLine {
    /// The declared limits of a channel as lines, shown by `value * scale + offset`.
    #[must_use]
    pub fn of(limits: &Limits, scale: f64, offset: f64) -> Vec<LimitLine> {
        let sides = [
            (limits.caution_low, "caution low", Severity::Caution, Side::Below),
            (limits.caution_high, "caution high", Severity::Caution, Side::Above),
            (limits.warning_low, "warning low", Severity::Warning, Side::Below),
            (limits.warning_high, "warning high", Severity::Warning, Side::Above),
        ];
        let line = |(bound, label, severity, side): (Option<f64>, &str, Severity, Side)| {
            let value = bound? * scale + offset;
            Some(LimitLine { value, label: label.into(), severity, side })
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

/// What happened, and how much of it is not listed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Events {
    /// In time order.
    pub list: Vec<Event>,
    /// One sentence below the list, for example what was left out; may be empty.
    pub note: String,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Event {
    /// Mission time, s.
    pub time_s: f64,
    /// How long it lasted, s; `None` for what has no length.
    pub lasted_s: Option<f64>,
    /// Sets the colour and the sign.
    pub severity: Severity,
    /// What sort of thing it is, one word.
    pub kind: String,
    /// One line.
    pub text: String,
}
