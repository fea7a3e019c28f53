//! Story: backups by schedule are killed, and meet each other; nothing is left over, and nothing that lives is touched.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod telemetry;

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

use lunar_habitat_store::{Database, DatabaseSettings, Schedule, StoreError};
use telemetry::{Actor, block, ingest, names, open, part, stream, tell};

/// A process that backs a database up again and again.
#[test]
fn copier() {
    let Some(words) = part() else { return };
    let database = open(&words[0].parse().unwrap());
    let schedule = Schedule { directory: words[1].clone().into(), keep: 3 };
    tell("begins");
    loop {
        database.scheduled_backup(&schedule).unwrap();
    }
}

/// A process that is in the midst of a backup, and stays there.
#[test]
fn sleeper() {
    let Some(words) = part() else { return };
    let directory = Path::new(&words[0]);
    let file = File::create(directory.join(".turn")).unwrap();
    file.lock().unwrap();
    fs::write(directory.join("backup-00000000000000000005.db.partial"), "half").unwrap();
    fs::create_dir(directory.join(".drill-abc")).unwrap();
    tell("sleeps");
    loop {
        std::thread::sleep(Duration::from_secs(1));
    }
}

fn filled(path: &Path, rows: i64) -> Database {
    let database = open(&path.into());
    let stream = stream(&database, "telemetry", 8);
    let mut ingest = ingest(&database, &stream);
    (0..rows).step_by(1_000).for_each(|from| ingest.append(&block(from..from + 1_000, 8)).unwrap());
    ingest.finish().unwrap();
    database
}

/// Names that are no whole backup.
fn left(directory: &Path) -> Vec<String> {
    let whole = |name: &String| name == ".turn" || name.ends_with(".db");
    names(directory).into_iter().filter(|name| !whole(name)).collect()
}

#[test]
fn what_a_killed_backup_leaves_the_next_one_removes() {
    let dir = tempfile::tempdir().unwrap();
    let (place, backups) = (dir.path().join("runs.db"), dir.path().join("backups"));
    let database = filled(&place, 100_000);
    fs::create_dir(&backups).unwrap();
    for mine in [".drill-notes", "mine.partial"] {
        fs::write(backups.join(mine), "not of a backup").unwrap();
    }
    let schedule = Schedule { directory: backups.clone(), keep: 3 };
    // Whether one is hit is a matter of chance, most of the time of such a process being in a backup.
    let (mut found, began) = (0, Instant::now());
    while found < 3 {
        let has_time = began.elapsed() < Duration::from_secs(180);
        assert!(has_time, "{found} were killed within a backup");
        let words = [place.display().to_string(), backups.display().to_string()];
        let actor = Actor::start("copier", &[&words[0], &words[1]]);
        actor.next();
        // Killed while it copies, as far as one can see that from here.
        let start = Instant::now();
        while left(&backups).len() < 3 && start.elapsed() < Duration::from_secs(20) {
            std::thread::yield_now();
        }
        actor.kill();
        found += usize::from(left(&backups).len() > 2);
        database.scheduled_backup(&schedule).unwrap();
        assert_eq!(left(&backups), [".drill-notes", "mine.partial"]);
        assert!(schedule.backups().unwrap().len() <= 3);
    }
    for backup in schedule.backups().unwrap() {
        assert!(open(&backup.as_path().into()).verify().unwrap().is_sound());
    }
}

#[test]
fn what_a_living_process_writes_stays() {
    let dir = tempfile::tempdir().unwrap();
    let backups = dir.path().join("backups");
    fs::create_dir(&backups).unwrap();
    let place = dir.path().join("runs.db");
    drop(filled(&place, 1_000));
    let settings =
        DatabaseSettings { wait: Duration::from_millis(200), ..DatabaseSettings::default() };
    let database = Database::open(&place.as_path().into(), &settings).unwrap();
    let schedule = Schedule { directory: backups.clone(), keep: 1 };
    let actor = Actor::start("sleeper", &[&backups.display().to_string()]);
    assert_eq!(actor.next().as_deref(), Some("sleeps"));
    let error = database.scheduled_backup(&schedule).unwrap_err();
    assert!(matches!(error, StoreError::DatabaseBusy { .. }), "{error}");
    assert_eq!(left(&backups), [".drill-abc", "backup-00000000000000000005.db.partial"]);
    actor.kill();
    database.scheduled_backup(&schedule).unwrap();
    assert_eq!(left(&backups), [""; 0]);
    assert!(database.drill(&schedule, "test").unwrap().verified.is_sound());
    assert_eq!(left(&backups), [""; 0]);
}
