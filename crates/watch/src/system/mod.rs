//! The machine and this process, as Linux counts them: processors, memory, pressure, disks, network; threads by name.
//!
//! A [`Machine`] or an [`Own`] is a look at counters that only grow; two looks give rates. What the system does not tell of the
//! machine is `None` or nothing, never a zero that looks like a measurement; of this process it is 0 ([`OwnUse`]). On other
//! systems than Linux nothing is told.
//!
//! [`Sampler`] looks at the threads of a profiler many times a second and says what they wait for.
//!
//! # Ports
//! In: files of `/proc`. Out: [`MachineUse`], [`OwnUse`], [`Waits`].
//!
//! Not here: limits of memory and the level of scarcity (`runtime::memory`).

mod gpu;
mod machine;
mod own;
mod sampler;
mod wait;

pub use gpu::Gpu;
pub use machine::{DiskUse, Machine, MachineUse, NetworkUse, Stall};
pub use own::{Own, OwnUse, ThreadUse};
pub use sampler::{Sampler, StageWaits, Waits};
pub use wait::Wait;
