//! Faults and quiet days, flown and watched.

use std::sync::Arc;

use env::HELD_OUT_FROM;
use habitat::scenario::Scenario;
use habitat::{Plan, StreamKey};
use runtime::parallel_map;
use server::facts_of;
use watch::alarm::Overrides;

use super::draw::{Draw, Drawing};
use super::flight;
use super::visibility::{self, instruments};
use super::watcher::{Raise, Watcher};
use crate::error::CliError;
use crate::mission::bar;

/// Hours for which a mission is watched before its fault: the past of the detectors.
const BEFORE_H: f64 = 54.0;
/// Hours after a fault in which it must be found.
pub const AFTER_H: f64 = 24.0;
/// Days of a quiet mission.
pub const QUIET_DAYS: f64 = 30.0;

/// What is flown.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Faults that an instrument shows.
    pub faults: usize,
    /// Days in which nothing fails, at least.
    pub days: f64,
    /// Seed.
    pub seed: u64,
    /// Environments that training never sees.
    pub held_out: bool,
    /// Worker threads.
    pub threads: usize,
}

impl Extent {
    fn key(&self, seed: u64) -> StreamKey {
        let env = if self.held_out { HELD_OUT_FROM } else { 0 };
        StreamKey { run: seed, env, ..StreamKey::default() }
    }
}

/// A mission with a fault.
pub struct Flown {
    /// The fault.
    pub draw: Draw,
    /// The channel that shows it first, and when, s after the fault; none if no instrument does.
    pub shown: Option<(String, f64)>,
    /// What was raised under each setting, in the mission and in its twin without the fault.
    pub raises: Vec<(Vec<Raise>, Vec<Raise>)>,
}

/// A quiet mission.
pub struct Quiet {
    /// Its seed.
    pub seed: u64,
    /// What was raised under each setting.
    pub raises: Vec<Vec<Raise>>,
    /// Highest score of each anomaly rule, and least and most of each channel with limits: what tuning goes by.
    pub extremes: Vec<(String, f64, f64)>,
}

/// All that was flown.
pub struct Campaign {
    /// Faults that an instrument shows.
    pub faults: Vec<Flown>,
    /// Quiet missions.
    pub quiet: Vec<Quiet>,
    /// Days of all quiet missions together.
    pub quiet_days: f64,
    /// Kinds of faults with how often they were flown and how often an instrument showed them.
    pub kinds: Vec<(String, usize, usize)>,
}

/// Fly faults and quiet missions of `model` and watch them under each of `settings`.
///
/// # Errors
/// [`CliError`] of a mission, of the threads, of settings that the habitat does not take.
pub fn run(model: &Scenario, extent: Extent, settings: &[Overrides]) -> Result<Campaign, CliError> {
    let plan = flight::plan(model, None)?;
    for overrides in settings {
        Watcher::new(&plan.catalogue, &facts_of(&plan), overrides)?;
    }
    let each_days = QUIET_DAYS.min(model.duration_days);
    let seeds = (extent.days / each_days).ceil() as u64;
    let bar = bar(seeds + extent.faults as u64, "{pos} of {len} missions, {elapsed} gone");
    let quiet = parallel_map(extent.threads, (0..seeds).collect(), |number| {
        // Far from those of faults.
        let seed = extent.seed.wrapping_mul(100_000).wrapping_add(90_000 + number);
        let one = quiet(&plan, extent.key(seed), each_days, settings);
        bar.inc(1);
        one
    })?;
    let quiet = quiet.into_iter().collect::<Result<Vec<Quiet>, CliError>>()?;
    let mut drawing = Drawing::new(&plan, extent.seed);
    let mut faults: Vec<Flown> = Vec::new();
    let mut tries = 0;
    while faults.len() < extent.faults {
        let missing = extent.faults - faults.len();
        tries += missing;
        if tries > 40 * extent.faults {
            let words = "instruments show too few faults of this scenario to fly a campaign";
            return Err(CliError::Failed(words.into()));
        }
        let draws: Vec<Draw> = (0..missing.max(8)).map(|_| drawing.next()).collect();
        let flown = parallel_map(extent.threads, draws, |draw| {
            fault(model, &plan, draw, extent, settings)
        })?;
        for one in flown {
            let one = one?;
            drawing.learn(&one.draw.kind, one.shown.is_some());
            if one.shown.is_some() && faults.len() < extent.faults {
                faults.push(one);
                bar.inc(1);
            }
        }
    }
    bar.finish_and_clear();
    let kinds = drawing.seen.into_iter().map(|(kind, (flown, shown))| (kind, flown, shown));
    Ok(Campaign { faults, quiet, quiet_days: seeds as f64 * each_days, kinds: kinds.collect() })
}

fn watchers(plan: &Plan, settings: &[Overrides]) -> Result<Vec<Watcher>, CliError> {
    let facts = facts_of(plan);
    let all = settings.iter().map(|one| Watcher::new(&plan.catalogue, &facts, one));
    Ok(all.collect::<Result<Vec<Watcher>, watch::WatchError>>()?)
}

fn quiet(
    plan: &Arc<Plan>,
    key: StreamKey,
    days: f64,
    settings: &[Overrides],
) -> Result<Quiet, CliError> {
    let mut watchers = watchers(plan, settings)?;
    let mut extremes = Extremes::default();
    flight::fly(plan, key, days, &mut |t_s, row| {
        watchers.iter_mut().for_each(|watcher| watcher.see(t_s, row));
        if let Some(watcher) = watchers.first() {
            extremes.take(watcher, row);
        }
    })?;
    let extremes = watchers.first().map(|watcher| extremes.named(watcher)).unwrap_or_default();
    let raises = watchers.into_iter().map(|watcher| watcher.raises).collect();
    Ok(Quiet { seed: key.run, raises, extremes })
}

/// Least and most of channels with limits, and of scores.
#[derive(Debug, Clone, Default)]
pub struct Extremes {
    columns: Vec<Option<usize>>,
    ranges: Vec<(f64, f64)>,
}

impl Extremes {
    /// Take in a row.
    pub fn take(&mut self, watcher: &Watcher, row: &[f64]) {
        let channels = &watcher.lookout().alarms().plan().channels;
        if self.columns.is_empty() {
            self.columns = channels.iter().map(|channel| channel.column).collect();
            self.ranges = vec![(f64::INFINITY, f64::NEG_INFINITY); channels.len()];
        }
        let scores = watcher.lookout().scores();
        let first = channels.len() - scores.len();
        for (at, (column, range)) in self.columns.iter().zip(&mut self.ranges).enumerate() {
            let value = match column {
                Some(column) => row[*column],
                None => scores[at - first],
            };
            if value.is_finite() {
                *range = (range.0.min(value), range.1.max(value));
            }
        }
    }

    /// By the id of the channel.
    pub fn named(&self, watcher: &Watcher) -> Vec<(String, f64, f64)> {
        let channels = watcher.lookout().alarms().plan().channels.iter();
        let all = channels.zip(&self.ranges).filter(|(_, range)| range.0 <= range.1);
        all.map(|(channel, range)| (channel.id.clone(), range.0, range.1)).collect()
    }
}

fn fault(
    model: &Scenario,
    twin: &Arc<Plan>,
    draw: Draw,
    extent: Extent,
    settings: &[Overrides],
) -> Result<Flown, CliError> {
    let plan = flight::plan(model, Some(&draw.event))?;
    let at_h = draw.event.at_h();
    let (from_s, at_s) = ((at_h - BEFORE_H) * 3_600.0, at_h * 3_600.0);
    let days = (at_h + AFTER_H) / 24.0;
    let instruments = instruments(twin);
    let key = extent.key(draw.seed);
    let watched = |plan: &Arc<Plan>| {
        let mut watchers = watchers(twin, settings)?;
        let mut rows = Vec::new();
        flight::fly(plan, key, days, &mut |t_s, row| {
            if t_s >= from_s {
                watchers.iter_mut().for_each(|watcher| watcher.see(t_s, row));
            }
            if t_s > at_s {
                rows.push(instruments.iter().map(|one| row[one.column]).collect());
            }
        })?;
        let raises: Vec<Vec<Raise>> = watchers.into_iter().map(|one| one.raises).collect();
        Ok::<(Vec<Vec<Raise>>, Vec<Vec<f64>>), CliError>((raises, rows))
    };
    let (with, rows) = watched(&plan)?;
    let (without, twin_rows) = watched(twin)?;
    let shown = visibility::shown(&instruments, &rows, &twin_rows);
    let channels = twin.catalogue.channels();
    let shown = shown.map(|(column, after_s)| (channels[column].id.clone(), after_s));
    Ok(Flown { draw, shown, raises: with.into_iter().zip(without).collect() })
}
