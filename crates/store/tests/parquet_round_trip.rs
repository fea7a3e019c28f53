//! What goes into a Parquet file comes out of it, to the bit: numbers that are none, both zeros, both infinities, every
//! length of file down to no row and no column, and texts of any letters.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use catalogue::{Frame, Values};
use lunar_habitat_store::{
    FrameFormat, FrameReader, FrameWriter, ROW_GROUP_ROWS, StoreError, read_frame, write_frame,
};
use proptest::prelude::*;

/// One column of `rows` rows out of raw bits.
fn values(kind: u8, bits: &[u64]) -> Values {
    match kind {
        0 => Values::F32(bits.iter().map(|bits| f32::from_bits(*bits as u32)).collect()),
        1 => Values::F64(bits.iter().map(|bits| f64::from_bits(*bits)).collect()),
        2 => Values::U64(bits.to_vec()),
        3 => Values::Bool(bits.iter().map(|bits| bits % 2 == 1).collect()),
        _ => {
            let words: Vec<String> = bits.iter().map(|bits| format!("ü{}", bits % 5)).collect();
            Values::Words(words.iter().map(String::as_str).collect())
        }
    }
}

/// Bits of special numbers, for either width, among random ones.
fn bits() -> impl Strategy<Value = u64> {
    let specials = [
        f64::NAN.to_bits(),
        0x7ff0_0000_0000_0001, // A signalling NaN.
        u64::MAX,
        f64::INFINITY.to_bits(),
        f64::NEG_INFINITY.to_bits(),
        (-0.0_f64).to_bits(),
        0,
        1,
        u64::from(f32::NAN.to_bits()),
        0x7f80_0001,
        u64::from((-0.0_f32).to_bits()),
        u64::from(f32::INFINITY.to_bits()),
    ];
    prop_oneof![proptest::sample::select(specials.to_vec()), any::<u64>()]
}

/// Frames of any shape.
fn frames() -> impl Strategy<Value = Frame> {
    let rows = prop_oneof![Just(0_usize), 1..4_usize, 100..3_000_usize];
    let columns = proptest::collection::vec(0..5_u8, 0..6);
    // A fact may be called as the checksum of the writer is.
    let key = prop_oneof![4 => "[a-z:.ä]{0,9}", 1 => Just("sha256".to_owned())];
    let facts = proptest::collection::vec((key, "\\PC{0,20}"), 0..4);
    (rows, columns, facts).prop_flat_map(|(rows, kinds, facts)| {
        let count = rows * kinds.len();
        (proptest::collection::vec(bits(), count), Just(kinds), Just(facts)).prop_map(
            move |(bits, kinds, facts)| {
                let mut frame = Frame::default();
                for (place, kind) in kinds.iter().enumerate() {
                    let name = format!("group.{place} {}", "ß".repeat(place));
                    let own = &bits[place * rows..(place + 1) * rows];
                    frame.push(&name, values(*kind, own)).unwrap();
                }
                frame.facts = facts;
                frame
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn any_frame_reads_back_bit_for_bit(frame in frames()) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.parquet");
        write_frame(&path, FrameFormat::Parquet, &frame).unwrap();
        prop_assert!(read_frame(&path).unwrap().same_bits(&frame));
    }

    #[test]
    fn parts_of_any_length_make_the_file_of_the_whole(
        frame in frames(),
        parts in proptest::collection::vec(0..900_usize, 0..6),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let (whole, pieces) = (dir.path().join("whole"), dir.path().join("pieces"));
        write_frame(&whole, FrameFormat::Parquet, &frame).unwrap();
        let mut writer = FrameWriter::create(&pieces, &frame).unwrap();
        let mut from = 0;
        for part in parts.into_iter().chain([frame.rows()]) {
            let mut piece = frame.shape();
            piece.append(&frame, from..from + part).unwrap();
            from += part;
            writer.append(&piece).unwrap();
        }
        writer.finish().unwrap();
        prop_assert!(std::fs::read(whole).unwrap() == std::fs::read(pieces).unwrap());
    }
}

#[test]
fn a_long_frame_comes_in_row_groups_and_keeps_its_order() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    let rows = 2 * ROW_GROUP_ROWS + 17;
    let mut frame = Frame::default();
    frame.push("n", Values::U64((0..rows as u64).rev().collect())).unwrap();
    let numbers: Vec<String> = (0..rows).map(|row| row.to_string()).collect();
    frame.push("w", Values::Words(numbers.iter().map(String::as_str).collect())).unwrap();
    write_frame(&path, FrameFormat::Parquet, &frame).unwrap();
    let mut reader = FrameReader::open(&path).unwrap();
    let mut groups = Vec::new();
    while let Some(group) = reader.next_rows().unwrap() {
        groups.push(group.rows());
    }
    assert_eq!(groups, [ROW_GROUP_ROWS, ROW_GROUP_ROWS, 17]);
    assert!(read_frame(&path).unwrap().same_bits(&frame));
}

#[test]
fn rows_of_other_columns_are_refused_and_nothing_is_left_behind() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    std::fs::write(&path, "old").unwrap();
    let mut frame = Frame::default();
    frame.push("n", Values::U64(vec![1])).unwrap();
    let mut other = Frame::default();
    other.push("n", Values::F64(vec![1.0])).unwrap();
    let mut writer = FrameWriter::create(&path, &frame).unwrap();
    let error = writer.append(&other).unwrap_err();
    assert!(matches!(error, StoreError::Frame(_)), "{error}");
    drop(writer);
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}
