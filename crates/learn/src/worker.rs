//! Collects experience from the lanes of one world.

use std::io::Write;
use std::ops::Range;
use std::time::{Duration, Instant};

use runtime::memory::{Codec, Cold};
use tracing::info;

use crate::LearnError;
use crate::backend::{BLOCK, Backend, Prepared, Tape};
use crate::black_box::BlackBox;
use crate::bytes::{Piece, PieceWriter, Pieces};
use crate::density::Density;
use crate::network::Network;
use crate::noise::{self, Stream};
use crate::normaliser::{Moments, Normaliser};
use crate::segment::{Segments, Sizes};
use crate::simd::{Level, padded};
use crate::world::{End, Moment, World};

/// What acts while experience is collected.
#[derive(Debug)]
pub struct Acting<'a> {
    /// Computes the network.
    pub backend: &'a dyn Backend,
    /// Level of everything beside it.
    pub level: Level,
    /// The network.
    pub network: &'a Network,
    /// Its parameters.
    pub prepared: &'a Prepared,
    /// What observations go through.
    pub normaliser: &'a Normaliser,
    /// Factor on rewards.
    pub reward_scale: f32,
    /// Places of the costs that have a value of their own.
    pub costs: &'a [usize],
    /// Seed of the draws.
    pub seed: u64,
    /// Decisions over which the noise of a lane's actions stays, at least 1.
    pub hold: u64,
    /// Whether lanes are kept as they were at the start of the segment, for a [`BlackBox`].
    pub black_box: bool,
}

/// What some neighbouring lanes have seen. Lanes are grouped alike whatever the number of threads, so that sums over
/// all of them have one order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    /// Lanes of this worker.
    lanes: Range<usize>,
    /// Of observations as they come.
    pub(crate) seen: Moments,
    /// Of discounted sums of rewards.
    pub(crate) returns: Moments,
    /// Of costs.
    pub(crate) costs: Moments,
}

/// Where the time of a worker went.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spent {
    /// In the world.
    pub environment: Duration,
    /// In networks and draws.
    pub forward: Duration,
}

/// An episode that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// Lane in the training.
    pub lane: u64,
    /// Sum of the rewards.
    pub total: f64,
    /// Decisions.
    pub decisions: u64,
    /// Mean of each cost over the decisions.
    pub costs: Vec<f64>,
    /// Whether it was lost and not cut off.
    pub is_terminated: bool,
}

/// A world with what a training remembers about its lanes.
pub struct Worker {
    world: Box<dyn World>,
    first: u64,
    /// Decisions of each lane since the training began.
    decisions: Vec<u64>,
    /// Numbers of the draws at hand.
    draws: Vec<u64>,
    seen: Vec<f32>,
    moment: Moment,
    given: Vec<f32>,
    noise: Vec<f32>,
    tape: Tape,
    totals: Vec<f64>,
    lengths: Vec<u64>,
    costs: Vec<f64>,
    /// Discounted sum of the rewards of each lane's episode.
    running: Vec<f64>,
    pub(crate) groups: Vec<Group>,
    finished: Vec<Finished>,
    spent: Spent,
    /// Lanes at the start of the segment.
    starts: Vec<Start>,
    /// Whether they are kept compressed.
    pub(crate) packs: bool,
    /// Bytes of the snapshots of lanes that wait.
    parked: u64,
    /// What is left of a lane in which a number ceased to be one.
    boxed: Option<BlackBox>,
}

/// A lane as it was.
enum Start {
    Whole(Vec<u8>),
    Packed(Cold),
}

impl Start {
    fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Start::Whole(bytes) => Some(bytes.clone()),
            Start::Packed(cold) => {
                let mut bytes = vec![0; cold.unpacked_bytes()];
                cold.unpack(&mut bytes).ok().map(|()| bytes)
            }
        }
    }
}

/// Upper end of a reward after scaling.
const REWARD_MOST: f32 = 10.0;

impl Worker {
    /// A worker on `world`, whose first lane has the number `first`; `groups` says how many neighbouring lanes are counted
    /// together, adding up to all of them.
    ///
    /// # Errors
    /// [`LearnError::Size`]: the world shows or takes other numbers than the network, or the groups do not add up; and
    /// what the world refuses to show.
    pub fn new(
        mut world: Box<dyn World>,
        network: &Network,
        first: u64,
        groups: &[usize],
    ) -> Result<Worker, LearnError> {
        let (lanes, width, costs) = (world.lanes(), world.observations(), world.costs());
        let drawn = Density::stored(network);
        for (what, found, expected) in [
            ("numbers of an observation", width, network.shape().observations),
            ("numbers of an action", world.actions(), drawn),
            ("lanes of all groups", groups.iter().sum(), lanes),
        ] {
            if found != expected {
                return Err(LearnError::Size { what, found, expected });
            }
        }
        let mut start = 0;
        let groups = groups.iter().map(|count| {
            let lanes = start..start + count;
            start += count;
            let (seen, returns) = (Moments::new(width), Moments::new(1));
            Group { lanes, seen, returns, costs: Moments::new(costs) }
        });
        let mut seen = vec![0.0; lanes * width];
        world.observe(&mut seen)?;
        Ok(Worker {
            first,
            decisions: vec![0; lanes],
            draws: vec![0; lanes],
            seen,
            moment: Moment::new(lanes, width, costs),
            given: vec![0.0; lanes * world.actions()],
            noise: Vec::new(),
            tape: Tape::new(network),
            totals: vec![0.0; lanes],
            lengths: vec![0; lanes],
            costs: vec![0.0; lanes * costs],
            running: vec![0.0; lanes],
            groups: groups.collect(),
            finished: Vec::new(),
            spent: Spent::default(),
            starts: Vec::new(),
            packs: false,
            parked: 0,
            boxed: None,
            world,
        })
    }

    /// Sizes of what [`Worker::collect`] brings home.
    #[must_use]
    pub fn sizes(&self, network: &Network, length: usize) -> Sizes {
        Sizes {
            length,
            lanes: self.world.lanes(),
            first: self.first,
            observations: self.world.observations(),
            actions: Density::stored(network),
            values: network.shape().values,
        }
    }

    /// Episodes that have ended since this was last asked.
    pub fn finished(&mut self) -> Vec<Finished> {
        std::mem::take(&mut self.finished)
    }

    /// Where its time went since this was last asked.
    pub fn spent(&mut self) -> Spent {
        std::mem::take(&mut self.spent)
    }

    /// Act on every lane until `segments` is full.
    ///
    /// # Errors
    /// What the world refuses.
    pub fn collect(
        &mut self,
        acting: &Acting<'_>,
        segments: &mut Segments,
    ) -> Result<(), LearnError> {
        let sizes = segments.sizes;
        segments.ratios.clear();
        let (lanes, heads) = (sizes.lanes, sizes.values);
        let density = Density::new(acting.network, acting.prepared.parameters(), acting.level);
        let (wide, stored_row) = (sizes.observations, padded(sizes.actions));
        self.world.wake()?;
        self.parked = 0;
        self.starts.clear();
        if acting.black_box {
            for lane in 0..lanes {
                // A world that cannot tell its state has no box either.
                if let Some(bytes) = self.world.snapshot(lane)? {
                    self.starts.push(if self.packs {
                        Start::Packed(Cold::pack(&bytes, Codec::Lz4)?)
                    } else {
                        Start::Whole(bytes)
                    });
                }
            }
        }
        for t in 0..sizes.length {
            let now = t * lanes..(t + 1) * lanes;
            let start = Instant::now();
            let seen = &mut segments.observations[now.start * wide..now.end * wide];
            acting.normaliser.apply(&self.seen, seen);
            let actions = &mut segments.actions[now.start * stored_row..now.end * stored_row];
            let densities = &mut segments.densities[now.clone()];
            let values = &mut segments.values[now.start * heads..now.end * heads];
            self.decide(acting, &density, seen, actions, densities, values);
            for (given, stored) in self
                .given
                .chunks_exact_mut(self.world.actions())
                .zip(actions.chunks_exact(stored_row))
            {
                density.act(stored, given);
            }
            let width = self.world.actions().max(1);
            if let Some(at) = self.given.iter().position(|action| !action.is_finite()) {
                let error = LearnError::NotFinite {
                    what: "an action",
                    lane: self.first + (at / width) as u64,
                    decisions: self.decisions[at / width],
                };
                self.boxed = self.black_box(&error, acting.seed, &density, segments, t);
                return Err(error);
            }
            let decided = Instant::now();
            self.spent.forward += decided - start;
            self.world.step(&self.given, &mut self.moment)?;
            self.spent.environment += decided.elapsed();
            for (count, end) in self.decisions.iter_mut().zip(&self.moment.ends) {
                *count += u64::from(*end != End::Begun);
            }
            if let Err(error) = self.book(acting, segments, t) {
                self.boxed = self.black_box(&error, acting.seed, &density, segments, t);
                return Err(error);
            }
            self.bootstrap(acting, segments, t);
            std::mem::swap(&mut self.seen, &mut self.moment.observations);
        }
        let mut seen = std::mem::take(&mut self.moment.observations);
        acting.normaliser.apply(&self.seen, &mut seen);
        let last = sizes.length * lanes * heads;
        self.value(acting, &seen, &mut segments.values[last..]);
        self.moment.observations = seen;
        info!(items = (lanes * sizes.length) as u64);
        Ok(())
    }

    /// Let the lanes wait in less memory until they act again.
    pub(crate) fn park(&mut self) -> Result<(), LearnError> {
        self.parked = self.world.park()?;
        if self.parked > 0 {
            self.starts = Vec::new();
        }
        Ok(())
    }

    /// Bytes that the next [`Worker::collect`] takes more than is held, for lanes as they are at its start.
    pub(crate) fn wanted_bytes(&self, black_box: bool) -> u64 {
        if !black_box || !self.starts.is_empty() {
            return 0;
        }
        let one = self.world.snapshot(0).ok().flatten().map_or(0, |bytes| bytes.len());
        (one * self.decisions.len()) as u64
    }

    /// Bytes of the snapshots of lanes that wait.
    pub(crate) fn parked_bytes(&self) -> u64 {
        self.parked
    }

    /// Pieces of one lane in a checkpoint.
    pub(crate) const PIECES: usize = 4;

    /// Everything that the future of this worker's lanes depends on, into pieces named by the lane; `false` where the
    /// world cannot tell.
    pub(crate) fn save<W: Write>(&self, pieces: &mut PieceWriter<W>) -> Result<bool, LearnError> {
        let (wide, costs) = (self.world.observations(), self.world.costs());
        for lane in 0..self.world.lanes() {
            let Some(bytes) = self.world.snapshot(lane)? else {
                return Ok(false);
            };
            let name = format!("lane.{}", self.first + lane as u64);
            let mut doubles = vec![self.totals[lane], self.running[lane]];
            doubles.extend_from_slice(&self.costs[lane * costs..(lane + 1) * costs]);
            pieces.put(&format!("{name}.world"), &Piece::Bytes(bytes))?;
            let seen = self.seen[lane * wide..(lane + 1) * wide].to_vec();
            pieces.put(&format!("{name}.seen"), &Piece::Floats(seen))?;
            pieces.put(&format!("{name}.sums"), &Piece::Doubles(doubles))?;
            let counts = vec![self.decisions[lane], self.lengths[lane]];
            pieces.put(&format!("{name}.counts"), &Piece::Words(counts))?;
        }
        Ok(true)
    }

    /// Go on from what [`Worker::save`] put there.
    pub(crate) fn load(&mut self, what: &'static str, pieces: &Pieces) -> Result<(), LearnError> {
        let (wide, costs) = (self.world.observations(), self.world.costs());
        for lane in 0..self.world.lanes() {
            let name = format!("lane.{}", self.first + lane as u64);
            let lacks = |piece: &str| LearnError::Piece { what, piece: format!("{name}.{piece}") };
            let seen = pieces.floats(what, &format!("{name}.seen"))?;
            let sums = pieces.doubles(what, &format!("{name}.sums"))?;
            let counts = pieces.words(what, &format!("{name}.counts"))?;
            if seen.len() != wide {
                return Err(lacks("seen"));
            }
            if sums.len() != 2 + costs {
                return Err(lacks("sums"));
            }
            let [decisions, length] = counts else {
                return Err(lacks("counts"));
            };
            self.world.restore(lane, pieces.bytes(what, &format!("{name}.world"))?)?;
            self.seen[lane * wide..(lane + 1) * wide].copy_from_slice(seen);
            (self.totals[lane], self.running[lane]) = (sums[0], sums[1]);
            self.costs[lane * costs..(lane + 1) * costs].copy_from_slice(&sums[2..]);
            (self.decisions[lane], self.lengths[lane]) = (*decisions, *length);
        }
        Ok(())
    }

    /// Go on from what the world shows now, after it began new episodes by itself; those under way are forgotten.
    pub(crate) fn restart(&mut self) -> Result<(), LearnError> {
        self.world.observe(&mut self.seen)?;
        self.totals.fill(0.0);
        self.lengths.fill(0);
        self.costs.fill(0.0);
        self.running.fill(0.0);
        Ok(())
    }

    /// What is left of a lane in which a number ceased to be one, once.
    pub fn take_black_box(&mut self) -> Option<BlackBox> {
        self.boxed.take()
    }

    /// The lane that `error` names, with its actions up to decision `t` of the segment.
    fn black_box(
        &self,
        error: &LearnError,
        seed: u64,
        density: &Density,
        segments: &Segments,
        t: usize,
    ) -> Option<BlackBox> {
        let LearnError::NotFinite { what, lane, decisions } = error else {
            return None;
        };
        let own = usize::try_from(lane.checked_sub(self.first)?).ok()?;
        let start = self.starts.get(own)?.bytes()?;
        let (width, stored_row) = (self.world.actions(), padded(segments.sizes.actions));
        let mut actions = vec![0.0; (t + 1) * width];
        for (t, given) in actions.chunks_exact_mut(width).enumerate() {
            let row = (t * segments.sizes.lanes + own) * stored_row;
            density.act(&segments.actions[row..row + stored_row], given);
        }
        Some(BlackBox {
            what: (*what).to_owned(),
            lane: *lane,
            decisions: *decisions,
            seed,
            start,
            width,
            actions,
            facts: String::new(),
        })
    }

    /// Draw an action for every lane.
    fn decide(
        &mut self,
        acting: &Acting<'_>,
        density: &Density,
        seen: &[f32],
        actions: &mut [f32],
        densities: &mut [f32],
        values: &mut [f32],
    ) {
        let lanes = self.decisions.len();
        let shape = acting.network.shape();
        let (wide, heads) = (shape.observations, shape.values);
        let stored_row = actions.len() / lanes.max(1);
        let drawn = Density::stored(acting.network);
        self.noise.resize(lanes * drawn, 0.0);
        for (draw, decisions) in self.draws.iter_mut().zip(&self.decisions) {
            *draw = decisions / acting.hold.max(1);
        }
        let stream = if shape.head.is_gaussian() { Stream::Action } else { Stream::Choice };
        noise::draws(
            acting.level,
            acting.seed,
            stream,
            self.first,
            &self.draws,
            drawn,
            &mut self.noise,
        );
        for start in (0..lanes).step_by(BLOCK) {
            let rows = BLOCK.min(lanes - start);
            let end = start + rows;
            let tape = &mut self.tape;
            acting.backend.forward(
                acting.network,
                acting.prepared,
                &seen[start * wide..end * wide],
                rows,
                tape,
            );
            density.draw(
                rows,
                tape.outputs(),
                &self.noise[start * drawn..end * drawn],
                &mut actions[start * stored_row..end * stored_row],
                &mut densities[start..end],
            );
            copy_values(tape, rows, heads, &mut values[start * heads..end * heads]);
        }
    }

    /// Values of rows of observations that went through the normaliser.
    fn value(&mut self, acting: &Acting<'_>, seen: &[f32], values: &mut [f32]) {
        let shape = acting.network.shape();
        let (wide, heads) = (shape.observations, shape.values);
        let count = seen.len() / wide;
        for start in (0..count).step_by(BLOCK) {
            let rows = BLOCK.min(count - start);
            let rest = &seen[start * wide..(start + rows) * wide];
            acting.backend.forward(acting.network, acting.prepared, rest, rows, &mut self.tape);
            let to = &mut values[start * heads..(start + rows) * heads];
            copy_values(&self.tape, rows, heads, to);
        }
    }

    /// Rewards, costs, discounts and what is known of episodes.
    fn book(
        &mut self,
        acting: &Acting<'_>,
        segments: &mut Segments,
        t: usize,
    ) -> Result<(), LearnError> {
        let Sizes { lanes, values: heads, observations: wide, .. } = segments.sizes;
        let costs = self.world.costs();
        for group in &mut self.groups {
            for lane in group.lanes.clone() {
                let reward = self.moment.rewards[lane];
                let paid = &self.moment.costs[lane * costs..(lane + 1) * costs];
                let next = &self.moment.observations[lane * wide..(lane + 1) * wide];
                let not_finite = |what| LearnError::NotFinite {
                    what,
                    lane: self.first + lane as u64,
                    decisions: self.decisions[lane],
                };
                if !reward.is_finite() || paid.iter().any(|cost| !cost.is_finite()) {
                    return Err(not_finite("a reward or cost"));
                }
                if next.iter().any(|x| !x.is_finite()) {
                    return Err(not_finite("an observation"));
                }
                let end = self.moment.ends[lane];
                let last = &self.moment.finals[lane * wide..(lane + 1) * wide];
                if end == End::Truncated && last.iter().any(|x| !x.is_finite()) {
                    return Err(not_finite("a final observation"));
                }
                let at = t * lanes + lane;
                segments.taken[at] = end != End::Begun;
                if end == End::Begun {
                    segments.rewards[at * heads..(at + 1) * heads].fill(0.0);
                    segments.lasting[at] = 0.0;
                    continue;
                }
                let row = &mut segments.rewards[(t * lanes + lane) * heads..][..heads];
                row[0] = (reward * acting.reward_scale).clamp(-REWARD_MOST, REWARD_MOST);
                for (to, cost) in row[1..].iter_mut().zip(acting.costs) {
                    *to = paid[*cost];
                }
                let discount = self.moment.discounts[lane];
                group.seen.see(&self.seen[lane * wide..(lane + 1) * wide]);
                self.running[lane] = self.running[lane] * f64::from(discount) + f64::from(reward);
                group.returns.see(&[self.running[lane] as f32]);
                group.costs.see(paid);
                self.totals[lane] += f64::from(reward);
                self.lengths[lane] += 1;
                let sums = &mut self.costs[lane * costs..(lane + 1) * costs];
                sums.iter_mut().zip(paid).for_each(|(sum, cost)| *sum += f64::from(*cost));
                let lasts = end == End::Running;
                segments.lasting[t * lanes + lane] = if lasts { discount } else { 0.0 };
                if !lasts {
                    let decisions = self.lengths[lane];
                    self.finished.push(Finished {
                        lane: self.first + lane as u64,
                        total: self.totals[lane],
                        decisions,
                        costs: sums.iter().map(|sum| sum / decisions as f64).collect(),
                        is_terminated: end == End::Terminated,
                    });
                    sums.fill(0.0);
                    self.totals[lane] = 0.0;
                    self.lengths[lane] = 0;
                    self.running[lane] = 0.0;
                }
            }
        }
        Ok(())
    }

    /// Add what the final observations of episodes that were cut off are worth.
    fn bootstrap(&mut self, acting: &Acting<'_>, segments: &mut Segments, t: usize) {
        let Sizes { lanes, values: heads, observations: wide, .. } = segments.sizes;
        if self.moment.ends.iter().all(|end| *end != End::Truncated) {
            return;
        }
        let cut: Vec<usize> =
            (0..lanes).filter(|lane| self.moment.ends[*lane] == End::Truncated).collect();
        let mut seen = vec![0.0; cut.len() * wide];
        for (to, lane) in seen.chunks_exact_mut(wide).zip(&cut) {
            acting.normaliser.apply(&self.moment.finals[lane * wide..(lane + 1) * wide], to);
        }
        let mut values = vec![0.0; cut.len() * heads];
        self.value(acting, &seen, &mut values);
        for (lane, values) in cut.into_iter().zip(values.chunks_exact(heads)) {
            let row = &mut segments.rewards[(t * lanes + lane) * heads..][..heads];
            let discount = self.moment.discounts[lane];
            row.iter_mut().zip(values).for_each(|(reward, value)| *reward += discount * value);
        }
    }
}

fn copy_values(tape: &Tape, rows: usize, heads: usize, values: &mut [f32]) {
    let (_, width) = tape.widths();
    for (to, from) in
        values.chunks_exact_mut(heads).zip(tape.values().chunks_exact(width)).take(rows)
    {
        to.copy_from_slice(&from[..heads]);
    }
}
