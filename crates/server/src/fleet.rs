//! All sessions of a server: making, finding, forking, stopping, and taking them up again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use env::Timing;
use env::habitat::scenario::{self, Difficulty, SHIPPED, Scenario};
use env::habitat::{Plan, StreamKey};
use serde::{Deserialize, Serialize};
use store::{
    Database, Ingest, IngestSettings, NewRun, RunFilter, RunStatus, Severity, Signal, StoreError,
    Stream,
};
use watch::alarm::Overrides;

use crate::ApiError;
use crate::announcer::Announcer;
use crate::keeper::{ADVICE, SAVE_EVERY, is_of_all};
use crate::session::flight::{Flight, beginning};
use crate::session::pace::check_rate;
use crate::session::pilot::Pilot;
use crate::session::saved::{Saved, Told};
use crate::session::view::{Mode, NewSession, Status};
use crate::session::{Facts, Session};
use crate::watching::Watching;

/// Kind of the runs of sessions.
pub const RUN_KIND: &str = "session";
/// Kind and name of the bytes of a session.
pub const SNAPSHOT: (&str, &str) = ("snapshot", "latest");
/// Kind and name of the policy in command.
pub const POLICY: (&str, &str) = ("policy", "in command");
/// Stream of its rows.
pub const STREAM: &str = "telemetry";
/// Samples of a segment of a session: what is not in one yet is in memory, for a thousand sessions.
const SEGMENT_SAMPLES: usize = 1 << 15;
/// Plans that are remembered.
const PLANS_MOST: usize = 64;

/// A session with its place in the database.
pub struct Member {
    /// The session.
    pub session: Session,
    /// Number of its run.
    pub run: i64,
    /// Its rows.
    pub stream: Stream,
    /// Writes its rows; held while they are written.
    pub ingest: Mutex<Ingest>,
}

impl Member {
    /// Its writer.
    pub fn writer(&self) -> MutexGuard<'_, Ingest> {
        self.ingest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is told of a session in its run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Founding {
    id: String,
    name: String,
    scenario: String,
    difficulty: String,
    seed: u64,
    days: Option<f64>,
    epoch_ms: i64,
    created_ms: i64,
    /// The session that it began from, where it is a fork.
    #[serde(default)]
    forked_from: Option<String>,
}

/// Why a session is not taken up.
enum NotTaken {
    /// The database: nobody can be.
    Store(StoreError),
    /// Nothing of it was ever kept: it was never there for anybody.
    Empty,
    /// Its bytes do not fit this release.
    Refused(String),
}

impl From<StoreError> for NotTaken {
    fn from(error: StoreError) -> NotTaken {
        NotTaken::Store(error)
    }
}

impl From<ApiError> for NotTaken {
    fn from(error: ApiError) -> NotTaken {
        NotTaken::Refused(error.error)
    }
}

impl From<serde_json::Error> for NotTaken {
    fn from(error: serde_json::Error) -> NotTaken {
        NotTaken::Refused(error.to_string())
    }
}

/// A place among the sessions, until one is in it.
struct Place<'a>(&'a Fleet);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.promised.fetch_sub(1, Ordering::AcqRel);
    }
}

/// All sessions.
pub struct Fleet {
    database: Database,
    most: usize,
    overrides: Vec<Arc<Overrides>>,
    announcer: Arc<Announcer>,
    members: RwLock<BTreeMap<String, Arc<Member>>>,
    /// Compiled scenarios by name, difficulty and days.
    plans: Mutex<BTreeMap<String, Arc<Plan>>>,
    /// Who watches, by scenario hash.
    watching: Mutex<BTreeMap<[u8; 32], Watching>>,
    salt: AtomicU64,
    /// Places of sessions that are being made.
    promised: AtomicUsize,
}

impl Fleet {
    /// No sessions, up to `most`, kept in `database`; alarms as the catalogue says and `overrides` change, each those of the
    /// scenario that it names.
    ///
    /// # Errors
    /// Two of one scenario, and what names channels that its scenario does not have.
    pub fn new(
        database: Database,
        most: usize,
        overrides: Vec<Overrides>,
        announcer: Announcer,
    ) -> Result<Fleet, ApiError> {
        let overrides = overrides.into_iter().map(Arc::new).collect();
        let fleet = Fleet::of(database, most, overrides, Arc::new(announcer));
        let mut seen = BTreeSet::new();
        for one in &fleet.overrides {
            if !seen.insert(&one.scenario) {
                let of = one.scenario.as_deref().unwrap_or("no scenario");
                return Err(ApiError::refused(format!(
                    "changes to alarms of {of} are given twice"
                )));
            }
            if let Some(name) = &one.scenario {
                let plan = fleet.plan(name, "nominal", None)?;
                fleet.watching(&plan)?;
            }
        }
        Ok(fleet)
    }

    fn of(
        database: Database,
        most: usize,
        overrides: Vec<Arc<Overrides>>,
        announcer: Arc<Announcer>,
    ) -> Fleet {
        let salt = AtomicU64::new(now_ms() as u64);
        Fleet {
            database,
            most,
            overrides,
            announcer,
            members: RwLock::default(),
            plans: Mutex::default(),
            watching: Mutex::default(),
            salt,
            promised: AtomicUsize::new(0),
        }
    }

    /// Where everything is kept.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Every session, by id.
    pub fn all(&self) -> Vec<Arc<Member>> {
        self.read().values().cloned().collect()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<String, Arc<Member>>> {
        self.members.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<String, Arc<Member>>> {
        self.members.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session `id`.
    ///
    /// # Errors
    /// 404.
    pub fn find(&self, id: &str) -> Result<Arc<Member>, ApiError> {
        let found = self.read().get(id).cloned();
        found.ok_or_else(|| ApiError::missing(format!("there is no session `{id}`")))
    }

    /// The compiled scenario of a session. Where it does not say how often instruments are read, they are read at each step:
    /// people look on who have to be told of a failure within minutes.
    ///
    /// # Errors
    /// As [`Fleet::plan_as_written`].
    pub fn plan(
        &self,
        name: &str,
        difficulty: &str,
        days: Option<f64>,
    ) -> Result<Arc<Plan>, ApiError> {
        self.compiled((name, difficulty, days), "watched", Scenario::read_each_step)
    }

    /// A compiled scenario as the command line runs it.
    ///
    /// # Errors
    /// 422 for names and numbers that do not exist or are out of range.
    pub fn plan_as_written(&self, name: &str, difficulty: &str) -> Result<Arc<Plan>, ApiError> {
        self.compiled((name, difficulty, None), "as written", |model| model)
    }

    fn compiled(
        &self,
        (name, difficulty, days): (&str, &str, Option<f64>),
        how: &str,
        change: impl FnOnce(Scenario) -> Scenario,
    ) -> Result<Arc<Plan>, ApiError> {
        // Files are not for those who ask over a network: shipped names alone.
        if !SHIPPED.iter().any(|shipped| shipped.name == name) {
            let names: Vec<&str> = SHIPPED.iter().map(|shipped| shipped.name).collect();
            let known = names.join(", ");
            return Err(ApiError::refused(format!("no scenario `{name}`; there are {known}")));
        }
        let level: Difficulty = difficulty.parse().map_err(|_| {
            ApiError::refused(format!(
                "no difficulty `{difficulty}`; there are easy, nominal, hard, extreme"
            ))
        })?;
        let key = format!("{name} {level} {days:?} {how}");
        let known = self.plans.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(plan) = known {
            return Ok(plan);
        }
        let loaded = scenario::load_at(name, level).map_err(ApiError::refused)?;
        let mut model: Scenario = loaded.scenario;
        if let Some(days) = days {
            model.duration_days = days;
            scenario::check(&model).map_err(ApiError::refused)?;
        }
        let model = change(model);
        let hash = scenario::hash(&model).map_err(ApiError::refused)?;
        let plan = Arc::new(Plan::compile(&model, hash).map_err(ApiError::refused)?);
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if plans.len() >= PLANS_MOST {
            plans.clear();
        }
        plans.insert(key, Arc::clone(&plan));
        Ok(plan)
    }

    /// Who watches a habitat.
    ///
    /// # Errors
    /// As [`Watching::new`].
    fn watching(&self, plan: &Plan) -> Result<Watching, ApiError> {
        let mut known = self.watching.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watching) = known.get(&plan.hash) {
            return Ok(watching.clone());
        }
        let watching = Watching::new(plan, &self.overrides)?;
        if known.len() >= PLANS_MOST {
            known.clear();
        }
        known.insert(plan.hash, watching.clone());
        Ok(watching)
    }

    /// Make a session.
    ///
    /// # Errors
    /// 422 for what cannot be made; 503 when there are as many sessions as there may be.
    pub fn make(&self, new: NewSession) -> Result<Arc<Member>, ApiError> {
        let place = self.place()?;
        let name = named(new.name.as_deref(), &new.scenario)?;
        check_first_rate(new.rate)?;
        let difficulty = new.difficulty.unwrap_or_else(|| "nominal".to_owned());
        let plan = self.plan(&new.scenario, &difficulty, new.days)?;
        let habitat = beginning(&plan, new.seed)?;
        let pilot = Pilot::controller(&new.controller, &habitat)?;
        let timing = Timing::of(&habitat.plan().scenario);
        let now = now_ms();
        let told = Founding {
            id: self.fresh_id(),
            name,
            scenario: new.scenario,
            difficulty,
            seed: new.seed,
            days: new.days,
            epoch_ms: now,
            created_ms: now,
            forked_from: None,
        };
        let lookout = self.watching(habitat.plan())?.lookout();
        let mode = if new.advisory { Mode::Advisory } else { Mode::Auto };
        let days = timing.days;
        let flight = Flight::new(habitat, pilot, timing);
        let announcer = Arc::clone(&self.announcer);
        let session = Session::new(told.facts(days), flight, lookout, mode, announcer);
        session.begin();
        self.add(place, told, session, new.rate)
    }

    /// A session that begins where another stands and has a future of its own.
    ///
    /// # Errors
    /// As [`Fleet::make`].
    pub fn fork(
        &self,
        of: &Member,
        name: Option<&str>,
        rate: f64,
    ) -> Result<Arc<Member>, ApiError> {
        let place = self.place()?;
        check_first_rate(rate)?;
        let facts = of.session.facts().clone();
        let name = match name {
            Some(name) => named(Some(name), "")?,
            None => {
                let short: String = facts.name.chars().take(90).collect();
                format!("{short} (fork)")
            }
        };
        let plan = of.session.look(|flight| Arc::clone(flight.plan()));
        let watching = self.watching(&plan)?;
        let (saved, timing) = of.session.fork(self.salt.fetch_add(1, Ordering::Relaxed));
        let told = Founding {
            id: self.fresh_id(),
            name,
            scenario: facts.scenario,
            difficulty: facts.difficulty,
            seed: facts.seed,
            days: Some(facts.days),
            epoch_ms: facts.epoch_ms,
            created_ms: now_ms(),
            forked_from: Some(facts.id.clone()),
        };
        let saved = Saved {
            told: Told { status: Status::Paused, rate: 0.0, last_advice: 0, ..saved.told },
            ..saved
        };
        let session = saved.session(
            told.facts(facts.days),
            &plan,
            timing,
            &watching,
            Arc::clone(&self.announcer),
        )?;
        session.begin();
        session.remark(
            "fork",
            Severity::Advisory,
            format!("it begins where `{}` stands", facts.id),
        );
        self.add(place, told, session, rate)
    }

    /// Record a session and count it among the others.
    fn add(
        &self,
        place: Place<'_>,
        told: Founding,
        session: Session,
        rate: f64,
    ) -> Result<Arc<Member>, ApiError> {
        let config = serde_json::to_string(&told).map_err(ApiError::broken)?;
        let run = self.database.begin_run(&NewRun {
            name: format!("{RUN_KIND}-{}", told.id),
            kind: RUN_KIND.to_owned(),
            code: env!("CARGO_PKG_VERSION").to_owned(),
            config,
            seeds: format!("[{}]", told.seed),
        })?;
        let member = Arc::new(self.member(session, run)?);
        if rate > 0.0 {
            member.session.run(rate)?;
        }
        let mut members = self.write();
        members.insert(told.id, Arc::clone(&member));
        // Under the same lock, so that it is never counted twice.
        drop(place);
        drop(members);
        Ok(member)
    }

    fn member(&self, session: Session, run: i64) -> Result<Member, StoreError> {
        let signals: Vec<Signal> = session.look(|flight| {
            let channels = flight.habitat().catalogue().channels().iter();
            channels.map(|channel| Signal::new(&channel.id, channel.unit.symbol())).collect()
        });
        let stream = self.database.stream(run, STREAM, &signals)?;
        let settings = IngestSettings { segment_samples: SEGMENT_SAMPLES, ..Default::default() };
        let ingest = Mutex::new(Ingest::new(&self.database, &stream, &settings));
        Ok(Member { session, run, stream, ingest })
    }

    /// Take up the sessions that were there when the server stopped, and say how many; with a sentence for each that this
    /// release cannot take up, whose run stays as it is for one that can.
    ///
    /// # Errors
    /// What the database reports.
    pub fn take_up(&self) -> Result<(usize, Vec<String>), ApiError> {
        let filter = RunFilter { kind: Some(RUN_KIND.to_owned()), ..RunFilter::default() };
        let runs = self.database.runs(&filter)?;
        let open: Vec<_> =
            runs.into_iter().filter(|run| run.status == RunStatus::Running).collect();
        let (mut taken, mut refused) = (0, Vec::new());
        for (at, run) in open.iter().enumerate() {
            // Their bytes go to the database one after the other from now on, not all in one round.
            let ago = SAVE_EVERY.mul_f64(at as f64 / open.len() as f64);
            match self.take_up_one(run, ago) {
                Ok(()) => taken += 1,
                Err(NotTaken::Store(error)) => return Err(error.into()),
                Err(NotTaken::Empty) => {
                    self.database.end_run(run.id, RunStatus::Failed, None)?;
                }
                Err(NotTaken::Refused(reason)) => {
                    let name = &run.told.name;
                    refused.push(format!("session run `{name}` cannot go on: {reason}"));
                }
            }
        }
        Ok((taken, refused))
    }

    fn take_up_one(&self, run: &store::Run, ago: Duration) -> Result<(), NotTaken> {
        let told: Founding = serde_json::from_str(&run.told.config)?;
        let bytes = match self.database.artifact(run.id, SNAPSHOT.0, SNAPSHOT.1) {
            Ok(bytes) => bytes,
            Err(StoreError::Missing { .. }) => return Err(NotTaken::Empty),
            Err(error) if !is_of_all(&error) => return Err(NotTaken::Refused(error.to_string())),
            Err(error) => return Err(error.into()),
        };
        let plan = self.plan(&told.scenario, &told.difficulty, told.days)?;
        let key = StreamKey { run: told.seed, ..StreamKey::default() };
        let (plan, _) = plan.for_episode(key, &[]).map_err(ApiError::refused)?;
        let timing = Timing::of(&plan.scenario);
        let watching = self.watching(&plan)?;
        let facts = told.facts(timing.days);
        let saved: Told = serde_json::from_str(&bytes.info.detail)?;
        let policy = match saved.is_policy {
            true => match self.database.artifact(run.id, POLICY.0, POLICY.1) {
                Ok(policy) => Some(Arc::new(policy.bytes)),
                // What is wrong with one session does not keep the others from going on.
                Err(error) if !is_of_all(&error) => {
                    return Err(NotTaken::Refused(error.to_string()));
                }
                Err(error) => return Err(error.into()),
            },
            false => None,
        };
        let t_s = saved.t_s;
        let saved = Saved { told: saved, habitat: bytes.bytes, policy };
        let session =
            saved.session(facts, &plan, timing, &watching, Arc::clone(&self.announcer))?;
        let member = self.member(session, run.id)?;
        let session = &member.session;
        // Decisions after its last bytes are of proposals that nobody decided on; their numbers are not given again.
        let kept = self.database.artifacts(run.id)?;
        let numbers = kept.iter().filter(|one| one.kind == ADVICE);
        let last_advice = numbers.filter_map(|one| one.name.parse().ok()).max().unwrap_or(0);
        let last_us = member.stream.span_us.map_or(i64::MIN, |(_, last_us)| last_us);
        session.knows(last_us, last_advice, ago);
        session.note_resumed(t_s);
        self.write().insert(told.id, Arc::new(member));
        Ok(())
    }

    /// Take a session out that is written down and ended.
    pub fn remove(&self, id: &str) {
        self.write().remove(id);
        self.announcer.forget(id);
    }

    /// Who tells people of alarms.
    pub fn announcer(&self) -> &Announcer {
        &self.announcer
    }

    /// Promise a place to a session that is about to be made.
    fn place(&self) -> Result<Place<'_>, ApiError> {
        // Nobody else looks while the list is held.
        let members = self.write();
        let (found, most) = (members.len() + self.promised.load(Ordering::Acquire), self.most);
        if found < most {
            self.promised.fetch_add(1, Ordering::AcqRel);
            return Ok(Place(self));
        }
        let error = format!("there are {found} sessions and there may be {most}; stop one first");
        Err(ApiError::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, error))
    }

    /// An id that no session here has and none had.
    fn fresh_id(&self) -> String {
        let number = self.salt.fetch_add(1, Ordering::Relaxed);
        // Counted on from the clock, mixed so that neighbours look different.
        format!("{:012x}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16)
    }
}

impl Founding {
    fn facts(&self, days: f64) -> Facts {
        Facts {
            id: self.id.clone(),
            name: self.name.clone(),
            scenario: self.scenario.clone(),
            difficulty: self.difficulty.clone(),
            seed: self.seed,
            days,
            epoch_ms: self.epoch_ms,
            created_ms: self.created_ms,
        }
    }
}

/// Check the rate that a session begins with: 0 is to begin paused.
fn check_first_rate(rate: f64) -> Result<(), ApiError> {
    if rate == 0.0 { Ok(()) } else { check_rate(rate) }
}

/// A name for people, checked.
fn named(name: Option<&str>, otherwise: &str) -> Result<String, ApiError> {
    let name = name.unwrap_or(otherwise);
    let length = name.chars().count();
    if name.trim().is_empty() || length > 100 || name.chars().any(char::is_control) {
        let reason = "a name has 1 to 100 characters, not blanks alone and no control character";
        return Err(ApiError::refused(format!("the name has {length} characters; {reason}")));
    }
    Ok(name.trim().to_owned())
}

/// Time of the clock, ms since 1970.
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
