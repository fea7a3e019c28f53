//! One mission of a campaign, as a line of the logbook.

use env::{COST_TABLE, COSTS, Outcome};
use habitat::AbortReason;

/// Names of the columns before the costs, in order.
const COLUMNS: &str = "controller,seed,success,abort_reason,abort_s,crew_alive,end_s,\
    mass_residual_max,energy_residual_max";
/// How many columns there are.
const FIELDS: usize = 9 + COSTS;

/// The line with the names of the columns: a cost has the name of [`COST_TABLE`] after `cost_`.
pub fn columns() -> String {
    let costs: Vec<String> = COST_TABLE.iter().map(|cost| format!(",cost_{}", cost.name)).collect();
    format!("{COLUMNS}{}", costs.concat())
}

/// How one mission of a campaign ended.
///
/// Numbers are written with as many digits as bring the same bits back.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Name of the controller.
    pub controller: String,
    /// Seed of every draw.
    pub seed: u64,
    /// Everybody lives and no abort rule was broken.
    pub success: bool,
    /// Name of the first abort rule that was broken, empty if none.
    pub abort_reason: String,
    /// When that was, s of mission time.
    pub abort_s: Option<f64>,
    /// People alive at the end.
    pub crew_alive: usize,
    /// Mission time at the end, s.
    pub end_s: f64,
    /// Largest residual of matter, as a share of what moved in its step.
    pub mass_residual_max: f64,
    /// Largest residual of energy, as a share of what moved in its step.
    pub energy_residual_max: f64,
    /// Mean of each cost over the mission.
    pub costs: [f64; COSTS],
}

impl Record {
    /// The record of a mission that has ended.
    pub fn new(controller: &str, seed: u64, outcome: &Outcome, costs: [f64; COSTS]) -> Record {
        // Who lost somebody is lost, even where no rule was asked in time.
        let reason = match outcome.abort_reason {
            AbortReason::None if !outcome.success => AbortReason::CrewLost,
            reason => reason,
        };
        Record {
            controller: controller.to_owned(),
            seed,
            success: outcome.success,
            abort_reason: reason.name().to_owned(),
            abort_s: outcome.abort_s,
            crew_alive: outcome.crew_alive,
            end_s: outcome.t_s,
            mass_residual_max: outcome.mass_residual_max,
            energy_residual_max: outcome.energy_residual_max,
            costs,
        }
    }

    /// The line of the logbook, without its end.
    pub fn line(&self) -> String {
        let costs: Vec<String> = self.costs.iter().map(|cost| format!(",{cost:e}")).collect();
        format!(
            "{},{},{},{},{},{},{},{:e},{:e}{}",
            self.controller,
            self.seed,
            self.success,
            self.abort_reason,
            self.abort_s.map(|abort_s| abort_s.to_string()).unwrap_or_default(),
            self.crew_alive,
            self.end_s,
            self.mass_residual_max,
            self.energy_residual_max,
            costs.concat()
        )
    }

    /// The record in a line; `None` when it is none.
    pub fn parse(line: &str) -> Option<Record> {
        let fields: Vec<&str> = line.split(',').collect();
        let fields: &[&str; FIELDS] = fields.as_slice().try_into().ok()?;
        let [controller, seed, success, reason, abort_s, crew_alive, end_s, mass, energy, ..] =
            *fields;
        let mut costs = [0.0; COSTS];
        for (cost, field) in costs.iter_mut().zip(&fields[FIELDS - COSTS..]) {
            *cost = field.parse().ok()?;
        }
        let success = success.parse().ok()?;
        // A success has no reason, a loss has one.
        if controller.is_empty() || success != reason.is_empty() {
            return None;
        }
        Some(Record {
            controller: controller.to_owned(),
            seed: seed.parse().ok()?,
            success,
            abort_reason: reason.to_owned(),
            abort_s: if abort_s.is_empty() { None } else { Some(abort_s.parse().ok()?) },
            crew_alive: crew_alive.parse().ok()?,
            end_s: end_s.parse().ok()?,
            mass_residual_max: mass.parse().ok()?,
            energy_residual_max: energy.parse().ok()?,
            costs,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_brings_the_same_bits_back() {
        let mut record = Record {
            controller: "hold".into(),
            seed: u64::MAX,
            success: false,
            abort_reason: "oxygen".into(),
            abort_s: Some(0.1 + 0.2),
            crew_alive: 4,
            end_s: 1e7 / 3.0,
            mass_residual_max: 1.3e-12 / 7.0,
            energy_residual_max: f64::MIN_POSITIVE,
            costs: std::array::from_fn(|place| place as f64 / 7.0),
        };
        assert_eq!(Record::parse(&record.line()), Some(record.clone()));
        assert_eq!(record.line().split(',').count(), columns().split(',').count());
        record.success = true;
        assert_eq!(Record::parse(&record.line()), None, "a success with a reason");
        (record.abort_reason, record.abort_s) = (String::new(), None);
        assert_eq!(Record::parse(&record.line()), Some(record.clone()));
        assert_eq!(Record::parse(&record.line()[..20]), None);
    }
}
