//! The Python package: built as users get it, installed beside nothing else, and tested.
//!
//! Everything is put below `target/python`: a virtual environment with the exact versions of
//! `python/requirements.txt`, and the wheel. The wheel is built with the profile of the tests, which is
//! optimised, so that crates the tests have built are not built again.
//!
//! Without `python3`, or without a package index where something must be fetched, the step fails and says
//! so; it is never skipped. Another interpreter is chosen with the variable `PYTHON`.
//!
//! # Peers
//! Learners of others – several gigabytes – have an environment of their own, `target/peers-venv`, with the exact
//! versions of `python/peers-requirements.txt`. It is made once, and again when that file changes. All tests of
//! `python/tests` run in it, since it has another version of Gymnasium too. A peer that cannot be installed is named
//! with the reason, and its tests are skipped; the next run tries again.
//!
//! # Speed
//! `bench` gets an environment with a wheel of the release profile, so that like is compared with like.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Failure, execute, root, without_own_package};

/// Least version of Python, as in `pyproject.toml`.
const LEAST: &str = "3.10";

/// What the packages of `python/peers-requirements.txt` stand on: without these nothing can be tested.
const BASE: [&str; 3] = ["gymnasium", "numpy", "pytest"];

/// What is printed where the peers are left out.
pub(crate) const LEFT_OUT: &str = "\
left out: Stable-Baselines3, RLlib and torch with our environments (python/tests/peers, heavy examples);
          `cargo xtask test --peers` fetches them once, about 6 GB, and runs these tests
";

/// Folders and interpreter of the Python steps.
struct Place {
    /// Interpreter that environments are made with.
    python: String,
    /// Where everything is built.
    target: PathBuf,
    /// Interpreter of the environment of `python/requirements.txt`.
    light: PathBuf,
}

impl Place {
    /// The folders, with the light environment made.
    fn new() -> Result<Place, Failure> {
        let python = interpreter_asked()?;
        let target = env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root().join("target"), |dir| root().join(dir));
        let venv = target.join("python").join("venv");
        let light = environment(&python, &venv)?;
        require(&light, &root().join("python").join("requirements.txt"))?;
        Ok(Place { python, target, light })
    }

    /// The folder where tests are run: no sources in it, so that the installed package is imported.
    fn home(&self) -> PathBuf {
        self.target.join("python")
    }

    /// Build the wheel with a profile of Cargo, and install it beside `inside`.
    fn install(&self, profile: &str, inside: &Path) -> Result<(), Failure> {
        let wheels = self.home().join("wheels");
        // A wheel of an earlier state must not be the one that is tested.
        if wheels.exists() {
            fs::remove_dir_all(&wheels).map_err(|error| {
                Failure::new(format!("cannot empty {}: {error}", wheels.display()))
            })?;
        }
        let mut build = at_root(&self.light);
        build
            .args(["-m", "maturin", "build", "--profile", profile, "--locked", "--interpreter"])
            .arg(&self.light);
        execute(build.arg("--out").arg(&wheels).arg("--target-dir").arg(&self.target))?;
        let mut install = at_root(inside);
        install.args(["-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall"]);
        execute(install.arg(wheel(&wheels)?))
    }

    /// `pytest` with the interpreter `inside`; it says which tests were skipped, and why.
    fn pytest(&self, inside: &Path) -> Command {
        let tests = root().join("python").join("tests");
        let mut command = Command::new(inside);
        command.current_dir(self.home());
        command.args(["-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "--rootdir"]);
        command.arg(&tests).arg(&tests);
        command
    }
}

/// Build, install and test the package.
pub(crate) fn run() -> Result<(), Failure> {
    let place = Place::new()?;
    place.install("dev", &place.light)?;
    let mut tests = place.pytest(&place.light);
    execute(tests.arg("--ignore").arg(root().join("python").join("tests").join("peers")))
}

/// Build, install and test the package beside its peers.
pub(crate) fn peers() -> Result<(), Failure> {
    let place = Place::new()?;
    let listed = root().join("python").join("peers-requirements.txt");
    let listed = fs::read_to_string(&listed)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", listed.display())))?;
    let venv = place.target.join("peers-venv");
    let (inside, missing) = peers_environment(&place.python, &venv, &listed)?;
    for line in requirements(&listed) {
        let found = missing.iter().find(|(name, _)| name == line);
        let (verdict, reason) = found
            .map_or(("installed", ""), |(_, reason)| ("MISSING, its tests are skipped: ", reason));
        println!("{line:28} {verdict}{reason}");
    }
    place.install("dev", &inside)?;
    // Threads of torch that wait for each other are what makes small machines slow.
    let mut tests = place.pytest(&inside);
    tests.env("OMP_NUM_THREADS", "1").env("RAY_USAGE_STATS_ENABLED", "0");
    execute(&mut tests)
}

/// An interpreter with a wheel of the release profile, for `bench`.
pub(crate) fn measured() -> Result<PathBuf, Failure> {
    let place = Place::new()?;
    let inside = environment(&place.python, &place.home().join("bench-venv"))?;
    require(&inside, &root().join("python").join("requirements.txt"))?;
    place.install("release", &inside)?;
    Ok(inside)
}

/// The interpreter of the environment of the peers, and which of them are missing, with the reason.
///
/// The list that was installed is kept in the environment; where it is another one, or none, everything is
/// made again.
fn peers_environment(
    python: &str,
    venv: &Path,
    listed: &str,
) -> Result<(PathBuf, Vec<(String, String)>), Failure> {
    let stamp = venv.join("peers-requirements.txt");
    let inside = interpreter(venv);
    if inside.exists() && fs::read_to_string(&stamp).is_ok_and(|made| made == listed) {
        return Ok((inside, Vec::new()));
    }
    let failed = |error| Failure::new(format!("cannot make {} again: {error}", venv.display()));
    if venv.exists() {
        fs::remove_dir_all(venv).map_err(failed)?;
    }
    let inside = environment(python, venv)?;
    println!("fetching the peers into {}; this takes minutes", venv.display());
    let all = venv.join("wanted.txt");
    fs::write(&all, listed).map_err(failed)?;
    if pip(&inside, &[OsStr::new("--requirement"), all.as_os_str()]).is_ok() {
        fs::write(&stamp, listed).map_err(failed)?;
        return Ok((inside, Vec::new()));
    }
    // One by one, at the versions of the list.
    let held = venv.join("held.txt");
    fs::write(&held, constraints(listed)).map_err(failed)?;
    let mut missing = Vec::new();
    for line in requirements(listed) {
        let arguments = [OsStr::new("--constraint"), held.as_os_str(), OsStr::new(line)];
        if let Err(reason) = pip(&inside, &arguments) {
            if BASE.contains(&name_of(line)) {
                return Err(Failure::new(format!("python: {line} cannot be installed: {reason}")));
            }
            missing.push((line.to_owned(), reason));
        }
    }
    Ok((inside, missing))
}

/// The lines of a list of requirements that ask for something.
fn requirements(listed: &str) -> impl Iterator<Item = &str> {
    listed.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Name of the package that a requirement asks for, without extras and version.
fn name_of(requirement: &str) -> &str {
    requirement.split(['[', '=', '<', '>', '~', '!', ' ', ';']).next().unwrap_or(requirement)
}

/// The list as constraints: pip takes no extras in them.
fn constraints(listed: &str) -> String {
    let bare = |line: &str| match (line.find('['), line.find(']')) {
        (Some(start), Some(end)) if start < end => {
            format!("{}{}\n", &line[..start], &line[end + 1..])
        }
        _ => format!("{line}\n"),
    };
    requirements(listed).map(bare).collect()
}

/// Install by pip; the last thing that it says where it fails.
fn pip(inside: &Path, arguments: &[&OsStr]) -> Result<(), String> {
    let mut command = at_root(inside);
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    let output = command.args(arguments).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
    Err(last.unwrap_or("pip gives no reason").to_owned())
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

/// The interpreter that environments are made with.
pub(crate) fn interpreter_asked() -> Result<String, Failure> {
    let python = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    check(&python)?;
    Ok(python)
}

/// Where the interpreter of a virtual environment is.
fn interpreter(venv: &Path) -> PathBuf {
    if cfg!(windows) {
        venv.join("Scripts").join("python.exe")
    } else {
        venv.join("bin").join("python")
    }
}

/// The interpreter of a virtual environment, which is made where there is none.
pub(crate) fn environment(python: &str, venv: &Path) -> Result<PathBuf, Failure> {
    let inside = interpreter(venv);
    if !inside.exists() {
        execute(Command::new(python).args(["-m", "venv"]).arg(venv))?;
    }
    Ok(inside)
}

/// Install what `requirements` asks for.
pub(crate) fn require(inside: &Path, requirements: &Path) -> Result<(), Failure> {
    let mut fetch = at_root(inside);
    fetch.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    execute(fetch.arg(requirements)).map_err(|failure| Failure {
        message: format!(
            "the packages of {} cannot be fetched; a package index must be reachable the first time\n{}",
            requirements.display(),
            failure.message
        ),
        ..failure
    })
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
    without_own_package(&mut command);
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

    const LISTED: &str = "# Words\nnumpy==2.2.6\n\nray[rllib]==2.60.0\n  torch==2.15.0\n";

    #[test]
    fn a_list_of_requirements_is_read_as_pip_reads_it() {
        let lines: Vec<&str> = requirements(LISTED).collect();
        assert_eq!(lines, ["numpy==2.2.6", "ray[rllib]==2.60.0", "torch==2.15.0"]);
        let names: Vec<&str> = lines.into_iter().map(name_of).collect();
        assert_eq!(names, ["numpy", "ray", "torch"]);
        assert_eq!(constraints(LISTED), "numpy==2.2.6\nray==2.60.0\ntorch==2.15.0\n");
    }

    #[test]
    fn what_the_peers_stand_on_is_in_their_list() {
        let listed = fs::read_to_string(root().join("python/peers-requirements.txt")).unwrap();
        let names: Vec<&str> = requirements(&listed).map(name_of).collect();
        assert!(BASE.iter().all(|base| names.contains(base)), "{names:?}");
        assert!(requirements(&listed).all(|line| line.contains("==")), "every version is exact");
    }
}
