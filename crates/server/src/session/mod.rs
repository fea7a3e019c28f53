//! A session: a habitat that somebody runs, commands and watches.
//!
//! | file | noun |
//! |---|---|
//! | here | [`Session`]: the habitat under its lock, its pace, what is told of it |
//! | `flight` | the habitat and who commands it, step by step |
//! | `pilot` | a controller or a policy |
//! | `advice` | proposals in advisory mode |
//! | `view` | what is told of a session |
//! | `saved` | a session as bytes |
//!
//! A row of every channel is made at each step. It waits in the session until it is in the database, so that what is read
//! from both is whole ([`Session::fresh`]).

pub mod advice;
pub mod flight;
pub mod pilot;
pub mod saved;
pub mod view;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use catalogue::ValueKind;
use env::Command;
use env::habitat::fault::{Kind, Mode as FaultMode};
use store::Severity;
use tokio::sync::broadcast;
use watch::alarm::{Active, Alarms, Priority, State, Transition};

use self::advice::{Advice, Decided, Decision, Desk, SetPoint, set_points};
use self::flight::{Flight, Happening, Standing};
use self::pilot::Pilot;
use self::view::{AlarmCount, EventView, Mode, Status, View};
use crate::ApiError;

/// Rows that may wait for the database; a session waits beyond.
const FRESH_MOST: usize = 600;
/// Steps of one turn of a session that runs: a few tenths of a millisecond, so that others get theirs.
const STEPS_PER_TURN: u64 = 64;
/// News that may wait for a listener; what comes beyond is lost to it, and it is told how much.
const NEWS_WAITING: usize = 256;
/// Time that a session may lag behind its rate before the lag is forgiven.
const LAG_MOST: Duration = Duration::from_secs(2);
/// Fastest rate, mission seconds in a second.
pub const RATE_MOST: f64 = 1e6;

/// Something that listeners are told.
#[derive(Debug, Clone)]
pub enum News {
    /// A row of every channel.
    Row(f64, Arc<[f64]>),
    /// An alarm changed its state.
    Alarm(Transition),
    /// Something happened.
    Event(EventView),
    /// The session itself changed.
    Session(Box<View>),
}

/// A row that is not in the database yet.
#[derive(Debug, Clone)]
pub struct Fresh {
    /// Mission time, µs.
    pub time_us: i64,
    /// Every channel.
    pub row: Arc<[f64]>,
}

/// What does not change about a session.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Scenario.
    pub scenario: String,
    /// Difficulty.
    pub difficulty: String,
    /// Seed.
    pub seed: u64,
    /// Length of the mission, d.
    pub days: f64,
    /// UTC of mission time 0, ms since 1970.
    pub epoch_ms: i64,
    /// When the session was made, ms since 1970.
    pub created_ms: i64,
}

/// A habitat that somebody runs.
pub struct Session {
    facts: Facts,
    inner: Mutex<Inner>,
    news: broadcast::Sender<News>,
}

struct Inner {
    flight: Flight,
    alarms: Alarms,
    desk: Desk,
    mode: Mode,
    status: Status,
    rate: f64,
    reason: Option<String>,
    pace: Pace,
    fresh: VecDeque<Fresh>,
    /// Rows up to here are in the database already, from before a stop: what is lived again is told, but not kept twice.
    known_us: i64,
    events: Vec<store::Event>,
    happenings: Vec<Happening>,
    watched: Vec<f64>,
    /// Something changed since it was saved last.
    is_changed: bool,
    /// What was counted since the figures were taken last.
    steps: u64,
    lags: u64,
}

/// When steps are due.
#[derive(Debug, Clone, Copy)]
struct Pace {
    since: Instant,
    done: u64,
}

impl Pace {
    fn begun(now: Instant) -> Pace {
        Pace { since: now, done: 0 }
    }
}

/// What the database is to take of a session.
pub struct Unkept {
    /// Rows, the oldest first.
    pub rows: Vec<Fresh>,
    /// Events.
    pub events: Vec<store::Event>,
    /// Decisions on proposals.
    pub decided: Vec<Decided>,
}

impl Session {
    /// A session of `flight`.
    pub fn new(facts: Facts, flight: Flight, alarms: Alarms, mode: Mode) -> Session {
        let inner = Inner {
            alarms,
            desk: Desk::default(),
            mode,
            status: Status::Paused,
            rate: 0.0,
            reason: None,
            pace: Pace::begun(Instant::now()),
            fresh: VecDeque::new(),
            known_us: i64::MIN,
            events: Vec::new(),
            happenings: Vec::new(),
            watched: Vec::new(),
            is_changed: true,
            steps: 0,
            lags: 0,
            flight,
        };
        Session { facts, inner: Mutex::new(inner), news: broadcast::channel(NEWS_WAITING).0 }
    }

    /// What does not change about it.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Listen to what happens.
    pub fn listen(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    /// Listeners.
    pub fn listeners(&self) -> usize {
        self.news.receiver_count()
    }

    /// The session under its lock. One whose habitat panicked has failed and stays as it is.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|poisoned| {
            let mut inner = poisoned.into_inner();
            inner.status = Status::Failed;
            inner
                .reason
                .get_or_insert_with(|| "its habitat broke down while it was stepped".into());
            inner
        })
    }

    fn tell(&self, news: News) {
        // Nobody listens: nobody is told.
        let _ = self.news.send(news);
    }

    /// What is told of it.
    pub fn view(&self) -> View {
        self.view_of(&self.lock())
    }

    fn view_of(&self, inner: &Inner) -> View {
        let Facts { id, name, scenario, difficulty, seed, days, epoch_ms, created_ms } =
            self.facts.clone();
        let (flight, habitat) = (&inner.flight, inner.flight.habitat());
        let timing = flight.timing();
        let aborted = habitat.abort_reason() != env::habitat::AbortReason::None;
        let crew_size = flight.plan().crew.len();
        let crew_alive = habitat.crew_alive();
        let is_over = flight.standing() != Standing::Flying;
        let channels = habitat.catalogue().channels();
        let held = flight.held().iter().filter_map(|(actuator, value)| {
            let channel = habitat.actuators().get(*actuator)?.channel;
            Some((channels.get(channel)?.id.clone(), *value))
        });
        View {
            id,
            name,
            scenario,
            difficulty,
            seed,
            controller: flight.pilot().name().to_owned(),
            mode: inner.mode,
            status: inner.status,
            rate: inner.rate,
            t_s: habitat.t_s(),
            dt_s: timing.dt_s,
            decision_s: timing.decision_s,
            days,
            epoch_ms,
            crew_size,
            crew_alive,
            success: is_over.then_some(crew_alive == crew_size && !aborted),
            abort_reason: aborted.then(|| habitat.abort_reason().words().to_owned()),
            alarms: count(&inner.alarms),
            held: held.collect(),
            created_ms,
            reason: inner.reason.clone(),
        }
    }

    /// Take `steps` steps now.
    ///
    /// # Errors
    /// 409 while it runs, or when its mission is over; 503 while too many rows wait for the database.
    pub fn step(&self, steps: u64) -> Result<View, ApiError> {
        let mut inner = self.lock();
        inner.can_go_on()?;
        if inner.status == Status::Running {
            return Err(ApiError::conflict("the session runs; pause it to step by hand"));
        }
        // All or none: who asks again must not take some twice.
        if inner.fresh.len() as u64 + steps > FRESH_MOST as u64 {
            return Err(ApiError::new(
                axum::http::StatusCode::SERVICE_UNAVAILABLE,
                "rows wait for the database; ask for fewer steps at a time",
            ));
        }
        for _ in 0..steps {
            if !self.advance(&mut inner)? {
                break;
            }
        }
        Ok(self.view_of(&inner))
    }

    /// Run at `rate` mission seconds in a second.
    ///
    /// # Errors
    /// 422 for a rate out of range; 409 when the mission is over.
    pub fn run(&self, rate: f64) -> Result<View, ApiError> {
        if !(rate > 0.0 && rate <= RATE_MOST) {
            return Err(ApiError::refused(format!(
                "rate is {rate}; allowed is above 0 up to {RATE_MOST} mission seconds in a second"
            )));
        }
        let mut inner = self.lock();
        inner.can_go_on()?;
        inner.status = Status::Running;
        inner.rate = rate;
        inner.pace = Pace::begun(Instant::now());
        inner.is_changed = true;
        Ok(self.changed(&inner))
    }

    /// Stand still.
    ///
    /// # Errors
    /// 409 when the mission is over.
    pub fn pause(&self) -> Result<View, ApiError> {
        let mut inner = self.lock();
        inner.can_go_on()?;
        inner.status = Status::Paused;
        inner.is_changed = true;
        Ok(self.changed(&inner))
    }

    fn changed(&self, inner: &Inner) -> View {
        let view = self.view_of(inner);
        self.tell(News::Session(Box::new(view.clone())));
        view
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.lock().status == Status::Running
    }

    /// Take the steps that are due, some at most, and say when the next is; `None` for a session that does not run.
    pub fn turn(&self) -> Option<Instant> {
        let mut inner = self.lock();
        if inner.status != Status::Running {
            return None;
        }
        let step_s = inner.flight.timing().dt_s / inner.rate;
        let now = Instant::now();
        let owed = (now.duration_since(inner.pace.since).as_secs_f64() / step_s) as u64;
        let due = owed.saturating_sub(inner.pace.done);
        for _ in 0..due.min(STEPS_PER_TURN) {
            if inner.fresh.len() >= FRESH_MOST {
                break;
            }
            match self.advance(&mut inner) {
                Ok(true) => inner.pace.done += 1,
                Ok(false) => return None,
                Err(error) => {
                    inner.status = Status::Failed;
                    inner.reason = Some(error.error);
                    self.changed(&inner);
                    return None;
                }
            }
        }
        let next = inner.pace.since
            + Duration::from_secs_f64(((inner.pace.done + 1) as f64 * step_s).min(1e9));
        if now.saturating_duration_since(next) > LAG_MOST {
            // It cannot keep its rate: it goes on from here as fast as it can.
            inner.lags += 1;
            inner.pace = Pace::begun(now);
        }
        // Whoever waits for the database looks again soon.
        Some(if inner.fresh.len() >= FRESH_MOST { now + Duration::from_millis(50) } else { next })
    }

    /// Take one step; `false` when the mission is over with it.
    fn advance(&self, inner: &mut Inner) -> Result<bool, ApiError> {
        if inner.flight.decision_is_due() {
            inner.decide(self)?;
        }
        let mut happenings = std::mem::take(&mut inner.happenings);
        let stepped = inner.flight.step(&mut happenings);
        for happening in happenings.drain(..) {
            let Happening { kind, severity, source, text } = happening;
            self.note(inner, kind, severity, &source, text, String::new());
        }
        inner.happenings = happenings;
        stepped?;
        inner.steps += 1;
        inner.is_changed = true;
        self.show(inner);
        match inner.flight.standing() {
            Standing::Flying => Ok(true),
            standing => {
                inner.status = Status::Ended;
                let text = match standing {
                    Standing::Lost => "nobody is alive; the session has ended",
                    _ => "the mission is over",
                };
                self.note(inner, "end", Severity::Advisory, "session", text.into(), String::new());
                self.changed(inner);
                Ok(false)
            }
        }
    }

    /// Put the row of now among the fresh ones, look at its alarms, and tell.
    fn show(&self, inner: &mut Inner) {
        let t_s = inner.flight.habitat().t_s();
        let row: Arc<[f64]> = inner.flight.row().into();
        let time_us = (t_s * 1e6).round() as i64;
        if time_us > inner.known_us {
            inner.fresh.push_back(Fresh { time_us, row: Arc::clone(&row) });
        }
        let mut watched = std::mem::take(&mut inner.watched);
        inner.alarms.plan().gather(&row, &mut watched);
        let transitions: Vec<Transition> = inner.alarms.push(t_s, &watched).to_vec();
        inner.watched = watched;
        if self.news.receiver_count() > 0 {
            self.tell(News::Row(t_s, row));
        }
        for transition in transitions {
            self.note_transition(inner, transition);
        }
    }

    fn note_transition(&self, inner: &mut Inner, transition: Transition) {
        let severity = match (transition.to, transition.priority) {
            (State::Unacknowledged, Priority::Critical) => Severity::Emergency,
            (State::Unacknowledged, Priority::High) => Severity::Warning,
            (State::Unacknowledged, _) => Severity::Caution,
            _ => Severity::Advisory,
        };
        let detail = serde_json::to_string(&transition).unwrap_or_default();
        let text = transition.text.clone();
        let source = transition.alarm.clone();
        self.note(inner, "alarm", severity, &source, text, detail);
        self.tell(News::Alarm(transition));
    }

    fn note(
        &self,
        inner: &mut Inner,
        kind: &str,
        severity: Severity,
        source: &str,
        text: String,
        detail: String,
    ) {
        let event = store::Event {
            time_us: (inner.flight.habitat().t_s() * 1e6).round() as i64,
            kind: kind.to_owned(),
            severity,
            source: source.to_owned(),
            text,
            detail: if detail.is_empty() { "{}".to_owned() } else { detail },
        };
        self.tell(News::Event(EventView::of(&event)));
        inner.events.push(event);
        inner.is_changed = true;
    }

    /// Say that rows up to a time are in the database from before a stop.
    pub fn knows(&self, up_to_us: i64) {
        self.lock().known_us = up_to_us;
    }

    /// Show the state before the first step.
    pub fn begin(&self) {
        self.show(&mut self.lock());
    }

    /// Rows that are not in the database, from `from_us` on.
    pub fn fresh(&self, from_us: i64) -> Vec<Fresh> {
        self.lock().fresh.iter().filter(|fresh| fresh.time_us >= from_us).cloned().collect()
    }

    /// Time of the oldest row that is not in the database, µs.
    pub fn oldest_fresh_us(&self) -> Option<i64> {
        self.lock().fresh.front().map(|fresh| fresh.time_us)
    }

    /// Mission time and every channel as they stand.
    pub fn latest(&self) -> (f64, Vec<f64>) {
        let inner = self.lock();
        (inner.flight.habitat().t_s(), inner.flight.row().to_vec())
    }

    /// Look at the flight.
    pub fn look<T>(&self, look: impl FnOnce(&Flight) -> T) -> T {
        look(&self.lock().flight)
    }

    /// Events that are not in the database.
    pub fn fresh_events(&self) -> Vec<store::Event> {
        self.lock().events.clone()
    }

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
        self.note(&mut inner, "command", Severity::Advisory, channel, text, detail);
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
        self.note(&mut inner, "injection", Severity::Advisory, unit, text, detail);
        Ok(())
    }

    /// Put another controller or policy in command.
    ///
    /// # Errors
    /// What `make` returns; the old one stays then.
    pub fn change_pilot(
        &self,
        who: &str,
        make: impl FnOnce(&Flight) -> Result<Pilot, ApiError>,
    ) -> Result<View, ApiError> {
        let mut inner = self.lock();
        inner.can_go_on()?;
        let pilot = make(&inner.flight)?;
        let text = format!("{who} puts {} in command", pilot.name());
        inner.flight.change_pilot(pilot);
        inner.desk.pending = None;
        self.note(&mut inner, "controller", Severity::Advisory, "session", text, String::new());
        Ok(self.changed(&inner))
    }

    /// Alarms that people see, or all.
    pub fn alarms(&self, all: bool) -> Vec<Active> {
        let inner = self.lock();
        if all { inner.alarms.all() } else { inner.alarms.active() }
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
        let transition = change(&mut inner.alarms).map_err(|error| match error {
            watch::WatchError::State { .. } => ApiError::conflict(error.to_string()),
            other => ApiError::refused(other),
        })?;
        self.note_transition(&mut inner, transition.clone());
        Ok(transition)
    }

    /// Whether decisions wait for an operator.
    pub fn set_mode(&self, who: &str, mode: Mode) -> Result<View, ApiError> {
        let mut inner = self.lock();
        inner.can_go_on()?;
        inner.mode = mode;
        if mode == Mode::Auto {
            inner.desk.pending = None;
        }
        let text = match mode {
            Mode::Auto => format!("{who} lets the controller act by itself"),
            Mode::Advisory => format!("{who} lets the controller propose"),
        };
        self.note(&mut inner, "controller", Severity::Advisory, "session", text, String::new());
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
            None => (Decision::Accepted, pending.commands.clone()),
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
        self.note(inner, "advice", Severity::Advisory, "session", text, String::new());
        decided.ok_or_else(|| ApiError::conflict("the proposal has gone"))
    }

    /// Decisions on proposals that are not in the database.
    pub fn fresh_decisions(&self) -> Vec<Decided> {
        self.lock().desk.decided.clone()
    }

    /// What the database does not have yet.
    pub fn unkept(&self, after_us: i64) -> Unkept {
        let inner = self.lock();
        Unkept {
            rows: inner.fresh.iter().filter(|row| row.time_us > after_us).cloned().collect(),
            events: inner.events.clone(),
            decided: inner.desk.decided.clone(),
        }
    }

    /// Forget what is in the database now: rows up to a time, and the first so many events and decisions.
    pub fn kept(&self, up_to_us: i64, events: usize, decided: usize) {
        let mut inner = self.lock();
        while inner.fresh.front().is_some_and(|row| row.time_us <= up_to_us) {
            inner.fresh.pop_front();
        }
        inner.events.drain(..events);
        // Only what is not kept has to be at hand.
        inner.desk.decided.drain(..decided);
    }

    /// The session as bytes, where it changed since the last time.
    pub fn save(&self, anyway: bool) -> Option<saved::Saved> {
        let mut inner = self.lock();
        if !inner.is_changed && !anyway {
            return None;
        }
        inner.is_changed = false;
        Some(saved::Saved::of(&inner))
    }

    /// Say that what [`Session::save`] gave was not kept.
    pub fn not_saved(&self) {
        self.lock().is_changed = true;
    }

    /// Steps and lags since the last call.
    pub fn take_counts(&self) -> (u64, u64) {
        let mut inner = self.lock();
        (std::mem::take(&mut inner.steps), std::mem::take(&mut inner.lags))
    }

    /// Note something from outside, as that it was taken up again after a stop.
    pub fn remark(&self, kind: &str, severity: Severity, text: String) {
        self.note(&mut self.lock(), kind, severity, "session", text, String::new());
    }
}

impl Inner {
    fn can_go_on(&self) -> Result<(), ApiError> {
        match self.status {
            Status::Ended => Err(ApiError::conflict("the mission of this session is over")),
            Status::Failed => Err(ApiError::conflict(format!(
                "the session has failed: {}",
                self.reason.as_deref().unwrap_or("for no reason that is known")
            ))),
            Status::Paused | Status::Running => Ok(()),
        }
    }

    /// Let the pilot decide: at once, or as a proposal.
    fn decide(&mut self, session: &Session) -> Result<(), ApiError> {
        let wanted = self.flight.wanted()?;
        if self.mode == Mode::Auto {
            return self.flight.obey(&wanted);
        }
        let t_s = self.flight.habitat().t_s();
        if let Some(decided) = self.desk.decide(Decision::Expired, t_s, None, Vec::new(), None) {
            let text = format!("proposal {} expired", decided.number);
            session.note(self, "advice", Severity::Caution, "session", text, String::new());
        }
        if !wanted.is_empty() {
            let decision_s = self.flight.timing().decision_s;
            let by = self.flight.pilot().name().to_owned();
            self.desk.propose(self.flight.habitat(), wanted, &by, decision_s);
            let text = format!("proposal {} of {by}", self.desk.last);
            session.note(self, "advice", Severity::Advisory, "session", text, String::new());
        }
        Ok(())
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

fn count(alarms: &Alarms) -> AlarmCount {
    let mut count = AlarmCount::default();
    for active in alarms.active() {
        if active.state == State::Shelved {
            continue;
        }
        match active.priority {
            Priority::Critical => count.critical += 1,
            Priority::High => count.high += 1,
            Priority::Medium => count.medium += 1,
            Priority::Low => count.low += 1,
        }
        count.unacknowledged +=
            usize::from(matches!(active.state, State::Unacknowledged | State::Returned));
    }
    count
}

/// A row by channel, without what is no number.
pub fn by_channel(ids: &[String], row: &[f64]) -> BTreeMap<String, Option<f64>> {
    let pairs = ids.iter().zip(row);
    pairs.map(|(id, value)| (id.clone(), value.is_finite().then_some(*value))).collect()
}
