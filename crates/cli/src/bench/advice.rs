//! The row `advice`: what each piece of advice about speed gains.
//!
//! For every kind of fault that the finder of [`watch::bottleneck`] names, a program that has it and the same program after its
//! advice was taken ([`TRIALS`]) run in turns and count the pieces of work that they do. The gain is the ratio of their rates,
//! given with the smallest and the largest of the pairs, between which the median lies with 94 %.
//!
//! # Bar
//! The finder names the fault in every run that has it, and every pair of every trial gains. Where there is one processor alone,
//! nothing can be won by a second thread, and where the disk forgets at a power cut nobody waits for it: what such advice gains is
//! told and held against nothing.
//!
//! # JSON
//! `value` is how many pieces of advice gain. `detail`: a list of `kind`, `stage`, `what`, `gain`, `low`, `high`; `named`, in how
//! many runs with the fault it was named; `bound`, what the finding said could be won at most, `null` where it concerned all
//! of the time.

use std::time::Duration;

use serde::Serialize;
use watch::bottleneck::{Finding, Kind, Outcome, TRIALS, Trial, Way};

use super::{Measured, Row, verdict};
use crate::error::CliError;
use crate::mission::{bar, cores};
use crate::table::fixed;

/// Pairs of runs of each trial.
const PAIRS: usize = 5;
/// Length of a run.
const RUN: Duration = Duration::from_millis(400);

#[derive(Debug, Serialize)]
struct Gain {
    kind: &'static str,
    stage: &'static str,
    what: &'static str,
    gain: f64,
    low: f64,
    high: f64,
    named: usize,
    bound: Option<f64>,
    #[serde(skip)]
    is_expected: bool,
}

/// Whether a kind of advice can gain on this machine, of which so much of the faulty program was spent waiting.
fn is_expected(kind: Kind, off_cpu: f64) -> bool {
    match kind {
        Kind::Lock | Kind::StarvedQueue | Kind::FullQueue | Kind::OneThread => cores() > 1,
        Kind::Disk => off_cpu >= 0.5,
        _ => true,
    }
}

fn of(trial: &Trial) -> Result<Gain, CliError> {
    let run = |way| -> Result<Outcome, CliError> {
        let told = |error| CliError::Failed(format!("the trial `{}`: {error}", trial.kind));
        trial.run(way, RUN).map_err(told)
    };
    let mut ratios = Vec::with_capacity(PAIRS);
    let (mut named, mut bounds) = (0, Vec::new());
    let mut off_cpu: f64 = 1.0;
    for pair in 0..PAIRS {
        // Which goes first changes, since the second finds another machine.
        let (faulty, mended) = if pair % 2 == 0 {
            let faulty = run(Way::Faulty)?;
            (faulty, run(Way::Mended)?)
        } else {
            let mended = run(Way::Mended)?;
            (run(Way::Faulty)?, mended)
        };
        ratios.push(mended.rate / faulty.rate);
        off_cpu = off_cpu.min(faulty.off_cpu);
        let found = faulty.diagnosis.findings.iter().find(|found| found.kind == trial.kind);
        named += usize::from(found.is_some());
        bounds.extend(found.and_then(Finding::bound));
    }
    ratios.sort_by(f64::total_cmp);
    bounds.sort_by(f64::total_cmp);
    Ok(Gain {
        kind: trial.kind.name(),
        stage: trial.stage,
        what: trial.what,
        gain: ratios[PAIRS / 2],
        low: ratios[0],
        high: ratios[PAIRS - 1],
        named,
        bound: bounds.get(bounds.len() / 2).copied(),
        is_expected: is_expected(trial.kind, off_cpu),
    })
}

/// Measure the row.
///
/// # Errors
/// [`CliError`] when a trial cannot run.
pub fn measure() -> Result<Measured, CliError> {
    let progress = bar(TRIALS.len() as u64, "trial {pos} of {len} · {msg}");
    let mut all = Vec::new();
    for trial in TRIALS {
        progress.set_message(trial.kind.name());
        all.push(of(trial)?);
        progress.inc(1);
    }
    progress.finish_and_clear();
    let gains = |gain: &&Gain| gain.low > 1.0;
    let value = all.iter().filter(gains).count();
    let pass = all.iter().filter(|gain| gain.is_expected).all(|gain| gain.low > 1.0)
        && all.iter().filter(|gain| gain.is_expected).all(|gain| gain.named == PAIRS);
    let mut text = format!(
        "advice               {value} of {} pieces of advice gain in each of {PAIRS} pairs [{}]\n",
        all.len(),
        verdict(pass)
    );
    for one in &all {
        let Gain { kind, what, gain, low, high, named, .. } = one;
        let digits = if *gain < 100.0 { 2 } else { 0 };
        text += &format!(
            "  {kind:18} {:>8} times ({} to {}), named {named} of {PAIRS}: {what}\n",
            fixed(*gain, digits),
            fixed(*low, digits),
            fixed(*high, digits),
        );
    }
    let row = Row {
        row: "advice",
        value: value as f64,
        unit: "pieces of advice",
        predecessor: None,
        pass,
        detail: all,
    };
    Measured::new(&row, text)
}
