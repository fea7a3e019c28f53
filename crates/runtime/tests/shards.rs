//! Shards: memory is never promised twice, jobs wait for it, and all of them run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lunar_habitat_runtime::{
    Job, Policy, Priority, RuntimeError, ShardOptions, Shards, Ticket, Token,
};

const SHARD: ShardOptions = ShardOptions { workers: 2, memory_bytes: 100 };

fn job(class: &'static str, memory_bytes: u64) -> Job {
    Job { class, cost: 1.0, memory_bytes }
}

#[test]
fn memory_is_never_promised_twice() {
    let shards = Shards::new(&[SHARD, SHARD], &[("big", Policy::ResourceAware)]).unwrap();
    let (used, most) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let handles: Vec<_> = (0..200)
        .map(|at| {
            let bytes = 20 + 13 * (at % 6);
            let (used, most) = (Arc::clone(&used), Arc::clone(&most));
            let work = move || {
                let now = used.fetch_add(bytes, Ordering::SeqCst) + bytes;
                most.fetch_max(now, Ordering::SeqCst);
                std::thread::sleep(Duration::from_micros(200));
                used.fetch_sub(bytes, Ordering::SeqCst);
                at
            };
            shards.submit(job("big", bytes), Priority::Normal, work).unwrap()
        })
        .collect();
    assert!(handles.into_iter().map(|handle| handle.wait().unwrap()).eq(0..200));
    assert!(most.load(Ordering::SeqCst) <= 200, "{most:?}");
    for shard in shards.figures() {
        assert_eq!((shard.jobs, shard.memory_bytes, shard.cost), (0, 0, 0.0));
        assert!(shard.taken > 0);
    }
}

#[test]
fn each_class_has_its_policy() {
    let classes = [("even", Policy::RoundRobin), ("any", Policy::LeastLoaded)];
    let shards = Shards::new(&[SHARD, SHARD], &classes).unwrap();
    for class in ["even", "any", "unnamed"] {
        let before: Vec<u64> = shards.figures().iter().map(|shard| shard.taken).collect();
        let gate = Arc::new(std::sync::Mutex::new(()));
        let held = gate.lock().unwrap();
        let handles: Vec<_> = (0..10)
            .map(|_| {
                let gate = Arc::clone(&gate);
                let wait = move || drop(gate.lock());
                shards.submit(job(class, 1), Priority::Normal, wait).unwrap()
            })
            .collect();
        drop(held);
        handles.into_iter().for_each(|handle| handle.wait().unwrap());
        let taken = shards.figures().into_iter().zip(before).map(|(now, then)| now.taken - then);
        assert_eq!(taken.collect::<Vec<_>>(), [5, 5], "{class}");
    }
}

#[test]
fn a_job_that_fits_nowhere_is_refused_and_one_that_waits_can_be_given_up() {
    let shards = Shards::new(&[SHARD], &[("big", Policy::ResourceAware)]).unwrap();
    let refused = shards.submit(job("big", 101), Priority::Normal, || ()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the memory of a job is 101 bytes; allowed is at most 100 bytes"
    );
    let bad = Job { cost: f64::NAN, ..job("big", 1) };
    assert!(shards.submit(bad, Priority::Normal, || ()).is_err());
    let (release, held) = std::sync::mpsc::channel::<()>();
    let wait = move || {
        let _ = held.recv();
    };
    let first = shards.submit(job("big", 90), Priority::Normal, wait).unwrap();
    let ticket = Ticket::new("second", Priority::Normal).until(Instant::now());
    let late = shards.submit(job("big", 20), ticket, || ()).unwrap_err();
    assert!(matches!(late, RuntimeError::TaskLate { .. }));
    let token = Token::new();
    token.cancel();
    let ticket = Ticket::new("third", Priority::Normal).under(&token);
    let cancelled = shards.submit(job("big", 20), ticket, || ()).unwrap_err();
    assert_eq!(cancelled, RuntimeError::TaskCancelled { task: "third".to_owned() });
    release.send(()).unwrap();
    first.wait().unwrap();
    assert_eq!(shards.figures()[0].memory_bytes, 0);
}

#[test]
fn a_job_that_panics_gives_its_memory_back() {
    let shards = Shards::new(&[SHARD], &[("big", Policy::ResourceAware)]).unwrap();
    for _ in 0..5 {
        let broken = shards.submit(job("big", 90), Priority::Normal, || panic!("broke")).unwrap();
        assert!(broken.wait().map(|(): ()| ()).is_err());
    }
    assert_eq!(shards.figures()[0].jobs, 0);
}
