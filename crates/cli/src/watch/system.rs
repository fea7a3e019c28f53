//! The sub-verb `system`: what the machine does now, and what bounds the memory of this program.
//!
//! # JSON
//! An object a look, one on each line:
//!
//! | key | unit | what |
//! |---|---|---|
//! | `span_s` | s | time that was looked at |
//! | `processors` | 1 | share of it that each processor was busy |
//! | `load` | 1 | tasks that ran or wanted to over 1, 5 and 15 minutes |
//! | `memory`, `swap` | byte | `used` and `total` |
//! | `bounds` | byte | list of `source`, `used`, `limit`: machine, groups and limits that bound a program started here |
//! | `stalls` | 1 | `processor`, `memory`, `disk`: share of the last ten seconds in which `some` tasks or all (`full`) waited for it |
//! | `disks` | byte/s, 1 | list of `name`, `read_s`, `written_s`, `busy` |
//! | `networks` | byte/s | list of `name`, `received_s`, `sent_s` |
//! | `gpus` | 1, byte | list of `name`, `busy`, `used_bytes`, `total_bytes` |
//!
//! What the system does not tell is `null` or an empty list. A server tells the same of itself, by thread and by stage, at `/metrics`.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use runtime::memory::{Bound, Limits};
use serde_json::{Value, json};
use watch::report::Table;
use watch::system::{Gpu, Machine, MachineUse, Stall};

use crate::error::CliError;
use crate::table::fixed;
use crate::{output, table};

/// Arguments of `watch system`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  lunar-habitat watch system --seconds 5 --looks 12 --json")]
pub struct Args {
    /// Time that one look takes
    #[arg(long, value_name = "S", default_value_t = 1.0, value_parser = seconds, allow_negative_numbers = true)]
    seconds: f64,
    /// How many looks, one after the other
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    looks: u32,
    /// Print JSON, an object a look
    #[arg(long)]
    json: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.1..=3_600.0).contains(&seconds) => Ok(seconds),
        _ => Err("allowed: 0.1 to 3600".to_owned()),
    }
}

/// Run the sub-verb.
///
/// # Errors
/// [`CliError`] when the system refuses what is written.
pub fn run(args: &Args) -> Result<ExitCode, CliError> {
    let mut earlier = Machine::now();
    for _ in 0..args.looks {
        thread::sleep(Duration::from_secs_f64(args.seconds));
        let now = Machine::now();
        let seen = Seen {
            machine: now.since(&earlier),
            bounds: Limits::read(None).bounds,
            gpus: Gpu::all(),
        };
        earlier = now;
        if args.json {
            output::json(&seen.json())?;
        } else {
            output::text(&seen.text())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// One look.
struct Seen {
    machine: MachineUse,
    bounds: Vec<Bound>,
    gpus: Vec<Gpu>,
}

impl Seen {
    fn json(&self) -> Value {
        let Seen { machine, bounds, gpus } = self;
        let pair = |pair: Option<(u64, u64)>| {
            pair.map(|(used, total)| json!({"used": used, "total": total}))
        };
        let bound =
            |one: &Bound| json!({"source": one.source, "used": one.used, "limit": one.limit});
        json!({
            "span_s": machine.span_s,
            "processors": machine.processors,
            "load": machine.load,
            "memory": pair(machine.memory),
            "swap": pair(machine.swap),
            "bounds": bounds.iter().map(bound).collect::<Vec<Value>>(),
            "stalls": {
                "processor": machine.processor_stall,
                "memory": machine.memory_stall,
                "disk": machine.disk_stall,
            },
            "disks": machine.disks,
            "networks": machine.networks,
            "gpus": gpus,
        })
    }

    fn text(&self) -> String {
        let Seen { machine, bounds, gpus } = self;
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut row = |what: String, now: String, more: String| rows.push(vec![what, now, more]);
        let percent = |share: f64| format!("{} %", fixed(100.0 * share, 0));
        for (at, busy) in machine.processors.iter().enumerate() {
            row(format!("processor {at}"), percent(*busy), String::new());
        }
        if let Some([one, five, fifteen]) = machine.load {
            let more = format!("{} and {} over 5 and 15 min", fixed(five, 2), fixed(fifteen, 2));
            row("load over 1 min".into(), fixed(one, 2), more);
        }
        for (what, pair) in [("memory", machine.memory), ("swap", machine.swap)] {
            if let Some((used, total)) = pair.filter(|(_, total)| *total > 0) {
                row(what.into(), megabytes(used), format!("of {}", megabytes(total)));
            }
        }
        for bound in bounds.iter().filter(|bound| bound.source != "machine") {
            let more = format!("of {} by {}", megabytes(bound.limit), bound.source);
            row("memory of programs here".into(), megabytes(bound.used), more);
        }
        for (what, stall) in [
            ("waiting for processors", machine.processor_stall),
            ("waiting for memory", machine.memory_stall),
            ("waiting for disks", machine.disk_stall),
        ] {
            if let Some(Stall { some, full }) = stall {
                row(what.into(), percent(some), format!("all tasks: {}", percent(full)));
            }
        }
        for disk in &machine.disks {
            let more =
                format!("{} read, {} written a second", bytes(disk.read_s), bytes(disk.written_s));
            row(format!("disk {}", disk.name), percent(disk.busy), more);
        }
        for one in &machine.networks {
            let more =
                format!("{} received, {} sent a second", bytes(one.received_s), bytes(one.sent_s));
            row(format!("network {}", one.name), String::new(), more);
        }
        for gpu in gpus {
            let more = format!("{} of {}", megabytes(gpu.used_bytes), megabytes(gpu.total_bytes));
            row(gpu.name.clone(), percent(gpu.busy), more);
        }
        let title = format!("Machine over {} s", fixed(machine.span_s, 1));
        let columns = ["", "now", ""].map(str::to_owned).to_vec();
        table::render(&Table { title, columns, rows })
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", fixed(bytes as f64 / 1e6, 0))
}

/// A rate that may be small or large.
fn bytes(rate: f64) -> String {
    match rate {
        rate if rate >= 1e6 => format!("{} MB", fixed(rate / 1e6, 1)),
        rate if rate >= 1e3 => format!("{} kB", fixed(rate / 1e3, 1)),
        rate => format!("{} B", fixed(rate, 0)),
    }
}
