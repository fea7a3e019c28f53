//! The curves of a training, from its stream of metrics.

use std::collections::BTreeMap;

use store::{Database, Span};
use watch::report::{Part, Plot, Section, XAxis};

use super::subject::{METRICS, Subject};
use crate::error::CliError;
use crate::train::report::series;

/// Column that the curves stand over.
const OVER: &str = "decisions";
/// Sections of plots by what the name of a figure begins with.
const SECTIONS: [(&str, &str, &str); 4] = [
    (
        "episodes/",
        "Episodes",
        "Episodes that ended in an update, while actions were still drawn at random around what the policy prefers.",
    ),
    (
        "cost/",
        "Costs",
        "Excess over each limit, in units of its scale; nothing while the limit is kept.",
    ),
    (
        "update/",
        "Updates",
        "How far each update moved the policy, and how much the critic foresees.",
    ),
    ("speed/", "Speed of the updates", ""),
];

/// The figures of a training by name, a value an update.
pub struct Curves {
    /// Columns; `decisions` is one of them.
    pub columns: BTreeMap<String, Vec<f64>>,
}

impl Curves {
    /// The figures of a run; none where it has no metrics.
    ///
    /// # Errors
    /// What the database reports.
    pub fn read(database: &Database, subject: &Subject) -> Result<Option<Curves>, CliError> {
        let Some(stream) = subject.stream(METRICS) else { return Ok(None) };
        let names: Vec<&str> = stream.signals.iter().map(|signal| signal.name.as_str()).collect();
        let rows = database.read(stream, &names, Span::ALL)?;
        let columns = names.iter().enumerate();
        let columns = columns.map(|(at, name)| ((*name).to_owned(), rows.column(at).to_vec()));
        Ok(Some(Curves { columns: columns.collect() }))
    }

    /// Values of one figure that are numbers.
    pub fn known(&self, name: &str) -> Vec<f64> {
        let values = self.columns.get(name).into_iter().flatten();
        values.copied().filter(|value| value.is_finite()).collect()
    }

    /// The sections of the page.
    pub fn sections(&self) -> Vec<Section> {
        let empty = Vec::new();
        let x = self.columns.get(OVER).unwrap_or(&empty);
        let plots = |start: &str| -> Vec<Plot> {
            let named =
                self.columns.iter().filter_map(|(key, y)| Some((key.strip_prefix(start)?, y)));
            let is_known = |y: &[f64]| y.iter().any(|value| value.is_finite());
            named
                .filter(|(_, y)| is_known(y))
                .map(|(name, y)| Plot {
                    title: name.replace('_', " "),
                    unit: "1".to_owned(),
                    series: vec![series(name, x, y)],
                    x: XAxis::Quantity(OVER.to_owned()),
                    ..Plot::default()
                })
                .collect()
        };
        let sections = SECTIONS.iter().map(|(start, title, note)| Section {
            title: (*title).to_owned(),
            note: (*note).to_owned(),
            parts: vec![Part::Plots(plots(start))],
        });
        let has_plots = |section: &Section| {
            section.parts.iter().any(|part| matches!(part, Part::Plots(plots) if !plots.is_empty()))
        };
        sections.filter(has_plots).collect()
    }
}
