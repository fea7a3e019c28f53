//! What is kept of a lane in which a number ceased to be one: enough to see it happen again.
//!
//! A box holds the lane as it was at the start of its segment, and every action that it was given since. Whoever restores
//! the one and gives the others meets the number that is none, to the bit.

use std::path::Path;

use crate::LearnError;
use crate::bytes::{Piece, Pieces};
use crate::file;

/// Magic of the file.
const MAGIC: &[u8; 8] = b"LHABBBOX";
/// Version that is written.
const VERSION: u32 = 1;
/// What errors call it.
const WHAT: &str = "black box";

/// The last decisions of a lane.
#[derive(Debug, Clone, PartialEq)]
pub struct BlackBox {
    /// Which number it was, in words.
    pub what: String,
    /// Lane in the training.
    pub lane: u64,
    /// Decisions of that lane when it happened.
    pub decisions: u64,
    /// Seed of the training.
    pub seed: u64,
    /// The lane at the start of its segment ([`crate::World::snapshot`]).
    pub start: Vec<u8>,
    /// Numbers of an action.
    pub width: usize,
    /// The actions since, one after the other; the last one is that after which it happened.
    pub actions: Vec<f32>,
    /// What the training was told, as text; whoever writes the box knows its form.
    pub facts: String,
}

impl BlackBox {
    /// The box as the bytes of its file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut pieces = Pieces::default();
        pieces.put("what", Piece::Bytes(self.what.clone().into_bytes()));
        pieces.put("facts", Piece::Bytes(self.facts.clone().into_bytes()));
        let counts = vec![self.lane, self.decisions, self.seed, self.width as u64];
        pieces.put("counts", Piece::Words(counts));
        pieces.put("start", Piece::Bytes(self.start.clone()));
        pieces.put("actions", Piece::Floats(self.actions.clone()));
        pieces.write(MAGIC, VERSION)
    }

    /// Read what [`BlackBox::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`LearnError::Bytes`], [`LearnError::Piece`] for what is no such file.
    pub fn from_bytes(bytes: &[u8]) -> Result<BlackBox, LearnError> {
        let (_, pieces) = Pieces::read(WHAT, MAGIC, 1..=VERSION, bytes)?;
        let text = |name: &str| {
            Ok::<_, LearnError>(String::from_utf8_lossy(pieces.bytes(WHAT, name)?).into_owned())
        };
        let counts = pieces.words(WHAT, "counts")?;
        let [lane, decisions, seed, width] = *counts else {
            return Err(LearnError::Piece { what: WHAT, piece: "counts".to_owned() });
        };
        let actions = pieces.floats(WHAT, "actions")?.to_vec();
        let width = usize::try_from(width).unwrap_or(0);
        if width == 0 || !actions.len().is_multiple_of(width) {
            return Err(LearnError::Piece { what: WHAT, piece: "actions".to_owned() });
        }
        Ok(BlackBox {
            what: text("what")?,
            facts: text("facts")?,
            lane,
            decisions,
            seed,
            start: pieces.bytes(WHAT, "start")?.to_vec(),
            width,
            actions,
        })
    }

    /// Write the file, whole or not at all.
    ///
    /// # Errors
    /// [`LearnError::File`].
    pub fn write(&self, path: &Path) -> Result<(), LearnError> {
        file::write(path, &self.to_bytes())
    }

    /// Read a file.
    ///
    /// # Errors
    /// [`LearnError::File`]; as [`BlackBox::from_bytes`].
    pub fn read(path: &Path) -> Result<BlackBox, LearnError> {
        BlackBox::from_bytes(&file::read(path)?)
    }
}
