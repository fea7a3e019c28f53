//! A cache never gives out what a finished write has made old: random interleavings of readers and writers.
//!
//! Tables hold one number that only rises, so that a result says how many writes it has seen.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code outside `#[test]` functions too.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use lunar_habitat_store::StoreError;
use lunar_habitat_store::cache::{Bounds, CacheSettings, Query, QueryCache, Source, Versions};

const TABLES: usize = 3;
const OK: Ordering = Ordering::SeqCst;
type Cache = QueryCache<Query, Vec<u64>>;

/// Dice with a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    /// Let others go first, now and then.
    fn pause(&mut self) {
        match self.below(8) {
            0 => thread::sleep(Duration::from_micros(self.below(60))),
            1..=3 => thread::yield_now(),
            _ => {}
        }
    }
}

/// A database of rising numbers, with the counter of other people's commits.
#[derive(Default)]
struct Fake {
    tables: Mutex<([u64; TABLES], u64)>,
    is_down: AtomicBool,
}

impl Fake {
    fn read(&self, tables: &[usize]) -> Vec<u64> {
        let held = self.tables.lock().unwrap();
        tables.iter().map(|table| held.0[*table]).collect()
    }

    fn write(&self, table: usize) -> u64 {
        let mut held = self.tables.lock().unwrap();
        held.0[table] += 1;
        held.0[table]
    }

    fn write_from_elsewhere(&self, table: usize) -> u64 {
        let mut held = self.tables.lock().unwrap();
        held.0[table] += 1;
        held.1 += 1;
        held.0[table]
    }
}

struct Counter(Arc<Fake>);

impl Versions for Counter {
    fn version(&self) -> Result<u64, StoreError> {
        if self.0.is_down.load(OK) {
            return Err(StoreError::ColumnTwice("no answer".to_owned()));
        }
        Ok(self.0.tables.lock().unwrap().1)
    }
}

/// What the queries read.
const QUERIES: [&[usize]; 5] = [&[0], &[1], &[2], &[0, 1], &[0, 1, 2]];

fn queries(cache: &Cache) -> (Vec<Source>, Vec<Query>) {
    let sources: Vec<Source> =
        (0..TABLES).map(|table| cache.generations().source(&format!("table {table}"))).collect();
    let queries = QUERIES
        .iter()
        .map(|tables| {
            let reads: Vec<Source> = tables.iter().map(|table| sources[*table].clone()).collect();
            Query::new(&reads, "select", Vec::new())
        })
        .collect();
    (sources, queries)
}

fn settings(freshness: Duration) -> CacheSettings {
    CacheSettings { freshness, ..CacheSettings::default() }
}

/// Six readers and two writers of one process; `cache` as it was made, bounds as they are.
///
/// A result has at least what was finished when its query began, and at least what anybody had been shown by then.
fn play_within_a_process(cache: &Cache, seed: u64, rounds: usize) {
    let (sources, queries) = queries(cache);
    let fake = Fake::default();
    let finished: [AtomicU64; TABLES] = Default::default();
    let shown: [AtomicU64; TABLES] = Default::default();
    thread::scope(|scope| {
        for reader in 0..6 {
            let (fake, finished, shown, queries) = (&fake, &finished, &shown, &queries);
            scope.spawn(move || {
                let mut dice = Dice(seed * 100 + reader);
                for _ in 0..rounds {
                    let pick = dice.below(QUERIES.len() as u64) as usize;
                    let least: Vec<u64> = QUERIES[pick]
                        .iter()
                        .map(|table| finished[*table].load(OK).max(shown[*table].load(OK)))
                        .collect();
                    let found = cache
                        .get(&queries[pick], || {
                            dice.pause();
                            let rows = fake.read(QUERIES[pick]);
                            dice.pause();
                            Ok::<_, StoreError>(rows)
                        })
                        .unwrap();
                    for ((table, found), least) in QUERIES[pick].iter().zip(&*found).zip(least) {
                        assert!(*found >= least, "table {table}: {found} after {least}");
                        shown[*table].fetch_max(*found, OK);
                    }
                }
            });
        }
        for writer in 0..2 {
            let (fake, finished, sources) = (&fake, &finished, &sources);
            scope.spawn(move || {
                let mut dice = Dice(seed * 100 + 50 + writer);
                for _ in 0..rounds / 8 {
                    let table = dice.below(TABLES as u64) as usize;
                    let writing = cache.generations().write(&sources[table..=table]);
                    dice.pause();
                    let written = fake.write(table);
                    dice.pause();
                    drop(writing);
                    finished[table].fetch_max(written, OK);
                    thread::sleep(Duration::from_micros(dice.below(400)));
                }
            });
        }
    });
}

#[test]
fn nothing_stale_within_a_process() {
    let (mut hits, mut stale) = (0, 0);
    for seed in 0..8 {
        let cache = Cache::alone(CacheSettings::default());
        play_within_a_process(&cache, seed, 2_000);
        let figures = cache.figures();
        assert_eq!(figures.hits + figures.misses + figures.bypassed, 12_000);
        hits += figures.hits;
        stale += figures.stale;
    }
    println!("{hits} hits, {stale} stale of 96 000");
    // The cache was at work, and writes did make results old.
    assert!(hits > 500 && stale > 50, "{hits} hits, {stale} stale of 96 000");
}

#[test]
fn nothing_stale_while_results_make_room_for_each_other() {
    // Room for two or three results of five.
    let bounds = Bounds { least_bytes: 1_200, most_bytes: 1_200, ..Bounds::default() };
    for seed in 20..24 {
        let cache =
            Cache::alone(CacheSettings { bytes: 1_200, bounds, ..CacheSettings::default() });
        play_within_a_process(&cache, seed, 2_000);
        assert!(cache.figures().evictions > 0, "{:?}", cache.figures());
    }
}

#[test]
fn nothing_older_than_the_bound_when_another_process_writes() {
    for (seed, freshness_us) in [(1, 0), (2, 300), (3, 2_000), (4, 20_000)] {
        let freshness = Duration::from_micros(freshness_us);
        let fake = Arc::new(Fake::default());
        let cache = Cache::new(settings(freshness), Counter(Arc::clone(&fake)));
        let (_, queries) = queries(&cache);
        let ask = |pick: usize| {
            cache.get(&queries[pick], || Ok::<_, StoreError>(fake.read(QUERIES[pick]))).unwrap()
        };
        assert_eq!((ask(4).to_vec(), ask(4).to_vec()), (vec![0; 3], vec![0; 3]));
        // Every write with the time by which it was over.
        let log: Mutex<Vec<(Instant, usize, u64)>> = Mutex::default();
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            for reader in 0..4 {
                let (fake, cache, queries, log, is_over) =
                    (&fake, &cache, &queries, &log, &is_over);
                scope.spawn(move || {
                    let mut dice = Dice(seed * 1_000 + reader);
                    while !is_over.load(OK) {
                        let pick = dice.below(QUERIES.len() as u64) as usize;
                        let start = Instant::now();
                        let found = cache
                            .get(&queries[pick], || {
                                dice.pause();
                                let rows = fake.read(QUERIES[pick]);
                                dice.pause();
                                Ok::<_, StoreError>(rows)
                            })
                            .unwrap();
                        let mut least = [0; TABLES];
                        for (over, table, written) in log.lock().unwrap().iter() {
                            if *over + freshness < start {
                                least[*table] = least[*table].max(*written);
                            }
                        }
                        for (table, found) in QUERIES[pick].iter().zip(&*found) {
                            let least = least[*table];
                            assert!(*found >= least, "table {table}: {found} for {least}");
                        }
                    }
                });
            }
            let (fake, log, is_over) = (&fake, &log, &is_over);
            scope.spawn(move || {
                let mut dice = Dice(seed * 1_000 + 500);
                for _ in 0..250 {
                    let table = dice.below(TABLES as u64) as usize;
                    let written = fake.write_from_elsewhere(table);
                    log.lock().unwrap().push((Instant::now(), table, written));
                    thread::sleep(Duration::from_micros(200 + dice.below(2_000)));
                }
                is_over.store(true, OK);
            });
        });
        thread::sleep(freshness + Duration::from_millis(1));
        assert_eq!(ask(4).iter().sum::<u64>(), 250);
        let figures = cache.figures();
        assert!(figures.foreign_changes > 0, "{figures:?}");
        assert!(figures.hits > 0, "{figures:?}");
    }
}

#[test]
fn a_database_that_does_not_answer_is_not_trusted_to_be_unchanged() {
    let fake = Arc::new(Fake::default());
    let cache = Cache::new(settings(Duration::ZERO), Counter(Arc::clone(&fake)));
    let (_, queries) = queries(&cache);
    let ask = || cache.get(&queries[0], || Ok::<_, StoreError>(fake.read(&[0]))).unwrap()[0];
    assert_eq!((ask(), ask()), (0, 0));
    fake.is_down.store(true, OK);
    fake.write_from_elsewhere(0);
    assert_eq!(ask(), 1);
    fake.is_down.store(false, OK);
    assert_eq!((ask(), ask()), (1, 1));
    let figures = cache.figures();
    assert_eq!((figures.misses, figures.bypassed, figures.hits), (2, 1, 2));
    assert_eq!((figures.stale, figures.foreign_changes), (1, 1));
}

#[test]
fn a_write_takes_only_what_read_its_source() {
    let cache = Cache::alone(CacheSettings::default());
    let (sources, queries) = queries(&cache);
    let fake = Fake::default();
    let ask = |pick: usize| {
        let rows = cache.get(&queries[pick], || Ok::<_, StoreError>(fake.read(QUERIES[pick])));
        rows.unwrap().to_vec()
    };
    for pick in 0..QUERIES.len() {
        ask(pick);
    }
    {
        let _writing = cache.generations().write(&sources[2..]);
        fake.write(2);
        assert_eq!(ask(2), [1]);
        assert_eq!(ask(2), [1]);
    }
    let before = cache.figures();
    assert_eq!((before.misses, before.bypassed), (5, 2));
    assert_eq!((ask(0), ask(1), ask(3)), (vec![0], vec![0], vec![0, 0]));
    assert_eq!((ask(2), ask(4)), (vec![1], vec![0, 0, 1]));
    let after = cache.figures();
    assert_eq!((after.hits - before.hits, after.stale, after.misses), (3, 2, 7));
}
