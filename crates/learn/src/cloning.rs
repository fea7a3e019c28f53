//! A warm start: a network learns to do what a controller does.
//!
//! Minimised is the mean of `½·((a − μ(s))/σ)²` over decisions of the controller, which for a fixed σ is the likelihood of
//! its actions. Deviations and values stay as they are: exploration is not what is cloned.

use std::sync::Arc;

use env::habitat::StreamKey;
use env::{COSTS, HELD_OUT_FROM};
use env::{Episode, Pilot, StepSlices, TERMS, Task};

use crate::LearnError;

/// What a controller saw and did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Demonstrations {
    /// Decisions × observations.
    pub observations: Vec<f32>,
    /// Decisions × actions, from −1 to 1.
    pub actions: Vec<f32>,
}

/// Environments from this one down are used for demonstrations: no lane of a training comes near.
const LAST: u64 = HELD_OUT_FROM - 1;

/// Let `controller` fly one episode of each of `episodes` environments that neither a training nor an evaluation uses.
///
/// # Errors
/// What the controller or its episodes refuse.
pub fn demonstrate(
    task: &Arc<Task>,
    controller: &str,
    run: u64,
    episodes: u64,
) -> Result<Demonstrations, LearnError> {
    let mut all = Demonstrations::default();
    let (wide, width) = (task.observations().len(), task.actions().len());
    let (mut seen, mut action) = (vec![0.0; wide], vec![0.0; width]);
    let (mut terms, mut costs) = ([0.0; TERMS], [0.0; COSTS]);
    for number in 0..episodes {
        let key = StreamKey { run, env: LAST - number, ..StreamKey::default() };
        let mut episode = Episode::new(task, key, &[])?;
        let mut pilot = Pilot::new(controller, &episode)
            .map_err(|error| LearnError::World(error.to_string()))?;
        episode.observe(&mut seen)?;
        while episode.status().is_running() {
            pilot.act(&episode, &mut action)?;
            all.observations.extend_from_slice(&seen);
            all.actions.extend_from_slice(&action);
            let slices =
                StepSlices { observation: &mut seen, terms: &mut terms, costs: &mut costs };
            episode.step(&action, slices)?;
        }
    }
    Ok(all)
}
