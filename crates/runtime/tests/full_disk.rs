//! A full disk is an error of the spill, and what was to be spilled is still there.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // Test code outside `#[test]` functions too.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use lunar_habitat_runtime::RuntimeError;
use lunar_habitat_runtime::memory::{Slab, Spill};

/// Tells the child which directory has a disk of one megabyte.
const SMALL: &str = "SPILL_ON_A_SMALL_DISK";

#[test]
fn a_full_disk_loses_nothing() {
    if let Some(dir) = env::var_os(SMALL) {
        on_a_small_disk(dir.into());
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let line = "mount -t tmpfs -o size=1m tmpfs \"$1\" || exit 77; exec \"$0\" --exact a_full_disk_loses_nothing";
    // In a name space of its own, so that the mount is nobody else's and goes with the child.
    let run = Command::new("unshare")
        .args(["-m", "sh", "-c", line])
        .arg(env::current_exe().unwrap())
        .arg(dir.path())
        .env(SMALL, dir.path())
        .output();
    match run {
        Ok(run) if run.status.success() => {}
        Ok(run) if run.status.code() == Some(101) => panic!("{run:?}"),
        other => println!("skipped: no small disk can be mounted here: {other:?}"),
    }
}

fn on_a_small_disk(dir: PathBuf) {
    let spill = Spill::open(&dir).unwrap();
    let small = spill.put(&[1.5_f32; 10_000]).unwrap();
    let numbers: Vec<f64> = (0..200_000).map(f64::from).collect();
    let error = spill.put(&numbers).unwrap_err();
    assert!(matches!(error, RuntimeError::Spill { .. }), "{error}");
    assert!(error.to_string().contains("No space left"), "{error}");
    let mut slab = Slab::from(numbers.clone());
    assert!(slab.move_to(&spill).is_err());
    assert!(!slab.is_spilled() && slab[..] == numbers[..]);
    // What failed has left nothing on the disk, and what was there before comes back.
    let files = fs::read_dir(spill.path()).unwrap().count();
    assert_eq!(files, 2, "the block and the file that says that its owner lives");
    assert_eq!(spill.bytes(), 40_000);
    let mut back = vec![0.0; 10_000];
    small.read(&mut back).unwrap();
    assert_eq!(back, [1.5; 10_000]);
    assert!(spill.put(&numbers[..50_000]).is_ok());
}
