//! Memory of one machine: how much there is, who has it, and what happens when it becomes scarce.
//!
//! | noun | what it is |
//! |---|---|
//! | [`MemoryBudget`] | the limit of this process and the accounts of its subsystems |
//! | [`Level`] | how scarce memory is; subscribers give back what a level asks for |
//! | [`BufferPool`] | buffers that are used again instead of allocated again |
//! | [`LivePool`] | the same for live objects |
//! | [`Cold`] | a block compressed in memory, with a checksum |
//! | [`Spill`] | blocks in files that are mapped, and [`Slab`], an array that moves between the two |
//! | [`Tracked`] | an allocator that samples who allocates, and [`Lifetime`], who lives how long |
//! | [`Leaks`] | sites that hold more and more, by [`Growth`]: a slope with an interval |

mod account;
mod budget;
mod cold;
mod growth;
mod leaks;
mod lease;
mod level;
mod lifetime;
mod limit;
mod live;
mod pool;
mod pressure;
mod shelf;
mod slab;
mod spill;
mod tracked;

pub use account::{Account, AccountUse, Reservation};
pub use budget::{MemoryBudget, Subscription, Watch};
pub use cold::{Codec, Cold};
pub use growth::Growth;
pub use leaks::Leaks;
pub use lease::Lease;
pub use level::{Level, Reading};
pub use lifetime::{KindCount, Lifetime, living};
pub use limit::{Bound, Limits};
pub use live::{Live, LivePool};
pub use pool::{BufferPool, PoolCounts};
pub use pressure::Pressure;
pub use shelf::Element;
pub use slab::Slab;
pub use spill::{Spill, Spilled};
pub use tracked::{Allocated, Sampled, Site, Tracked};
