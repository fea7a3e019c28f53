//! Everything CI runs, cheapest first.
//!
//! A step is announced when it starts; the first failure ends the run, because the steps after it
//! cost more and would mostly repeat it. The summary at the end says what was not run.
//!
//! Not here: measurements of speed; `bench` takes them and no test depends on the clock.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Failure, api, book, browser, cargo, execute, layers, python, sizes};

/// A named piece of the gate.
struct Step {
    /// As announced and as shown in the summary.
    name: &'static str,
    /// Does the work and prints what it finds.
    run: fn() -> Result<(), Failure>,
}

/// The gate in its order: seconds first, minutes last.
const STEPS: &[Step] = &[
    Step { name: "tools", run: tools },
    Step { name: "format", run: || execute(&mut cargo(&["fmt", "--all", "--check"])) },
    Step { name: "layers", run: layers::run },
    Step { name: "sizes", run: sizes::run },
    Step { name: "book", run: book::run },
    Step { name: "clippy", run: clippy },
    Step { name: "documentation", run: documentation },
    Step { name: "tests", run: || execute(&mut cargo(&["test", "--workspace"])) },
    Step { name: "api", run: api::run },
    Step { name: "python", run: python::run },
    Step { name: "browser", run: browser::run },
];

/// What is printed where there is no PostgreSQL; the tests themselves say it where nobody looks.
const SERVER_LEFT_OUT: &str = "\
left out: the database on PostgreSQL, of which no server is installed; `apt-get install postgresql` brings one
";

/// What is printed where Prometheus's own tool does not try the alert rules.
const RULES_LEFT_OUT: &str = "\
left out: alert rules on series, for want of promtool; `apt-get install prometheus` brings it
";

/// Whether the tests find `promtool`, as `crates/server/tests/deploy.rs` looks for it.
fn has_promtool() -> bool {
    let tool = std::env::var("PROMTOOL").unwrap_or_else(|_| "promtool".to_owned());
    is_there(Command::new(tool).arg("--version"))
}

/// Whether the tests find a PostgreSQL, where `crates/store/tests/cluster` looks for it.
fn has_server() -> bool {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places =
        versions.map(|version| version.path().join("bin")).chain(std::env::split_paths(&path));
    places.any(|bin| bin.join("initdb").exists() && bin.join("pg_ctl").exists())
}

/// Run every step; stop at the first failure and show how long each took, and what is left to other commands.
pub(crate) fn test() -> Result<(), Failure> {
    let outcome = run_all(STEPS);
    eprint!("{}", python::LEFT_OUT);
    if !has_server() {
        eprint!("{SERVER_LEFT_OUT}");
    }
    if !has_promtool() {
        eprint!("{RULES_LEFT_OUT}");
    }
    outcome
}

/// Run the Python tests beside the peers.
pub(crate) fn peers() -> Result<(), Failure> {
    run_all(&[Step { name: "peers", run: python::peers }])
}

/// Run `steps` in order up to the first failure.
fn run_all(steps: &[Step]) -> Result<(), Failure> {
    let mut taken = Vec::new();
    for step in steps {
        eprintln!("── {}", step.name);
        let start = Instant::now();
        let outcome = (step.run)();
        taken.push((step.name, start.elapsed(), outcome.is_ok()));
        if outcome.is_err() {
            eprint!("{}", summary(&taken, steps.len()));
            return outcome;
        }
    }
    eprint!("{}", summary(&taken, steps.len()));
    Ok(())
}

/// Name, verdict and time of each step that was run, and how many were not.
fn summary(taken: &[(&str, Duration, bool)], steps: usize) -> String {
    let mut text = String::from("──\n");
    for (name, time, passed) in taken {
        let verdict = if *passed { "ok" } else { "FAILED" };
        text += &format!("{name:14} {verdict:>6} {:>7.1} s\n", time.as_secs_f64());
    }
    let left = steps - taken.len();
    if left > 0 {
        text += &format!("{left} not run\n");
    }
    text
}

/// Make sure that the formatter and the linter are there; ask rustup for them when it is.
fn tools() -> Result<(), Failure> {
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if is_there(&mut cargo(&[subcommand, "--version"])) {
            continue;
        }
        if !is_there(Command::new("rustup").arg("--version")) {
            return Err(Failure::new(format!(
                "`cargo {subcommand}` is missing; install the {component} component of your Rust toolchain"
            )));
        }
        execute(Command::new("rustup").args(["component", "add", component]))?;
    }
    Ok(())
}

/// Whether a command can be run at all; its output is not shown.
fn is_there(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Lint everything that is compiled, tests and examples too; a warning fails.
fn clippy() -> Result<(), Failure> {
    execute(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

/// Build the documentation of our own crates; a broken link fails.
fn documentation() -> Result<(), Failure> {
    execute(cargo(&["doc", "--no-deps", "--workspace"]).env("RUSTDOCFLAGS", "-D warnings"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_stops_the_run_with_its_code() {
        let steps = [
            Step { name: "good", run: || Ok(()) },
            Step { name: "bad", run: || Err(Failure { code: 101, message: "broken".into() }) },
            Step { name: "never", run: || panic!("ran after a failure") },
        ];
        let failure = run_all(&steps).unwrap_err();
        assert_eq!((failure.code, failure.message.as_str()), (101, "broken"));
    }

    #[test]
    fn the_summary_says_what_was_left_out() {
        let second = Duration::from_secs(1);
        let text = summary(&[("format", second, true), ("clippy", second, false)], 5);
        assert!(
            text.contains("ok") && text.contains("FAILED") && text.contains("3 not run"),
            "{text}"
        );
        assert!(!summary(&[("format", second, true)], 1).contains("not run"));
    }
}
