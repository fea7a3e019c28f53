//! Tells people of alarms who have no screen open: a log, a web address, a program.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use watch::alarm::{
    AlarmSink, CommandSink, Courier, CourierSettings, Deliveries, LogSink, Transition, WebhookSink,
};

use crate::ServerError;

/// Longest time that a receiver may take for one alarm.
const LIMIT: Duration = Duration::from_secs(10);
/// Time for what is on its way when the server stops.
const CLOSING: Duration = Duration::from_secs(5);

/// Where alarms go besides the screen.
#[derive(Debug, Clone, Default)]
pub struct Announcing {
    /// A file that gets each change of an alarm as a line of JSON.
    pub log: Option<PathBuf>,
    /// An address that gets each by HTTP POST, and the token that it asks for.
    pub webhook: Option<(String, Option<String>)>,
    /// A program that is started for each.
    pub command: Option<String>,
}

/// Hands changes of alarms to their receivers; one that is slow or away costs a habitat nothing.
#[derive(Default)]
pub struct Announcer {
    couriers: Mutex<Vec<(&'static str, Courier)>>,
}

impl Announcer {
    /// Couriers to every receiver that is set.
    ///
    /// # Errors
    /// [`ServerError::File`] for a log that cannot be written, [`ServerError::Session`] for an address that is none.
    pub fn new(told: &Announcing) -> Result<Announcer, ServerError> {
        let mut couriers = Vec::new();
        if let Some(path) = &told.log {
            let file = File::options().create(true).append(true).open(path);
            let file = file.map_err(|error| ServerError::File {
                what: "the log of alarms",
                path: path.display().to_string(),
                reason: error.to_string(),
            })?;
            couriers.push(("log", courier(LogSink::new(file))?));
        }
        if let Some((url, token)) = &told.webhook {
            let sink = WebhookSink::new(url, token.as_deref(), LIMIT).map_err(wrong)?;
            couriers.push(("webhook", courier(sink)?));
        }
        if let Some(program) = &told.command {
            couriers.push(("command", courier(CommandSink::new(program, &[], LIMIT))?));
        }
        Ok(Announcer { couriers: Mutex::new(couriers) })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(&'static str, Courier)>> {
        self.couriers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hand over a change of an alarm of a session.
    pub fn tell(&self, session: &str, transition: &Transition) {
        self.lock().iter().for_each(|(_, courier)| courier.send_of(session, transition));
    }

    /// Forget a session that is not there any more.
    pub fn forget(&self, session: &str) {
        self.lock().iter().for_each(|(_, courier)| courier.forget(session));
    }

    /// What became of what was handed over, by receiver.
    pub fn deliveries(&self) -> Vec<(&'static str, Deliveries)> {
        self.lock().iter().map(|(name, courier)| (*name, courier.deliveries())).collect()
    }

    /// Let what is on its way arrive, and end.
    pub fn end(&self) {
        let couriers = std::mem::take(&mut *self.lock());
        for (_, courier) in couriers {
            courier.close(CLOSING);
        }
    }
}

fn courier(sink: impl AlarmSink + 'static) -> Result<Courier, ServerError> {
    Courier::start(sink, "", CourierSettings::default(), 0).map_err(wrong)
}

fn wrong(error: watch::WatchError) -> ServerError {
    ServerError::Session(error.to_string())
}
