//! Two trainings: returns of the last quarter of the updates, over seeds where there are enough of them.

use store::{Database, RunFilter, RunStatus};
use watch::report::{Plot, Series, XAxis};

use super::interval::{block_length, difference};
use super::{Difference, Kindred};
use crate::error::CliError;
use crate::report::subject::{Subject, parsed};
use crate::report::training::Curves;

/// Figures that are compared: key, words, unit.
const FIGURES: [(&str, &str, &str); 4] = [
    ("episodes/return", "return", "1"),
    ("episodes/success", "missions that were not lost", "share"),
    ("episodes/decisions", "decisions of an episode", "1"),
    ("speed/decisions_per_s", "decisions in a second", "1/s"),
];
/// Seeds of a side from which intervals are over seeds.
const SEEDS: usize = 5;
/// Runs that are looked through for seeds.
const SEARCHED: usize = 2_000;
/// Settings in which seeds of one method may differ.
const OWN: [&str; 3] = ["seed", "version", crate::keep::MACHINE];

/// The last quarter of the values, at least one.
fn last_quarter(values: &[f64]) -> &[f64] {
    &values[values.len() - values.len().div_ceil(4)..]
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The settings that make a method: all but what is a seed's own.
fn method(config: &serde_json::Value) -> serde_json::Value {
    let mut config = config.clone();
    if let Some(object) = config.as_object_mut() {
        object.retain(|key, _| !OWN.contains(&key.as_str()));
    }
    config
}

/// The curves of a run and of the others that ended and differ from it by their seed alone.
fn seeds(database: &Database, subject: &Subject) -> Result<Vec<Curves>, CliError> {
    let wanted = method(&subject.config);
    let kind = Some(subject.kind().to_owned());
    let mut known = vec![subject.run.told.seeds.clone()];
    let mut all: Vec<Curves> = Curves::read(database, subject)?.into_iter().collect();
    for run in database.runs(&RunFilter { kind, most: SEARCHED, ..RunFilter::default() })? {
        let is_other = run.id != subject.run.id && run.status == RunStatus::Done;
        // A seed that was trained twice counts once.
        if !is_other
            || known.contains(&run.told.seeds)
            || method(&parsed(&run.told.config)) != wanted
        {
            continue;
        }
        let other = Subject::find(database, "RUN", &run.told.name)?;
        if let Some(curves) = Curves::read(database, &other)? {
            known.push(run.told.seeds);
            all.push(curves);
        }
    }
    Ok(all)
}

/// Compare two trainings.
///
/// # Errors
/// What the database reports.
pub fn compare(
    database: &Database,
    ours: &Subject,
    theirs: &Subject,
) -> Result<Option<Kindred>, CliError> {
    let (Some(a), Some(b)) = (Curves::read(database, ours)?, Curves::read(database, theirs)?)
    else {
        return Ok(None);
    };
    let (all_a, all_b) = (seeds(database, ours)?, seeds(database, theirs)?);
    // Two seeds of one method are compared with each other and not the method with itself.
    let over_seeds =
        method(&ours.config) != method(&theirs.config) && all_a.len().min(all_b.len()) >= SEEDS;
    let mut differences = Vec::new();
    for (at, (key, words, unit)) in FIGURES.iter().enumerate() {
        let seed = at as u64 + 1;
        let ends = |curves: &[Curves]| -> Vec<f64> {
            let known = curves.iter().map(|one| one.known(key));
            known
                .filter(|known| !known.is_empty())
                .map(|known| mean(last_quarter(&known)))
                .collect()
        };
        let (x, y) = if over_seeds {
            (ends(&all_a), ends(&all_b))
        } else {
            let (x, y) = (a.known(key), b.known(key));
            if x.is_empty() || y.is_empty() {
                continue;
            }
            (last_quarter(&x).to_vec(), last_quarter(&y).to_vec())
        };
        if x.is_empty() || y.is_empty() {
            continue;
        }
        let length = if over_seeds { 1 } else { block_length(&x).max(block_length(&y)) };
        let found = difference(&x, &y, length, seed);
        differences.push(Difference::new(words, unit, (mean(&x), mean(&y)), found));
    }
    if differences.is_empty() {
        return Ok(None);
    }
    let note = if over_seeds {
        format!(
            "Means of the last quarter of the updates, over {} and {} seeds with the same settings; intervals by a bootstrap over seeds.",
            all_a.len(),
            all_b.len()
        )
    } else {
        format!(
            "Means of the last quarter of the updates of these two runs alone; intervals by a bootstrap over blocks of updates. They tell of these two policies; what is claimed about a method needs {SEEDS} seeds of each, and there are {} and {}.",
            all_a.len(),
            all_b.len()
        )
    };
    let plots = FIGURES.iter().filter_map(|(key, words, unit)| plot(&a, &b, key, words, unit));
    Ok(Some(Kindred {
        title: "Learning",
        note,
        differences,
        tables: Vec::new(),
        plots: plots.collect(),
    }))
}

fn plot(a: &Curves, b: &Curves, key: &str, words: &str, unit: &str) -> Option<Plot> {
    let line = |curves: &Curves, name: &str| {
        let (x, y) = (curves.columns.get("decisions")?, curves.columns.get(key)?);
        Some(crate::train::report::series(name, x, y))
    };
    let series: Vec<Series> =
        [line(a, "this run"), line(b, "the other")].into_iter().flatten().collect();
    (series.len() == 2).then(|| Plot {
        title: words.to_owned(),
        unit: unit.to_owned(),
        series,
        x: XAxis::Quantity("decisions".to_owned()),
        ..Plot::default()
    })
}
