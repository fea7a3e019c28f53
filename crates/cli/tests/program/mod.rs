//! The program as a user runs it: words in, exit code and text out.

#![allow(dead_code)] // Each file of tests takes what it needs.

use std::path::Path;
use std::process::{Command, Output};

/// Run the program in `dir`.
pub fn run_in(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lunar-habitat"))
        .args(arguments)
        .current_dir(dir)
        .output()
        .unwrap()
}

/// Run it in `dir` with the words of one line.
pub fn line(dir: &Path, line: &str) -> Output {
    run_in(dir, &line.split_whitespace().collect::<Vec<_>>())
}

/// What a line prints, which has to succeed.
pub fn printed(dir: &Path, words: &str) -> String {
    let output = line(dir, words);
    assert_eq!(output.status.code(), Some(0), "{words}: {}", stderr(&output));
    stdout(&output)
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
