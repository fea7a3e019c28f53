//! One cache for many threads, switched off, failing, growing and shrinking.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code outside `#[test]` functions too.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use lunar_habitat_store::StoreError;
use lunar_habitat_store::cache::{Bounds, CacheSettings, Parameter, Pattern, Query, QueryCache};
use runtime::memory::Level;

type Cache = QueryCache<Query, Vec<u64>>;

fn query(key: u64) -> Query {
    Query::new(&[], "select", vec![Parameter::Integer(key as i64)])
}

/// 4 kB that say which key they are of.
fn rows(key: u64) -> Result<Vec<u64>, StoreError> {
    Ok(vec![key; 512])
}

fn failure() -> StoreError {
    StoreError::ColumnTwice("no such column".to_owned())
}

#[test]
fn eight_threads_compute_a_miss_once() {
    let cache = Cache::alone(CacheSettings::default());
    let rounds = 200;
    let computed: Vec<AtomicU64> = (0..rounds).map(|_| AtomicU64::new(0)).collect();
    let barrier = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for round in 0..rounds {
                    barrier.wait();
                    let found = cache.get(&query(round), || {
                        computed[round as usize].fetch_add(1, Ordering::SeqCst);
                        thread::sleep(Duration::from_micros(500));
                        rows(round)
                    });
                    assert_eq!(found.unwrap()[0], round);
                }
            });
        }
    });
    assert!(computed.iter().all(|count| count.load(Ordering::SeqCst) == 1));
    let figures = cache.figures();
    assert_eq!((figures.misses, figures.hits), (200, 1_400));
    // What was saved is what the database took: at least half a millisecond for each hit.
    assert!(figures.saved_s > 0.5e-3 * 1_400.0, "{figures:?}");
}

#[test]
fn those_who_wait_get_a_result_that_is_too_large_to_keep() {
    let bounds = Bounds { least_bytes: 4_096, most_bytes: 4_096, ..Bounds::default() };
    let cache = Cache::alone(CacheSettings { bytes: 4_096, bounds, ..CacheSettings::default() });
    let (computed, started) = (AtomicU64::new(0), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            let found = cache.get(&query(1), || {
                computed.fetch_add(1, Ordering::SeqCst);
                started.wait();
                thread::sleep(Duration::from_millis(300));
                Ok::<_, StoreError>(vec![1; 100_000])
            });
            assert_eq!(found.unwrap().len(), 100_000);
        });
        started.wait();
        for _ in 0..7 {
            scope.spawn(|| {
                let found = cache.get(&query(1), || {
                    computed.fetch_add(1, Ordering::SeqCst);
                    Ok::<_, StoreError>(vec![1; 100_000])
                });
                assert_eq!(found.unwrap().len(), 100_000);
            });
        }
    });
    // A thread that starts only after the first is done computes for itself.
    let figures = cache.figures();
    assert_eq!(figures.misses, computed.load(Ordering::SeqCst));
    assert_eq!(figures.hits + figures.misses, 8);
    assert_eq!((figures.entries, figures.bytes), (0, 0));
}

#[test]
fn eight_threads_on_a_full_cache_get_their_own_rows_and_bytes_stay_within() {
    let bytes = 400_000;
    let bounds = Bounds { least_bytes: bytes, most_bytes: bytes, ..Bounds::default() };
    let cache = Cache::alone(CacheSettings { bytes, bounds, ..CacheSettings::default() });
    let queries: Vec<Query> = (0..1_000).map(query).collect();
    thread::scope(|scope| {
        for thread in 0..8 {
            let (cache, queries) = (&cache, &queries);
            scope.spawn(move || {
                for key in (Pattern::Zipf { keys: 1_000, exponent: 0.9 }).keys(thread).take(5_000) {
                    let found = cache.get(&queries[key as usize], || rows(key)).unwrap();
                    assert!(found.len() == 512 && found[511] == key);
                }
                assert!(cache.figures().bytes <= bytes);
            });
        }
    });
    let figures = cache.figures();
    assert_eq!(figures.hits + figures.misses, 40_000);
    assert_eq!(figures.evictions, figures.misses - figures.entries);
    assert!(figures.hits > 10_000 && figures.bytes > bytes / 2, "{figures:?}");
}

#[test]
fn an_error_is_kept_for_nobody() {
    let cache = Cache::alone(CacheSettings::default());
    let error = cache.get(&query(1), || Err(failure())).unwrap_err();
    assert_eq!(error.to_string(), failure().to_string());
    assert_eq!(cache.get(&query(1), || rows(1)).unwrap()[0], 1);
    // Of threads that wait for one that fails, one takes over and the others wait for that one.
    let (calls, barrier) = (AtomicU64::new(0), Barrier::new(4));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                barrier.wait();
                let _ = cache.get(&query(2), || {
                    thread::sleep(Duration::from_millis(20));
                    let first = calls.fetch_add(1, Ordering::SeqCst) == 0;
                    if first { Err(failure()) } else { rows(2) }
                });
            });
        }
    });
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    assert_eq!(cache.figures().failed, 2);
}

#[test]
fn a_panic_of_a_computation_blocks_nobody() {
    let cache = Cache::alone(CacheSettings::default());
    let compute = || -> Result<Vec<u64>, StoreError> { panic!("a broken query") };
    let panicked =
        thread::scope(|scope| scope.spawn(|| cache.get(&query(1), compute)).join().is_err());
    assert!(panicked);
    assert_eq!(cache.get(&query(1), || rows(1)).unwrap()[0], 1);
}

#[test]
fn off_by_a_flag_nothing_is_kept() {
    let cache = Cache::alone(CacheSettings { enabled: false, ..CacheSettings::default() });
    for value in 0..3 {
        assert_eq!(cache.get(&query(1), || rows(value)).unwrap()[0], value);
    }
    assert_eq!((cache.figures().bypassed, cache.figures().entries), (3, 0));
    cache.set_enabled(true);
    cache.get(&query(1), || rows(7)).unwrap();
    assert_eq!(cache.get(&query(1), || rows(8)).unwrap()[0], 7);
    cache.set_enabled(false);
    assert_eq!(cache.figures().entries, 0);
    assert_eq!(cache.get(&query(1), || rows(9)).unwrap()[0], 9);
}

/// Ask for `requests` keys of a Zipf stream; every result costs at least 20 µs.
fn load(cache: &Cache, keys: usize, seed: u64, requests: usize) {
    for key in (Pattern::Zipf { keys, exponent: 0.8 }).keys(seed).take(requests) {
        let found = cache.get(&query(key), || {
            let start = Instant::now();
            while start.elapsed() < Duration::from_micros(20) {
                std::hint::spin_loop();
            }
            rows(key)
        });
        assert_eq!(found.unwrap()[0], key);
    }
}

#[test]
fn the_capacity_grows_while_more_would_earn_and_falls_under_pressure() {
    let bounds = Bounds { least_bytes: 100_000, most_bytes: 2_000_000, worth_s_per_s_gib: 1e-6 };
    let cache = Cache::alone(CacheSettings { bytes: 200_000, bounds, ..CacheSettings::default() });
    let mut sizes = vec![cache.adapt(Level::Calm)];
    for round in 0..30 {
        load(&cache, 2_000, round, 1_000);
        sizes.push(cache.adapt(Level::Calm));
    }
    assert_eq!(sizes[0], 200_000);
    assert_eq!(*sizes.last().unwrap(), 2_000_000, "{sizes:?}");
    let full = cache.figures();
    assert!(full.bytes > 1_000_000 && full.capacity_bytes == 2_000_000, "{full:?}");
    assert_eq!(cache.adapt(Level::Trim), 1_000_000);
    assert!(cache.figures().bytes <= 1_000_000);
    assert_eq!(cache.adapt(Level::Narrow), 100_000);
    let least = cache.figures();
    assert!(least.bytes <= 100_000 && least.entries > 0, "{least:?}");
    assert_eq!(least.evictions, least.misses - least.entries);
}

#[test]
fn the_capacity_shrinks_when_the_last_results_earn_nothing() {
    let bounds = Bounds { least_bytes: 200_000, most_bytes: 2_000_000, worth_s_per_s_gib: 1e6 };
    let cache =
        Cache::alone(CacheSettings { bytes: 2_000_000, bounds, ..CacheSettings::default() });
    for round in 0..60 {
        load(&cache, 2_000, round, 500);
        cache.adapt(Level::Calm);
    }
    // No query is worth a GiB for a million seconds a second.
    assert_eq!(cache.figures().capacity_bytes, 200_000);
    let granted = Bounds { least_bytes: 400_000, ..bounds };
    assert_eq!(cache.set_bounds(granted), 400_000);
}

#[test]
fn a_look_at_the_capacity_drops_what_is_old() {
    let cache = Cache::alone(CacheSettings::default());
    let source = cache.generations().source("samples");
    let reads = Query::new(std::slice::from_ref(&source), "select", Vec::new());
    cache.get(&reads, || rows(1)).unwrap();
    cache.get(&query(1), || rows(1)).unwrap();
    drop(cache.generations().write(&[source]));
    assert_eq!(cache.figures().entries, 2);
    cache.adapt(Level::Calm);
    assert_eq!(cache.figures().entries, 1);
}

#[test]
fn looks_at_the_capacity_and_queries_go_on_together() {
    let bounds = Bounds { least_bytes: 50_000, most_bytes: 800_000, worth_s_per_s_gib: 0.05 };
    let cache = Cache::alone(CacheSettings { bytes: 200_000, bounds, ..CacheSettings::default() });
    let left = Mutex::new(4);
    thread::scope(|scope| {
        for thread in 0..4 {
            let (cache, left) = (&cache, &left);
            scope.spawn(move || {
                load(cache, 500, thread, 2_000);
                *left.lock().unwrap() -= 1;
            });
        }
        let pressures = [Level::Calm, Level::Narrow, Level::Calm, Level::Trim];
        for pressure in pressures.into_iter().cycle() {
            if *left.lock().unwrap() == 0 {
                break;
            }
            let bytes = cache.adapt(pressure);
            assert!((50_000..=800_000).contains(&bytes));
            thread::sleep(Duration::from_millis(1));
        }
    });
    assert_eq!(cache.figures().hits + cache.figures().misses, 8_000);
}
