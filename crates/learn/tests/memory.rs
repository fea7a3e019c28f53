//! What is done when memory becomes scarce changes no bit of what is learned.
#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use env::habitat::{Plan, scenario};
use env::{Task, TaskOptions};
use lunar_habitat_learn::{Cpu, HabitatWorld, Training, TrainingSettings, World};
use runtime::memory::{Bound, Level, Limits, MemoryBudget};

/// Enough that every group of lanes has a worker of its own, which lanes take turns by.
const LANES: usize = 768;

fn task() -> Arc<Task> {
    let loaded = scenario::load("cabin-30d").unwrap();
    let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash).unwrap());
    Task::new(plan, TaskOptions::default()).unwrap()
}

fn training(task: &Arc<Task>, threads: usize) -> Training {
    let settings = TrainingSettings {
        lanes: LANES,
        segment: 3,
        threads,
        hidden: vec![8],
        normalise: true,
        scale_rewards: true,
        black_box: true,
        updates: 20,
        ..TrainingSettings::default()
    };
    let world = |first: u64, lanes: usize| {
        let world = HabitatWorld::new(task, 3, first, lanes, None)?;
        Ok(Box::new(world) as Box<dyn World>)
    };
    let cpu = Cpu::new();
    Training::new(settings, Box::new(cpu), cpu.level(), &world).unwrap()
}

/// A budget of 100 GB of which a share is in use that the test sets, in thousandths.
fn scripted() -> (MemoryBudget, Arc<AtomicU64>) {
    let share = Arc::new(AtomicU64::new(100));
    let seen = Arc::clone(&share);
    let budget = MemoryBudget::of(None, move |_| {
        let used = seen.load(Ordering::SeqCst) * 100_000_000;
        let bound = Bound { source: "trace".to_owned(), limit: 100_000_000_000, used };
        Limits { bounds: vec![bound], ..Limits::default() }
    });
    (budget, share)
}

#[test]
fn every_level_gives_the_same_bits_on_any_number_of_threads() {
    let task = task();
    let mut plain = training(&task, 1);
    plain.set_thrift(scripted().0, None);
    let shares = [100, 800, 870, 920, 960, 400, 400, 400, 400, 400, 400];
    let expected: Vec<_> = shares.iter().map(|_| plain.update().unwrap().figures).collect();
    let checkpoint = plain.checkpoint().unwrap().unwrap();
    for threads in [1, 2] {
        let dir = tempfile::tempdir().unwrap();
        let mut pressed = training(&task, threads);
        let (budget, share) = scripted();
        pressed.set_thrift(budget, Some(dir.path().to_path_buf()));
        let mut seen = Vec::new();
        for (thousandths, figures) in shares.iter().zip(&expected) {
            share.store(*thousandths, Ordering::SeqCst);
            assert_eq!(pressed.update().unwrap().figures, *figures, "{threads} threads");
            let thrift = pressed.thrift();
            assert_eq!(thrift.failure(), None);
            seen.push((thrift.level(), thrift.is_narrow(), thrift.spilled_bytes() > 0));
        }
        use Level::{Calm, Compress, Narrow, Refuse, Spill};
        assert_eq!(
            seen[..5],
            [
                (Calm, false, false),
                (Compress, false, false),
                (Spill, false, true),
                (Narrow, true, true),
                (Refuse, true, true),
            ]
        );
        // The way back: every look of an update goes one level down, and lanes take turns until memory is calm again.
        assert!(seen[5].1, "lanes still take turns in the first update with room: {seen:?}");
        assert_eq!(seen.last(), Some(&(Calm, false, false)));
        assert_eq!(pressed.parameters(), plain.parameters());
        assert!(pressed.checkpoint().unwrap().unwrap() == checkpoint, "{threads} threads");
    }
}

#[test]
fn a_checkpoint_of_lanes_that_wait_is_that_of_lanes_that_play() {
    let task = task();
    let (mut plain, mut narrow) = (training(&task, 1), training(&task, 1));
    plain.set_thrift(scripted().0, None);
    let (budget, share) = scripted();
    share.store(920, Ordering::SeqCst);
    narrow.set_thrift(budget, None);
    plain.update().unwrap();
    narrow.update().unwrap();
    assert!(narrow.thrift().is_narrow() && !plain.thrift().is_narrow());
    let kept = plain.checkpoint().unwrap().unwrap();
    assert!(narrow.checkpoint().unwrap().unwrap() == kept);
    let mut again = training(&task, 2);
    again.set_thrift(scripted().0, None);
    again.resume(&kept).unwrap();
    let figures = again.update().unwrap().figures;
    assert_eq!(narrow.update().unwrap().figures, figures);
}

#[test]
fn a_directory_that_cannot_be_written_leaves_the_experience_in_memory() {
    let task = task();
    let mut plain = training(&task, 1);
    plain.set_thrift(scripted().0, None);
    let (budget, share) = scripted();
    share.store(870, Ordering::SeqCst);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let mut pressed = training(&task, 1);
    pressed.set_thrift(budget, Some(file.join("spill")));
    assert_eq!(pressed.update().unwrap().figures, plain.update().unwrap().figures);
    let failure = pressed.thrift().failure().map(str::to_owned);
    assert!(failure.is_some_and(|words| words.starts_with("spill file ")));
    assert_eq!(pressed.thrift().spilled_bytes(), 0);
}
