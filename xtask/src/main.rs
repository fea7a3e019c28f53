//! Every chore of the repository, as `cargo xtask CHORE`.
//!
//! `cargo xtask test` is the whole gate: CI calls it and nothing else, so what passes on a desk
//! passes there. A chore prints its findings to standard output and its progress to standard
//! error, and ends with exit code 0 (done), 1 or the code of the command that failed, or 2 (no
//! such chore).
//!
//! Not here: anything a user of the habitat needs; that is the `lunar-habitat` binary.
#![allow(clippy::print_stdout, reason = "a chore's findings are its output")]

mod api;
mod book;
mod browser;
mod layers;
mod names;
mod python;
mod sizes;
mod source;
mod steps;
mod web;

use std::env;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// Shown when no chore, or none that exists, is asked for.
const USAGE: &str = "\
usage: cargo xtask CHORE

  test            everything CI runs, cheapest first
  test --peers    the Python tests beside Stable-Baselines3, RLlib and torch, which are fetched once (6 GB)
  layers          which crate may import which
  sizes           lengths of files, share of documentation, file names, lint tables
  book            every page of the book is in its summary, every link inside leads somewhere
  python          build the Python package in target/python and run its tests
  web             fetch Open MCT again into web/vendor, bit for bit
  browser         drive the page of mission control in a browser
  api             ask a server everything that its description allows, and much that it does not
  bench [ARGS]    lunar-habitat bench, optimised, with the Python package beside it
";

/// Why a chore failed, and the exit code that says so.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Exit code of the chore.
    code: u8,
    /// What is said on standard error.
    message: String,
}

impl Failure {
    /// A failure of the chore itself.
    fn new(message: impl Into<String>) -> Failure {
        Failure { code: 1, message: message.into() }
    }

    /// One sentence and the findings below it.
    fn listing(headline: &str, findings: &[String]) -> Failure {
        Failure::new(format!("{headline}\n  {}", findings.join("\n  ")))
    }
}

/// Run the chore that the first argument names.
fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let outcome = match arguments.first().map(String::as_str) {
        Some("test") => test(&arguments[1..]),
        Some("layers") => layers::run(),
        Some("sizes") => sizes::run(),
        Some("book") => book::run(),
        Some("python") => python::run(),
        Some("web") => web::run(),
        Some("browser") => browser::run(),
        Some("api") => api::run(),
        Some("bench") => bench(&arguments[1..]),
        Some("help" | "--help" | "-h") => {
            print!("{USAGE}");
            Ok(())
        }
        Some(other) => Err(Failure { code: 2, message: format!("no chore `{other}`\n{USAGE}") }),
        None => Err(Failure { code: 2, message: USAGE.to_owned() }),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

/// The gate, or the peers alone.
fn test(arguments: &[String]) -> Result<(), Failure> {
    match arguments {
        [] => steps::test(),
        [flag] if flag == "--peers" => steps::peers(),
        _ => Err(Failure {
            code: 2,
            message: format!("test {}: allowed is nothing, or --peers", arguments.join(" ")),
        }),
    }
}

/// Measure with an optimised build; the arguments go to `lunar-habitat bench` as they are.
///
/// The Python package is built optimised and named in the variable `PYTHON`; where that fails, the rest is measured.
fn bench(arguments: &[String]) -> Result<(), Failure> {
    let mut command = cargo(&["run", "--release", "--package", "lunar-habitat-cli", "--", "bench"]);
    match python::measured() {
        Ok(python) => {
            command.env("PYTHON", python);
        }
        Err(failure) => eprintln!("{}", failure.message),
    }
    execute(command.args(arguments))
}

/// Cargo with `arguments`, at the root of the repository.
///
/// The Cargo that started this chore is used again, so a toolchain chosen on the command line
/// holds for every step.
fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    without_own_package(&mut command);
    command
}

/// The program of tests, built: the one that the tests of Rust start, so that it is there already where they have run. A build for
/// itself would be another one, since the tests ask for other features of what it stands on.
fn program() -> Result<PathBuf, Failure> {
    execute(&mut cargo(&["test", "--workspace", "--no-run", "--test", "serve"]))?;
    Ok(web::target().join("debug").join("lunar-habitat"))
}

/// Leave out what Cargo says of this chore's own package: builds that look at it would be made again whenever somebody calls
/// Cargo without a chore around it.
fn without_own_package(command: &mut Command) {
    let own = |name: &str| {
        name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "OUT_DIR"
    };
    for (name, _) in env::vars().filter(|(name, _)| own(name)) {
        command.env_remove(name);
    }
}

/// Run a command to its end; a failing one passes its exit code on.
fn execute(command: &mut Command) -> Result<(), Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status =
        command.status().map_err(|error| Failure::new(format!("cannot run {name}: {error}")))?;
    if status.success() {
        return Ok(());
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    let arguments: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy()).collect();
    Err(Failure { code, message: format!("failed: {name} {}", arguments.join(" ")) })
}

/// The root of the repository: the directory above this package.
///
/// Cargo says at run time where the package is; a path fixed at build time would be wrong after
/// the checkout has moved.
fn root() -> PathBuf {
    let package =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from("xtask"), PathBuf::from);
    package.parent().map_or_else(|| PathBuf::from("."), PathBuf::from)
}
