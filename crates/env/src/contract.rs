//! What every task promises, as checks that run on any scenario.
//!
//! | check | promise |
//! |---|---|
//! | `spaces` | at most 64 fields and 24 dials (or thresholds), each with a name of its own and two ends |
//! | `sensed only` | no field shows a true value |
//! | `bounds` | over random play every observation lies within -1 to 1, rewards and costs are finite, costs not negative |
//! | `closed` | over the same play the residual of the ledger stays below 1e-9 of what moved |
//! | `same bits` | an episode played again has the same bits |
//! | `seeds differ` | another environment of the same run has others |
//! | `lanes` | lanes side by side on several threads have the bits of each alone |
//! | `snapshot` | an episode that is saved and read back goes on with the same bits |
//! | `bad actions` | an entry that is no number is refused by its dial, and nothing changes |
//! | `end` | a mission that is held ends once: by death or by time, and a step after it is refused |
//! | `held out` | environments of the evaluation are refused in training |
//! | `controllers` | every controller but the slow planner flies the first day |
//!
//! A task whose actions are thresholds is held against the same promises: it plays fewer decisions where plays are compared,
//! since each takes hours, and the middle of a threshold lies within its ends.
//!
//! A check says what it found in a sentence, whether it holds or not.

use std::collections::BTreeSet;
use std::sync::Arc;

use habitat::constants::DAY_S;
use habitat::stream::Purpose;
use habitat::{Habitat, StreamKey};

use crate::episode::{Episode, Status, StepSlices, Transition};
use crate::{
    Autoreset, CONTROLLERS, COSTS, DIALS_MAX, EnvError, HELD_OUT_FROM, OBSERVATIONS_MAX, TERMS,
    Task, TaskError, Timing, Use, VectorEnv, VectorOptions, build, run_mission,
};

/// Decisions of random play.
const DECISIONS: u64 = 288;
/// Decisions of plays that are compared.
const FEW: u64 = 24;
/// The same where a decision takes hours.
const FEW_LONG: u64 = 6;
/// Lanes of the comparison of lanes.
const LANES: usize = 4;
/// Largest residual that counts as closed, share of what moved.
const CLOSED: f64 = 1e-9;

/// A check and what it found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Name of the promise.
    pub name: &'static str,
    /// Whether it holds.
    pub ok: bool,
    /// What was found, in a sentence.
    pub detail: String,
}

/// Result of one check: what was found, or what is wrong.
type Found = Result<String, String>;

/// A promise: its name, and the look whether it is kept.
type Named = (&'static str, fn(&Arc<Task>) -> Found);

/// Hold `task` against every promise.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use habitat::{Plan, scenario};
/// use lunar_habitat_env::{Task, TaskOptions, contract};
/// let loaded = scenario::load("cabin-30d")?;
/// let mut model = loaded.scenario;
/// model.duration_days = 1.0;
/// let plan = Arc::new(Plan::compile(&model, scenario::hash(&model)?)?);
/// let checks = contract::check(&Task::new(plan, TaskOptions::default())?);
/// assert!(checks.iter().all(|check| check.ok), "{checks:?}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
/// # Tests
/// `contract` in this crate: every registered task, and tasks that break a promise.
#[must_use]
pub fn check(task: &Arc<Task>) -> Vec<Check> {
    let all: [Named; 12] = [
        ("spaces", spaces),
        ("sensed only", sensed_only),
        ("bounds", bounds),
        ("closed", closed),
        ("same bits", same_bits),
        ("seeds differ", seeds_differ),
        ("lanes", lanes),
        ("snapshot", snapshot),
        ("bad actions", bad_actions),
        ("end", end),
        ("held out", held_out),
        ("controllers", controllers),
    ];
    let run = |(name, run): Named| match run(task) {
        Ok(detail) => Check { name, ok: true, detail },
        Err(detail) => Check { name, ok: false, detail },
    };
    all.into_iter().map(run).collect()
}

fn words(error: &TaskError) -> String {
    error.to_string()
}

/// Decisions of plays of `task` that are compared.
fn few(task: &Task) -> u64 {
    if task.is_supervised() { FEW_LONG } else { FEW }
}

/// A first environment that `task` allows.
fn base(task: &Task) -> u64 {
    if task.used_for() == Use::Evaluation { HELD_OUT_FROM } else { 0 }
}

/// An episode and its rows.
struct Player {
    episode: Episode,
    observation: Vec<f32>,
    action: Vec<f32>,
    terms: [f32; TERMS],
    costs: [f32; COSTS],
}

impl Player {
    fn new(task: &Arc<Task>, env: u64) -> Result<Player, String> {
        let key = StreamKey { env, ..StreamKey::default() };
        let episode = Episode::new(task, key, &[]).map_err(|error| words(&error))?;
        Ok(Player::on(episode))
    }

    fn on(episode: Episode) -> Player {
        let task = Arc::clone(episode.task());
        Player {
            observation: vec![0.0; task.observations().len()],
            action: vec![0.0; task.actions().len()],
            terms: [0.0; TERMS],
            costs: [0.0; COSTS],
            episode,
        }
    }

    /// Turn every dial at random.
    fn shuffle(&mut self, decision: u64) {
        let width = self.action.len() as u64;
        let key = StreamKey { run: self.episode.key().env, ..StreamKey::default() };
        for (place, value) in self.action.iter_mut().enumerate() {
            let u = key.uniform(Purpose::Commands, decision * width + place as u64);
            *value = (2.0 * u - 1.0) as f32;
        }
    }

    fn step(&mut self) -> Result<Transition, TaskError> {
        let slices = StepSlices {
            observation: &mut self.observation,
            terms: &mut self.terms,
            costs: &mut self.costs,
        };
        self.episode.step(&self.action, slices)
    }

    /// Play at random until the episode ends, at most `decisions` more; `look` sees every step.
    fn play(
        &mut self,
        decisions: u64,
        mut look: impl FnMut(&Player, Transition) -> Result<(), String>,
    ) -> Result<(), String> {
        let first = self.episode.decisions();
        for decision in first..first + decisions {
            if !self.episode.status().is_running() {
                break;
            }
            self.shuffle(decision);
            let transition = self.step().map_err(|error| words(&error))?;
            look(self, transition)?;
        }
        Ok(())
    }

    /// Every bit that a step shows.
    fn bits(&self, transition: Transition, out: &mut Vec<u32>) {
        let rows = self.observation.iter().chain(&self.terms).chain(&self.costs);
        out.extend(rows.map(|value| value.to_bits()));
        out.push(transition.reward.to_bits());
    }
}

/// Bits of a random play of environment `env`.
fn bits(task: &Arc<Task>, env: u64) -> Result<Vec<u32>, String> {
    let mut player = Player::new(task, env)?;
    let mut all = Vec::new();
    player.play(few(task), |player, transition| {
        player.bits(transition, &mut all);
        Ok(())
    })?;
    Ok(all)
}

fn spaces(task: &Arc<Task>) -> Found {
    let (fields, dials) = (task.observations().fields(), task.actions().dials());
    if fields.is_empty() || fields.len() > OBSERVATIONS_MAX {
        return Err(format!("{} fields: allowed are 1 to {OBSERVATIONS_MAX}", fields.len()));
    }
    if dials.is_empty() || dials.len() > DIALS_MAX {
        return Err(format!("{} dials: allowed are 1 to {DIALS_MAX}", dials.len()));
    }
    let fields_named: Vec<&String> = fields.iter().map(|field| &field.name).collect();
    let dials_named: Vec<&String> = dials.iter().map(|dial| &dial.name).collect();
    for (what, names) in [("fields", fields_named), ("dials", dials_named)] {
        let distinct: BTreeSet<&&String> = names.iter().collect();
        if distinct.len() < names.len() || names.iter().any(|name| name.is_empty()) {
            return Err(format!("two {what} have one name, or one has none"));
        }
    }
    if let Some(dial) = dials.iter().find(|dial| !(dial.low..=dial.high).contains(&dial.middle)) {
        return Err(format!("the middle of `{}` lies outside its ends", dial.name));
    }
    let ends = fields.iter().map(|f| (&f.name, f.low, f.high));
    let ends = ends.chain(dials.iter().map(|d| (&d.name, d.low, d.high)));
    for (name, low, high) in ends {
        if !(low.is_finite() && high.is_finite() && low < high) {
            return Err(format!(
                "`{name}` goes from {low} to {high}: its ends must be finite and in order"
            ));
        }
    }
    Ok(format!("{} fields, {} {}", fields.len(), dials.len(), task.acts()))
}

fn sensed_only(task: &Arc<Task>) -> Found {
    let ids = task.observations().channel_ids();
    let quantity = |id: &&String| {
        let last = id.rsplit('.').next().unwrap_or_default();
        !last.starts_with("sensed_") && !last.starts_with("set_")
    };
    match ids.iter().find(quantity) {
        Some(id) => Err(format!("`{id}` is a true value")),
        None => Ok(format!("{} channels, all measured or commanded", ids.len())),
    }
}

fn bounds(task: &Arc<Task>) -> Found {
    let mut player = Player::new(task, base(task))?;
    let mut steps = 0;
    player.play(DECISIONS, |player, transition| {
        steps += 1;
        let fields = task.observations().fields();
        let wrong = player.observation.iter().position(|x| !(-1.0..=1.0).contains(x));
        if let Some(place) = wrong {
            let value = player.observation[place];
            return Err(format!("`{}` shows {value} after decision {steps}", fields[place].name));
        }
        if !transition.reward.is_finite() || player.terms.iter().any(|x| !x.is_finite()) {
            return Err(format!("reward {} after decision {steps}", transition.reward));
        }
        match player.costs.iter().position(|x| !(x.is_finite() && *x >= 0.0)) {
            Some(place) => {
                Err(format!("cost `{}` is {}", task.costs()[place].name, player.costs[place]))
            }
            None => Ok(()),
        }
    })?;
    Ok(format!("{steps} decisions of random play"))
}

fn closed(task: &Arc<Task>) -> Found {
    let mut player = Player::new(task, base(task) + 1)?;
    player.play(DECISIONS, |_, _| Ok(()))?;
    let habitat = player.episode.habitat();
    let residual = habitat.mass_residual_max().max(habitat.energy_residual_max());
    if residual < CLOSED {
        Ok(format!("largest residual {residual:.1e} of what moved"))
    } else {
        Err(format!("residual {residual:.1e} of what moved: allowed is less than {CLOSED:.0e}"))
    }
}

fn same_bits(task: &Arc<Task>) -> Found {
    let (one, two) = (bits(task, base(task))?, bits(task, base(task))?);
    if one == two {
        Ok(format!("{} decisions twice", few(task)))
    } else {
        Err("they differ".to_owned())
    }
}

fn seeds_differ(task: &Arc<Task>) -> Found {
    let varied = !task.plan().scenario.vary.is_empty() || task.plan().scenario.sensors.is_some();
    let mut held = [Vec::new(), Vec::new()];
    for (env, all) in held.iter_mut().enumerate() {
        let mut player = Player::new(task, base(task) + env as u64)?;
        for _ in 0..few(task) {
            if !player.episode.status().is_running() {
                break;
            }
            player.episode.hold(&mut player.action).map_err(|error| words(&error))?;
            let transition = player.step().map_err(|error| words(&error))?;
            player.bits(transition, all);
        }
    }
    match (held[0] != held[1], varied) {
        (true, _) => Ok("two environments of a run differ".to_owned()),
        (false, false) => Ok("nothing is drawn in this scenario".to_owned()),
        (false, true) => Err("two environments of a run are the same".to_owned()),
    }
}

fn lanes(task: &Arc<Task>) -> Found {
    let env = base(task);
    let options = VectorOptions {
        lanes: LANES,
        threads: 3,
        run: 0,
        base_env: env,
        autoreset: Autoreset::Disabled,
    };
    let mut vector = VectorEnv::new(task, options).map_err(|error| words(&error))?;
    let width = task.actions().len();
    let mut alone = (0..LANES as u64)
        .map(|lane| Player::new(task, env + lane))
        .collect::<Result<Vec<Player>, String>>()?;
    let mut actions = vec![0.0; LANES * width];
    for decision in 0..few(task) {
        for (lane, player) in alone.iter_mut().enumerate() {
            player.shuffle(decision);
            // Written so that it holds without a dial too.
            actions[lane * width..][..width].copy_from_slice(&player.action);
        }
        let batch = vector.step(&actions).map_err(|error| words(&error))?;
        let ended = batch.terminated().iter().chain(batch.truncated()).any(|over| *over);
        let rows = batch.observations().chunks(task.observations().len().max(1));
        for ((lane, player), row) in alone.iter_mut().enumerate().zip(rows) {
            player.step().map_err(|error| words(&error))?;
            let same = player.observation.iter().zip(row).all(|(a, b)| a.to_bits() == b.to_bits());
            if !same {
                return Err(format!("lane {lane} differs after decision {}", decision + 1));
            }
        }
        if ended {
            return Ok(format!(
                "{LANES} lanes on 3 threads, {} decisions to the first end",
                decision + 1
            ));
        }
    }
    Ok(format!("{LANES} lanes on 3 threads, {} decisions", few(task)))
}

fn snapshot(task: &Arc<Task>) -> Found {
    let mut player = Player::new(task, base(task))?;
    player.play(few(task) / 2, |_, _| Ok(()))?;
    let bytes = player.episode.snapshot();
    let back = Episode::restore(task, &bytes).map_err(|error| words(&error))?;
    let mut both = [Vec::new(), Vec::new()];
    for (mut player, all) in [player, Player::on(back)].into_iter().zip(&mut both) {
        player.play(few(task) / 2, |player, transition| {
            player.bits(transition, all);
            Ok(())
        })?;
    }
    if both[0] == both[1] {
        Ok(format!("{} bytes", bytes.len()))
    } else {
        Err("the episode that was read back goes on otherwise".to_owned())
    }
}

fn bad_actions(task: &Arc<Task>) -> Found {
    let mut player = Player::new(task, base(task))?;
    player.shuffle(0);
    let Some(last) = player.action.len().checked_sub(1) else {
        return Err("no dial that could be turned wrongly".to_owned());
    };
    let hash = player.episode.habitat().hash();
    for bad in [f32::NAN, f32::INFINITY] {
        player.action[last] = bad;
        match player.step() {
            Err(TaskError::Action { place, .. }) if place == last => {}
            Ok(_) if task.options.on_bad_action == crate::OnBadAction::Clip => {
                return Ok("clipped, as the task declares".to_owned());
            }
            other => return Err(format!("{bad} gave {:?}", other.map(|_| "a step"))),
        }
    }
    if player.episode.habitat().hash() == hash {
        Ok("refused by the name of the dial".to_owned())
    } else {
        Err("a refused action changed the habitat".to_owned())
    }
}

fn end(task: &Arc<Task>) -> Found {
    let mut player = Player::new(task, base(task))?;
    let most = (task.plan().duration_s() / task.decision_s()).ceil() as u64 + 1;
    for _ in 0..most {
        if !player.episode.status().is_running() {
            break;
        }
        player.episode.hold(&mut player.action).map_err(|error| words(&error))?;
        player.step().map_err(|error| words(&error))?;
    }
    let status = player.episode.status();
    let day = player.episode.habitat().t_s() / DAY_S;
    if player.observation.iter().any(|x| !(-1.0..=1.0).contains(x)) {
        return Err("the final observation is out of its bounds".to_owned());
    }
    if !matches!(player.step(), Err(TaskError::Over { .. })) {
        return Err("a step after the end is taken".to_owned());
    }
    match status {
        Status::Running => Err(format!("no end after {most} decisions")),
        Status::Truncated => Ok(format!("held to its time, {day:.2} d")),
        Status::Terminated(reason) => {
            Ok(format!("held and lost, {} on day {day:.2}", reason.name()))
        }
    }
}

fn held_out(task: &Arc<Task>) -> Found {
    let made = Player::new(task, HELD_OUT_FROM);
    match (task.used_for(), made) {
        (Use::Training, Ok(_)) => Err("training may play held-out environments".to_owned()),
        (Use::Training, Err(_)) => Ok("refused in training".to_owned()),
        (Use::Evaluation, Ok(_)) => Ok("allowed in evaluation".to_owned()),
        (Use::Evaluation, Err(error)) => Err(error),
    }
}

fn controllers(task: &Arc<Task>) -> Found {
    let days = (task.plan().duration_s() / DAY_S).min(1.0);
    // Where a policy sets thresholds, the dials are turned at the interval of the rules.
    let decision_s = if task.is_supervised() { task.rules_s() } else { task.decision_s() };
    let whole = (days * DAY_S / decision_s).floor().max(1.0);
    let timing = Timing { dt_s: task.dt_s(), decision_s, days: whole * decision_s / DAY_S };
    let mut names = Vec::new();
    for (name, _) in CONTROLLERS.iter().filter(|(name, _)| *name != "mpc") {
        let mut habitat = Habitat::new(Arc::clone(task.plan()), StreamKey::default());
        let mut fly = || -> Result<(), EnvError> {
            let mut pilot = build(name, &habitat)?;
            let quiet = &mut |_: &Habitat, _: &[f64]| Ok::<(), EnvError>(());
            run_mission(&mut habitat, pilot.as_mut(), timing, quiet).map(|_| ())
        };
        fly().map_err(|error| format!("`{name}`: {error}"))?;
        names.push(*name);
    }
    Ok(format!("{} flew {days:.2} d", names.join(", ")))
}
