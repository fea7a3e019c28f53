//! Plots that are being filled while a mission runs.

use catalogue::Catalogue;
use habitat::Habitat;
use habitat::ledger::COLUMNS;
use physics::constants::DAY_S;
use watch::report::{LimitLine, Plot, Series, XAxis};

use super::figures::channels_of;
use super::trace::Trace;

/// From this length on a swinging line is drawn with its mean over a day, s.
const LONG_S: f64 = 3.0 * DAY_S;

/// How a quantity is shown: `value · scale + offset`, in `unit`.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    pub unit: &'static str,
    pub scale: f64,
    pub offset: f64,
}

/// Where the values of a line come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// `reading · scale + offset`.
    Channel { index: usize, scale: f64, offset: f64 },
    /// `scale · Σ readings`.
    Sum { indices: Vec<usize>, scale: f64 },
    /// Residual of a column of the ledger in the last step, as a share of what moved.
    Residual(usize),
}

/// A line that is being filled.
#[derive(Debug, Clone)]
pub struct Line {
    pub name: String,
    pub source: Source,
    /// What an instrument says, drawn thin beside the true line before it.
    pub is_thin: bool,
    trace: Trace,
}

impl Line {
    /// A line of no points yet.
    pub fn new(name: impl Into<String>, source: Source) -> Line {
        Line { name: name.into(), source, is_thin: false, trace: Trace::new(0.0) }
    }

    /// The channel `index`, as it is shown.
    pub fn of(name: impl Into<String>, index: usize, shown: Shown) -> Line {
        let Shown { scale, offset, .. } = shown;
        Line::new(name, Source::Channel { index, scale, offset })
    }

    /// A sum of channels; `None` when there are none.
    pub fn sum(name: &str, indices: Vec<usize>, scale: f64) -> Option<Line> {
        (!indices.is_empty()).then(|| Line::new(name, Source::Sum { indices, scale }))
    }

    fn is_empty(&self) -> bool {
        self.trace.points().is_empty()
    }
}

/// A plot that is being filled.
#[derive(Debug, Clone)]
pub struct Draft {
    title: String,
    unit: &'static str,
    lines: Vec<Line>,
    limits: Vec<LimitLine>,
    /// Owner whose faults are shaded; empty for none.
    pub owner: String,
    /// Only the last day is shown, in full.
    last_day: bool,
    from_first_step: bool,
    unless_zero: bool,
}

impl Draft {
    /// A plot of these lines, for all of the mission.
    pub fn new(title: &str, unit: &'static str, lines: Vec<Line>) -> Draft {
        Draft {
            title: title.to_owned(),
            unit,
            lines,
            limits: Vec::new(),
            owner: String::new(),
            last_day: false,
            from_first_step: false,
            unless_zero: false,
        }
    }

    /// With these limits.
    pub fn limits(mut self, limits: Vec<LimitLine>) -> Draft {
        self.limits = limits;
        self
    }

    /// What units do in a step: before the first one they have done nothing.
    pub fn after_first_step(mut self) -> Draft {
        self.from_first_step = true;
        self
    }

    /// Left out when everything in it is zero.
    pub fn unless_zero(mut self) -> Draft {
        self.unless_zero = true;
        self
    }

    /// Of a long mission the last day alone.
    pub fn last_day(mut self) -> Draft {
        self.last_day = true;
        self.from_first_step = true;
        for line in &mut self.lines {
            line.trace = Trace::new(DAY_S);
        }
        self
    }

    /// With the faults of `owner` shaded.
    pub fn of_unit(mut self, owner: &str) -> Draft {
        owner.clone_into(&mut self.owner);
        self
    }

    /// Whether no line is in it.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Take the readings.
    pub fn decision(&mut self, habitat: &Habitat, readings: &[f64]) {
        let residual = |column| residual_share(habitat, column);
        self.take(habitat.t_s(), habitat.state().steps == 0, readings, residual);
    }

    /// Take a row that was recorded, the first of a mission or a later one. What the ledger knew is not in it.
    pub fn recorded(&mut self, t_s: f64, is_first: bool, readings: &[f64]) {
        self.take(t_s, is_first, readings, |_| f64::NAN);
    }

    fn take(
        &mut self,
        t_s: f64,
        is_first: bool,
        readings: &[f64],
        residual: impl Fn(usize) -> f64,
    ) {
        if self.from_first_step && is_first {
            return;
        }
        let read = |index: &usize| readings.get(*index).copied().unwrap_or(f64::NAN);
        for line in &mut self.lines {
            let value = match &line.source {
                Source::Channel { index, scale, offset } => read(index) * scale + offset,
                Source::Sum { indices, scale } => scale * indices.iter().map(read).sum::<f64>(),
                Source::Residual(column) => residual(*column),
            };
            line.trace.push(t_s, value);
        }
    }

    /// The plot of a mission that ended at `end_s`; `None` when there is nothing to see.
    pub fn finish(self, end_s: f64) -> Option<Plot> {
        let is_zero = self.lines.iter().all(|line| line.trace.is_zero());
        if self.lines.iter().all(Line::is_empty) || self.unless_zero && is_zero {
            return None;
        }
        let cut = self.last_day && end_s > LONG_S;
        let lines = self.lines.into_iter();
        let series = lines.filter(|line| !(self.unless_zero && line.trace.is_zero())).map(|line| {
            let long = end_s > LONG_S && !cut;
            Series {
                points: if cut { line.trace.recent() } else { line.trace.points() },
                mean: if long { line.trace.mean(DAY_S) } else { Vec::new() },
                name: line.name,
                is_thin: line.is_thin,
            }
        });
        Some(Plot {
            series: series.collect(),
            title: if cut { format!("{}, last day", self.title) } else { self.title },
            unit: self.unit.to_owned(),
            limits: self.limits,
            bands: Vec::new(),
            x: if cut { XAxis::PartOfMission } else { XAxis::MissionTime },
        })
    }
}

/// A line for every channel of that quantity, named by its place, by `name`, or by both; after it,
/// where there is one, what an instrument says of it (`sensed_…`).
pub fn named(
    catalogue: &Catalogue,
    quantity: &str,
    beside: &str,
    name: &str,
    shown: Shown,
) -> Vec<Line> {
    let indices = channels_of(catalogue, quantity, beside);
    let alone = indices.len() == 1 && !name.is_empty();
    let mut lines = Vec::new();
    for index in indices {
        let owner = catalogue.channels()[index].owner.as_str();
        let place = match owner.split_once('.') {
            Some(("crew", person)) => person,
            Some((zone, "air")) => zone,
            Some(("habitat", unit)) => unit,
            _ => owner,
        };
        let name = match (alone, name) {
            (true, name) => name.to_owned(),
            (false, "") => place.to_owned(),
            (false, name) => format!("{place}, {name}"),
        };
        lines.push(Line::of(name.clone(), index, shown));
        if let Ok(sensed) = catalogue.find(&format!("{owner}.sensed_{quantity}")) {
            let thin = Line::of(format!("{name}, sensed"), sensed, shown);
            lines.push(Line { is_thin: true, ..thin });
        }
    }
    lines
}

/// The declared limits of a channel as lines; none for a channel that does not exist.
pub fn limits_of(catalogue: &Catalogue, id: &str, shown: Shown) -> Vec<LimitLine> {
    let index = catalogue.find(id).ok();
    let limits = index.and_then(|index| catalogue.channels()[index].limits);
    limits.map_or_else(Vec::new, |limits| LimitLine::of(&limits, shown.scale, shown.offset))
}

fn residual_share(habitat: &Habitat, column: usize) -> f64 {
    if column >= COLUMNS {
        return f64::NAN;
    }
    let ledger = &habitat.state().ledger;
    let moved = ledger.moved[column];
    if moved > 0.0 { ledger.residual[column].abs() / moved } else { 0.0 }
}
