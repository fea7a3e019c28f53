//! What sampled allocations cost a training: `artemis-30d` with its dials, 64 lanes, one thread, full PPO.
//!
//! The allocator is switched while the program runs, update after update, so that what else the machine does falls on
//! both; times are those of the processor. Run with `cargo run --release -p lunar-habitat-learn --example tracking_cost`.
#![allow(clippy::print_stdout)] // The figures are what it is for.

use std::alloc::{GlobalAlloc, Layout, System};
use std::error::Error;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use env::habitat::{Plan, scenario};
use env::{Task, TaskOptions};
use lunar_habitat_learn::{Cpu, HabitatWorld, Training, TrainingSettings, World};
use runtime::memory::Tracked;

/// The system's allocator, sampled or not.
struct Switched;

static TRACKED: Tracked<System> = Tracked::new(System);
static IS_TRACKED: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicU64 = AtomicU64::new(0);

// SAFETY: both ways end in the system's allocator, so that either frees what the other has allocated.
unsafe impl GlobalAlloc for Switched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe {
            if IS_TRACKED.load(Ordering::Relaxed) {
                TRACKED.alloc(layout)
            } else {
                System.alloc(layout)
            }
        }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe {
            if IS_TRACKED.load(Ordering::Relaxed) {
                TRACKED.dealloc(at, layout);
            } else {
                System.dealloc(at, layout);
            }
        }
    }
}

#[global_allocator]
static ALLOCATOR: Switched = Switched;

/// Time of this thread on a processor, s.
fn cpu_s() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = text.split_whitespace().next().and_then(|ns| ns.parse::<f64>().ok());
    first.map_or(f64::NAN, |ns| ns / 1e9)
}

fn main() -> Result<(), Box<dyn Error>> {
    let loaded = scenario::load("artemis-30d")?;
    let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
    let task = Task::new(plan, TaskOptions::default())?;
    let settings = TrainingSettings { segment: 16, ..TrainingSettings::default() };
    let world = |first: u64, lanes: usize| {
        let world = HabitatWorld::new(&Arc::clone(&task), 0, first, lanes, None)?;
        Ok(Box::new(world) as Box<dyn World>)
    };
    let cpu = Cpu::new();
    let mut training = Training::new(settings, Box::new(cpu), cpu.level(), &world)?;
    let mut ratios = Vec::new();
    let mut calls = 0;
    for pair in 0..151 {
        let mut took = [0.0; 2];
        // Which goes first changes, since the second finds warmer caches.
        for turn in [pair % 2, 1 - pair % 2] {
            IS_TRACKED.store(turn == 1, Ordering::Relaxed);
            let (begin_s, before) = (cpu_s(), CALLS.load(Ordering::Relaxed));
            training.update()?;
            took[turn] = cpu_s() - begin_s;
            calls = CALLS.load(Ordering::Relaxed) - before;
        }
        if pair > 0 {
            ratios.push(took[1] / took[0]);
        }
    }
    ratios.sort_by(f64::total_cmp);
    let at = |share: f64| 100.0 * (ratios[(share * ratios.len() as f64) as usize] - 1.0);
    // The interval of a median by its order statistics, 95 %.
    let half = 0.98 / (ratios.len() as f64).sqrt();
    println!(
        "sampling costs {:+.2} % of processor time (median of {} pairs of updates, 95 % interval {:+.2} to {:+.2}); {calls} \
         allocations in an update of {} decisions",
        at(0.5),
        ratios.len(),
        at(0.5 - half),
        at(0.5 + half),
        16 * 64,
    );
    Ok(())
}
