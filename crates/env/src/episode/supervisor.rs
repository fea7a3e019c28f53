//! The rules of an episode whose policy supervises: they turn the dials, it sets the thresholds they go by.
//!
//! ```text
//! decision of the policy      thresholds ──► every 600 s: readings ──► rules ──► commands ──► steps
//! ```
//! The interval of the rules is the decision interval of the scenario, and they see what can be known
//! ([`Habitat::read_known`]), as in a mission ([`crate::run_mission`]). What they remember belongs to the episode.

use habitat::{CommandError, Habitat};

use crate::rules::supervised::{ALL, SUPERVISED, of_entries};
use crate::{Command, Controller, Rules};

/// Change of a threshold that counts as none, share of its range.
const LEAST: f64 = 1e-6;

/// The rules, and the thresholds that the policy has set last.
#[derive(Debug, Clone)]
pub(super) struct Supervisor {
    pub(super) rules: Rules,
    /// Entries of the action in force, from -1 to 1.
    entries: [f32; SUPERVISED],
    known: Vec<f64>,
}

impl Supervisor {
    /// The rules as they are, for a habitat at its start.
    pub(super) fn new(habitat: &Habitat) -> Supervisor {
        Supervisor {
            rules: Rules::new(habitat),
            entries: [0.0; SUPERVISED],
            known: vec![f64::NAN; habitat.catalogue().len()],
        }
    }

    /// Entries of the action in force.
    pub(super) fn entries(&self) -> &[f32; SUPERVISED] {
        &self.entries
    }

    /// Go by the thresholds of `action`, and say how many of them are others than before.
    ///
    /// Entries beyond ±1 count as the nearest end; what is no number leaves its threshold.
    pub(super) fn set(&mut self, action: &[f32]) -> usize {
        let mut changed = 0;
        for ((entry, wanted), one) in self.entries.iter_mut().zip(action).zip(&ALL) {
            if wanted.is_nan() {
                continue;
            }
            let (before, (low, high)) = (one.value(*entry), one.range());
            *entry = wanted.clamp(-1.0, 1.0);
            let moved = (one.value(*entry) - before).abs();
            changed += usize::from(moved > LEAST * (high - low));
        }
        self.rules.set_settings(of_entries(&self.entries));
        changed
    }

    /// One decision of the rules.
    pub(super) fn decide(
        &mut self,
        habitat: &mut Habitat,
        commands: &mut Vec<Command>,
    ) -> Result<(), CommandError> {
        habitat.read_known(&mut self.known);
        commands.clear();
        self.rules.decide(&self.known, habitat.t_s(), commands);
        for command in commands.iter() {
            habitat.command(command.actuator, command.value)?;
        }
        Ok(())
    }
}
