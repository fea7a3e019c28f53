//! A session: a habitat that somebody runs, commands and watches.
//!
//! | file | noun |
//! |---|---|
//! | here | [`Session`]: the habitat under its lock, what is told of it |
//! | `pace` | its steps: by hand, or at a rate |
//! | `order` | what people do to it |
//! | `unkept` | what of it is not in the database yet |
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
mod order;
pub mod pace;
pub mod pilot;
pub mod saved;
pub mod unkept;
pub mod view;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use store::Severity;
use tokio::sync::broadcast;
use watch::alarm::{Alarms, Priority, State, Transition};
use watch::anomaly::Lookout;

use self::advice::Desk;
use self::flight::{Flight, Happening, Standing};
use self::pace::Pace;
use self::unkept::Waiting;
use self::view::{AlarmCount, EventView, Mode, Status, View};
use crate::ApiError;
use crate::announcer::Announcer;

/// News that may wait for a listener; what comes beyond is lost to it, and it is told how much.
const NEWS_WAITING: usize = 256;
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
    announcer: Arc<Announcer>,
}

struct Inner {
    flight: Flight,
    lookout: Lookout,
    desk: Desk,
    mode: Mode,
    status: Status,
    rate: f64,
    reason: Option<String>,
    pace: Pace,
    waits: Waiting,
    happenings: Vec<Happening>,
    /// Samples that instruments had given when somebody looked last.
    samples: u64,
    /// The controller is being asked.
    decides: bool,
    /// It is being stopped: nothing is done to it any more.
    is_closing: bool,
    /// What was counted since the figures were taken last.
    steps: u64,
    lags: u64,
}

impl Session {
    /// A session of `flight`, whose alarms `announcer` tells to people who have no screen open.
    pub fn new(
        facts: Facts,
        flight: Flight,
        lookout: Lookout,
        mode: Mode,
        announcer: Arc<Announcer>,
    ) -> Session {
        let inner = Inner {
            lookout,
            desk: Desk::default(),
            mode,
            status: Status::Paused,
            rate: 0.0,
            reason: None,
            pace: Pace::begun(Instant::now()),
            waits: Waiting::default(),
            happenings: Vec::new(),
            samples: 0,
            decides: false,
            is_closing: false,
            steps: 0,
            lags: 0,
            flight,
        };
        let news = broadcast::channel(NEWS_WAITING).0;
        Session { facts, inner: Mutex::new(inner), news, announcer }
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
            alarms: count(inner.lookout.alarms()),
            held: held.collect(),
            created_ms,
            reason: inner.reason.clone(),
        }
    }

    /// Tell of an alarm; `by_somebody` where a person changed it.
    fn note_transition(&self, inner: &mut Inner, transition: Transition, by_somebody: bool) {
        let severity = match (transition.to, transition.priority) {
            (State::Unacknowledged, Priority::Critical) => Severity::Emergency,
            (State::Unacknowledged, Priority::High) => Severity::Warning,
            (State::Unacknowledged, _) => Severity::Caution,
            _ => Severity::Advisory,
        };
        let detail = serde_json::to_string(&transition).unwrap_or_default();
        let text = transition.text.clone();
        let source = transition.alarm.clone();
        match by_somebody {
            true => self.ordered(inner, "alarm", severity, &source, text, detail),
            false => self.note(inner, "alarm", severity, &source, text, detail),
        }
        let time_us = (transition.t_s * 1e6).round() as i64;
        if !inner.waits.is_relived(time_us, false) {
            self.announcer.tell(&self.facts.id, &transition);
        }
        self.tell(News::Alarm(transition));
    }

    /// Tell of something that the habitat or its controller did.
    fn note(
        &self,
        inner: &mut Inner,
        kind: &str,
        severity: Severity,
        source: &str,
        text: String,
        detail: String,
    ) {
        let event = event_of(inner, kind, severity, source, text, detail);
        self.tell(News::Event(EventView::of(&event)));
        if !inner.waits.is_relived(event.time_us, inner.decides) {
            inner.waits.events.push(event);
        }
    }

    /// Tell of something that somebody ordered.
    fn ordered(
        &self,
        inner: &mut Inner,
        kind: &str,
        severity: Severity,
        source: &str,
        text: String,
        detail: String,
    ) {
        let now_us = (inner.flight.habitat().t_s() * 1e6).round() as i64;
        let abandoned_us = inner.waits.abandoned_us(now_us);
        inner.waits.order();
        self.note(inner, kind, severity, source, text, detail);
        if let Some(until_us) = abandoned_us {
            let text = format!(
                "what is recorded up to {} s is the course before the stop; this order began another one",
                until_us as f64 / 1e6
            );
            self.note(inner, "course", Severity::Caution, "session", text, String::new());
        }
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

    /// Steps and lags since the last call.
    pub fn take_counts(&self) -> (u64, u64) {
        let mut inner = self.lock();
        (std::mem::take(&mut inner.steps), std::mem::take(&mut inner.lags))
    }

    /// Note something from outside, as that it was taken up again after a stop.
    pub fn remark(&self, kind: &str, severity: Severity, text: String) {
        self.ordered(&mut self.lock(), kind, severity, "session", text, String::new());
    }

    /// Note that it goes on after a stop from `t_s`; what was told of the time until the stop is not told again.
    pub fn note_resumed(&self, t_s: f64) {
        let text = format!(
            "the server was stopped; the session goes on from {t_s} s, and its controller begins anew"
        );
        let mut guard = self.lock();
        let inner = &mut *guard;
        let event = event_of(inner, "resumed", Severity::Advisory, "session", text, String::new());
        self.tell(News::Event(EventView::of(&event)));
        inner.waits.events.push(event);
    }
}

impl Inner {
    fn can_go_on(&self) -> Result<(), ApiError> {
        self.is_open()?;
        match self.status {
            Status::Ended => Err(ApiError::conflict("the mission of this session is over")),
            Status::Failed => Err(ApiError::conflict(format!(
                "the session has failed: {}",
                self.reason.as_deref().unwrap_or("for no reason that is known")
            ))),
            Status::Paused | Status::Running => Ok(()),
        }
    }

    fn is_open(&self) -> Result<(), ApiError> {
        match self.is_closing {
            true => Err(ApiError::conflict("the session is being stopped")),
            false => Ok(()),
        }
    }
}

/// An event of now.
fn event_of(
    inner: &Inner,
    kind: &str,
    severity: Severity,
    source: &str,
    text: String,
    detail: String,
) -> store::Event {
    store::Event {
        time_us: (inner.flight.habitat().t_s() * 1e6).round() as i64,
        kind: kind.to_owned(),
        severity,
        source: source.to_owned(),
        text,
        detail: if detail.is_empty() { "{}".to_owned() } else { detail },
    }
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
