//! Writing to standard output, which carries data and nothing else.

use std::io::{self, Write};

use serde::Serialize;

use crate::error::CliError;

/// Write a text and a line end.
///
/// A reader that has gone away, as `head` does, is not an error.
///
/// # Errors
/// [`CliError::Output`] when the system refuses the bytes.
pub fn text(text: &str) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::Output(error)),
        _ => Ok(()),
    }
}

/// Write a value as one line of JSON.
///
/// # Errors
/// [`CliError::Json`] and [`CliError::Output`].
pub fn json(value: &impl Serialize) -> Result<(), CliError> {
    text(&serde_json::to_string(value)?)
}
