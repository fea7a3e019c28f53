//! `lunar-habitat`: one binary, one verb a file.
//!
//! Standard output is data, standard error is talk. Exit codes: 0 done, 1 failed, 2 bad input; a
//! mission in which the crew is lost is done (0) and says `"success": false`.
//!
//! The JSON of each verb is documented in its module: [`simulate`], [`campaign`], [`environment`], [`component`],
//! [`validate`], [`data`], [`doctor`], [`mod@bench`], [`train`], [`evaluate`],
//! [`replay`], [`mod@watch`], [`mod@report`]; what can be asked of [`serve`] is in its `/openapi.json`.

mod bench;
mod campaign;
mod component;
mod data;
mod doctor;
mod environment;
mod error;
mod evaluate;
mod keep;
mod mission;
mod output;
mod profile;
mod replay;
mod report;
mod serve;
mod simulate;
mod table;
mod train;
mod trajectory;
mod usage;
mod validate;
mod watch;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::CliError;

/// Where memory comes from; the two others are there to be measured beside the system's.
#[cfg(feature = "jemalloc")]
type Base = tikv_jemallocator::Jemalloc;
#[cfg(feature = "jemalloc")]
const BASE: Base = tikv_jemallocator::Jemalloc;
#[cfg(all(feature = "mimalloc", not(feature = "jemalloc")))]
type Base = mimalloc::MiMalloc;
#[cfg(all(feature = "mimalloc", not(feature = "jemalloc")))]
const BASE: Base = mimalloc::MiMalloc;
#[cfg(not(any(feature = "jemalloc", feature = "mimalloc")))]
type Base = std::alloc::System;
#[cfg(not(any(feature = "jemalloc", feature = "mimalloc")))]
const BASE: Base = std::alloc::System;

#[global_allocator]
static ALLOCATOR: runtime::memory::Tracked<Base> = runtime::memory::Tracked::new(BASE);

/// Simulate the life support of a lunar habitat, closed in every atom and joule.
#[derive(Debug, Parser)]
#[command(name = "lunar-habitat", version, propagate_version = true)]
#[command(after_help = "Example:\n  lunar-habitat simulate --scenario cabin-30d")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run a mission and write its telemetry and its report
    Simulate(simulate::Args),
    /// Run a mission on many seeds and say how often the crew comes home
    Campaign(campaign::Args),
    /// List the tasks of a policy, show what it sees and sets, check a scenario of your own
    Env(environment::Args),
    /// Learn a policy for a task
    Train(Box<train::Args>),
    /// Say how good policies are, beside `rules`, with intervals
    Evaluate(evaluate::Args),
    /// Take the actions of a black box again, to the number that is none
    Replay(replay::Args),
    /// Write one page about a recorded run, alone or beside another one
    Report(report::Args),
    /// Run one life-support unit alone
    Component(component::Args),
    /// Compare the simulator with published measurements
    Validate(validate::Args),
    /// Run habitats for others: HTTP, WebSocket and the mission-control screen
    Serve(Box<serve::Args>),
    /// Convert files of others, and write files for others
    Data(data::Args),
    /// Say what this machine has and whether the program works on it
    Doctor(doctor::Args),
    /// Measure speed and hold it against its bars
    Bench(bench::Args),
    /// List alarms, score them on scripted faults, propose better limits
    Watch(watch::Args),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done: Result<ExitCode, CliError> = match arguments.verb {
        Verb::Simulate(args) => simulate::run(args),
        Verb::Campaign(args) => campaign::run(args),
        Verb::Env(args) => environment::run(args),
        Verb::Train(args) => train::run(*args),
        Verb::Evaluate(args) => evaluate::run(args),
        Verb::Replay(args) => replay::run(args),
        Verb::Report(args) => report::run(args),
        Verb::Component(args) => component::run(args),
        Verb::Validate(args) => validate::run(args),
        Verb::Serve(args) => serve::run(*args),
        Verb::Data(args) => data::run(args),
        Verb::Doctor(args) => doctor::run(args),
        Verb::Bench(args) => bench::run(args),
        Verb::Watch(args) => watch::run(args),
    };
    profile::leave();
    done.unwrap_or_else(|error| error.report())
}
