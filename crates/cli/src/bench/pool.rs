//! The row `pool`: checkout, reset and return of a live environment per second.
//!
//! An environment is a [`VectorEnv`] of one lane of `artemis-30d` with its dials. It comes out of a [`LivePool`], begins the
//! next episode, which draws what its scenario varies, and goes back. Beside it, in the same run and in turns: making it
//! anew as a program does that keeps nothing – scenario read and compiled, task and lane made –, and making only the lane
//! anew on a task that is kept.
//!
//! # Bar
//! At least twice making it anew.
//!
//! # JSON
//! `value` is checkouts with reset and return per second. `detail`: `anew`, environments made per second; `on_kept_task`, the
//! same where the task is kept; `ratio` to `anew`.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use env::{Task, TaskOptions, VectorEnv, VectorOptions};
use runtime::memory::LivePool;
use serde::Serialize;

use super::rate::{self, Rate};
use super::simulator::SCENARIO;
use super::{Measured, Row, verdict};
use crate::error::CliError;
use crate::table::fixed;

/// Least ratio to making it anew.
const BAR: f64 = 2.0;
/// Figure of the predecessor.
const PREDECESSOR: f64 = 225_500.2;
/// Environments of a repetition: from the pool, on a kept task, anew.
const COUNTS: [usize; 3] = [500, 500, 20];
/// Repetitions.
const REPETITIONS: usize = 7;

#[derive(Debug, Serialize)]
struct Detail {
    anew: f64,
    on_kept_task: f64,
    ratio: f64,
}

fn task() -> Result<Arc<Task>, CliError> {
    Ok(Task::new(rate::shipped(SCENARIO)?, TaskOptions::default())?)
}

fn timed(count: usize, mut one: impl FnMut(u64) -> Result<(), CliError>) -> Result<f64, CliError> {
    let start = Instant::now();
    for number in 0..count {
        one(number as u64)?;
    }
    Ok(count as f64 / start.elapsed().as_secs_f64())
}

/// Measure the row.
///
/// # Errors
/// [`CliError`] when the scenario does not load.
pub fn measure() -> Result<Measured, CliError> {
    let kept = task()?;
    let pool = LivePool::new(4);
    let make = |task: &Arc<Task>, run: u64| {
        VectorEnv::new(task, VectorOptions { run, ..VectorOptions::default() })
    };
    let mut rates: [Vec<f64>; 3] = Default::default();
    // They take turns, so that what else the machine does falls on all of them; the first repetition warms up.
    for repetition in 0..=REPETITIONS {
        let found = [
            timed(COUNTS[0], |run| {
                let mut live = pool.take(|| make(&kept, run))?;
                black_box(live.reset(Some(run), &[])?.observations());
                Ok(())
            })?,
            timed(COUNTS[1], |run| {
                black_box(make(&kept, run)?.batch().observations());
                Ok(())
            })?,
            timed(COUNTS[2], |run| {
                black_box(make(&task()?, run)?.batch().observations());
                Ok(())
            })?,
        ];
        if repetition > 0 {
            rates.iter_mut().zip(found).for_each(|(all, one)| all.push(one));
        }
    }
    let ratios = rates[0].iter().zip(&rates[2]).map(|(pooled, anew)| pooled / anew).collect();
    let ratio = Rate::of(ratios);
    let [pooled, on_kept_task, anew] = rates.map(|all| Rate::of(all).median);
    let pass = ratio.median >= BAR && pool.idle() == 1;
    let text = format!(
        "pool  {} checkouts with reset and return/s, {} times making it anew  (lowest {}, highest {}; bar {})  {}\n\
         {:4}  anew: {}/s; a lane anew on a task that is kept: {}/s\n\
         {:4}  predecessor: {} resets/s of objects without a simulator, not comparable",
        fixed(pooled, 0),
        fixed(ratio.median, 1),
        fixed(ratio.lowest, 1),
        fixed(ratio.highest, 1),
        fixed(BAR, 1),
        verdict(pass),
        "",
        fixed(anew, 0),
        fixed(on_kept_task, 0),
        "",
        fixed(PREDECESSOR, 1),
    );
    let row = Row {
        row: "pool",
        value: pooled,
        unit: "environments/s",
        predecessor: Some(PREDECESSOR),
        pass,
        detail: Detail { anew, on_kept_task, ratio: ratio.median },
    };
    Measured::new(&row, text)
}
