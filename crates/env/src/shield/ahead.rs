//! A short flight ahead, and what breaks on it.

use habitat::{AbortReason, Habitat};

use super::limits::{HARD, HARD_LIMITS, distances, limit_of};
use crate::{Command, Controller, Rules};

/// A limit that breaks, and when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Breach {
    /// Place in [`HARD_LIMITS`].
    pub(super) limit: usize,
    /// Time from now to the end of the step in which it breaks, s.
    pub(super) after_s: f64,
}

/// What breaks first on a flight: a limit with its margin, and an abort rule of the mission.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Ahead {
    pub(super) near: Option<Breach>,
    pub(super) lost: Option<Breach>,
}

impl Ahead {
    /// Whether this goes well for at least as long as `other`: to the loss of the mission, and where that is the same, to
    /// the margin of a limit.
    pub(super) fn as_good_as(&self, other: &Ahead) -> bool {
        let after_s = |breach: Option<Breach>| breach.map_or(f64::INFINITY, |b| b.after_s);
        let (lost_s, others_s) = (after_s(self.lost), after_s(other.lost));
        lost_s > others_s || (lost_s == others_s && after_s(self.near) >= after_s(other.near))
    }
}

/// A habitat on its way ahead.
#[derive(Debug)]
pub(super) struct Flight {
    habitat: Habitat,
    start_s: f64,
    step_s: f64,
    /// Time between two decisions of rules on the way.
    rules_s: f64,
    ahead: Ahead,
}

impl Flight {
    /// From `habitat` on.
    pub(super) fn new(habitat: Habitat, step_s: f64, rules_s: f64) -> Flight {
        let start_s = habitat.t_s();
        Flight { habitat, start_s, step_s, rules_s, ahead: Ahead::default() }
    }

    /// Give commands.
    pub(super) fn command(&mut self, commands: &[Command]) {
        for command in commands {
            // What it refuses changes nothing there.
            let _ = self.habitat.command(command.actuator, command.value);
        }
    }

    /// Fly on for `time_s`, or to the loss of the mission; `rules` decide on the way where there are any, first at
    /// once if `at_once`.
    pub(super) fn fly(&mut self, time_s: f64, mut rules: Option<&mut Rules>, at_once: bool) {
        let begin_s = self.habitat.t_s();
        let mut known =
            vec![f64::NAN; rules.as_ref().map_or(0, |_| self.habitat.catalogue().len())];
        let mut commands: Vec<Command> = Vec::new();
        let mut decide_s = if at_once { begin_s } else { begin_s + self.rules_s };
        let end_s = begin_s + time_s;
        while self.ahead.lost.is_none() && self.habitat.t_s() < end_s - 1e-3 {
            if let Some(rules) = &mut rules
                && self.habitat.t_s() >= decide_s - 1e-3
            {
                decide_s += self.rules_s;
                self.habitat.read_true(&mut known);
                commands.clear();
                rules.decide(&known, self.habitat.t_s(), &mut commands);
                self.command(&commands);
            }
            if self.habitat.step(self.step_s.min(end_s - self.habitat.t_s())).is_err() {
                return;
            }
            self.look();
        }
    }

    /// Hold the moment against the limits.
    fn look(&mut self) {
        let after_s = self.habitat.t_s() - self.start_s;
        let away = distances(&self.habitat);
        let breach = |limit: usize| Breach { limit, after_s };
        let near = (0..HARD).find(|limit| away[*limit] < HARD_LIMITS[*limit].margin);
        self.ahead.near = self.ahead.near.or(near.map(breach));
        let reason = self.habitat.abort_reason();
        if reason != AbortReason::None {
            // A rule that only looks back may break where nothing is near any more.
            let lost = limit_of(reason).or(self.ahead.near.map(|near| near.limit)).unwrap_or(0);
            self.ahead.lost = Some(breach(lost));
            self.ahead.near = self.ahead.near.or(self.ahead.lost);
        }
    }

    /// What has broken so far.
    pub(super) fn ahead(&self) -> Ahead {
        self.ahead
    }
}
