//! The program as a user runs it: words in, exit code and text out.

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

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
