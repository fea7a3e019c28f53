//! One mission under a policy, with a shield or without.

use std::sync::Arc;

use env::habitat::StreamKey;
use env::{COSTS, Episode, Intervention, Outcome, Shield, StepSlices, TERMS, Task};

use crate::LearnError;
use crate::policy::Policy;
use crate::stack::Frames;

/// How a mission under a policy ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flight {
    /// As of a mission under a controller.
    pub outcome: Outcome,
    /// Mean of each cost over its time.
    pub costs: [f64; COSTS],
    /// Sum of the rewards.
    pub total: f64,
}

/// A mission under a policy behind a shield: how it ended, and where the rules took over.
pub type ShieldedFlight = (Flight, Vec<Intervention>);

/// Fly the mission of `key` under `policy`, which takes its likeliest action at every decision.
///
/// # Errors
/// [`LearnError::Mismatch`] where the policy is not one of this task; what the episode refuses.
pub fn fly(task: &Arc<Task>, policy: &Policy, key: StreamKey) -> Result<Flight, LearnError> {
    Ok(play(task, policy, key, false)?.0)
}

/// As [`fly`], with an [`env::Shield`] between the policy and the habitat.
///
/// # Errors
/// As [`fly`]; what the shield refuses.
pub fn fly_shielded(
    task: &Arc<Task>,
    policy: &Policy,
    key: StreamKey,
) -> Result<ShieldedFlight, LearnError> {
    play(task, policy, key, true)
}

fn play(
    task: &Arc<Task>,
    policy: &Policy,
    key: StreamKey,
    is_shielded: bool,
) -> Result<ShieldedFlight, LearnError> {
    policy.fits(task)?;
    let mut actor = policy.actor();
    let mut episode = Episode::new(task, key, &[])?;
    let mut observation = vec![0.0; task.observations().len()];
    let mut action = vec![0.0; task.actions().len()];
    let (mut terms, mut costs) = ([0.0; TERMS], [0.0; COSTS]);
    let (mut sums, mut time_s, mut total) = ([0.0; COSTS], 0.0, 0.0);
    let mut shield = if is_shielded { Some(Shield::new(&episode)?) } else { None };
    episode.observe(&mut observation)?;
    let mut frames = Frames::new(policy.stack(), observation.len());
    frames.begin(&observation);
    while episode.status().is_running() {
        actor.act(frames.row(), &mut action)?;
        let slices =
            StepSlices { observation: &mut observation, terms: &mut terms, costs: &mut costs };
        let transition = match &mut shield {
            Some(shield) => shield.step(&mut episode, &mut action, slices)?.transition,
            None => episode.step(&action, slices)?,
        };
        frames.push(&observation);
        total += f64::from(transition.reward);
        time_s += transition.duration_s;
        for (sum, cost) in sums.iter_mut().zip(&costs) {
            *sum += transition.duration_s * f64::from(*cost);
        }
    }
    let (steps, decisions) = (episode.steps(), episode.decisions());
    let outcome = Outcome { steps, decisions, ..Outcome::of(episode.habitat()) };
    let interventions = shield.map_or_else(Vec::new, |shield| shield.interventions().to_vec());
    Ok((Flight { outcome, costs: sums.map(|sum| sum / time_s), total }, interventions))
}
