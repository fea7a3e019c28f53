//! The verb `doctor`: what this machine has, and whether the program works on it.
//!
//! # JSON
//! With `--json`, one object:
//!
//! | key | meaning |
//! |---|---|
//! | `version`, `system` | of the program; operating system and processor family |
//! | `simd` | SIMD level that will be used |
//! | `cores` | that this process may use |
//! | `cpu_limit` | cores that the control group allows, `null` without a limit |
//! | `memory_limit_bytes` | that the control group allows, `null` without a limit |
//! | `checks` | list of `{name, ok, detail}` |
//! | `ok` | every check is ok |
//!
//! Exit code 1 when a check is not ok.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use env::{EnvError, Timing};
use habitat::scenario::{self, SHIPPED};
use habitat::{Habitat, Plan, StreamKey};
use physics::math::SimdLevel;
use serde::Serialize;

use crate::error::CliError;
use crate::output;
use crate::table::fixed;

/// Largest residual of the ledger that counts as closed, share of what moved.
const CLOSED: f64 = 1e-9;
/// Directory in which missions write unless told otherwise.
const OUT: &str = "out";

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  lunar-habitat doctor")]
pub struct Args {
    /// Print one JSON object instead of sentences
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Findings {
    version: &'static str,
    system: String,
    simd: String,
    cores: usize,
    cpu_limit: Option<f64>,
    memory_limit_bytes: Option<u64>,
    checks: Vec<Check>,
    ok: bool,
}

#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    detail: String,
}

/// Run the verb.
///
/// # Errors
/// [`CliError`] when the findings cannot be printed.
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    let checks = vec![writable(Path::new(OUT)), scenarios(), smoke()];
    let findings = Findings {
        version: env!("CARGO_PKG_VERSION"),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        simd: format!("{:?}", SimdLevel::detect()).to_lowercase(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        cpu_limit: read("/sys/fs/cgroup/cpu.max").and_then(|text| cpu_limit(&text)),
        memory_limit_bytes: read("/sys/fs/cgroup/memory.max")
            .and_then(|text| text.trim().parse().ok()),
        ok: checks.iter().all(|check| check.ok),
        checks,
    };
    if args.json {
        output::json(&findings)?;
    } else {
        output::text(&sentences(&findings))?;
    }
    Ok(if findings.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn sentences(findings: &Findings) -> String {
    let cpu = findings.cpu_limit.map_or_else(
        || "No control group limits the processor.".to_owned(),
        |cores| format!("The control group allows {} cores.", fixed(cores, 1)),
    );
    let memory = findings.memory_limit_bytes.map_or_else(
        || "No control group limits the memory.".to_owned(),
        |bytes| {
            format!(
                "The control group allows {} GiB of memory.",
                fixed(bytes as f64 / 2_f64.powi(30), 1)
            )
        },
    );
    let mut lines = vec![
        format!("This is lunar-habitat {} on {}.", findings.version, findings.system),
        format!(
            "It uses {} of SIMD and sees {} core{}.",
            findings.simd,
            findings.cores,
            if findings.cores == 1 { "" } else { "s" }
        ),
        cpu,
        memory,
    ];
    for check in &findings.checks {
        let sign = if check.ok { "ok" } else { "MISSING" };
        lines.push(format!("{sign}: {}: {}", check.name, check.detail));
    }
    lines.push(if findings.ok {
        "Everything is there. Next: lunar-habitat simulate --scenario cabin-30d".to_owned()
    } else {
        "Not everything is there; see the lines marked MISSING.".to_owned()
    });
    lines.join("\n")
}

/// Whether missions can write, tried with a file that is removed again.
fn writable(out: &Path) -> Check {
    let dir = if out.is_dir() { out } else { Path::new(".") };
    let probe = dir.join(format!(".lunar-habitat-doctor-{}", std::process::id()));
    let written = store::write_atomic(&probe, b"probe");
    let removed = fs::remove_file(&probe);
    let (ok, detail) = match (written, removed) {
        (Ok(()), Ok(())) => (true, format!("missions can write to `{}`", out.display())),
        (Err(error), _) => (false, format!("{error}; choose another directory with --out")),
        (Ok(()), Err(error)) => (false, format!("files cannot be removed: {error}")),
    };
    Check { name: "output directory", ok, detail }
}

/// Whether every scenario inside the program compiles.
fn scenarios() -> Check {
    let compile = |name: &str| -> Result<(), CliError> {
        let loaded = scenario::load(name)?;
        Plan::compile(&loaded.scenario, loaded.hash)?;
        Ok(())
    };
    let wrong: Vec<String> = SHIPPED
        .iter()
        .filter_map(|shipped| compile(shipped.name).err().map(|e| format!("{}: {e}", shipped.name)))
        .collect();
    let names: Vec<&str> = SHIPPED.iter().map(|shipped| shipped.name).collect();
    Check {
        name: "scenarios",
        ok: wrong.is_empty(),
        detail: if wrong.is_empty() {
            format!("{} compile: {}", names.len(), names.join(", "))
        } else {
            wrong.join("; ")
        },
    }
}

/// Whether a day of the cabin runs and its ledger closes.
fn smoke() -> Check {
    let day = || -> Result<(bool, String), CliError> {
        let loaded = scenario::load("cabin-30d")?;
        let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
        let timing = Timing { days: 1.0, ..Timing::of(&plan.scenario) };
        let mut habitat = Habitat::new(plan, StreamKey::default());
        let mut rules = env::build("rules", &habitat)?;
        let quiet = &mut |_: &Habitat, _: &[f64]| Ok::<(), EnvError>(());
        let outcome = env::run_mission(&mut habitat, rules.as_mut(), timing, quiet)?;
        let (mass, energy) = (outcome.mass_residual_max, outcome.energy_residual_max);
        let ok = outcome.success && mass < CLOSED && energy < CLOSED;
        Ok((
            ok,
            format!(
                "one day of cabin-30d, {} of {} alive, largest residual {mass:.1e} of matter and \
                 {energy:.1e} of energy (bar {CLOSED:.0e})",
                outcome.crew_alive, outcome.crew_size
            ),
        ))
    };
    let (ok, detail) = day().unwrap_or_else(|error| (false, error.to_string()));
    Check { name: "smoke run", ok, detail }
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// Cores in `QUOTA PERIOD`; nothing for `max`.
fn cpu_limit(text: &str) -> Option<f64> {
    let mut words = text.split_whitespace();
    let quota: f64 = words.next()?.parse().ok()?;
    let period: f64 = words.next()?.parse().ok()?;
    (period > 0.0).then_some(quota / period)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_the_control_group_are_read() {
        assert_eq!(cpu_limit("150000 100000\n"), Some(1.5));
        assert_eq!(cpu_limit("max 100000\n"), None);
        assert_eq!(cpu_limit(""), None);
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_said_to_be() {
        let dir = tempfile::tempdir().unwrap();
        assert!(writable(dir.path()).ok);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
