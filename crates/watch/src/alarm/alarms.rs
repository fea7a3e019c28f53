use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::flood::Flood;
use super::point::{Point, Turn};
use super::{Active, Alarm, AlarmPlan, Bound, Cause, Priority, Shelving, State, Transition};
use crate::WatchError;

/// Most characters of a name or a reason.
const WORDS_MOST: usize = 1_000;
/// What the catalogue says of every quantity here: only what instruments show is watched, so that nobody has to be told.
const MEASURED: &str = ", as measured";

/// All alarms of a habitat: samples and commands in, transitions out.
///
/// It reads no clock: time is that of the samples, and a command happens at the time of the last one. Equal samples and
/// commands give equal transitions.
#[derive(Debug, Clone)]
pub struct Alarms {
    /// What alarms of equal habitats have in common.
    shared: Arc<Shared>,
    points: Vec<Point>,
    /// Open alarms of each group, shelved ones left out, when the last sample was in.
    open: Vec<usize>,
    values: Vec<Option<f64>>,
    flood: Flood,
    t_s: Option<f64>,
    sequence: u64,
    refused: u64,
    transitions: Vec<Transition>,
}

/// A plan, and what follows from it.
#[derive(Debug)]
struct Shared {
    plan: AlarmPlan,
    by_id: BTreeMap<String, usize>,
    /// For each alarm the one about the silence of its channel; none where nothing measures it.
    silences: Vec<Option<usize>>,
    /// For each alarm its group.
    groups: Vec<usize>,
    group_count: usize,
}

/// What [`Alarms`] remember, to go on later.
///
/// It holds states by the id of their alarm, so that limits may change in between.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    t_s: Option<f64>,
    sequence: u64,
    flood: Flood,
    points: BTreeMap<String, Point>,
    values: BTreeMap<String, f64>,
}

impl Alarms {
    /// Alarms before the first sample: nothing is past a limit.
    #[must_use]
    pub fn new(plan: AlarmPlan) -> Alarms {
        let by_id = plan.alarms.iter().enumerate().map(|(at, one)| (one.id.clone(), at)).collect();
        let silence = |alarm: &Alarm| {
            let of = |one: &Alarm| one.channel == alarm.channel && one.bound == Bound::Silent;
            plan.alarms.iter().position(of)
        };
        let names = plan.groups();
        let group = |alarm: &Alarm| names.binary_search(&alarm.group.as_str()).unwrap_or(0);
        let (silences, groups) =
            (plan.alarms.iter().map(silence).collect(), plan.alarms.iter().map(group).collect());
        let group_count = names.len();
        Alarms::of(Arc::new(Shared { by_id, silences, groups, group_count, plan }))
    }

    /// Others under the same plan before their first sample; both share it.
    #[must_use]
    pub fn fresh(&self) -> Alarms {
        Alarms::of(Arc::clone(&self.shared))
    }

    fn of(shared: Arc<Shared>) -> Alarms {
        Alarms {
            points: vec![Point::default(); shared.plan.alarms.len()],
            open: vec![0; shared.group_count],
            values: vec![None; shared.plan.channels.len()],
            flood: Flood::default(),
            t_s: None,
            sequence: 0,
            refused: 0,
            transitions: Vec::new(),
            shared,
        }
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &AlarmPlan {
        &self.shared.plan
    }

    /// Take in one sample of every channel at `t_s`, s of mission time; return what changed.
    ///
    /// Of alarms that one sample raises, the most urgent comes first.
    ///
    /// A value that is not a finite number, and one that the row is too short for, is a missing sample: where nothing comes
    /// at all, push an empty row, so that silence is seen. A time that is no number or lies before the last one is refused
    /// and counted ([`Alarms::refused`]); nothing changes then.
    pub fn push(&mut self, t_s: f64, row: &[f64]) -> &[Transition] {
        self.transitions.clear();
        if !self.accepts(t_s) {
            self.refused += 1;
            return &self.transitions;
        }
        self.t_s = Some(t_s);
        for (at, value) in self.values.iter_mut().enumerate() {
            *value = row.get(at).copied().filter(|value| value.is_finite());
        }
        self.expire(t_s);
        if self.flood.pass(t_s, &self.shared.plan.flood) {
            self.release();
        }
        let mut raised = Vec::new();
        for at in 0..self.points.len() {
            let alarm = &self.shared.plan.alarms[at];
            let value = self.values[alarm.channel].unwrap_or(f64::NAN);
            let before = self.state(at);
            match self.points[at].turn(alarm, t_s, value) {
                Turn::None => {}
                Turn::Raised => raised.push((at, before)),
                Turn::Cleared => self.clear(at, before),
            }
        }
        // Of alarms of one sample the most urgent is the first of its group, then the one declared first.
        raised
            .sort_by_key(|(at, _)| (std::cmp::Reverse(self.shared.plan.alarms[*at].priority), *at));
        for (at, before) in raised {
            self.raise(at, before, t_s);
        }
        &self.transitions
    }

    /// Whether a sample at `t_s` is taken in: a number, and not before the last one.
    pub(crate) fn accepts(&self, t_s: f64) -> bool {
        t_s.is_finite() && self.t_s.is_none_or(|last_s| t_s >= last_s)
    }

    /// Say that `who` knows of an alarm; at the time of the last sample.
    ///
    /// # Errors
    /// [`WatchError::UnknownAlarm`]; [`WatchError::State`] unless it is unacknowledged, returned or suppressed;
    /// [`WatchError::Range`] without a name, or with one of more than 1 000 characters.
    pub fn acknowledge(&mut self, id: &str, who: &str) -> Result<Transition, WatchError> {
        let at = self.find(id)?;
        named(id, "who", who)?;
        let from = self.state(at);
        if !matches!(from, State::Unacknowledged | State::Returned | State::Suppressed) {
            let allowed = "unacknowledged, returned, suppressed";
            return Err(refused(id, "acknowledged", from, allowed));
        }
        let point = &mut self.points[at];
        if point.is_past {
            (point.is_acknowledged, point.is_held) = (true, false);
            point.who = Some(who.to_owned());
        } else {
            point.is_left = false;
        }
        self.count(at, from.is_open());
        Ok(self.note(at, from, Cause::Acknowledged { who: who.to_owned() }))
    }

    /// Put an alarm aside until `until_s`, s of mission time; at the time of the last sample.
    ///
    /// Its condition is followed all the same: when the time is over and the limit is still passed, it is raised anew,
    /// unless it was acknowledged.
    ///
    /// # Errors
    /// [`WatchError::UnknownAlarm`]; [`WatchError::State`] for a shelved one; [`WatchError::Range`] for a critical one, for
    /// a time that is over or longer than the plan allows, and without a name or a reason, or with one of more than 1 000
    /// characters.
    pub fn shelve(
        &mut self,
        id: &str,
        until_s: f64,
        who: &str,
        why: &str,
    ) -> Result<Transition, WatchError> {
        let at = self.find(id)?;
        named(id, "who", who)?;
        named(id, "reason", why)?;
        let range = |quantity, found: String, allowed: String| WatchError::Range {
            place: id.to_owned(),
            quantity,
            found,
            allowed,
        };
        if self.shared.plan.alarms[at].priority == Priority::Critical {
            let allowed = "low, medium, high: critical alarms are not shelved";
            return Err(range("priority", "critical".into(), allowed.into()));
        }
        let since_s = self.now_s();
        let latest_s = since_s + self.shared.plan.longest_shelving_s;
        if !(until_s > since_s && until_s <= latest_s) {
            let allowed = format!("after {since_s} and up to {latest_s}, in s of mission time");
            return Err(range("until_s", until_s.to_string(), allowed));
        }
        let from = self.state(at);
        if from == State::Shelved {
            return Err(refused(id, "shelved", from, "any other state"));
        }
        let was_open = self.counts(at);
        let shelving = Shelving { who: who.to_owned(), why: why.to_owned(), since_s, until_s };
        self.points[at].shelving = Some(shelving.clone());
        // Another one may be the first of the group while this one is away.
        (self.points[at].is_held, self.points[at].is_first) = (false, false);
        self.count(at, was_open);
        Ok(self.note(at, from, Cause::Shelved(shelving)))
    }

    /// Take an alarm off the shelf; at the time of the last sample.
    ///
    /// # Errors
    /// [`WatchError::UnknownAlarm`]; [`WatchError::State`] unless it is shelved; [`WatchError::Range`] without a name, or with one of
    /// more than 1 000 characters.
    pub fn unshelve(&mut self, id: &str, who: &str) -> Result<Transition, WatchError> {
        let at = self.find(id)?;
        named(id, "who", who)?;
        let from = self.state(at);
        if from != State::Shelved {
            return Err(refused(id, "unshelved", from, "shelved"));
        }
        self.points[at].shelving = None;
        self.count(at, false);
        Ok(self.note(at, from, Cause::Unshelved { who: who.to_owned() }))
    }

    /// What people see: every alarm that is neither normal nor of bad quality, the most urgent first, then the oldest.
    ///
    /// A silent instrument is in it by its own alarm ([`Bound::Silent`]).
    #[must_use]
    pub fn active(&self) -> Vec<Active> {
        let open = (0..self.points.len()).filter(|at| self.state(*at).is_open());
        let mut list: Vec<Active> = open.map(|at| self.seen(at)).collect();
        list.sort_by(|a, b| {
            b.priority.cmp(&a.priority).then(a.since_s.total_cmp(&b.since_s)).then(a.id.cmp(&b.id))
        });
        list
    }

    /// Every alarm, in the order of the plan.
    #[must_use]
    pub fn all(&self) -> Vec<Active> {
        (0..self.points.len()).map(|at| self.seen(at)).collect()
    }

    /// The state of one alarm.
    ///
    /// # Errors
    /// [`WatchError::UnknownAlarm`].
    pub fn state_of(&self, id: &str) -> Result<State, WatchError> {
        Ok(self.state(self.find(id)?))
    }

    /// Whether a flood is under way, how many there were, and how many alarms were held back in them.
    #[must_use]
    pub fn floods(&self) -> (bool, u64, u64) {
        (self.flood.is_on, self.flood.floods, self.flood.held)
    }

    /// Rows refused because their time lay before that of the row before.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Time of the last sample, s of mission time; 0 before the first.
    #[must_use]
    pub fn now_s(&self) -> f64 {
        self.t_s.unwrap_or(0.0)
    }

    /// All that is remembered.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let ids = self.shared.plan.alarms.iter().map(|alarm| alarm.id.clone());
        let channels = self.shared.plan.channels.iter().map(|channel| &channel.id);
        let values = channels.zip(&self.values);
        Snapshot {
            t_s: self.t_s,
            sequence: self.sequence,
            flood: self.flood.clone(),
            points: ids.zip(self.points.iter().cloned()).collect(),
            values: values.filter_map(|(id, value)| Some((id.clone(), (*value)?))).collect(),
        }
    }

    /// Go on from a snapshot under `plan`, whose limits may be others; alarms new in it start normal.
    ///
    /// # Errors
    /// [`WatchError::LostAlarm`] where an open alarm is not in the plan.
    pub fn restore(plan: AlarmPlan, snapshot: Snapshot) -> Result<Alarms, WatchError> {
        Alarms::new(plan).resumed(snapshot)
    }

    /// Others under the same plan that go on from a snapshot; both share it.
    ///
    /// # Errors
    /// As [`Alarms::restore`].
    pub fn resumed(&self, snapshot: Snapshot) -> Result<Alarms, WatchError> {
        let mut alarms = self.fresh();
        for (id, point) in snapshot.points {
            match alarms.shared.by_id.get(&id) {
                Some(at) => {
                    alarms.points[*at] = point;
                    alarms.count(*at, false);
                }
                None if point.is_open() || point.shelving.is_some() => {
                    return Err(WatchError::LostAlarm(id));
                }
                None => {}
            }
        }
        for (channel, value) in alarms.shared.plan.channels.iter().zip(&mut alarms.values) {
            *value = snapshot.values.get(&channel.id).copied();
        }
        alarms.t_s = snapshot.t_s;
        alarms.sequence = snapshot.sequence;
        alarms.flood = snapshot.flood;
        Ok(alarms)
    }
}

/// What happens to one alarm.
impl Alarms {
    fn find(&self, id: &str) -> Result<usize, WatchError> {
        self.shared.by_id.get(id).copied().ok_or_else(|| WatchError::UnknownAlarm(id.to_owned()))
    }

    fn is_silent(&self, at: usize) -> bool {
        self.shared.silences[at].is_some_and(|silence| self.points[silence].is_past)
    }

    fn state(&self, at: usize) -> State {
        // Silence is what is known about a silent instrument.
        let of_limit = self.shared.silences[at] != Some(at);
        self.points[at].state(of_limit && self.is_silent(at))
    }

    /// Whether an alarm counts among the open ones of its group.
    fn counts(&self, at: usize) -> bool {
        self.points[at].is_open() && self.points[at].shelving.is_none()
    }

    /// Count an alarm of which `was_open` said before whether it counts.
    fn count(&mut self, at: usize, was_open: bool) {
        let is_open = self.counts(at);
        let open = &mut self.open[self.shared.groups[at]];
        match (was_open, is_open) {
            (false, true) => *open += 1,
            (true, false) => *open -= 1,
            _ => {}
        }
    }

    fn raise(&mut self, at: usize, before: State, t_s: f64) {
        let is_shelved = before == State::Shelved;
        let was_open = before == State::Returned;
        let is_first = !is_shelved && !was_open && self.open[self.shared.groups[at]] == 0;
        let priority = self.shared.plan.alarms[at].priority;
        let waits = !is_shelved && self.flood.admit(t_s, priority, &self.shared.plan.flood);
        let point = &mut self.points[at];
        (point.is_acknowledged, point.who) = (false, None);
        point.is_left = false;
        point.is_held = waits;
        point.raised_s = Some(t_s);
        // One that comes back before anybody looked is the same story.
        point.is_first = is_first || (was_open && point.is_first);
        self.count(at, was_open);
        if !is_shelved {
            self.note(at, before, Cause::Sample);
        }
    }

    fn clear(&mut self, at: usize, before: State) {
        let was_open = before != State::Shelved;
        let point = &mut self.points[at];
        // What nobody was shown needs nobody's hand.
        point.is_left = before == State::Unacknowledged;
        (point.is_held, point.is_acknowledged) = (false, false);
        self.count(at, was_open);
        if was_open {
            self.note(at, before, Cause::Sample);
        }
    }

    /// Take what has been on the shelf for long enough off it.
    fn expire(&mut self, t_s: f64) {
        for at in 0..self.points.len() {
            let over = |shelving: &Shelving| shelving.until_s <= t_s;
            if self.points[at].shelving.as_ref().is_some_and(over) {
                self.points[at].shelving = None;
                self.count(at, false);
                self.note(at, State::Shelved, Cause::Expired);
            }
        }
    }

    /// Show what was held back in a flood.
    fn release(&mut self) {
        for at in 0..self.points.len() {
            if self.points[at].is_held {
                self.points[at].is_held = false;
                if self.points[at].is_past && self.points[at].shelving.is_none() {
                    self.note(at, State::Suppressed, Cause::FloodOver);
                }
            }
        }
    }

    fn note(&mut self, at: usize, from: State, cause: Cause) -> Transition {
        self.sequence += 1;
        let t_s = self.now_s();
        self.points[at].since_s = t_s;
        let alarm = &self.shared.plan.alarms[at];
        let transition = Transition {
            sequence: self.sequence,
            t_s,
            alarm: alarm.id.clone(),
            from,
            to: self.state(at),
            priority: alarm.priority,
            first_out: self.points[at].is_first,
            value: self.values[alarm.channel],
            cause,
            text: format!("{}; {}", self.text(at), self.state(at).name()),
        };
        // Commands give theirs back; samples leave theirs here.
        if matches!(transition.cause, Cause::Sample | Cause::Expired | Cause::FloodOver) {
            self.transitions.push(transition.clone());
        }
        transition
    }

    /// What about the channel, in one line.
    fn text(&self, at: usize) -> String {
        let alarm = &self.shared.plan.alarms[at];
        let channel = &self.shared.plan.channels[alarm.channel];
        let owner = &channel.owner;
        let quantity = channel.quantity.replace(MEASURED, "");
        if alarm.bound == Bound::Silent {
            return format!("{owner}: {quantity} is silent");
        }
        // A share or a score has no unit that anybody would say.
        let unit = match channel.unit.as_str() {
            "1" => String::new(),
            unit => format!(" {unit}"),
        };
        let side = if alarm.bound.is_low() { "below" } else { "above" };
        let kind = if alarm.bound.is_warning() { "warning" } else { "caution" };
        let (value, limit) = (self.values[alarm.channel], alarm.limit);
        if channel.column.is_none() {
            let value = value.map_or_else(|| "unknown".to_owned(), |value| figures(value, 3));
            let limit = figures(limit, 3);
            return format!("{owner}: {quantity}, score {value} ({kind} {side} {limit})");
        }
        let value = match value {
            Some(value) => format!("{}{unit}", figures(value, 5)),
            None => "unknown".to_owned(),
        };
        format!("{owner}: {quantity} {value} ({kind} {side} {}{unit})", figures(limit, 5))
    }

    fn seen(&self, at: usize) -> Active {
        let (alarm, point) = (&self.shared.plan.alarms[at], &self.points[at]);
        let channel = &self.shared.plan.channels[alarm.channel];
        Active {
            id: alarm.id.clone(),
            channel: channel.id.clone(),
            quantity: channel.quantity.replace(MEASURED, ""),
            bound: alarm.bound,
            state: self.state(at),
            priority: alarm.priority,
            since_s: point.since_s,
            raised_s: point.raised_s,
            value: self.values[alarm.channel],
            limit: (alarm.bound != Bound::Silent).then_some(alarm.limit),
            unit: channel.unit.clone(),
            group: alarm.group.clone(),
            first_out: point.is_first && point.is_open(),
            is_silent: self.is_silent(at),
            acknowledged_by: point.who.clone(),
            shelving: point.shelving.clone(),
            text: self.text(at),
        }
    }
}

/// A number with so many figures, and no zeros behind them.
fn figures(value: f64, figures: i32) -> String {
    let places = match value.abs().log10().floor() {
        size if size.is_finite() => (figures - 1 - size as i32).clamp(0, 12),
        _ => 0,
    };
    let text = format!("{value:.*}", places as usize);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// Refuse words that say nothing, and words that are kept with each alarm and would fill memory.
fn named(id: &str, quantity: &'static str, words: &str) -> Result<(), WatchError> {
    let letters = words.chars().count();
    let found = match letters {
        _ if words.trim().is_empty() => "nothing".to_owned(),
        letters if letters > WORDS_MOST => format!("{letters} characters"),
        _ => return Ok(()),
    };
    let allowed = format!("at least one letter, up to {WORDS_MOST} characters");
    Err(WatchError::Range { place: id.to_owned(), quantity, found, allowed })
}

fn refused(id: &str, verb: &'static str, found: State, allowed: &'static str) -> WatchError {
    WatchError::State { id: id.to_owned(), verb, found: found.name(), allowed }
}

#[cfg(test)]
mod tests {
    use super::figures;

    #[test]
    fn numbers_have_the_figures_that_count() {
        for (value, many, wanted) in [
            (423.4544, 5, "423.45"),
            (399.966, 5, "399.97"),
            (33_535.688_8, 5, "33536"),
            (400.0, 5, "400"),
            (0.148, 5, "0.148"),
            (-1.80261, 3, "-1.8"),
            (1_234_567.8, 5, "1234568"),
            (0.000_012_345_6, 5, "0.000012346"),
            (0.0, 5, "0"),
        ] {
            assert_eq!(figures(value, many), wanted);
        }
    }
}
