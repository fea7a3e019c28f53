//! Rows of an episode in which actuators are commanded, not dials turned.

use std::sync::Arc;

use habitat::Habitat;

use super::Rollout;
use crate::{ActionSpace, Command, Controller, Episode, OnBadAction, Status, TaskError};

/// Part of the range of a dial within which two values are the same: what an `f32` from -1 to 1 can tell apart.
const RESOLUTION: f64 = 1e-6;

/// How an episode under commands went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commanded {
    /// How it ended.
    pub status: Status,
    /// Decisions.
    pub decisions: u64,
    /// Of these, those whose action would have commanded the same, to the resolution of an action.
    pub exact: u64,
}

/// Commands that are given, once a decision.
struct Given(Vec<Command>);

impl Controller for Given {
    fn name(&self) -> &'static str {
        "given"
    }

    fn decide(&mut self, _: &[f64], _: f64, commands: &mut Vec<Command>) {
        commands.append(&mut self.0);
    }
}

impl Rollout {
    /// Play `episode` from where it is to its end under commands of actuators: those that `commands` appends, decision after
    /// decision. With the commands of a mission it is that mission, to the bit, up to its loss.
    ///
    /// In the rows stands the action that comes nearest ([`ActionSpace::nearest`]). It need not lead to what follows, since
    /// commands may differ within a dial or pass its range; [`Commanded::exact`] tells how often it does. A
    /// [`Pilot`](crate::Pilot) plays through the dials instead, and its rows are exact throughout.
    ///
    /// # Errors
    /// As [`Episode::step_under`]. The rows up to there stay, closed by a final row with the status `running`.
    ///
    /// # Tests
    /// `commanded` in this crate.
    pub fn play_commands(
        &mut self,
        episode: &mut Episode,
        mut commands: impl FnMut(&Episode, &mut Vec<Command>),
    ) -> Result<Commanded, TaskError> {
        let (mut exact, mut decisions) = (0, 0);
        let mut given = Given(Vec::new());
        let task = Arc::clone(&self.task);
        let dials = task.actions();
        let status = self.play_on(episode, |episode, now| {
            given.0.clear();
            commands(episode, &mut given.0);
            let (action, slices) = now.parts();
            dials.nearest(episode.habitat(), &given.0, action)?;
            let is_exact = says_all(dials, episode.habitat(), &given.0, action)?;
            let transition = episode.step_under(&mut given, slices)?;
            exact += u64::from(is_exact);
            decisions += 1;
            Ok::<_, TaskError>((transition, None))
        })?;
        Ok(Commanded { status, decisions, exact })
    }
}

/// Whether `action` commands what `commands` do.
fn says_all(
    dials: &ActionSpace,
    habitat: &Habitat,
    commands: &[Command],
    action: &[f32],
) -> Result<bool, TaskError> {
    let mut by_action = Vec::new();
    dials.apply(action, OnBadAction::Refuse, habitat, &mut by_action)?;
    let after = |list: &[Command], actuator: usize| {
        let last = list.iter().rev().find(|command| command.actuator == actuator);
        last.map(|command| command.value).or_else(|| habitat.ordered(actuator))
    };
    let width = |actuator: usize| {
        let mut targets = dials.dials().iter().flat_map(|dial| &dial.targets);
        targets.find(|target| target.actuator == actuator).map_or(0.0, |t| t.high - t.low)
    };
    Ok(commands.iter().chain(&by_action).all(|command| {
        let actuator = command.actuator;
        match (after(commands, actuator), after(&by_action, actuator)) {
            (Some(asked), Some(done)) => (asked - done).abs() <= RESOLUTION * width(actuator),
            _ => false,
        }
    }))
}
