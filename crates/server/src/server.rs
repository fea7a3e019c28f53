//! A server: its settings, its start, its end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ::watch::alarm::Overrides;
use ::watch::export::Otlp;
use ::watch::profile::Profiler;
use runtime::Executor;
use runtime::memory::MemoryBudget;
use store::{Claim, Database, DatabaseSettings, Location};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::access::Tokens;
use crate::announcer::{Announcer, Announcing};
use crate::api::{self, Desk};
use crate::fleet::Fleet;
use crate::keeper::Keeper;
use crate::machine::MachineLog;
use crate::pacer::Pacer;
use crate::session::view::{NewSession, View};
use crate::turns::Turns;
use crate::{ServerError, door, gauges};

/// Time between two looks at memory and at the machine.
const LOOK: Duration = Duration::from_secs(5);

/// How a server is set up.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Where it listens; port 0 takes any that is free.
    pub address: SocketAddr,
    /// Where sessions are kept.
    pub database: Location,
    /// Tokens; needed for any address but those of this machine.
    pub tokens: Tokens,
    /// Certificate and key, as files of PEM.
    pub tls: Option<(String, String)>,
    /// Sessions at most.
    pub most_sessions: usize,
    /// Connections at most.
    pub most_connections: usize,
    /// Requests a second of one address, on average.
    pub requests_per_s: u32,
    /// Changes to the limits of alarms, each of the scenario that it names or of all others.
    pub alarms: Vec<Overrides>,
    /// Where alarms go besides the screen.
    pub announcing: Announcing,
    /// Who counts stages, for `/metrics`.
    pub profiler: Option<Profiler>,
    /// A collector of OpenTelemetry, which gets the metrics too.
    pub otlp: Option<Arc<Otlp>>,
}

impl ServerSettings {
    /// This machine alone, `database`, no tokens.
    #[must_use]
    pub fn local(database: Location) -> ServerSettings {
        ServerSettings {
            address: ([127, 0, 0, 1], 8090).into(),
            database,
            tokens: Tokens::default(),
            tls: None,
            most_sessions: 2_000,
            most_connections: 4_096,
            requests_per_s: 1_000,
            alarms: Vec::new(),
            announcing: Announcing::default(),
            profiler: None,
            otlp: None,
        }
    }
}

/// A server that runs.
///
/// It stops when it is dropped or [`Server::stop`] is called: what happened until then is in the database, and a server that is
/// started on it goes on from there.
pub struct Server {
    address: SocketAddr,
    is_secure: bool,
    desk: Arc<Desk>,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
    resumed: usize,
    refused: Vec<String>,
    _claim: Claim,
}

impl Server {
    /// Start: take up the sessions that were there, then listen. One server at a time works on a database.
    ///
    /// # Errors
    /// [`ServerError::Setting`] for an address of others without tokens, [`ServerError::Listen`], [`ServerError::File`] for a
    /// certificate, what the database reports.
    pub fn start(settings: ServerSettings) -> Result<Server, ServerError> {
        let is_local = settings.address.ip().is_loopback();
        if !is_local && settings.tokens.is_empty() {
            return Err(ServerError::Setting {
                what: "the address",
                found: settings.address.to_string(),
                allowed: "without tokens only 127.0.0.0/8 and [::1] are",
            });
        }
        let tls = match &settings.tls {
            Some((certificate, key)) => Some(door::acceptor(certificate, key)?),
            None => None,
        };
        let listen = |source| ServerError::Listen { address: settings.address.to_string(), source };
        let bound = std::net::TcpListener::bind(settings.address).map_err(listen)?;
        bound.set_nonblocking(true).map_err(listen)?;
        let address = bound.local_addr().map_err(listen)?;
        let metrics = gauges::recorder()?;
        let database = Database::open(&settings.database, &DatabaseSettings::default())?;
        let claim = database.claim("serve")?;
        let executor = Executor::of_process()?;
        let told = |error: crate::ApiError| ServerError::Session(error.error);
        let announcer = Announcer::new(&settings.announcing)?;
        let ServerSettings { most_sessions, alarms, profiler, otlp, .. } = settings;
        let fleet = Fleet::new(database, most_sessions, alarms, announcer).map_err(told)?;
        let fleet = Arc::new(fleet);
        let (resumed, refused) = fleet.take_up().map_err(told)?;
        let (pacer, pace) = Pacer::new(executor);
        let desk = Arc::new_cyclic(|desk| Desk {
            keeper: Arc::new(Keeper::new(Arc::clone(&fleet))),
            fleet,
            pacer: Arc::new(pacer),
            executor,
            tokens: settings.tokens,
            is_secure: tls.is_some(),
            metrics,
            machine: MachineLog::new(executor, profiler.as_ref()),
            profiler,
            collected: otlp.map(|otlp| gauges::Requests::collected(&otlp, desk)),
            steps: AtomicU64::new(0),
            lags: AtomicU64::new(0),
            began: Instant::now(),
            limiter: api::limiter(settings.requests_per_s),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            futures: Turns::new("an answer about futures", 1, 4),
            readings: Turns::new("what was recorded", 4, 60),
        });
        for member in desk.fleet.all() {
            if member.session.is_running() {
                member.session.begin_clock();
                desk.pacer.runs(&member);
            }
        }
        let (stop, stopped) = watch::channel(false);
        let mut server = Server {
            address,
            is_secure: tls.is_some(),
            stop,
            threads: Vec::new(),
            resumed,
            refused,
            _claim: claim,
            desk: Arc::clone(&desk),
        };
        server.thread("pacer", pace)?;
        let keeper = Arc::clone(&desk.keeper);
        server.thread("keeper", move || keeper.work())?;
        let most = settings.most_connections;
        let memory = Arc::clone(&desk);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("http")
            .enable_all()
            .build()?;
        server.thread("door", move || {
            runtime.block_on(async move {
                let Ok(listener) = TcpListener::from_std(bound) else { return };
                let router = api::router(desk);
                tokio::spawn(look(memory));
                door::open(listener, router, tls, most, stopped).await;
            });
            runtime.shutdown_timeout(Duration::from_secs(5));
        })?;
        Ok(server)
    }

    fn thread(
        &mut self,
        name: &str,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<(), ServerError> {
        self.threads.push(std::thread::Builder::new().name(name.to_owned()).spawn(work)?);
        Ok(())
    }

    /// Where it listens, as a person types it.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.is_secure { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Sessions that were taken up again.
    #[must_use]
    pub fn resumed(&self) -> usize {
        self.resumed
    }

    /// Sentences about sessions that could not be.
    #[must_use]
    pub fn refused(&self) -> &[String] {
        &self.refused
    }

    pub(crate) fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    /// Make a session from here.
    ///
    /// # Errors
    /// [`ServerError::Session`] with what a request would be told.
    pub fn make(&self, new: NewSession) -> Result<View, ServerError> {
        let told = |error: crate::ApiError| ServerError::Session(error.error);
        let made = self.desk.settle(|fleet| fleet.make(new)).map_err(told)?;
        Ok(made.session.view())
    }

    /// Stop: let nobody in, end what is under way, write everything down.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.stop.send(true);
        self.desk.pacer.end();
        self.desk.keeper.end();
        for thread in self.threads.drain(..) {
            thread.thread().unpark();
            // One that panicked has ended too.
            let _ = thread.join();
        }
        // Nobody decides any more.
        for member in self.desk.fleet.all() {
            member.session.withdraw("the server stops");
        }
        // And what a last request or turn has brought about after the keeper went.
        self.desk.keeper.round(true);
        self.desk.fleet.announcer().end();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.threads.is_empty() {
            self.end();
        }
    }
}

/// Look at the machine, and give the memory of rows to whoever needs it more.
async fn look(desk: Arc<Desk>) {
    let mut every = tokio::time::interval(LOOK);
    // The first one ticks at once.
    every.tick().await;
    loop {
        every.tick().await;
        let level = MemoryBudget::process().look();
        desk.fleet.database().adapt_cache(level);
        desk.limiter.retain_recent();
        // One that breaks down leaves a gap.
        let _ = desk
            .aside(|desk| {
                desk.machine.look(desk.executor, desk.profiler.as_ref());
                Ok(())
            })
            .await;
    }
}
