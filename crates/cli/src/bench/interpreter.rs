//! The vector environment as Python sees it, timed in a process of its own that answers a repetition at a time.
//!
//! The interpreter is that of the variable `PYTHON`, else `python3`. It must be able to import the package
//! `lunar_habitat_rl` of this version, built with the same checks as this program, and find the same task in it;
//! otherwise the figure is left out with the reason.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use ::env::Task;
use habitat::scenario;
use serde::Deserialize;

/// What the interpreter runs.
const SCRIPT: &str = include_str!("lanes.py");

/// What is measured, as the script says it first.
#[derive(Debug, Deserialize)]
struct About {
    version: String,
    optimised: bool,
    task_hash: String,
    scenario_hash: String,
}

impl About {
    /// Why its figure would not be comparable with that of `task` in this program.
    fn refusal(&self, task: &Task) -> Option<String> {
        let here = env!("CARGO_PKG_VERSION");
        let scenario_hash = scenario::hex(&task.plan().hash);
        if self.version != here {
            Some(format!("lunar_habitat_rl there is of version {}: needed is {here}", self.version))
        } else if self.optimised == cfg!(debug_assertions) {
            let [there, here] = [self.optimised, !self.optimised]
                .map(|optimised| if optimised { "users" } else { "tests" });
            Some(format!(
                "lunar_habitat_rl there is a build for {there}, this program one for {here}"
            ))
        } else if self.task_hash != scenario::hex(&task.hash())
            || self.scenario_hash != scenario_hash
        {
            Some("lunar_habitat_rl there has another task for this scenario".to_owned())
        } else {
            None
        }
    }
}

/// A process that times lanes.
#[derive(Debug)]
pub struct Interpreter {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// The interpreter that is asked: `PYTHON`, else `python3`.
pub fn program() -> String {
    env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

impl Interpreter {
    /// Start `program` for `lanes` that take `decisions` in a repetition.
    ///
    /// # Errors
    /// A sentence why nothing can be measured.
    pub fn start(
        program: &str,
        task: &Task,
        lanes: usize,
        decisions: usize,
    ) -> Result<Interpreter, String> {
        let mut child = Command::new(program)
            .args(["-c", SCRIPT, &task.plan().scenario.name])
            .args([task.dt_s().to_string(), lanes.to_string(), decisions.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("cannot run `{program}`: {error}"))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("`{program}` has no pipes"));
        };
        let mut interpreter = Interpreter { child, input, output: BufReader::new(output) };
        let line = interpreter.line()?;
        let about: About = serde_json::from_str(&line).map_err(|_| {
            format!("`{program}` cannot make lanes of lunar_habitat_rl: is it installed there?")
        })?;
        match about.refusal(task) {
            Some(reason) => Err(format!("`{program}`: {reason}")),
            None => Ok(interpreter),
        }
    }

    /// One repetition: seconds that were simulated on all lanes together, a second of wall time.
    ///
    /// # Errors
    /// A sentence where the process has ended or says no numbers.
    pub fn repetition(&mut self) -> Result<f64, String> {
        self.input.write_all(b"\n").and_then(|()| self.input.flush()).map_err(|e| e.to_string())?;
        let line = self.line()?;
        let numbers: Vec<f64> =
            line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        match numbers[..] {
            [wall_s, simulated_s] if wall_s > 0.0 => Ok(simulated_s / wall_s),
            _ => Err("the Python process broke off".to_owned()),
        }
    }

    /// The next line that the process says, empty where it has ended.
    fn line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        self.output.read_line(&mut line).map_err(|error| error.to_string())?;
        Ok(line)
    }
}

impl Drop for Interpreter {
    /// End the process, whatever it does.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::super::rate;
    use super::*;
    use ::env::TaskOptions;

    fn task() -> std::sync::Arc<Task> {
        Task::new(rate::shipped("cabin-30d").unwrap(), TaskOptions::default()).unwrap()
    }

    #[test]
    fn no_interpreter_and_one_without_the_package_are_a_sentence() {
        let task = task();
        let none = Interpreter::start("no-such-python", &task, 2, 1).unwrap_err();
        assert!(none.starts_with("cannot run `no-such-python`: "), "{none}");
        // This test program knows nothing of Python.
        let other = std::env::current_exe().unwrap().display().to_string();
        let other = Interpreter::start(&other, &task, 2, 1).unwrap_err();
        assert!(other.ends_with("is it installed there?"), "{other}");
    }

    #[test]
    fn another_version_build_or_task_is_not_compared() {
        let task = task();
        let same = || About {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            optimised: !cfg!(debug_assertions),
            task_hash: scenario::hex(&task.hash()),
            scenario_hash: scenario::hex(&task.plan().hash),
        };
        assert_eq!(same().refusal(&task), None);
        for (about, word) in [
            (About { version: "0.0.0".to_owned(), ..same() }, "of version 0.0.0"),
            (About { optimised: cfg!(debug_assertions), ..same() }, "a build for"),
            (About { task_hash: "00".to_owned(), ..same() }, "another task"),
            (About { scenario_hash: "00".to_owned(), ..same() }, "another task"),
        ] {
            let reason = about.refusal(&task).unwrap();
            assert!(reason.contains(word), "{reason}");
        }
    }
}
