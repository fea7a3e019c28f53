//! Frames as files: Parquet, written group by group and read back bit for bit, and Arrow for whoever reads it.
//!
//! # Parquet
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
//! # Arrow
//! The file format of Arrow IPC, which is also called Feather, version 2: the same columns and facts, uncompressed, so that
//! a reader maps it into memory and copies nothing. A batch holds [`ROW_GROUP_ROWS`] rows. It carries no checksum and this
//! program does not read it: what is to be kept is Parquet.
//!
//! # Files of other programs
//! Read are flat columns of the five kinds, uncompressed or with zstd or snappy. That is what pandas and polars write
//! when rows of one of these files have been chosen with them. A missing `float` or `double` is NaN, which is what
//! pandas means by it; in other columns nothing may be missing.

mod arrow;
mod reader;
mod row_groups;
mod writer;

use std::path::Path;

use catalogue::{Frame, Values};
use parquet::basic::{IntType, LogicalType};
use sha2::{Digest, Sha256};

pub use self::reader::{FrameReader, read_frame};
pub use self::writer::{FrameFormat, FrameWriter, write_frame};
use crate::StoreError;

/// Rows of a row group: some ten megabytes in a hundred columns.
pub const ROW_GROUP_ROWS: usize = 32_768;
/// Key of the checksum.
const HASH_KEY: &str = "sha256";
/// How the writer of a file is told, before its version.
const WRITER: &str = "lunar-habitat";
/// Name of the schema.
const ROOT: &str = "lunar_habitat_frame";

/// How unsigned counts are told in Parquet.
fn unsigned() -> LogicalType {
    LogicalType::Integer(IntType { bit_width: 64, is_signed: false })
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
