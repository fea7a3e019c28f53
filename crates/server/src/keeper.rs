//! Writes what happens in sessions into the database: one transaction for all of them, again and again.
//!
//! Rows and events go at every round. Every [`SAVE_EVERY`] the bytes of a session that changed go too, in turn, so that a
//! round never has all of them. A round that fails changes nothing: everything waits for the next.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use store::{Ingest, RunStatus, StoreError};

use crate::ApiError;
use crate::fleet::{Fleet, Member, POLICY, SNAPSHOT};
use crate::session::advice::Decided;
use crate::session::saved::Saved;

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
    /// When the bytes of a session were written last.
    saved: Mutex<HashMap<String, Instant>>,
    tally: Tally,
    is_over: AtomicBool,
    trouble: Mutex<Option<String>>,
}

/// What one session has for a transaction.
struct Part<'a> {
    member: &'a Member,
    up_to_us: i64,
    rows: u64,
    events: Vec<store::Event>,
    decided: Vec<Decided>,
    saved: Option<Saved>,
}

impl Keeper {
    /// A keeper of `fleet`; [`Keeper::work`] runs it.
    pub fn new(fleet: Arc<Fleet>) -> Keeper {
        Keeper {
            fleet,
            saved: Mutex::default(),
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
        let members = self.fleet.all();
        for chunk in members.chunks(TOGETHER) {
            let chunk: Vec<&Member> = chunk.iter().map(AsRef::as_ref).collect();
            let kept = self.keep(&chunk, with_bytes);
            let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
            *trouble = kept.err().map(|error| error.to_string());
        }
        let mut saved = self.saved.lock().unwrap_or_else(PoisonError::into_inner);
        saved.retain(|id, _| self.fleet.find(id).is_ok());
    }

    /// Keep what one session has now, bytes included.
    ///
    /// # Errors
    /// What the database reports; it all waits for the next round then.
    pub fn keep_now(&self, member: &Member) -> Result<(), ApiError> {
        Ok(self.keep(&[member], true)?)
    }

    /// Keep what a stopped session has and record that its run has ended.
    ///
    /// # Errors
    /// What the database reports.
    pub fn close(&self, member: &Member) -> Result<(), ApiError> {
        self.keep(&[member], true)?;
        let view = member.session.view();
        let results = serde_json::to_string(&view).map_err(ApiError::broken)?;
        member.writer().finish()?;
        self.fleet.database().end_run(member.run, RunStatus::Done, Some(&results))?;
        Ok(())
    }

    fn keep(&self, members: &[&Member], with_bytes: bool) -> Result<(), StoreError> {
        let mut writers = Vec::new();
        let mut parts = Vec::new();
        for member in members {
            // One writer at a time: what is unkept is looked at under its lock.
            let mut writer = member.writer();
            let unkept = member.session.unkept(i64::MIN);
            let saved = self.bytes_of(member, with_bytes);
            let up_to_us = unkept.rows.last().map_or(i64::MIN, |row| row.time_us);
            if unkept.rows.is_empty()
                && unkept.events.is_empty()
                && unkept.decided.is_empty()
                && saved.is_none()
            {
                continue;
            }
            writer.discard();
            for fresh in &unkept.rows {
                writer.gather(fresh.time_us, &fresh.row)?;
            }
            writers.push(writer);
            parts.push(Part {
                member,
                up_to_us,
                rows: unkept.rows.len() as u64,
                events: unkept.events,
                decided: unkept.decided,
                saved,
            });
        }
        if parts.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        let mut ingests: Vec<&mut Ingest> =
            writers.iter_mut().map(|writer| &mut **writer).collect();
        let written = Ingest::commit_together(&mut ingests, |batch| {
            parts.iter().try_for_each(|part| part.write(batch))
        });
        let tally = &self.tally;
        tally.commit_us.fetch_add(began.elapsed().as_micros() as u64, Ordering::Relaxed);
        match written {
            Ok(()) => {
                tally.commits.fetch_add(1, Ordering::Relaxed);
                for part in &parts {
                    self.note(part);
                }
                Ok(())
            }
            Err(error) => {
                tally.failures.fetch_add(1, Ordering::Relaxed);
                for part in parts.iter().filter(|part| part.saved.is_some()) {
                    part.member.session.not_saved();
                }
                Err(error)
            }
        }
    }

    /// The bytes of a session, where it is time.
    fn bytes_of(&self, member: &Member, anyway: bool) -> Option<Saved> {
        let id = &member.session.facts().id;
        let saved = self.saved.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = saved.get(id).is_none_or(|last| last.elapsed() >= SAVE_EVERY);
        drop(saved);
        if anyway || is_due { member.session.save(false) } else { None }
    }

    /// Count what is in the database and let the session forget it.
    fn note(&self, part: &Part<'_>) {
        let Part { member, up_to_us, rows, events, decided, saved } = part;
        member.session.kept(*up_to_us, events.len(), decided.len());
        self.tally.rows.fetch_add(*rows, Ordering::Relaxed);
        self.tally.events.fetch_add(events.len() as u64, Ordering::Relaxed);
        if let Some(bytes) = saved {
            let id = member.session.facts().id.clone();
            let mut saved = self.saved.lock().unwrap_or_else(PoisonError::into_inner);
            saved.insert(id, Instant::now());
            self.tally.snapshots.fetch_add(1, Ordering::Relaxed);
            self.tally.snapshot_bytes.fetch_add(bytes.habitat.len() as u64, Ordering::Relaxed);
        }
    }
}

impl Part<'_> {
    fn write(&self, batch: &mut store::Batch<'_>) -> Result<(), StoreError> {
        let run = self.member.run;
        for event in &self.events {
            batch.record_event(run, event)?;
        }
        for decided in &self.decided {
            let bytes = serde_json::to_vec(decided).unwrap_or_default();
            let name = format!("{:08}", decided.number);
            batch.keep_artifact(run, ADVICE, &name, "{}", &bytes)?;
        }
        if let Some(saved) = &self.saved {
            let told = serde_json::to_string(&saved.told).unwrap_or_default();
            batch.keep_artifact(run, SNAPSHOT.0, SNAPSHOT.1, &told, &saved.habitat)?;
            if let Some(policy) = &saved.policy {
                batch.keep_artifact(run, POLICY.0, POLICY.1, "{}", policy)?;
            }
        }
        Ok(())
    }
}
