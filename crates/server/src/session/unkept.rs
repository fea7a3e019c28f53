//! What of a session is not in the database yet.
//!
//! Rows, events, decisions and bytes are looked at under one lock, so that the bytes never tell of a time whose rows do not
//! go with them. What people ordered goes with bytes at once: a stop that nobody expected then costs at most some steps, which
//! are lived again, and no order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::advice::Decided;
use super::saved::Saved;
use super::{Inner, Session};

/// A row that is not in the database yet.
#[derive(Debug, Clone)]
pub struct Fresh {
    /// Mission time, µs.
    pub time_us: i64,
    /// Every channel.
    pub row: Arc<[f64]>,
}

/// When the bytes of a session go to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bytes {
    /// Now, where anything has changed.
    Now,
    /// Where anything has changed and they went this long ago.
    Every(Duration),
}

/// What waits for the database in a session.
pub(super) struct Waiting {
    pub(super) fresh: VecDeque<Fresh>,
    pub(super) events: Vec<store::Event>,
    /// Rows up to here are in the database already, from before a stop: what is lived again is told, but not kept twice.
    known_us: i64,
    /// Events up to here, too, until somebody orders something else than then.
    relived_us: i64,
    /// Something changed since its bytes were taken last.
    is_changed: bool,
    /// Somebody ordered something since then.
    is_ordered: bool,
    /// When its bytes were in the database last.
    saved: Option<Instant>,
    /// The policy in command is in the database.
    is_policy_kept: bool,
}

impl Default for Waiting {
    fn default() -> Waiting {
        Waiting {
            fresh: VecDeque::new(),
            events: Vec::new(),
            known_us: i64::MIN,
            relived_us: i64::MIN,
            is_changed: true,
            is_ordered: false,
            saved: None,
            is_policy_kept: false,
        }
    }
}

impl Waiting {
    /// A row, unless it is there from before a stop.
    pub(super) fn row(&mut self, time_us: i64, row: &Arc<[f64]>) {
        self.is_changed = true;
        if time_us > self.known_us {
            self.fresh.push_back(Fresh { time_us, row: Arc::clone(row) });
        }
    }

    /// Whether an event at that time is there from before a stop. What a step brings about went with its row. What a decision
    /// brings about has the time of the row before it: of the last time it may be there or not, so it is told, twice at worst.
    pub(super) fn is_relived(&self, time_us: i64, by_a_decision: bool) -> bool {
        time_us < self.relived_us || (time_us == self.relived_us && !by_a_decision)
    }

    /// Another policy or none is in command: what is in the database is not it.
    pub(super) fn forget_policy(&mut self) {
        self.is_policy_kept = false;
    }

    /// The time up to which rows are there of another course than that which an order begins now.
    pub(super) fn abandoned_us(&self, time_us: i64) -> Option<i64> {
        (self.relived_us > time_us).then_some(self.relived_us)
    }

    /// Something was ordered: the bytes go with what is told of it.
    pub(super) fn order(&mut self) {
        self.is_changed = true;
        self.is_ordered = true;
        self.relived_us = i64::MIN;
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
    /// Its bytes, where they are to go too.
    pub saved: Option<Saved>,
}

impl Unkept {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
            && self.events.is_empty()
            && self.decided.is_empty()
            && self.saved.is_none()
    }
}

impl Session {
    /// What the database does not have yet. Once in it, [`Session::kept`] says so; where it did not take it,
    /// [`Session::not_kept`].
    pub fn unkept(&self, bytes: Bytes) -> Unkept {
        let mut guard = self.lock();
        let inner = &mut *guard;
        let waits = &mut inner.waits;
        let is_time = match bytes {
            Bytes::Now => true,
            Bytes::Every(time) => waits.saved.is_none_or(|last| last.elapsed() >= time),
        };
        let takes_bytes = waits.is_changed && (is_time || waits.is_ordered);
        let with_policy = !waits.is_policy_kept;
        if takes_bytes {
            waits.is_changed = false;
            waits.is_ordered = false;
        }
        Unkept {
            rows: waits.fresh.iter().cloned().collect(),
            events: waits.events.clone(),
            decided: inner.desk.decided.clone(),
            saved: takes_bytes.then(|| Saved::of(inner, with_policy)),
        }
    }

    /// Forget what is in the database now.
    pub fn kept(&self, unkept: &Unkept) {
        let mut guard = self.lock();
        let Inner { waits, desk, flight, .. } = &mut *guard;
        if let Some(last) = unkept.rows.last() {
            while waits.fresh.front().is_some_and(|row| row.time_us <= last.time_us) {
                waits.fresh.pop_front();
            }
        }
        waits.events.drain(..unkept.events.len());
        // Only what is not kept has to be at hand.
        desk.decided.drain(..unkept.decided.len());
        if let Some(saved) = &unkept.saved {
            waits.saved = Some(Instant::now());
            // Another may be in command by now.
            let is_this = match (&saved.policy, flight.pilot().policy_bytes()) {
                (Some(kept), Some(flies)) => Arc::ptr_eq(kept, flies),
                _ => false,
            };
            waits.is_policy_kept |= is_this;
        }
    }

    /// Say that the database did not take what [`Session::unkept`] gave.
    pub fn not_kept(&self, unkept: &Unkept) {
        if unkept.saved.is_some() {
            let mut inner = self.lock();
            inner.waits.is_changed = true;
            inner.waits.is_ordered = true;
        }
    }

    /// Rows that are not in the database, from `from_us` on.
    pub fn fresh(&self, from_us: i64) -> Vec<Fresh> {
        let inner = self.lock();
        inner.waits.fresh.iter().filter(|fresh| fresh.time_us >= from_us).cloned().collect()
    }

    /// Events that are not in the database.
    pub fn fresh_events(&self) -> Vec<store::Event> {
        self.lock().waits.events.clone()
    }

    /// Decisions on proposals that are not in the database.
    pub fn fresh_decisions(&self) -> Vec<Decided> {
        self.lock().desk.decided.clone()
    }

    /// Say what is in the database of a session that was taken up again: rows and events up to a time, proposals up to a
    /// number, and its bytes, as if they had been written `ago`.
    pub fn knows(&self, up_to_us: i64, last_advice: u64, ago: Duration) {
        let mut guard = self.lock();
        let inner = &mut *guard;
        inner.desk.last = inner.desk.last.max(last_advice);
        let waits = &mut inner.waits;
        waits.known_us = up_to_us;
        waits.relived_us = up_to_us;
        waits.saved = Instant::now().checked_sub(ago);
        waits.is_policy_kept = inner.flight.pilot().policy_bytes().is_some();
    }
}
