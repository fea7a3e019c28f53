//! A training from its first weights to its last: collect, learn, again.
//!
//! ```text
//! Worker::collect (a thread each) ──► Segments ──► Learner::update ──► parameters ──┐
//!        ▲                                                                          │
//!        └──────────────── normaliser, reward scale, multipliers ◄──────────────────┘
//! ```
//! Everything that the next update depends on is in [`Training::checkpoint`]; a training that goes on from one gives the
//! bits of a training that never stopped, on any number of threads.

use std::io::{Cursor, Read, Seek, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
use runtime::Team;
use runtime::memory::{Level as MemoryLevel, MemoryBudget};
use tracing::info_span;

use crate::backend::{BLOCK, Backend};
use crate::black_box::BlackBox;
use crate::bytes::{Piece, PieceWriter, Pieces};
use crate::constraint::{Constraint, Multipliers};
use crate::density::LOG_STD;
use crate::learner::{Batch, Learner, UpdateFigures};
use crate::network::{Activation, Head, Network, Shape};
use crate::normaliser::{Moments, Normaliser};
use crate::policy::Policy;
use crate::ppo::{PpoSettings, SHARDS};
use crate::segment::Segments;
use crate::simd::Level;
use crate::thrift::Thrift;
use crate::worker::{Acting, Finished, Worker};
use crate::{Demonstrations, LearnError, World};

/// What a training is told.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingSettings {
    /// Seed of weights, actions and orders.
    pub seed: u64,
    /// Lanes of all workers together.
    pub lanes: usize,
    /// Decisions of a lane in an update.
    pub segment: usize,
    /// Threads, each with a world of its own; more than [`SHARDS`] or lanes are not used.
    pub threads: usize,
    /// Updates in all; only the fall of the learning rate knows it.
    pub updates: u64,
    /// Choices of an update.
    pub ppo: PpoSettings,
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Their activation.
    pub activation: Activation,
    /// Whether actor and critic share them.
    pub is_shared: bool,
    /// What the actor's outputs mean.
    pub head: Head,
    /// Logarithm of the deviations at the start.
    pub log_std: f32,
    /// Decisions over which the noise of a lane's actions stays. Where what is set acts slowly, noise that changes at every
    /// decision averages out before it shows; the density of each action is the same. After Hollenstein et al. (2024),
    /// "Colored noise in PPO", AAAI.
    pub hold: u64,
    /// Whether observations lose their mean and deviation.
    pub normalise: bool,
    /// Whether rewards are divided by the deviation of their discounted sums.
    pub scale_rewards: bool,
    /// Whether lanes are kept as they were at the start of each segment, so that a number that ceases to be one leaves a
    /// [`BlackBox`] behind.
    pub black_box: bool,
    /// Limits on mean costs.
    pub constraints: Vec<Constraint>,
    /// Rate of their multipliers.
    pub multiplier_rate: f64,
}

impl Default for TrainingSettings {
    fn default() -> TrainingSettings {
        TrainingSettings {
            seed: 0,
            lanes: 64,
            segment: 128,
            threads: 1,
            updates: 100,
            ppo: PpoSettings::default(),
            hidden: vec![64, 64],
            activation: Activation::Tanh,
            is_shared: false,
            head: Head::Clipped,
            log_std: 0.0,
            hold: 1,
            normalise: false,
            scale_rewards: false,
            black_box: false,
            constraints: Vec::new(),
            multiplier_rate: 0.05,
        }
    }
}

impl TrainingSettings {
    /// Refuse settings that make no sense.
    ///
    /// # Errors
    /// [`LearnError::Range`] with the setting, what it is and what is allowed.
    pub fn check(&self) -> Result<(), LearnError> {
        let whole = |what, found: usize, high: usize| {
            if (1..=high).contains(&found) {
                Ok(())
            } else {
                Err(LearnError::Range { what, found: found as f64, low: 1.0, high: high as f64 })
            }
        };
        whole("lanes", self.lanes, 1 << 20)?;
        whole("decisions of a segment", self.segment, 1 << 20)?;
        whole("threads", self.threads, 4_096)?;
        whole("minibatches", self.ppo.minibatches, self.lanes * self.segment)?;
        let (low, high) = LOG_STD;
        if (low..=high).contains(&self.log_std) {
            return Ok(());
        }
        let (found, low, high) = (f64::from(self.log_std), f64::from(low), f64::from(high));
        Err(LearnError::Range { what: "logarithm of the deviations", found, low, high })
    }

    /// Shape of the network for a world.
    fn shape(&self, world: &dyn World, outputs: usize) -> Shape {
        Shape {
            observations: world.observations(),
            hidden: self.hidden.clone(),
            activation: self.activation,
            is_shared: self.is_shared,
            head: self.head,
            outputs,
            values: 1 + self.constraints.len(),
        }
    }
}

/// Where the time of an update went, of all threads together.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TimeSpent {
    /// From its begin to its end.
    pub wall: Duration,
    /// In the world.
    pub environment: Duration,
    /// In networks and draws while collecting.
    pub forward: Duration,
    /// In learning: losses, gradients and the optimiser.
    pub learning: Duration,
    /// In advantages, and in setting decisions side by side to learn from them.
    pub copying: Duration,
    /// Threads that had nothing to do while experience was collected.
    pub waiting: Duration,
}

/// What an update brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Number of the update, from 1.
    pub update: u64,
    /// Decisions since the training began.
    pub decisions: u64,
    /// What the update looked like.
    pub figures: UpdateFigures,
    /// Episodes that ended in it, lane after lane.
    pub finished: Vec<Finished>,
    /// Mean of each cost over its decisions.
    pub costs: Vec<f64>,
    /// Multipliers after it.
    pub multipliers: Vec<f64>,
    /// Where its time went.
    pub spent: TimeSpent,
}

/// A training under way.
pub struct Training {
    settings: TrainingSettings,
    network: Network,
    backend: Box<dyn Backend>,
    level: Level,
    learner: Learner,
    workers: Vec<Worker>,
    segments: Vec<Segments>,
    batch: Batch,
    team: Option<Team>,
    normaliser: Normaliser,
    seen: Moments,
    returns: Moments,
    multipliers: Multipliers,
    places: Vec<usize>,
    thrift: Thrift,
    updates: u64,
    decisions: u64,
}

/// From this many lanes on every group has a worker of its own, also where there are fewer threads, so that groups can
/// take turns when memory becomes scarce. Fewer lanes a worker would not fill a block of the network.
const TURNS_FROM: usize = SHARDS * BLOCK;

/// Magic of a checkpoint.
const MAGIC: &[u8; 8] = b"LHABLEAR";
/// Version that is written.
const VERSION: u32 = 1;
/// Pieces that are not of a lane.
const PIECES: usize = 7;
/// What errors call it.
const WHAT: &str = "checkpoint";
/// Fact of a policy: count, sum and sum of squares of the discounted sums of rewards.
const RETURNS: &str = "returns";
/// Fact of a policy: how many observations its normaliser stands for.
const SEEN: &str = "observations_seen";

/// Makes the world of some neighbouring lanes: number of the first, and how many.
pub type MakeWorld<'a> = dyn Fn(u64, usize) -> Result<Box<dyn World>, LearnError> + 'a;

/// Number of the first lane, groups of lanes, and their world.
type Placed<'a> = (usize, &'a [usize], Box<dyn World>);

/// How many lanes each of the [`SHARDS`] groups has.
fn groups(lanes: usize) -> Vec<usize> {
    (0..SHARDS).map(|group| (group + 1) * lanes / SHARDS - group * lanes / SHARDS).collect()
}

impl Training {
    /// A training at its start.
    ///
    /// # Errors
    /// [`LearnError::Range`] for settings that make no sense, [`LearnError::Threads`], and what the world refuses.
    pub fn new(
        settings: TrainingSettings,
        backend: Box<dyn Backend>,
        level: Level,
        world: &MakeWorld<'_>,
    ) -> Result<Training, LearnError> {
        settings.check()?;
        let groups = groups(settings.lanes);
        let threads = settings.threads.min(SHARDS);
        let parts = if settings.lanes >= TURNS_FROM { SHARDS } else { threads };
        let mut thrift = Thrift::new();
        let mut worlds: Vec<Placed<'_>> = Vec::new();
        let mut first = 0;
        for part in 0..parts {
            let own = &groups[part * SHARDS / parts..(part + 1) * SHARDS / parts];
            let lanes: usize = own.iter().sum();
            if lanes > 0 {
                let mut world = world(first as u64, lanes)?;
                // All of them at once may be more than there is memory for.
                if parts == SHARDS && thrift.is_scarce() {
                    world.park()?;
                }
                worlds.push((first, own, world));
                first += lanes;
            }
        }
        let Some((_, _, world)) = worlds.first() else {
            return Err(LearnError::Size { what: "worlds", found: 0, expected: 1 });
        };
        let (shape, costs) = (settings.shape(world.as_ref(), world.actions()), world.costs());
        let threads = threads.min(worlds.len());
        Training::on(settings, shape, costs, backend, level, worlds, threads)
    }

    /// A training at its start on one world that has all lanes and stays on the thread that calls; the threads of
    /// `settings` share the learning alone. `outputs` are those of the network: the numbers of an action, or for choices
    /// how many there are.
    ///
    /// # Errors
    /// As [`Training::new`]; [`LearnError::Size`] for a world with other lanes than `settings`.
    pub fn alone(
        settings: TrainingSettings,
        backend: Box<dyn Backend>,
        level: Level,
        world: Box<dyn World>,
        outputs: usize,
    ) -> Result<Training, LearnError> {
        settings.check()?;
        let (found, expected) = (world.lanes(), settings.lanes);
        if found != expected {
            return Err(LearnError::Size { what: "lanes of the world", found, expected });
        }
        let (shape, costs) = (settings.shape(world.as_ref(), outputs), world.costs());
        let (groups, threads) = (groups(settings.lanes), settings.threads.min(SHARDS));
        let worlds: Vec<Placed<'_>> = vec![(0, &groups, world)];
        Training::on(settings, shape, costs, backend, level, worlds, threads)
    }

    fn on(
        settings: TrainingSettings,
        shape: Shape,
        costs: usize,
        backend: Box<dyn Backend>,
        level: Level,
        worlds: Vec<Placed<'_>>,
        threads: usize,
    ) -> Result<Training, LearnError> {
        for constraint in &settings.constraints {
            if constraint.cost >= costs {
                return Err(LearnError::Size {
                    what: "place of a cost, which is at most",
                    found: constraint.cost,
                    expected: costs.saturating_sub(1),
                });
            }
        }
        let width = shape.observations;
        let network = Network::new(shape)?;
        let first = network.initial(settings.seed, settings.log_std);
        let (ppo, seed) = (settings.ppo.clone(), settings.seed);
        let learner = Learner::new(&network, first, ppo, level, seed, backend.as_ref())?;
        let mut workers = Vec::with_capacity(worlds.len());
        let (mut thrift, turns) = (Thrift::new(), worlds.len() == SHARDS);
        for (first, groups, world) in worlds {
            let mut worker = Worker::new(world, &network, first as u64, groups)?;
            if turns && thrift.is_scarce() {
                worker.park()?;
            }
            workers.push(worker);
        }
        let segments =
            workers.iter().map(|one| Segments::new(one.sizes(&network, settings.segment)));
        let team = if threads > 1 {
            let team = Team::of(threads)
                .map_err(|error| LearnError::Threads { threads, reason: error.to_string() })?;
            Some(team)
        } else {
            None
        };
        let normaliser = if settings.normalise {
            Normaliser::of(&Moments::new(width))
        } else {
            Normaliser::none()
        };
        Ok(Training {
            segments: segments.collect(),
            batch: Batch::default(),
            team,
            normaliser,
            seen: Moments::new(width),
            returns: Moments::new(1),
            multipliers: Multipliers::new(&settings.constraints, settings.multiplier_rate)?,
            thrift,
            places: settings.constraints.iter().map(|one| one.cost).collect(),
            updates: 0,
            decisions: 0,
            learner,
            workers,
            level,
            backend,
            network,
            settings,
        })
    }

    /// Collect a segment from every lane and learn from them.
    ///
    /// # Errors
    /// What the world refuses; [`LearnError::NotFinite`] for what it shows; [`LearnError::Diverged`]. The training is
    /// then not to be used any more: go on from a checkpoint.
    pub fn update(&mut self) -> Result<Progress, LearnError> {
        let stage = info_span!("update");
        let _stage = stage.enter();
        let start = Instant::now();
        let black_box = self.settings.black_box;
        self.thrift.look(&mut self.workers, &mut self.segments, black_box);
        let takes_turns = self.workers.len() == SHARDS;
        let mut narrow = self.thrift.is_narrow() && takes_turns;
        let acting = Acting {
            backend: self.backend.as_ref(),
            level: self.level,
            network: &self.network,
            prepared: self.learner.prepared(),
            normaliser: &self.normaliser,
            reward_scale: self.reward_scale(),
            costs: &self.places,
            seed: self.settings.seed,
            hold: self.settings.hold,
            black_box: self.settings.black_box,
        };
        match self.team.as_ref().filter(|_| self.workers.len() > 1 && !narrow) {
            None => {
                for (worker, segments) in self.workers.iter_mut().zip(&mut self.segments) {
                    // Memory may have become scarce since the update began.
                    let level = self.thrift.budget().look();
                    worker.packs |= level >= MemoryLevel::Compress;
                    info_span!("rollout").in_scope(|| worker.collect(&acting, segments))?;
                    if level >= MemoryLevel::Narrow && takes_turns {
                        narrow = true;
                        self.thrift.narrow();
                    }
                    if narrow {
                        worker.park()?;
                    }
                }
            }
            Some(team) => {
                let budget = self.thrift.budget();
                let done: Vec<Result<(), LearnError>> = team.run(|| {
                    self.workers
                        .par_iter_mut()
                        .zip(self.segments.par_iter_mut())
                        .with_max_len(1)
                        .map(|(worker, segments)| {
                            worker.packs |= budget.look() >= MemoryLevel::Compress;
                            info_span!(parent: &stage, "rollout")
                                .in_scope(|| worker.collect(&acting, segments))
                        })
                        .collect()
                });
                done.into_iter().collect::<Result<(), LearnError>>()?;
            }
        }
        let collected = Instant::now();
        let threads = self.team.as_ref().map_or(1, Team::threads);
        let threads = threads.min(self.workers.len()) as u32;
        let collecting = (collected - start) * if narrow { 1 } else { threads };
        let mut spent = TimeSpent::default();
        for worker in &mut self.workers {
            let own = worker.spent();
            spent.environment += own.environment;
            spent.forward += own.forward;
        }
        spent.waiting = collecting.saturating_sub(spent.environment + spent.forward);
        let segments: Vec<&Segments> = self.segments.iter().collect();
        let progress = self.updates as f64 / self.settings.updates.max(1) as f64;
        let figures = self.learner.update(
            &segments,
            &mut self.batch,
            &self.multipliers.weights(),
            progress,
            self.backend.as_ref(),
            self.team.as_ref(),
        );
        self.updates += 1;
        self.decisions += (self.settings.lanes * self.settings.segment) as u64;
        if !figures.norm.is_finite() {
            return Err(LearnError::Diverged { update: self.updates });
        }
        spent.copying = self.learner.copying();
        let learning = collected.elapsed() * threads;
        spent.learning = learning.saturating_sub(spent.copying);
        let costs = self.follow();
        let mut finished: Vec<_> = self.workers.iter_mut().flat_map(Worker::finished).collect();
        // Each worker tells them as they end; by lane their order is that of any number of threads.
        finished.sort_by_key(|episode| episode.lane);
        spent.wall = start.elapsed();
        Ok(Progress {
            update: self.updates,
            decisions: self.decisions(),
            figures,
            finished,
            costs,
            multipliers: self.multipliers.values().to_vec(),
            spent,
        })
    }

    /// What is left of the lane in which a number ceased to be one, after [`LearnError::NotFinite`] and once.
    pub fn take_black_box(&mut self) -> Option<BlackBox> {
        self.workers.iter_mut().find_map(Worker::take_black_box)
    }

    /// What is done about memory, and how that stands.
    #[must_use]
    pub fn thrift(&self) -> &Thrift {
        &self.thrift
    }

    /// Go by another budget than that of the process, and write what is large to files in `dir`, where there is one, when
    /// memory becomes scarce. No bit of what is learned depends on it.
    pub fn set_thrift(&mut self, budget: MemoryBudget, dir: Option<PathBuf>) {
        self.thrift = Thrift::by(budget, dir);
    }

    /// Take over what the workers have seen; mean of each cost.
    fn follow(&mut self) -> Vec<f64> {
        let mut paid = Moments::default();
        for group in self.workers.iter_mut().flat_map(|worker| &mut worker.groups) {
            if paid.sum.is_empty() {
                paid = Moments::new(group.costs.sum.len());
            }
            self.seen.join(&group.seen);
            self.returns.join(&group.returns);
            paid.join(&group.costs);
            group.seen.clear();
            group.returns.clear();
            group.costs.clear();
        }
        if self.settings.normalise {
            self.normaliser = Normaliser::of(&self.seen);
        }
        let means: Vec<f64> = paid.sum.iter().map(|sum| sum / paid.count.max(1.0)).collect();
        let limited: Vec<f64> = self.places.iter().map(|place| means[*place]).collect();
        self.multipliers.follow(&limited);
        means
    }

    /// What rewards are multiplied by.
    fn reward_scale(&self) -> f32 {
        if !self.settings.scale_rewards || self.returns.count < 2.0 {
            return 1.0;
        }
        let (_, variance) = self.returns.of(0);
        (1.0 / (variance + 1e-8).sqrt()) as f32
    }

    /// Decisions since the training began.
    #[must_use]
    pub fn decisions(&self) -> u64 {
        self.decisions
    }

    /// Updates since the training began.
    #[must_use]
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// What it was told.
    #[must_use]
    pub fn settings(&self) -> &TrainingSettings {
        &self.settings
    }

    /// Set how many updates there are in all, once that is known; only the fall of the learning rate knows it.
    pub fn set_updates(&mut self, updates: u64) {
        self.settings.updates = updates;
    }

    /// The policy as it is now.
    ///
    /// # Errors
    /// [`LearnError::Size`]: never, since its parts belong together.
    pub fn policy(&self) -> Result<Policy, LearnError> {
        let parameters = self.learner.parameters.clone();
        let mut policy = Policy::new(self.network.clone(), parameters, self.normaliser.clone())?;
        let Moments { count, sum, square } = &self.returns;
        policy.facts.insert(RETURNS.to_owned(), format!("{count} {} {}", sum[0], square[0]));
        policy.facts.insert(SEEN.to_owned(), self.seen.count.to_string());
        Ok(policy)
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The parameters.
    #[must_use]
    pub fn parameters(&self) -> &[f32] {
        &self.learner.parameters
    }

    /// Go on with other parameters, as after a warm start; the optimiser forgets.
    ///
    /// # Errors
    /// [`LearnError::Size`] for another number of them.
    pub fn set_parameters(&mut self, parameters: &[f32]) -> Result<(), LearnError> {
        self.learner.set_parameters(parameters, self.backend.as_ref())
    }

    /// Go on from the parameters, the normaliser and the scale of rewards of `policy`, which [`Training::policy`] of a
    /// training of the same shape wrote; the optimiser begins anew.
    ///
    /// What was seen before counts for as many observations as the facts tell; where they tell nothing, as one update.
    ///
    /// # Errors
    /// [`LearnError::Mismatch`] for a policy of another shape.
    pub fn begin_from(&mut self, policy: &Policy) -> Result<(), LearnError> {
        if policy.network().shape() != self.network.shape() {
            return Err(LearnError::Mismatch(format!(
                "it has the shape {:?}, asked for is {:?}",
                policy.network().shape(),
                self.network.shape()
            )));
        }
        self.set_parameters(policy.parameters())?;
        let told = |name: &str| -> Vec<f64> {
            let text = policy.facts.get(name).map_or("", String::as_str);
            let numbers = text.split(' ').filter_map(|number| number.parse::<f64>().ok());
            numbers.filter(|number| number.is_finite()).collect()
        };
        if let [count, sum, square] = told(RETURNS)[..] {
            self.returns = Moments { count, sum: vec![sum], square: vec![square] };
        }
        let (mean, inverse) = policy.normaliser().parts();
        if self.settings.normalise && !mean.is_empty() {
            let usual = (self.settings.lanes * self.settings.segment) as f64;
            let count = told(SEEN).first().copied().unwrap_or(usual).max(2.0);
            let pairs = mean.iter().zip(inverse).map(|(m, i)| (f64::from(*m), f64::from(*i)));
            let both = pairs.map(|(mean, inverse)| {
                let deviation = if inverse > 0.0 { 1.0 / inverse } else { 1.0 };
                (count * mean, count * (deviation * deviation + mean * mean))
            });
            let (sum, square) = both.unzip();
            self.seen = Moments { count, sum, square };
            self.normaliser = policy.normaliser().clone();
        }
        Ok(())
    }

    /// Go on from what the worlds show now, after they began new episodes by themselves; episodes under way are
    /// forgotten.
    ///
    /// # Errors
    /// What the world refuses.
    pub fn restart(&mut self) -> Result<(), LearnError> {
        self.workers.iter_mut().try_for_each(Worker::restart)
    }

    /// Values of one observation as the world shows it.
    ///
    /// # Errors
    /// [`LearnError::Size`].
    pub fn value(&self, observation: &[f32]) -> Result<Vec<f32>, LearnError> {
        let (found, expected) = (observation.len(), self.network.shape().observations);
        if found != expected {
            return Err(LearnError::Size { what: "numbers of an observation", found, expected });
        }
        let mut seen = vec![0.0; expected];
        self.normaliser.apply(observation, &mut seen);
        let mut tape = crate::Tape::new(&self.network);
        self.backend.forward(&self.network, self.learner.prepared(), &seen, 1, &mut tape);
        Ok(tape.values()[..self.network.shape().values].to_vec())
    }

    /// Begin from what was demonstrated: the normaliser learns its observations, the network its actions. Returns the mean
    /// square distance from the actions, before and after.
    ///
    /// # Errors
    /// As [`Learner::imitate`].
    pub fn imitate(
        &mut self,
        shown: &Demonstrations,
        epochs: usize,
        rate: f32,
    ) -> Result<(f64, f64), LearnError> {
        if self.settings.normalise {
            let wide = self.network.shape().observations;
            shown.observations.chunks_exact(wide).for_each(|row| self.seen.see(row));
            self.normaliser = Normaliser::of(&self.seen);
        }
        self.learner.imitate(shown, &self.normaliser, epochs, rate, self.backend.as_ref())
    }

    /// What observations go through.
    #[must_use]
    pub fn normaliser(&self) -> &Normaliser {
        &self.normaliser
    }

    /// Everything that the next update depends on, as bytes; `None` where the world cannot tell its state.
    ///
    /// # Errors
    /// What the world refuses.
    pub fn checkpoint(&self) -> Result<Option<Vec<u8>>, LearnError> {
        let mut bytes = Vec::new();
        Ok(self.write_checkpoint(&mut bytes)?.then_some(bytes))
    }

    /// Write [`Training::checkpoint`] piece after piece, without holding it in memory; `false` where the world cannot tell
    /// its state, and what was written is of no use.
    ///
    /// # Errors
    /// What the world refuses; [`LearnError::Write`].
    pub fn write_checkpoint(&self, out: &mut dyn Write) -> Result<bool, LearnError> {
        let _stage = info_span!("checkpoint").entered();
        let count = PIECES + Worker::PIECES * self.settings.lanes;
        let mut pieces = PieceWriter::begin(out, MAGIC, VERSION, count)?;
        let shape = self.network.shape();
        let facts = vec![
            self.settings.seed,
            self.settings.lanes as u64,
            self.settings.segment as u64,
            self.updates,
            self.learner.adam.steps,
            shape.observations as u64,
            shape.outputs as u64,
            shape.values as u64,
            self.network.count() as u64,
            self.decisions,
        ];
        pieces.put("facts", &Piece::Words(facts))?;
        pieces.put("parameters", &Piece::Floats(self.learner.parameters.clone()))?;
        pieces.put("adam.m", &Piece::Floats(self.learner.adam.m.clone()))?;
        pieces.put("adam.v", &Piece::Floats(self.learner.adam.v.clone()))?;
        for (name, moments) in [("seen", &self.seen), ("returns", &self.returns)] {
            let mut doubles = vec![moments.count];
            doubles.extend_from_slice(&moments.sum);
            doubles.extend_from_slice(&moments.square);
            pieces.put(name, &Piece::Doubles(doubles))?;
        }
        pieces.put("multipliers", &Piece::Doubles(self.multipliers.values.clone()))?;
        for worker in &self.workers {
            if !worker.save(&mut pieces)? {
                return Ok(false);
            }
        }
        pieces.finish()?;
        Ok(true)
    }

    /// Go on from a checkpoint of a training with the same settings; the number of threads may differ, and there may be
    /// fewer lanes, the first ones: the bits are then no longer those of the training that was interrupted.
    ///
    /// # Errors
    /// [`LearnError::Bytes`], [`LearnError::Piece`]: it is damaged, of another version or incomplete.
    /// [`LearnError::Size`]: it is that of another training. What the world refuses.
    pub fn resume(&mut self, bytes: &[u8]) -> Result<(), LearnError> {
        self.resume_from(&mut Cursor::new(bytes))
    }

    /// [`Training::resume`] from a file, of which no more is held than what is taken over and one piece.
    ///
    /// # Errors
    /// As [`Training::resume`]; [`LearnError::Read`].
    pub fn resume_from<R: Read + Seek>(&mut self, file: &mut R) -> Result<(), LearnError> {
        let (_, pieces) = Pieces::read_from(WHAT, MAGIC, 1..=VERSION, file)?;
        let facts = pieces.words(WHAT, "facts")?;
        let shape = self.network.shape();
        let expected = [
            ("checkpoint, seed", self.settings.seed),
            ("checkpoint, lanes", self.settings.lanes as u64),
            ("checkpoint, decisions of a segment", self.settings.segment as u64),
        ];
        for ((what, expected), found) in expected.into_iter().zip(facts) {
            let goes_on = what.ends_with("lanes") && expected < *found;
            if expected != *found && !goes_on {
                let (found, expected) = (*found as usize, expected as usize);
                return Err(LearnError::Size { what, found, expected });
            }
        }
        let [_, _, _, updates, steps, observations, outputs, values, count, decisions] = facts
        else {
            return Err(LearnError::Piece { what: WHAT, piece: "facts".to_owned() });
        };
        for (what, found, expected) in [
            ("checkpoint, numbers of an observation", *observations, shape.observations),
            ("checkpoint, numbers of an action", *outputs, shape.outputs),
            ("checkpoint, values", *values, shape.values),
            ("checkpoint, parameters", *count, self.network.count()),
        ] {
            if found as usize != expected {
                return Err(LearnError::Size { what, found: found as usize, expected });
            }
        }
        let sized = |name: &str| {
            let numbers = pieces.floats(WHAT, name)?;
            if numbers.len() == self.network.count() {
                Ok(numbers.to_vec())
            } else {
                Err(LearnError::Piece { what: WHAT, piece: name.to_owned() })
            }
        };
        let (parameters, m, v) = (sized("parameters")?, sized("adam.m")?, sized("adam.v")?);
        let moments = |name: &str, width: usize| {
            let doubles = pieces.doubles(WHAT, name)?;
            if doubles.len() != 1 + 2 * width {
                return Err(LearnError::Piece { what: WHAT, piece: name.to_owned() });
            }
            let (sum, square) = doubles[1..].split_at(width);
            Ok(Moments { count: doubles[0], sum: sum.to_vec(), square: square.to_vec() })
        };
        let (seen, returns) = (moments("seen", shape.observations)?, moments("returns", 1)?);
        let multipliers = pieces.doubles(WHAT, "multipliers")?;
        if multipliers.len() != self.multipliers.values.len() {
            return Err(LearnError::Piece { what: WHAT, piece: "multipliers".to_owned() });
        }
        for worker in &mut self.workers {
            worker.load(WHAT, &pieces)?;
        }
        self.multipliers.values.copy_from_slice(multipliers);
        self.learner.set_parameters(&parameters, self.backend.as_ref())?;
        (self.learner.adam.m, self.learner.adam.v) = (m, v);
        self.learner.adam.steps = *steps;
        self.learner.updates = *updates;
        (self.updates, self.decisions) = (*updates, *decisions);
        if self.settings.normalise {
            self.normaliser = Normaliser::of(&seen);
        }
        (self.seen, self.returns) = (seen, returns);
        Ok(())
    }
}
