//! The controller that turns every dial at random.

use habitat::stream::Purpose;
use habitat::{Habitat, StreamKey};

use crate::{ActionSpace, Command, Controller};

/// At every decision sets each dial of the [`ActionSpace`] to a uniform draw from its range, modes to on or off
/// alike.
///
/// Draws are keyed by the habitat's stream and the number of the decision, so a seed gives one mission.
#[derive(Debug, Clone)]
pub struct Random {
    actions: ActionSpace,
    key: StreamKey,
    decisions: u64,
}

impl Random {
    /// Random commands for `habitat`.
    #[must_use]
    pub fn new(habitat: &Habitat) -> Random {
        let actions = ActionSpace::new(habitat.plan());
        Random { actions, key: habitat.state().key, decisions: 0 }
    }
}

impl Controller for Random {
    fn name(&self) -> &'static str {
        "random"
    }

    fn decide(&mut self, _: &[f64], _: f64, commands: &mut Vec<Command>) {
        for (at, dial) in self.actions.dials().iter().enumerate() {
            let draw = self.key.uniform(Purpose::Commands, self.decisions * 64 + at as u64);
            let share = if dial.is_mode { draw.round() } else { draw };
            for target in &dial.targets {
                let value = target.low + share * (target.high - target.low);
                commands.push(Command { actuator: target.actuator, value });
            }
        }
        self.decisions += 1;
    }
}
