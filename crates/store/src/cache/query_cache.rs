//! The cache itself.

use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use quick_cache::sync::{Cache, EntryAction, EntryResult, GuardResult, PlaceholderGuard};
use quick_cache::{DefaultHashBuilder, Lifecycle, OptionsBuilder, Weighter};
use runtime::memory::Level;

use super::capacity::{Bounds, Capacity, Window};
use super::entry::{Held, Seen};
use super::figures::{CacheFigures, Counters, count};
use super::ghost::Ghost;
use super::query::{CacheKey, Weighed};
use super::settings::CacheSettings;
use super::source::{Generations, Source};
use super::versions::{Versions, Watch};

/// Parts with a lock of their own, each a share of the capacity. A result larger than its part is not kept.
const SHARDS: usize = 4;
/// Share of the results that have come back. The rest is for new ones: less of it loses where what is asked for moves
/// on, more of it where it stays. Measured on the traces of the test `cache_policy`.
const HOT: f64 = 0.7;
/// Keys that are remembered after their results have gone, in terms of those held.
const REMEMBERED: f64 = 1.0;

/// Results of queries in memory.
///
/// Share it by reference or in an `Arc`; every method may be called by any number of threads. Of several threads that
/// miss the same key one computes and the others wait for it. A computation may ask the cache for other keys, but not
/// for its own.
///
/// # What is kept
/// Results are evicted by how often and how lately they were asked for, not by how lately alone, so a pass over a
/// whole mission does not push out what the screens show. [`QueryCache::adapt`] moves the capacity.
///
/// # What is never given out
/// A result that was read before a write that was over when the call began: see [`Generations::write`] for writes of
/// this process, [`Versions`] for those of others. The computation has to read what is committed when it starts; a
/// connection that stays in an old snapshot would bring old rows in.
///
/// # Examples
/// ```
/// use lunar_habitat_store::StoreError;
/// use lunar_habitat_store::cache::{CacheSettings, Query, QueryCache};
///
/// let cache: QueryCache<Query, Vec<f64>> = QueryCache::alone(CacheSettings::default());
/// let samples = cache.generations().source("samples");
/// let query = Query::new(&[samples.clone()], "select mean from samples", vec![]);
/// let ask = |row: f64| cache.get(&query, || Ok::<_, StoreError>(vec![row]));
/// assert_eq!(*ask(1.0)?, [1.0]);
/// assert_eq!(*ask(2.0)?, [1.0]);
/// drop(cache.generations().write(&[samples]));
/// assert_eq!(*ask(3.0)?, [3.0]);
/// assert_eq!(cache.figures().hits, 1);
/// # Ok::<(), StoreError>(())
/// ```
pub struct QueryCache<K, V> {
    held: Cache<K, Arc<Held<V>>, Bytes, DefaultHashBuilder, Farewell>,
    generations: Generations,
    /// Raised when another process has written.
    foreign: Source,
    watch: Option<Watch>,
    enabled: AtomicBool,
    counters: Counters,
    gone: Arc<Gone>,
    sizing: Mutex<Sizing>,
}

/// The capacity and when it was last looked at.
struct Sizing {
    capacity: Capacity,
    looked: Instant,
}

/// What the eviction of results leaves behind.
struct Gone {
    evictions: AtomicU64,
    ghost: Mutex<Ghost>,
    hashes: RandomState,
}

impl Gone {
    fn ghost(&self) -> std::sync::MutexGuard<'_, Ghost> {
        self.ghost.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Weighs an entry by the bytes that were counted when it was made.
#[derive(Clone)]
struct Bytes;

impl<K, V> Weighter<K, Arc<Held<V>>> for Bytes {
    fn weight(&self, _: &K, held: &Arc<Held<V>>) -> u64 {
        held.bytes
    }
}

/// Sees evicted entries off.
#[derive(Clone)]
struct Farewell(Arc<Gone>);

impl<K: Hash, V> Lifecycle<K, Arc<Held<V>>> for Farewell {
    /// Dropped once the lock of the shard is free: a large result takes a while.
    type RequestState = Evicted<V>;

    fn on_evict(&self, evicted: &mut Evicted<V>, key: K, held: Arc<Held<V>>) {
        count(&self.0.evictions);
        let hash = self.0.hashes.hash_one(&key);
        self.0.ghost().evicted(hash, held.seen.clone(), held.bytes, held.cost_ns);
        evicted.0.push(held);
    }
}

struct Evicted<V>(Vec<Arc<Held<V>>>);

impl<V> Default for Evicted<V> {
    fn default() -> Evicted<V> {
        Evicted(Vec::new())
    }
}

impl<K, V> QueryCache<K, V>
where
    K: CacheKey + Clone + Eq + Hash,
    V: Weighed,
{
    /// A cache of a database that other processes may write.
    #[must_use]
    pub fn new(settings: CacheSettings, versions: impl Versions + 'static) -> QueryCache<K, V> {
        let watch = Watch::new(Box::new(versions), settings.freshness);
        QueryCache { watch: Some(watch), ..QueryCache::alone(settings) }
    }

    /// A cache of a database that nobody but this process writes.
    #[must_use]
    pub fn alone(settings: CacheSettings) -> QueryCache<K, V> {
        let capacity = Capacity::new(settings.bounds, settings.bytes);
        let gone = Arc::new(Gone {
            evictions: AtomicU64::new(0),
            ghost: Mutex::new(Ghost::new(capacity.larger_by())),
            hashes: RandomState::new(),
        });
        let held = store(capacity.bytes(), settings.usual_bytes, Farewell(Arc::clone(&gone)));
        QueryCache {
            held,
            generations: Generations::default(),
            foreign: Source::apart("other processes"),
            watch: None,
            enabled: AtomicBool::new(settings.enabled),
            counters: Counters::default(),
            gone,
            sizing: Mutex::new(Sizing { capacity, looked: Instant::now() }),
        }
    }

    /// The register of what is read and written. Every writer of this process names there what it writes.
    #[must_use]
    pub fn generations(&self) -> &Generations {
        &self.generations
    }

    /// The result of a query: from memory, or computed by `compute` and kept.
    ///
    /// While a source of the key is being written, and while the database does not answer [`Versions::version`], every
    /// call computes for itself.
    ///
    /// # Errors
    /// What `compute` returns. Nothing is kept then; a call that waited for this one computes itself.
    pub fn get<E>(&self, key: &K, compute: impl FnOnce() -> Result<V, E>) -> Result<Arc<V>, E> {
        if !self.is_enabled() || !self.knows_of_others() {
            return self.pass_by(compute);
        }
        let mut was_stale = false;
        if let Some(held) = self.held.get(key) {
            if held.seen.holds(&self.foreign, key.reads()) {
                return Ok(self.hit(&held));
            }
            was_stale = true;
        }
        let start = Seen::now(&self.foreign, key.reads());
        if !start.is_quiet() {
            return self.pass_by(compute);
        }
        if !was_stale {
            // Waits where another thread computes this key, and takes over its result even if it was not kept.
            match self.held.get_value_or_guard(key, None) {
                GuardResult::Guard(place) => return self.compute(key, false, place, compute),
                GuardResult::Value(held) if held.seen.covers(&start) => return Ok(self.hit(&held)),
                GuardResult::Value(_) | GuardResult::Timeout => {}
            }
        }
        let found = self.held.entry(key, None, |_, held| {
            if held.seen.covers(&start) {
                EntryAction::Retain(Arc::clone(held))
            } else {
                EntryAction::ReplaceWithGuard
            }
        });
        match found {
            EntryResult::Retained(held) => Ok(self.hit(&held)),
            EntryResult::Replaced(place, _) | EntryResult::Vacant(place) => {
                self.compute(key, true, place, compute)
            }
            // Neither is asked for.
            EntryResult::Removed(..) | EntryResult::Timeout => self.pass_by(compute),
        }
    }

    /// Whether results are kept and given out.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.enabled.load(Ordering::Relaxed)
    }

    /// Switch the cache on or off. Off, it is empty and every query goes to the database.
    pub fn set_enabled(&self, enabled: bool) {
        self.enabled.store(enabled, Ordering::Relaxed);
        if !enabled {
            self.held.clear();
        }
    }

    /// Forget every result.
    pub fn clear(&self) {
        self.held.clear();
    }

    /// Look at what the memory earned since the last look and move the capacity; return it, bytes.
    ///
    /// Call it every few seconds, and at once when memory becomes scarcer. It also drops results that writes have made
    /// old. It looks at every result; queries go on meanwhile.
    pub fn adapt(&self, level: Level) -> u64 {
        let mut sizing = self.sizing.lock().unwrap_or_else(PoisonError::into_inner);
        self.held.retain(|key, held| held.seen.holds(&self.foreign, key.reads()));
        let (tail_bytes, tail_saved_s) = self.tail(sizing.capacity.smaller());
        let window = Window {
            seconds: sizing.looked.elapsed().as_secs_f64(),
            larger_saved_s: self.gone.ghost().close_window(),
            tail_bytes,
            tail_saved_s,
        };
        sizing.looked = Instant::now();
        let before = sizing.capacity.bytes();
        if sizing.capacity.decide(&window, level) != before {
            self.resize(&sizing.capacity);
        }
        sizing.capacity.bytes()
    }

    /// Move between other bounds from now on, as a memory account grants them; return the capacity, bytes.
    pub fn set_bounds(&self, bounds: Bounds) -> u64 {
        let mut sizing = self.sizing.lock().unwrap_or_else(PoisonError::into_inner);
        sizing.capacity.set_bounds(bounds);
        self.resize(&sizing.capacity);
        sizing.capacity.bytes()
    }

    /// What the cache did so far, and what it holds.
    #[must_use]
    pub fn figures(&self) -> CacheFigures {
        CacheFigures {
            evictions: self.gone.evictions.load(Ordering::Relaxed),
            entries: self.held.len() as u64,
            bytes: self.held.weight(),
            capacity_bytes: self.held.capacity(),
            foreign_changes: self.foreign.generation(),
            ..self.counters.figures()
        }
    }

    /// What others wrote longer ago than the bound has made its results old; false if the database does not say.
    fn knows_of_others(&self) -> bool {
        let asked = match self.watch.as_ref().map(|watch| watch.look(&self.foreign)) {
            None => return true,
            Some(asked) => asked,
        };
        if !matches!(asked, Ok(false)) {
            count(&self.counters.version_checks);
        }
        asked.is_ok()
    }

    fn hit(&self, held: &Held<V>) -> Arc<V> {
        count(&self.counters.hits);
        count(&held.hits);
        self.counters.saved_ns.fetch_add(held.cost_ns, Ordering::Relaxed);
        Arc::clone(&held.value)
    }

    fn pass_by<E>(&self, compute: impl FnOnce() -> Result<V, E>) -> Result<Arc<V>, E> {
        let value = compute();
        count(if value.is_ok() { &self.counters.bypassed } else { &self.counters.failed });
        value.map(Arc::new)
    }

    /// Compute for this thread and those that wait at `place`.
    fn compute<E>(
        &self,
        key: &K,
        was_stale: bool,
        place: PlaceholderGuard<'_, K, Arc<Held<V>>, Bytes, DefaultHashBuilder, Farewell>,
        compute: impl FnOnce() -> Result<V, E>,
    ) -> Result<Arc<V>, E> {
        self.gone
            .ghost()
            .missed(self.gone.hashes.hash_one(key), |seen| seen.holds(&self.foreign, key.reads()));
        // Before the database is read: what is written from here on makes the result old.
        let seen = Seen::now(&self.foreign, key.reads());
        if !seen.is_quiet() {
            // Whoever waits need not wait for a result that will not be kept.
            drop(place);
            return self.pass_by(compute);
        }
        let start = Instant::now();
        let value = compute().inspect_err(|_| count(&self.counters.failed))?;
        let cost_ns = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        count(&self.counters.misses);
        if was_stale {
            count(&self.counters.stale);
        }
        let bytes = value.weight_bytes();
        let value = Arc::new(value);
        if self.is_enabled() {
            // Also when it is old by now: those who waited began before that write.
            let held = Held::new(key, Arc::clone(&value), bytes, seen, cost_ns);
            // Refused when it was cleared meanwhile.
            let _ = place.insert(Arc::new(held));
        }
        Ok(value)
    }

    /// Memory of the results that would have to go for a capacity of `smaller`, those that had earned least before this
    /// window, and what they saved in it. They are chosen by the past and judged by the present: chosen by the
    /// present, the worst of many would look worse than they are.
    fn tail(&self, smaller: u64) -> (u64, f64) {
        let mut known: Vec<(f64, f64, u64)> = Vec::new();
        let mut all_bytes = 0;
        for (_, held) in self.held.iter() {
            let (before, now) = held.close_window();
            all_bytes += held.bytes;
            if let Some(before) = before {
                known.push((before / held.bytes as f64, now, held.bytes));
            }
        }
        known.sort_by(|one, two| one.0.total_cmp(&two.0));
        let (mut bytes, mut saved_s) = (0, 0.0);
        for (_, now, entry_bytes) in known {
            if bytes + smaller >= all_bytes {
                break;
            }
            bytes += entry_bytes;
            saved_s += now;
        }
        (bytes, saved_s)
    }

    fn resize(&self, capacity: &Capacity) {
        self.held.set_capacity(capacity.bytes());
        self.gone.ghost().set_limit(capacity.larger_by());
    }
}

impl<K, V> fmt::Debug for QueryCache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryCache").field("counters", &self.counters).finish_non_exhaustive()
    }
}

fn store<K: Eq + Hash, V>(
    bytes: u64,
    usual_bytes: u64,
    farewell: Farewell,
) -> Cache<K, Arc<Held<V>>, Bytes, DefaultHashBuilder, Farewell> {
    let entries = usize::try_from(bytes / usual_bytes.max(1)).unwrap_or(usize::MAX).max(1);
    let hashes = DefaultHashBuilder::default();
    let mut options = OptionsBuilder::new();
    options.estimated_items_capacity(entries).weight_capacity(bytes).shards(SHARDS);
    match options.hot_allocation(HOT).ghost_allocation(REMEMBERED).build() {
        Ok(options) => Cache::with_options(options, Bytes, hashes, farewell),
        // Options are refused only where a size is missing. Then the usual ones serve.
        Err(_) => Cache::with(entries, bytes, Bytes, hashes, farewell),
    }
}
