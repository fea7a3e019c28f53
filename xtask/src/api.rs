//! The server asked everything that its description allows, and much that it does not.
//!
//! `schemathesis` reads `/openapi.json` of a real server, draws requests, valid ones and wrong ones, alone and in sequences, and
//! holds the answers against the description: statuses, types, what is refused, who may ask. `fuzz/api` has its settings, and
//! the names that a description cannot tell. What is drawn is the same at each run.
//!
//! Everything is put below `target/api`: a virtual environment with the exact versions of `fuzz/api/requirements.txt`, and the
//! database of the server.
//!
//! Not here: roles, limits and slow clients (`crates/server/tests/access.rs`).

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Failure, execute, program, python, root, web};

/// Who asks: an administrator, since the others may not ask for everything.
const TOKEN: &str = "asks-everything-0001";
/// Writes the description down, for which one has to say who asks, too.
const READ: &str = "
import sys, urllib.request
url, token = sys.argv[1:]
asked = urllib.request.Request(url + '/openapi.json', headers={'Authorization': 'Bearer ' + token})
open('openapi.json', 'wb').write(urllib.request.urlopen(asked).read())
";
/// Longest wait for the server to end.
const END: Duration = Duration::from_secs(60);

/// Build the program, fetch what asks, let it ask.
pub(crate) fn run() -> Result<(), Failure> {
    let program = program()?;
    let home = web::target().join("api");
    let sources = root().join("fuzz").join("api");
    let inside = python::environment(&python::interpreter_asked()?, &home.join("venv"))?;
    python::require(&inside, &sources.join("requirements.txt"))?;
    let work = home.join("work");
    let failed = |error| Failure::new(format!("cannot make {}: {error}", work.display()));
    if work.exists() {
        fs::remove_dir_all(&work).map_err(failed)?;
    }
    fs::create_dir_all(&work).map_err(failed)?;
    fs::write(work.join("tokens.txt"), format!("admin everything {TOKEN}\n")).map_err(failed)?;
    for name in ["schemathesis.toml", "hooks.py"] {
        fs::copy(sources.join(name), work.join(name)).map_err(failed)?;
    }
    let mut server = Serving::start(&program, &work)?;
    let mut read = Command::new(&inside);
    read.current_dir(&work).args(["-c", READ, &server.url, TOKEN]);
    let mut asking = Command::new(inside.with_file_name("schemathesis"));
    asking.current_dir(&work).env("API_TOKEN", TOKEN);
    asking.args(["run", "openapi.json", "--url", &server.url, "--no-color"]);
    let asked = execute(&mut read).and_then(|()| execute(&mut asking));
    let ended = server.end();
    asked.and(ended)
}

/// A server that was started.
struct Serving {
    child: Child,
    url: String,
}

impl Serving {
    fn start(program: &Path, work: &Path) -> Result<Serving, Failure> {
        let failed = |error| Failure::new(format!("cannot start {}: {error}", program.display()));
        let mut child = Command::new(program)
            .args(["serve", "--addr", "127.0.0.1:0", "--requests", "100000"])
            .args(["--tokens", "tokens.txt", "--store", "sessions.db"])
            .current_dir(work)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        let mut line = String::new();
        if let Some(told) = child.stdout.take() {
            BufReader::new(told).read_line(&mut line).map_err(failed)?;
        }
        match line.trim().strip_prefix("listening on ") {
            Some(url) => Ok(Serving { url: url.to_owned(), child }),
            None => Err(Failure::new("api: the server ended before it listened")),
        }
    }

    /// End it; whatever it was asked, it ends as it should.
    fn end(&mut self) -> Result<(), Failure> {
        execute(Command::new("kill").args(["-TERM", &self.child.id().to_string()]))?;
        let begun = Instant::now();
        while begun.elapsed() < END {
            match self.child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => {
                    return Err(Failure::new(format!("api: the server ended with {status}")));
                }
                Ok(None) => std::thread::sleep(Duration::from_millis(50)),
                Err(error) => return Err(Failure::new(format!("api: {error}"))),
            }
        }
        Err(Failure::new(format!("api: the server did not end within {} s", END.as_secs())))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // One that has ended is not there any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
