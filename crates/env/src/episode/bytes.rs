//! An episode as bytes.
//!
//! ```text
//! magic "LHABEPIS" · version u32 · hash of the task 32 bytes · hash of its plan 32 bytes
//! key 4 × u64 · step f64 · decision interval f64 · steps u64 · decisions u64 · status u64
//! drawn u32, each: length u32, key, value f64 · silent f64 · held u32, each f64
//! thresholds u32, each f32 · memory of the rules u32, each u64
//! habitat: length u64, bytes of `habitat::snapshot` · SHA-256 of everything before it
//! ```
//! All integers and numbers little-endian. Where a policy turns dials there are no thresholds and no memory of rules; version
//! 1, which has neither count, is read for such tasks. Weights of the reward and what happens to bad actions belong to the
//! task, not to the episode.

use std::sync::Arc;

use habitat::scenario::Drawn;
use habitat::{AbortReason, Habitat, StreamKey};
use sha2::{Digest, Sha256};

use super::{Episode, Status};
use crate::task::{HELD_OUT_FROM, Task, Use};
use crate::{Memory, TaskError};

const MAGIC: &[u8; 8] = b"LHABEPIS";
const VERSION: u32 = 2;
/// The version without thresholds.
const DIALS_ALONE: u32 = 1;
/// Length of the check sum at the end.
const SUM: usize = 32;

fn status_word(status: Status) -> u64 {
    match status {
        Status::Running => 0,
        Status::Truncated => 1,
        Status::Terminated(reason) => 2 + reason as u64,
    }
}

fn status_of(word: u64) -> Result<Status, TaskError> {
    match word {
        0 => Ok(Status::Running),
        1 => Ok(Status::Truncated),
        _ => match AbortReason::from_word(word - 2) {
            AbortReason::None => Err(TaskError::Bytes("its status does not exist")),
            reason => Ok(Status::Terminated(reason)),
        },
    }
}

/// Reads from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], TaskError> {
        let (head, rest) =
            self.0.split_at_checked(n).ok_or(TaskError::Bytes("it ends too early"))?;
        self.0 = rest;
        Ok(head)
    }

    fn word(&mut self) -> Result<u64, TaskError> {
        let mut eight = [0; 8];
        eight.copy_from_slice(self.take(8)?);
        Ok(u64::from_le_bytes(eight))
    }

    fn number(&mut self) -> Result<f64, TaskError> {
        Ok(f64::from_bits(self.word()?))
    }

    fn count(&mut self) -> Result<usize, TaskError> {
        let mut four = [0; 4];
        four.copy_from_slice(self.take(4)?);
        Ok(u32::from_le_bytes(four) as usize)
    }
}

/// What is stored of a policy that supervises; nothing of one that turns dials.
#[derive(Default)]
struct Supervised {
    entries: Vec<f32>,
    memory: Vec<u64>,
}

impl Supervised {
    fn read(reader: &mut Reader<'_>) -> Result<Supervised, TaskError> {
        let mut found = Supervised::default();
        for _ in 0..reader.count()? {
            found.entries.push(f32::from_bits(reader.count()? as u32));
        }
        for _ in 0..reader.count()? {
            found.memory.push(reader.word()?);
        }
        Ok(found)
    }

    /// Go on with it in an episode whose rules are at their start.
    fn put(self, episode: &mut Episode) -> Result<(), TaskError> {
        let expected = if episode.supervisor.is_some() { episode.task.actions().len() } else { 0 };
        if self.entries.len() != expected {
            return Err(TaskError::Bytes("it holds another number of thresholds"));
        }
        if self.entries.iter().any(|entry| !(-1.0..=1.0).contains(entry)) {
            return Err(TaskError::Bytes("a threshold lies outside its range"));
        }
        let remembered = match &mut episode.supervisor {
            Some(supervisor) => {
                supervisor.set(&self.entries);
                supervisor.rules.remember(&self.memory)
            }
            None => self.memory.is_empty(),
        };
        if remembered { Ok(()) } else { Err(TaskError::Bytes("its rules remember something else")) }
    }
}

impl Episode {
    /// The episode as bytes: habitat, clocks, held readings, drawn values, and thresholds with the memory of the rules.
    ///
    /// # Tests
    /// `snapshots` in this crate.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let habitat = self.habitat.snapshot();
        let mut bytes = Vec::with_capacity(habitat.len() + 4_096);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.task.hash());
        bytes.extend_from_slice(&self.task.plan.hash);
        let key = self.key();
        for word in [key.run, key.env, key.episode, key.fork] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(&self.task.dt_s().to_le_bytes());
        bytes.extend_from_slice(&self.decision_s.to_le_bytes());
        for word in [self.steps, self.decisions, status_word(self.status)] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(&(self.drawn.len() as u32).to_le_bytes());
        for Drawn { key, value } in &self.drawn {
            bytes.extend_from_slice(&(key.len() as u32).to_le_bytes());
            bytes.extend_from_slice(key.as_bytes());
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        bytes.extend_from_slice(&self.memory.silent.to_le_bytes());
        bytes.extend_from_slice(&(self.memory.held.len() as u32).to_le_bytes());
        for value in &self.memory.held {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        let (entries, memory) = match &self.supervisor {
            Some(supervisor) => (&supervisor.entries()[..], supervisor.rules.memory()),
            None => (&[][..], Vec::new()),
        };
        bytes.extend_from_slice(&(entries.len() as u32).to_le_bytes());
        for entry in entries {
            bytes.extend_from_slice(&entry.to_le_bytes());
        }
        bytes.extend_from_slice(&(memory.len() as u32).to_le_bytes());
        for word in memory {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(&(habitat.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&habitat);
        let sum: [u8; SUM] = Sha256::digest(&bytes).into();
        bytes.extend_from_slice(&sum);
        bytes
    }

    /// An episode of `task` from bytes; its future is that of the one that was stored, to the bit.
    ///
    /// # Errors
    /// - [`TaskError::Bytes`]: no episode, another version, damage, or an episode of another task.
    /// - [`TaskError::HeldOut`]: a held-out episode for a task that trains.
    /// - [`TaskError::Episode`], [`TaskError::Snapshot`]: its values or its habitat do not fit the plan.
    pub fn restore(task: &Arc<Task>, bytes: &[u8]) -> Result<Episode, TaskError> {
        if bytes.len() < MAGIC.len() + SUM || &bytes[..MAGIC.len()] != MAGIC {
            return Err(TaskError::Bytes("it does not begin with LHABEPIS"));
        }
        let (body, sum) = bytes.split_at(bytes.len() - SUM);
        let expected: [u8; SUM] = Sha256::digest(body).into();
        if sum != expected {
            return Err(TaskError::Bytes("its check sum does not match"));
        }
        let mut reader = Reader(&body[MAGIC.len()..]);
        let version = reader.count()? as u32;
        if ![DIALS_ALONE, VERSION].contains(&version) {
            return Err(TaskError::Bytes("its version is another one"));
        }
        if reader.take(32)? != task.hash() {
            return Err(TaskError::Bytes("its observations or actions are others"));
        }
        if reader.take(32)? != task.plan.hash {
            return Err(TaskError::Bytes("its scenario is another one"));
        }
        let key = StreamKey {
            run: reader.word()?,
            env: reader.word()?,
            episode: reader.word()?,
            fork: reader.word()?,
        };
        if task.used_for() == Use::Training && key.env >= HELD_OUT_FROM {
            return Err(TaskError::HeldOut { env: key.env });
        }
        if reader.number()?.to_bits() != task.dt_s().to_bits() {
            return Err(TaskError::Bytes("its step has another length"));
        }
        let decision_s = reader.number()?;
        let (steps, decisions) = (reader.word()?, reader.word()?);
        let status = status_of(reader.word()?)?;
        let mut drawn = Vec::new();
        for _ in 0..reader.count()? {
            let length = reader.count()?;
            let key = std::str::from_utf8(reader.take(length)?)
                .map_err(|_| TaskError::Bytes("a key of its values is no text"))?
                .to_owned();
            drawn.push(Drawn { key, value: reader.number()? });
        }
        let silent = reader.number()?;
        if reader.count()? != task.observations.memory().held.len() {
            return Err(TaskError::Bytes("it holds another number of readings"));
        }
        let mut memory = Memory { silent, ..task.observations.memory() };
        for value in &mut memory.held {
            *value = reader.number()?;
        }
        let supervised = match version {
            DIALS_ALONE => Supervised::default(),
            _ => Supervised::read(&mut reader)?,
        };
        let length = reader.word()? as usize;
        let habitat = reader.take(length)?;

        let (plan, drawn) = task.plan().for_episode(key, &drawn)?;
        let fresh = Habitat::new(Arc::clone(&plan), key);
        let mut episode = Episode::on(task, fresh, drawn)?;
        episode.set_decision_s(decision_s)?;
        supervised.put(&mut episode)?;
        episode.habitat = Habitat::restore(plan, habitat)?;
        episode.memory = memory;
        episode.status = status;
        episode.steps = steps.min(episode.steps_total);
        episode.decisions = decisions;
        Ok(episode)
    }
}
