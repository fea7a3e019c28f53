//! What the verbs that fly missions share: the times of the command line, and how many cores work.

use habitat::scenario::{self, Loaded, Scenario};

use crate::error::{CliError, caused_by};

/// Times given on the command line instead of the scenario's.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    /// `--days`: length of the mission, d.
    pub days: Option<f64>,
    /// `--dt`: length of a step, s.
    pub dt: Option<f64>,
    /// `--decision-s`: time between two decisions, s.
    pub decision_s: Option<f64>,
}

impl Times {
    /// The scenario with these times, checked again.
    ///
    /// # Errors
    /// [`CliError::Flag`] with the flag that is refused, or with all of them as they act together.
    pub fn over(self, loaded: &Loaded) -> Result<Scenario, CliError> {
        let mut model = loaded.scenario.clone();
        let mut given = Vec::new();
        let times = [
            ("--days", "duration_days", self.days, &mut model.duration_days),
            ("--dt", "dt_s", self.dt, &mut model.dt_s),
            ("--decision-s", "decision_s", self.decision_s, &mut model.decision_s),
        ];
        for (flag, key, value, place) in times {
            if let Some(value) = value {
                *place = value;
                given.push((key, format!("{flag} {value}")));
            }
        }
        if given.is_empty() {
            return Ok(model);
        }
        scenario::check(&model).map_err(|problem| {
            // The flag of the key that is refused; else every flag, as they act together.
            let own = given.iter().find(|(key, _)| *key == problem.path);
            let (key, flags) = own.cloned().unwrap_or_else(|| {
                let all: Vec<&str> = given.iter().map(|(_, flag)| flag.as_str()).collect();
                ("", all.join(" "))
            });
            caused_by(&flags, key, &problem)
        })?;
        Ok(model)
    }
}

/// Let units and instruments fail at `factor` times the field rate.
///
/// # Errors
/// [`CliError::Flag`] when nothing fails in this scenario, or the factor is out of range.
pub fn set_fault_rate(model: &mut Scenario, factor: f64) -> Result<(), CliError> {
    let flag = format!("--fault-rate {factor}");
    let Some(faults) = &mut model.faults else {
        let name = &model.name;
        let reason = format!("nothing fails in `{name}`: its scenario has no [faults]");
        return Err(CliError::flag(flag, reason));
    };
    faults.rate_factor = factor;
    if let Some(sensors) = &mut model.sensors {
        sensors.rate_factor = factor;
    }
    scenario::check(model).map_err(|problem| caused_by(&flag, "faults.rate_factor", &problem))
}

/// Worker threads when none are asked for: one a core.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
