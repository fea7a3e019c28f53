//! The Python package: built as users get it, installed beside nothing else, and tested.
//!
//! Everything is put below `target/python`: a virtual environment with the exact versions of
//! `python/requirements.txt`, and the wheel. The wheel is built with the profile of the tests, which is
//! optimised, so that crates the tests have built are not built again.
//!
//! Without `python3`, or without a package index where something must be fetched, the step fails and says
//! so; it is never skipped. Another interpreter is chosen with the variable `PYTHON`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Failure, execute, root};

/// Least version of Python, as in `pyproject.toml`.
const LEAST: &str = "3.10";

/// Build, install and test the package.
pub(crate) fn run() -> Result<(), Failure> {
    let python = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    check(&python)?;
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |dir| root().join(dir));
    let home = target.join("python");
    let requirements = root().join("python").join("requirements.txt");
    let inside = environment(&python, &home.join("venv"), &requirements)?;

    let wheels = home.join("wheels");
    // A wheel of an earlier state must not be the one that is tested.
    if wheels.exists() {
        fs::remove_dir_all(&wheels)
            .map_err(|error| Failure::new(format!("cannot empty {}: {error}", wheels.display())))?;
    }
    let mut build = at_root(&inside);
    build
        .args(["-m", "maturin", "build", "--profile", "dev", "--locked", "--interpreter"])
        .arg(&inside);
    execute(build.arg("--out").arg(&wheels).arg("--target-dir").arg(&target))?;
    let mut install = at_root(&inside);
    install.args(["-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall"]);
    execute(install.arg(wheel(&wheels)?))?;

    // From a folder of its own, so that the installed package is imported and not the sources.
    let mut tests = Command::new(&inside);
    tests.current_dir(&home).args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]);
    execute(tests.arg(root().join("python").join("tests")))
}

/// Make sure that there is an interpreter, new enough and able to make environments.
fn check(python: &str) -> Result<(), Failure> {
    let code = format!(
        "import sys, venv, ensurepip; sys.exit(sys.version_info < ({}))",
        LEAST.replace('.', ", ")
    );
    let there = Command::new(python)
        .args(["-c", &code])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if there {
        Ok(())
    } else {
        Err(Failure::new(format!(
            "python: `{python}` of version {LEAST} or later with the modules venv and ensurepip is missing; \
             install it, or name another one in the variable PYTHON"
        )))
    }
}

/// The interpreter of a virtual environment with what `requirements` asks for.
fn environment(python: &str, venv: &Path, requirements: &Path) -> Result<PathBuf, Failure> {
    let inside = if cfg!(windows) {
        venv.join("Scripts").join("python.exe")
    } else {
        venv.join("bin").join("python")
    };
    if !inside.exists() {
        execute(Command::new(python).args(["-m", "venv"]).arg(venv))?;
    }
    let mut fetch = at_root(&inside);
    fetch.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    execute(fetch.arg(requirements)).map_err(|failure| Failure {
        message: format!(
            "python: the packages of python/requirements.txt cannot be fetched; a package index must be reachable \
             the first time\n{}",
            failure.message
        ),
        ..failure
    })?;
    Ok(inside)
}

/// The one wheel in `dir`.
fn wheel(dir: &Path) -> Result<PathBuf, Failure> {
    let failed = |error| Failure::new(format!("cannot list {}: {error}", dir.display()));
    for entry in fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            return Ok(path);
        }
    }
    Err(Failure::new(format!("python: no wheel in {}", dir.display())))
}

/// A program that runs at the root of the repository.
fn at_root(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_interpreter_is_a_sentence_and_a_failure() {
        let failure = check("no-such-python").unwrap_err();
        assert_eq!(failure.code, 1);
        assert!(failure.message.contains("no-such-python") && failure.message.contains("PYTHON"));
    }
}
