//! A controller that plays through the dials.

use crate::{Command, Controller, EnvError, Episode, TaskError, build};

/// A [`Controller`] as a policy of episodes.
///
/// What it commands is turned into the nearest action ([`crate::ActionSpace::nearest`]), and that action is taken.
/// So an episode is what its actions make of it, and playing them again gives the same episode, to the
/// bit. Where commands within a group differ or pass the range of a dial, the controller gets less than it asks for, and an
/// episode may go otherwise than a mission in which it commands actuators itself.
pub struct Pilot {
    controller: Box<dyn Controller>,
    readings: Vec<f64>,
    commands: Vec<Command>,
}

impl Pilot {
    /// The controller `name` for an episode at its start.
    ///
    /// # Errors
    /// [`EnvError::UnknownController`], which lists the names.
    pub fn new(name: &str, episode: &Episode) -> Result<Pilot, EnvError> {
        let habitat = episode.habitat();
        Ok(Pilot {
            controller: build(name, habitat)?,
            readings: vec![f64::NAN; habitat.catalogue().len()],
            commands: Vec::with_capacity(habitat.actuators().len()),
        })
    }

    /// Write the action that it takes now; once a decision, since a controller remembers.
    ///
    /// # Errors
    /// [`TaskError::Length`].
    pub fn act(&mut self, episode: &Episode, action: &mut [f32]) -> Result<(), TaskError> {
        let habitat = episode.habitat();
        self.controller.see(habitat);
        habitat.read_known(&mut self.readings);
        self.commands.clear();
        self.controller.decide(&self.readings, habitat.t_s(), &mut self.commands);
        episode.task().actions().nearest(habitat, &self.commands, action)
    }
}
