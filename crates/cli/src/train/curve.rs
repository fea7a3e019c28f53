//! The learning curve: a line for each update.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use env::{COST_TABLE, COSTS};
use learn::Progress;
use store::StoreError;

use crate::error::CliError;

/// Name of the file.
pub const NAME: &str = "curve.csv";
/// What the first columns are called.
const COLUMNS: &str = "update,decisions,wall_s,episodes,return_mean,success_rate,policy_loss,value_loss,entropy,\
    approx_kl,clip_fraction,explained_variance,norm,decisions_per_s";

/// What the last lines say together.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tail {
    /// Episodes.
    pub episodes: u64,
    /// Sum of their returns.
    pub total: f64,
    /// How many were not lost.
    pub home: u64,
}

impl Tail {
    /// Take in the episodes of an update.
    pub fn see(&mut self, progress: &Progress) {
        for episode in &progress.finished {
            self.episodes += 1;
            self.total += episode.total;
            self.home += u64::from(!episode.is_terminated);
        }
    }

    /// Mean return and share that came home.
    pub fn means(&self) -> (f64, f64) {
        let n = self.episodes as f64;
        (self.total / n, self.home as f64 / n)
    }
}

/// The file, open for more lines.
pub struct Curve {
    path: PathBuf,
    file: File,
}

impl Curve {
    /// Open the curve in `dir`, and forget the lines behind update `updates`: they are written again.
    ///
    /// # Errors
    /// [`CliError::Store`].
    pub fn open(dir: &Path, updates: u64) -> Result<Curve, CliError> {
        let path = dir.join(NAME);
        let failed = |action, source| StoreError::Io { action, path: path.clone(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .map_err(|error| failed("open", error))?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| failed("read", error))?;
        let kept: usize = text
            .split_inclusive('\n')
            .take_while(|line| {
                let first = line.split(',').next().unwrap_or("");
                let number = first.parse::<u64>().ok();
                line.ends_with('\n')
                    && (first == "update" || number.is_some_and(|number| number <= updates))
            })
            .map(str::len)
            .sum();
        file.set_len(kept as u64).map_err(|error| failed("cut", error))?;
        let mut curve = Curve { path: path.clone(), file };
        if kept == 0 {
            let costs: Vec<String> =
                COST_TABLE.iter().map(|cost| format!("cost.{}", cost.name)).collect();
            curve.line(&format!("{COLUMNS},{}", costs.join(",")))?;
        }
        Ok(curve)
    }

    /// Add an update.
    ///
    /// # Errors
    /// [`CliError::Store`].
    pub fn add(&mut self, progress: &Progress, wall_s: f64) -> Result<(), CliError> {
        let mut own = Tail::default();
        own.see(progress);
        let (mean, home) = own.means();
        let text = |value: f64| if value.is_finite() { format!("{value}") } else { String::new() };
        let figures = &progress.figures;
        let decisions_per_s = 1.0 / progress.spent.wall.as_secs_f64();
        let per_update = progress.decisions as f64 / progress.update as f64;
        let mut cells = vec![
            progress.update.to_string(),
            progress.decisions.to_string(),
            format!("{wall_s:.3}"),
            own.episodes.to_string(),
        ];
        cells.extend(
            [
                mean,
                home,
                figures.policy_loss,
                figures.value_loss,
                figures.entropy,
                figures.approx_kl,
                figures.clip_fraction,
                figures.explained_variance,
                figures.norm,
                per_update * decisions_per_s,
            ]
            .map(text),
        );
        cells.extend(progress.costs.iter().take(COSTS).map(|cost| text(*cost)));
        self.line(&cells.join(","))
    }

    fn line(&mut self, line: &str) -> Result<(), CliError> {
        let written = self.file.write_all(format!("{line}\n").as_bytes());
        written.map_err(|source| {
            StoreError::Io { action: "write", path: self.path.clone(), source }.into()
        })
    }
}
