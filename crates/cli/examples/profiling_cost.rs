//! What profiles cost a training: `artemis-30d` with its dials, 64 lanes, one thread, full PPO.
//!
//! The profiler listens to every other update while the program runs, so that what else the machine does falls on both; times
//! are those of processors, of all threads together, so that the looks at threads count too. Run with
//! `cargo run --release -p lunar-habitat-cli --example profiling_cost`; with the word `spans` behind it nobody looks at threads, with
//! the address of a collector of OpenTelemetry it is told of every span.
#![allow(clippy::print_stdout)] // The figures are what it is for.

use std::alloc::System;
use std::error::Error;
use std::sync::Arc;

use env::{Task, TaskOptions};
use habitat::{Plan, scenario};
use learn::{Cpu, HabitatWorld, Training, TrainingSettings, World};
use runtime::memory::Tracked;
use tracing::Dispatch;
use tracing::subscriber::NoSubscriber;
use watch::bottleneck::Observation;
use watch::export::{Otlp, Timing};
use watch::profile::{Profiler, ProfilerOptions};

#[global_allocator]
static ALLOCATOR: Tracked<System> = Tracked::new(System);

/// Pairs of updates after the first, which warms up.
const PAIRS: usize = 150;

/// Time of all threads on processors, s. The files in `/proc` are no good for it: they are up to a tick behind, and a span that
/// looks at its own time brings them up to date.
fn cpu_s() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
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
    let word = std::env::args().nth(1);
    let address = word.as_deref().filter(|word| word.starts_with("http"));
    let otlp =
        address.map(|address| Otlp::start(address, "example", Timing::default())).transpose()?;
    let options = ProfilerOptions { slices: 100_000, ..ProfilerOptions::default() };
    let profiler = match &otlp {
        Some(otlp) => Profiler::telling(options, otlp.sink()),
        None => Profiler::new(options),
    };
    let observation = (word.as_deref() != Some("spans"))
        .then(|| Observation::start(&profiler, 1.0))
        .transpose()?;
    let ways = [Dispatch::new(NoSubscriber::default()), Dispatch::new(profiler.clone())];
    let mut alone_s = Vec::new();
    let mut ratios = Vec::with_capacity(PAIRS);
    for pair in 0..=PAIRS {
        let mut took = [0.0; 2];
        // Which goes first changes, since the second finds warmer caches.
        for turn in [pair % 2, 1 - pair % 2] {
            let begin_s = cpu_s();
            tracing::dispatcher::with_default(&ways[turn], || training.update())?;
            took[turn] = cpu_s() - begin_s;
        }
        if pair > 0 {
            ratios.push(took[1] / took[0]);
            alone_s.push(took[0]);
        }
    }
    let looks = observation.map_or(0, |one| one.look(Vec::new(), None).0.waits.looks);
    let spans: u64 = profiler.profile().stages.iter().map(|stage| stage.runs).sum();
    ratios.sort_by(f64::total_cmp);
    alone_s.sort_by(f64::total_cmp);
    let at = |share: f64| 100.0 * (ratios[(share * ratios.len() as f64) as usize] - 1.0);
    // The interval of a median by its order statistics, 95 %.
    let half = 0.98 / (ratios.len() as f64).sqrt();
    println!(
        "profiles cost {:+.2} % of processor time (median of {} pairs of updates, 95 % interval {:+.2} to {:+.2}); {} spans and \
         {} looks at threads in an update of {} decisions that takes {:.1} ms without",
        at(0.5),
        ratios.len(),
        at(0.5 - half),
        at(0.5 + half),
        spans / (PAIRS as u64 + 1),
        looks / (2 * (PAIRS as u64 + 1)),
        16 * 64,
        1e3 * alone_s[alone_s.len() / 2],
    );
    if let Some(otlp) = otlp {
        println!("{:?}", otlp.end());
    }
    Ok(())
}
