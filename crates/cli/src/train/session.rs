//! One seed of a training: what is on disk, and the loop.

use std::path::{Path, PathBuf};
use std::time::Instant;

use env::habitat::scenario;
use learn::{Cpu, LearnError, Policy, StackedWorld, Training, TrainingSettings};
use runtime::memory::MemoryBudget;
use serde_json::{Map, Value, json};
use store::{ScalarWriter, write_atomic};
use tracing::info_span;

use super::Trained;
use super::batch::Batch;
use super::curve::{Curve, Tail};
use super::metrics::Metrics;
use super::plan::Asked;
use super::report;
use crate::error::CliError;
use crate::keep::Kept;
use crate::mission::bar;
use crate::profile;
use crate::table::fixed;
use crate::usage;

/// Name of the policy.
pub const POLICY: &str = "policy.safetensors";
/// Names of the last two checkpoints, newest first.
const CHECKPOINTS: [&str; 2] = ["checkpoint.bin", "checkpoint-1.bin"];
/// Name of what was asked for.
pub const SETTINGS: &str = "settings.json";
/// Name of what a training says of its own end, where it ends badly.
pub const FAILURE: &str = "failure.json";
/// Directory of what memory has no room for, made when that happens.
const SPILL: &str = "spill";
/// Fewest lanes that are left after changes.
const LANES_LEAST: usize = 8;
/// Updates from which the length of the training is taken.
const MEASURED: u64 = 4;
/// Missions of the controller that is cloned, how often decisions of them are learned from – all of them together, and each
/// at the least –, and at which rate.
const CLONED: u64 = 32;
const CLONE_TIMES: (usize, usize) = (400_000, 20);
const CLONE_RATE: f32 = 1e-3;
/// Share of the updates whose episodes are told at the end.
const TAIL: f64 = 0.2;

/// A failure on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drill {
    how: How,
    update: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Kill,
    Crash,
    Diverge,
}

impl std::str::FromStr for Drill {
    type Err = String;

    fn from_str(text: &str) -> Result<Drill, String> {
        let wanted =
            || "written as HOW:UPDATE, as in kill:3, with `kill`, `crash` or `diverge`".to_owned();
        let (how, update) = text.split_once(':').ok_or_else(wanted)?;
        let how = match how {
            "kill" => How::Kill,
            "crash" => How::Crash,
            "diverge" => How::Diverge,
            _ => return Err(wanted()),
        };
        Ok(Drill { how, update: update.parse().map_err(|_| wanted())? })
    }
}

/// A seed under way.
pub struct Session<'a> {
    asked: &'a Asked,
    seed: u64,
    dir: PathBuf,
    training: Training,
    curve: Curve,
    /// Wall and processor time of the sessions before this one, s.
    before_s: (f64, f64),
    /// What a supervisor has changed.
    changes: Value,
}

impl<'a> Session<'a> {
    /// A training at its start, or at its last good checkpoint in `dir`.
    ///
    /// # Errors
    /// [`CliError::Flag`] when `dir` holds a training with other settings, or no checkpoint there is good; what the
    /// training refuses.
    pub fn open(
        asked: &'a Asked,
        batch: &Batch,
        seed: u64,
        dir: &Path,
        threads: usize,
    ) -> Result<Session<'a>, CliError> {
        let stored = read_json(&dir.join(SETTINGS))?;
        let changes = stored.as_ref().map_or(Value::Null, |stored| stored["changes"].clone());
        let mut settings = TrainingSettings { seed, threads, ..asked.settings.clone() };
        batch.apply(&mut settings);
        if let Some(decisions) = asked.decisions {
            let each = (batch.lanes * batch.segment) as u64;
            settings.updates = decisions.div_ceil(each).max(1);
        }
        for change in changes.as_array().into_iter().flatten() {
            let factor = |key: &str| change[key].as_f64().unwrap_or(1.0);
            settings.ppo.rate *= factor("rate_factor") as f32;
            let lanes = (settings.lanes as f64 * factor("lanes_factor")) as usize;
            settings.lanes = lanes.max(LANES_LEAST.min(settings.lanes));
        }
        let world = |first: u64, lanes: usize| asked.world(seed, first, lanes);
        let cpu = Cpu::new();
        let fresh = || Training::new(settings.clone(), Box::new(cpu), cpu.level(), &world);
        let mut training = fresh()?;
        training.set_thrift(MemoryBudget::process().clone(), Some(dir.join(SPILL)));
        let flag = || format!("--out {}", dir.display());
        let mut before_s = (0.0, 0.0);
        if let Some(stored) = stored {
            if stored["asked"] != asked.facts || stored["seed"] != json!(seed) {
                let problem = format!(
                    "a training with other settings is there ({}); take another directory or remove it",
                    difference(&stored["asked"], &asked.facts)
                );
                return Err(CliError::flag(flag(), problem));
            }
            let mut refused = None;
            for name in CHECKPOINTS {
                let path = dir.join(name);
                let Ok(mut file) = std::fs::File::open(&path) else {
                    continue;
                };
                match training.resume_from(&mut file) {
                    Ok(()) => {
                        refused = None;
                        break;
                    }
                    Err(error) => {
                        // What was taken over before the error is thrown away with it.
                        training = fresh()?;
                        training.set_thrift(MemoryBudget::process().clone(), Some(dir.join(SPILL)));
                        refused.get_or_insert(format!("{}: {error}", path.display()));
                    }
                }
            }
            if let Some(problem) = refused {
                return Err(CliError::flag(flag(), format!("{problem}, and no older one is good")));
            }
            if let Some(updates) = stored["updates"].as_u64() {
                training.set_updates(updates);
            }
            let number = |key: &str| stored[key].as_f64().unwrap_or(0.0);
            before_s = (number("wall_s"), number("cpu_s"));
        } else if let Some(controller) = &asked.clone {
            let shown = learn::demonstrate(&asked.task, controller, seed, CLONED)?;
            let decisions = shown.observations.len() / asked.task.observations().len();
            let epochs = (CLONE_TIMES.0 / decisions).max(CLONE_TIMES.1);
            let (before, after) = training.imitate(&shown, epochs, CLONE_RATE)?;
            eprintln!(
                "cloned {controller} from {CLONED} missions: mean square distance of its actions {before:.4} before, \
                 {after:.4} after"
            );
        }
        std::fs::create_dir_all(dir)
            .map_err(|error| CliError::flag(flag(), format!("cannot be made: {error}")))?;
        let curve = Curve::open(dir, training.updates())?;
        Ok(Session { asked, seed, dir: dir.to_path_buf(), training, curve, before_s, changes })
    }

    /// Train to the end.
    ///
    /// # Errors
    /// What the world, the learner or the disk refuses.
    pub fn run(mut self, drill: Option<Drill>, kept: Option<&Kept>) -> Result<Trained, CliError> {
        let mut metrics = kept.map(Metrics::new);
        let drill = drill.filter(|_| self.changes.is_null());
        let start = Instant::now();
        let cpu_s = usage::cpu_s();
        let mut written = Instant::now();
        let mut tail = Vec::new();
        let words = "update {pos} of {len}, {elapsed} gone, {eta} to go · {msg}";
        let bar = bar(self.length().unwrap_or(0), words);
        self.keep(self.before_s)?;
        let mut scalars = ScalarWriter::create(&self.dir, &format!("seed-{}", self.seed))?;
        while self.length().is_none_or(|updates| self.training.updates() < updates) {
            if let Some(drill) = drill.filter(|drill| drill.update == self.training.updates() + 1) {
                self.drill(drill.how)?;
            }
            let progress = match self.training.update() {
                Ok(progress) => progress,
                Err(error) => return Err(self.boxed(error)),
            };
            let wall_s = self.before_s.0 + start.elapsed().as_secs_f64();
            let stage = info_span!("progress").entered();
            self.curve.add(&progress, wall_s)?;
            let shown = figures(&progress);
            scalars.add(progress.decisions, &shown)?;
            profile::show(progress.decisions, &shown);
            if let Some(metrics) = &mut metrics {
                metrics.add(&progress, wall_s)?;
            }
            stage.exit();
            let mut own = Tail::default();
            own.see(&progress);
            tail.push(own);
            if let (Some(budget_s), None) = (self.asked.wall_s, self.length())
                && progress.update >= MEASURED
            {
                // The first update warms up, and is no measure.
                let each_s = wall_s / progress.update as f64;
                self.training.set_updates(((budget_s / each_s) as u64).max(MEASURED));
            }
            bar.set_length(self.length().unwrap_or(0));
            bar.set_position(progress.update);
            bar.set_message(line(&progress, &own));
            if written.elapsed().as_secs_f64() >= self.asked.checkpoint_s {
                let spent = usage::cpu_s() - cpu_s;
                self.keep((wall_s, self.before_s.1 + spent))?;
                written = Instant::now();
            }
        }
        bar.finish_and_clear();
        if let Some(metrics) = metrics {
            metrics.finish()?;
        }
        let wall_s = self.before_s.0 + start.elapsed().as_secs_f64();
        let cpu_s = self.before_s.1 + usage::cpu_s() - cpu_s;
        self.keep((wall_s, cpu_s))?;
        let last = ((TAIL * self.training.updates() as f64) as usize).max(1);
        let mut all = Tail::default();
        for own in tail.iter().rev().take(last) {
            all.episodes += own.episodes;
            all.total += own.total;
            all.home += own.home;
        }
        let (return_mean, success_rate) = all.means();
        let trained = Trained {
            seed: self.seed,
            dir: self.dir.display().to_string(),
            updates: self.training.updates(),
            decisions: self.training.decisions(),
            wall_s,
            cpu_s,
            peak_mb: usage::peak_mb(),
            return_mean,
            success_rate,
        };
        report::write(&self.dir, &Value::Object(self.facts()), &trained)?;
        Ok(trained)
    }

    /// Fail on purpose.
    fn drill(&mut self, how: How) -> Result<(), CliError> {
        match how {
            How::Kill => {
                let own = std::process::id().to_string();
                let _ = std::process::Command::new("kill").args(["-9", &own]).status();
            }
            How::Crash => std::process::abort(),
            How::Diverge => {
                let lost = vec![f32::NAN; self.training.parameters().len()];
                self.training.set_parameters(&lost)?;
            }
        }
        Ok(())
    }

    /// The error, after what is left of the lane in which a number ceased to be one is written.
    fn boxed(&mut self, error: LearnError) -> CliError {
        if matches!(error, LearnError::NotFinite { .. } | LearnError::Diverged { .. }) {
            let told = json!({ "kind": "not_finite", "words": error.to_string() });
            // The error itself is more than this file, and is what is told.
            let _ = write_atomic(&self.dir.join(FAILURE), told.to_string().as_bytes());
        }
        let Some(mut kept) = self.training.take_black_box() else {
            return error.into();
        };
        kept.facts = self.asked.facts.to_string();
        if self.asked.stack > 1 {
            // What is taken again is the habitat alone.
            let width = self.asked.task.observations().len();
            kept.start = StackedWorld::inner_bytes(&kept.start, self.asked.stack, width).to_vec();
        }
        let path = self.dir.join(format!("black-box-{}.bin", kept.lane));
        match kept.write(&path) {
            Ok(()) => CliError::Failed(format!(
                "{error}; `lunar-habitat replay {}` takes its last decisions again",
                path.display()
            )),
            Err(unwritten) => CliError::Failed(format!("{error}; no black box: {unwritten}")),
        }
    }

    /// Updates in all, where that is known.
    fn length(&self) -> Option<u64> {
        Some(self.training.settings().updates).filter(|updates| *updates != u64::MAX)
    }

    /// Write everything to disk.
    fn keep(&self, (wall_s, cpu_s): (f64, f64)) -> Result<(), CliError> {
        let _stage = info_span!("keep").entered();
        let settings = json!({
            "asked": self.asked.facts,
            "seed": self.seed,
            "updates": self.length(),
            "wall_s": wall_s,
            "cpu_s": cpu_s,
            "changes": self.changes,
        });
        let text = serde_json::to_string_pretty(&settings)?;
        write_atomic(&self.dir.join(SETTINGS), text.as_bytes())?;
        let [newest, older] = CHECKPOINTS.map(|name| self.dir.join(name));
        let failed = |source| LearnError::File { path: newest.clone(), source };
        let draft = tempfile::NamedTempFile::new_in(&self.dir).map_err(failed)?;
        // Lane after lane, since all of them at once may be more than there is memory for.
        if self.training.write_checkpoint(&mut std::io::BufWriter::new(draft.as_file()))? {
            draft.as_file().sync_all().map_err(failed)?;
            if newest.exists() {
                std::fs::rename(&newest, &older).map_err(failed)?;
            }
            draft.persist(&newest).map_err(|error| failed(error.error))?;
        }
        self.policy()?.write(&self.dir.join(POLICY))?;
        Ok(())
    }

    /// What was asked for and what was chosen.
    fn facts(&self) -> Map<String, Value> {
        let asked = self.asked.facts.as_object().into_iter().flatten();
        let mut facts: Map<String, Value> = asked
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let settings = self.training.settings();
        let minibatch = settings.lanes * settings.segment / settings.ppo.minibatches;
        for (key, value) in
            [("lanes", settings.lanes), ("segment", settings.segment), ("minibatch", minibatch)]
        {
            facts.insert(key.to_owned(), json!(value));
        }
        facts
    }

    /// The policy as it is now.
    fn policy(&self) -> Result<Policy, CliError> {
        let mut policy = self.training.policy()?;
        for (key, value) in self.facts() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            // The shape of the network is told by the policy itself.
            if !["hidden", "activation", "head", "shared", "version"].contains(&key.as_str()) {
                policy.facts.insert(key, text);
            }
        }
        for (key, value) in [
            ("task_hash", scenario::hex(&self.asked.task.hash())),
            ("seed", self.seed.to_string()),
            ("decisions_learned", self.training.decisions().to_string()),
        ] {
            policy.facts.insert(key.to_owned(), value);
        }
        Ok(policy)
    }
}

/// What TensorBoard is told of an update.
pub fn figures(progress: &learn::Progress) -> [(&'static str, f64); 11] {
    let mut own = Tail::default();
    own.see(progress);
    let (mean, home) = own.means();
    let figures = &progress.figures;
    let per_update = progress.decisions as f64 / progress.update as f64;
    [
        ("episodes/return", mean),
        ("episodes/success", home),
        ("update/approx_kl", figures.approx_kl),
        ("update/clip_fraction", figures.clip_fraction),
        ("update/entropy", figures.entropy),
        ("update/explained_variance", figures.explained_variance),
        ("update/norm", figures.norm),
        ("update/policy_loss", figures.policy_loss),
        ("update/value_loss", figures.value_loss),
        ("speed/decisions_per_s", per_update / progress.spent.wall.as_secs_f64()),
        ("speed/environment_share", {
            let spent = &progress.spent;
            let busy = spent.environment + spent.forward + spent.learning + spent.copying;
            spent.environment.as_secs_f64() / busy.as_secs_f64().max(1e-9)
        }),
    ]
}

/// What is shown while it learns.
fn line(progress: &learn::Progress, own: &Tail) -> String {
    let spent = &progress.spent;
    let wall_s = spent.wall.as_secs_f64();
    let per_update = progress.decisions as f64 / progress.update as f64;
    let parts = [spent.environment, spent.forward, spent.learning, spent.copying, spent.waiting];
    let busy = parts.iter().sum::<std::time::Duration>().as_secs_f64().max(1e-9);
    let share = |part: std::time::Duration| fixed(100.0 * part.as_secs_f64() / busy, 0);
    let (mean, home) = own.means();
    format!(
        "return {}, {} % home, {} decisions/s: world {} %, acting {} %, learning {} %, copying {} %, waiting {} %",
        fixed(mean, 2),
        fixed(100.0 * home, 0),
        fixed(per_update / wall_s, 0),
        share(spent.environment),
        share(spent.forward),
        share(spent.learning),
        share(spent.copying),
        share(spent.waiting),
    )
}

/// A file of JSON, or nothing where it does not exist.
///
/// # Errors
/// [`CliError`] for a file that cannot be read or is no JSON.
pub fn read_json(path: &Path) -> Result<Option<Value>, CliError> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            CliError::flag(format!("--out {}", path.display()), format!("is not JSON: {error}"))
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(LearnError::File { path: path.to_path_buf(), source }.into()),
    }
}

/// The first setting that differs, in words.
fn difference(stored: &Value, asked: &Value) -> String {
    let (Some(stored), Some(asked)) = (stored.as_object(), asked.as_object()) else {
        return "of an unknown kind".to_owned();
    };
    let differs = |(key, value): (&String, &Value)| {
        let there = stored.get(key);
        (there != Some(value)).then(|| {
            let there = there.map_or_else(|| "nothing".to_owned(), Value::to_string);
            format!("{key}: {there} there, {value} asked for")
        })
    };
    asked.iter().find_map(differs).unwrap_or_else(|| "another seed".to_owned())
}
