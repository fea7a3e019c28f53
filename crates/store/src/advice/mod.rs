//! Which indexes would serve the queries that were asked, and which ones serve nobody.
//!
//! | file | what |
//! |---|---|
//! | `workload` | [`Workload`]: slow queries, tables and the indexes there are, as a database counted them |
//! | `proposal` | [`Proposal`]: an index to create, with what speaks for it and what it costs |
//! | `advise` | [`advise`]: from the one to the other within a [`Budget`]; [`unused`]: indexes to drop |
//!
//! Everything here is a pure function of what it is given. Its estimates are those of a page-oriented B-tree; what an
//! index really brings is measured by whoever creates it.
//!
//! Not here: the log of slow queries and the statements that create and drop.

mod advise;
mod proposal;
mod workload;

pub use advise::{Budget, advise, unused};
pub use proposal::{Dropping, Evidence, Proposal};
pub use workload::{Index, SlowQuery, Table, Use, Workload};
