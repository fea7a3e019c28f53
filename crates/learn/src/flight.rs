//! One mission under a policy, with a shield or without.

use std::sync::Arc;

use env::habitat::StreamKey;
use env::{COSTS, Episode, Intervention, Outcome, Rollout, Shield, StepSlices, TERMS, Task};

use crate::LearnError;
use crate::policy::{Actor, Policy};
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
    let mut player = Player::new(task, policy, key, is_shielded)?;
    let mut observation = vec![0.0; task.observations().len()];
    let mut action = vec![0.0; task.actions().len()];
    let (mut terms, mut costs) = ([0.0; TERMS], [0.0; COSTS]);
    let (mut sums, mut time_s, mut total) = ([0.0; COSTS], 0.0, 0.0);
    let Player { episode, pilot, shield } = &mut player;
    episode.observe(&mut observation)?;
    while episode.status().is_running() {
        pilot.act(&observation, &mut action)?;
        let slices =
            StepSlices { observation: &mut observation, terms: &mut terms, costs: &mut costs };
        let transition = match shield {
            Some(shield) => shield.step(episode, &mut action, slices)?.transition,
            None => episode.step(&action, slices)?,
        };
        total += f64::from(transition.reward);
        time_s += transition.duration_s;
        for (sum, cost) in sums.iter_mut().zip(&costs) {
            *sum += transition.duration_s * f64::from(*cost);
        }
    }
    let (steps, decisions) = (episode.steps(), episode.decisions());
    let outcome = Outcome { steps, decisions, ..Outcome::of(episode.habitat()) };
    let interventions =
        player.shield.map_or_else(Vec::new, |shield| shield.interventions().to_vec());
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
    let Player { mut episode, mut pilot, shield } = Player::new(task, policy, key, is_shielded)?;
    let act = |_: &Episode, observation: &[f32], action: &mut [f32]| pilot.act(observation, action);
    let Some(mut shield) = shield else {
        let mut rollout = Rollout::new(task);
        rollout.play(&mut episode, act)?;
        return Ok(rollout);
    };
    let mut rollout = Rollout::shielded(task, Shield::usual_horizon_s(task));
    rollout.play_shielded(&mut episode, &mut shield, act)?;
    Ok(rollout)
}

/// A mission about to be played.
struct Player<'a> {
    episode: Episode,
    pilot: Pilot<'a>,
    shield: Option<Shield>,
}

impl Player<'_> {
    fn new<'a>(
        task: &Arc<Task>,
        policy: &'a Policy,
        key: StreamKey,
        is_shielded: bool,
    ) -> Result<Player<'a>, LearnError> {
        policy.fits(task)?;
        let episode = Episode::new(task, key, &[])?;
        let shield = if is_shielded { Some(Shield::new(&episode)?) } else { None };
        let frames = Frames::new(policy.stack(), task.observations().len());
        let pilot = Pilot { actor: policy.actor(), frames, has_begun: false };
        Ok(Player { episode, pilot, shield })
    }
}

/// A policy with what it has seen in an episode.
struct Pilot<'a> {
    actor: Actor<&'a Policy>,
    frames: Frames,
    has_begun: bool,
}

impl Pilot<'_> {
    /// See the next observation and write the likeliest action.
    fn act(&mut self, observation: &[f32], action: &mut [f32]) -> Result<(), LearnError> {
        match self.has_begun {
            true => self.frames.push(observation),
            false => self.frames.begin(observation),
        }
        self.has_begun = true;
        self.actor.act(self.frames.row(), action)
    }
}
