use std::io::{ErrorKind, Write};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{AlarmSink, DeliveryError, Notice};

/// How often a running program is asked whether it has ended.
const ASK: Duration = Duration::from_millis(10);

/// A program that is started for each notice.
///
/// It gets the notice as one line of JSON on its standard input and the key of the notice in the variable `ALARM_KEY`. No shell
/// stands in between, so nothing in a name of a channel is a command. Exit code 0 is delivered; what it prints is thrown away.
#[derive(Debug, Clone)]
pub struct CommandSink {
    program: String,
    arguments: Vec<String>,
    limit: Duration,
}

impl CommandSink {
    /// Start `program` with `arguments`; one that runs longer than `limit` is ended and has failed.
    #[must_use]
    pub fn new(program: &str, arguments: &[&str], limit: Duration) -> CommandSink {
        let arguments = arguments.iter().map(|one| (*one).to_owned()).collect();
        CommandSink { program: program.to_owned(), arguments, limit }
    }

    fn failed(&self, words: impl std::fmt::Display) -> DeliveryError {
        DeliveryError::Failed(format!("`{}`: {words}", self.program))
    }

    /// Wait for the program; end it when its time is over.
    fn wait(&self, child: &mut Child) -> Result<(), DeliveryError> {
        let end = Instant::now() + self.limit;
        loop {
            match child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => return Err(self.failed(status)),
                Ok(None) if Instant::now() < end => sleep(ASK),
                Ok(None) => break,
                Err(error) => return Err(self.failed(error)),
            }
        }
        // Ended and waited for, so that it leaves no entry among the processes.
        let ended = child.kill().and_then(|()| child.wait());
        let words = format!("still running after {} s", self.limit.as_secs_f64());
        Err(self.failed(ended.map_or_else(|error| error.to_string(), |_| words)))
    }
}

impl AlarmSink for CommandSink {
    fn deliver(&mut self, notice: &Notice) -> Result<(), DeliveryError> {
        let line = format!("{}\n", notice.json()?);
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .env("ALARM_KEY", notice.key())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| self.failed(error))?;
        // A line is shorter than a pipe, so this does not wait for a program that does not read; one that has ended without
        // reading is judged by its exit code.
        let told = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(line.as_bytes()));
        let done = self.wait(&mut child);
        match told {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(self.failed(error)),
            _ => done,
        }
    }
}
