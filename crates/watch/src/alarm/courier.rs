use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{AlarmSink, DeliveryError, Notice, Transition};
use crate::WatchError;

/// How a courier waits and gives up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CourierSettings {
    /// Notices that wait at most, ≥ 1. When there is no room the least urgent one, of those the oldest, is dropped and counted.
    pub room: usize,
    /// Tries of one notice, ≥ 1; then it is given up and counted.
    pub tries: u32,
    /// Wait before the second try, s; doubled before each further one.
    pub first_wait_s: f64,
    /// Longest wait between two tries, s.
    pub longest_wait_s: f64,
}

impl Default for CourierSettings {
    fn default() -> Self {
        CourierSettings { room: 1024, tries: 8, first_wait_s: 1.0, longest_wait_s: 60.0 }
    }
}

/// What became of the notices of a courier.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Deliveries {
    /// Delivered.
    pub delivered: u64,
    /// Tries that failed.
    pub failed_tries: u64,
    /// Given up after the last try, or refused by the receiver.
    pub given_up: u64,
    /// Dropped for want of room.
    pub dropped: u64,
    /// Handed over a second time and left out.
    pub repeated: u64,
    /// Sequence of the last transition that was handed over.
    pub last_sequence: u64,
    /// Why the last try failed.
    pub last_error: Option<String>,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: VecDeque<Notice>,
    /// Number of the last transition of each other source.
    last: BTreeMap<String, u64>,
    /// One is on its way.
    is_busy: bool,
    closes: bool,
    counts: Deliveries,
}

#[derive(Debug, Default)]
struct Inbox {
    shared: Mutex<Shared>,
    changed: Condvar,
}

impl Inbox {
    /// What is shared; a sink that panicked holds no lock, so what is there is whole.
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes transitions to one sink on a thread of its own, those of one source or of many.
///
/// [`Courier::send`] never waits: a receiver that is slow or away costs a habitat nothing. Each transition is handed over once:
/// those of one source are numbered, and a number that is not above the last one is a repetition.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use lunar_habitat_watch::alarm::{Cause, Courier, CourierSettings, LogSink, Priority, State, Transition};
/// let courier = Courier::start(LogSink::new(Vec::new()), "run 7", CourierSettings::default(), 0)?;
/// let transition = Transition {
///     sequence: 1,
///     t_s: 60.0,
///     alarm: "living.air.sensed_pp_co2_pa:caution_high".into(),
///     from: State::Normal,
///     to: State::Unacknowledged,
///     priority: Priority::Medium,
///     first_out: true,
///     value: Some(410.0),
///     cause: Cause::Sample,
///     text: "CO2".into(),
/// };
/// courier.send(&transition);
/// courier.send(&transition);
/// let done = courier.close(Duration::from_secs(10));
/// assert_eq!((done.delivered, done.repeated), (1, 1));
/// # Ok::<(), lunar_habitat_watch::WatchError>(())
/// ```
#[derive(Debug)]
pub struct Courier {
    inbox: Arc<Inbox>,
    source: String,
    room: usize,
    thread: Option<JoinHandle<()>>,
}

impl Courier {
    /// Start the thread of `sink`, for transitions of `source` after number `last_sequence` (0 for all of them).
    ///
    /// # Errors
    /// [`WatchError::Range`] for settings out of range, and when the system has no thread left.
    pub fn start(
        sink: impl AlarmSink + 'static,
        source: &str,
        settings: CourierSettings,
        last_sequence: u64,
    ) -> Result<Courier, WatchError> {
        let refused = |quantity, found: String, allowed: &str| WatchError::Range {
            place: format!("courier of {source}"),
            quantity,
            found,
            allowed: allowed.to_owned(),
        };
        if settings.room == 0 || settings.tries == 0 {
            let found = format!("{} and {}", settings.room, settings.tries);
            return Err(refused("room and tries", found, "at least 1 each"));
        }
        for (quantity, wait_s) in
            [("first_wait_s", settings.first_wait_s), ("longest_wait_s", settings.longest_wait_s)]
        {
            if !(0.0..=86_400.0).contains(&wait_s) {
                return Err(refused(quantity, wait_s.to_string(), "0 to 86400"));
            }
        }
        let inbox = Arc::new(Inbox::default());
        inbox.lock().counts.last_sequence = last_sequence;
        let theirs = Arc::clone(&inbox);
        let thread = Builder::new()
            .name("alarm courier".into())
            .spawn(move || run(&theirs, sink, settings))
            .map_err(|error| refused("thread", error.to_string(), "a thread of the system"))?;
        let (source, room) = (source.to_owned(), settings.room);
        Ok(Courier { inbox, source, room, thread: Some(thread) })
    }

    /// Hand over a transition and go on at once.
    pub fn send(&self, transition: &Transition) {
        self.send_of(&self.source, transition);
    }

    /// As [`Courier::send`], of another source, whose transitions are numbered for themselves.
    pub fn send_of(&self, source: &str, transition: &Transition) {
        let notice = Notice { source: source.to_owned(), transition: transition.clone() };
        let mut shared = self.inbox.lock();
        let shared = &mut *shared;
        let last = match source == self.source {
            true => &mut shared.counts.last_sequence,
            false => shared.last.entry(source.to_owned()).or_default(),
        };
        if transition.sequence <= *last {
            shared.counts.repeated += 1;
            return;
        }
        *last = transition.sequence;
        shared.waiting.push_back(notice);
        if shared.waiting.len() > self.room {
            let urgency = |(_, one): &(usize, &Notice)| one.transition.priority;
            let least = shared.waiting.iter().enumerate().min_by_key(urgency);
            if let Some(at) = least.map(|(at, _)| at) {
                shared.waiting.remove(at);
                shared.counts.dropped += 1;
            }
        }
        self.inbox.changed.notify_all();
    }

    /// Forget a source that sends nothing any more.
    pub fn forget(&self, source: &str) {
        self.inbox.lock().last.remove(source);
    }

    /// What became of the notices so far.
    #[must_use]
    pub fn deliveries(&self) -> Deliveries {
        self.inbox.lock().counts.clone()
    }

    /// Wait until everything is delivered or given up, for `within` at most, then stop; what still waits is dropped and counted.
    pub fn close(mut self, within: Duration) -> Deliveries {
        let end = Instant::now() + within;
        let mut shared = self.inbox.lock();
        while !shared.waiting.is_empty() || shared.is_busy {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
                break;
            }
            let waited = self.inbox.changed.wait_timeout(shared, left);
            shared = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        shared.counts.dropped += shared.waiting.len() as u64 + u64::from(shared.is_busy);
        shared.waiting.clear();
        shared.closes = true;
        let counts = shared.counts.clone();
        let was_busy = shared.is_busy;
        drop(shared);
        self.inbox.changed.notify_all();
        // A sink that is still waiting for its receiver is left to its own limit.
        if let Some(thread) = self.thread.take().filter(|_| !was_busy) {
            let _ = thread.join();
        }
        counts
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.inbox.lock().closes = true;
        self.inbox.changed.notify_all();
    }
}

/// Deliver one after the other until the courier closes.
fn run(inbox: &Inbox, mut sink: impl AlarmSink, settings: CourierSettings) {
    loop {
        let mut shared = inbox.lock();
        let notice = loop {
            if shared.closes {
                return;
            }
            if let Some(notice) = shared.waiting.pop_front() {
                break notice;
            }
            shared = inbox.changed.wait(shared).unwrap_or_else(PoisonError::into_inner);
        };
        shared.is_busy = true;
        drop(shared);
        let arrived = carry(inbox, &mut sink, &notice, settings);
        let mut shared = inbox.lock();
        shared.is_busy = false;
        match arrived {
            true => shared.counts.delivered += 1,
            false => shared.counts.given_up += 1,
        }
        drop(shared);
        inbox.changed.notify_all();
    }
}

/// Try until the notice arrives, is refused, has been tried often enough or the courier closes; return whether it arrived.
fn carry(
    inbox: &Inbox,
    sink: &mut impl AlarmSink,
    notice: &Notice,
    settings: CourierSettings,
) -> bool {
    let mut wait_s = settings.first_wait_s.min(settings.longest_wait_s);
    for attempt in 1..=settings.tries {
        let error = match sink.deliver(notice) {
            Ok(()) => return true,
            Err(error) => error,
        };
        let mut shared = inbox.lock();
        shared.counts.failed_tries += 1;
        shared.counts.last_error = Some(error.to_string());
        if matches!(error, DeliveryError::Refused(_)) || attempt == settings.tries {
            return false;
        }
        let end = Instant::now() + Duration::from_secs_f64(wait_s);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if shared.closes {
                return false;
            }
            if left.is_zero() {
                break;
            }
            let waited = inbox.changed.wait_timeout(shared, left);
            shared = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        wait_s = (2.0 * wait_s).min(settings.longest_wait_s);
    }
    false
}
