//! The row `caching`: hits per second and hit ratio of the query cache, beside a plain LRU of the same size.
//!
//! Results are 128 to 896 samples (1 to 7 kB) each, read from a file on disk when the cache does not have them; the
//! operating system keeps the file in memory. Both caches have room for about a thousand results, know queries by the
//! same keys and are full of the same stream of requests. The LRU is the crate `lru` in a mutex; its bookkeeping is
//! not counted against its room. It knows no writes, so it gives out old results; ours checks at each hit.
//!
//! # Bar
//! On every Zipf stream the hit ratio is at least that of the LRU.
//!
//! # JSON
//! `value` is the hits a second of one thread on the Zipf stream with the exponent 0.9, over the wall time of all
//! requests, those that miss included. `detail`: `hit_ratio` and `lru_hit_ratio` of that stream; `threads`, a list of
//! `{threads, hits_s, lru_hits_s}`; `hit_s`, `lru_hit_s`, hits a second where everything fits; `streams`, a list of
//! `{stream, hit_ratio, lru_hit_ratio}`.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use lru::LruCache;
use serde::Serialize;
use store::cache::{
    Bounds, CacheKey, CacheSettings, Parameter, Pattern, Query, QueryCache, Weighed,
};

use super::rate::Rate;
use super::{Measured, Row, verdict};
use crate::error::CliError;
use crate::mission::cores;
use crate::table::fixed;

/// Figure of the predecessor.
const PREDECESSOR: f64 = 908.7;
/// Different queries.
const KEYS: usize = 20_000;
/// Requests of a stream.
const REQUESTS: usize = 200_000;
/// Room of both caches, bytes.
const ROOM: u64 = 4 << 20;
/// Room where everything fits, bytes.
const AMPLE: u64 = 512 << 20;
/// Repetitions of a speed, of which the middle one counts.
const REPETITIONS: usize = 3;
/// The stream of the row.
const STREAM: Pattern = Pattern::Zipf { keys: KEYS, exponent: 0.9 };
/// The streams of the detail.
const STREAMS: [(&str, Pattern); 12] = [
    ("zipf 0.6", Pattern::Zipf { keys: KEYS, exponent: 0.6 }),
    ("zipf 0.8", Pattern::Zipf { keys: KEYS, exponent: 0.8 }),
    ("zipf 0.9", STREAM),
    ("zipf 1.0", Pattern::Zipf { keys: KEYS, exponent: 1.0 }),
    ("zipf 1.2", Pattern::Zipf { keys: KEYS, exponent: 1.2 }),
    ("scan, screens too large", Pattern::Scan { hot: 1_500, every: 2_000, length: 1_000 }),
    ("scan, screens that fit", Pattern::Scan { hot: 600, every: 1_000, length: 2_000 }),
    ("loop, a tenth too large", Pattern::Loop { keys: 1_100 }),
    ("loop, twice too large", Pattern::Loop { keys: 2_000 }),
    ("zipf 0.9, shifts all the time", shifting(1_000, 100)),
    ("zipf 0.9, shifts by a twentieth", shifting(5_000, 1_000)),
    ("zipf 0.9, shifts by a quarter", shifting(20_000, 5_000)),
];

const fn shifting(every: usize, by: usize) -> Pattern {
    Pattern::ShiftingZipf { keys: KEYS, exponent: 0.9, every, by }
}

#[derive(Debug, Serialize)]
struct Detail {
    hit_ratio: f64,
    lru_hit_ratio: f64,
    threads: Vec<Speed>,
    hit_s: f64,
    lru_hit_s: f64,
    streams: Vec<Stream>,
}

/// Hits a second with a number of threads.
#[derive(Debug, Serialize)]
struct Speed {
    threads: usize,
    hits_s: f64,
    lru_hits_s: f64,
}

/// Hit ratios on one stream.
#[derive(Debug, Serialize)]
struct Stream {
    stream: &'static str,
    hit_ratio: f64,
    lru_hit_ratio: f64,
}

/// Samples on disk, a run of them for each key.
struct Samples {
    file: Mutex<File>,
    queries: Vec<Query>,
}

/// Samples of a key's run; keys beyond the last share the runs of the first.
fn samples_of(key: usize) -> usize {
    128 + key.wrapping_mul(0x9E37_79B1) % 769
}

/// Most samples of a run: the runs lie this far apart.
const STRIDE: usize = 896;

impl Samples {
    /// Write the runs of `keys` queries.
    fn write(keys: usize) -> Result<Samples, CliError> {
        let failed = |error| CliError::Failed(format!("no file of samples: {error}"));
        let mut file = tempfile::tempfile().map_err(failed)?;
        for key in 0..keys {
            let run: Vec<u8> = (0..STRIDE)
                .flat_map(|sample| (key as f64 + sample as f64 / 1e3).to_le_bytes())
                .collect();
            file.write_all(&run).map_err(failed)?;
        }
        Ok(Samples { file: Mutex::new(file), queries: Vec::new() })
    }

    /// Know the queries of the keys below `keys`, made with `source`.
    fn ask(&mut self, keys: usize, source: &store::cache::Source) {
        let text = "select t_s, pp_co2_pa from samples where run = ? order by t_s";
        self.queries = (0..keys)
            .map(|key| {
                Query::new(std::slice::from_ref(source), text, vec![Parameter::Integer(key as i64)])
            })
            .collect();
    }

    /// The samples of a key, from the file.
    fn read(&self, key: usize) -> Result<Vec<f64>, CliError> {
        let failed = |error| CliError::Failed(format!("samples of run {key}: {error}"));
        let mut bytes = vec![0; 8 * samples_of(key)];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start((8 * STRIDE * (key % KEYS)) as u64)).map_err(failed)?;
        file.read_exact(&mut bytes).map_err(failed)?;
        drop(file);
        Ok(bytes.as_chunks::<8>().0.iter().map(|sample| f64::from_le_bytes(*sample)).collect())
    }
}

/// A cache that can be asked for the samples of a key; true for a hit.
trait Asked: Sync {
    fn ask(&self, samples: &Samples, key: usize) -> Result<bool, CliError>;
}

/// The cache of the store.
impl Asked for QueryCache<Query, Vec<f64>> {
    fn ask(&self, samples: &Samples, key: usize) -> Result<bool, CliError> {
        let mut hit = true;
        let found = self.get(&samples.queries[key], || {
            hit = false;
            samples.read(key)
        })?;
        check(&found, key)?;
        Ok(hit)
    }
}

/// Results by their queries, and the bytes of both.
type Room = (LruCache<Query, Arc<Vec<f64>>>, u64);

/// A plain LRU with room for `room` bytes of keys and results.
struct Plain {
    held: Mutex<Room>,
    room: u64,
}

impl Plain {
    fn new(room: u64) -> Plain {
        Plain { held: Mutex::new((LruCache::unbounded(), 0)), room }
    }
}

impl Asked for Plain {
    fn ask(&self, samples: &Samples, key: usize) -> Result<bool, CliError> {
        let query = &samples.queries[key];
        let found = {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            held.0.get(query).map(Arc::clone)
        };
        if let Some(found) = found {
            check(&found, key)?;
            return Ok(true);
        }
        let found = Arc::new(samples.read(key)?);
        check(&found, key)?;
        let weight = |query: &Query, found: &Vec<f64>| {
            (size_of::<Query>() + query.weight_bytes() + found.weight_bytes()) as u64
        };
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.1 += weight(query, &found);
        if let Some(before) = held.0.put(query.clone(), found) {
            held.1 -= weight(query, &before);
        }
        while held.1 > self.room {
            match held.0.pop_lru() {
                Some((query, found)) => held.1 -= weight(&query, &found),
                None => break,
            }
        }
        Ok(false)
    }
}

/// The result is the one of this key.
fn check(found: &[f64], key: usize) -> Result<(), CliError> {
    if found.len() == samples_of(key) && found[0] == (key % KEYS) as f64 {
        return Ok(());
    }
    Err(CliError::Failed(format!("the cache gave the samples of another run for run {key}")))
}

/// Ours, with room for `room` bytes.
fn ours(room: u64) -> QueryCache<Query, Vec<f64>> {
    let bounds = Bounds { least_bytes: room, most_bytes: room, ..Bounds::default() };
    QueryCache::alone(CacheSettings { bytes: room, bounds, ..CacheSettings::default() })
}

/// Hits of all streams, and the wall time, s. Each stream is asked by a thread of its own.
fn play(
    cache: &dyn Asked,
    samples: &Samples,
    streams: &[Vec<u64>],
) -> Result<(u64, f64), CliError> {
    let start = Instant::now();
    let hits = thread::scope(|scope| {
        let threads: Vec<_> = streams
            .iter()
            .map(|keys| {
                scope.spawn(move || {
                    let mut hits = 0;
                    for key in keys {
                        hits += u64::from(cache.ask(samples, *key as usize)?);
                    }
                    Ok::<u64, CliError>(hits)
                })
            })
            .collect();
        let stopped = || CliError::Failed("a thread of the benchmark stopped".to_owned());
        threads
            .into_iter()
            .map(|one| one.join().map_err(|_| stopped())?)
            .sum::<Result<u64, CliError>>()
    });
    Ok((hits?, start.elapsed().as_secs_f64()))
}

/// Hits a second of ours and of the LRU with room for `room` bytes, one thread a stream; `warm` asks all of it once
/// before.
fn speeds(
    samples: &Samples,
    room: u64,
    streams: &[Vec<u64>],
    warm: bool,
) -> Result<(f64, f64), CliError> {
    let mut rates = [Vec::new(), Vec::new()];
    // The two alternate, so that what else the machine does falls on both.
    for _ in 0..REPETITIONS {
        let (ours, plain) = (ours(room), Plain::new(room));
        for (cache, rates) in [&ours as &dyn Asked, &plain].into_iter().zip(&mut rates) {
            if warm {
                play(cache, samples, streams)?;
            }
            let (hits, seconds) = play(cache, samples, streams)?;
            rates.push(hits as f64 / seconds);
        }
    }
    let [ours, plain] = rates.map(|all| Rate::of(all).median);
    Ok((ours, plain))
}

/// Measure the row.
///
/// # Errors
/// [`CliError`] when the samples cannot be written or read.
pub fn measure() -> Result<Measured, CliError> {
    let mut samples = Samples::write(KEYS)?;
    let draw = |pattern: Pattern, seed| pattern.keys(seed).take(REQUESTS).collect::<Vec<u64>>();
    let all: Vec<Vec<u64>> = STREAMS.iter().map(|(_, pattern)| draw(*pattern, 1)).collect();
    let most = all.iter().flatten().max().map_or(0, |key| *key as usize + 1);
    let generations = store::cache::Generations::default();
    samples.ask(most, &generations.source("samples"));
    let mut streams = Vec::new();
    for ((stream, _), keys) in STREAMS.iter().zip(&all) {
        let keys = std::slice::from_ref(keys);
        let hits = play(&ours(ROOM), &samples, keys)?.0;
        let lru_hits = play(&Plain::new(ROOM), &samples, keys)?.0;
        let ratio = |hits| hits as f64 / REQUESTS as f64;
        streams.push(Stream { stream, hit_ratio: ratio(hits), lru_hit_ratio: ratio(lru_hits) });
    }
    let mut counts = vec![1, 2, cores()];
    counts.sort_unstable();
    counts.dedup();
    let mut threads = Vec::new();
    for count in counts {
        let streams: Vec<_> = (1..=count as u64).map(|seed| draw(STREAM, seed)).collect();
        let (hits_s, lru_hits_s) = speeds(&samples, ROOM, &streams, false)?;
        threads.push(Speed { threads: count, hits_s, lru_hits_s });
    }
    let (hit_s, lru_hit_s) = speeds(&samples, AMPLE, &[draw(STREAM, 1)], true)?;
    let zipf = |one: &&Stream| one.stream.starts_with("zipf") && !one.stream.contains("shifts");
    let pass = streams.iter().filter(zipf).all(|one| one.hit_ratio >= one.lru_hit_ratio);
    let (hit_ratio, lru_hit_ratio) = streams
        .iter()
        .find(|one| one.stream == "zipf 0.9")
        .map_or((0.0, 0.0), |one| (one.hit_ratio, one.lru_hit_ratio));
    let detail = Detail { hit_ratio, lru_hit_ratio, threads, hit_s, lru_hit_s, streams };
    let text = text(&detail, pass);
    let row = Row {
        row: "caching",
        value: detail.threads[0].hits_s,
        unit: "hits/s",
        predecessor: Some(PREDECESSOR),
        pass,
        detail,
    };
    Measured::new(&row, text)
}

fn text(detail: &Detail, pass: bool) -> String {
    let mut text = format!(
        "caching  {} hits/s, hit ratio {} on Zipf 0.9; LRU {}  (bar: at least LRU's on Zipf)  {}\n\n\
         threads       hits/s   LRU hits/s\n",
        fixed(detail.threads[0].hits_s, 0),
        fixed(detail.hit_ratio, 3),
        fixed(detail.lru_hit_ratio, 3),
        verdict(pass),
    );
    for speed in &detail.threads {
        text.push_str(&format!(
            "{:7}  {:>11}  {:>11}\n",
            speed.threads,
            fixed(speed.hits_s, 0),
            fixed(speed.lru_hits_s, 0),
        ));
    }
    text.push_str(&format!(
        "{:7}  {:>11}  {:>11}  everything fits\n\nhit ratio  LRU    stream\n",
        1,
        fixed(detail.hit_s, 0),
        fixed(detail.lru_hit_s, 0),
    ));
    for one in &detail.streams {
        let (ours, plain) = (fixed(one.hit_ratio, 3), fixed(one.lru_hit_ratio, 3));
        text.push_str(&format!("{ours:>9}  {plain:>5}  {}\n", one.stream));
    }
    text.push_str(&format!("predecessor: {} operations/s", fixed(PREDECESSOR, 1)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_caches_give_the_samples_of_the_run_and_hit_what_comes_back() {
        let mut samples = Samples::write(40).unwrap();
        samples.ask(40, &store::cache::Generations::default().source("samples"));
        let keys: Vec<u64> = (Pattern::Loop { keys: 40 }).keys(1).take(100).collect();
        for cache in [&ours(AMPLE) as &dyn Asked, &Plain::new(AMPLE)] {
            assert_eq!(play(cache, &samples, std::slice::from_ref(&keys)).unwrap().0, 60);
        }
        // A room for about three results: a loop of forty leaves an LRU with nothing.
        let plain = Plain::new(16 << 10);
        assert_eq!(play(&plain, &samples, std::slice::from_ref(&keys)).unwrap().0, 0);
        assert!(plain.held.lock().unwrap().1 <= 16 << 10);
    }
}
