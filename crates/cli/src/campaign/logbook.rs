//! The file of a campaign: its settings, then a line for each mission that has ended.
//!
//! Each line is appended and synced. Who is killed in between leaves whole lines and at
//! most a part of one; the part is cut off when the file is opened again and its mission is flown
//! again. The order of lines has no meaning.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use store::StoreError;

use super::record::{Record, columns};
use super::settings::{Settings, TITLE};
use crate::error::CliError;

/// Name of the file in the directory of a campaign.
pub const NAME: &str = "missions.csv";

/// Missions that have ended, by controller and seed.
pub type Missions = BTreeMap<(String, u64), Record>;

/// A logbook, known to be of the same settings.
pub struct Logbook {
    path: PathBuf,
    /// Open and locked; `None` until the first mission of a new campaign is written.
    file: Option<File>,
    /// Length of the part that is whole, when more is there or nothing is.
    keep: Option<u64>,
    head: String,
    /// What it holds.
    pub missions: Missions,
}

impl Logbook {
    /// Open the logbook in `dir`, or prepare a new one; nothing is written.
    ///
    /// # Errors
    /// [`CliError::Flag`] when the file there is of other settings or no logbook;
    /// [`CliError::Failed`] while another program writes it; [`CliError::Store`].
    pub fn open(dir: &Path, settings: &Settings) -> Result<Logbook, CliError> {
        let path = dir.join(NAME);
        let head = format!("{}{}\n", settings.head(), columns());
        let mut logbook = Logbook { path, file: None, keep: None, head, missions: Missions::new() };
        let opened = OpenOptions::new().read(true).append(true).open(&logbook.path);
        let mut file = match opened {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(logbook),
            Err(error) => return Err(logbook.failed("open", error)),
        };
        logbook.lock(&file)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| logbook.failed("read", error))?;
        logbook.missions = logbook.parse(&text, settings)?;
        let headless = text.len() < logbook.head.len();
        let keep = if headless { 0 } else { whole_lines(&text) };
        logbook.keep = (headless || keep < text.len()).then_some(keep as u64);
        logbook.file = Some(file);
        Ok(logbook)
    }

    /// Keep everybody else out; a file system that knows no locks does without.
    fn lock(&self, file: &File) -> Result<(), CliError> {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(CliError::Failed(format!(
                "another campaign is writing `{}`; wait for it or take another --out",
                self.path.display()
            ))),
            _ => Ok(()),
        }
    }

    /// The missions in the whole lines of a text.
    fn parse(&self, text: &str, settings: &Settings) -> Result<Missions, CliError> {
        // Killed within the head: nothing is lost.
        if self.head.starts_with(text) {
            return Ok(Missions::new());
        }
        let whole = &text[..whole_lines(text)];
        let lines: Vec<&str> = whole.lines().collect();
        let start = lines.iter().position(|line| !line.starts_with('#')).unwrap_or(lines.len());
        if lines.first() != Some(&TITLE) {
            return Err(self.refused(format!("`{NAME}` there is no logbook of a campaign")));
        }
        let differences = settings.differences(&lines[..start]);
        if !differences.is_empty() {
            return Err(self.refused(format!(
                "the missions there were run with other settings, {}; take another directory or \
                 remove `{NAME}`",
                differences.join("; ")
            )));
        }
        let columns = columns();
        if lines.get(start) != Some(&columns.as_str()) {
            return Err(self.refused(format!("line {} of `{NAME}` is not {columns}", start + 1)));
        }
        let mut missions = Missions::new();
        for (index, line) in lines.iter().enumerate().skip(start + 1) {
            let record = Record::parse(line).ok_or_else(|| {
                self.refused(format!("line {} of `{NAME}` is no mission: `{line}`", index + 1))
            })?;
            missions.extend([keyed(record)]);
        }
        Ok(missions)
    }

    /// Append a mission and wait until it is on the disk.
    ///
    /// # Errors
    /// [`CliError::Store`] when the system refuses; whole lines written before are kept.
    pub fn append(&mut self, record: Record) -> Result<(), CliError> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.create()?,
        };
        let mut lines = String::new();
        if let Some(keep) = self.keep.take() {
            file.set_len(keep).map_err(|error| self.failed("repair", error))?;
            if keep == 0 {
                lines.push_str(&self.head);
            }
        }
        lines.push_str(&record.line());
        lines.push('\n');
        file.write_all(lines.as_bytes())
            .and_then(|()| file.sync_data())
            .map_err(|error| self.failed("append to", error))?;
        self.file = Some(file);
        self.missions.extend([keyed(record)]);
        Ok(())
    }

    /// The file of a new campaign, empty.
    fn create(&mut self) -> Result<File, CliError> {
        if let Some(dir) = self.path.parent() {
            std::fs::create_dir_all(dir).map_err(|error| self.failed("create", error))?;
        }
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(&self.path)
            .map_err(|error| self.failed("create", error))?;
        self.lock(&file)?;
        self.keep = Some(0);
        Ok(file)
    }

    fn failed(&self, action: &'static str, source: std::io::Error) -> CliError {
        CliError::Store(StoreError::Io { action, path: self.path.clone(), source })
    }

    /// The directory of the campaign.
    pub fn dir(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// A refusal that names the directory.
    pub fn refused(&self, problem: String) -> CliError {
        CliError::flag(format!("--out {}", self.dir().display()), problem)
    }
}

fn keyed(record: Record) -> ((String, u64), Record) {
    ((record.controller.clone(), record.seed), record)
}

/// Length of a text up to its last line end.
fn whole_lines(text: &str) -> usize {
    text.rfind('\n').map_or(0, |end| end + 1)
}
