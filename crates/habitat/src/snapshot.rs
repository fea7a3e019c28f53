//! A habitat as bytes.
//!
//! ```text
//! magic "LHABSNAP" · version u32 · scenario hash 32 bytes
//! number of slots u32 · for each: length u16, name, kind u8 (0 number, 1 word), 8 bytes value
//! SHA-256 of everything before it
//! ```
//! All integers and numbers little-endian. Loading matches slots by name, so a later version may
//! add slots: one that the bytes lack keeps the value it has at the start of a mission if it is
//! declared as optional, else the load is refused.
//!
//! The plan is not in the bytes, only the hash of its scenario: a snapshot is read against the plan
//! it was taken on. Slots that this release does not know are passed over.
//!
//! # Examples
//! ```
//! use std::sync::Arc;
//! use lunar_habitat_habitat::{Habitat, Plan, StreamKey, scenario, snapshot::SnapshotError};
//! let loaded = scenario::load("leak-box")?;
//! let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
//! let mut cabin = Habitat::new(Arc::clone(&plan), StreamKey::default());
//! cabin.step(10.0)?;
//! let mut bytes = cabin.snapshot();
//! assert_eq!(Habitat::restore(Arc::clone(&plan), &bytes)?.hash(), cabin.hash());
//!
//! bytes[100] ^= 1; // one bit
//! assert!(matches!(Habitat::restore(plan, &bytes), Err(SnapshotError::Damaged(_))));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//! # Tests
//! `same_bits::a_snapshot_restores_to_the_same_future`,
//! `same_bits::a_damaged_or_foreign_snapshot_is_refused`.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::actuation::DEAD_MAX_S;
use crate::layout::Layout;
use crate::slots::{Slot, Slots};
use crate::state::State;
use crate::stream::StreamKey;

const MAGIC: &[u8; 8] = b"LHABSNAP";
/// Version written by this release.
pub const VERSION: u32 = 1;

/// Slots that older snapshots may lack; they keep their value at the start of a mission.
const OPTIONAL: &[&str] = &[];

/// Bytes that are no snapshot of this habitat.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SnapshotError {
    /// Not a snapshot at all.
    #[error("this is no habitat snapshot: it does not begin with LHABSNAP")]
    Magic,
    /// Written by a later release.
    #[error("snapshot version {found}; this release reads up to {VERSION}")]
    Version {
        /// Version in the bytes.
        found: u32,
    },
    /// Cut off or changed.
    #[error("the snapshot is damaged: {0}")]
    Damaged(&'static str),
    /// Taken of another scenario.
    #[error("the snapshot belongs to another scenario (hash {found}, this one is {expected})")]
    Scenario {
        /// Hash in the bytes, hexadecimal.
        found: String,
        /// Hash of the plan, hexadecimal.
        expected: String,
    },
    /// A slot that this habitat needs.
    #[error("the snapshot lacks `{0}`")]
    Missing(String),
}

/// The first eight bytes of a hash in hexadecimal.
fn short(hash: &[u8]) -> String {
    hash.iter().take(8).map(|b| format!("{b:02x}")).collect()
}

/// Write `state` as bytes. Values keep their bits, so a NaN or a negative zero comes back as it
/// was.
#[must_use]
pub fn save(plan: &Layout, state: &State) -> Vec<u8> {
    let mut slots = Vec::new();
    let mut count = 0_u32;
    let mut copy = state.clone();
    copy.slots(&mut String::new(), &mut |name, slot| {
        count += 1;
        slots.extend_from_slice(&(name.len() as u16).to_le_bytes());
        slots.extend_from_slice(name.as_bytes());
        match slot {
            Slot::Number(value) => {
                slots.push(0);
                slots.extend_from_slice(&value.to_le_bytes());
            }
            Slot::Word(value) => {
                slots.push(1);
                slots.extend_from_slice(&value.to_le_bytes());
            }
        }
    });
    let mut bytes = Vec::with_capacity(slots.len() + 80);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&plan.hash);
    bytes.extend_from_slice(&count.to_le_bytes());
    bytes.extend_from_slice(&slots);
    let sum: [u8; 32] = Sha256::digest(&bytes).into();
    bytes.extend_from_slice(&sum);
    bytes
}

/// Take `n` bytes off the front, or say that the bytes end too early.
fn take<'a>(bytes: &mut &'a [u8], n: usize) -> Result<&'a [u8], SnapshotError> {
    if bytes.len() < n {
        return Err(SnapshotError::Damaged("it ends too early"));
    }
    let (head, rest) = bytes.split_at(n);
    *bytes = rest;
    Ok(head)
}

/// Eight bytes as an array.
fn eight(bytes: &[u8]) -> [u8; 8] {
    let mut array = [0; 8];
    array.copy_from_slice(&bytes[..8]);
    array
}

/// Read a state from bytes.
///
/// # Errors
/// [`SnapshotError`], one case for each way in which the bytes do not fit, looked at in this order:
/// - [`SnapshotError::Magic`]: the first eight bytes are not `LHABSNAP`;
/// - [`SnapshotError::Version`]: version 0, or one later than [`VERSION`];
/// - [`SnapshotError::Damaged`]: too short, or a checksum that does not match;
/// - [`SnapshotError::Scenario`]: the plan has another hash;
/// - [`SnapshotError::Damaged`]: a name that is no text, or a slot of another kind;
/// - [`SnapshotError::Missing`]: a slot that the plan needs, the first in the state's order.
pub fn load(plan: &Layout, bytes: &[u8]) -> Result<State, SnapshotError> {
    if bytes.len() < MAGIC.len() || &bytes[..MAGIC.len()] != MAGIC {
        return Err(SnapshotError::Magic);
    }
    let mut rest = &bytes[MAGIC.len()..];
    let mut word = [0; 4];
    word.copy_from_slice(take(&mut rest, 4)?);
    let version = u32::from_le_bytes(word);
    if version == 0 || version > VERSION {
        return Err(SnapshotError::Version { found: version });
    }
    if bytes.len() < 80 {
        return Err(SnapshotError::Damaged("it ends too early"));
    }
    let (body, sum) = bytes.split_at(bytes.len() - 32);
    let expected: [u8; 32] = Sha256::digest(body).into();
    if sum != expected {
        return Err(SnapshotError::Damaged("its checksum does not match"));
    }
    let hash = take(&mut rest, 32)?;
    if hash != plan.hash {
        return Err(SnapshotError::Scenario { found: short(hash), expected: short(&plan.hash) });
    }
    word.copy_from_slice(take(&mut rest, 4)?);
    let mut values = BTreeMap::new();
    for _ in 0..u32::from_le_bytes(word) {
        let head = take(&mut rest, 2)?;
        let length = usize::from(u16::from_le_bytes([head[0], head[1]]));
        let name = std::str::from_utf8(take(&mut rest, length)?)
            .map_err(|_| SnapshotError::Damaged("a name is no text"))?;
        let kind = take(&mut rest, 1)?[0];
        values.insert(name, (kind, eight(take(&mut rest, 8)?)));
    }
    let mut state = State::new(plan, StreamKey::default());
    let mut missing = None;
    let mut wrong = false;
    state.slots(&mut String::new(), &mut |name, slot| match (values.get(name), slot) {
        (Some((0, raw)), Slot::Number(value)) => *value = f64::from_le_bytes(*raw),
        (Some((1, raw)), Slot::Word(value)) => *value = u64::from_le_bytes(*raw),
        (Some(_), _) => wrong = true,
        (None, _) if OPTIONAL.contains(&name) => {}
        (None, _) => missing = missing.take().or_else(|| Some(name.to_owned())),
    });
    if wrong {
        return Err(SnapshotError::Damaged("a slot has another kind"));
    }
    if let Some(name) = missing {
        return Err(SnapshotError::Missing(name));
    }
    fits(plan, &mut state)?;
    Ok(state)
}

/// Largest counter that a snapshot may hold: a sample a second for a century is less.
const COUNT_MAX: u64 = 1 << 32;

/// Whether the values are ones that this plan can step: every number finite, every index in range.
fn fits(plan: &Layout, state: &mut State) -> Result<(), SnapshotError> {
    let mut finite = true;
    state.slots(&mut String::new(), &mut |_, slot| {
        if let Slot::Number(value) = slot {
            finite &= value.is_finite();
        }
    });
    if !finite {
        return Err(SnapshotError::Damaged("a number is not finite"));
    }
    let mut crew = state.crew.iter().zip(&plan.crew);
    let pieces = crew.all(|(p, at)| p.piece < at.schedule.pieces().len() as u64);
    if !pieces || state.cdra.iter().any(|cdra| cdra.adsorbing > 1) {
        return Err(SnapshotError::Damaged("an index is out of range"));
    }
    // Counters are words of the index of a draw.
    let counts = state.faults.units.iter().map(|fault| fault.failures);
    let counts = counts.chain(state.sensors.sensors.iter().flat_map(|s| [s.faults, s.made]));
    if counts.chain([state.sensors.samples]).any(|count| count > COUNT_MAX) {
        return Err(SnapshotError::Damaged("a counter is out of range"));
    }
    let is_due = |wait_s: f64| (0.0..=DEAD_MAX_S).contains(&wait_s);
    if !state.orders.iter().all(|order| is_due(order.wait_s)) {
        return Err(SnapshotError::Damaged("a dead time is out of range"));
    }
    state.orders_open = state.orders.iter().filter(|order| order.open).count() as u64;
    let amounts = state.zones.iter().all(|zone| zone.n_mol.iter().all(|n| *n >= 0.0));
    if !amounts {
        return Err(SnapshotError::Damaged("an amount of gas is negative"));
    }
    Ok(())
}

/// SHA-256 over every number of the state in order: equal states have equal hashes.
///
/// Names are not in it; a new slot or another order is another hash of the same physics. Negative
/// zero and zero differ.
#[must_use]
pub fn hash(state: &State) -> [u8; 32] {
    let mut hasher = Sha256::new();
    let mut copy = state.clone();
    copy.slots(&mut String::new(), &mut |_, slot| match slot {
        Slot::Number(value) => hasher.update(value.to_le_bytes()),
        Slot::Word(value) => hasher.update(value.to_le_bytes()),
    });
    hasher.finalize().into()
}
