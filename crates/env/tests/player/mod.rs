//! Tasks and players that the tests of episodes share.

#![allow(dead_code, clippy::unwrap_used)] // No test file uses all of it.

use std::sync::Arc;

use habitat::scenario::{self, Drawn};
use habitat::stream::Purpose;
use habitat::{Plan, StreamKey};
use lunar_habitat_env::{
    COSTS, Episode, StepSlices, TERMS, Task, TaskError, TaskOptions, Transition,
};

/// A value of a scenario.
pub fn value(key: &str, value: f64) -> Drawn {
    Drawn { key: key.to_owned(), value }
}

/// A plan of a shipped scenario with other values.
pub fn plan(name: &str, values: &[Drawn]) -> Arc<Plan> {
    let loaded = scenario::load(name).unwrap();
    let mut model = loaded.scenario.with(values).unwrap();
    model.vary = loaded.scenario.vary;
    let hash = scenario::hash(&model).unwrap();
    Arc::new(Plan::compile(&model, hash).unwrap())
}

/// A task of a shipped scenario with other values.
pub fn task(name: &str, values: &[Drawn]) -> Arc<Task> {
    Task::new(plan(name, values), TaskOptions::default()).unwrap()
}

/// A mission of four decisions.
pub fn short(name: &str) -> Arc<Task> {
    task(name, &[value("duration_days", 2_400.0 / 86_400.0)])
}

/// Water for less than a day: the mission is lost in its first step.
pub fn thirsty() -> Arc<Task> {
    task("cabin-30d", &[value("stores.potable_kg", 10.0)])
}

pub fn key(run: u64, env: u64, episode: u64) -> StreamKey {
    StreamKey { run, env, episode, fork: 0 }
}

/// A number from -1 to 1 that depends on its arguments alone.
pub fn random(seed: u64, index: u64) -> f32 {
    let u = key(seed, 0, 0).uniform(Purpose::Commands, index);
    (2.0 * u - 1.0) as f32
}

/// The random action number `decision` of environment `env`.
pub fn random_action(env: u64, decision: u64, action: &mut [f32]) {
    let width = action.len() as u64;
    for (place, value) in action.iter_mut().enumerate() {
        *value = random(env, decision * width + place as u64);
    }
}

/// An episode with arrays of its own.
pub struct Player {
    pub episode: Episode,
    pub observation: Vec<f32>,
    pub terms: [f32; TERMS],
    pub costs: [f32; COSTS],
    pub action: Vec<f32>,
}

impl Player {
    pub fn of(episode: Episode) -> Player {
        let task = Arc::clone(episode.task());
        let mut observation = vec![0.0; task.observations().len()];
        episode.observe(&mut observation).unwrap();
        let action = vec![0.0; task.actions().len()];
        Player { episode, observation, terms: [0.0; TERMS], costs: [0.0; COSTS], action }
    }

    pub fn new(task: &Arc<Task>, key: StreamKey) -> Player {
        Player::of(Episode::new(task, key, &[]).unwrap())
    }

    /// One decision with the action that is set.
    pub fn step(&mut self) -> Result<Transition, TaskError> {
        let slices = StepSlices {
            observation: &mut self.observation,
            terms: &mut self.terms,
            costs: &mut self.costs,
        };
        self.episode.step(&self.action, slices)
    }

    /// One decision that changes nothing.
    pub fn hold(&mut self) -> Transition {
        self.episode.hold(&mut self.action).unwrap();
        self.step().unwrap()
    }

    /// One random decision.
    pub fn random(&mut self, decision: u64) -> Transition {
        random_action(self.episode.key().env, decision, &mut self.action);
        self.step().unwrap()
    }

    /// A value of the dictionary.
    pub fn read(&self, name: &str) -> f64 {
        let all = self.episode.dictionary();
        all.iter().find(|reading| reading.name == name).ok_or(name).unwrap().value
    }
}
