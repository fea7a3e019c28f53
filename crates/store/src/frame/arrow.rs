//! Batches of a file of Arrow, written.

use std::collections::HashMap;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float32Array, Float64Array, RecordBatch, RecordBatchOptions,
    StringArray, UInt64Array,
};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use catalogue::{Frame, Kind, Values};

use super::writer::{Output, RowGroups};
use crate::StoreError;

/// A file of Arrow that grows.
pub(super) struct ArrowBatches {
    file: FileWriter<BufWriter<Output>>,
    schema: SchemaRef,
}

impl ArrowBatches {
    /// Begin the file with the columns and facts of `shape`; errors name `path`.
    pub(super) fn begin(
        out: Output,
        path: &Path,
        shape: &Frame,
    ) -> Result<ArrowBatches, StoreError> {
        let columns = shape.names().iter().zip(shape.columns());
        let fields: Vec<Field> =
            columns.map(|(name, values)| Field::new(name, type_of(values.kind()), false)).collect();
        let facts: HashMap<String, String> = shape.facts.iter().cloned().collect();
        let schema = Arc::new(Schema::new_with_metadata(fields, facts));
        let file = FileWriter::try_new_buffered(out, &schema).map_err(|e| failed(path, e))?;
        Ok(ArrowBatches { file, schema })
    }
}

impl RowGroups for ArrowBatches {
    fn write(&mut self, path: &Path, rows: &Frame) -> Result<(), StoreError> {
        let columns = rows.columns().iter().map(array).collect();
        // A frame without columns has rows, too: none.
        let count = RecordBatchOptions::new().with_row_count(Some(rows.rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &count)
            .and_then(|batch| self.file.write(&batch))
            .map_err(|error| failed(path, error))
    }

    fn finish(mut self: Box<Self>, path: &Path) -> Result<(), StoreError> {
        self.file.finish().map_err(|error| failed(path, error))
    }
}

/// The type of a column.
fn type_of(kind: Kind) -> DataType {
    match kind {
        Kind::F32 => DataType::Float32,
        Kind::F64 => DataType::Float64,
        Kind::U64 => DataType::UInt64,
        Kind::Bool => DataType::Boolean,
        // Plain texts: a dictionary has to be the same in all batches of a file, and few rows carry texts.
        Kind::Words => DataType::Utf8,
    }
}

/// The values of a column.
fn array(values: &Values) -> ArrayRef {
    match values {
        Values::F32(values) => Arc::new(Float32Array::from(values.clone())),
        Values::F64(values) => Arc::new(Float64Array::from(values.clone())),
        Values::U64(values) => Arc::new(UInt64Array::from(values.clone())),
        Values::Bool(values) => Arc::new(BooleanArray::from(values.clone())),
        Values::Words(words) => Arc::new(StringArray::from_iter_values(words.iter())),
    }
}

/// What an error of the library means.
fn failed(path: &Path, error: ArrowError) -> StoreError {
    match error {
        ArrowError::IoError(_, source) => StoreError::io("write", path, source),
        other => StoreError::Format { path: path.to_path_buf(), reason: other.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::fs::File;
    use std::sync::Mutex;

    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float32Type, Float64Type, UInt64Type};
    use arrow_ipc::reader::FileReader;
    use catalogue::Words;
    use proptest::prelude::*;

    use super::*;
    use crate::frame::{FrameFormat, FrameWriter, ROW_GROUP_ROWS};
    use crate::small_disk::SmallDisk;

    /// The frame in a file, by a reader of others.
    fn read(path: &Path) -> (Frame, Vec<usize>) {
        let reader = FileReader::try_new(File::open(path).unwrap(), None).unwrap();
        let schema = reader.schema();
        let mut facts: Vec<(String, String)> = schema.metadata().clone().into_iter().collect();
        facts.sort();
        let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
        let mut frame = Frame::default();
        frame.facts = facts;
        for (at, field) in schema.fields().iter().enumerate() {
            assert!(!field.is_nullable());
            let parts = || batches.iter().map(move |batch| batch.column(at));
            let values = match field.data_type() {
                DataType::Float32 => Values::F32(
                    parts()
                        .flat_map(|a| a.as_primitive::<Float32Type>().values().to_vec())
                        .collect(),
                ),
                DataType::Float64 => Values::F64(
                    parts()
                        .flat_map(|a| a.as_primitive::<Float64Type>().values().to_vec())
                        .collect(),
                ),
                DataType::UInt64 => Values::U64(
                    parts()
                        .flat_map(|a| a.as_primitive::<UInt64Type>().values().to_vec())
                        .collect(),
                ),
                DataType::Boolean => Values::Bool(
                    parts()
                        .flat_map(|a| {
                            (0..a.len()).map(|row| a.as_boolean().value(row)).collect::<Vec<_>>()
                        })
                        .collect(),
                ),
                DataType::Utf8 => {
                    let mut words = Words::default();
                    for part in parts() {
                        part.as_string::<i32>().iter().for_each(|word| words.push(word.unwrap()));
                    }
                    Values::Words(words)
                }
                other => unreachable!("{other}"),
            };
            frame.push(field.name(), values).unwrap();
        }
        (frame, batches.iter().map(RecordBatch::num_rows).collect())
    }

    fn write(path: &Path, parts: &[Frame]) {
        let mut writer = FrameWriter::create_as(path, FrameFormat::Arrow, &parts[0]).unwrap();
        parts.iter().for_each(|part| writer.append(part).unwrap());
        writer.finish().unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// Whatever the bits, texts and facts are, they come back.
        #[test]
        fn every_bit_comes_back(
            singles in proptest::collection::vec(any::<u32>(), 0..50),
            seed in any::<u64>(),
            texts in proptest::collection::vec(".{0,12}", 1..5),
            facts in proptest::collection::btree_map("[a-z:.]{1,9}", ".{0,20}", 0..4),
        ) {
            let rows = singles.len() as u64;
            let doubles = |row: u64| f64::from_bits(seed.wrapping_mul(2 * row + 1));
            let mut words = Words::default();
            (0..singles.len()).for_each(|row| words.push(&texts[row % texts.len()]));
            let mut frame = Frame::default();
            frame.facts = facts.into_iter().collect();
            let floats = singles.iter().map(|bits| f32::from_bits(*bits)).collect();
            frame.push("obs.x", Values::F32(floats)).unwrap();
            frame.push("t_s", Values::F64((0..rows).map(doubles).collect())).unwrap();
            frame.push("run", Values::U64((0..rows).map(|row| seed ^ row).collect())).unwrap();
            frame.push("is", Values::Bool(singles.iter().map(|bits| bits % 3 == 0).collect())).unwrap();
            frame.push("status", Values::Words(words)).unwrap();
            let dir = tempfile::tempdir().unwrap();
            let (one, two) = (dir.path().join("a.arrow"), dir.path().join("b.arrow"));
            write(&one, std::slice::from_ref(&frame));
            write(&two, std::slice::from_ref(&frame));
            prop_assert!(read(&one).0.same_bits(&frame));
            prop_assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap());
        }
    }

    fn counted(from: u64, rows: u64) -> Frame {
        let mut frame = Frame::default();
        frame.push("step", Values::U64((from..from + rows).collect())).unwrap();
        frame
    }

    #[test]
    fn batches_are_those_of_row_groups() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.arrow");
        let parts: Vec<Frame> = (0..14).map(|part| counted(part * 5_000, 5_000)).collect();
        write(&path, &parts);
        let (frame, batches) = read(&path);
        assert!(frame.same_bits(&counted(0, 70_000)));
        assert_eq!(batches, [ROW_GROUP_ROWS, ROW_GROUP_ROWS, 70_000 - 2 * ROW_GROUP_ROWS]);
    }

    #[test]
    fn a_full_disk_is_one_sentence_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.arrow");
        write(&path, &[counted(0, 9)]);
        let old = fs::read(&path).unwrap();
        for room_bytes in [0, 1, 300, 200_000] {
            let room = Arc::new(Mutex::new(room_bytes));
            let shape = counted(0, 0);
            let error = FrameWriter::through(&path, FrameFormat::Arrow, &shape, |file| {
                Box::new(SmallDisk { file, room: Arc::clone(&room) })
            })
            .and_then(|mut writer| {
                writer.append(&counted(0, 70_000))?;
                writer.finish()
            })
            .unwrap_err();
            assert!(error.to_string().starts_with("disk full while writing `"), "{error}");
            assert_eq!(fs::read(&path).unwrap(), old);
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        }
    }
}
