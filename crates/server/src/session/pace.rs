//! Steps of a session: by hand, or as many as are due at a rate.

use std::sync::Arc;
use std::time::{Duration, Instant};

use store::Severity;
use watch::alarm::Transition;

use super::flight::{Happening, Standing};
use super::view::{Status, View};
use super::{Inner, News, Session};
use crate::ApiError;

/// Rows that may wait for the database; a session waits beyond.
const FRESH_MOST: usize = 600;
/// Steps of one turn of a session that runs: a few tenths of a millisecond, so that others get theirs.
const STEPS_PER_TURN: u64 = 64;
/// Longest turn of a session whose controller takes long: whoever asks about it waits for it.
const TURN_MOST: Duration = Duration::from_millis(10);
/// Time that a session may lag behind its rate before the lag is forgiven.
const LAG_MOST: Duration = Duration::from_secs(2);
/// Fastest rate, mission seconds in a second.
pub const RATE_MOST: f64 = 1e6;

/// When steps are due.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    since: Instant,
    done: u64,
}

impl Pace {
    pub(super) fn begun(now: Instant) -> Pace {
        Pace { since: now, done: 0 }
    }
}

/// Check a rate at which a session is to run.
///
/// # Errors
/// 422 out of range.
pub fn check_rate(rate: f64) -> Result<(), ApiError> {
    if rate > 0.0 && rate <= RATE_MOST {
        return Ok(());
    }
    Err(ApiError::refused(format!(
        "rate is {rate}; allowed is above 0 up to {RATE_MOST} mission seconds in a second"
    )))
}

impl Session {
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
        if inner.waits.fresh.len() as u64 + steps > FRESH_MOST as u64 {
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
        check_rate(rate)?;
        let mut inner = self.lock();
        inner.can_go_on()?;
        inner.status = Status::Running;
        inner.rate = rate;
        inner.pace = Pace::begun(Instant::now());
        inner.waits.order();
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
        inner.waits.order();
        Ok(self.changed(&inner))
    }

    pub(super) fn changed(&self, inner: &Inner) -> View {
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
            if inner.waits.fresh.len() >= FRESH_MOST || now.elapsed() > TURN_MOST {
                break;
            }
            match self.advance(&mut inner) {
                Ok(true) => inner.pace.done += 1,
                Ok(false) => return None,
                Err(error) => {
                    inner.waits.order();
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
        Some(if inner.waits.fresh.len() >= FRESH_MOST {
            now + Duration::from_millis(50)
        } else {
            next
        })
    }

    /// Take one step; `false` when the mission is over with it.
    fn advance(&self, inner: &mut Inner) -> Result<bool, ApiError> {
        if inner.flight.decision_is_due() {
            inner.decides = true;
            let consulted = inner.consult(self);
            inner.decides = false;
            consulted?;
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
        self.show(inner);
        match inner.flight.standing() {
            Standing::Flying => Ok(true),
            standing => {
                inner.status = Status::Ended;
                inner.expire(self, "the mission is over");
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
        inner.waits.row(time_us, &row);
        // What was read before is not news: who looks on counts how often an instrument shows the same.
        let samples = inner.flight.samples();
        let transitions: Vec<Transition> = match samples == Some(inner.samples) {
            true => Vec::new(),
            false => inner.lookout.push(t_s, &row).to_vec(),
        };
        inner.samples = samples.unwrap_or(0);
        if self.news.receiver_count() > 0 {
            self.tell(News::Row(t_s, row));
        }
        for transition in transitions {
            self.note_transition(inner, transition, false);
        }
    }

    /// Let its clock begin now: nobody lived while the server was stopped.
    pub fn begin_clock(&self) {
        self.lock().pace = Pace::begun(Instant::now());
    }

    /// Show the state before the first step.
    pub fn begin(&self) {
        self.show(&mut self.lock());
    }
}
