//! What a worker brings home: a piece of fixed length from each of its lanes.

use runtime::RuntimeError;
use runtime::memory::{Slab, Spill};

use crate::LearnError;
use crate::simd::padded;

/// Sizes of a [`Segments`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Decisions of each lane.
    pub length: usize,
    /// Lanes.
    pub lanes: usize,
    /// Number of the first lane in the training.
    pub first: u64,
    /// Numbers of an observation.
    pub observations: usize,
    /// Numbers of an action as it is stored.
    pub actions: usize,
    /// Values of the critic.
    pub values: usize,
}

/// Decisions of some lanes, row after row by decision and lane.
#[derive(Debug, Clone)]
pub struct Segments {
    pub(crate) sizes: Sizes,
    /// As the network saw them: length × lanes × observations.
    pub(crate) observations: Slab<f32>,
    /// As they were drawn, before clipping or squashing: length × lanes × padded actions.
    pub(crate) actions: Slab<f32>,
    /// Logarithm of the density with which each was drawn: length × lanes.
    pub(crate) densities: Vec<f32>,
    /// Length + 1 rows of lanes × values; the last is that of what is seen at the end.
    pub(crate) values: Vec<f32>,
    /// Length × lanes × values: reward and costs, with what the final observation of an episode that was cut off is worth.
    pub(crate) rewards: Vec<f32>,
    /// Length × lanes: discount to the next decision of the same episode, 0 behind its end.
    pub(crate) lasting: Vec<f32>,
    /// How much likelier each action is for the policy of now than for the one that took it: length × lanes, or nothing
    /// where these are the same.
    pub(crate) ratios: Vec<f32>,
    /// Length × lanes: whether an action was taken there ([`crate::End::Begun`]).
    pub(crate) taken: Vec<bool>,
}

impl Segments {
    /// Room for these sizes.
    #[must_use]
    pub fn new(sizes: Sizes) -> Segments {
        let rows = sizes.length * sizes.lanes;
        Segments {
            sizes,
            observations: Slab::zeroed(rows * sizes.observations),
            actions: Slab::zeroed(rows * padded(sizes.actions)),
            densities: vec![0.0; rows],
            values: vec![0.0; (rows + sizes.lanes) * sizes.values],
            rewards: vec![0.0; rows * sizes.values],
            lasting: vec![0.0; rows],
            ratios: Vec::new(),
            taken: vec![true; rows],
        }
    }

    /// Move what is large, observations and actions, to files.
    ///
    /// # Errors
    /// [`RuntimeError::Spill`] when the disk is full; what could not be moved is in memory.
    pub fn move_to(&mut self, spill: &Spill) -> Result<(), RuntimeError> {
        self.observations.move_to(spill)?;
        self.actions.move_to(spill)?;
        Ok(())
    }

    /// Bring it back to memory.
    pub fn move_home(&mut self) {
        self.observations.move_home();
        self.actions.move_home();
    }

    /// Bytes that are in files.
    #[must_use]
    pub fn spilled_bytes(&self) -> u64 {
        let parts = [&self.observations, &self.actions];
        let spilled = parts.into_iter().filter(|part| part.is_spilled());
        spilled.map(|part| size_of_val::<[f32]>(part) as u64).sum()
    }

    /// Its sizes.
    #[must_use]
    pub fn sizes(&self) -> &Sizes {
        &self.sizes
    }

    /// Decisions in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sizes.length * self.sizes.lanes
    }

    /// How much likelier each action is for the policy of now, after [`crate::Learner::refresh`]; else empty.
    #[must_use]
    pub fn ratios(&self) -> &[f32] {
        &self.ratios
    }

    /// Values of what was seen, length + 1 rows of lanes × values.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Write what advantages are made of, in the layout of the fields.
    ///
    /// # Errors
    /// [`LearnError::Size`] for the first slice of another length.
    pub fn set(
        &mut self,
        rewards: &[f32],
        values: &[f32],
        lasting: &[f32],
    ) -> Result<(), LearnError> {
        for (what, to, from) in [
            ("rewards", &mut self.rewards, rewards),
            ("values", &mut self.values, values),
            ("discounts", &mut self.lasting, lasting),
        ] {
            if to.len() != from.len() {
                return Err(LearnError::Size { what, found: from.len(), expected: to.len() });
            }
            to.copy_from_slice(from);
        }
        Ok(())
    }
}
