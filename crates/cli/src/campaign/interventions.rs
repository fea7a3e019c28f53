//! The file of what shields did: a line for each decision that the rules took over.
//!
//! Lines of a mission are on the disk before it is in the logbook. Who is killed in between finds them
//! twice when the missions are flown again, which are the same to the bit: a line counts once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use env::Intervention;
use store::StoreError;

use crate::error::CliError;

/// Name of the file in the directory of a campaign.
pub const NAME: &str = "interventions.csv";
/// Columns, as its first line names them. Times are s; the last two are empty where nothing breaks.
const COLUMNS: &str = "controller,seed,decision,t_s,limit,breaks_s,rules_break_s";

/// How many decisions of `controller` were taken over in its mission with `seed`, by both.
pub type Counts = BTreeMap<(String, u64), u64>;

/// The lines of one mission.
pub fn lines(controller: &str, seed: u64, interventions: &[Intervention]) -> String {
    let time = |time_s: f64| if time_s.is_finite() { time_s.to_string() } else { String::new() };
    interventions
        .iter()
        .map(|one| {
            let Intervention { t_s, decision, limit, breaks_s, rules_break_s, .. } = one;
            let (breaks, rules) = (time(*breaks_s), time(*rules_break_s));
            format!("{controller},{seed},{decision},{t_s},{limit},{breaks},{rules}\n")
        })
        .collect()
}

/// Append `lines` in `dir`, and wait until they are on the disk; nothing is done for a mission in which nothing was taken over.
///
/// # Errors
/// [`CliError::Store`] when the system refuses.
pub fn append(dir: &Path, lines: &str) -> Result<(), CliError> {
    if lines.is_empty() {
        return Ok(());
    }
    let path = dir.join(NAME);
    std::fs::create_dir_all(dir)
        .and_then(|()| OpenOptions::new().create(true).read(true).append(true).open(&path))
        .and_then(|mut file| {
            // A line that a kill has left in half ends here, and is no line.
            let begin = match last(&mut file)? {
                None => format!("{COLUMNS}\n"),
                Some(b'\n') => String::new(),
                Some(_) => "\n".to_owned(),
            };
            file.write_all(format!("{begin}{lines}").as_bytes())?;
            file.sync_data()
        })
        .map_err(|source| failed("append to", &path, source))
}

/// The last byte of a file; none where it is empty.
fn last(file: &mut File) -> std::io::Result<Option<u8>> {
    if file.metadata()?.len() == 0 {
        return Ok(None);
    }
    let mut byte = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut byte)?;
    Ok(Some(byte[0]))
}

/// Remove the file in `dir`, where there is one.
///
/// # Errors
/// [`CliError::Store`] when the system refuses.
pub fn clear(dir: &Path) -> Result<(), CliError> {
    let path = dir.join(NAME);
    match std::fs::remove_file(&path) {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(failed("remove", &path, source)),
        _ => Ok(()),
    }
}

/// Count the lines in `dir`; none where there is no file.
///
/// # Errors
/// [`CliError::Store`] when the system refuses.
pub fn count(dir: &Path) -> Result<Counts, CliError> {
    let path = dir.join(NAME);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(source) => return Err(failed("read", &path, source)),
    };
    let decisions: BTreeSet<(String, u64, u64)> = text.lines().filter_map(parse).collect();
    let mut counts = Counts::new();
    for (controller, seed, _) in decisions {
        *counts.entry((controller, seed)).or_insert(0) += 1;
    }
    Ok(counts)
}

/// Controller, seed and decision of a whole line.
fn parse(line: &str) -> Option<(String, u64, u64)> {
    let cells: Vec<&str> = line.split(',').collect();
    let [controller, seed, decision, _, _, _, _] = cells[..] else {
        return None;
    };
    Some((controller.to_owned(), seed.parse().ok()?, decision.parse().ok()?))
}

fn failed(action: &'static str, path: &Path, source: std::io::Error) -> CliError {
    CliError::Store(StoreError::Io { action, path: PathBuf::from(path), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_counts_once_and_half_a_line_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        assert!(count(dir.path()).unwrap().is_empty());
        let one = |decision: u64| Intervention {
            t_s: 21_600.0 * decision as f64,
            decision,
            limit: "oxygen",
            breaks_s: 3_600.0,
            rules_break_s: f64::INFINITY,
            asked: vec![0.0],
            done: vec![0.0],
        };
        let both = lines("policy-1-shielded", 7, &[one(2), one(3)]);
        assert_eq!(both.lines().next(), Some("policy-1-shielded,7,2,43200,oxygen,3600,"));
        append(dir.path(), "").unwrap();
        assert!(!dir.path().join(NAME).exists());
        append(dir.path(), &both).unwrap();
        let whole = std::fs::read(dir.path().join(NAME)).unwrap();
        append(dir.path(), "").unwrap();
        assert_eq!(std::fs::read(dir.path().join(NAME)).unwrap(), whole);
        // Killed within a line, and flown again.
        let path = dir.path().join(NAME);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 20]).unwrap();
        append(dir.path(), &both).unwrap();
        let counts = count(dir.path()).unwrap();
        assert_eq!(counts, Counts::from([(("policy-1-shielded".to_owned(), 7), 2)]));
        clear(dir.path()).unwrap();
        clear(dir.path()).unwrap();
        assert!(count(dir.path()).unwrap().is_empty());
    }
}
