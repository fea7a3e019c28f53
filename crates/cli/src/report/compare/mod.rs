//! Two runs side by side, with intervals: what differs, and what may be chance.

mod channels;
mod interval;
mod returns;
pub mod shares;

use learn::Interval;
use serde::Serialize;
use store::Database;
use watch::report::{Part, Plot, Section, Table};

use self::interval::contains_zero;
use super::setting::Setting;
use super::speed::speed_of;
use super::subject::{METRICS, Subject, TELEMETRY};
use crate::error::CliError;
use crate::table::short;

/// One difference, as in JSON; what is not a number is null.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// What is compared.
    pub what: String,
    /// Unit of the figures.
    pub unit: String,
    /// Figure of the run.
    pub ours: f64,
    /// Figure of the other one.
    pub theirs: f64,
    /// The first less the second.
    pub difference: f64,
    /// Lower end of its 95 % interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Whether zero lies within, or no interval is known.
    pub contains_zero: bool,
}

impl Difference {
    /// A difference with its interval.
    fn new(what: &str, unit: &str, (ours, theirs): (f64, f64), found: Interval) -> Difference {
        let known = |end: f64| end.is_finite().then_some(end);
        Difference {
            what: what.to_owned(),
            unit: unit.to_owned(),
            ours,
            theirs,
            difference: found.value,
            low: known(found.low),
            high: known(found.high),
            contains_zero: contains_zero(&found),
        }
    }

    /// What the interval says, in words.
    fn verdict(&self) -> &'static str {
        match (self.low, self.high) {
            (Some(low), Some(high)) if low == 0.0 && high == 0.0 => "the same",
            (None, _) | (_, None) => "too little to say",
            _ if self.contains_zero => "zero lies within: may be chance",
            _ if self.difference > 0.0 => "higher",
            _ => "lower",
        }
    }

    fn row(&self) -> Vec<String> {
        let number = |value: f64| {
            if value.is_finite() { short(rounded(value)) } else { "–".to_owned() }
        };
        let interval = match (self.low, self.high) {
            (Some(low), Some(high)) => format!("{} to {}", number(low), number(high)),
            _ => "–".to_owned(),
        };
        vec![
            self.what.clone(),
            number(self.ours),
            number(self.theirs),
            number(self.difference),
            interval,
            self.unit.clone(),
            self.verdict().to_owned(),
        ]
    }
}

/// Four digits of a number.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let digits = 10_f64.powf(3.0 - value.abs().log10().floor());
    (value * digits).round() / digits
}

/// Differences of one kind, and how they were found.
struct Kindred {
    title: &'static str,
    note: String,
    differences: Vec<Difference>,
    tables: Vec<Table>,
    plots: Vec<Plot>,
}

/// Two runs side by side.
pub struct Comparison {
    /// Sections of the page.
    pub sections: Vec<Section>,
    /// All differences.
    pub differences: Vec<Difference>,
    /// What is to be said of them, one sentence.
    pub verdict: String,
}

/// Compare `ours` with `theirs`.
///
/// # Errors
/// [`CliError::Flag`] where they have nothing in common; what the database reports.
pub fn compare(
    database: &Database,
    (ours, theirs): (&Subject, &Subject),
    settings: Option<(&Setting, &Setting)>,
) -> Result<Comparison, CliError> {
    let mut parts = Vec::new();
    parts.extend(shares::compare(ours, theirs));
    if let (Some(a), Some(b), Some(settings)) =
        (ours.stream(TELEMETRY), theirs.stream(TELEMETRY), settings)
    {
        parts.extend(channels::compare(database, (a, b), settings)?);
    }
    if ours.stream(METRICS).is_some() && theirs.stream(METRICS).is_some() {
        parts.extend(returns::compare(database, ours, theirs)?);
    }
    if parts.is_empty() {
        let (a, b) = (ours.kind(), theirs.kind());
        let reason = format!(
            "a run of kind `{a}` and one of kind `{b}` have nothing in common that could be compared: no missions counted, no telemetry of the same channels at the same times, no metrics"
        );
        return Err(CliError::flag(format!("--against {}", theirs.name()), reason));
    }
    let mut sections = vec![side_by_side(ours, theirs)];
    let mut differences = Vec::new();
    for part in parts {
        let columns = ["what", "this run", "the other", "difference", "95 % interval", "", "says"];
        let table = Table {
            title: "Differences".to_owned(),
            columns: columns.map(str::to_owned).to_vec(),
            rows: part.differences.iter().map(Difference::row).collect(),
        };
        let mut list = vec![Part::Table(table)];
        list.extend(part.tables.into_iter().map(Part::Table));
        if !part.plots.is_empty() {
            list.push(Part::Plots(part.plots));
        }
        sections.push(Section { title: part.title.to_owned(), note: part.note, parts: list });
        differences.extend(part.differences);
    }
    let verdict = verdict(&differences, theirs.name());
    Ok(Comparison { sections, differences, verdict })
}

fn verdict(differences: &[Difference], theirs: &str) -> String {
    let sure: Vec<&str> =
        differences.iter().filter(|one| !one.contains_zero).map(|one| one.what.as_str()).collect();
    let all = differences.len();
    if sure.is_empty() {
        return format!("Against `{theirs}`: of {all} differences each may be chance.");
    }
    let named = sure.iter().take(4).copied().collect::<Vec<_>>().join(", ");
    let more = sure.len().saturating_sub(4);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(
        "Against `{theirs}`: the intervals of {} of {all} differences leave out zero, which one in twenty does by chance: {named}{more}.",
        sure.len()
    )
}

/// Settings and figures of both, those that differ marked.
fn side_by_side(ours: &Subject, theirs: &Subject) -> Section {
    let mut rows = Vec::new();
    let mut row = |what: &str, a: Option<String>, b: Option<String>| {
        if a.is_none() && b.is_none() {
            return;
        }
        let mark = if a == b { "" } else { "differs" };
        let told = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
        rows.push(vec![what.to_owned(), told(a), told(b), mark.to_owned()]);
    };
    row("kind", Some(ours.kind().to_owned()), Some(theirs.kind().to_owned()));
    row("version", Some(ours.run.told.code.clone()), Some(theirs.run.told.code.clone()));
    row("seeds", Some(ours.run.told.seeds.clone()), Some(theirs.run.told.seeds.clone()));
    let mut keys: Vec<&String> = Vec::new();
    for config in [&ours.config, &theirs.config] {
        for key in config.as_object().into_iter().flat_map(|object| object.keys()) {
            if !keys.contains(&key) && key != "version" && key != "seed" {
                keys.push(key);
            }
        }
    }
    for key in keys {
        // Of a hash the beginning tells it from another.
        let short = |text: String| {
            if key.ends_with("hash") { text.chars().take(16).collect() } else { text }
        };
        row(key, ours.setting(key).map(short), theirs.setting(key).map(short));
    }
    let speed = |one: &Subject| {
        let speed = speed_of(one.kind(), &one.results, one.took_s())?;
        Some(format!("{} {}", short(rounded(speed.value)), speed.unit))
    };
    row("speed", speed(ours), speed(theirs));
    let took = |one: &Subject| one.took_s().map(|s| format!("{} s", short(rounded(s))));
    row("took", took(ours), took(theirs));
    let columns = ["", "this run", "the other", ""];
    Section {
        title: "Side by side".to_owned(),
        note: format!("This run is `{}`, the other one `{}`.", ours.name(), theirs.name()),
        parts: vec![Part::Table(Table {
            title: "Settings".to_owned(),
            columns: columns.map(str::to_owned).to_vec(),
            rows,
        })],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_says_what_its_interval_says() {
        let found = |low, high| {
            let interval = Interval { value: 0.5 * (low + high), low, high };
            Difference::new("x", "Pa", (1.0, 2.0), interval).verdict()
        };
        assert_eq!(found(1.0, 2.0), "higher");
        assert_eq!(found(-2.0, -1.0), "lower");
        assert_eq!(found(-1.0, 2.0), "zero lies within: may be chance");
        assert_eq!(found(0.0, 0.0), "the same");
        assert_eq!(found(f64::NAN, 1.0), "too little to say");
        assert_eq!(
            (rounded(123_456.0), rounded(0.000_123_456), rounded(0.0)),
            (123_500.0, 0.000_123_5, 0.0)
        );
    }
}
