//! Named pieces of numbers as bytes, with a check sum.
//!
//! ```text
//! magic 8 bytes · version u32 · pieces u32
//! each piece: length of the name u32, name, kind u8, count u64, numbers little-endian
//! SHA-256 of everything before it
//! ```
//! Pieces are found by name, so that a later version may add some.

use std::io::{BufReader, Cursor, Read, Seek, SeekFrom, Write};

use sha2::{Digest, Sha256};

use crate::LearnError;

/// Length of the check sum.
const SUM: usize = 32;

/// Bytes that are read at a time for it.
const PART: usize = 1 << 16;

/// Numbers of one kind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    Bytes(Vec<u8>),
    Floats(Vec<f32>),
    Doubles(Vec<f64>),
    Words(Vec<u64>),
}

/// Pieces by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Pieces {
    all: Vec<(String, Piece)>,
}

impl Pieces {
    pub(crate) fn put(&mut self, name: impl Into<String>, piece: Piece) {
        self.all.push((name.into(), piece));
    }

    fn find(&self, what: &'static str, name: &str) -> Result<&Piece, LearnError> {
        self.all
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, piece)| piece)
            .ok_or_else(|| LearnError::Piece { what, piece: name.to_owned() })
    }

    pub(crate) fn floats(&self, what: &'static str, name: &str) -> Result<&[f32], LearnError> {
        match self.find(what, name)? {
            Piece::Floats(numbers) => Ok(numbers),
            _ => Err(LearnError::Piece { what, piece: name.to_owned() }),
        }
    }

    pub(crate) fn doubles(&self, what: &'static str, name: &str) -> Result<&[f64], LearnError> {
        match self.find(what, name)? {
            Piece::Doubles(numbers) => Ok(numbers),
            _ => Err(LearnError::Piece { what, piece: name.to_owned() }),
        }
    }

    pub(crate) fn words(&self, what: &'static str, name: &str) -> Result<&[u64], LearnError> {
        match self.find(what, name)? {
            Piece::Words(numbers) => Ok(numbers),
            _ => Err(LearnError::Piece { what, piece: name.to_owned() }),
        }
    }

    pub(crate) fn bytes(&self, what: &'static str, name: &str) -> Result<&[u8], LearnError> {
        match self.find(what, name)? {
            Piece::Bytes(bytes) => Ok(bytes),
            _ => Err(LearnError::Piece { what, piece: name.to_owned() }),
        }
    }

    /// All of them in order, with the check sum.
    pub(crate) fn write(&self, magic: &[u8; 8], version: u32) -> Vec<u8> {
        let mut out = Vec::new();
        let mut write = || {
            let mut pieces = PieceWriter::begin(&mut out, magic, version, self.all.len())?;
            self.all.iter().try_for_each(|(name, piece)| pieces.put(name, piece))?;
            pieces.finish()
        };
        // A vector takes everything that is written to it.
        let _: Result<(), LearnError> = write();
        out
    }

    /// Read what [`Pieces::write`] wrote; also the version.
    pub(crate) fn read(
        what: &'static str,
        magic: &[u8; 8],
        versions: std::ops::RangeInclusive<u32>,
        bytes: &[u8],
    ) -> Result<(u32, Pieces), LearnError> {
        Pieces::read_from(what, magic, versions, &mut Cursor::new(bytes))
    }

    /// As [`Pieces::read`], from the beginning of a file, which is read twice and of which no more than a piece is in memory
    /// beside the pieces: once for the check sum, then piece after piece.
    pub(crate) fn read_from<R: Read + Seek>(
        what: &'static str,
        magic: &[u8; 8],
        versions: std::ops::RangeInclusive<u32>,
        source: &mut R,
    ) -> Result<(u32, Pieces), LearnError> {
        let short = || LearnError::Bytes(what, "ends too early");
        let length = source.seek(SeekFrom::End(0)).map_err(LearnError::Read)?;
        source.rewind().map_err(LearnError::Read)?;
        let mut head = [0; 8];
        if length < 8 || source.read_exact(&mut head).is_err() || head != *magic {
            return Err(LearnError::Bytes(what, "does not begin as one"));
        }
        let body = length.checked_sub(SUM as u64).ok_or_else(short)?;
        check(what, body, source)?;
        source.seek(SeekFrom::Start(8)).map_err(LearnError::Read)?;
        let left = body.checked_sub(8).ok_or_else(short)?;
        let mut rest = Rest { source: BufReader::new(source), left, what };
        let version = rest.word4()?;
        if !versions.contains(&version) {
            return Err(LearnError::Bytes(what, "is of a version that is not known here"));
        }
        let count = rest.word4()?;
        let mut pieces = Pieces::default();
        for _ in 0..count {
            let length = u64::from(rest.word4()?);
            let name = String::from_utf8_lossy(&rest.take(length)?).into_owned();
            let kind = rest.take(1)?[0];
            let count = rest.word8()?;
            let size = match kind {
                0 => 1,
                1 => 4,
                2 | 3 => 8,
                _ => {
                    return Err(LearnError::Bytes(
                        what,
                        "holds a kind of number that is not known",
                    ));
                }
            };
            let raw = rest.take(count.checked_mul(size).ok_or_else(short)?)?;
            let piece = match kind {
                0 => Piece::Bytes(raw),
                1 => Piece::Floats(
                    raw.as_chunks().0.iter().map(|x| f32::from_le_bytes(*x)).collect(),
                ),
                2 => Piece::Doubles(
                    raw.as_chunks().0.iter().map(|x| f64::from_le_bytes(*x)).collect(),
                ),
                _ => {
                    Piece::Words(raw.as_chunks().0.iter().map(|x| u64::from_le_bytes(*x)).collect())
                }
            };
            pieces.all.push((name, piece));
        }
        Ok((version, pieces))
    }
}

/// Hold the first `body` bytes against the check sum that follows them.
fn check<R: Read + Seek>(what: &'static str, body: u64, source: &mut R) -> Result<(), LearnError> {
    source.rewind().map_err(LearnError::Read)?;
    let mut hasher = Sha256::new();
    let mut part = vec![0; PART];
    let mut left = body;
    while left > 0 {
        let size = left.min(PART as u64) as usize;
        source.read_exact(&mut part[..size]).map_err(LearnError::Read)?;
        hasher.update(&part[..size]);
        left -= size as u64;
    }
    let mut sum = [0; SUM];
    source.read_exact(&mut sum).map_err(LearnError::Read)?;
    if hasher.finalize().as_slice() != sum {
        return Err(LearnError::Bytes(what, "is damaged: its check sum does not fit"));
    }
    Ok(())
}

/// Writes pieces one after the other, so that no two of them are in memory at once.
pub(crate) struct PieceWriter<W> {
    out: W,
    sum: Sha256,
}

impl<W: Write> PieceWriter<W> {
    /// Begin a file of `count` pieces.
    pub(crate) fn begin(
        out: W,
        magic: &[u8; 8],
        version: u32,
        count: usize,
    ) -> Result<PieceWriter<W>, LearnError> {
        let mut writer = PieceWriter { out, sum: Sha256::new() };
        writer.add(magic)?;
        writer.add(&version.to_le_bytes())?;
        writer.add(&(count as u32).to_le_bytes())?;
        Ok(writer)
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), LearnError> {
        self.sum.update(bytes);
        self.out.write_all(bytes).map_err(LearnError::Write)
    }

    /// The next piece.
    pub(crate) fn put(&mut self, name: &str, piece: &Piece) -> Result<(), LearnError> {
        self.add(&(name.len() as u32).to_le_bytes())?;
        self.add(name.as_bytes())?;
        let (kind, count) = match piece {
            Piece::Bytes(all) => (0, all.len()),
            Piece::Floats(all) => (1, all.len()),
            Piece::Doubles(all) => (2, all.len()),
            Piece::Words(all) => (3, all.len()),
        };
        self.add(&[kind])?;
        self.add(&(count as u64).to_le_bytes())?;
        match piece {
            Piece::Bytes(all) => self.add(all),
            Piece::Floats(all) => all.iter().try_for_each(|x| self.add(&x.to_le_bytes())),
            Piece::Doubles(all) => all.iter().try_for_each(|x| self.add(&x.to_le_bytes())),
            Piece::Words(all) => all.iter().try_for_each(|x| self.add(&x.to_le_bytes())),
        }
    }

    /// The check sum, after the last piece.
    pub(crate) fn finish(mut self) -> Result<(), LearnError> {
        let sum = self.sum.finalize();
        self.out.write_all(&sum).map_err(LearnError::Write)?;
        self.out.flush().map_err(LearnError::Write)
    }
}

/// What is left of a file before its check sum.
struct Rest<R> {
    source: R,
    left: u64,
    what: &'static str,
}

impl<R: Read> Rest<R> {
    fn take(&mut self, count: u64) -> Result<Vec<u8>, LearnError> {
        // Checked before memory is asked for: a count may be anything.
        let left = self.left.checked_sub(count);
        self.left = left.ok_or(LearnError::Bytes(self.what, "ends too early"))?;
        let mut bytes = vec![0; count as usize];
        self.source.read_exact(&mut bytes).map_err(LearnError::Read)?;
        Ok(bytes)
    }

    fn word4(&mut self) -> Result<u32, LearnError> {
        let mut four = [0; 4];
        four.copy_from_slice(&self.take(4)?);
        Ok(u32::from_le_bytes(four))
    }

    fn word8(&mut self) -> Result<u64, LearnError> {
        let mut eight = [0; 8];
        eight.copy_from_slice(&self.take(8)?);
        Ok(u64::from_le_bytes(eight))
    }
}
