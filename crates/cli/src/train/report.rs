//! The page about a training: what was asked for, what came of it, and its curves.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use store::write_atomic;
use watch::report::{Part, Plot, Report, Section, Series, Severity, Table, Verdict, XAxis};

use super::Trained;
use super::curve;
use crate::error::CliError;
use crate::table::fixed;

/// Name of the page.
pub const NAME: &str = "report.html";
/// Points of a mean.
const MEANS: usize = 30;

/// Plots of a section: title, unit, and the columns of the curve with a name each.
type Lines = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// What is plotted, by section.
const SECTIONS: [(&str, &str, &[Lines]); 3] = [
    (
        "Episodes",
        "Episodes that ended in an update, while actions were still drawn at random around what the policy prefers. \
         `evaluate` says how good it is without that.",
        &[
            ("Return", "1", &[("return_mean", "mean of the episodes")]),
            ("Missions that were not lost", "1", &[("success_rate", "share of the episodes")]),
        ],
    ),
    (
        "Updates",
        "How far each update moved the policy, and how much the critic foresees.",
        &[
            ("Divergence", "nat", &[("approx_kl", "mean of (ρ − 1) − ln ρ")]),
            ("Clipped ratios", "1", &[("clip_fraction", "share")]),
            ("Entropy", "nat", &[("entropy", "of the actions")]),
            ("Explained variance", "1", &[("explained_variance", "of the returns")]),
            ("Losses", "1", &[("policy_loss", "policy"), ("value_loss", "values")]),
            ("Norm of the gradient", "1", &[("norm", "before it is cut")]),
        ],
    ),
    ("Speed", "", &[("Decisions", "1/s", &[("decisions_per_s", "learned per second")])]),
];

/// The columns of a curve.
fn columns(text: &str) -> BTreeMap<String, Vec<f64>> {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let mut columns: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for line in lines {
        for (name, cell) in names.iter().zip(line.split(',')) {
            let value = cell.parse().unwrap_or(f64::NAN);
            columns.entry((*name).to_owned()).or_default().push(value);
        }
    }
    columns
}

/// Points with a calm mean of them.
pub fn series(name: &str, x: &[f64], y: &[f64]) -> Series {
    let points: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
    let piece = points.len().div_ceil(MEANS);
    let mean_of = |points: &[(f64, f64)]| {
        let known: Vec<&(f64, f64)> = points.iter().filter(|point| point.1.is_finite()).collect();
        let n = known.len() as f64;
        let sum = |of: fn(&&(f64, f64)) -> f64| known.iter().map(of).sum::<f64>() / n;
        (!known.is_empty()).then(|| (sum(|point| point.0), sum(|point| point.1)))
    };
    let mean =
        if piece > 1 { points.chunks(piece).filter_map(mean_of).collect() } else { Vec::new() };
    Series { name: name.to_owned(), points, mean, ..Series::default() }
}

/// Write the page beside the curve in `dir`.
///
/// # Errors
/// [`CliError`] when the curve cannot be read or the page not be written.
pub fn write(dir: &Path, asked: &Value, trained: &Trained) -> Result<(), CliError> {
    let path = dir.join(curve::NAME);
    let text = std::fs::read_to_string(&path)
        .map_err(|source| learn::LearnError::File { path, source })?;
    let stage = tracing::info_span!("report").entered();
    let mut report = report(&columns(&text), asked, trained);
    stage.exit();
    report.sections.extend(crate::profile::section());
    let page = report.render();
    Ok(write_atomic(&dir.join(NAME), page.as_bytes())?)
}

fn report(columns: &BTreeMap<String, Vec<f64>>, asked: &Value, trained: &Trained) -> Report {
    let x = columns.get("decisions").map(Vec::as_slice).unwrap_or_default();
    let plot = |title: &str, unit: &str, lines: &[(&str, &str)]| Plot {
        title: title.to_owned(),
        unit: unit.to_owned(),
        series: lines
            .iter()
            .filter_map(|(column, name)| Some(series(name, x, columns.get(*column)?)))
            .collect(),
        x: XAxis::Quantity("decisions".to_owned()),
        ..Plot::default()
    };
    let mut sections: Vec<Section> = SECTIONS
        .iter()
        .map(|(title, note, plots)| Section {
            title: (*title).to_owned(),
            note: (*note).to_owned(),
            parts: vec![Part::Plots(
                plots.iter().map(|(title, unit, lines)| plot(title, unit, lines)).collect(),
            )],
        })
        .collect();
    let costs =
        columns.keys().filter_map(|name| Some((name.as_str(), name.strip_prefix("cost.")?)));
    let costs = costs.map(|(column, name)| plot(name, "1", &[(column, "mean of the decisions")]));
    sections.insert(
        1,
        Section {
            title: "Costs".to_owned(),
            note: "Excess over each limit, in units of its scale; nothing while the limit is kept."
                .to_owned(),
            parts: vec![Part::Plots(costs.collect())],
        },
    );
    let words = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let rows = asked.as_object().into_iter().flatten();
    sections.push(Section {
        title: "Settings".to_owned(),
        note: String::new(),
        parts: vec![Part::Table(Table {
            title: "As asked for and chosen".to_owned(),
            columns: vec!["setting".to_owned(), "value".to_owned()],
            rows: rows.map(|(key, value)| vec![key.clone(), words(value)]).collect(),
        })],
    });
    let share = fixed(100.0 * trained.success_rate, 1);
    Report {
        title: format!("Training for {}", words(&asked["scenario"])),
        subtitle: format!(
            "{} · {} · seed {}",
            words(&asked["difficulty"]),
            words(&asked["acts"]),
            trained.seed
        ),
        facts: vec![
            ("Decisions".to_owned(), trained.decisions.to_string()),
            ("Updates".to_owned(), trained.updates.to_string()),
            ("Wall time".to_owned(), format!("{} s", fixed(trained.wall_s, 1))),
            ("Processor time".to_owned(), format!("{} s", fixed(trained.cpu_s, 1))),
            ("Most memory".to_owned(), format!("{} MB", fixed(trained.peak_mb, 0))),
        ],
        verdict: Verdict {
            severity: Severity::Nominal,
            text: format!(
                "At the end a return of {}; {share} % of the missions were not lost while exploring",
                fixed(trained.return_mean, 2)
            ),
        },
        sections,
        ..Report::default()
    }
}
