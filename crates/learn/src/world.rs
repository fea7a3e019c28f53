//! What can be learned in: lanes of episodes that take actions side by side.

use crate::LearnError;

/// How an episode stands after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum End {
    /// It goes on.
    #[default]
    Running,
    /// It is over, and nothing comes after it: no future is to be valued.
    Terminated,
    /// It is cut off where it would have gone on: its final observation is to be valued.
    Truncated,
    /// The step took no action: it was spent on beginning the next episode after the last one had ended in the step
    /// before. Nothing is learned from it.
    Begun,
}

/// What a step of all lanes writes, row after row by lane.
#[derive(Debug, Clone, Default)]
pub struct Moment {
    /// What is seen now, lanes × observations: after an end the first observation of the next episode.
    pub observations: Vec<f32>,
    /// Lanes.
    pub rewards: Vec<f32>,
    /// Lanes × costs, each at least 0.
    pub costs: Vec<f32>,
    /// Lanes.
    pub ends: Vec<End>,
    /// Lanes × observations; rows of lanes whose episode has ended in this step hold its final observation.
    pub finals: Vec<f32>,
    /// What a value one decision later is worth now, from 0 to 1; by lane, since decisions may take their time.
    pub discounts: Vec<f32>,
}

impl Moment {
    /// Room for a step of `lanes`.
    #[must_use]
    pub fn new(lanes: usize, observations: usize, costs: usize) -> Moment {
        Moment {
            observations: vec![0.0; lanes * observations],
            rewards: vec![0.0; lanes],
            costs: vec![0.0; lanes * costs],
            ends: vec![End::Running; lanes],
            finals: vec![0.0; lanes * observations],
            discounts: vec![0.0; lanes],
        }
    }
}

/// Lanes of episodes, the next one of which begins in the step that ends the last, or in a step of its own
/// ([`End::Begun`]).
///
/// Lane `i` of a world is lane `first + i` of the training. What a lane does depends on that number and on what it is
/// told, never on which lanes share its world: so training gives the same bits on any number of threads, each of which
/// has a world of its own.
pub trait World: Send {
    /// Number of lanes.
    fn lanes(&self) -> usize;

    /// Numbers of an observation.
    fn observations(&self) -> usize;

    /// Numbers of an action: real ones, or a single one that counts a choice.
    fn actions(&self) -> usize;

    /// Number of costs.
    fn costs(&self) -> usize;

    /// Write what is seen now, lanes × observations.
    ///
    /// # Errors
    /// What the world refuses.
    fn observe(&mut self, observations: &mut [f32]) -> Result<(), LearnError>;

    /// Take an action on every lane, lanes × actions.
    ///
    /// # Errors
    /// What the world refuses.
    fn step(&mut self, actions: &[f32], moment: &mut Moment) -> Result<(), LearnError>;

    /// Everything that the future of one lane depends on, or `None` for a world that cannot tell.
    ///
    /// # Errors
    /// What the world refuses.
    fn snapshot(&self, lane: usize) -> Result<Option<Vec<u8>>, LearnError>;

    /// Go on with one lane from what [`World::snapshot`] gave.
    ///
    /// # Errors
    /// [`LearnError::Bytes`] for what is no snapshot of such a lane.
    fn restore(&mut self, lane: usize, bytes: &[u8]) -> Result<(), LearnError>;

    /// Keep the lanes in less memory until [`World::wake`]; how many bytes their snapshots have, 0 for a world that cannot.
    ///
    /// Between the two, [`World::observe`] and [`World::step`] are not called; everything else answers as before.
    ///
    /// # Errors
    /// What the world refuses; it is awake then.
    fn park(&mut self) -> Result<u64, LearnError> {
        Ok(0)
    }

    /// Go on as if [`World::park`] had not been called.
    ///
    /// # Errors
    /// What the world refuses; it is still parked then.
    fn wake(&mut self) -> Result<(), LearnError> {
        Ok(())
    }
}
