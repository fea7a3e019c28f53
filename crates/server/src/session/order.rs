//! What people do to a session: set-points, failures, who is in command, alarms, proposals.

use catalogue::ValueKind;
use env::Command;
use env::habitat::fault::{Kind, Mode as FaultMode};
use store::Severity;
use watch::alarm::{Active, Alarms, Transition};

use super::advice::{Advice, Decided, Decision, SetPoint, set_points};
use super::pilot::Pilot;
use super::view::{Mode, Status, View};
use super::{Inner, Session};
use crate::ApiError;

impl Session {
    /// Take a set-point in hand, or give it back to the controller with `None`.
    ///
    /// # Errors
    /// 422 for a channel that does not exist or is not commanded, or a value that is no number.
    pub fn command(&self, who: &str, channel: &str, value: Option<f64>) -> Result<(), ApiError> {
        let mut inner = self.lock();
        inner.can_go_on()?;
        let actuator = actuator_of(inner.flight.habitat(), channel)?;
        inner.flight.hold(actuator, value)?;
        let text = match value {
            Some(value) => format!("{who} sets {channel} to {value}"),
            None => format!("{who} gives {channel} back to the controller"),
        };
        let detail = serde_json::json!({ "channel": channel, "value": value, "who": who });
        let detail = detail.to_string();
        self.ordered(&mut inner, "command", Severity::Advisory, channel, text, detail);
        Ok(())
    }

    /// Break a unit; without an amount, a hole of 5 mm, a string of the array or a third under dust.
    ///
    /// # Errors
    /// 422 for a unit that does not exist, and for what it cannot have.
    pub fn fail(
        &self,
        who: &str,
        unit: &str,
        mode: &str,
        amount: Option<f64>,
    ) -> Result<(), ApiError> {
        let mut inner = self.lock();
        inner.can_go_on()?;
        let units = &inner.flight.plan().faults.units;
        let Some(at) = units.iter().position(|one| one.unit == unit) else {
            return Err(ApiError::refused(format!("no unit `{unit}` can fail in this habitat")));
        };
        let modes = units[at].kind.modes();
        let Some((mode, _)) = modes.iter().find(|(known, _)| known.name() == mode) else {
            let allowed: Vec<&str> = modes.iter().map(|(known, _)| known.name()).collect();
            return Err(ApiError::refused(format!(
                "`{unit}` cannot be `{mode}`; it can be {}",
                allowed.join(", ")
            )));
        };
        let usual = match (units[at].kind, mode) {
            (Kind::Hull, _) => env::habitat::fault::hull::round_m2(0.005),
            (Kind::Array, FaultMode::Dusty) | (_, FaultMode::Dusty) => 1.0 / 3.0,
            (Kind::Array, _) => 1.0 / env::habitat::fault::kind::ARRAY_STRINGS,
            _ => 0.0,
        };
        let amount = amount.unwrap_or(usual);
        inner.flight.fail(at, *mode, amount)?;
        let text = format!("{who} makes {unit} fail: {}", mode.name());
        let detail =
            serde_json::json!({ "unit": unit, "mode": mode.name(), "amount": amount, "who": who });
        let detail = detail.to_string();
        self.ordered(&mut inner, "injection", Severity::Advisory, unit, text, detail);
        Ok(())
    }

    /// Put another controller or policy in command.
    ///
    /// # Errors
    /// 409 when the mission is over.
    pub fn change_pilot(&self, who: &str, pilot: Pilot) -> Result<View, ApiError> {
        let mut inner = self.lock();
        inner.can_go_on()?;
        inner.waits.order();
        inner.expire(self, "somebody else is in command");
        let text = format!("{who} puts {} in command", pilot.name());
        inner.flight.change_pilot(pilot);
        inner.waits.forget_policy();
        self.ordered(&mut inner, "controller", Severity::Advisory, "session", text, String::new());
        Ok(self.changed(&inner))
    }

    /// Let nobody do anything to it any more, so that what is written down then is all of it.
    pub fn close(&self) {
        let mut inner = self.lock();
        if inner.status == Status::Running {
            inner.status = Status::Paused;
        }
        inner.waits.order();
        inner.expire(self, "the session is stopped");
        inner.is_closing = true;
    }

    /// Let people in again: it could not be stopped, and stands still.
    pub fn reopen(&self) {
        let mut inner = self.lock();
        inner.is_closing = false;
        self.changed(&inner);
    }

    /// Take the proposal from the desk, where there is one, and note why.
    pub fn withdraw(&self, why: &str) {
        let mut inner = self.lock();
        if inner.desk.pending.is_some() {
            inner.waits.order();
            inner.expire(self, why);
        }
    }

    /// Alarms that people see, or all, each with whose fault it is taken to be.
    pub fn alarms(&self, all: bool) -> Vec<(Active, Vec<String>)> {
        let inner = self.lock();
        let alarms = inner.lookout.alarms();
        let list = if all { alarms.all() } else { alarms.active() };
        let suspects =
            |id: &str| inner.lookout.suspects(id).into_iter().map(str::to_owned).collect();
        list.into_iter().map(|one| (suspects(&one.id), one)).map(|(who, one)| (one, who)).collect()
    }

    /// Change the state of an alarm.
    ///
    /// # Errors
    /// 409 for a state that does not allow it, 422 for an alarm that does not exist and for values out of range.
    pub fn alarm(
        &self,
        change: impl FnOnce(&mut Alarms) -> Result<Transition, watch::WatchError>,
    ) -> Result<Transition, ApiError> {
        let mut inner = self.lock();
        inner.is_open()?;
        let transition = change(inner.lookout.alarms_mut()).map_err(|error| match error {
            watch::WatchError::State { .. } => ApiError::conflict(error.to_string()),
            other => ApiError::refused(other),
        })?;
        self.note_transition(&mut inner, transition.clone(), true);
        Ok(transition)
    }

    /// Whether decisions wait for an operator.
    pub fn set_mode(&self, who: &str, mode: Mode) -> Result<View, ApiError> {
        let mut inner = self.lock();
        inner.can_go_on()?;
        inner.waits.order();
        inner.mode = mode;
        if mode == Mode::Auto {
            inner.expire(self, "the controller acts by itself now");
        }
        let text = match mode {
            Mode::Auto => format!("{who} lets the controller act by itself"),
            Mode::Advisory => format!("{who} lets the controller propose"),
        };
        self.ordered(&mut inner, "controller", Severity::Advisory, "session", text, String::new());
        Ok(self.changed(&inner))
    }

    /// The proposal at hand.
    pub fn advice(&self) -> Option<Advice> {
        self.lock().desk.pending.as_ref().map(|pending| pending.advice.clone())
    }

    /// Decide on the proposal `number`: set what is proposed, or `instead`.
    ///
    /// # Errors
    /// 409 when that proposal is not at hand; 422 as for commands, the proposal stays then.
    pub fn decide(
        &self,
        who: &str,
        number: u64,
        instead: Option<&[(String, f64)]>,
        why: Option<String>,
    ) -> Result<Decided, ApiError> {
        let mut guard = self.lock();
        let inner = &mut *guard;
        inner.can_go_on()?;
        let Some(pending) = inner.desk.pending.as_ref().filter(|one| one.advice.number == number)
        else {
            let at_hand = match &inner.desk.pending {
                Some(pending) => format!("number {} is", pending.advice.number),
                None => "none is".to_owned(),
            };
            return Err(ApiError::conflict(format!("proposal {number} is not at hand; {at_hand}")));
        };
        let (decision, commands) = match instead {
            None => {
                // What somebody took in hand since it was made stays in hand.
                let held = inner.flight.held();
                let is_free = |command: &&Command| !held.contains_key(&command.actuator);
                let free = pending.commands.iter().filter(is_free).copied().collect();
                (Decision::Accepted, free)
            }
            Some(list) => {
                let of = |(channel, value): &(String, f64)| {
                    if !value.is_finite() {
                        return Err(ApiError::refused(format!("{channel} is no finite number")));
                    }
                    let actuator = actuator_of(inner.flight.habitat(), channel)?;
                    Ok(Command { actuator, value: *value })
                };
                (Decision::Overridden, list.iter().map(of).collect::<Result<Vec<_>, _>>()?)
            }
        };
        let set: Vec<SetPoint> = set_points(inner.flight.habitat(), &commands);
        inner.flight.obey(&commands)?;
        let t_s = inner.flight.habitat().t_s();
        let text = match decision {
            Decision::Accepted => format!("{who} accepts proposal {number}"),
            _ => format!(
                "{who} overrides proposal {number}{}",
                why.as_ref().map(|why| format!(": {why}")).unwrap_or_default()
            ),
        };
        let decided = inner.desk.decide(decision, t_s, Some(who), set, why).cloned();
        self.ordered(inner, "advice", Severity::Advisory, "session", text, String::new());
        decided.ok_or_else(|| ApiError::conflict("the proposal has gone"))
    }
}

/// The actuator of a commanded channel.
fn actuator_of(habitat: &env::habitat::Habitat, channel: &str) -> Result<usize, ApiError> {
    let catalogue = habitat.catalogue();
    let at = catalogue
        .find(channel)
        .map_err(|_| ApiError::refused(format!("there is no channel `{channel}`")))?;
    if catalogue.channels()[at].kind != ValueKind::Commanded {
        return Err(ApiError::refused(format!("`{channel}` is not commanded; it is measured")));
    }
    habitat
        .actuators()
        .iter()
        .position(|actuator| actuator.channel == at)
        .ok_or_else(|| ApiError::refused(format!("`{channel}` has no actuator in this habitat")))
}

impl Inner {
    /// Let the pilot decide: at once, or as a proposal.
    pub(super) fn consult(&mut self, session: &Session) -> Result<(), ApiError> {
        let wanted = self.flight.wanted()?;
        if self.mode == Mode::Auto {
            return self.flight.obey(&wanted);
        }
        self.expire(session, "nobody decided");
        if !wanted.is_empty() {
            let decision_s = self.flight.timing().decision_s;
            let by = self.flight.pilot().name().to_owned();
            self.desk.propose(self.flight.habitat(), wanted, &by, decision_s);
            let text = format!("proposal {} of {by}", self.desk.last);
            session.note(self, "advice", Severity::Advisory, "session", text, String::new());
        }
        Ok(())
    }

    /// Take the proposal from the desk, where there is one: nobody can decide on it any more.
    pub(super) fn expire(&mut self, session: &Session, why: &str) {
        let t_s = self.flight.habitat().t_s();
        let Some(decided) = self.desk.decide(Decision::Expired, t_s, None, Vec::new(), None) else {
            return;
        };
        let text = format!("proposal {} expired: {why}", decided.number);
        if self.waits.is_relived((t_s * 1e6).round() as i64, self.decides) {
            self.desk.decided.pop();
        }
        session.note(self, "advice", Severity::Caution, "session", text, String::new());
    }
}
