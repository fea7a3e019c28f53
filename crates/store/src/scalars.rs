//! Scalars over steps as a TensorBoard event file.
//!
//! # File
//! Records, one behind the other: length u64, masked CRC-32C of the length, data, masked CRC-32C of the data, all
//! little-endian. The data are protocol buffers `Event`: the first one names the version, each other one holds a step and
//! its scalars. Whoever is killed leaves at most a part of the last record, which readers leave out.
//!
//! # Source
//! TFRecord format and `tensorflow/core/util/event.proto` of TensorFlow; CRC-32C: RFC 3720, appendix B.4.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::StoreError;

/// Version that the first event names.
const VERSION: &str = "brain.Event:2";

/// A file of scalars, open for more.
#[derive(Debug)]
pub struct ScalarWriter {
    path: PathBuf,
    file: File,
}

/// CRC-32C of `bytes`, bit by bit; records are short.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = !0_u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0x82F6_3B78 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

/// The check sum as the format wants it: a sum of sums would hide errors.
fn masked(bytes: &[u8]) -> [u8; 4] {
    crc32c(bytes).rotate_right(15).wrapping_add(0xA282_EAD8).to_le_bytes()
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A field of bytes.
fn field(out: &mut Vec<u8>, number: u64, bytes: &[u8]) {
    varint(out, (number << 3) | 2);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// An event at `time_s` since 1970, with a version or with scalars.
fn event(time_s: f64, step: u64, version: Option<&str>, scalars: &[(&str, f64)]) -> Vec<u8> {
    let mut out = vec![(1 << 3) | 1];
    out.extend_from_slice(&time_s.to_le_bytes());
    out.push(2 << 3);
    varint(&mut out, step);
    if let Some(version) = version {
        field(&mut out, 3, version.as_bytes());
    }
    let mut summary = Vec::new();
    for (name, value) in scalars.iter().filter(|(_, value)| value.is_finite()) {
        let mut one = Vec::new();
        field(&mut one, 1, name.as_bytes());
        one.push((2 << 3) | 5);
        one.extend_from_slice(&(*value as f32).to_le_bytes());
        field(&mut summary, 1, &one);
    }
    if !summary.is_empty() {
        field(&mut out, 5, &summary);
    }
    out
}

impl ScalarWriter {
    /// A new file in `dir`, named as TensorBoard expects it; `name` tells apart what is written in the same second.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn create(dir: &Path, name: &str) -> Result<ScalarWriter, StoreError> {
        let now_s = now_s();
        let path = dir.join(format!("events.out.tfevents.{:010}.{name}", now_s as u64));
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .map_err(|source| StoreError::io("create", &path, source))?;
        let mut writer = ScalarWriter { path, file };
        writer.record(&event(now_s, 0, Some(VERSION), &[]))?;
        Ok(writer)
    }

    /// Add the scalars of a step; what is not finite is left out.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn add(&mut self, step: u64, scalars: &[(&str, f64)]) -> Result<(), StoreError> {
        self.record(&event(now_s(), step, None, scalars))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn record(&mut self, data: &[u8]) -> Result<(), StoreError> {
        let length = (data.len() as u64).to_le_bytes();
        let mut out = Vec::with_capacity(data.len() + 16);
        out.extend_from_slice(&length);
        out.extend_from_slice(&masked(&length));
        out.extend_from_slice(data);
        out.extend_from_slice(&masked(data));
        // One call, so that a reader sees whole records or the beginning of one.
        self.file.write_all(&out).map_err(|source| StoreError::io("write", &self.path, source))
    }
}

fn now_s() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn published_check_sums() {
        // RFC 3720, appendix B.4.
        assert_eq!(crc32c(&[0; 32]), 0x8A91_36AA);
        assert_eq!(crc32c(&[0xFF; 32]), 0x62A8_AB43);
        let rising: Vec<u8> = (0..32).collect();
        assert_eq!(crc32c(&rising), 0x46DD_794E);
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
    }

    #[test]
    fn records_hold_what_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = ScalarWriter::create(dir.path(), "test").unwrap();
        writer.add(300, &[("return", 1.5), ("nothing", f64::NAN)]).unwrap();
        let bytes = std::fs::read(writer.path()).unwrap();
        let mut rest = bytes.as_slice();
        let mut records = Vec::new();
        while !rest.is_empty() {
            let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
            assert_eq!(rest[8..12], masked(&rest[..8]));
            let data = &rest[12..12 + length];
            assert_eq!(rest[12 + length..16 + length], masked(data));
            records.push(data.to_vec());
            rest = &rest[16 + length..];
        }
        assert_eq!(records.len(), 2);
        let holds = |record: &[u8], part: &[u8]| record.windows(part.len()).any(|own| own == part);
        assert!(holds(&records[0], VERSION.as_bytes()));
        // Step 300 as a varint, the name, and 1.5 as a float.
        assert!(holds(&records[1], &[2 << 3, 0xAC, 0x02]));
        assert!(holds(&records[1], b"return") && !holds(&records[1], b"nothing"));
        assert!(holds(&records[1], &1.5_f32.to_le_bytes()));
    }
}
