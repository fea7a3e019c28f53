//! A training in a group of processes that has less memory than it would take finishes, with the same bits.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // Test code outside `#[test]` functions too.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Lanes; with plenty of memory they take well over the limit.
const LANES: &str = "2048";
/// Limit of the group, bytes.
const LIMIT: u64 = 512 << 20;

/// A group of processes with a limit, below the one of this process, removed when it is dropped.
struct Group(PathBuf);

impl Group {
    /// Of version 2 or 1; else why there is none.
    fn new() -> Result<Group, String> {
        let own = fs::read_to_string("/proc/self/cgroup").map_err(|error| error.to_string())?;
        let mounts =
            fs::read_to_string("/proc/self/mountinfo").map_err(|error| error.to_string())?;
        let mut why = "no hierarchy that bounds memory is mounted".to_owned();
        for line in mounts.lines() {
            let Some((front, back)) = line.split_once(" - ") else { continue };
            let point = Path::new(front.split(' ').nth(4).unwrap());
            let is_v1 = back.starts_with("cgroup ") && back.ends_with("memory");
            let (limit, prefix) = if back.starts_with("cgroup2 ") {
                ("memory.max", "0::")
            } else if is_v1 {
                ("memory.limit_in_bytes", ":memory:")
            } else {
                continue;
            };
            let path = own.lines().find_map(|line| Some(line.split_once(prefix)?.1));
            let Some(path) = path else { continue };
            let name = format!("lunar-habitat-test-{}", std::process::id());
            let group = point.join(path.trim_start_matches('/')).join(name);
            if let Err(error) = fs::create_dir(&group) {
                why = format!("{}: {error}", group.display());
                continue;
            }
            let group = Group(group);
            match fs::write(group.0.join(limit), LIMIT.to_string()) {
                Ok(()) => return Ok(group),
                Err(error) => why = format!("{}: {error}", group.0.join(limit).display()),
            }
        }
        Err(why)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

fn train(out: &Path, group: Option<&Group>) -> Output {
    let program = env!("CARGO_BIN_EXE_lunar-habitat");
    let enter = group.map_or(String::new(), |group| {
        format!("echo $$ > '{}/cgroup.procs' && ", group.0.display())
    });
    let out = out.display();
    let line = format!(
        "{enter}exec '{program}' train --scenario artemis-30d --lanes {LANES} --segment 2 --decisions 8192 \
         --threads 2 --out '{out}' --json"
    );
    Command::new("sh").args(["-c", &line]).output().unwrap()
}

fn policy(out: &Path) -> Vec<u8> {
    let all = fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path());
    let dirs: Vec<PathBuf> = all.filter(|path| path.is_dir()).chain([out.to_path_buf()]).collect();
    let found = dirs.iter().map(|dir| dir.join("policy.safetensors")).find(|path| path.exists());
    fs::read(found.unwrap()).unwrap()
}

fn peak_mb(run: &Output) -> f64 {
    let told: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    told[0]["peak_mb"].as_f64().unwrap()
}

#[test]
#[ignore = "two trainings of a minute: cargo test --release -p lunar-habitat-cli --test small_memory -- --ignored --nocapture"]
fn a_training_that_would_be_killed_finishes_with_the_same_bits() {
    let group = match Group::new() {
        Ok(group) => group,
        Err(why) => {
            println!("skipped: this system gives no group with a limit on memory: {why}");
            return;
        }
    };
    let dir = tempfile::tempdir().unwrap();
    let (free, bound) = (dir.path().join("free"), dir.path().join("bound"));
    let bound_run = train(&bound, Some(&group));
    let words = String::from_utf8_lossy(&bound_run.stderr).into_owned();
    assert!(bound_run.status.success(), "{:?} {words}", bound_run.status);
    let free_run = train(&free, None);
    assert!(free_run.status.success());
    let (most, least) = (peak_mb(&free_run), peak_mb(&bound_run));
    println!("{most:.0} MB without a limit, {least:.0} MB under one of {} MB", LIMIT / 1_000_000);
    assert!(most * 1e6 > 1.2 * LIMIT as f64, "{most} MB do not need the limit");
    assert!(policy(&free) == policy(&bound), "policies differ");
}
