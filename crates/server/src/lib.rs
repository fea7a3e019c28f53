//! Habitats over HTTP and WebSocket, and the mission-control screen.
//!
//! ```text
//!            ┌────────── pacer: who is due ──► executor: a turn of steps
//! api ──► fleet ──► session (habitat under its lock) ──► news to listeners
//!            └────────── keeper: rows, events, bytes ──► database, in groups
//! ```
//! | module | noun |
//! |---|---|
//! | [`session`] | a habitat that somebody runs, commands and watches |
//! | `fleet` | all of them: making, forking, taking up again |
//! | `watching` | limits and rules by which a habitat is watched |
//! | `pacer` | wakes those that are due |
//! | `keeper` | writes what happens into the database |
//! | `history` | rows of the database and rows that are not in it yet, as one |
//! | `what_if`, `counterfactual` | futures of a session, a recorded mission under another controller |
//! | `access` | tokens, roles, who may ask from where |
//! | `announcer` | tells people of alarms who have no screen open |
//! | `turns` | how many may do at a time what takes long |
//! | `door` | connections: limits, time-outs, TLS |
//! | `leftover` | bodies that nobody reads: taken, so that the refusal arrives |
//! | `api` | what can be asked, and its description |
//! | `gauges` | metrics, for Prometheus and by OTLP |
//! | `names` | names that requests choose from, for the description |
//! | `machine` | what the machine and this program do, for the last hour |
//! | `page` | the files of the screen |
//!
//! Not here: the habitat (`habitat`), alarms (`watch`), where rows lie (`store`).

mod access;
mod announcer;
mod api;
mod counterfactual;
mod demo;
mod door;
mod error;
mod fleet;
mod gauges;
mod history;
mod keeper;
mod leftover;
mod machine;
mod names;
mod pacer;
mod page;
mod server;
pub mod session;
mod turns;
mod watching;
mod what_if;

pub use access::{Role, Tokens, Who};
pub use announcer::Announcing;
pub use error::{ApiError, ServerError};
pub use keeper::kept_decisions;
pub use server::{Server, ServerSettings};
pub use session::view::{NewSession, View};
pub use watching::facts_of;
