//! A controller that plays through the actions of an episode.

use habitat::StreamKey;
use habitat::stream::Purpose;

use crate::{Acts, CONTROLLERS, Command, Controller, EnvError, Episode, TaskError, build};

/// A [`Controller`] as a policy of episodes.
///
/// What it commands is turned into the nearest action ([`crate::ActionSpace::nearest`]), and that action is taken.
/// So an episode is what its actions make of it, and playing them again gives the same episode, to the
/// bit. Where commands within a group differ or pass the range of a dial, the controller gets less than it asks for, and an
/// episode may go otherwise than a mission in which it commands actuators itself.
///
/// # Thresholds
/// Where the actions are thresholds ([`Acts::Thresholds`]), `hold` leaves them, `rules` keeps them at the defaults of the
/// rules, which is the zero action, and `random` draws each of them uniformly over its entries at every decision. `mpc`
/// is refused: it searches thresholds by a sight of the habitat that no policy has, and commands actuators.
pub struct Pilot {
    flies: Flies,
}

/// How actions come about.
enum Flies {
    /// By the commands of a controller.
    Commands { controller: Box<dyn Controller>, readings: Vec<f64>, commands: Vec<Command> },
    /// Thresholds that stay.
    Hold,
    /// Thresholds at the defaults of the rules.
    Rules,
    /// Thresholds at random.
    Random { key: StreamKey, decisions: u64 },
}

impl Pilot {
    /// The controller `name` for an episode at its start.
    ///
    /// # Errors
    /// [`EnvError::UnknownController`], which lists the names, and [`EnvError::SetsNoThresholds`].
    pub fn new(name: &str, episode: &Episode) -> Result<Pilot, EnvError> {
        let habitat = episode.habitat();
        let known = CONTROLLERS.iter().map(|(known, _)| *known).find(|known| *known == name);
        let flies = match (episode.task().acts(), known) {
            (Acts::Thresholds, Some("hold")) => Flies::Hold,
            (Acts::Thresholds, Some("rules")) => Flies::Rules,
            (Acts::Thresholds, Some("random")) => {
                Flies::Random { key: episode.key(), decisions: 0 }
            }
            (Acts::Thresholds, Some(controller)) => {
                return Err(EnvError::SetsNoThresholds { controller });
            }
            _ => Flies::Commands {
                controller: build(name, habitat)?,
                readings: vec![f64::NAN; habitat.catalogue().len()],
                commands: Vec::with_capacity(habitat.actuators().len()),
            },
        };
        Ok(Pilot { flies })
    }

    /// Write the action that it takes now; once a decision, since a controller remembers.
    ///
    /// # Errors
    /// [`TaskError::Length`].
    pub fn act(&mut self, episode: &Episode, action: &mut [f32]) -> Result<(), TaskError> {
        let (found, expected) = (action.len(), episode.task().actions().len());
        if found != expected {
            return Err(TaskError::Length { what: "action", found, expected });
        }
        match &mut self.flies {
            Flies::Commands { controller, readings, commands } => {
                let habitat = episode.habitat();
                controller.see(habitat);
                habitat.read_known(readings);
                commands.clear();
                controller.decide(readings, habitat.t_s(), commands);
                return episode.task().actions().nearest(habitat, commands, action);
            }
            Flies::Hold => episode.hold(action)?,
            Flies::Rules => action.fill(0.0),
            Flies::Random { key, decisions } => {
                for (at, entry) in action.iter_mut().enumerate() {
                    let draw = key.uniform(Purpose::Commands, *decisions * 64 + at as u64);
                    *entry = (2.0 * draw - 1.0) as f32;
                }
                *decisions += 1;
            }
        }
        Ok(())
    }
}
