//! What the cache keeps, against a plain LRU of the same room on the same streams of requests.
//!
//! Weights are equal here, so that the LRU is the crate `lru` with as many entries as the room of the cache allows.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code outside `#[test]` functions too.

use std::num::NonZeroUsize;

use lru::LruCache;
use lunar_habitat_store::StoreError;
use lunar_habitat_store::cache::{
    Bounds, CacheKey, CacheSettings, Pattern, QueryCache, Source, Weighed,
};

/// Results that fit.
const ROOM: usize = 1_000;
const REQUESTS: usize = 150_000;
/// Where an LRU is best, and what is asked for moves on all the time, the cache may hit this much less.
const MARGIN: f64 = 0.03;

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key(u64);

impl CacheKey for Key {
    fn reads(&self) -> &[Source] {
        &[]
    }
}

/// A result of 4 kB by what it says, so that the test needs no such memory.
struct Rows(u64);

impl Weighed for Rows {
    fn weight_bytes(&self) -> usize {
        4_096
    }
}

/// A cache with room for `ROOM` results.
fn cache() -> QueryCache<Key, Rows> {
    let entry = {
        let probe: QueryCache<Key, Rows> = QueryCache::alone(CacheSettings::default());
        probe.get(&Key(0), || Ok::<_, StoreError>(Rows(0))).unwrap();
        probe.figures().bytes
    };
    let bytes = ROOM as u64 * entry;
    let bounds = Bounds { least_bytes: bytes, most_bytes: bytes, ..Bounds::default() };
    QueryCache::alone(CacheSettings { bytes, bounds, ..CacheSettings::default() })
}

/// Hit ratios of the cache and of an LRU.
fn play(pattern: Pattern) -> (f64, f64) {
    let cache = cache();
    let mut plain = LruCache::new(NonZeroUsize::new(ROOM).unwrap());
    let mut plain_hits = 0;
    for key in pattern.keys(11).take(REQUESTS) {
        let rows = cache.get(&Key(key), || Ok::<_, StoreError>(Rows(key))).unwrap();
        assert_eq!(rows.0, key);
        if plain.get(&key).is_some() {
            plain_hits += 1;
        } else {
            plain.put(key, ());
        }
    }
    let figures = cache.figures();
    assert!(figures.bytes <= figures.capacity_bytes, "{figures:?}");
    assert!(figures.entries <= ROOM as u64);
    assert_eq!(figures.evictions, figures.misses - figures.entries);
    (figures.hit_ratio(), f64::from(plain_hits) / REQUESTS as f64)
}

#[test]
fn zipf_hits_more_than_an_lru() {
    for (exponent, gain) in [(0.6, 0.04), (0.8, 0.04), (0.9, 0.04), (1.0, 0.03), (1.2, 0.01)] {
        let (ours, plain) = play(Pattern::Zipf { keys: 20_000, exponent });
        assert!(ours > plain + gain, "exponent {exponent}: {ours} against {plain}");
    }
}

#[test]
fn scans_leave_in_place_what_is_asked_for_again() {
    for (hot, every, length) in [(1_500, 2_000, 1_000), (600, 1_000, 2_000)] {
        let (ours, plain) = play(Pattern::Scan { hot, every, length });
        assert!(ours > plain + 0.05, "{hot} hot: {ours} against {plain}");
    }
}

#[test]
fn a_loop_that_does_not_fit_hits_what_fits() {
    // Keys fall into the four parts by hashes that differ from run to run: at 900 a part may overflow, at 800 one in ten
    // thousand does.
    for (keys, least) in [(800, 0.99), (900, 0.95), (1_100, 0.7), (2_000, 0.2)] {
        let (ours, plain) = play(Pattern::Loop { keys });
        let near = if keys == 900 { 0.05 } else { MARGIN };
        assert!(ours > least && ours > plain - near, "{keys} keys: {ours} against {plain}");
    }
}

#[test]
fn shifting_interest_costs_no_more_than_the_margin() {
    for (every, by) in [(100, 10), (1_000, 100), (5_000, 1_000), (20_000, 5_000), (50_000, 20_000)]
    {
        let (ours, plain) = play(Pattern::ShiftingZipf { keys: 20_000, exponent: 0.9, every, by });
        assert!(ours > plain - MARGIN, "{by} keys in {every}: {ours} against {plain}");
    }
}
