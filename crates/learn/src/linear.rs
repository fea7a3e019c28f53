//! The task on which trainers are compared: next to no work, so that the trainer is what is timed.
//!
//! ```text
//! x' = x·A + clip(a)·B,   reward −x'·x'/n − 0.01·a·a,   500 decisions an episode
//! ```
//! A is 0.95 times an orthogonal matrix, B holds normal numbers of deviation 0.1: the cloud shrinks by itself, and what a
//! policy can do is to shrink it faster. It is the task of the scripts that time other trainers (`benches/peers`).

use env::habitat::StreamKey;
use env::habitat::stream::Purpose;

use crate::LearnError;
use crate::kernel::{self, Begin, Left};
use crate::noise::{self, Stream};
use crate::simd::Level;
use crate::world::{End, Moment, World};

/// Numbers of an observation.
pub const OBSERVATIONS: usize = 48;
/// Numbers of an action.
pub const ACTIONS: usize = 16;
/// Decisions of an episode.
const LENGTH: u64 = 500;

/// Lanes of the linear task.
#[derive(Debug, Clone)]
pub struct LinearWorld {
    level: Level,
    first: u64,
    a: Vec<f32>,
    b: Vec<f32>,
    x: Vec<f32>,
    next: Vec<f32>,
    /// Decisions of the episode at hand.
    t: Vec<u64>,
    /// Episodes begun.
    episodes: Vec<u64>,
    discount: f32,
}

impl LinearWorld {
    /// `lanes` lanes from number `first` on, with a constant discount.
    ///
    /// Lanes start at different times of their first episode, so that they do not end together.
    #[must_use]
    pub fn new(first: u64, lanes: usize, discount: f32) -> LinearWorld {
        let n = OBSERVATIONS;
        let a =
            crate::network::orthogonal(n, n, StreamKey { env: 1 << 40, ..StreamKey::default() });
        let key = StreamKey { env: 1 << 41, ..StreamKey::default() };
        let normal = |i: usize| {
            let words = key.words(Purpose::Network, i as u64);
            0.1 * env::habitat::sensor::normal_and_uniform(words).0 as f32
        };
        let mut world = LinearWorld {
            level: Level::best(),
            first,
            a: a.into_iter().map(|x| (0.95 * x) as f32).collect(),
            b: (0..ACTIONS * n).map(normal).collect(),
            x: vec![0.0; lanes * n],
            next: vec![0.0; lanes * n],
            t: (0..lanes as u64).map(|lane| (first + lane) * 37 % LENGTH).collect(),
            episodes: vec![0; lanes],
            discount,
        };
        for lane in 0..lanes {
            world.begin(lane);
        }
        world.x.copy_from_slice(&world.next);
        world
    }

    /// A new cloud for one lane.
    fn begin(&mut self, lane: usize) {
        let to = &mut self.next[lane * OBSERVATIONS..(lane + 1) * OBSERVATIONS];
        let episode = [self.episodes[lane]];
        let seed = 0x4C69_6E65_6172;
        let first = self.first + lane as u64;
        noise::draws(self.level, seed, Stream::Action, first, &episode, OBSERVATIONS, to);
        self.episodes[lane] += 1;
    }
}

impl World for LinearWorld {
    fn lanes(&self) -> usize {
        self.t.len()
    }

    fn observations(&self) -> usize {
        OBSERVATIONS
    }

    fn actions(&self) -> usize {
        ACTIONS
    }

    fn costs(&self) -> usize {
        0
    }

    fn observe(&mut self, observations: &mut [f32]) -> Result<(), LearnError> {
        observations.copy_from_slice(&self.x);
        Ok(())
    }

    fn step(&mut self, actions: &[f32], moment: &mut Moment) -> Result<(), LearnError> {
        let (lanes, n) = (self.t.len(), OBSERVATIONS);
        assert_eq!(actions.len(), lanes * ACTIONS);
        // SAFETY: rows are whole, and all matrices have the sizes given.
        unsafe {
            let x = Left { at: self.x.as_ptr(), row: n, column: 1 };
            let next = self.next.as_mut_ptr();
            kernel::product(self.level, lanes, n, n, x, self.a.as_ptr(), n, next, n, Begin::Zero);
            let a = Left { at: actions.as_ptr(), row: ACTIONS, column: 1 };
            let b = self.b.as_ptr();
            kernel::product(self.level, lanes, n, ACTIONS, a, b, n, next, n, Begin::There);
            kernel::squares(self.level, next, lanes, n, moment.rewards.as_mut_ptr());
        }
        for lane in 0..lanes {
            let effort: f32 =
                actions[lane * ACTIONS..(lane + 1) * ACTIONS].iter().map(|a| a * a).sum();
            moment.rewards[lane] = -moment.rewards[lane] / n as f32 - 0.01 * effort;
            moment.discounts[lane] = self.discount;
            self.t[lane] += 1;
            moment.ends[lane] = End::Running;
            if self.t[lane] >= LENGTH {
                moment.ends[lane] = End::Truncated;
                let row = lane * n..(lane + 1) * n;
                moment.finals[row.clone()].copy_from_slice(&self.next[row]);
                self.t[lane] = 0;
                self.begin(lane);
            }
        }
        std::mem::swap(&mut self.x, &mut self.next);
        moment.observations.copy_from_slice(&self.x);
        Ok(())
    }

    fn snapshot(&self, lane: usize) -> Result<Option<Vec<u8>>, LearnError> {
        let mut bytes = Vec::with_capacity(16 + 4 * OBSERVATIONS);
        bytes.extend_from_slice(&self.t[lane].to_le_bytes());
        bytes.extend_from_slice(&self.episodes[lane].to_le_bytes());
        for x in &self.x[lane * OBSERVATIONS..(lane + 1) * OBSERVATIONS] {
            bytes.extend_from_slice(&x.to_le_bytes());
        }
        Ok(Some(bytes))
    }

    fn restore(&mut self, lane: usize, bytes: &[u8]) -> Result<(), LearnError> {
        if bytes.len() != 16 + 4 * OBSERVATIONS {
            return Err(LearnError::Bytes("a lane of the linear task", "has another length"));
        }
        let (words, numbers) = bytes.split_at(16);
        let words = words.as_chunks().0;
        self.t[lane] = u64::from_le_bytes(words[0]);
        self.episodes[lane] = u64::from_le_bytes(words[1]);
        let to = &mut self.x[lane * OBSERVATIONS..(lane + 1) * OBSERVATIONS];
        for (to, four) in to.iter_mut().zip(numbers.as_chunks().0) {
            *to = f32::from_le_bytes(*four);
        }
        Ok(())
    }
}
