//! Which kinds of object live, and for how long.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Living objects of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct KindCount {
    /// The kind.
    pub kind: &'static str,
    /// How many live.
    pub living: usize,
    /// Most that lived at once.
    pub peak: usize,
    /// How many were ever made.
    pub made: u64,
    /// Age of the oldest that lives.
    pub oldest: Duration,
}

/// A mark that an object of some kind lives, held as one of its fields.
///
/// It is for objects that a run makes by the thousand and not by the million: an episode, a connection, a run.
///
/// ```
/// use lunar_habitat_runtime::memory::{Lifetime, living};
/// struct Run {
///     _lifetime: Lifetime,
/// }
/// let run = Run { _lifetime: Lifetime::of("run") };
/// assert!(living().iter().any(|kind| kind.kind == "run" && kind.living == 1));
/// drop(run);
/// assert!(living().iter().any(|kind| kind.kind == "run" && kind.living == 0));
/// ```
#[derive(Debug)]
pub struct Lifetime {
    kind: usize,
    place: usize,
}

struct Kind {
    name: &'static str,
    /// When each object was made; a free place holds nothing.
    born: Vec<Option<Instant>>,
    free: Vec<usize>,
    peak: usize,
    made: u64,
}

static KINDS: Mutex<Vec<Kind>> = Mutex::new(Vec::new());

fn kinds() -> MutexGuard<'static, Vec<Kind>> {
    KINDS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lifetime {
    /// Of an object of `kind` that is made now.
    #[must_use]
    pub fn of(kind: &'static str) -> Lifetime {
        let mut kinds = kinds();
        let at = kinds.iter().position(|known| known.name == kind).unwrap_or_else(|| {
            kinds.push(Kind { name: kind, born: Vec::new(), free: Vec::new(), peak: 0, made: 0 });
            kinds.len() - 1
        });
        let known = &mut kinds[at];
        let place = known.free.pop().unwrap_or_else(|| {
            known.born.push(None);
            known.born.len() - 1
        });
        known.born[place] = Some(Instant::now());
        known.made += 1;
        known.peak = known.peak.max(known.born.len() - known.free.len());
        Lifetime { kind: at, place }
    }
}

/// A copy is an object of its own.
impl Clone for Lifetime {
    fn clone(&self) -> Lifetime {
        let name = kinds()[self.kind].name;
        Lifetime::of(name)
    }
}

impl Drop for Lifetime {
    fn drop(&mut self) {
        let mut kinds = kinds();
        let known = &mut kinds[self.kind];
        known.born[self.place] = None;
        known.free.push(self.place);
    }
}

/// Every kind that was ever made, in the order of their first object.
#[must_use]
pub fn living() -> Vec<KindCount> {
    let kinds = kinds();
    let count = |kind: &Kind| KindCount {
        kind: kind.name,
        living: kind.born.len() - kind.free.len(),
        peak: kind.peak,
        made: kind.made,
        oldest: kind.born.iter().flatten().min().map_or(Duration::ZERO, Instant::elapsed),
    };
    kinds.iter().map(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(kind: &str) -> KindCount {
        living().into_iter().find(|one| one.kind == kind).unwrap()
    }

    #[test]
    fn objects_are_counted_with_their_age() {
        let first = Lifetime::of("test-object");
        std::thread::sleep(Duration::from_millis(5));
        let more: Vec<Lifetime> = (0..9).map(|_| first.clone()).collect();
        let now = count("test-object");
        assert_eq!((now.living, now.peak, now.made), (10, 10, 10));
        assert!(now.oldest >= Duration::from_millis(5));
        drop(first);
        drop(more);
        let last = Lifetime::of("test-object");
        let now = count("test-object");
        assert_eq!((now.living, now.peak, now.made), (1, 10, 11));
        drop(last);
        assert_eq!(count("test-object").oldest, Duration::ZERO);
    }

    #[test]
    fn threads_that_make_and_drop_leave_nothing() {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1_000).for_each(|_| drop(Lifetime::of("test-threads"))));
            }
        });
        assert_eq!((count("test-threads").living, count("test-threads").made), (0, 4_000));
    }
}
