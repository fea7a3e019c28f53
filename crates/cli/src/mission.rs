//! What the verbs that fly missions share: changes to a scenario, how many cores work, a bar of progress.

use std::io::IsTerminal;

use habitat::scenario::{self, Difficulty, Loaded, Scenario};
use indicatif::{ProgressBar, ProgressStyle};

use crate::error::{CliError, caused_by};

/// Values given on the command line instead of the scenario's.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct Changes {
    /// Difficulty that the scenario declares: `easy`, `nominal`, `hard` or `extreme` [default: nominal]
    #[arg(long, value_name = "NAME")]
    difficulty: Option<Difficulty>,
    /// Number of people, 1 to 12, instead of the scenario's
    #[arg(long, value_name = "N")]
    crew: Option<usize>,
    /// Length of the mission in days instead of the scenario's
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    days: Option<f64>,
    /// Length of a step in seconds instead of the scenario's
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    dt: Option<f64>,
    /// Time between two decisions in seconds instead of the scenario's
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    decision_s: Option<f64>,
    /// Failures of units and sensors at this multiple of the field rate instead of the scenario's
    #[arg(long, value_name = "FACTOR", allow_negative_numbers = true)]
    fault_rate: Option<f64>,
}

impl Changes {
    /// The scenario called `name` at the difficulty that is asked for, and the same with these values.
    ///
    /// # Errors
    /// [`CliError::Scenario`] and [`CliError::NoScenario`] for the file; [`CliError::Flag`] with the flag that is
    /// refused, or with all of them as they act together.
    pub fn load(self, name: &str) -> Result<(Loaded, Scenario), CliError> {
        let loaded = scenario::load_at(name, self.difficulty())?;
        let model = self.over(&loaded)?;
        Ok((loaded, model))
    }

    /// Nothing but a difficulty.
    pub fn at(difficulty: Difficulty) -> Changes {
        Changes { difficulty: Some(difficulty), ..Changes::default() }
    }

    /// The same with `difficulty` where none was asked for.
    pub fn usually_at(self, difficulty: Difficulty) -> Changes {
        Changes { difficulty: self.difficulty.or(Some(difficulty)), ..self }
    }

    /// What was asked for, by name; a policy carries it.
    pub fn facts(self) -> Vec<(&'static str, f64)> {
        let people = self.crew.map(|people| people as f64);
        let all = [
            ("crew", people),
            ("days", self.days),
            ("dt_s", self.dt),
            ("rules_decision_s", self.decision_s),
            ("fault_rate", self.fault_rate),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// The same with what `fact` tells where nothing was asked for.
    pub fn or(self, fact: impl Fn(&str) -> Option<f64>) -> Changes {
        Changes {
            difficulty: self.difficulty,
            crew: self.crew.or(fact("crew").map(|people| people as usize)),
            days: self.days.or(fact("days")),
            // A step may be coarser in training; missions are judged at that of the scenario.
            dt: self.dt,
            decision_s: self.decision_s.or(fact("rules_decision_s")),
            fault_rate: self.fault_rate.or(fact("fault_rate")),
        }
    }

    /// Whether a difficulty was asked for.
    pub fn has_difficulty(self) -> bool {
        self.difficulty.is_some()
    }

    /// How hard the scenario is flown.
    pub fn difficulty(self) -> Difficulty {
        self.difficulty.unwrap_or_default()
    }

    /// The scenario with these values, checked again.
    fn over(self, loaded: &Loaded) -> Result<Scenario, CliError> {
        let mut model = loaded.scenario.clone();
        let mut given = Vec::new();
        if let Some(people) = self.crew {
            let flag = format!("--crew {people}");
            model =
                model.with_crew(people).map_err(|problem| caused_by(&flag, "crew", &problem))?;
        }
        if let Some(factor) = self.fault_rate {
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
            given.push(("faults.rate_factor", flag));
        }
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

    /// What is added to the name of a directory, so that what is flown otherwise has another one.
    pub fn suffix(self) -> String {
        let difficulty = self.difficulty.filter(|one| *one != Difficulty::Nominal);
        let parts = [
            difficulty.map(|one| format!("-{one}")),
            self.crew.map(|people| format!("-crew-{people}")),
            self.fault_rate.map(|factor| format!("-faults-{factor}")),
        ];
        parts.into_iter().flatten().collect()
    }
}

/// Worker threads when none are asked for: one a core.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A bar of progress over `length` on a terminal, none elsewhere; `words` stand behind it.
pub fn bar(length: u64, words: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length);
    if let Ok(style) = ProgressStyle::with_template(&format!("{{bar:40}} {words}")) {
        bar.set_style(style);
    }
    bar
}
