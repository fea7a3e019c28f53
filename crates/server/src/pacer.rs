//! Wakes sessions when their steps are due.
//!
//! One thread knows when each running session is due next and hands its turn to the executor; the turn tells when the next
//! one is. A session has one turn at a time, so it never waits for itself, and none waits for another's database or listeners.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use runtime::{Executor, Priority};

use crate::fleet::Member;

/// What the pacer is told.
enum Word {
    /// A session began to run.
    Runs(Weak<Member>),
    /// The turn of a session is over; when its next is, if it still runs.
    Turned(String, Weak<Member>, Option<Instant>),
}

/// When a session is due.
struct Due {
    at: Instant,
    id: String,
    member: Weak<Member>,
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
        let _ = words.send(Word::Runs(Arc::downgrade(member)));
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
    let mut due: BinaryHeap<Reverse<Due>> = BinaryHeap::new();
    // Those that are due or have their turn: a session that is run twice is not woken twice.
    let mut known: HashSet<String> = HashSet::new();
    while !is_over.load(Ordering::Relaxed) {
        let now = Instant::now();
        let wait = due.peek().map_or(Duration::from_millis(200), |Reverse(first)| {
            first.at.saturating_duration_since(now).min(Duration::from_millis(200))
        });
        match heard.recv_timeout(wait) {
            Ok(Word::Runs(member)) => {
                if let Some(alive) = member.upgrade() {
                    let id = alive.session.facts().id.clone();
                    if known.insert(id.clone()) {
                        due.push(Reverse(Due { at: now, id, member }));
                    }
                }
            }
            Ok(Word::Turned(id, member, Some(at))) => due.push(Reverse(Due { at, id, member })),
            Ok(Word::Turned(id, member, None)) => {
                known.remove(&id);
                // It may have been run again between the end of its turn and now.
                if let Some(alive) = member.upgrade()
                    && alive.session.is_running()
                {
                    known.insert(id.clone());
                    due.push(Reverse(Due { at: now, id, member }));
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let now = Instant::now();
        while due.peek().is_some_and(|Reverse(first)| first.at <= now) {
            let Some(Reverse(Due { id, member, .. })) = due.pop() else { break };
            let (words, turns) = (words.clone(), Arc::clone(turns));
            let back = (id.clone(), Weak::clone(&member));
            let turn = move || {
                let next = member.upgrade().and_then(|alive| alive.session.turn());
                turns.fetch_add(1, Ordering::Relaxed);
                let _ = words.send(Word::Turned(id, member, next));
            };
            if executor.try_submit(Priority::Normal, turn).is_err() {
                // The machine has more to do than it can: a moment later.
                let at = now + Duration::from_millis(20);
                due.push(Reverse(Due { at, id: back.0, member: back.1 }));
            }
        }
    }
}
