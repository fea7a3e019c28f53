//! A training in a group of processes that has less memory than it would take finishes, with the same bits.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // Test code outside `#[test]` functions too.

use std::env;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use ::env::habitat::{Plan, scenario};
use ::env::{Task, TaskOptions};
use lunar_habitat_learn::{Cpu, HabitatWorld, Training, TrainingSettings, World};
use runtime::memory::{Limits, MemoryBudget};

/// Lanes; with plenty of memory they take well over the limit.
const LANES: usize = 6_144;
/// Limit of the group, bytes.
const LIMIT: u64 = 512 << 20;
/// Tells a child what to be: `heedful` or `heedless`.
const CHILD: &str = "TRAINING_IN_A_SMALL_GROUP";
/// Where a child keeps its files.
const DIR: &str = "TRAINING_IN_A_SMALL_GROUP_DIR";
const NAME: &str = "a_training_that_would_be_killed_finishes_with_the_same_bits";

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

/// Train, and leave the parameters behind.
fn train(kind: &str, dir: &Path) {
    let loaded = scenario::load("artemis-30d").unwrap();
    let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash).unwrap());
    let task = Task::new(plan, TaskOptions::default()).unwrap();
    let settings = TrainingSettings {
        lanes: LANES,
        segment: 2,
        threads: 2,
        normalise: true,
        black_box: true,
        ..TrainingSettings::default()
    };
    let world = |first: u64, lanes: usize| {
        let world = HabitatWorld::new(&task, 0, first, lanes, None)?;
        Ok(Box::new(world) as Box<dyn World>)
    };
    let cpu = Cpu::new();
    let mut training = Training::new(settings, Box::new(cpu), cpu.level(), &world).unwrap();
    let heedless = MemoryBudget::of(None, |_| Limits::default());
    let budget = if kind == "heedless" { heedless } else { MemoryBudget::process().clone() };
    training.set_thrift(budget, Some(dir.join("spill")));
    for _ in 0..2 {
        training.update().unwrap();
        let thrift = training.thrift();
        let (level, narrow) = (thrift.level(), thrift.is_narrow());
        println!(
            "level {level}, lanes in turns: {narrow}, {} bytes in files",
            thrift.spilled_bytes()
        );
    }
    let mut checkpoint = fs::File::create(dir.join("checkpoint.bin")).unwrap();
    assert!(training.write_checkpoint(&mut checkpoint).unwrap());
    let status = fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap());
}

fn child(kind: &str, dir: &Path, group: Option<&Group>) -> Output {
    fs::create_dir(dir).unwrap();
    let enter = group.map_or(String::new(), |group| {
        format!("echo $$ > '{}/cgroup.procs' && ", group.0.display())
    });
    let line = format!("{enter}exec \"$0\" --exact {NAME} --include-ignored --nocapture");
    let program = env::current_exe().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", &line]).arg(program).env(CHILD, kind).env(DIR, dir);
    shell.output().unwrap()
}

#[test]
#[ignore = "three trainings, a minute: cargo test --release -p lunar-habitat-learn --test small_memory -- --ignored --nocapture"]
fn a_training_that_would_be_killed_finishes_with_the_same_bits() {
    if let (Some(kind), Some(dir)) = (env::var_os(CHILD), env::var_os(DIR)) {
        train(kind.to_str().unwrap(), Path::new(&dir));
        return;
    }
    let group = match Group::new() {
        Ok(group) => group,
        Err(why) => {
            println!("skipped: this system gives no group with a limit on memory: {why}");
            return;
        }
    };
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let killed = child("heedless", &at("killed"), Some(&group));
    assert_eq!(
        killed.status.signal(),
        Some(9),
        "heedless of memory it has to be killed: {killed:?}"
    );
    let bound = child("heedful", &at("bound"), Some(&group));
    let words = |run: &Output| {
        String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr)
    };
    assert!(bound.status.success(), "{:?} {}", bound.status, words(&bound));
    let free = child("heedless", &at("free"), None);
    assert!(free.status.success(), "{}", words(&free));
    println!("under the limit:\n{}\nwithout:\n{}", words(&bound), words(&free));
    let kept = |name: &str| fs::read(at(name).join("checkpoint.bin")).unwrap();
    assert!(kept("bound") == kept("free"), "checkpoints differ");
}
