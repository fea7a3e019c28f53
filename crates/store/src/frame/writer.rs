//! Files of frames, written a part at a time.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use catalogue::Frame;
use tracing::info_span;

use super::ROW_GROUP_ROWS;
use super::arrow::ArrowBatches;
use super::row_groups::ParquetGroups;
use crate::StoreError;
use crate::draft::Draft;

/// Where bytes go.
pub(super) type Output = Box<dyn Write + Send>;

/// A file of some format that takes row group after row group; errors name `path`.
pub(super) trait RowGroups: Send {
    /// Write the rows of one group.
    fn write(&mut self, path: &Path, rows: &Frame) -> Result<(), StoreError>;

    /// Write what stands behind the last one.
    fn finish(self: Box<Self>, path: &Path) -> Result<(), StoreError>;
}

/// How a frame stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameFormat {
    /// Parquet: small, with a checksum; what this program reads back.
    Parquet,
    /// The file format of Arrow IPC (Feather, version 2): uncompressed, to be mapped into memory.
    Arrow,
}

impl FrameFormat {
    /// The format that the ending of a name asks for: `.parquet`, or `.arrow` and `.feather`.
    ///
    /// ```
    /// use lunar_habitat_store::FrameFormat;
    /// assert_eq!(FrameFormat::of("mission.feather".as_ref()), Some(FrameFormat::Arrow));
    /// assert_eq!(FrameFormat::of("mission.xls".as_ref()), None);
    /// ```
    #[must_use]
    pub fn of(path: &Path) -> Option<FrameFormat> {
        match path.extension()?.to_str()? {
            "parquet" => Some(FrameFormat::Parquet),
            "arrow" | "feather" => Some(FrameFormat::Arrow),
            _ => None,
        }
    }
}

/// Writes a frame that is longer than memory, a part at a time.
///
/// The file grows under a temporary name and takes its own in [`FrameWriter::finish`]; a writer that is dropped before
/// leaves an older file as it was.
///
/// # Examples
/// ```
/// use catalogue::{Frame, Values};
/// use lunar_habitat_store::{FrameFormat, FrameWriter};
/// let dir = tempfile::tempdir()?;
/// let mut frame = Frame::default();
/// frame.push("t_s", Values::F64(vec![0.0, 600.0]))?;
/// let path = dir.path().join("mission.arrow");
/// let mut writer = FrameWriter::create_as(&path, FrameFormat::Arrow, &frame)?;
/// writer.append(&frame)?;
/// writer.finish()?;
/// assert_eq!(&std::fs::read(&path)?[..6], b"ARROW1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FrameWriter {
    // The groups come first so that their handle closes before the draft is removed.
    groups: Box<dyn RowGroups>,
    /// Rows of the next row group.
    held: Frame,
    draft: Draft,
}

impl FrameWriter {
    /// Start the Parquet file at `path` with the columns and facts of `shape`, none of its rows.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`], [`StoreError::Io`].
    pub fn create(path: &Path, shape: &Frame) -> Result<FrameWriter, StoreError> {
        FrameWriter::create_as(path, FrameFormat::Parquet, shape)
    }

    /// As [`create`](Self::create), in any format.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_as(
        path: &Path,
        format: FrameFormat,
        shape: &Frame,
    ) -> Result<FrameWriter, StoreError> {
        FrameWriter::through(path, format, shape, |file| Box::new(file))
    }

    /// As [`create_as`](Self::create_as), writing through `wrap`.
    pub(super) fn through(
        path: &Path,
        format: FrameFormat,
        shape: &Frame,
        wrap: impl Fn(File) -> Output,
    ) -> Result<FrameWriter, StoreError> {
        let held = shape.shape();
        let draft = Draft::start(path.to_path_buf())?;
        let out = wrap(draft.writer()?);
        let groups: Box<dyn RowGroups> = match format {
            FrameFormat::Parquet => Box::new(ParquetGroups::begin(out, path, &held)?),
            FrameFormat::Arrow => Box::new(ArrowBatches::begin(out, path, &held)?),
        };
        Ok(FrameWriter { groups, held, draft })
    }

    /// Append all rows of `frame`; full row groups go to the disk.
    ///
    /// # Errors
    /// [`StoreError::Frame`] when its columns are others, and nothing is taken; [`StoreError::DiskFull`], [`StoreError::Io`].
    pub fn append(&mut self, frame: &Frame) -> Result<(), StoreError> {
        self.held.accepts(frame)?;
        let mut from = 0;
        while from < frame.rows() {
            let room = ROW_GROUP_ROWS - self.held.rows();
            self.held.append(frame, from..from + room)?;
            from += room;
            if self.held.rows() == ROW_GROUP_ROWS {
                self.write_row_group()?;
            }
        }
        Ok(())
    }

    /// Make the file whole and give it its name, replacing an older one.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`], [`StoreError::Io`]; an older file is untouched then.
    pub fn finish(mut self) -> Result<(), StoreError> {
        if self.held.rows() > 0 {
            self.write_row_group()?;
        }
        self.groups.finish(self.draft.target())?;
        self.draft.sync()?;
        self.draft.publish()
    }

    fn write_row_group(&mut self) -> Result<(), StoreError> {
        let _stage = info_span!("frame group").entered();
        self.groups.write(self.draft.target(), &self.held)?;
        self.held.clear();
        Ok(())
    }
}

/// Write a frame to `path` so that a reader sees the older file or the whole new one.
///
/// # Errors
/// As [`FrameWriter`].
pub fn write_frame(path: &Path, format: FrameFormat, frame: &Frame) -> Result<(), StoreError> {
    let mut writer = FrameWriter::create_as(path, format, frame)?;
    writer.append(frame)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::{Arc, Mutex};

    use catalogue::Values;

    use super::*;
    use crate::frame::{FrameReader, read_frame};
    use crate::small_disk::SmallDisk;

    fn frame(rows: usize) -> Frame {
        let mut frame = Frame::default();
        let numbers = (0..rows).map(|row| (row as f64 * 0.37).sin() as f32);
        frame.push("obs.x", Values::F32(numbers.collect())).unwrap();
        frame.push("step", Values::U64((0..rows as u64).collect())).unwrap();
        frame
    }

    /// Whatever byte is the last one to fit, writing fails with one sentence and leaves the older file alone.
    #[test]
    fn a_full_disk_is_one_sentence_and_leaves_nothing() {
        let run = |room_bytes: usize| {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("x.parquet");
            fs::write(&path, "old").unwrap();
            let room = Arc::new(Mutex::new(room_bytes));
            let written = FrameWriter::through(&path, FrameFormat::Parquet, &frame(0), |file| {
                Box::new(SmallDisk { file, room: Arc::clone(&room) })
            })
            .and_then(|mut writer| {
                writer.append(&frame(70_000))?;
                writer.finish()
            });
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "{room_bytes} bytes of room");
            match written {
                Ok(()) => assert!(read_frame(&path).unwrap().same_bits(&frame(70_000))),
                Err(error) => {
                    let sentence = error.to_string();
                    assert!(sentence.starts_with("disk full while writing `"), "{sentence}");
                    assert_eq!(fs::read(&path).unwrap(), b"old");
                }
            }
            *room.lock().unwrap()
        };
        let plenty = 10_000_000;
        let needed = plenty - run(plenty);
        assert_eq!(run(needed), 0);
        for short in [1, 2, 100, 1_000, needed / 2, needed - 10, needed] {
            run(needed - short);
        }
    }

    #[test]
    fn memory_is_that_of_a_row_group() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.parquet");
        let mut writer = FrameWriter::create(&path, &frame(0)).unwrap();
        for _ in 0..50 {
            writer.append(&frame(5_000)).unwrap();
            assert!(writer.held.rows() < ROW_GROUP_ROWS);
        }
        writer.finish().unwrap();
        let mut reader = FrameReader::open(&path).unwrap();
        assert_eq!((reader.rows(), reader.left.len()), (250_000, 8));
        let mut most = 0;
        while let Some(rows) = reader.next_rows().unwrap() {
            most = most.max(rows.rows());
        }
        assert_eq!(most, ROW_GROUP_ROWS);
    }
}
