//! The row `parallel`: the same training on one, two, four and all workers, and what each adds.
//!
//! The linear task and recipe of [`mod@super::training`] with 1 024 lanes, decisions per second of wall time, so a machine
//! that does something else shows it. More workers than cores share them; those points are labelled and have no bar.
//!
//! # Bar
//! Two workers make 1.8 times the decisions of one, where there are two cores.
//!
//! # JSON
//! `value` is the figure of all workers. `detail`: `cores`, and `workers`, a list of `{workers, decisions_s, speed_up,
//! over_subscribed}`.

use std::time::Instant;

use serde::Serialize;

use super::rate::Rate;
use super::training::linear;
use super::{Measured, Row, verdict};
use crate::error::CliError;
use crate::mission::cores;
use crate::table::fixed;

/// Least speed-up of two workers.
const BAR: f64 = 1.8;
/// Figure of the predecessor, slower than its one thread.
const PREDECESSOR: f64 = 4_029.7;
/// Lanes.
const LANES: usize = 1_024;
/// Updates of a repetition.
const UPDATES: usize = 4;
/// Repetitions.
const REPETITIONS: usize = 5;

#[derive(Debug, Serialize)]
struct Detail {
    cores: usize,
    workers: Vec<Point>,
}

/// A number of workers.
#[derive(Debug, Clone, Serialize)]
struct Point {
    workers: usize,
    decisions_s: f64,
    speed_up: f64,
    over_subscribed: bool,
}

/// Measure the row.
///
/// # Errors
/// [`CliError`] when a training fails.
pub fn measure() -> Result<Measured, CliError> {
    let cores = cores();
    let mut counts = vec![1, 2, 4, cores.min(learn::SHARDS)];
    counts.sort_unstable();
    counts.dedup();
    let mut trainings =
        counts.iter().map(|count| linear(LANES, *count)).collect::<Result<Vec<_>, CliError>>()?;
    let mut rates: Vec<Vec<f64>> = vec![Vec::new(); counts.len()];
    // Repetitions alternate, so that what else the machine does falls on all of them; the first warms up.
    for repetition in 0..=REPETITIONS {
        for (training, rates) in trainings.iter_mut().zip(&mut rates) {
            let (start, before) = (Instant::now(), training.decisions());
            for _ in 0..UPDATES {
                training.update()?;
            }
            if repetition > 0 {
                let decisions = (training.decisions() - before) as f64;
                rates.push(decisions / start.elapsed().as_secs_f64());
            }
        }
    }
    let medians: Vec<f64> = rates.into_iter().map(|all| Rate::of(all).median).collect();
    let workers: Vec<Point> = counts
        .iter()
        .zip(&medians)
        .map(|(count, median)| Point {
            workers: *count,
            decisions_s: *median,
            speed_up: median / medians[0],
            over_subscribed: *count > cores,
        })
        .collect();
    let two = workers.iter().find(|point| point.workers == 2 && !point.over_subscribed);
    let pass = two.is_none_or(|point| point.speed_up >= BAR);
    let all = workers.iter().rfind(|point| !point.over_subscribed).unwrap_or(&workers[0]);
    let mut text = format!(
        "parallel  {} decisions/s on {} of {cores} cores  (bar: two workers make {} times one)  {}\n\n\
         workers  decisions/s  speed-up\n",
        fixed(all.decisions_s, 0),
        all.workers,
        fixed(BAR, 1),
        verdict(pass),
    );
    for point in &workers {
        let label = if point.over_subscribed { "  more than cores" } else { "" };
        text.push_str(&format!(
            "{:7}  {:>11}  {:>8}{label}\n",
            point.workers,
            fixed(point.decisions_s, 0),
            fixed(point.speed_up, 2),
        ));
    }
    text.push_str(&format!(
        "predecessor: {} episodes of one step a second, not comparable",
        fixed(PREDECESSOR, 1)
    ));
    let row = Row {
        row: "parallel",
        value: all.decisions_s,
        unit: "decisions/s",
        predecessor: Some(PREDECESSOR),
        pass,
        detail: Detail { cores, workers: workers.clone() },
    };
    Measured::new(&row, text)
}
