//! Wakes sessions when their steps are due.
//!
//! One thread knows when each running session is due next and hands its turn to the executor; the turn tells when the next
//! one is. A session has one turn at a time, so it never waits for itself, and none waits for another's database or listeners.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use runtime::{Executor, Priority};
use tracing::info_span;

use crate::fleet::Member;

/// Longest time between two looks at whether the server goes on.
const LOOK: Duration = Duration::from_millis(200);
/// Time after which a turn that found no room is tried again.
const AGAIN: Duration = Duration::from_millis(20);

/// What the pacer is told.
enum Word {
    /// A session began to run.
    Runs(String, Weak<Member>),
    /// The turn of a session is over; when its next is, if it still runs.
    Turned(String, Option<Instant>),
}

/// When a session is due.
struct Due {
    at: Instant,
    id: String,
}

impl PartialEq for Due {
    fn eq(&self, other: &Due) -> bool {
        (self.at, &self.id) == (other.at, &other.id)
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Due) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Due) -> std::cmp::Ordering {
        (self.at, &self.id).cmp(&(other.at, &other.id))
    }
}

/// What a session is doing.
enum Doing {
    /// It waits for this time.
    Waits(Instant),
    /// It has its turn; whether it was run again meanwhile.
    Turns { again: bool },
}

/// Sessions that run, and when each is due.
#[derive(Default)]
struct Schedule {
    due: BinaryHeap<Reverse<Due>>,
    known: HashMap<String, (Doing, Weak<Member>)>,
}

impl Schedule {
    fn wait_until(&mut self, id: String, member: Weak<Member>, at: Instant) {
        self.known.insert(id.clone(), (Doing::Waits(at), member));
        self.due.push(Reverse(Due { at, id }));
    }

    /// It runs, at another rate perhaps: it is due now, whatever was said before.
    fn runs(&mut self, id: String, member: Weak<Member>, now: Instant) {
        match self.known.get_mut(&id) {
            Some((Doing::Turns { again }, _)) => *again = true,
            _ => self.wait_until(id, member, now),
        }
    }

    /// Its turn is over, and its next is at that time, if it still runs.
    fn turned(&mut self, id: String, next: Option<Instant>, now: Instant) {
        let Some((doing, member)) = self.known.remove(&id) else { return };
        let again = matches!(doing, Doing::Turns { again: true });
        match next {
            Some(at) => self.wait_until(id, member, if again { now } else { at }),
            None if again => self.wait_until(id, member, now),
            None => {}
        }
    }

    /// One whose turn it is.
    fn next(&mut self, now: Instant) -> Option<(String, Weak<Member>)> {
        while self.due.peek().is_some_and(|Reverse(first)| first.at <= now) {
            let Reverse(Due { at, id }) = self.due.pop()?;
            // A time that does not hold any more is passed over.
            if let Some((doing, member)) = self.known.get_mut(&id)
                && matches!(doing, Doing::Waits(until) if *until == at)
            {
                *doing = Doing::Turns { again: false };
                return Some((id, Weak::clone(member)));
            }
        }
        None
    }

    /// Time until somebody is due, `most` at most.
    fn wait(&self, now: Instant, most: Duration) -> Duration {
        let first = self.due.peek();
        first.map_or(most, |Reverse(first)| first.at.saturating_duration_since(now).min(most))
    }
}

/// Wakes sessions.
pub struct Pacer {
    words: Mutex<Sender<Word>>,
    turns: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
}

impl Pacer {
    /// A pacer and its work, which runs on a thread of its own until [`Pacer::end`].
    pub fn new(executor: &'static Executor) -> (Pacer, impl FnOnce() + Send + 'static) {
        let (words, heard) = channel();
        let (turns, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let pacer = Pacer {
            words: Mutex::new(words.clone()),
            turns: Arc::clone(&turns),
            is_over: Arc::clone(&is_over),
        };
        (pacer, move || work(executor, &words, &heard, &turns, &is_over))
    }

    /// Say that a session runs now.
    pub fn runs(&self, member: &Arc<Member>) {
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        // The pacer ends with its server: nobody runs any more then.
        let id = member.session.facts().id.clone();
        let _ = words.send(Word::Runs(id, Arc::downgrade(member)));
    }

    /// Turns so far.
    pub fn turns(&self) -> u64 {
        self.turns.load(Ordering::Relaxed)
    }

    /// End the work.
    pub fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

fn work(
    executor: &'static Executor,
    words: &Sender<Word>,
    heard: &Receiver<Word>,
    turns: &Arc<AtomicU64>,
    is_over: &AtomicBool,
) {
    let mut schedule = Schedule::default();
    while !is_over.load(Ordering::Relaxed) {
        match heard.recv_timeout(schedule.wait(Instant::now(), LOOK)) {
            Ok(Word::Runs(id, member)) => schedule.runs(id, member, Instant::now()),
            Ok(Word::Turned(id, next)) => schedule.turned(id, next, Instant::now()),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let now = Instant::now();
        while let Some((id, member)) = schedule.next(now) {
            let (words, turns, of) = (words.clone(), Arc::clone(turns), id.clone());
            let turn = move || {
                let _stage = info_span!("session turn").entered();
                let next = member.upgrade().and_then(|alive| alive.session.turn());
                turns.fetch_add(1, Ordering::Relaxed);
                let _ = words.send(Word::Turned(of, next));
            };
            if executor.try_submit(Priority::Normal, turn).is_err() {
                // The machine has more to do than it can: a moment later.
                schedule.turned(id, Some(now + AGAIN), now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A session that ran slowly and runs fast now does not wait for the time that was due at the slow rate.
    #[test]
    fn a_new_rate_counts_at_once() {
        let now = Instant::now();
        let hour = Duration::from_secs(3_600);
        let mut schedule = Schedule::default();
        let next = |schedule: &mut Schedule, at| schedule.next(at).map(|(id, _)| id);
        schedule.runs("a".into(), Weak::new(), now);
        assert_eq!(next(&mut schedule, now).as_deref(), Some("a"));
        schedule.turned("a".into(), Some(now + hour), now);
        assert_eq!(next(&mut schedule, now), None);
        schedule.runs("a".into(), Weak::new(), now);
        assert_eq!(next(&mut schedule, now).as_deref(), Some("a"));
        // Run again while it has its turn: once more at once, and once only.
        schedule.runs("a".into(), Weak::new(), now);
        assert_eq!(next(&mut schedule, now), None);
        schedule.turned("a".into(), Some(now + hour), now);
        assert_eq!(next(&mut schedule, now).as_deref(), Some("a"));
        schedule.turned("a".into(), None, now);
        assert_eq!(next(&mut schedule, now + hour), None);
        assert!(schedule.known.is_empty());
    }
}
