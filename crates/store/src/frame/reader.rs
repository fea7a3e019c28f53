//! Parquet files read a row group at a time.

use std::collections::VecDeque;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use catalogue::{Frame, Kind, Values, Words};
use parquet::basic::{ConvertedType, LogicalType, Type as PhysicalType};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;
use sha2::{Digest, Sha256};

use super::{HASH_KEY, ROOT, WRITER, format_error, hash_facts, hash_rows, hex, unsigned};
use crate::StoreError;

/// Reads a Parquet file a row group at a time.
pub struct FrameReader {
    file: SerializedFileReader<File>,
    path: PathBuf,
    shape: Frame,
    /// Row groups that are left.
    pub(super) left: VecDeque<usize>,
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
