//! Backups by schedule: one after the other, so many of them, and nothing left of those that were killed.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::backup::{Copied, opened_copy, scratch_beside};
use super::{Command, Database, Verified, now_us};
use crate::StoreError;

/// The file whose lock is the turn in a directory.
const TURN: &str = ".turn";
/// Beginning of the name of a directory in which a backup is tried.
const DRILL: &str = ".drill-";
/// Pause before a lock that somebody holds is asked for again.
const AGAIN: Duration = Duration::from_millis(20);

/// What a drill has shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Drill {
    /// The backup that was brought back.
    pub backup: PathBuf,
    /// How long it took to bring it back.
    pub restored_in: Duration,
    /// How long it took to verify it.
    pub verified_in: Duration,
    /// What was found.
    pub verified: Verified,
}

/// Backups that are taken again and again into a directory.
///
/// # Turns
/// Whoever backs up or drills there holds the lock of the file `.turn` in the directory, which the system lets go when a process
/// ends, however it ends. So two schedules into one directory follow each other, and whatever a backup under way looks like
/// (`backup-NUMBER.db.partial` and its log, a directory `.drill-…`) is left over when it is found by the holder of the lock: it is removed.
/// Files of other names are never touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Where they are kept.
    pub directory: PathBuf,
    /// How many are kept; at least 1.
    pub keep: usize,
}

impl Schedule {
    /// The backups that are there, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Io`] where the directory cannot be read.
    pub fn backups(&self) -> Result<Vec<PathBuf>, StoreError> {
        let io = |source| StoreError::io("read", &self.directory, source);
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.directory).map_err(io)? {
            let path = entry.map_err(io)?.path();
            // What somebody else keeps there under another name is not ours to count or to remove.
            if let Some(number) = number_of(&path) {
                found.push((number, path));
            }
        }
        // By number: names of another length sort otherwise.
        found.sort();
        Ok(found.into_iter().map(|(_, path)| path).collect())
    }

    /// Wait for the turn in the directory, and clear what was left over.
    fn turn(&self, wait: Duration) -> Result<Turn, StoreError> {
        let path = self.directory.join(TURN);
        let io = |source| StoreError::io("create a file in", &self.directory, source);
        let mut options = File::options();
        let file = options.create(true).truncate(false).write(true).open(&path).map_err(io)?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if start.elapsed() < wait => {
                    std::thread::sleep(AGAIN);
                }
                Err(TryLockError::WouldBlock) => {
                    let place = self.directory.display().to_string();
                    return Err(StoreError::DatabaseBusy { place });
                }
                // A file system without locks: nobody can tell what is left over, so all of it stays.
                Err(TryLockError::Error(error)) if has_no_locks(&error) => {
                    return Ok(Turn { _file: file });
                }
                Err(TryLockError::Error(error)) => return Err(io(error)),
            }
        }
        self.clear()?;
        Ok(Turn { _file: file })
    }

    /// Remove what backups and drills left that were killed; only the holder of the lock may.
    fn clear(&self) -> Result<(), StoreError> {
        let io = |source| StoreError::io("read", &self.directory, source);
        for entry in std::fs::read_dir(&self.directory).map_err(io)? {
            let entry = entry.map_err(io)?;
            let path = entry.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_directory = || entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_partial(&name) {
                std::fs::remove_file(&path).map_err(|e| StoreError::io("remove", &path, e))?;
            } else if name.starts_with(DRILL) && is_directory() {
                std::fs::remove_dir_all(&path).map_err(|e| StoreError::io("remove", &path, e))?;
            }
        }
        Ok(())
    }
}

/// The turn in a directory; it ends when this is dropped.
struct Turn {
    _file: File,
}

impl Database {
    /// Take a backup into a directory and remove those beyond the number that is kept.
    ///
    /// # Errors
    /// As [`Database::backup`]; older backups stay then. [`StoreError::DatabaseBusy`] while another process takes its turn in
    /// the directory for longer than may be waited.
    pub fn scheduled_backup(&self, schedule: &Schedule) -> Result<Copied, StoreError> {
        let directory = &schedule.directory;
        let io = |source| StoreError::io("create a file in", directory, source);
        std::fs::create_dir_all(directory).map_err(io)?;
        let _turn = schedule.turn(self.settings().wait)?;
        // The clock may step back: a name is never used twice, and the newest sorts last.
        let newest = schedule.backups()?.last().and_then(|path| number_of(path)).unwrap_or(0);
        let number = now_us().max(newest.saturating_add(1));
        let copied = self.backup(&directory.join(format!("backup-{number:020}.db")))?;
        let backups = schedule.backups()?;
        for old in &backups[..backups.len().saturating_sub(schedule.keep.max(1))] {
            std::fs::remove_file(old).map_err(|source| StoreError::io("remove", old, source))?;
        }
        Ok(copied)
    }

    /// Bring the newest backup of a schedule back into a scratch place, verify it, and record in the audit trail what came of
    /// it.
    ///
    /// # Errors
    /// [`StoreError::DatabaseBusy`] while another process takes its turn in the directory for longer than may be waited;
    /// [`StoreError::Missing`] where there is no backup; a backup that is not whole is told in the result.
    pub fn drill(&self, schedule: &Schedule, who: &str) -> Result<Drill, StoreError> {
        let _turn = schedule.turn(self.settings().wait)?;
        let backup = schedule.backups()?.pop();
        let name = schedule.directory.display().to_string();
        let backup = backup.ok_or_else(|| self.missing("backup in", &name))?;
        let start = Instant::now();
        let scratch = scratch_beside(&backup, DRILL)?;
        let place = scratch.path().join("drill.db");
        let copy = opened_copy(&backup, &place);
        let restored_in = start.elapsed();
        let start = Instant::now();
        let verified = match copy {
            Ok(copy) => copy.verify()?,
            Err(StoreError::DatabaseDamaged { reason, .. }) => {
                Verified { problems: vec![reason], count: 1, ..Verified::default() }
            }
            Err(error) => return Err(error),
        };
        let verified_in = start.elapsed();
        self.record_command(&Command {
            who: who.to_owned(),
            action: "backup drill".to_owned(),
            target: backup.display().to_string(),
            detail: format!(
                "{{\"sound\": {}, \"rows\": {}, \"restored_s\": {:.3}, \"verified_s\": {:.3}}}",
                verified.is_sound(),
                verified.rows,
                restored_in.as_secs_f64(),
                verified_in.as_secs_f64()
            ),
        })?;
        Ok(Drill { backup, restored_in, verified_in, verified })
    }
}

/// Whether a file system says that it has no locks: that it knows none, or that nobody there keeps them.
fn has_no_locks(error: &std::io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error() == Some(rustix::io::Errno::NOLCK.raw_os_error()) {
        return true;
    }
    error.kind() == ErrorKind::Unsupported
}

fn number_of(path: &Path) -> Option<i64> {
    let name = path.file_name()?.to_str()?;
    name.strip_prefix("backup-")?.strip_suffix(".db")?.parse().ok()
}

/// Whether a name is that of a scheduled backup under way, or of a log beside it.
fn is_partial(name: &str) -> bool {
    let stem = ["", "-wal", "-shm", "-journal"]
        .into_iter()
        .find_map(|ending| name.strip_suffix(ending)?.strip_suffix(".partial"));
    stem.is_some_and(|stem| number_of(Path::new(stem)).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_file_system_without_locks_is_told_by_its_error() {
        use rustix::io::Errno;
        let error = |errno: Errno| std::io::Error::from_raw_os_error(errno.raw_os_error());
        for none in [Errno::NOLCK, Errno::NOTSUP, Errno::NOSYS] {
            assert!(has_no_locks(&error(none)), "{none}");
        }
        for other in [Errno::ACCESS, Errno::IO, Errno::ROFS] {
            assert!(!has_no_locks(&error(other)), "{other}");
        }
    }

    #[test]
    fn what_is_left_over_is_told_by_its_name() {
        let number = "00001764417600000000";
        for name in [
            format!("backup-{number}.db.partial"),
            format!("backup-{number}.db.partial-wal"),
            format!("backup-{number}.db.partial-journal"),
            "backup-7.db.partial-shm".to_owned(),
        ] {
            assert!(is_partial(&name), "{name}");
        }
        for name in [
            format!("backup-{number}.db"),
            "backup-mine.db.partial".to_owned(),
            "runs.db.partial".to_owned(),
            "backup-7.db.partial.txt".to_owned(),
            ".turn".to_owned(),
        ] {
            assert!(!is_partial(&name), "{name}");
        }
    }
}
