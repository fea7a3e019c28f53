//! Frames as Parquet files: written group by group, read back bit for bit.
//!
//! # File
//! | what | how |
//! |---|---|
//! | columns | required, flat; `float`, `double`, `INT64` as unsigned, `boolean`, `UTF8` |
//! | encoding | numbers split by byte, counts by difference, texts by dictionary; zstd |
//! | row groups | [`ROW_GROUP_ROWS`] rows each, the last one fewer |
//! | metadata | the facts of the frame under their keys, and `sha256` |
//!
//! Any Parquet reader takes such a file. `sha256` is over facts, names and values; [`FrameReader`] checks it in files
//! of this program, because a damaged page may decompress to other numbers without a word.
//!
//! # Files of other programs
//! Read are flat columns of the five kinds, uncompressed or with zstd or snappy. That is what pandas and polars write
//! when rows of one of these files have been chosen with them. A missing `float` or `double` is NaN, which is what
//! pandas means by it; in other columns nothing may be missing.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use catalogue::{Frame, Kind, Values, Words};
use parquet::basic::{
    Compression, ConvertedType, Encoding, IntType, LogicalType, Repetition, Type as PhysicalType,
    ZstdLevel,
};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnDescriptor, ColumnPath, Type, TypePtr};
use sha2::{Digest, Sha256};

use crate::StoreError;
use crate::draft::Draft;

/// Rows of a row group: some ten megabytes in a hundred columns.
pub const ROW_GROUP_ROWS: usize = 32_768;
/// Key of the checksum.
const HASH_KEY: &str = "sha256";
/// How the writer of a file is told, before its version.
const WRITER: &str = "lunar-habitat";
/// Name of the schema.
const ROOT: &str = "lunar_habitat_frame";

type Output = Box<dyn Write + Send>;

/// Writes a frame that is longer than memory, a part at a time.
///
/// The file grows under a temporary name and takes its own in [`FrameWriter::finish`]; a writer that is dropped before
/// leaves an older file as it was.
pub struct FrameWriter {
    // The writer comes first so that its handle closes before the draft is removed.
    parquet: SerializedFileWriter<Output>,
    /// Rows of the next row group.
    held: Frame,
    hasher: Sha256,
    draft: Draft,
}

impl FrameWriter {
    /// Start the file at `path` with the columns and facts of `shape`, none of its rows.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`], [`StoreError::Io`].
    pub fn create(path: &Path, shape: &Frame) -> Result<FrameWriter, StoreError> {
        FrameWriter::through(path, shape, |file| Box::new(file))
    }

    /// As [`create`](Self::create), writing through `wrap`.
    fn through(
        path: &Path,
        shape: &Frame,
        wrap: impl Fn(File) -> Output,
    ) -> Result<FrameWriter, StoreError> {
        let held = shape.shape();
        let draft = Draft::start(path.to_path_buf())?;
        let failed = |error| StoreError::parquet("write", path, error);
        let parquet = SerializedFileWriter::new(
            wrap(draft.writer()?),
            schema(&held).map_err(failed)?,
            Arc::new(properties(&held).map_err(failed)?),
        )
        .map_err(failed)?;
        let mut hasher = Sha256::new();
        hash_facts(&mut hasher, &held);
        Ok(FrameWriter { parquet, held, hasher, draft })
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
        let hash = hex(self.hasher.finalize().as_slice());
        self.parquet.append_key_value_metadata(KeyValue::new(HASH_KEY.to_owned(), hash));
        let finished = self.parquet.finish();
        finished.map_err(|error| StoreError::parquet("write", self.draft.target(), error))?;
        drop(self.parquet);
        self.draft.sync()?;
        self.draft.publish()
    }

    fn write_row_group(&mut self) -> Result<(), StoreError> {
        hash_rows(&mut self.hasher, &self.held);
        let failed = |error| StoreError::parquet("write", self.draft.target(), error);
        let mut group = self.parquet.next_row_group().map_err(failed)?;
        for values in self.held.columns() {
            write_column(&mut group, values).map_err(failed)?;
        }
        group.close().map_err(failed)?;
        self.held.clear();
        Ok(())
    }
}

/// Write a frame to `path` so that a reader sees the older file or the whole new one.
///
/// # Errors
/// As [`FrameWriter`].
pub fn write_frame(path: &Path, frame: &Frame) -> Result<(), StoreError> {
    let mut writer = FrameWriter::create(path, frame)?;
    writer.append(frame)?;
    writer.finish()
}

fn write_column(
    group: &mut SerializedRowGroupWriter<'_, Output>,
    values: &Values,
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("a column too many".to_owned()));
    };
    match values {
        Values::F32(values) => column.typed::<FloatType>().write_batch(values, None, None)?,
        Values::F64(values) => column.typed::<DoubleType>().write_batch(values, None, None)?,
        Values::U64(values) => {
            let signed: Vec<i64> = values.iter().map(|value| value.cast_signed()).collect();
            column.typed::<Int64Type>().write_batch(&signed, None, None)?
        }
        Values::Bool(values) => column.typed::<BoolType>().write_batch(values, None, None)?,
        Values::Words(words) => {
            let texts: Vec<ByteArray> =
                words.words().iter().map(|word| ByteArray::from(word.as_str())).collect();
            let rows: Vec<ByteArray> =
                words.places().iter().map(|place| texts[*place as usize].clone()).collect();
            column.typed::<ByteArrayType>().write_batch(&rows, None, None)?
        }
    };
    column.close()
}

fn schema(frame: &Frame) -> Result<TypePtr, ParquetError> {
    let field = |(name, values): (&String, &Values)| {
        let (physical, logical) = match values.kind() {
            Kind::F32 => (PhysicalType::FLOAT, None),
            Kind::F64 => (PhysicalType::DOUBLE, None),
            Kind::U64 => (PhysicalType::INT64, Some(unsigned())),
            Kind::Bool => (PhysicalType::BOOLEAN, None),
            Kind::Words => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        };
        Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(logical)
            .build()
            .map(Arc::new)
    };
    let fields = frame.names().iter().zip(frame.columns()).map(field);
    let fields = fields.collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Type::group_type_builder(ROOT).with_fields(fields).build()?))
}

fn unsigned() -> LogicalType {
    LogicalType::Integer(IntType { bit_width: 64, is_signed: false })
}

fn properties(frame: &Frame) -> Result<WriterProperties, ParquetError> {
    let facts = frame.facts.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let mut builder = WriterProperties::builder()
        .set_created_by(format!("{WRITER} {}", env!("CARGO_PKG_VERSION")))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_dictionary_enabled(false)
        .set_key_value_metadata(Some(facts.collect()));
    for (name, values) in frame.names().iter().zip(frame.columns()) {
        let column = ColumnPath::from(vec![name.clone()]);
        builder = match values.kind() {
            // Neighbours share their high bytes; split by byte they compress better.
            Kind::F32 | Kind::F64 => {
                builder.set_column_encoding(column, Encoding::BYTE_STREAM_SPLIT)
            }
            Kind::U64 => builder.set_column_encoding(column, Encoding::DELTA_BINARY_PACKED),
            Kind::Bool => builder,
            Kind::Words => builder.set_column_dictionary_enabled(column, true),
        };
    }
    Ok(builder.build())
}

/// Reads a Parquet file a row group at a time.
pub struct FrameReader {
    file: SerializedFileReader<File>,
    path: PathBuf,
    shape: Frame,
    /// Row groups that are left.
    left: VecDeque<usize>,
    rows: u64,
    /// Hash so far and what it has to be, in files of this program.
    check: Option<(Sha256, String)>,
}

impl FrameReader {
    /// Open a file and look at its columns; no row is read.
    ///
    /// # Errors
    /// [`StoreError::Io`]; [`StoreError::Format`] with the reason when it is no whole Parquet file, or has columns
    /// that a frame cannot hold.
    pub fn open(path: &Path) -> Result<FrameReader, StoreError> {
        guarded(path, || FrameReader::start(path))
    }

    fn start(path: &Path) -> Result<FrameReader, StoreError> {
        let failed = |error| damaged(path, error);
        let file = File::open(path).map_err(|source| StoreError::io("read", path, source))?;
        // A directory opens like a file and fails only when it is read.
        if file.metadata().is_ok_and(|about| about.is_dir()) {
            return Err(format_error(path, "it is a directory".to_owned()));
        }
        let bytes = file.metadata().map_or(u64::MAX, |about| about.len());
        let file = SerializedFileReader::new(file).map_err(failed)?;
        check_places(path, &file, bytes)?;
        let header = file.metadata().file_metadata();
        let mut shape = Frame::default();
        for column in header.schema_descr().columns() {
            let kind = kind_of(column).ok_or_else(|| refused(path, column))?;
            shape
                .push(&column.path().string(), Values::none(kind))
                .map_err(|error| format_error(path, error.to_string()))?;
        }
        let pairs = header.key_value_metadata().into_iter().flatten();
        shape.facts =
            pairs.map(|pair| (pair.key.clone(), pair.value.clone().unwrap_or_default())).collect();
        // The writer's own is the last of that name; a fact of the user may have the same.
        let at = shape.facts.iter().rposition(|(key, _)| key == HASH_KEY);
        let hash = at.map(|at| shape.facts.remove(at).1);
        // Two marks, so that damage to one of them does not switch the check off.
        let ours = header.created_by().is_some_and(|by| by.starts_with(WRITER))
            || header.schema_descr().root_schema().name() == ROOT;
        let check = match (ours, hash) {
            (true, Some(hash)) => {
                let mut hasher = Sha256::new();
                hash_facts(&mut hasher, &shape);
                Some((hasher, hash))
            }
            (true, None) => return Err(format_error(path, "its checksum is missing".to_owned())),
            (false, _) => None,
        };
        let rows = u64::try_from(header.num_rows())
            .map_err(|_| format_error(path, format!("it claims {} rows", header.num_rows())))?;
        let left = (0..file.num_row_groups()).collect();
        Ok(FrameReader { file, path: path.to_path_buf(), shape, left, rows, check })
    }

    /// Columns and facts, without a row.
    #[must_use]
    pub fn shape(&self) -> &Frame {
        &self.shape
    }

    /// Rows in the file, as it claims.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The next rows, with the facts; nothing after the last ones.
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::Format`]; a wrong checksum is found with the last rows.
    pub fn next_rows(&mut self) -> Result<Option<Frame>, StoreError> {
        let Some(index) = self.left.pop_front() else {
            if let Some((hasher, hash)) = self.check.take()
                && hex(hasher.finalize().as_slice()) != hash
            {
                let reason = "its contents do not fit its checksum".to_owned();
                return Err(format_error(&self.path, reason));
            }
            return Ok(None);
        };
        let frame = guarded(&self.path, || self.read_row_group(index))?;
        if let Some((hasher, _)) = &mut self.check {
            hash_rows(hasher, &frame);
        }
        Ok(Some(frame))
    }

    fn read_row_group(&self, index: usize) -> Result<Frame, StoreError> {
        let failed = |error| damaged(&self.path, error);
        let group = self.file.get_row_group(index).map_err(failed)?;
        let mut frame = Frame::default();
        frame.facts.clone_from(&self.shape.facts);
        for (place, name) in self.shape.names().iter().enumerate() {
            let kind = self.shape.columns()[place].kind();
            let values = read_column(group.as_ref(), place, kind)
                .map_err(|error| damaged_column(&self.path, name, error))?;
            frame
                .push(name, values)
                .map_err(|error| format_error(&self.path, error.to_string()))?;
        }
        Ok(frame)
    }
}

/// Run what parses a file; the library below panics on some damage, and that is an error of the file.
fn guarded<T>(path: &Path, read: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    // Nothing is shared with what a panic leaves behind: the file was only read.
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(format_error(
            path,
            "it is no whole Parquet file (its pages contradict each other)".to_owned(),
        ))
    })
}

/// Read a whole file.
///
/// # Errors
/// As [`FrameReader`].
pub fn read_frame(path: &Path) -> Result<Frame, StoreError> {
    let mut reader = FrameReader::open(path)?;
    let mut frame = reader.shape().clone();
    while let Some(rows) = reader.next_rows()? {
        let count = rows.rows();
        frame.append(&rows, 0..count)?;
    }
    Ok(frame)
}

/// Refuse a file whose footer points outside of it; the library that reads pages takes places for granted.
fn check_places(
    path: &Path,
    file: &SerializedFileReader<File>,
    bytes: u64,
) -> Result<(), StoreError> {
    let inside = |start: i64, length: i64| match (u64::try_from(start), u64::try_from(length)) {
        (Ok(start), Ok(length)) => start.checked_add(length).is_some_and(|end| end <= bytes),
        _ => false,
    };
    for group in file.metadata().row_groups() {
        for column in group.columns() {
            let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
            if column.data_page_offset() < 0 || !inside(start, column.compressed_size()) {
                let name = column.column_path().string();
                let reason = format!("column `{name}` points outside of the file");
                return Err(format_error(path, reason));
            }
        }
    }
    Ok(())
}

/// The kind of a column, when a frame can hold it.
fn kind_of(column: &ColumnDescriptor) -> Option<Kind> {
    let flat = column.max_rep_level() == 0
        && column.max_def_level() <= 1
        && column.path().parts().len() == 1;
    let logical = column.logical_type_ref();
    let converted = column.converted_type();
    match column.physical_type() {
        _ if !flat => None,
        PhysicalType::FLOAT => Some(Kind::F32),
        PhysicalType::DOUBLE => Some(Kind::F64),
        PhysicalType::BOOLEAN => Some(Kind::Bool),
        PhysicalType::INT64
            if logical == Some(&unsigned()) || converted == ConvertedType::UINT_64 =>
        {
            Some(Kind::U64)
        }
        PhysicalType::BYTE_ARRAY
            if logical == Some(&LogicalType::String) || converted == ConvertedType::UTF8 =>
        {
            Some(Kind::Words)
        }
        _ => None,
    }
}

/// Why a column cannot be held.
fn refused(path: &Path, column: &ColumnDescriptor) -> StoreError {
    let name = column.path().string();
    let found = match column.logical_type_ref() {
        Some(logical) => format!("{:?} as {logical:?}", column.physical_type()),
        None if column.converted_type() == ConvertedType::NONE => {
            format!("{:?}", column.physical_type())
        }
        None => format!("{:?} as {:?}", column.physical_type(), column.converted_type()),
    };
    let nested =
        if column.max_def_level() > 1 || column.max_rep_level() > 0 { "nested " } else { "" };
    let reason = format!(
        "column `{name}` is {nested}{found}: allowed are flat columns of float, double, unsigned INT64, boolean and \
         UTF8"
    );
    format_error(path, reason)
}

fn read_column(
    group: &dyn RowGroupReader,
    place: usize,
    kind: Kind,
) -> Result<Values, ParquetError> {
    let rows = usize::try_from(group.metadata().num_rows())
        .map_err(|_| ParquetError::General("a negative number of rows".to_owned()))?;
    let optional = group.metadata().column(place).column_descr().max_def_level() > 0;
    let values = match (kind, group.get_column_reader(place)?) {
        (Kind::F32, ColumnReader::FloatColumnReader(reader)) => {
            Values::F32(read_values(reader, rows, optional, Some(f32::NAN))?)
        }
        (Kind::F64, ColumnReader::DoubleColumnReader(reader)) => {
            Values::F64(read_values(reader, rows, optional, Some(f64::NAN))?)
        }
        (Kind::U64, ColumnReader::Int64ColumnReader(reader)) => {
            let signed = read_values(reader, rows, optional, None)?;
            Values::U64(signed.into_iter().map(i64::cast_unsigned).collect())
        }
        (Kind::Bool, ColumnReader::BoolColumnReader(reader)) => {
            Values::Bool(read_values(reader, rows, optional, None)?)
        }
        (Kind::Words, ColumnReader::ByteArrayColumnReader(reader)) => {
            let mut words = Words::default();
            for text in read_values(reader, rows, optional, None)? {
                words.push(text.as_utf8()?);
            }
            Values::Words(words)
        }
        _ => return Err(ParquetError::General("its pages are of another type".to_owned())),
    };
    Ok(values)
}

/// The values of a column of a row group, with `gap` where one is missing; without a `gap` none may be.
fn read_values<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    rows: usize,
    optional: bool,
    gap: Option<T::T>,
) -> Result<Vec<T::T>, ParquetError> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    let mut found = 0;
    while found < rows {
        let wanted = optional.then_some(&mut levels);
        let (records, _, _) = reader.read_records(rows - found, wanted, None, &mut values)?;
        if records == 0 {
            return Err(ParquetError::General(format!("{found} of {rows} values are there")));
        }
        found += records;
    }
    if values.len() == rows {
        return Ok(values);
    }
    let Some(gap) = gap else {
        let row = levels.iter().position(|level| *level == 0).unwrap_or(0);
        return Err(ParquetError::General(format!(
            "row {row} of a row group has no value, which only numbers with a fraction may miss"
        )));
    };
    let mut there = values.into_iter();
    let next =
        |level: &i16| if *level == 0 { gap.clone() } else { there.next().unwrap_or(gap.clone()) };
    Ok(levels.iter().map(next).collect())
}

/// Take names, kinds and facts into a hash.
fn hash_facts(hasher: &mut Sha256, shape: &Frame) {
    for (key, value) in &shape.facts {
        hash_text(hasher, key);
        hash_text(hasher, value);
    }
    for (name, values) in shape.names().iter().zip(shape.columns()) {
        hash_text(hasher, name);
        hash_text(hasher, values.kind().name());
    }
}

/// Take the values of a row group into a hash.
fn hash_rows(hasher: &mut Sha256, rows: &Frame) {
    hasher.update((rows.rows() as u64).to_le_bytes());
    for values in rows.columns() {
        match values {
            Values::F32(values) => values.iter().for_each(|v| hasher.update(v.to_le_bytes())),
            Values::F64(values) => values.iter().for_each(|v| hasher.update(v.to_le_bytes())),
            Values::U64(values) => values.iter().for_each(|v| hasher.update(v.to_le_bytes())),
            Values::Bool(values) => values.iter().for_each(|v| hasher.update([u8::from(*v)])),
            Values::Words(words) => words.iter().for_each(|word| hash_text(hasher, word)),
        }
    }
}

fn hash_text(hasher: &mut Sha256, text: &str) {
    hasher.update((text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn format_error(path: &Path, reason: String) -> StoreError {
    StoreError::Format { path: path.to_path_buf(), reason }
}

/// What a reader says of a file: an error of the system, or that the file is not whole.
fn damaged(path: &Path, error: ParquetError) -> StoreError {
    match error {
        // A codec reports broken data as an error of input without a code of the system.
        ParquetError::External(source)
            if source
                .downcast_ref::<std::io::Error>()
                .is_none_or(|e| e.raw_os_error().is_none()) =>
        {
            format_error(path, format!("it is no whole Parquet file ({source})"))
        }
        external @ ParquetError::External(_) => StoreError::parquet("read", path, external),
        other => format_error(path, format!("it is no whole Parquet file ({})", words(&other))),
    }
}

/// As [`damaged`], in one column.
fn damaged_column(path: &Path, name: &str, error: ParquetError) -> StoreError {
    match damaged(path, error) {
        StoreError::Format { path, reason } => {
            StoreError::Format { path, reason: format!("column `{name}`: {reason}") }
        }
        other => other,
    }
}

/// An error without the name of the library in front.
fn words(error: &ParquetError) -> String {
    let text = error.to_string();
    text.strip_prefix("Parquet error: ").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Mutex;

    use super::*;
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
            let written = FrameWriter::through(&path, &frame(0), |file| {
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
