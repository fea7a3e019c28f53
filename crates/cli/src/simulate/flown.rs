//! A mission as an episode: what a policy would have seen, and the action that comes nearest to what was commanded.
//!
//! Commands are written down while the mission flies, and given to an episode of the same randomness afterwards. The episode is
//! then the mission, to the bit, up to its loss; where it is not, nothing is kept of it.

use std::sync::Arc;

use catalogue::Frame;
use env::{Command, Controller, Episode, Rollout, Task, TaskOptions, Timing};
use habitat::{AbortReason, Habitat, Plan};

use super::Args;
use crate::error::CliError;
use crate::trajectory;

/// A controller whose commands are written down.
pub(super) struct Logged<'a> {
    controller: &'a mut dyn Controller,
    log: &'a mut Vec<Vec<Command>>,
}

impl<'a> Logged<'a> {
    /// Write down into `log` what `controller` commands at each decision.
    pub(super) fn new(
        controller: &'a mut dyn Controller,
        log: &'a mut Vec<Vec<Command>>,
    ) -> Logged<'a> {
        Logged { controller, log }
    }
}

impl Controller for Logged<'_> {
    fn name(&self) -> &'static str {
        self.controller.name()
    }

    fn see(&mut self, habitat: &Habitat) {
        self.controller.see(habitat);
    }

    fn decide(&mut self, readings: &[f64], t_s: f64, commands: &mut Vec<Command>) {
        self.controller.decide(readings, t_s, commands);
        self.log.push(commands.clone());
    }
}

/// The mission of `flown`, whose decisions had these `commands`, as rows; `None` where it is no episode, which is told.
pub(super) fn episode(
    undrawn: &Arc<Plan>,
    timing: Timing,
    flown: &Habitat,
    commands: &[Vec<Command>],
    args: &Args,
) -> Result<Option<Frame>, CliError> {
    let options = TaskOptions {
        dt_s: Some(timing.dt_s),
        decision_s: Some(timing.decision_s),
        ..TaskOptions::default()
    };
    let task = Task::new(Arc::clone(undrawn), options)?;
    let mut episode = Episode::new(&task, flown.state().key, &[])?;
    let mut rollout = Rollout::new(&task);
    let given = |episode: &Episode, out: &mut Vec<Command>| {
        out.extend(commands.get(episode.decisions() as usize).into_iter().flatten());
    };
    let commanded = rollout.play_commands(&mut episode, given)?;
    let is_same = match flown.abort_reason() {
        AbortReason::None => episode.habitat().hash() == flown.hash(),
        reason => {
            // What comes after the loss is not in the episode.
            let lost_s = |habitat: &Habitat| habitat.state().mission.abort_s.to_bits();
            commanded.status.reason() == reason && lost_s(episode.habitat()) == lost_s(flown)
        }
    };
    if !is_same {
        eprintln!("no trajectory is kept: played again, the mission went otherwise");
        return Ok(None);
    }
    let mut frame = rollout.into_frame();
    let difficulty = args.changes.difficulty().to_string();
    frame.facts.extend(trajectory::facts(&difficulty, &args.controller, args.seed, 0, 1));
    for (key, value) in [
        ("actions", "nearest".to_owned()),
        ("decisions", commanded.decisions.to_string()),
        ("actions_exact", commanded.exact.to_string()),
    ] {
        frame.facts.push((key.to_owned(), value));
    }
    Ok(Some(frame))
}
