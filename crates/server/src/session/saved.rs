//! A session as bytes: what is kept of it, and how it is taken up again after the server was stopped.
//!
//! The habitat goes on to the bit. Its controller does not: it begins anew on what the instruments show, as after a change of
//! shift, and so do those who watch for anomalies. What happened between the last bytes and the stop is lived again.

use std::collections::BTreeMap;
use std::sync::Arc;

use env::Timing;
use env::habitat::{Habitat, Plan};
use serde::{Deserialize, Serialize};
use watch::alarm::Snapshot;

use super::flight::Flight;
use super::pilot::Pilot;
use super::view::{Mode, Status};
use super::{Facts, Inner, Session};
use crate::ApiError;
use crate::announcer::Announcer;
use crate::watching::Watching;

/// What is told of the bytes of a habitat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Mission time, s.
    pub t_s: f64,
    /// How decisions come into force.
    pub mode: Mode,
    /// What it was doing.
    pub status: Status,
    /// Rate.
    pub rate: f64,
    /// Who commands it.
    pub controller: String,
    /// Whether that is a policy, kept beside.
    pub is_policy: bool,
    /// Set-points that operators hold, by actuator.
    pub held: BTreeMap<usize, f64>,
    /// Number of the last proposal.
    pub last_advice: u64,
    /// States of alarms.
    pub alarms: Snapshot,
    /// Why it failed.
    pub reason: Option<String>,
}

/// A session as bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved {
    /// What is told of the bytes.
    pub told: Told,
    /// The habitat.
    pub habitat: Vec<u8>,
    /// The policy, where one is in command and it is not kept yet.
    pub policy: Option<Arc<Vec<u8>>>,
}

impl Session {
    /// The session as bytes, with another future than its own ([`Habitat::fork`]), and the times of its mission.
    pub fn fork(&self, salt: u64) -> (Saved, Timing) {
        let inner = self.lock();
        let saved =
            Saved { habitat: inner.flight.fork(salt).snapshot(), ..Saved::of(&inner, true) };
        (saved, inner.flight.timing())
    }
}

impl Saved {
    /// The bytes of a session, its policy with them where it is wanted.
    pub(super) fn of(inner: &Inner, with_policy: bool) -> Saved {
        let flight = &inner.flight;
        let policy = flight.pilot().policy_bytes();
        Saved {
            told: Told {
                t_s: flight.habitat().t_s(),
                mode: inner.mode,
                status: inner.status,
                rate: inner.rate,
                controller: flight.pilot().name().to_owned(),
                is_policy: policy.is_some(),
                held: flight.held().clone(),
                last_advice: inner.desk.last,
                alarms: inner.lookout.alarms().snapshot(),
                reason: inner.reason.clone(),
            },
            habitat: flight.habitat().snapshot(),
            policy: policy.filter(|_| with_policy).cloned(),
        }
    }

    /// The session again.
    ///
    /// # Errors
    /// 422 for bytes of another habitat, a controller that does not exist, alarms of another plan.
    pub fn session(
        self,
        facts: Facts,
        plan: &Arc<Plan>,
        timing: Timing,
        watching: &Watching,
        announcer: Arc<Announcer>,
    ) -> Result<Session, ApiError> {
        let told = self.told;
        let habitat =
            Habitat::restore(Arc::clone(plan), &self.habitat).map_err(ApiError::refused)?;
        let pilot = match self.policy {
            Some(bytes) => Pilot::policy(bytes, plan)?,
            None => Pilot::controller(&told.controller, &habitat)?,
        };
        let mut flight = Flight::new(habitat, pilot, timing);
        for (actuator, value) in told.held {
            flight.hold(actuator, Some(value))?;
        }
        let lookout = watching.restore(told.alarms)?;
        let session = Session::new(facts, flight, lookout, told.mode, announcer);
        {
            let mut inner = session.lock();
            inner.desk.last = told.last_advice;
            inner.status = told.status;
            inner.rate = told.rate;
            inner.reason = told.reason;
        }
        Ok(session)
    }
}
