//! Turns experience into better parameters.

use std::time::{Duration, Instant};

use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
use runtime::Team;
use tracing::{info, info_span};

use crate::LearnError;
use crate::adam::Adam;
use crate::advantage::gae;
use crate::backend::{BLOCK, Backend, Prepared, Tape};
use crate::density::Density;
use crate::kernel;
use crate::network::Network;
use crate::ppo::{PpoSettings, SHARDS};
use crate::segment::Segments;
use crate::simd::{Level, padded};
use crate::vtrace::{Trust, vtrace};
use crate::{Demonstrations, Normaliser};

/// What an update looked like.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct UpdateFigures {
    /// Loss of the policy, mean over the minibatches.
    pub policy_loss: f64,
    /// Loss of the values.
    pub value_loss: f64,
    /// Entropy, nats.
    pub entropy: f64,
    /// Mean of (ρ − 1) − ln ρ in the last epoch.
    pub approx_kl: f64,
    /// Share of the ratios that were clipped.
    pub clip_fraction: f64,
    /// Share of the variance of returns that the values explain.
    pub explained_variance: f64,
    /// Norm of the gradient, mean.
    pub norm: f64,
    /// Minibatches used.
    pub minibatches: u64,
}

/// Sums over some decisions.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    policy: f64,
    value: f64,
    entropy: f64,
    kl: f64,
    clipped: f64,
}

/// One part of a minibatch: buffers and its gradient.
#[derive(Debug, Clone)]
struct Shard {
    tape: Tape,
    observations: Vec<f32>,
    actions: Vec<f32>,
    notes: Vec<f32>,
    densities: Vec<f32>,
    ratios: Vec<f32>,
    slopes: Vec<f32>,
    gradient: Vec<f32>,
    sums: Sums,
    copying: Duration,
}

/// Segments with what an update knows about each of their decisions.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Notes of each worker: advantage, old density, and of each value its old one and the return.
    notes: Vec<Vec<f32>>,
    /// Worker and place in it of every lane.
    homes: Vec<(u32, u32)>,
    /// Decisions to learn from, by number: decision · lanes + lane.
    taken: Vec<u32>,
    /// The same in the order of an epoch.
    order: Vec<u32>,
    length: usize,
    advantages: Vec<f32>,
    targets: Vec<f32>,
}

impl Batch {
    /// Decisions in it that are learned from.
    #[must_use]
    pub fn len(&self) -> usize {
        self.taken.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Parameters, the optimiser, and the buffers of an update.
#[derive(Debug)]
pub struct Learner {
    network: Network,
    settings: PpoSettings,
    level: Level,
    seed: u64,
    pub(crate) parameters: Vec<f32>,
    pub(crate) adam: Adam,
    pub(crate) updates: u64,
    prepared: Prepared,
    shards: Vec<Shard>,
    sum: Vec<f32>,
    copying: Duration,
}

impl Learner {
    /// A learner with `parameters` to begin from.
    ///
    /// # Errors
    /// [`LearnError::Range`]: settings that make no sense.
    pub fn new(
        network: &Network,
        parameters: Vec<f32>,
        settings: PpoSettings,
        level: Level,
        seed: u64,
        backend: &dyn Backend,
    ) -> Result<Learner, LearnError> {
        settings.check()?;
        let shape = network.shape();
        let notes = 2 + 2 * shape.values;
        let shard = Shard {
            tape: Tape::new(network),
            observations: vec![0.0; BLOCK * shape.observations],
            actions: vec![0.0; BLOCK * padded(Density::stored(network))],
            notes: vec![0.0; BLOCK * notes],
            densities: vec![0.0; BLOCK],
            ratios: vec![0.0; BLOCK],
            slopes: vec![0.0; BLOCK],
            gradient: vec![0.0; network.count()],
            sums: Sums::default(),
            copying: Duration::ZERO,
        };
        let mut prepared = Prepared::default();
        backend.prepare(network, &parameters, &mut prepared);
        Ok(Learner {
            settings,
            level,
            seed,
            adam: Adam::new(network.count()),
            updates: 0,
            prepared,
            shards: vec![shard; SHARDS],
            sum: vec![0.0; network.count()],
            copying: Duration::ZERO,
            parameters,
            network: network.clone(),
        })
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Go on with other parameters; the optimiser forgets.
    ///
    /// # Errors
    /// [`LearnError::Size`] for another number of them.
    pub fn set_parameters(
        &mut self,
        parameters: &[f32],
        backend: &dyn Backend,
    ) -> Result<(), LearnError> {
        let (found, expected) = (parameters.len(), self.network.count());
        if found != expected {
            return Err(LearnError::Size { what: "parameters", found, expected });
        }
        self.parameters.copy_from_slice(parameters);
        self.adam = Adam::new(expected);
        backend.prepare(&self.network, &self.parameters, &mut self.prepared);
        Ok(())
    }

    /// The parameters as the back end wants them.
    #[must_use]
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// Advantages and returns of what workers brought home, in the order of their lanes.
    ///
    /// `multipliers` weigh the costs, one each.
    pub fn prepare(&self, segments: &[&Segments], multipliers: &[f32], batch: &mut Batch) -> f64 {
        let heads = self.network.shape().values;
        let notes = 2 + 2 * heads;
        batch.homes.clear();
        batch.notes.resize_with(segments.len(), Vec::new);
        batch.length = segments.first().map_or(0, |one| one.sizes().length);
        let scale = 1.0 / (1.0 + multipliers.iter().sum::<f32>());
        // Sums of returns and of what the values miss of them, and their squares, reward alone: by lane, so that their
        // order is the same whichever worker a lane is with.
        let mut by_lane: Vec<[f64; 4]> = Vec::new();
        for (worker, one) in segments.iter().enumerate() {
            let lanes = one.sizes().lanes;
            let first = by_lane.len();
            by_lane.resize(first + lanes, [0.0; 4]);
            batch.homes.extend((0..lanes).map(|lane| (worker as u32, lane as u32)));
            let lambda = self.settings.lambda;
            if one.ratios.is_empty() {
                gae(one, lambda, &mut batch.advantages);
                batch.targets.clear();
                batch.targets.extend(batch.advantages.iter().zip(&one.values).map(|(a, v)| a + v));
            } else {
                let Batch { advantages, targets, .. } = batch;
                vtrace(one, &one.ratios, lambda, Trust::default(), targets, advantages);
            }
            let to = &mut batch.notes[worker];
            to.resize(one.len() * notes, 0.0);
            let rows = batch
                .advantages
                .chunks_exact(heads)
                .zip(one.values.chunks_exact(heads).zip(batch.targets.chunks_exact(heads)));
            for (at, ((row, (advantages, (values, targets))), density)) in
                to.chunks_exact_mut(notes).zip(rows).zip(&one.densities).enumerate()
            {
                let against: f32 =
                    advantages[1..].iter().zip(multipliers).map(|(a, weight)| a * weight).sum();
                row[0] = (advantages[0] - against) * scale;
                row[1] = *density;
                for (head, (target, value)) in targets.iter().zip(values).enumerate() {
                    row[2 + 2 * head] = *value;
                    row[3 + 2 * head] = *target;
                }
                if !one.taken[at] {
                    continue;
                }
                let (target, miss) = (f64::from(row[3]), f64::from(row[3] - row[2]));
                let sums = &mut by_lane[first + at % lanes];
                for (sum, x) in sums.iter_mut().zip([target, target * target, miss, miss * miss]) {
                    *sum += x;
                }
            }
        }
        let homes = &batch.homes;
        batch.taken.clear();
        batch.taken.extend((0..(batch.length * homes.len()) as u32).filter(|id| {
            let (worker, lane) = homes[*id as usize % homes.len()];
            let one = segments[worker as usize];
            one.taken[*id as usize / homes.len() * one.sizes().lanes + lane as usize]
        }));
        let n = batch.len() as f64;
        let mean = |at: usize| by_lane.iter().map(|sums| sums[at]).sum::<f64>() / n;
        let variance = |at: usize| mean(at + 1) - mean(at) * mean(at);
        let all = variance(0);
        if all > 1e-12 { 1.0 - variance(2) / all } else { 0.0 }
    }

    /// Look at segments of an older policy with the one of now: values and densities become those of now, and the ratios
    /// to what they were are kept, so that the next update uses [`vtrace`]. What is seen at the end of the segments keeps
    /// its value, since it is not in them.
    pub fn refresh(&self, segments: &mut Segments, backend: &dyn Backend) {
        let density = Density::new(&self.network, &self.parameters, self.level);
        let mut tape = Tape::new(&self.network);
        let (wide, stored) = (segments.sizes.observations, padded(segments.sizes.actions));
        let heads = segments.sizes.values;
        let count = segments.len();
        segments.ratios.resize(count, 1.0);
        let mut now = vec![0.0; BLOCK];
        for start in (0..count).step_by(BLOCK) {
            let rows = BLOCK.min(count - start);
            let seen = &segments.observations[start * wide..(start + rows) * wide];
            backend.forward(&self.network, &self.prepared, seen, rows, &mut tape);
            let actions = &segments.actions[start * stored..(start + rows) * stored];
            density.of(rows, tape.outputs(), actions, &mut now);
            let (_, width) = tape.widths();
            for (r, now) in now[..rows].iter().enumerate() {
                let at = start + r;
                segments.ratios[at] *= (now - segments.densities[at]).exp();
                segments.densities[at] = *now;
                segments.values[at * heads..(at + 1) * heads]
                    .copy_from_slice(&tape.values()[r * width..r * width + heads]);
            }
        }
    }

    /// Learn to do what was demonstrated, `epochs` times over in minibatches; deviations and values stay. Returns the mean
    /// of the squared distance from the actions, before and after.
    ///
    /// # Errors
    /// [`LearnError::Size`]: observations or actions are not those of the network. [`LearnError::Unknown`]: a network that
    /// chooses.
    pub fn imitate(
        &mut self,
        shown: &Demonstrations,
        normaliser: &Normaliser,
        epochs: usize,
        rate: f32,
        backend: &dyn Backend,
    ) -> Result<(f64, f64), LearnError> {
        let shape = self.network.shape().clone();
        let (wide, outputs) = (shape.observations, shape.outputs);
        if !shape.head.is_gaussian() {
            let (what, found) = ("head", shape.head.name().to_owned());
            let allowed = "`clipped`, `squashed`";
            return Err(LearnError::Unknown { what, found, allowed });
        }
        let count = shown.observations.len() / wide;
        for (what, found, expected) in [
            ("numbers of all observations", shown.observations.len(), count * wide),
            ("numbers of all actions", shown.actions.len(), count * outputs),
        ] {
            if found != expected || count == 0 {
                return Err(LearnError::Size { what, found, expected });
            }
        }
        let mut seen = vec![0.0; shown.observations.len()];
        normaliser.apply(&shown.observations, &mut seen);
        // What goes through tanh is compared before it; its ends lie at infinity.
        let squashed = shape.head == crate::Head::Squashed;
        let wanted: Vec<f32> = if squashed {
            shown.actions.iter().map(|a| a.clamp(-0.999, 0.999).atanh()).collect()
        } else {
            shown.actions.clone()
        };
        let mut adam = Adam::new(self.network.count());
        let before = self.distance(&seen, &wanted, backend);
        let mut order: Vec<u32> = (0..count as u32).collect();
        let mut state = self.seed ^ 0x0063_6C6F_6E65;
        let mut rows_seen = vec![0.0; BLOCK * wide];
        let size = IMITATED.min(count);
        let total = epochs * count.div_ceil(size);
        let mut done = 0;
        for _ in 0..epochs {
            for left in (2..=count as u32).rev() {
                let drawn = ((split_mix(&mut state) >> 32) * u64::from(left)) >> 32;
                order.swap(left as usize - 1, drawn as usize);
            }
            for minibatch in order.chunks(size) {
                let shard = &mut self.shards[0];
                shard.gradient.fill(0.0);
                for ids in minibatch.chunks(BLOCK) {
                    for (to, id) in ids.iter().enumerate() {
                        let from = *id as usize * wide;
                        rows_seen[to * wide..(to + 1) * wide]
                            .copy_from_slice(&seen[from..from + wide]);
                    }
                    let (network, prepared) = (&self.network, &self.prepared);
                    backend.forward(network, prepared, &rows_seen, ids.len(), &mut shard.tape);
                    let (width, _) = shard.tape.widths();
                    let (means, _, slopes, values) = shard.tape.heads();
                    values.fill(0.0);
                    for (r, id) in ids.iter().enumerate() {
                        for at in 0..outputs {
                            let off = means[r * width + at] - wanted[*id as usize * outputs + at];
                            slopes[r * width + at] = off / minibatch.len() as f32;
                        }
                    }
                    let (tape, gradient) = (&mut shard.tape, &mut shard.gradient);
                    backend.backward(network, prepared, &rows_seen, ids.len(), tape, gradient);
                }
                let falling = 1.0 - done as f32 / total as f32;
                let gradient = &self.shards[0].gradient;
                adam.step(self.level, gradient, rate * falling, 1.0, &mut self.parameters);
                backend.prepare(&self.network, &self.parameters, &mut self.prepared);
                done += 1;
            }
        }
        Ok((before, self.distance(&seen, &wanted, backend)))
    }

    /// Mean square distance of the means from `wanted`, over decisions and actions.
    fn distance(&mut self, seen: &[f32], wanted: &[f32], backend: &dyn Backend) -> f64 {
        let (wide, outputs) = (self.network.shape().observations, self.network.shape().outputs);
        let mut sum = 0.0;
        for (seen, wanted) in seen.chunks(BLOCK * wide).zip(wanted.chunks(BLOCK * outputs)) {
            let rows = seen.len() / wide;
            let tape = &mut self.shards[0].tape;
            backend.forward(&self.network, &self.prepared, seen, rows, tape);
            let (width, _) = tape.widths();
            for (means, wanted) in
                tape.outputs().chunks_exact(width).zip(wanted.chunks_exact(outputs))
            {
                let off = means.iter().zip(wanted).map(|(a, b)| f64::from(a - b).powi(2));
                sum += off.sum::<f64>();
            }
        }
        sum / wanted.len() as f64
    }

    /// Put the decisions into the order of an epoch.
    fn order(&self, epoch: usize, batch: &mut Batch) {
        let count = batch.len() as u32;
        batch.order.clear();
        batch.order.extend_from_slice(&batch.taken);
        let mut state = self.seed ^ (self.updates << 8) ^ epoch as u64 ^ 0x6C75_6E61_7221_0000;
        for left in (2..=count).rev() {
            let drawn = ((split_mix(&mut state) >> 32) * u64::from(left)) >> 32;
            batch.order.swap(left as usize - 1, drawn as usize);
        }
    }

    /// The gradient of one minibatch, its decisions by their places in the order; also what it looked like.
    fn gradient(
        &mut self,
        segments: &[&Segments],
        batch: &Batch,
        range: std::ops::Range<usize>,
        backend: &dyn Backend,
        team: Option<&Team>,
    ) -> Sums {
        let heads = self.network.shape().values;
        let notes = 2 + 2 * heads;
        let order = &batch.order[range];
        let note = |id: u32| {
            let (worker, local) = batch.homes[id as usize % batch.homes.len()];
            let t = id as usize / batch.homes.len();
            let lanes = segments[worker as usize].sizes().lanes;
            (worker as usize, t * lanes + local as usize)
        };
        let count = order.len();
        let (mut sum, mut square) = (0.0_f64, 0.0_f64);
        for id in order {
            let (worker, row) = note(*id);
            let advantage = f64::from(batch.notes[worker][row * notes]);
            sum += advantage;
            square += advantage * advantage;
        }
        let mean = sum / count as f64;
        let spread = (square / count as f64 - mean * mean).max(0.0).sqrt() + 1e-8;
        let density = Density::new(&self.network, &self.parameters, self.level);
        let (network, prepared, settings) = (&self.network, &self.prepared, &self.settings);
        let level = self.level;
        let stage = info_span!("gradient");
        let _stage = stage.enter();
        info!(items = count as u64);
        let part = |(number, shard): (usize, &mut Shard)| {
            let _stage = info_span!(parent: &stage, "gradient shard").entered();
            let own = &order[number * count / SHARDS..(number + 1) * count / SHARDS];
            info!(items = own.len() as u64);
            shard.gradient.fill(0.0);
            shard.sums = Sums::default();
            for ids in own.chunks(BLOCK) {
                let begin = Instant::now();
                shard.gather(segments, batch, ids, notes, &note);
                shard.copying += begin.elapsed();
                let rows = ids.len();
                backend.forward(network, prepared, &shard.observations, rows, &mut shard.tape);
                shard.judge(
                    network,
                    &density,
                    settings,
                    level,
                    rows,
                    count,
                    mean as f32,
                    spread as f32,
                );
                backend.backward(
                    network,
                    prepared,
                    &shard.observations,
                    rows,
                    &mut shard.tape,
                    &mut shard.gradient,
                );
            }
        };
        match team {
            None => self.shards.iter_mut().enumerate().for_each(part),
            Some(team) => team.run(|| {
                self.shards.par_iter_mut().with_max_len(1).enumerate().for_each(part);
            }),
        }
        self.sum.copy_from_slice(&self.shards[0].gradient);
        let mut sums = self.shards[0].sums;
        for shard in &self.shards[1..] {
            let gradient = &shard.gradient[..self.sum.len()];
            // SAFETY: both have the same length, a whole number of rows; the level is one of this machine.
            unsafe { kernel::add(level, gradient.as_ptr(), self.sum.as_mut_ptr(), gradient.len()) };
            sums.policy += shard.sums.policy;
            sums.value += shard.sums.value;
            sums.entropy += shard.sums.entropy;
            sums.kl += shard.sums.kl;
            sums.clipped += shard.sums.clipped;
        }
        sums
    }

    /// Time since the last call in which advantages were made and decisions set side by side for minibatches, of all threads
    /// together.
    pub fn copying(&mut self) -> Duration {
        let shards = self.shards.iter_mut().map(|shard| std::mem::take(&mut shard.copying));
        std::mem::take(&mut self.copying) + shards.sum::<Duration>()
    }

    /// One update: every epoch and minibatch. `progress` is the share of the training that is over.
    pub fn update(
        &mut self,
        segments: &[&Segments],
        batch: &mut Batch,
        multipliers: &[f32],
        progress: f64,
        backend: &dyn Backend,
        team: Option<&Team>,
    ) -> UpdateFigures {
        let begin = Instant::now();
        let explained_variance =
            info_span!("advantage").in_scope(|| self.prepare(segments, multipliers, batch));
        self.copying += begin.elapsed();
        let mut figures = UpdateFigures { explained_variance, ..UpdateFigures::default() };
        let rate = if self.settings.anneal {
            self.settings.rate * (1.0 - progress).max(0.0) as f32
        } else {
            self.settings.rate
        };
        let count = batch.len();
        for epoch in 0..self.settings.epochs {
            self.order(epoch, batch);
            let (mut kl, mut used) = (0.0, 0);
            for number in 0..self.settings.minibatches {
                let parts = self.settings.minibatches;
                let range = number * count / parts..(number + 1) * count / parts;
                if range.is_empty() {
                    // Steps that took no action leave less to learn from than there are minibatches.
                    continue;
                }
                let n = range.len() as f64;
                let sums = self.gradient(segments, batch, range, backend, team);
                let _stage = info_span!("apply").entered();
                let norm = self.adam.step(
                    self.level,
                    &self.sum,
                    rate,
                    self.settings.norm_max,
                    &mut self.parameters,
                );
                backend.prepare(&self.network, &self.parameters, &mut self.prepared);
                figures.policy_loss += sums.policy / n;
                figures.value_loss += sums.value / n;
                figures.entropy += sums.entropy / n;
                figures.clip_fraction += sums.clipped / n;
                figures.norm += f64::from(norm);
                figures.minibatches += 1;
                kl += sums.kl / n;
                used += 1;
            }
            figures.approx_kl = kl / f64::from(used).max(1.0);
            if self.settings.kl_max.is_some_and(|most| figures.approx_kl > f64::from(most)) {
                break;
            }
        }
        let parts = figures.minibatches.max(1) as f64;
        for figure in [
            &mut figures.policy_loss,
            &mut figures.value_loss,
            &mut figures.entropy,
            &mut figures.clip_fraction,
            &mut figures.norm,
        ] {
            *figure /= parts;
        }
        self.updates += 1;
        figures
    }
}

/// SplitMix64 (Steele et al. 2014).
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Decisions of a minibatch of demonstrations.
const IMITATED: usize = 512;

/// How many samples ahead are asked for while one is copied.
const AHEAD: usize = 8;

impl Shard {
    /// Copy the decisions `ids` side by side.
    fn gather(
        &mut self,
        segments: &[&Segments],
        batch: &Batch,
        ids: &[u32],
        notes: usize,
        place: &(impl Fn(u32) -> (usize, usize) + Sync),
    ) {
        let wide = segments[0].sizes().observations;
        let stored = padded(segments[0].sizes().actions);
        for (to, id) in ids.iter().enumerate() {
            if let Some(later) = ids.get(to + AHEAD) {
                let (worker, row) = place(*later);
                ask_for(&segments[worker].observations[row * wide..(row + 1) * wide]);
                ask_for(&segments[worker].actions[row * stored..(row + 1) * stored]);
                ask_for(&batch.notes[worker][row * notes..(row + 1) * notes]);
            }
            let (worker, row) = place(*id);
            let one = segments[worker];
            self.observations[to * wide..(to + 1) * wide]
                .copy_from_slice(&one.observations[row * wide..(row + 1) * wide]);
            self.actions[to * stored..(to + 1) * stored]
                .copy_from_slice(&one.actions[row * stored..(row + 1) * stored]);
            self.notes[to * notes..(to + 1) * notes]
                .copy_from_slice(&batch.notes[worker][row * notes..(row + 1) * notes]);
        }
    }

    /// Losses of the rows at hand, and their gradients by outputs and values into the tape.
    fn judge(
        &mut self,
        network: &Network,
        density: &Density,
        settings: &PpoSettings,
        level: Level,
        rows: usize,
        count: usize,
        mean: f32,
        spread: f32,
    ) {
        let heads = network.shape().values;
        let notes = 2 + 2 * heads;
        let weight = 1.0 / count as f32;
        let (_, value_row) = self.tape.widths();
        let (outputs, values, d_outputs, d_values) = self.tape.heads();
        density.of(rows, outputs, &self.actions, &mut self.densities);
        self.sums.entropy += f64::from(density.entropy(rows, outputs)) * rows as f64;
        for r in 0..rows {
            self.ratios[r] = self.densities[r] - self.notes[r * notes + 1];
        }
        // SAFETY: there is room for a whole block, which is a whole number of rows.
        unsafe { kernel::exp(level, self.ratios.as_mut_ptr(), rows.next_multiple_of(16)) };
        let (low, high) = (1.0 - settings.clip, 1.0 + settings.clip);
        for r in 0..rows {
            let note = &self.notes[r * notes..(r + 1) * notes];
            let advantage = (note[0] - mean) / spread;
            let (log_ratio, ratio) = (self.densities[r] - note[1], self.ratios[r]);
            let bound = ratio.clamp(low, high);
            let (free, held) = (ratio * advantage, bound * advantage);
            // Beyond the clip on the side that the advantage asks for nothing is to be gained.
            self.slopes[r] = if free <= held { -free * weight } else { 0.0 };
            self.sums.policy -= f64::from(free.min(held));
            self.sums.kl += f64::from(ratio - 1.0 - log_ratio);
            self.sums.clipped += if ratio == bound { 0.0 } else { 1.0 };
            for head in 0..heads {
                let (old, target) = (note[2 + 2 * head], note[3 + 2 * head]);
                let value = values[r * value_row + head];
                let miss = value - target;
                let (mut slope, mut loss) = (miss, miss * miss);
                if let Some(clip) = settings.value_clip {
                    let moved = (value - old).clamp(-clip, clip);
                    let held = old + moved - target;
                    if held * held > loss {
                        loss = held * held;
                        slope = if moved == value - old { held } else { 0.0 };
                    }
                }
                self.sums.value += 0.5 * f64::from(loss);
                d_values[r * value_row + head] = settings.value_weight * slope * weight;
            }
        }
        let (before, log_std) = match network.log_std {
            Some(at) => self.gradient.split_at_mut(at),
            None => self.gradient.split_at_mut(0),
        };
        let _ = before;
        density.back(
            rows,
            outputs,
            &self.actions,
            &self.slopes,
            settings.entropy * weight,
            d_outputs,
            log_std,
        );
    }
}

/// Let the processor fetch what is needed soon.
#[inline(always)]
fn ask_for(numbers: &[f32]) {
    #[cfg(target_arch = "x86_64")]
    for line in numbers.chunks(16) {
        // SAFETY: a hint; the address is that of a number.
        unsafe {
            std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(
                line.as_ptr().cast(),
            );
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = numbers;
}
