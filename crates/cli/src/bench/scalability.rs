//! The row `scalability`: what is kept of the throughput when 200 jobs run at once instead of 10.
//!
//! A job has a habitat of its own, takes one decision (ten steps of 60 s), and hands in the next one behind all other
//! jobs, until its share of the steps is done. So all habitats are under way together, each decision on whichever worker
//! is free. All points take the same number of steps in all, and their repetitions alternate.
//!
//! Beside it, a skewed load over two shards of one worker by each [`runtime::Policy`]: 64 jobs, one in eight of them 16
//! times as long as the others, at places that are drawn once. Figures are shares of the rate that the workers make when
//! neither waits for the other.
//!
//! # Bar
//! 0.90 of the throughput of 10 jobs with 200.
//!
//! # JSON
//! `value` is the share. `detail`: `workers`, `jobs`, a list of `{jobs, steps_s}`, and `policies`, a list of `{policy,
//! balance}`.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;

use habitat::{Habitat, Plan};
use runtime::{Executor, ExecutorOptions, Job, Policy, Priority, ShardOptions, Shards, Size};
use serde::Serialize;

use super::rate::{self, Rate};
use super::simulator::SCENARIO;
use super::{Measured, Row, verdict};
use crate::error::CliError;
use crate::mission::cores;
use crate::table::fixed;

/// Least share of the throughput that is kept.
const BAR: f64 = 0.90;
/// Share that the predecessor kept.
const PREDECESSOR: f64 = 0.04;
/// Jobs at once.
const JOBS: [usize; 4] = [10, 50, 100, 200];
/// Steps of a point in a repetition.
const STEPS: usize = 240_000;
/// Steps of a decision.
const DECISION: usize = 10;
/// Repetitions.
const REPETITIONS: usize = 7;
/// Jobs that shards are given.
const SKEWED: usize = 64;
/// Steps of a short one of them.
const SHORT: usize = 400;
/// How many times longer a long one is.
const LONG: usize = 16;

#[derive(Debug, Serialize)]
struct Detail {
    workers: usize,
    jobs: Vec<Point>,
    policies: Vec<Balance>,
}

/// A number of jobs.
#[derive(Debug, Clone, Serialize)]
struct Point {
    jobs: usize,
    steps_s: f64,
}

/// What a policy made of the skewed load.
#[derive(Debug, Clone, Serialize)]
struct Balance {
    policy: &'static str,
    balance: f64,
}

/// Measure the row.
///
/// # Errors
/// [`CliError`] when a habitat cannot be made or a job fails.
pub fn measure() -> Result<Measured, CliError> {
    let plan = rate::shipped(SCENARIO)?;
    let executor = Arc::new(Executor::new(ExecutorOptions {
        size: Size::Fixed(cores()),
        ..ExecutorOptions::default()
    })?);
    let mut rates: Vec<Vec<f64>> = vec![Vec::new(); JOBS.len()];
    // What else the machine does falls on all of them; the first repetition warms up.
    for repetition in 0..=REPETITIONS {
        for (jobs, rates) in JOBS.iter().zip(&mut rates) {
            let rate = together(&executor, &plan, *jobs)?;
            if repetition > 0 {
                rates.push(rate);
            }
        }
    }
    let points: Vec<Point> = JOBS
        .iter()
        .zip(rates)
        .map(|(jobs, rates)| Point { jobs: *jobs, steps_s: Rate::of(rates).median })
        .collect();
    let workers = executor.most();
    drop(executor);
    let kept = points[JOBS.len() - 1].steps_s / points[0].steps_s;
    let policies = policies(&plan)?;
    let pass = kept >= BAR;
    let mut text = format!(
        "scalability  {} of the throughput kept from 10 to 200 jobs on {workers} workers  (bar {})  {}\n\n\
         jobs    steps/s\n",
        fixed(kept, 3),
        fixed(BAR, 2),
        verdict(pass),
    );
    for point in &points {
        text.push_str(&format!("{:4}  {:>9}\n", point.jobs, fixed(point.steps_s, 0)));
    }
    text.push_str("\nskewed load over two shards, share of the work's own rate\n");
    for one in &policies {
        text.push_str(&format!("{:15}  {}\n", one.policy, fixed(one.balance, 3)));
    }
    text.push_str(&format!(
        "predecessor: {} kept, and it failed its own bar",
        fixed(PREDECESSOR, 2)
    ));
    let row = Row {
        row: "scalability",
        value: kept,
        unit: "share",
        predecessor: Some(PREDECESSOR),
        pass,
        detail: Detail { workers, jobs: points, policies },
    };
    Measured::new(&row, text)
}

/// Steps per second of so many jobs at once.
fn together(executor: &Arc<Executor>, plan: &Arc<Plan>, jobs: usize) -> Result<f64, CliError> {
    let habitats =
        (0..jobs).map(|_| rate::everything_on(plan)).collect::<Result<Vec<_>, CliError>>()?;
    let decisions = STEPS / DECISION / jobs;
    let (done, ended) = channel();
    let start = Instant::now();
    for habitat in habitats {
        decide(executor, habitat, decisions, done.clone())?;
    }
    drop(done);
    for _ in 0..jobs {
        let job = ended.recv().map_err(|_| CliError::Failed("a job ended early".to_owned()))?;
        job?;
    }
    Ok((decisions * DECISION * jobs) as f64 / start.elapsed().as_secs_f64())
}

/// Hand in the next decision of a job.
fn decide(
    executor: &Arc<Executor>,
    mut habitat: Habitat,
    left: usize,
    done: Sender<Result<(), CliError>>,
) -> Result<(), CliError> {
    let next = Arc::clone(executor);
    let decision = move || {
        let mut outcome = steps(&mut habitat, DECISION);
        if outcome.is_ok() && left > 1 {
            match decide(&next, habitat, left - 1, done.clone()) {
                Ok(()) => return,
                Err(error) => outcome = Err(error),
            }
        }
        // Nobody listens any more only where another job has failed.
        let _ = done.send(outcome);
    };
    drop(executor.submit(Priority::Normal, decision)?);
    Ok(())
}

fn steps(habitat: &mut Habitat, count: usize) -> Result<(), CliError> {
    for _ in 0..count {
        habitat.step(rate::DT_S).map_err(env::EnvError::from)?;
    }
    Ok(())
}

/// Lengths of the skewed jobs, in short ones: drawn once, so that every policy has the same.
fn lengths() -> Vec<usize> {
    let mut state = 0x5EED_u64;
    let mut lengths: Vec<usize> =
        (0..SKEWED).map(|at| if at % 8 == 0 { LONG } else { 1 }).collect();
    for left in (2..=SKEWED).rev() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        lengths.swap(left - 1, (state >> 33) as usize % left);
    }
    lengths
}

/// What each policy makes of the skewed load.
fn policies(plan: &Arc<Plan>) -> Result<Vec<Balance>, CliError> {
    let policies = [
        ("round-robin", Policy::RoundRobin),
        ("least-loaded", Policy::LeastLoaded),
        ("resource-aware", Policy::ResourceAware),
    ];
    let mut shares = vec![Vec::new(); policies.len()];
    for repetition in 0..=REPETITIONS {
        for ((_, policy), shares) in policies.iter().zip(&mut shares) {
            let share = skewed(plan, *policy)?;
            if repetition > 0 {
                shares.push(share);
            }
        }
    }
    Ok(policies
        .iter()
        .zip(shares)
        .map(|((policy, _), shares)| Balance { policy, balance: Rate::of(shares).median })
        .collect())
}

/// Time that the jobs took on their workers, as a share of the time that two workers had until the last job was done.
fn skewed(plan: &Arc<Plan>, policy: Policy) -> Result<f64, CliError> {
    let shard = ShardOptions { workers: 1, memory_bytes: 1 << 30 };
    let shards = Shards::new(&[shard, shard], &[("flight", policy)])?;
    let mut flights = Vec::with_capacity(SKEWED);
    for length in lengths() {
        flights.push((length, rate::everything_on(plan)?));
    }
    let start = Instant::now();
    let mut handles = Vec::with_capacity(SKEWED);
    for (length, mut habitat) in flights {
        let job = Job { class: "flight", cost: length as f64, memory_bytes: 1 << 20 };
        handles.push(shards.submit(job, Priority::Normal, move || {
            let start = Instant::now();
            steps(&mut habitat, length * SHORT).map(|()| start.elapsed().as_secs_f64())
        })?);
    }
    let mut worked_s = 0.0;
    for handle in handles {
        worked_s += handle.wait()??;
    }
    Ok(worked_s / (2.0 * start.elapsed().as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_skewed_load_has_its_long_jobs_at_drawn_places() {
        let lengths = lengths();
        assert_eq!(lengths.iter().filter(|length| **length == LONG).count(), SKEWED / 8);
        assert!(lengths.iter().step_by(8).any(|length| *length == 1));
        assert_eq!(lengths, super::lengths());
    }

    #[test]
    fn every_job_takes_its_steps() {
        let plan = rate::shipped(SCENARIO).unwrap();
        let executor = Arc::new(Executor::new(ExecutorOptions::default()).unwrap());
        let (done, ended) = channel();
        for _ in 0..5 {
            let habitat = rate::everything_on(&plan).unwrap();
            decide(&executor, habitat, 3, done.clone()).unwrap();
        }
        drop(done);
        assert_eq!(ended.iter().map(Result::unwrap).count(), 5);
        // A job hands in its end before the executor has counted it.
        let counted = || executor.figures().class(Priority::Normal).done;
        let begun = Instant::now();
        while counted() < 15 && begun.elapsed().as_secs() < 30 {
            std::thread::yield_now();
        }
        assert_eq!(counted(), 15);
    }
}
