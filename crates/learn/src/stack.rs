//! The last observations side by side, so that a network that remembers nothing sees what has just changed.
//!
//! A row of depth `k` is the observations of the last `k` decisions, the oldest first. Where an episode begins, its first
//! observation stands in all places, as if nothing had changed before.

use crate::LearnError;
use crate::world::{End, Moment, World};

/// What errors call it.
const WHAT: &str = "stack of observations";

/// The last observations of one lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Frames {
    width: usize,
    row: Vec<f32>,
}

impl Frames {
    /// Room for `depth` observations of `width` numbers.
    #[must_use]
    pub fn new(depth: usize, width: usize) -> Frames {
        Frames { width, row: vec![0.0; depth * width] }
    }

    /// An episode begins with `seen`.
    ///
    /// # Panics
    /// Where `seen` is of another width, as of every slice that is too short or too long.
    pub fn begin(&mut self, seen: &[f32]) {
        self.row.chunks_exact_mut(self.width).for_each(|place| place.copy_from_slice(seen));
    }

    /// `seen` comes after what is there; the oldest goes.
    ///
    /// # Panics
    /// As [`Frames::begin`].
    pub fn push(&mut self, seen: &[f32]) {
        self.row.copy_within(self.width.., 0);
        let last = self.row.len() - self.width;
        self.row[last..].copy_from_slice(seen);
    }

    /// All of them, the oldest first.
    #[must_use]
    pub fn row(&self) -> &[f32] {
        &self.row
    }
}

/// A world whose observations are the last ones of another.
pub struct StackedWorld {
    inner: Box<dyn World>,
    frames: Vec<Frames>,
    /// Whether the first observation of each lane has been seen.
    begun: Vec<bool>,
    /// What a step of the inner world writes.
    moment: Moment,
}

impl StackedWorld {
    /// The last `depth` observations of `inner`.
    ///
    /// # Errors
    /// [`LearnError::Range`] for a depth of nothing or more than 64.
    pub fn new(inner: Box<dyn World>, depth: usize) -> Result<StackedWorld, LearnError> {
        if !(1..=64).contains(&depth) {
            let (found, what) = (depth as f64, "observations of a stack");
            return Err(LearnError::Range { what, found, low: 1.0, high: 64.0 });
        }
        let (lanes, width) = (inner.lanes(), inner.observations());
        Ok(StackedWorld {
            moment: Moment::new(lanes, width, inner.costs()),
            frames: vec![Frames::new(depth, width); lanes],
            begun: vec![false; lanes],
            inner,
        })
    }

    /// The bytes of the inner world in those that [`World::snapshot`] of this one gave, for `depth` observations of `width`
    /// numbers.
    #[must_use]
    pub fn inner_bytes(bytes: &[u8], depth: usize, width: usize) -> &[u8] {
        &bytes[..bytes.len().saturating_sub(4 * depth * width)]
    }
}

impl World for StackedWorld {
    fn lanes(&self) -> usize {
        self.inner.lanes()
    }

    fn observations(&self) -> usize {
        self.frames.first().map_or(0, |frames| frames.row.len())
    }

    fn actions(&self) -> usize {
        self.inner.actions()
    }

    fn costs(&self) -> usize {
        self.inner.costs()
    }

    fn observe(&mut self, observations: &mut [f32]) -> Result<(), LearnError> {
        self.inner.observe(&mut self.moment.observations)?;
        let wide = self.observations();
        let width = self.inner.observations();
        let rows = observations.chunks_exact_mut(wide);
        for ((frames, begun), (row, seen)) in self
            .frames
            .iter_mut()
            .zip(&mut self.begun)
            .zip(rows.zip(self.moment.observations.chunks_exact(width)))
        {
            // After a restore the frames know what came before.
            if !std::mem::replace(begun, true) {
                frames.begin(seen);
            }
            row.copy_from_slice(&frames.row);
        }
        Ok(())
    }

    fn step(&mut self, actions: &[f32], moment: &mut Moment) -> Result<(), LearnError> {
        self.inner.step(actions, &mut self.moment)?;
        let inner = &self.moment;
        moment.rewards.copy_from_slice(&inner.rewards);
        moment.costs.copy_from_slice(&inner.costs);
        moment.ends.copy_from_slice(&inner.ends);
        moment.discounts.copy_from_slice(&inner.discounts);
        let (wide, width) = (self.observations(), self.inner.observations());
        for (lane, frames) in self.frames.iter_mut().enumerate() {
            let own = lane * width..(lane + 1) * width;
            let row = lane * wide..(lane + 1) * wide;
            match inner.ends[lane] {
                End::Running => frames.push(&inner.observations[own]),
                End::Begun => frames.begin(&inner.observations[own]),
                End::Terminated | End::Truncated => {
                    frames.push(&inner.finals[own.clone()]);
                    moment.finals[row.clone()].copy_from_slice(&frames.row);
                    frames.begin(&inner.observations[own]);
                }
            }
            moment.observations[row].copy_from_slice(&frames.row);
        }
        Ok(())
    }

    fn snapshot(&self, lane: usize) -> Result<Option<Vec<u8>>, LearnError> {
        let Some(mut bytes) = self.inner.snapshot(lane)? else {
            return Ok(None);
        };
        bytes.extend(self.frames[lane].row.iter().flat_map(|x| x.to_le_bytes()));
        Ok(Some(bytes))
    }

    fn park(&mut self) -> Result<u64, LearnError> {
        self.inner.park()
    }

    fn wake(&mut self) -> Result<(), LearnError> {
        self.inner.wake()
    }

    fn restore(&mut self, lane: usize, bytes: &[u8]) -> Result<(), LearnError> {
        let frames = &mut self.frames[lane];
        let Some(at) = bytes.len().checked_sub(4 * frames.row.len()) else {
            return Err(LearnError::Bytes(WHAT, "is shorter than the observations in it"));
        };
        self.inner.restore(lane, &bytes[..at])?;
        for (to, four) in frames.row.iter_mut().zip(bytes[at..].chunks_exact(4)) {
            *to = f32::from_le_bytes([four[0], four[1], four[2], four[3]]);
        }
        self.begun[lane] = true;
        Ok(())
    }
}
