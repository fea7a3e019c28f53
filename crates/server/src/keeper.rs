//! Writes what happens in sessions into the database: one transaction for all of them, again and again.
//!
//! Rows and events go at every round. Every [`SAVE_EVERY`] the bytes of a session that changed go too, each counted from when
//! it was made, so that a round seldom has all of them; what somebody ordered takes them along at once. A round that fails
//! changes nothing: everything waits for the next. Where the sessions of a transaction fail together, each is tried alone, so
//! that one whose rows are refused does not hold up the others.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use store::{Database, Ingest, RunStatus, StoreError};
use tracing::info_span;

use crate::fleet::{Fleet, Member, POLICY, SNAPSHOT};
use crate::session::advice::Decided;
use crate::session::unkept::{Bytes, Unkept};
use crate::{ApiError, ServerError};

/// Time between two rounds.
const ROUND: Duration = Duration::from_millis(500);
/// Longest time between two bytes of a session that changes.
pub const SAVE_EVERY: Duration = Duration::from_secs(10);
/// Sessions of one transaction.
const TOGETHER: usize = 250;
/// Kind of the artifacts that hold decisions on proposals.
pub const ADVICE: &str = "advice";

/// What the keeper has done.
#[derive(Debug, Default)]
pub struct Tally {
    /// Rows in the database.
    pub rows: AtomicU64,
    /// Events in the database.
    pub events: AtomicU64,
    /// Bytes of sessions written.
    pub snapshots: AtomicU64,
    /// Size of these.
    pub snapshot_bytes: AtomicU64,
    /// Transactions.
    pub commits: AtomicU64,
    /// Transactions that failed.
    pub failures: AtomicU64,
    /// Time in transactions, µs.
    pub commit_us: AtomicU64,
}

/// Keeps the sessions of a fleet.
pub struct Keeper {
    fleet: Arc<Fleet>,
    tally: Tally,
    is_over: AtomicBool,
    trouble: Mutex<Option<String>>,
}

/// What one session has for a transaction.
struct Part<'a> {
    member: &'a Member,
    unkept: Unkept,
    /// What is told of its bytes, as JSON.
    told: String,
    /// Decisions on proposals by their names, as JSON.
    decided: Vec<(String, Vec<u8>)>,
}

impl Keeper {
    /// A keeper of `fleet`; [`Keeper::work`] runs it.
    pub fn new(fleet: Arc<Fleet>) -> Keeper {
        Keeper {
            fleet,
            tally: Tally::default(),
            is_over: AtomicBool::new(false),
            trouble: Mutex::default(),
        }
    }

    /// What was done.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Why the last round failed, if it did.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keep until [`Keeper::end`], then once more with the bytes of all.
    pub fn work(&self) {
        while !self.is_over.load(Ordering::Relaxed) {
            let began = Instant::now();
            self.round(false);
            std::thread::park_timeout(ROUND.saturating_sub(began.elapsed()));
        }
        self.round(true);
    }

    /// End the work.
    pub fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Keep what there is, of all sessions.
    pub fn round(&self, with_bytes: bool) {
        let bytes = if with_bytes { Bytes::Now } else { Bytes::Every(SAVE_EVERY) };
        let members = self.fleet.all();
        let mut first: Option<StoreError> = None;
        for chunk in members.chunks(TOGETHER) {
            let chunk: Vec<&Member> = chunk.iter().map(AsRef::as_ref).collect();
            match self.keep(&chunk, bytes) {
                Ok(()) => {}
                Err(error) if chunk.len() == 1 || is_of_all(&error) => {
                    first.get_or_insert(error);
                }
                Err(_) => {
                    for member in chunk {
                        if let Err(error) = self.keep(&[member], bytes) {
                            first.get_or_insert(error);
                        }
                    }
                }
            }
        }
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        *trouble = first.map(|error| error.to_string());
    }

    /// Keep what one session has now, bytes included.
    ///
    /// # Errors
    /// What the database reports; it all waits for the next round then.
    pub fn keep_now(&self, member: &Member) -> Result<(), ApiError> {
        Ok(self.keep(&[member], Bytes::Now)?)
    }

    /// Keep what a stopped session has and record that its run has ended.
    ///
    /// # Errors
    /// What the database reports.
    pub fn close(&self, member: &Member) -> Result<(), ApiError> {
        self.keep(&[member], Bytes::Now)?;
        let view = member.session.view();
        let results = serde_json::to_string(&view).map_err(ApiError::broken)?;
        member.writer().finish()?;
        self.fleet.database().end_run(member.run, RunStatus::Done, Some(&results))?;
        Ok(())
    }

    fn keep(&self, members: &[&Member], bytes: Bytes) -> Result<(), StoreError> {
        let _stage = info_span!("session keeping").entered();
        let mut writers = Vec::new();
        let mut parts: Vec<Part<'_>> = Vec::new();
        let gathered = members.iter().try_for_each(|member| {
            // One writer at a time: what is unkept is looked at under its lock.
            let mut writer = member.writer();
            let unkept = member.session.unkept(bytes);
            if unkept.is_empty() {
                return Ok(());
            }
            // It is among the parts before anything can fail, so that nothing it gave is forgotten.
            parts.push(Part { member, unkept, told: String::new(), decided: Vec::new() });
            writer.discard();
            if let Some(part) = parts.last_mut() {
                part.prepare()?;
                for fresh in &part.unkept.rows {
                    writer.gather(fresh.time_us, &fresh.row)?;
                }
            }
            writers.push(writer);
            Ok(())
        });
        if parts.is_empty() {
            return gathered;
        }
        let written = gathered.and_then(|()| {
            let began = Instant::now();
            let mut ingests: Vec<&mut Ingest> =
                writers.iter_mut().map(|writer| &mut **writer).collect();
            let written = Ingest::commit_together(&mut ingests, |batch| {
                parts.iter().try_for_each(|part| part.write(batch))
            });
            let took_us = began.elapsed().as_micros() as u64;
            self.tally.commit_us.fetch_add(took_us, Ordering::Relaxed);
            written
        });
        match &written {
            Ok(()) => {
                self.tally.commits.fetch_add(1, Ordering::Relaxed);
                parts.iter().for_each(|part| self.note(part));
            }
            Err(_) => {
                self.tally.failures.fetch_add(1, Ordering::Relaxed);
                parts.iter().for_each(|part| part.member.session.not_kept(&part.unkept));
            }
        }
        written
    }

    /// Count what is in the database and let the session forget it.
    fn note(&self, Part { member, unkept, .. }: &Part<'_>) {
        member.session.kept(unkept);
        let tally = &self.tally;
        tally.rows.fetch_add(unkept.rows.len() as u64, Ordering::Relaxed);
        tally.events.fetch_add(unkept.events.len() as u64, Ordering::Relaxed);
        if let Some(saved) = &unkept.saved {
            tally.snapshots.fetch_add(1, Ordering::Relaxed);
            tally.snapshot_bytes.fetch_add(saved.habitat.len() as u64, Ordering::Relaxed);
        }
    }
}

/// Whether an error is of the database and not of what one session gave it.
pub fn is_of_all(error: &StoreError) -> bool {
    use StoreError::{
        DatabaseAway, DatabaseBusy, DatabaseDamaged, DatabaseFull, DatabaseReadOnly, DiskFull,
    };
    matches!(
        error,
        DatabaseAway { .. }
            | DatabaseBusy { .. }
            | DatabaseDamaged { .. }
            | DatabaseFull { .. }
            | DatabaseReadOnly { .. }
            | DiskFull { .. }
    )
}

impl Part<'_> {
    /// Write as JSON what goes as JSON.
    fn prepare(&mut self) -> Result<(), StoreError> {
        let wrong = |error: serde_json::Error| StoreError::Rows {
            stream: self.member.session.facts().id.clone(),
            reason: format!("what is told of it cannot be written: {error}"),
        };
        if let Some(saved) = &self.unkept.saved {
            self.told = serde_json::to_string(&saved.told).map_err(wrong)?;
        }
        for decided in &self.unkept.decided {
            let bytes = serde_json::to_vec(decided).map_err(wrong)?;
            self.decided.push((advice_name(decided.number), bytes));
        }
        Ok(())
    }

    fn write(&self, batch: &mut store::Batch<'_>) -> Result<(), StoreError> {
        let run = self.member.run;
        for event in &self.unkept.events {
            batch.record_event(run, event)?;
        }
        for (name, bytes) in &self.decided {
            batch.keep_artifact(run, ADVICE, name, "{}", bytes)?;
        }
        if let Some(saved) = &self.unkept.saved {
            batch.keep_artifact(run, SNAPSHOT.0, SNAPSHOT.1, &self.told, &saved.habitat)?;
            if let Some(policy) = &saved.policy {
                batch.keep_artifact(run, POLICY.0, POLICY.1, "{}", policy)?;
            }
        }
        Ok(())
    }
}

/// The last decisions that are kept of run number `run`, at most `most`, the oldest first.
///
/// # Errors
/// [`ServerError::Store`]; [`ServerError::Session`] for one that this release cannot read.
pub fn kept_decisions(
    database: &Database,
    run: i64,
    most: usize,
) -> Result<Vec<Decided>, ServerError> {
    // Names are in the order of numbers.
    let mut kept = database.artifacts(run)?;
    kept.retain(|one| one.kind == ADVICE);
    let last = kept.iter().skip(kept.len().saturating_sub(most));
    last.map(|info| {
        let artifact = database.artifact(run, ADVICE, &info.name)?;
        serde_json::from_slice(&artifact.bytes).map_err(|error| {
            ServerError::Session(format!("decision {} cannot be read: {error}", info.name))
        })
    })
    .collect()
}

/// Name of the artifact of a decision: in the order of numbers.
fn advice_name(number: u64) -> String {
    format!("{number:012}")
}
