//! The row `concurrent`: prioritised tasks a second, each one evaluation of physics, and how long tasks wait for their
//! start beside work in the background.
//!
//! Each task is handed in on its own, its handle is waited for and its result added up. It is the power that an
//! electrolyser takes at a load of its own ([`physics::electrolysis::stack_power_w`]). The classes take turns: one task in
//! eight is critical, one in four high, the others are normal. `empty_s` is the same with tasks that return the load itself,
//! `habitat_s` with tasks that step a habitat once, eight habitats in turn.
//!
//! The delays are those of an executor of its own, from the call that hands a task in until its first instruction. Every
//! background worker flies habitats all the while; one task in about a millisecond comes, of one class after the other.
//!
//! # Bar
//! 1 000 000 tasks a second, and 99 of 100 critical tasks start within 1 ms.
//!
//! # JSON
//! `detail`: `workers`, `lowest`, `highest`, `empty_s`, `habitat_s`, `delays`, a list of `{priority, tasks, p50_us, p99_us}`,
//! and `background_steps_s`, what the background did meanwhile.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use habitat::Habitat;
use runtime::{Executor, ExecutorOptions, Handle, Priority, Size, Token};
use serde::Serialize;

use super::rate::{self, Rate};
use super::simulator::SCENARIO;
use super::{Measured, Row, verdict};
use crate::error::CliError;
use crate::mission::cores;
use crate::table::fixed;

/// Least tasks per second.
const BAR: f64 = 1_000_000.0;
/// Longest delay of 99 of 100 critical tasks, s.
const DELAY_BAR_S: f64 = 1e-3;
/// Figure of the predecessor.
const PREDECESSOR: f64 = 4_022.3;
/// Tasks of a repetition.
const TASKS: usize = 400_000;
/// Tasks that are handed in before their results are waited for.
const WAVE: usize = 10_000;
/// Repetitions.
const REPETITIONS: usize = 5;
/// Tasks of each class whose delay is measured.
const DELAYED: usize = 2_000;
/// Steps that a background task takes before the next one is handed in.
const STEPS: u64 = 2_000;

#[derive(Debug, Serialize)]
struct Detail {
    workers: usize,
    lowest: f64,
    highest: f64,
    empty_s: f64,
    habitat_s: f64,
    delays: Vec<Delay>,
    background_steps_s: f64,
}

/// How long the tasks of a class waited.
#[derive(Debug, Serialize)]
struct Delay {
    priority: &'static str,
    tasks: u64,
    p50_us: f64,
    p99_us: f64,
}

/// Measure the row.
///
/// # Errors
/// [`CliError`] when a task fails or a habitat cannot be made.
pub fn measure() -> Result<Measured, CliError> {
    let executor = executor()?;
    let load = |at: usize| 2e-4 + 1e-9 * at as f64;
    let physics = tasks(&executor, TASKS, |at| {
        let o2_mol_s = load(at);
        move || physics::electrolysis::stack_power_w(o2_mol_s, 250.0, 333.15)
    })?;
    let empty = tasks(&executor, TASKS, |at| {
        let o2_mol_s = load(at);
        move || o2_mol_s
    })?;
    let plan = rate::shipped(SCENARIO)?;
    let habitats: Vec<Arc<Mutex<Habitat>>> = (0..8)
        .map(|_| Ok(Arc::new(Mutex::new(rate::everything_on(&plan)?))))
        .collect::<Result<_, CliError>>()?;
    let stepped = tasks(&executor, TASKS / 8, |at| {
        let habitat = Arc::clone(&habitats[at % habitats.len()]);
        move || {
            let mut habitat = habitat.lock().unwrap_or_else(PoisonError::into_inner);
            // A step of a sound habitat is not refused; the time tells.
            let _ = habitat.step(rate::DT_S);
            habitat.t_s()
        }
    })?;
    let workers = executor.most();
    drop(executor);
    let (delays, background_steps_s) = delays()?;
    let pass = physics.median >= BAR && delays[0].p99_us <= 1e6 * DELAY_BAR_S;
    let mut text = format!(
        "concurrent  {} tasks/s on {workers} workers  (lowest {}, highest {}; bar {}, critical p99 {} ms)  {}\n\
         {:12}{} empty tasks/s, {} tasks of one habitat step/s\n\n\
         priority    tasks  start after p50, µs  p99, µs\n",
        fixed(physics.median, 0),
        fixed(physics.lowest, 0),
        fixed(physics.highest, 0),
        fixed(BAR, 0),
        fixed(1e3 * DELAY_BAR_S, 0),
        verdict(pass),
        "",
        fixed(empty.median, 0),
        fixed(stepped.median, 0),
    );
    for delay in &delays {
        text.push_str(&format!(
            "{:10} {:>6}  {:>19}  {:>7}\n",
            delay.priority,
            delay.tasks,
            fixed(delay.p50_us, 1),
            fixed(delay.p99_us, 1),
        ));
    }
    text.push_str(&format!(
        "beside {} habitat steps/s in the background\n\
         predecessor: {} tasks/s of another kind, not comparable",
        fixed(background_steps_s, 0),
        fixed(PREDECESSOR, 1),
    ));
    let row = Row {
        row: "concurrent",
        value: physics.median,
        unit: "tasks/s",
        predecessor: Some(PREDECESSOR),
        pass,
        detail: Detail {
            workers,
            lowest: physics.lowest,
            highest: physics.highest,
            empty_s: empty.median,
            habitat_s: stepped.median,
            delays,
            background_steps_s,
        },
    };
    Measured::new(&row, text)
}

fn executor() -> Result<Executor, CliError> {
    Ok(Executor::new(ExecutorOptions { size: Size::Fixed(cores()), ..ExecutorOptions::default() })?)
}

/// The class of a task.
fn class(at: usize) -> Priority {
    match at % 8 {
        0 => Priority::Critical,
        2 | 5 => Priority::High,
        _ => Priority::Normal,
    }
}

/// Tasks per second, each handed in and waited for on its own.
fn tasks<F>(executor: &Executor, count: usize, make: impl Fn(usize) -> F) -> Result<Rate, CliError>
where
    F: FnOnce() -> f64 + Send + 'static,
{
    let mut rates = Vec::with_capacity(REPETITIONS);
    for repetition in 0..=REPETITIONS {
        let start = Instant::now();
        let mut sum = 0.0;
        for first in (0..count).step_by(WAVE) {
            let wave: Vec<Handle<f64>> = (first..count.min(first + WAVE))
                .map(|at| executor.submit(class(at), make(at)))
                .collect::<Result<_, _>>()?;
            for handle in wave {
                sum += handle.wait()?;
            }
        }
        let rate = count as f64 / start.elapsed().as_secs_f64();
        if !black_box(sum).is_finite() {
            return Err(CliError::Failed("a task gave no number".to_owned()));
        }
        if repetition > 0 {
            rates.push(rate);
        }
    }
    Ok(Rate::of(rates))
}

/// Fly a habitat in the background, piece by piece, until told to stop.
fn fly(executor: &Arc<Executor>, mut habitat: Habitat, steps: Arc<AtomicU64>, stop: Token) {
    let next = Arc::clone(executor);
    let piece = move || {
        for _ in 0..STEPS {
            if habitat.step(rate::DT_S).is_ok() {
                steps.fetch_add(1, Ordering::Relaxed);
            }
        }
        if !stop.is_cancelled() {
            fly(&next, habitat, steps, stop);
        }
    };
    // Refused only when threads cannot be started, and these run.
    let _ = executor.submit(Priority::Background, piece);
}

/// Delays by class beside a full background, and its steps per second.
fn delays() -> Result<(Vec<Delay>, f64), CliError> {
    let executor = Arc::new(executor()?);
    let plan = rate::shipped(SCENARIO)?;
    let (steps, stop) = (Arc::new(AtomicU64::new(0)), Token::new());
    for _ in 0..executor.background() {
        let habitat = rate::everything_on(&plan)?;
        fly(&executor, habitat, Arc::clone(&steps), stop.clone());
    }
    // Until the background is under way.
    while steps.load(Ordering::Relaxed) < 10_000 {
        thread::sleep(Duration::from_millis(1));
    }
    let (start, before) = (Instant::now(), steps.load(Ordering::Relaxed));
    let classes = [Priority::Critical, Priority::High, Priority::Normal];
    for at in 0..DELAYED {
        for class in classes {
            let o2_mol_s = 2e-4 + 1e-9 * at as f64;
            let handle = executor.submit(class, move || {
                physics::electrolysis::stack_power_w(o2_mol_s, 250.0, 333.15)
            })?;
            black_box(handle.wait()?);
            // No multiple of anything in the machine.
            thread::sleep(Duration::from_micros(700 + (at as u64 * 37) % 600));
        }
    }
    let flown = steps.load(Ordering::Relaxed) - before;
    let background_steps_s = flown as f64 / start.elapsed().as_secs_f64();
    stop.cancel();
    let figures = executor.figures();
    let delay = |class: Priority| {
        let delays = &figures.class(class).delays;
        let us = |share| 1e6 * delays.quantile(share).as_secs_f64();
        let (p50_us, p99_us) = (us(0.5), us(0.99));
        Delay { priority: class.name(), tasks: delays.count(), p50_us, p99_us }
    };
    Ok((classes.map(delay).into(), background_steps_s))
}
