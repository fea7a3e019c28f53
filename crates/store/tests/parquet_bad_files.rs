//! Files that are cut off, damaged or of something else are refused in a sentence; none is read as other numbers.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code outside `#[test]` functions too.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use catalogue::{Frame, Values};
use lunar_habitat_store::{FrameFormat, StoreError, read_frame, write_frame};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;

fn frame() -> Frame {
    let mut frame = Frame::default();
    let rows = 0..400_u32;
    frame.push("run", Values::U64(vec![7; 400])).unwrap();
    frame.push("final", Values::Bool(rows.clone().map(|row| row % 100 == 99).collect())).unwrap();
    let numbers = rows.clone().map(|row| (f64::from(row) * 0.11).sin());
    frame.push("x", Values::F64(numbers.clone().collect())).unwrap();
    frame.push("y", Values::F32(numbers.map(|number| number as f32).collect())).unwrap();
    let words = rows.map(|row| if row % 100 == 99 { "truncated" } else { "running" });
    frame.push("status", Values::Words(words.collect())).unwrap();
    frame.facts.push(("scenario".into(), "cabin-30d".into()));
    frame
}

/// The sentence with which a file is refused.
fn refusal(path: &Path) -> String {
    let error = read_frame(path).unwrap_err();
    assert!(matches!(error, StoreError::Format { .. }), "{error}");
    let sentence = error.to_string();
    assert!(sentence.contains(path.file_name().unwrap().to_str().unwrap()), "{sentence}");
    assert!(!sentence.contains('\n') && sentence.len() < 400, "{sentence}");
    sentence
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    write_frame(&path, FrameFormat::Parquet, &frame()).unwrap();
    let whole = fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(61).chain(whole.len() - 9..whole.len()) {
        fs::write(&path, &whole[..length]).unwrap();
        let sentence = refusal(&path);
        assert!(sentence.contains("cannot be read"), "{length}: {sentence}");
    }
}

#[test]
fn files_of_something_else_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    for bytes in [b"".as_slice(), b"PAR1", b"PAR1PAR1", b"time_s,a\r\n0,1\r\n", &[0xff; 5_000]] {
        fs::write(&path, bytes).unwrap();
        assert!(refusal(&path).contains("no whole Parquet file"), "{bytes:?}");
    }
    assert!(refusal(dir.path()).contains("a directory"));
    let absent = dir.path().join("absent.parquet");
    let error = read_frame(&absent).unwrap_err();
    assert!(matches!(error, StoreError::Io { .. }) && error.to_string().contains("absent.parquet"));
}

/// Write a file of another program with one column of one row group.
fn foreign<T: parquet::data_type::DataType>(
    path: &Path,
    field: &str,
    values: &[T::T],
    levels: Option<&[i16]>,
) {
    let schema = Arc::new(parse_message_type(&format!("message x {{ {field} }}")).unwrap());
    let file = fs::File::create(path).unwrap();
    let mut writer =
        SerializedFileWriter::new(file, schema, Arc::new(WriterProperties::default())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<T>().write_batch(values, levels, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
}

#[test]
fn columns_that_a_frame_cannot_hold_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    for (field, found) in [
        ("required int64 n;", "column `n` is INT64: allowed"),
        ("required int64 t (TIMESTAMP_MILLIS);", "column `t` is INT64 as TIMESTAMP_MILLIS"),
        ("repeated int64 list;", "column `list` is nested INT64"),
        ("optional group g { required int64 n; }", "column `g.n` is"),
    ] {
        foreign::<Int64Type>(&path, field, &[], None);
        let sentence = refusal(&path);
        assert!(sentence.contains(found) && sentence.contains("UTF8"), "{sentence}");
    }
    foreign::<ByteArrayType>(&path, "required binary raw;", &[], None);
    assert!(refusal(&path).contains("column `raw` is BYTE_ARRAY"));
    foreign::<ByteArrayType>(
        &path,
        "required binary text (UTF8);",
        &[ByteArray::from(vec![0xff])],
        None,
    );
    assert!(refusal(&path).contains("column `text`"));
}

#[test]
fn a_missing_number_is_nan_and_no_other_value_may_be_missing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    let levels: Option<&[i16]> = Some(&[0, 1, 0, 1, 1]);
    foreign::<DoubleType>(&path, "optional double x;", &[0.5, f64::INFINITY, -0.0], levels);
    let mut wanted = Frame::default();
    let values = vec![f64::NAN, 0.5, f64::NAN, f64::INFINITY, -0.0];
    wanted.push("x", Values::F64(values)).unwrap();
    assert!(read_frame(&path).unwrap().same_bits(&wanted));

    let field = "optional binary x (UTF8);";
    foreign::<ByteArrayType>(&path, field, &["a".into(), "b".into()], Some(&[1, 1]));
    assert_eq!(read_frame(&path).unwrap().rows(), 2);
    foreign::<ByteArrayType>(&path, field, &["a".into()], Some(&[1, 0]));
    let sentence = refusal(&path);
    assert!(sentence.contains("column `x`") && sentence.contains("row 1"), "{sentence}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_500) })]

    /// One or two changed bytes are found, or they are some that nothing depends on.
    #[test]
    fn a_damaged_file_is_refused_or_reads_as_it_was(
        places in proptest::collection::vec((any::<proptest::sample::Index>(), 1..=255_u8), 1..3),
    ) {
        thread_local! {
            static WHOLE: Vec<u8> = {
                let dir = tempfile::tempdir().unwrap();
                let path = dir.path().join("x.parquet");
                write_frame(&path, FrameFormat::Parquet, &frame()).unwrap();
                fs::read(path).unwrap()
            };
        }
        let mut bytes = WHOLE.with(Clone::clone);
        for (place, change) in places {
            let place = place.index(bytes.len());
            bytes[place] ^= change;
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.parquet");
        fs::write(&path, bytes).unwrap();
        match read_frame(&path) {
            Ok(read) => prop_assert!(read.same_bits(&frame())),
            Err(StoreError::Format { .. }) => {}
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}
