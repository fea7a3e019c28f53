//! How many missions run side by side, for how long, and how many decisions a step of the learning takes: chosen once, kept in
//! `batch.json`, and the same from then on.

use std::path::{Path, PathBuf};

use learn::{Bounds, Cpu, LearnError, Training, TrainingSettings, Tried, calibrate};
use serde::{Deserialize, Serialize};
use store::write_atomic;

use super::Args;
use super::plan::Asked;
use super::recipe::Recipe;
use super::session::read_json;
use crate::error::CliError;
use crate::table::fixed;
use crate::usage;

/// Name of the file.
const NAME: &str = "batch.json";
/// Decisions of all lanes in an update of a try; the first of two warms up.
const TRY: usize = 512;
/// Fewest and most decisions of a lane in an update, where none are pinned.
const SEGMENT: (usize, usize) = (16, 256);
/// Share of the memory of the machine that a training may take where nothing is said.
const MEMORY_SHARE: f64 = 0.5;

/// What is pinned and what bounds the rest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Wishes {
    /// Lanes, where they are pinned.
    pub lanes: Option<usize>,
    /// Decisions of a lane in an update, where they are pinned.
    pub segment: Option<usize>,
    /// Decisions of a minibatch, where they are pinned.
    pub minibatch: Option<usize>,
    /// Fewest and most lanes where they are not pinned.
    pub lanes_between: (usize, usize),
    /// Most memory of what is tried, MB, where that is asked for.
    pub memory_mb: Option<f64>,
}

/// What is chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// Missions side by side.
    pub lanes: usize,
    /// Decisions of a lane in an update.
    pub segment: usize,
    /// Decisions of a minibatch.
    pub minibatch: usize,
    /// What was tried for it.
    tried: Vec<Tried>,
    wishes: Wishes,
}

impl Wishes {
    /// Those of the arguments.
    ///
    /// # Errors
    /// [`CliError::Flag`] for bounds that hold nothing.
    pub fn of(args: &Args, recipe: &Recipe) -> Result<Wishes, CliError> {
        let between = args.lanes_between.clone().unwrap_or_default();
        let lanes_between = match between[..] {
            [] => (recipe.lanes / 2, recipe.lanes * 2),
            [least, most] if (1..=most).contains(&least) && most <= 65_536 => (least, most),
            _ => {
                let shown: Vec<String> = between.iter().map(usize::to_string).collect();
                return Err(CliError::flag(
                    format!("--lanes-between {}", shown.join(",")),
                    "written as FEWEST,MOST, as in 64,256, from 1 to 65536",
                ));
            }
        };
        if let Some(memory_mb) = args.memory_mb.filter(|mb| !(1.0..=1e9).contains(mb)) {
            let flag = format!("--memory-mb {memory_mb}");
            return Err(CliError::flag(flag, "allowed is 1 to 1000000000"));
        }
        let whole = |number: Option<u32>| number.map(|number| number as usize);
        Ok(Wishes {
            lanes: whole(args.lanes),
            segment: whole(args.segment),
            minibatch: whole(args.minibatch),
            lanes_between,
            memory_mb: args.memory_mb,
        })
    }

    /// The batch for lanes that are known.
    fn with(self, recipe: &Recipe, lanes: usize, tried: Vec<Tried>) -> Batch {
        let even = recipe.decisions.div_ceil(lanes).clamp(SEGMENT.0, SEGMENT.1);
        let segment = self.segment.unwrap_or(even);
        let minibatch = self.minibatch.unwrap_or(recipe.minibatch).min(lanes * segment);
        Batch { lanes, segment, minibatch, tried, wishes: self }
    }
}

impl Batch {
    /// Where the choice of a training in `dir` is kept.
    pub fn path(dir: &Path) -> PathBuf {
        dir.join(NAME)
    }

    /// The choice that is kept in `path`; else it is made, by trying where lanes are not pinned, told, and kept there.
    ///
    /// # Errors
    /// [`CliError::Flag`] where a choice for other wishes is kept, or nothing fits into the memory; what the world refuses.
    pub fn open(path: &Path, asked: &Asked, threads: usize) -> Result<Batch, CliError> {
        let wishes = asked.wishes;
        if let Some(stored) = read_json(path)? {
            let batch: Batch = serde_json::from_value(stored)?;
            if batch.wishes == wishes {
                return Ok(batch);
            }
            let problem = "a training with other --lanes, --segment, --minibatch or bounds of them is there; take \
                           another directory or remove it";
            return Err(CliError::flag(format!("--out {}", parent(path).display()), problem));
        }
        let batch = match wishes.lanes {
            Some(lanes) => wishes.with(asked.recipe, lanes, Vec::new()),
            None => choose(asked, threads)?,
        };
        std::fs::create_dir_all(parent(path)).map_err(|error| {
            let flag = format!("--out {}", parent(path).display());
            CliError::flag(flag, format!("cannot be made: {error}"))
        })?;
        write_atomic(path, serde_json::to_string_pretty(&batch)?.as_bytes())?;
        Ok(batch)
    }

    /// Take them over.
    pub fn apply(&self, settings: &mut TrainingSettings) {
        settings.lanes = self.lanes;
        settings.segment = self.segment;
        settings.ppo.minibatches = (self.lanes * self.segment / self.minibatch).max(1);
    }

    /// The choice in words, with what it stands on.
    fn words(&self) -> String {
        let tried: Vec<String> = self
            .tried
            .iter()
            .map(|one| {
                let (speed, mb) = (fixed(one.decisions_per_s, 0), fixed(one.memory_mb, 0));
                format!("{} lanes {speed} decisions/s, {mb} MB", one.lanes)
            })
            .collect();
        let Batch { lanes, segment, minibatch, .. } = self;
        format!(
            "tried: {}; taken: --lanes {lanes} --segment {segment} --minibatch {minibatch}",
            tried.join("; ")
        )
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// Try lanes within their bounds, and tell what came of it.
fn choose(asked: &Asked, threads: usize) -> Result<Batch, CliError> {
    let wishes = asked.wishes;
    let memory_mb = wishes
        .memory_mb
        .or_else(|| usage::available_mb().map(|mb| MEMORY_SHARE * mb))
        .unwrap_or(f64::INFINITY);
    let (least, most) = wishes.lanes_between;
    let bounds = Bounds { least, most, usual: asked.recipe.lanes, memory_mb };
    let before_mb = usage::resident_mb();
    let found = calibrate(bounds, |lanes| measure(asked, threads, lanes, before_mb));
    let found = found.map_err(|error| match error {
        LearnError::Range { .. } => {
            CliError::flag("--memory-mb, --lanes-between", error.to_string())
        }
        other => other.into(),
    })?;
    let batch = wishes.with(asked.recipe, found.lanes, found.tried);
    eprintln!("{}", batch.words());
    Ok(batch)
}

/// Throughput and memory of a number of lanes, of a training that is thrown away.
fn measure(
    asked: &Asked,
    threads: usize,
    lanes: usize,
    before_mb: f64,
) -> Result<Tried, LearnError> {
    let mut settings = TrainingSettings { threads, ..asked.settings.clone() };
    settings.lanes = lanes;
    settings.segment = (TRY / lanes).max(1);
    let decisions = lanes * settings.segment;
    settings.ppo.minibatches = (decisions / asked.recipe.minibatch).max(1);
    let world = |first: u64, lanes: usize| asked.world(0, first, lanes);
    let cpu = Cpu::new();
    let mut training = Training::new(settings, Box::new(cpu), cpu.level(), &world)?;
    training.update()?;
    let progress = training.update()?;
    Ok(Tried {
        lanes,
        decisions_per_s: decisions as f64 / progress.spent.wall.as_secs_f64(),
        memory_mb: (usage::resident_mb() - before_mb).max(0.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use env::Acts;

    const FREE: Wishes = Wishes {
        lanes: None,
        segment: None,
        minibatch: None,
        lanes_between: (64, 256),
        memory_mb: None,
    };

    #[test]
    fn an_update_keeps_its_decisions_whatever_the_lanes() {
        let recipe = Recipe::of(Acts::Thresholds);
        let shape = |wishes: Wishes, lanes| {
            let batch = wishes.with(recipe, lanes, Vec::new());
            (batch.lanes, batch.segment, batch.minibatch)
        };
        assert_eq!(shape(FREE, 128), (128, 40, 1_024));
        assert_eq!(shape(FREE, 64), (64, 80, 1_024));
        assert_eq!(shape(FREE, 1_024), (1_024, 16, 1_024), "too short segments teach nothing");
        assert_eq!(shape(FREE, 2), (2, 256, 512), "a minibatch is no more than there is");
        let pinned = Wishes { segment: Some(8), minibatch: Some(32), ..FREE };
        assert_eq!(shape(pinned, 16), (16, 8, 32));
    }
}
