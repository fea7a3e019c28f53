//! What a shield costs a decision, and how many reckless missions it saves.
//!
//! ```text
//! cargo run --release --package lunar-habitat-env --example shield_cost [MISSIONS]
//! ```
#![allow(clippy::print_stdout, reason = "its findings are its output")]

use std::sync::Arc;
use std::time::Instant;

use habitat::scenario::{self, Difficulty};
use habitat::stream::Purpose;
use habitat::{Plan, StreamKey};
use lunar_habitat_env::{
    Acts, COSTS, Episode, Pilot, Shield, StepSlices, TERMS, Task, TaskOptions,
};

/// What a policy does at every decision.
#[derive(Clone, Copy)]
enum Policy {
    Low,
    High,
    Fixed,
    Random,
    Rules,
}

const POLICIES: [(&str, Policy); 5] = [
    ("all at the low end", Policy::Low),
    ("all at the high end", Policy::High),
    ("random, never moved", Policy::Fixed),
    ("random", Policy::Random),
    ("rules", Policy::Rules),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let missions = std::env::args().nth(1).map_or(Ok(4), |word| word.parse())?;
    for (difficulty, acts, days) in [
        (Difficulty::Nominal, Acts::Dials, 30.0),
        (Difficulty::Hard, Acts::Dials, 30.0),
        (Difficulty::Nominal, Acts::Thresholds, 30.0),
        (Difficulty::Hard, Acts::Thresholds, 30.0),
    ] {
        let mut model = scenario::load_at("artemis-30d", difficulty)?.scenario;
        model.duration_days = days;
        let plan = Arc::new(Plan::compile(&model, scenario::hash(&model)?)?);
        let task = Task::new(plan, TaskOptions { acts, ..TaskOptions::default() })?;
        println!("artemis-30d, {difficulty}, {acts}, {days} days, {missions} missions");
        for (name, policy) in POLICIES {
            let bare = fly(&task, policy, missions, false)?;
            let guarded = fly(&task, policy, missions, true)?;
            println!(
                "  {name:20}  lives {:2} without, {:2} with; {:6.0} us a decision without, {:6.0} with; {:5} of {:6} by the rules",
                bare.lives, guarded.lives, bare.us, guarded.us, guarded.handed, guarded.decisions
            );
        }
    }
    Ok(())
}

/// What came of some missions.
struct Flown {
    lives: u64,
    handed: usize,
    decisions: u64,
    us: f64,
}

fn fly(
    task: &Arc<Task>,
    policy: Policy,
    missions: u64,
    shielded: bool,
) -> Result<Flown, Box<dyn std::error::Error>> {
    let mut flown = Flown { lives: 0, handed: 0, decisions: 0, us: 0.0 };
    let mut observation = vec![0.0; task.observations().len()];
    let (mut terms, mut costs) = ([0.0; TERMS], [0.0; COSTS]);
    let mut action = vec![0.0_f32; task.actions().len()];
    let begun = Instant::now();
    for env in 0..missions {
        let key = StreamKey { run: 1, env, ..StreamKey::default() };
        let mut episode = Episode::new(task, key, &[])?;
        let name = if matches!(policy, Policy::Random) { "random" } else { "rules" };
        let mut pilot = Pilot::new(name, &episode)?;
        let mut shield = shielded.then(|| Shield::new(&episode)).transpose()?;
        while episode.status().is_running() {
            match policy {
                Policy::Low => action.fill(-1.0),
                Policy::High => action.fill(1.0),
                Policy::Fixed => {
                    for (at, entry) in action.iter_mut().enumerate() {
                        *entry = (2.0 * key.uniform(Purpose::Commands, at as u64) - 1.0) as f32;
                    }
                }
                Policy::Random | Policy::Rules => pilot.act(&episode, &mut action)?,
            }
            let slices =
                StepSlices { observation: &mut observation, terms: &mut terms, costs: &mut costs };
            match &mut shield {
                Some(shield) => drop(shield.step(&mut episode, &mut action, slices)?),
                None => drop(episode.step(&action, slices)?),
            }
        }
        flown.decisions += episode.decisions();
        flown.lives += u64::from(episode.status().is_truncated());
        flown.handed += shield.map_or(0, |shield| shield.interventions().len());
    }
    flown.us = begun.elapsed().as_secs_f64() * 1e6 / flown.decisions as f64;
    Ok(flown)
}
