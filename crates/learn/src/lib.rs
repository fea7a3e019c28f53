//! From experience to a policy.

mod adam;
mod advantage;
mod backend;
mod black_box;
mod bytes;
mod calibration;
mod cloning;
mod constraint;
mod density;
mod error;
mod file;
mod flight;
mod habitat_world;
mod kernel;
mod learner;
mod linear;
mod network;
mod noise;
mod normaliser;
mod onnx;
mod policy;
mod ppo;
mod segment;
mod simd;
mod stack;
mod statistics;
mod training;
mod vtrace;
mod worker;
mod world;

pub use adam::Adam;
pub use advantage::gae;
pub use backend::{BLOCK, Backend, Cpu, Prepared, Tape};
pub use black_box::BlackBox;
pub use calibration::{Bounds, Calibration, Tried, calibrate};
pub use cloning::{Demonstrations, demonstrate};
pub use constraint::{Constraint, Multipliers};
pub use error::LearnError;
pub use flight::{Flight, fly};
pub use habitat_world::HabitatWorld;
pub use learner::{Batch, Learner, UpdateFigures};
pub use linear::LinearWorld;
pub use network::{Activation, Head, Network, Shape};
pub use normaliser::{Moments, Normaliser};
pub use policy::{Actor, Policy};
pub use ppo::{PpoSettings, SHARDS};
pub use segment::{Segments, Sizes};
pub use simd::{Level, ROW, padded};
pub use stack::{Frames, StackedWorld};
pub use statistics::{
    Interval, bootstrap, iqm, paired_difference, prob_improvement, wilson, worst,
};
pub use training::{MakeWorld, Progress, TimeSpent, Training, TrainingSettings};
pub use vtrace::{Trust, vtrace};
pub use worker::{Acting, Finished, Spent, Worker};
pub use world::{End, Moment, World};
