//! One mission under a policy, with a shield or without.

use std::sync::Arc;

use env::habitat::StreamKey;
use env::{COSTS, Episode, Intervention, Outcome, Rollout, Shield, StepSlices, TERMS, Task};

use crate::LearnError;
use crate::policy::Policy;
use crate::stack::Frames;

/// How a mission under a policy ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Flight {
    /// As of a mission under a controller.
    pub outcome: Outcome,
    /// Mean of each cost over its time.
    pub costs: [f64; COSTS],
    /// Sum of the rewards.
    pub total: f64,
    /// Decisions that a shield handed over to the rules; none without one.
    pub interventions: Vec<Intervention>,
}

/// Fly the mission of `key` under `policy`, which takes its likeliest action at every decision; `is_shielded` with a
/// [`Shield`] between it and the habitat.
///
/// # Errors
/// [`LearnError::Mismatch`] where the policy is not one of this task; what the episode or the shield refuses.
pub fn fly(
    task: &Arc<Task>,
    policy: &Policy,
    key: StreamKey,
    is_shielded: bool,
) -> Result<Flight, LearnError> {
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
    Ok(Flight { outcome, costs: sums.map(|sum| sum / time_s), total, interventions })
}

/// What [`fly`] flies, as rows: what the policy saw, did and got.
///
/// # Errors
/// As [`fly`].
///
/// # Tests
/// `recorded_flights` in this crate.
pub fn record(
    task: &Arc<Task>,
    policy: &Policy,
    key: StreamKey,
    is_shielded: bool,
) -> Result<Rollout, LearnError> {
    policy.fits(task)?;
    let mut actor = policy.actor();
    let mut episode = Episode::new(task, key, &[])?;
    let mut frames = Frames::new(policy.stack(), task.observations().len());
    let mut is_first = true;
    let act = |_: &Episode, observation: &[f32], action: &mut [f32]| -> Result<(), LearnError> {
        if is_first {
            frames.begin(observation);
        } else {
            frames.push(observation);
        }
        is_first = false;
        actor.act(frames.row(), action)
    };
    if !is_shielded {
        let mut rollout = Rollout::new(task);
        rollout.play(&mut episode, act)?;
        return Ok(rollout);
    }
    let mut rollout = Rollout::shielded(task, Shield::usual_horizon_s(task));
    let mut shield = Shield::new(&episode)?;
    rollout.play_shielded(&mut episode, &mut shield, act)?;
    Ok(rollout)
}
