//! Episodes of a run in a database: what was seen, done and got, as columns of [`env::Rollout`].
//!
//! They are files of the run of the kind `trajectory`: Parquet, in parts of [`ROW_GROUP_ROWS`] rows, so that no part is longer
//! than a database takes and none is held beside another. A trajectory is whole when its last part says so; one of a run that
//! was cut off is refused.

use catalogue::Frame;
use serde_json::{Value, json};
use store::{
    ArtifactInfo, Database, FrameFormat, FrameReader, FrameWriter, ROW_GROUP_ROWS, Run, StoreError,
};

use crate::error::CliError;

/// Kind of the files.
pub const KIND: &str = "trajectory";
/// Name of the trajectory of a run that has one.
pub const NAME: &str = "episodes";

/// Name of a part within its run.
fn part_name(name: &str, part: usize) -> String {
    format!("{name}-{part:06}.parquet")
}

/// A trajectory that is being kept.
#[derive(Debug)]
pub struct Trajectory {
    database: Database,
    run: i64,
    name: String,
    held: Frame,
    parts: usize,
}

impl Trajectory {
    /// Begin the trajectory `name` of run number `run`, with the columns and facts of `shape` and none of its rows.
    pub fn begin(database: &Database, run: i64, name: &str, shape: &Frame) -> Trajectory {
        let (database, held) = (database.clone(), shape.shape());
        Trajectory { database, run, name: name.to_owned(), held, parts: 0 }
    }

    /// Append all rows of `frame`; full parts go to the database.
    ///
    /// # Errors
    /// [`CliError`] where its columns are others, or the database refuses.
    pub fn append(&mut self, frame: &Frame) -> Result<(), CliError> {
        self.held.accepts(frame).map_err(StoreError::from)?;
        let mut from = 0;
        while from < frame.rows() {
            let room = ROW_GROUP_ROWS - self.held.rows();
            self.held.append(frame, from..from + room).map_err(StoreError::from)?;
            from += room;
            if self.held.rows() == ROW_GROUP_ROWS {
                self.keep(false)?;
            }
        }
        Ok(())
    }

    /// Keep what is left; the trajectory is whole then.
    ///
    /// # Errors
    /// As [`Trajectory::append`].
    pub fn finish(mut self) -> Result<(), CliError> {
        self.keep(true)
    }

    fn keep(&mut self, is_last: bool) -> Result<(), CliError> {
        let detail = json!({ "rows": self.held.rows(), "last": is_last }).to_string();
        let name = part_name(&self.name, self.parts);
        self.database.keep_artifact(self.run, KIND, &name, &detail, &bytes(&self.held)?)?;
        self.held.clear();
        self.parts += 1;
        Ok(())
    }
}

/// A frame as the bytes of a Parquet file.
fn bytes(frame: &Frame) -> Result<Vec<u8>, CliError> {
    let dir = tempfile::tempdir().map_err(no_room)?;
    let path = dir.path().join("part.parquet");
    store::write_frame(&path, FrameFormat::Parquet, frame)?;
    std::fs::read(&path).map_err(no_room)
}

fn no_room(error: std::io::Error) -> CliError {
    CliError::Failed(format!("cannot use the folder for temporary files: {error}"))
}

/// A trajectory of a run in a database.
#[derive(Debug)]
pub struct Recorded {
    /// Its name within the run.
    pub name: String,
    /// Its parts.
    parts: Vec<ArtifactInfo>,
}

impl Recorded {
    /// The trajectories of a run.
    ///
    /// # Errors
    /// [`CliError`] where the database refuses.
    pub fn all(database: &Database, run: &Run) -> Result<Vec<Recorded>, CliError> {
        let mut all: Vec<Recorded> = Vec::new();
        // In the order of their names, which is that of their numbers.
        for info in database.artifacts(run.id)?.into_iter().filter(|info| info.kind == KIND) {
            let Some((name, _)) = info.name.rsplit_once('-') else { continue };
            match all.iter_mut().find(|one| one.name == name) {
                Some(one) => one.parts.push(info),
                None => all.push(Recorded { name: name.to_owned(), parts: vec![info] }),
            }
        }
        Ok(all)
    }

    /// The trajectory of a run: the one of that name, or without a name the only one.
    ///
    /// # Errors
    /// [`CliError`] where there is none, or several and no name.
    pub fn find(database: &Database, run: &Run, name: &str) -> Result<Recorded, CliError> {
        let told = &run.told.name;
        let mut all = Recorded::all(database, run)?;
        let names: Vec<String> = all.iter().map(|one| format!("`{}`", one.name)).collect();
        let refused = |problem: String| {
            let flag = if name.is_empty() {
                "--episodes".to_owned()
            } else {
                format!("--episodes={name}")
            };
            CliError::flag(flag, problem)
        };
        if all.is_empty() {
            return Err(CliError::Failed(format!(
                "run `{told}` has no trajectory; `simulate`, `evaluate` and `data rollout` keep one with --store"
            )));
        }
        if name.is_empty() {
            return match all.pop() {
                Some(one) if all.is_empty() => Ok(one),
                _ => Err(refused(format!(
                    "run `{told}` has several, name one of {}",
                    names.join(", ")
                ))),
            };
        }
        let at = all.iter().position(|one| one.name == name);
        at.map(|at| all.swap_remove(at))
            .ok_or_else(|| refused(format!("run `{told}` has {}", names.join(", "))))
    }

    /// Write it as a file, part after part; returns rows and episodes that have an end.
    ///
    /// # Errors
    /// [`CliError`] where a part is missing or damaged, and where the file cannot be written; an older one is kept then.
    pub fn export(
        &self,
        database: &Database,
        run: &Run,
        path: &std::path::Path,
        format: FrameFormat,
    ) -> Result<(usize, usize), CliError> {
        // Told before anything is read: a trajectory may be long.
        let is_whole = self.parts.last().is_some_and(|info| {
            serde_json::from_str::<Value>(&info.detail).is_ok_and(|detail| detail["last"] == true)
        });
        if !is_whole {
            return Err(CliError::Failed(format!(
                "the trajectory `{}` of run `{}` is not whole: the run goes on or was cut off",
                self.name, run.told.name
            )));
        }
        let dir = tempfile::tempdir().map_err(no_room)?;
        let scratch = dir.path().join("part.parquet");
        let (mut writer, mut rows, mut episodes) = (None, 0, 0);
        for (at, info) in self.parts.iter().enumerate() {
            if info.name != part_name(&self.name, at) {
                let problem = format!("part {at} of the trajectory `{}` is missing", self.name);
                return Err(CliError::Failed(problem));
            }
            let part = database.artifact(run.id, KIND, &info.name)?;
            std::fs::write(&scratch, &part.bytes).map_err(no_room)?;
            drop(part);
            let mut reader = FrameReader::open(&scratch)?;
            if writer.is_none() {
                writer = Some(FrameWriter::create_as(path, format, reader.shape())?);
            }
            while let Some(frame) = reader.next_rows()? {
                rows += frame.rows();
                episodes += ends(&frame);
                if let Some(writer) = &mut writer {
                    writer.append(&frame)?;
                }
            }
        }
        if let Some(writer) = writer {
            writer.finish()?;
        }
        Ok((rows, episodes))
    }
}

/// Episodes that end in these rows.
fn ends(frame: &Frame) -> usize {
    match frame.column("is_final") {
        Some(catalogue::Values::Bool(is_final)) => is_final.iter().filter(|is| **is).count(),
        _ => 0,
    }
}

/// The facts that every file of episodes has beside those of its task.
pub fn facts(
    difficulty: &str,
    controller: &str,
    seed: u64,
    first_env: u64,
    episodes: u64,
) -> Vec<(String, String)> {
    [
        ("difficulty", difficulty.to_owned()),
        ("controller", controller.to_owned()),
        ("seed", seed.to_string()),
        ("first_env", first_env.to_string()),
        ("episodes", episodes.to_string()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .to_vec()
}
