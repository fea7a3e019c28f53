//! What a controller is, and the ones that can be asked for by name.

use habitat::Habitat;

use crate::{EnvError, Hold, Mpc, Random, Rules};

/// A value for one actuator, in the unit of its channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Command {
    /// Position in [`Habitat::actuators`].
    pub actuator: usize,
    /// The value; outside the actuator's range it acts as the nearest end.
    pub value: f64,
}

/// Decides from readings what to command.
///
/// The readings are all channels of the catalogue in its order and in SI, as [`Habitat::read_known`]
/// writes them: true values are not numbers. A reading that is not finite is no information: a controller
/// neither fails on it nor passes it on.
pub trait Controller: Send {
    /// Name, as on the command line.
    fn name(&self) -> &'static str;

    /// Look at the habitat itself before a decision. Only a controller that is labelled privileged does
    /// anything here; every other one lives on its readings.
    fn see(&mut self, habitat: &Habitat) {
        let _ = habitat;
    }

    /// Append the commands of the decision at `t_s` to `commands`.
    ///
    /// An actuator without a command keeps its last one.
    fn decide(&mut self, readings: &[f64], t_s: f64, commands: &mut Vec<Command>);
}

/// Names and one sentence about each controller.
pub const CONTROLLERS: [(&str, &str); 4] = [
    ("random", "turns every dial at random at every decision"),
    ("hold", "commands nothing: the set-points of the scenario stay"),
    (
        "rules",
        "keeps oxygen, CO2, temperature, humidity, tanks and power in their bands by simple rules",
    ),
    (
        "mpc",
        "rules whose thresholds are searched on forks of the habitat, 48 h ahead; privileged: it sees the true \
         state, not the future; about 10 s a mission",
    ),
];

/// Build the controller `name` for `habitat` as it stands.
///
/// # Errors
/// [`EnvError::UnknownController`], which lists the names.
pub fn build(name: &str, habitat: &Habitat) -> Result<Box<dyn Controller>, EnvError> {
    match name {
        "random" => Ok(Box::new(Random::new(habitat))),
        "hold" => Ok(Box::new(Hold)),
        "rules" => Ok(Box::new(Rules::new(habitat))),
        "mpc" => Ok(Box::new(Mpc::new(habitat))),
        _ => Err(EnvError::UnknownController {
            found: name.to_owned(),
            allowed: CONTROLLERS.map(|(name, _)| format!("`{name}`")).join(", "),
        }),
    }
}
