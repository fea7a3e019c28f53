//! Recorded missions: telemetry, and the failures that it shows.

use std::path::{Path, PathBuf};

use catalogue::ValueKind;
use habitat::Plan;
use habitat::constants::DAY_S;
use store::{StoreError, Table};

use super::campaign::{AFTER_H, Extremes};
use super::proposal::Range;
use super::tally::{Case, False, Tally, place};
use super::watcher::Watcher;
use crate::error::CliError;

/// Name of the file in the directory of a run.
const NAME: &str = "telemetry.parquet";

/// A mission as its telemetry shows it.
pub struct Recording {
    time_s: Vec<f64>,
    /// For each channel what is known of it; none for true values and for channels that were not recorded.
    known: Vec<Option<Vec<f64>>>,
    /// Units with the times between which they were not sound, s.
    faults: Vec<(String, f64, f64)>,
}

impl Recording {
    /// Read the telemetry of a run of the scenario behind `plan`.
    ///
    /// # Errors
    /// [`CliError::Store`] for a file that cannot be read, has no time or no sensed channel of the scenario.
    pub fn read(path: &Path, plan: &Plan) -> Result<Recording, CliError> {
        let file: PathBuf = if path.is_dir() { path.join(NAME) } else { path.to_owned() };
        let table = store::read_parquet(&file)?;
        Recording::of(&table, plan).ok_or_else(|| {
            let reason = "there is no `time_s` or no sensed channel of the scenario in it; allowed is the telemetry of a \
                          mission of the same scenario";
            CliError::Store(StoreError::Format { path: file, reason: reason.into() })
        })
    }

    fn of(table: &Table, plan: &Plan) -> Option<Recording> {
        let time_s = table.column("time_s")?.to_vec();
        let channels = plan.catalogue.channels();
        let known: Vec<Option<Vec<f64>>> = channels
            .iter()
            .map(|channel| match channel.kind {
                ValueKind::True => None,
                _ => table.column(&channel.id).map(<[f64]>::to_vec),
            })
            .collect();
        let sensed = channels
            .iter()
            .zip(&known)
            .any(|(channel, column)| channel.kind == ValueKind::Sensed && column.is_some());
        if !sensed || time_s.is_empty() {
            return None;
        }
        let mut faults = Vec::new();
        for channel in channels {
            let unit =
                channel.id.strip_suffix(".fault").or(channel.id.strip_suffix(".sensor_faults"));
            if let (Some(unit), Some(column)) = (unit, table.column(&channel.id)) {
                faults.extend(stretches(&time_s, column).map(|(a, b)| (unit.to_owned(), a, b)));
            }
        }
        Some(Recording { time_s, known, faults })
    }

    /// Show every row to `see`.
    fn replay(&self, mut see: impl FnMut(f64, &[f64])) {
        let mut row = vec![f64::NAN; self.known.len()];
        for (at, t_s) in self.time_s.iter().enumerate() {
            for (value, column) in row.iter_mut().zip(&self.known) {
                *value =
                    column.as_ref().and_then(|column| column.get(at)).copied().unwrap_or(f64::NAN);
            }
            see(*t_s, &row);
        }
    }

    /// Whether nothing is wrong at `t_s`, nor was within the last day.
    fn is_quiet(&self, t_s: f64) -> bool {
        let near = |(_, from_s, to_s): &(String, f64, f64)| {
            t_s >= *from_s && t_s <= to_s.max(*from_s) + AFTER_H * 3_600.0
        };
        !self.faults.iter().any(near)
    }

    /// What channels and scores show on even days while nothing is wrong.
    pub fn ranges(&self, mut watcher: Watcher) -> Vec<Range> {
        let mut extremes = Extremes::default();
        self.replay(|t_s, row| {
            watcher.see(t_s, row);
            if is_even(t_s) && self.is_quiet(t_s) {
                extremes.take(&watcher, row);
            }
        });
        extremes.named(&watcher)
    }

    /// Count what `watcher` finds on odd days.
    pub fn judge(&self, mut watcher: Watcher, tally: &mut Tally) {
        let mut quiet_s = 0.0;
        let mut last_s = self.time_s.first().copied().unwrap_or(0.0);
        self.replay(|t_s, row| {
            watcher.see(t_s, row);
            if !is_even(t_s) && self.is_quiet(t_s) {
                quiet_s += t_s - last_s;
            }
            last_s = t_s;
        });
        tally.quiet_days += quiet_s / DAY_S;
        for (unit, from_s, _) in self.faults.iter().filter(|(_, from_s, _)| !is_even(*from_s)) {
            let found = watcher.raises.iter().find(|raise| {
                let within = raise.t_s >= *from_s && raise.t_s <= from_s + AFTER_H * 3_600.0;
                within && raise.suspects.iter().any(|one| place(one) == place(unit))
            });
            tally.cases.push(Case {
                kind: "recorded".into(),
                unit: unit.clone(),
                at_h: from_s / 3_600.0,
                seed: 0,
                shown_by: String::new(),
                shown_min: f64::NAN,
                fast: false,
                alarm: found.map(|raise| raise.alarm.clone()),
                delay_min: found.map(|raise| (raise.t_s - from_s) / 60.0),
                names_unit: found.is_some_and(|raise| raise.suspects.iter().any(|one| one == unit)),
            });
        }
        let wrong =
            watcher.raises.iter().filter(|raise| !is_even(raise.t_s) && self.is_quiet(raise.t_s));
        tally.false_quiet.extend(wrong.map(|raise| False::of(raise, 0)));
    }
}

/// Whether a time lies in an even day, the first one being day 0.
fn is_even(t_s: f64) -> bool {
    ((t_s / DAY_S).floor() as i64) % 2 == 0
}

/// Times between which `column` is above zero.
fn stretches<'a>(time_s: &'a [f64], column: &'a [f64]) -> impl Iterator<Item = (f64, f64)> + 'a {
    let mut at = 0;
    std::iter::from_fn(move || {
        let from = (at..column.len()).find(|k| column[*k] > 0.0)?;
        let to = (from..column.len()).find(|k| column[*k] <= 0.0).unwrap_or(column.len() - 1);
        at = to.max(from + 1);
        Some((*time_s.get(from)?, *time_s.get(to)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_of_a_fault() {
        let time_s = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        let found: Vec<(f64, f64)> = stretches(&time_s, &[0.0, 2.0, 1.0, 0.0, 0.0, 3.0]).collect();
        assert_eq!(found, [(1.0, 3.0), (5.0, 5.0)]);
        assert_eq!(stretches(&time_s, &[0.0; 6]).count(), 0);
    }
}
