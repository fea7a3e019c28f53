//! Threads for fork and join, shared by all who ask for the same number.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::RuntimeError;
use crate::executor::lock;

struct Crew {
    pool: ThreadPool,
    threads: usize,
    runs: AtomicU64,
}

/// Some threads that share the fine loops of one caller at a time, or of several.
///
/// Who asks for a team of a size that exists gets the same threads, so that ten vectors of lanes with two threads each have
/// two threads, not twenty. The threads end when the last owner is dropped. A child made by `fork` has none of the threads
/// of its parent; teams that it asks for are its own.
///
/// # Examples
/// ```
/// use lunar_habitat_runtime::Team;
/// use rayon::iter::{IntoParallelRefMutIterator, ParallelIterator};
/// let team = Team::of(2)?;
/// let mut lanes = vec![1.0_f64; 1_000];
/// team.run(|| lanes.par_iter_mut().for_each(|lane| *lane *= 2.0));
/// assert!(lanes.iter().all(|lane| *lane == 2.0));
/// # Ok::<(), lunar_habitat_runtime::RuntimeError>(())
/// ```
#[derive(Clone)]
pub struct Team {
    crew: Arc<Crew>,
}

/// A team that somebody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamFigures {
    /// Its threads.
    pub threads: usize,
    /// Who has it now.
    pub owners: usize,
    /// Loops that it has run.
    pub runs: u64,
}

/// Teams by size, and the process that made them.
static TEAMS: Mutex<(u32, BTreeMap<usize, Weak<Crew>>)> = Mutex::new((0, BTreeMap::new()));

impl Team {
    /// The team of so many threads, at least 1.
    ///
    /// # Errors
    /// [`RuntimeError::Threads`] for none, [`RuntimeError::Pool`] when they cannot be started.
    pub fn of(threads: usize) -> Result<Team, RuntimeError> {
        if threads == 0 {
            return Err(RuntimeError::Threads { found: threads });
        }
        let mut teams = lock(&TEAMS);
        let id = std::process::id();
        if teams.0 != id {
            *teams = (id, BTreeMap::new());
        }
        if let Some(crew) = teams.1.get(&threads).and_then(Weak::upgrade) {
            return Ok(Team { crew });
        }
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(move |index| format!("team-{threads}-{index}"))
            .build()
            .map_err(|error| RuntimeError::Pool { threads, reason: error.to_string() })?;
        let crew = Arc::new(Crew { pool, threads, runs: AtomicU64::new(0) });
        teams.1.retain(|_, crew| crew.strong_count() > 0);
        teams.1.insert(threads, Arc::downgrade(&crew));
        Ok(Team { crew })
    }

    /// Run `work` on the team: what it does in parallel with `rayon` is shared by its threads.
    pub fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        self.crew.runs.fetch_add(1, Ordering::Relaxed);
        self.crew.pool.install(work)
    }

    /// Number of threads.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.crew.threads
    }

    /// The teams of this program, the smallest first.
    #[must_use]
    pub fn figures() -> Vec<TeamFigures> {
        let teams = lock(&TEAMS);
        if teams.0 != std::process::id() {
            return Vec::new();
        }
        let alive = teams.1.values().filter_map(|crew| {
            let crew = crew.upgrade()?;
            // One of the owners is this very look.
            let owners = Arc::strong_count(&crew) - 1;
            let runs = crew.runs.load(Ordering::Relaxed);
            Some(TeamFigures { threads: crew.threads, owners, runs })
        });
        alive.collect()
    }
}

impl fmt::Debug for Team {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Team").field("threads", &self.crew.threads).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use rayon::iter::{IntoParallelIterator, ParallelIterator};

    use super::*;

    #[test]
    fn who_asks_for_the_same_number_shares_the_threads() {
        // Sizes that no other test asks for.
        let one = Team::of(5).unwrap();
        let other = Team::of(5).unwrap();
        let names =
            |team: &Team| team.run(|| std::thread::current().name().map(str::to_owned)).unwrap();
        assert!(names(&one).starts_with("team-5-") && names(&other).starts_with("team-5-"));
        let counts: Vec<usize> =
            one.run(|| (0..20).into_par_iter().map(|_| rayon::current_num_threads()).collect());
        assert_eq!(counts, [5; 20]);
        let figures = Team::figures().into_iter().find(|team| team.threads == 5).unwrap();
        assert_eq!((figures.owners, figures.runs), (2, 3));
        drop((one, other));
        assert!(Team::figures().iter().all(|team| team.threads != 5));
    }

    #[test]
    fn a_team_of_nobody_is_refused() {
        assert_eq!(Team::of(0).unwrap_err(), RuntimeError::Threads { found: 0 });
    }
}
