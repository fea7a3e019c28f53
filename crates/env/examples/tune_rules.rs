//! Search for thresholds of `rules` that bring more crews home: cross-entropy search over
//! [`RulesSettings`].
//!
//! ```text
//! cargo run --release -p lunar-habitat-env --example tune_rules -- --generations 8 --population 16 --seeds 48
//! ```
//!
//! Objective: share of missions that succeed, weighed over three families of missions, on seeds from
//! 1 000 000 on, which no campaign judges by. All candidates fly the same seeds. Each generation draws
//! candidates from a normal distribution per threshold, cut to its range; the first candidate is the
//! mean. The best quarter give mean and deviation of the next one. Ties are broken by the share of the
//! mission flown before it is lost.
//!
//! Progress goes to stderr; the best settings stand on stdout as TOML, with their hash.

#![allow(clippy::print_stdout)] // The result is data for standard output.

use std::process::ExitCode;
use std::sync::Arc;

use habitat::{Habitat, Plan, StreamKey, scenario};
use lunar_habitat_env::{BOUNDS, Bound, EnvError, Rules, RulesSettings, Timing, run_mission};
use runtime::parallel_map;

/// First seed of the search.
const TRAINING_SEED: u64 = 1_000_000;
/// Scenario, multiple of the rates of failure of units and instruments, weight in the objective. The
/// nominal missions are nearly always won; they weigh enough that no candidate gives one away.
const FAMILIES: [(&str, f64, f64); 3] =
    [("artemis-30d", 10.0, 0.6), ("artemis-30d", 1.0, 0.25), ("polar-darkness", 1.0, 0.15)];
/// Deviation at the start, share of the range of a threshold.
const SPREAD: f64 = 0.15;
/// Deviation that is kept at least, share of the range.
const SPREAD_MIN: f64 = 0.02;
/// Weight of the share of the mission that was flown: breaks ties and never outweighs a success.
const FLOWN_WEIGHT: f64 = 1e-3;

/// A family of missions, compiled.
struct Family {
    plan: Arc<Plan>,
    timing: Timing,
    weight: f64,
}

/// What was asked for.
struct Args {
    generations: usize,
    population: usize,
    seeds: u64,
}

fn args() -> Result<Args, String> {
    let mut args = Args { generations: 8, population: 16, seeds: 48 };
    let mut words = std::env::args().skip(1);
    while let Some(flag) = words.next() {
        let value = words.next().ok_or(format!("{flag}: a number is missing"))?;
        let number: u64 = value
            .parse()
            .ok()
            .filter(|number| (1..=100_000).contains(number))
            .ok_or(format!("{flag} {value}: allowed are whole numbers from 1 to 100000"))?;
        match flag.as_str() {
            "--generations" => args.generations = number as usize,
            "--population" => args.population = number as usize,
            "--seeds" => args.seeds = number,
            _ => {
                let known = "--generations, --population, --seeds";
                return Err(format!("no such flag: found `{flag}`; allowed {known}"));
            }
        }
    }
    Ok(args)
}

fn family((name, factor, weight): (&str, f64, f64)) -> Result<Family, String> {
    let loaded = scenario::load(name).map_err(|error| error.to_string())?;
    let mut model = loaded.scenario;
    if let Some(faults) = &mut model.faults {
        faults.rate_factor = factor;
    }
    if let Some(sensors) = &mut model.sensors {
        sensors.rate_factor = factor;
    }
    let timing = Timing::of(&model);
    let plan = Plan::compile(&model, loaded.hash).map_err(|error| error.to_string())?;
    Ok(Family { plan: Arc::new(plan), timing, weight })
}

/// One mission: 1 for success, and the share of it that was flown before it was lost.
fn fly(family: &Family, settings: RulesSettings, seed: u64) -> Result<(f64, f64), EnvError> {
    let key = StreamKey { run: seed, ..StreamKey::default() };
    let mut habitat = Habitat::new(Arc::clone(&family.plan), key);
    let mut rules = Rules::with_settings(&habitat, settings);
    let quiet = &mut |_: &Habitat, _: &[f64]| Ok::<(), EnvError>(());
    let outcome = run_mission(&mut habitat, &mut rules, family.timing, quiet)?;
    let flown = outcome.abort_s.unwrap_or(outcome.t_s) / (family.timing.days * 86_400.0);
    Ok((f64::from(u8::from(outcome.success)), flown))
}

/// The objective of every candidate, and of each its share of success by family.
fn judge(
    families: &[Family],
    candidates: &[RulesSettings],
    seeds: u64,
    threads: usize,
) -> Result<Vec<(f64, Vec<f64>)>, String> {
    let mut missions = Vec::new();
    for candidate in 0..candidates.len() {
        for family in 0..families.len() {
            missions.extend((0..seeds).map(|seed| (candidate, family, TRAINING_SEED + seed)));
        }
    }
    let flown = parallel_map(threads, missions.clone(), |(candidate, family, seed)| {
        fly(&families[family], candidates[candidate], seed)
    })
    .map_err(|error| error.to_string())?;
    let mut results = vec![(0.0, vec![0.0; families.len()]); candidates.len()];
    for ((candidate, family, _), value) in missions.into_iter().zip(flown) {
        let (success, flown) = value.map_err(|error| error.to_string())?;
        let value = (success + FLOWN_WEIGHT * flown) / seeds as f64;
        results[candidate].0 += families[family].weight * value;
        results[candidate].1[family] += success / seeds as f64;
    }
    Ok(results)
}

/// Normal draws of one search, from the streams of the simulator: no state, no order.
fn normal(index: u64) -> f64 {
    let key = StreamKey { run: TRAINING_SEED, ..StreamKey::default() };
    let draw = |part| key.uniform(habitat::stream::Purpose::Commands, 2 * index + part);
    // Box and Muller (1958).
    (-2.0 * draw(0).ln()).sqrt() * (std::f64::consts::TAU * draw(1)).cos()
}

/// Thresholds that change nothing at their defaults: what a planner moves beyond the habits of the rules.
const LEFT_ALONE: [&str; 5] =
    ["shed_depth", "shed_lit", "dark_oxygen", "p_total_share", "pp_o2_share"];

/// Width of the range in which a threshold is searched.
fn width(bound: &Bound) -> f64 {
    if LEFT_ALONE.contains(&bound.name) { 0.0 } else { bound.high - bound.low }
}

fn search(args: &Args) -> Result<(), String> {
    let families = FAMILIES.into_iter().map(family).collect::<Result<Vec<_>, String>>()?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut mean = RulesSettings::default().to_vector();
    let mut spread: Vec<f64> = BOUNDS.iter().map(|bound| SPREAD * width(bound)).collect();
    let mut best: Option<(f64, Vec<f64>, RulesSettings)> = None;
    let mut draws = 0;
    for generation in 0..args.generations {
        let mut candidates = Vec::new();
        for place in 0..args.population {
            let mut vector = mean.clone();
            for (at, bound) in BOUNDS.iter().enumerate() {
                draws += 1;
                let step = if place == 0 { 0.0 } else { spread[at] * normal(draws) };
                vector[at] = (vector[at] + step).clamp(bound.low, bound.high);
            }
            candidates.push(RulesSettings::from_vector(&vector).map_err(|e| e.to_string())?);
        }
        let results = judge(&families, &candidates, args.seeds, threads)?;
        let mut order: Vec<usize> = (0..candidates.len()).collect();
        order.sort_by(|a, b| results[*b].0.total_cmp(&results[*a].0));
        let (value, shares) = &results[order[0]];
        if best.as_ref().is_none_or(|(known, ..)| value > known) {
            best = Some((*value, shares.clone(), candidates[order[0]]));
        }
        let middle = results[0].0;
        eprintln!(
            "generation {generation}: mean vector {middle:.4}, best {value:.4}, {shares:.3?}"
        );
        let elite: Vec<Vec<f64>> = order
            .iter()
            .take(args.population.div_ceil(4))
            .map(|at| candidates[*at].to_vector())
            .collect();
        let count = elite.len() as f64;
        for (at, bound) in BOUNDS.iter().enumerate() {
            let centre = elite.iter().map(|v| v[at]).sum::<f64>() / count;
            let square = elite.iter().map(|v| (v[at] - centre).powi(2)).sum::<f64>() / count;
            mean[at] = centre.clamp(bound.low, bound.high);
            spread[at] = square.sqrt().max(SPREAD_MIN * width(bound));
        }
    }
    if let Some((value, shares, settings)) = best {
        println!("# objective {value:.4} on {} training seeds", args.seeds);
        for ((name, factor, weight), share) in FAMILIES.iter().zip(shares) {
            println!("# {name}, rates times {factor}, weight {weight}: {share:.3} succeed");
        }
        println!("hash = \"{}\"", settings.hash());
        for (bound, value) in BOUNDS.iter().zip(settings.to_vector()) {
            println!("{} = {value:?}", bound.name);
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    match args().and_then(|args| search(&args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}
