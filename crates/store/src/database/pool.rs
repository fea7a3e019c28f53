//! Connections that are lent and come back.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{
    Manager, Metrics, Object, Pool as Managed, PoolError, RecycleError, RecycleResult, Timeouts,
};
use tokio::runtime::{Builder, Runtime as Clock};

use super::link::{Access, Link};
use super::location::Location;
use super::postgres::PostgresLink;
use super::slow_log::SlowLog;
use super::sqlite::SqliteLink;
use super::timed::TimedLink;
use crate::StoreError;

/// Time after which a connection of a server is asked whether it still lives.
const RESTED: Duration = Duration::from_secs(1);

/// How long a server is waited for when a connection is asked whether it still lives.
const PATIENCE: Duration = Duration::from_secs(2);
/// The same where nobody wants to wait.
const HASTE: Duration = Duration::from_millis(250);

thread_local! {
    /// Only what is at rest is wanted. A pool opens and looks at connections on the thread that asks for one.
    static AT_REST: Cell<bool> = const { Cell::new(false) };
}

/// Sets the wish for what is at rest back, however the thread goes on.
struct AtRest;

impl AtRest {
    fn begin() -> AtRest {
        AT_REST.set(true);
        AtRest
    }
}

impl Drop for AtRest {
    fn drop(&mut self) {
        AT_REST.set(false);
    }
}

/// Opens connections and looks whether one that comes back is sound.
pub(crate) struct Opener {
    location: Location,
    access: Access,
    wait: Duration,
    log: Arc<SlowLog>,
}

impl Manager for Opener {
    type Type = Box<dyn Link>;
    type Error = StoreError;

    async fn create(&self) -> Result<Box<dyn Link>, StoreError> {
        if AT_REST.get() {
            return Err(StoreError::DatabaseBusy { place: self.location.to_string() });
        }
        let link: Box<dyn Link> = match &self.location {
            Location::Sqlite(path) => Box::new(SqliteLink::open(path, self.access, self.wait)?),
            Location::Postgres(url) => {
                let (url, access, wait) = (url.clone(), self.access, self.wait);
                // The driver runs a loop of its own, which a thread that waits for the pool cannot.
                let opened =
                    std::thread::spawn(move || PostgresLink::open(&url, access, wait)).join();
                let away = |_| StoreError::DatabaseAway {
                    place: self.location.to_string(),
                    reason: "the driver panicked while it connected".to_owned(),
                };
                Box::new(opened.map_err(away)??)
            }
        };
        Ok(Box::new(TimedLink::new(link, Arc::clone(&self.log))))
    }

    async fn recycle(&self, link: &mut Box<dyn Link>, used: &Metrics) -> RecycleResult<StoreError> {
        let sound = match &self.location {
            Location::Sqlite(_) => link.is_sound(PATIENCE),
            // A server is asked only when the connection has rested: it costs a round trip.
            Location::Postgres(_) if used.last_used() < RESTED => true,
            Location::Postgres(_) => {
                let wait = if AT_REST.get() { HASTE } else { PATIENCE };
                let ask = || link.is_sound(wait);
                std::thread::scope(|scope| scope.spawn(ask).join()).unwrap_or(false)
            }
        };
        if sound && !link.is_closed() {
            Ok(())
        } else {
            Err(RecycleError::message("the connection is not sound"))
        }
    }
}

/// A bounded set of connections; who waits longest is served first.
pub(crate) struct Pool {
    inner: Managed<Opener>,
    clock: Clock,
    place: String,
}

/// A connection on loan; it goes back when dropped.
pub(crate) type Loan = Object<Opener>;

impl Pool {
    pub(crate) fn new(
        location: &Location,
        access: Access,
        most: usize,
        wait: Duration,
        log: &Arc<SlowLog>,
    ) -> Result<Pool, StoreError> {
        let place = location.to_string();
        let refused = |reason: String| StoreError::Database {
            place: place.clone(),
            action: "open a pool for",
            reason,
        };
        let opener = Opener { location: location.clone(), access, wait, log: Arc::clone(log) };
        let inner = Managed::builder(opener)
            .max_size(most.max(1))
            .timeouts(Timeouts { wait: Some(wait), create: Some(wait), recycle: Some(wait) })
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| refused(error.to_string()))?;
        let clock = Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|error| refused(error.to_string()))?;
        Ok(Pool { inner, clock, place })
    }

    /// Borrow a connection.
    ///
    /// # Errors
    /// [`StoreError::DatabaseBusy`] when none came free in time, and what opening one reports.
    pub(crate) fn get(&self) -> Result<Loan, StoreError> {
        self.clock.block_on(self.inner.get()).map_err(|error| match error {
            PoolError::Backend(error) => error,
            PoolError::Timeout(_) => StoreError::DatabaseBusy { place: self.place.clone() },
            other => StoreError::Database {
                place: self.place.clone(),
                action: "borrow a connection to",
                reason: other.to_string(),
            },
        })
    }

    /// Borrow a connection that is open and at rest, without waiting for one and without opening one: a server may be gone.
    pub(crate) fn idle(&self) -> Option<Loan> {
        let _at_rest = AtRest::begin();
        let now = Timeouts { wait: Some(Duration::ZERO), create: None, recycle: None };
        self.clock.block_on(self.inner.timeout_get(&now)).ok()
    }

    /// Connections that there are at most.
    pub(crate) fn most(&self) -> usize {
        self.inner.status().max_size
    }

    /// Connections open, and of these the idle ones.
    pub(crate) fn figures(&self) -> (usize, usize) {
        let status = self.inner.status();
        (status.size, status.available)
    }
}
