//! What a campaign says of one controller.

use std::collections::BTreeMap;

use env::COSTS;
use learn::wilson;
use physics::constants::DAY_S;
use serde::Serialize;
use watch::report::Table;

use super::logbook::Missions;
use crate::error::CliError;
use crate::table::fixed;

/// A controller over all its seeds, as in JSON.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    pub controller: String,
    pub seeds: u64,
    pub success_rate: f64,
    pub low: f64,
    pub high: f64,
    causes: BTreeMap<String, u64>,
    /// For suites: mean of each cost over all missions.
    #[serde(skip)]
    pub costs: [f64; COSTS],
    /// For people: middle time of a loss, s of mission time.
    #[serde(skip)]
    median_loss_s: Option<f64>,
    /// For people: largest residual of the ledger in any step of any mission.
    #[serde(skip)]
    pub residual_max: f64,
}

impl Summary {
    /// Sum up the missions of `controller` on `seeds`.
    ///
    /// # Errors
    /// [`CliError::Failed`] when one of them is missing, which only a bug in this program does.
    pub fn new(
        controller: &str,
        seeds: std::ops::Range<u64>,
        missions: &Missions,
    ) -> Result<Summary, CliError> {
        let trials = seeds.end - seeds.start;
        let (mut successes, mut residual_max) = (0, 0.0_f64);
        let (mut causes, mut losses_s) = (BTreeMap::new(), Vec::new());
        let mut costs = [0.0; COSTS];
        for seed in seeds {
            let record = missions.get(&(controller.to_owned(), seed)).ok_or_else(|| {
                CliError::Failed(format!("no mission of {controller} with seed {seed}"))
            })?;
            residual_max =
                residual_max.max(record.mass_residual_max).max(record.energy_residual_max);
            for (sum, cost) in costs.iter_mut().zip(record.costs) {
                *sum += cost / trials as f64;
            }
            if record.success {
                successes += 1;
            } else {
                *causes.entry(record.abort_reason.clone()).or_insert(0) += 1;
                losses_s.push(record.abort_s.unwrap_or(record.end_s));
            }
        }
        let share = wilson(successes, trials);
        Ok(Summary {
            controller: controller.to_owned(),
            seeds: trials,
            success_rate: share.value,
            low: share.low,
            high: share.high,
            causes,
            costs,
            median_loss_s: median(losses_s),
            residual_max,
        })
    }

    /// Causes with counts and shares of all losses, the most frequent first.
    pub fn causes(&self) -> String {
        let losses: u64 = self.causes.values().sum();
        let mut causes: Vec<(&String, u64)> = self.causes.iter().map(|(n, c)| (n, *c)).collect();
        causes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let words: Vec<String> = causes
            .iter()
            .map(|(name, count)| {
                format!("{name} {count} ({} %)", fixed(percent(*count as f64 / losses as f64), 0))
            })
            .collect();
        if words.is_empty() { "none".to_owned() } else { words.join(", ") }
    }
}

/// The table for people.
pub fn table(title: String, summaries: &[Summary]) -> Table {
    let columns =
        ["controller", "seeds", "success %", "95 % interval", "median loss, d", "causes of loss"];
    let row = |summary: &Summary| {
        vec![
            summary.controller.clone(),
            summary.seeds.to_string(),
            fixed(percent(summary.success_rate), 1),
            format!("{} to {}", fixed(percent(summary.low), 1), fixed(percent(summary.high), 1)),
            summary.median_loss_s.map_or("–".to_owned(), |loss_s| fixed(loss_s / DAY_S, 2)),
            summary.causes(),
        ]
    };
    Table {
        title,
        columns: columns.map(String::from).to_vec(),
        rows: summaries.iter().map(row).collect(),
    }
}

pub fn percent(share: f64) -> f64 {
    100.0 * share
}

/// The middle value, or the mean of the two in the middle.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get((values.len() - 1) / 2)?;
    Some(0.5 * (lower + upper))
}

#[cfg(test)]
mod tests {
    use super::super::record::Record;
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0]), Some(3.0));
        assert_eq!(median(vec![9.0, 1.0, 2.0, 4.0]), Some(3.0));
    }

    #[test]
    fn causes_are_counted_and_sorted() {
        let record = |seed: u64, reason: &str, abort_s: Option<f64>| {
            let record = Record {
                controller: "hold".into(),
                seed,
                success: reason.is_empty(),
                abort_reason: reason.into(),
                abort_s,
                crew_alive: 4,
                end_s: 10.0 * DAY_S,
                mass_residual_max: 1e-12 * seed as f64,
                energy_residual_max: 2e-12,
                costs: [0.5; COSTS],
            };
            (("hold".to_owned(), seed), record)
        };
        let missions = Missions::from([
            record(4, "", None),
            record(5, "oxygen", Some(DAY_S)),
            record(6, "temperature", Some(2.0 * DAY_S)),
            record(7, "temperature", Some(4.0 * DAY_S)),
            record(8, "pressure", Some(0.0)),
        ]);
        let summary = Summary::new("hold", 4..8, &missions).unwrap();
        assert_eq!((summary.seeds, summary.success_rate), (4, 0.25));
        assert_eq!(summary.median_loss_s, Some(2.0 * DAY_S));
        assert_eq!(summary.residual_max, 7e-12);
        assert_eq!(summary.costs, [0.5; COSTS]);
        assert_eq!(summary.causes(), "temperature 2 (67 %), oxygen 1 (33 %)");
        assert_eq!(
            serde_json::to_value(&summary).unwrap()["causes"],
            serde_json::json!({"oxygen": 1, "temperature": 2})
        );
        assert!(Summary::new("hold", 4..10, &missions).is_err());
    }
}
