//! Watches over a training in a process of its own, and starts it again when it ends badly.
//!
//! | how it ended | what is changed |
//! |---|---|
//! | killed, as for want of memory | half the lanes |
//! | a number or the gradient was not finite | half the learning rate |
//! | anything else but bad input | nothing: it is started again |
//!
//! Each change is written into `settings.json` before the training goes on from its last good checkpoint, and stays. After
//! as many tries as are allowed the supervisor gives up.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus};

use serde_json::json;

use super::session::{FAILURE, SETTINGS, read_json};
use crate::error::CliError;
use store::write_atomic;

/// Signal that the system sends for want of memory, and that cannot be caught.
const SIGKILL: i32 = 9;

/// What is done about an end.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Remedy {
    why: &'static str,
    rate_factor: f64,
    lanes_factor: f64,
}

/// The remedy for an end; `not_finite` is what the training said of itself.
fn remedy(signal: Option<i32>, not_finite: bool) -> Remedy {
    if signal == Some(SIGKILL) {
        return Remedy {
            why: "killed, as for want of memory",
            rate_factor: 1.0,
            lanes_factor: 0.5,
        };
    }
    if not_finite {
        return Remedy { why: "not finite any more", rate_factor: 0.5, lanes_factor: 1.0 };
    }
    Remedy { why: "ended by itself", rate_factor: 1.0, lanes_factor: 1.0 }
}

/// Run `arguments` of this program until they are done, at most `retries` times more than once; the training is in `dir`.
///
/// # Errors
/// [`CliError::Failed`] when the tries are used up or the training refuses its input.
pub fn watch(dir: &Path, arguments: &[String], retries: u32) -> Result<(), CliError> {
    let program = std::env::current_exe()
        .map_err(|error| CliError::Failed(format!("this program cannot be found: {error}")))?;
    let mut left = retries;
    loop {
        let _ = std::fs::remove_file(dir.join(FAILURE));
        let status = Command::new(&program)
            .args(arguments)
            .stdout(std::process::Stdio::null())
            .status()
            .map_err(|error| {
                CliError::Failed(format!("the training cannot be started: {error}"))
            })?;
        if status.success() {
            return Ok(());
        }
        let failed = |words: &str| {
            CliError::Failed(format!("the training in {} {words} ({})", dir.display(), how(status)))
        };
        if status.code() == Some(2) {
            return Err(failed("was refused"));
        }
        if left == 0 {
            return Err(failed("ended badly more often than is allowed"));
        }
        left -= 1;
        let told = read_json(&dir.join(FAILURE))?.unwrap_or_default();
        let remedy = remedy(status.signal(), told["kind"] == "not_finite");
        record(dir, remedy, &how(status))?;
        eprintln!("{}: {}; started again, {left} tries left", how(status), remedy.why);
    }
}

fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "an unknown end".to_owned(),
    }
}

/// Write a change where the training finds it.
fn record(dir: &Path, remedy: Remedy, end: &str) -> Result<(), CliError> {
    let path = dir.join(SETTINGS);
    let Some(mut settings) = read_json(&path)? else {
        // It ended before anything was kept: it begins anew, and there is nothing to change.
        return Ok(());
    };
    let change = json!({
        "why": remedy.why,
        "end": end,
        "rate_factor": remedy.rate_factor,
        "lanes_factor": remedy.lanes_factor,
    });
    match settings["changes"].as_array_mut() {
        Some(changes) => changes.push(change),
        None => settings["changes"] = json!([change]),
    }
    let text = serde_json::to_string_pretty(&settings)?;
    Ok(write_atomic(&path, text.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_has_its_remedy() {
        assert_eq!(remedy(Some(SIGKILL), false).lanes_factor, 0.5);
        assert_eq!(remedy(None, true).rate_factor, 0.5);
        let crash = remedy(Some(6), false);
        assert_eq!((crash.rate_factor, crash.lanes_factor), (1.0, 1.0));
    }
}
