//! Stages that the crates of this workspace tell of.

/// A stage with a span of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// Name of its span.
    pub name: &'static str,
    /// Crate that runs it.
    pub room: &'static str,
    /// What is done in it.
    pub what: &'static str,
}

const fn stage(name: &'static str, room: &'static str, what: &'static str) -> Stage {
    Stage { name, room, what }
}

/// All stages, by crate in the order in which they run.
pub const STAGES: &[Stage] = &[
    stage("update", "learn", "one update of a training"),
    stage("rollout", "learn", "a worker acts on its lanes until its segment is full"),
    stage("advantage", "learn", "advantages and returns of what was collected"),
    stage("gradient", "learn", "the gradient of a minibatch, and the wait for its shards"),
    stage("gradient shard", "learn", "forward, loss and backward of one part of a minibatch"),
    stage(
        "apply",
        "learn",
        "the optimiser moves the weights, and they are prepared for the back end",
    ),
    stage("checkpoint", "learn", "what the next update depends on is written"),
    stage("telemetry rows", "store", "a block of telemetry becomes columns and lines of text"),
    stage("telemetry group", "store", "a row group of telemetry is encoded and written"),
    stage(
        "telemetry end",
        "store",
        "the files of telemetry are completed, made durable and published",
    ),
    stage("frame group", "store", "a row group of a recording is encoded and written"),
    stage("database commit", "store", "rows that wait become durable in the database"),
    stage("database change", "store", "a change of the catalogue of runs becomes durable"),
    stage("session turn", "server", "steps that are due of a session that runs"),
    stage("session steps", "server", "steps of a session that somebody asked for"),
    stage("session keeping", "server", "what sessions have lived becomes durable"),
    stage("history", "server", "rows of a session or a run are gathered and thinned"),
    stage("what-if", "server", "an answer about futures"),
    stage("future", "server", "one of these futures"),
    stage("counterfactual", "server", "a recorded mission under another controller"),
    stage("mission", "cli", "a mission from its first to its last step"),
    stage("campaign mission", "cli", "one mission of a campaign"),
    stage("campaign record", "cli", "the outcome of a mission is written"),
    stage("episode", "cli", "an episode is played and recorded"),
    stage("watched mission", "cli", "a mission under alarms and rules, to score or to tune them"),
    stage("report", "cli", "figures, plots and tables become the page of a run"),
    stage("batch search", "cli", "lanes, segment and minibatch are chosen by trying"),
    stage("progress", "cli", "curve, scalars and metrics of an update are written"),
    stage("keep", "cli", "checkpoint, policy and settings of a training are written"),
];
