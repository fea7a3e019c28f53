//! The verb `serve`: habitats over HTTP and WebSocket, and the mission-control screen.
//!
//! Standard output gets one line, `listening on URL`, so that a program that asked for port 0 learns where; everything else is
//! on standard error.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use server::{Announcing, Server, ServerSettings, Tokens};
use store::Location;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::CliError;
use crate::keep::Place;
use crate::mission::cores;
use crate::profile::Profiling;
use crate::watch::limits;

/// Variable with the token of the address that gets alarms.
const TOKEN: &str = "LUNAR_HABITAT_WEBHOOK_TOKEN";

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  lunar-habitat serve --demo\n  \
    lunar-habitat serve --store missions.db\n  \
    lunar-habitat serve --addr 0.0.0.0:8443 --tokens tokens.txt --tls-cert cert.pem --tls-key key.pem\n\n\
    A file of tokens has a line `role name token` each; roles are viewer, operator and admin.")]
pub struct Args {
    /// Address to listen on; any but those of this machine needs --tokens. Port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "ADDRESS")]
    addr: SocketAddr,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    profiling: Profiling,
    /// Show a habitat whose CO2 removal fails; nothing of it is kept
    #[arg(long, conflicts_with = "store")]
    demo: bool,
    /// With --demo: the controller proposes, and you decide
    #[arg(long, requires = "demo")]
    advisory: bool,
    /// File of tokens
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
    /// Certificate for TLS, as PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<String>,
    /// Key of the certificate, as PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<String>,
    /// Changes to the limits of alarms, as TOML: a file for each scenario that one names, and one for all others; or `tuned` for
    /// those that come with the program
    #[arg(long, value_name = "FILE")]
    alarms: Vec<PathBuf>,
    /// File that gets each change of an alarm as a line of JSON, behind what is in it
    #[arg(long, value_name = "FILE")]
    alarm_log: Option<PathBuf>,
    /// Address that gets each change of an alarm by HTTP POST; its token is read from LUNAR_HABITAT_WEBHOOK_TOKEN
    #[arg(long, value_name = "URL")]
    alarm_webhook: Option<String>,
    /// Program that is started for each change of an alarm and gets it as JSON on its standard input
    #[arg(long, value_name = "PROGRAM")]
    alarm_command: Option<String>,
    /// Sessions at most
    #[arg(long, default_value_t = 2_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    sessions: u32,
    /// Requests a second of one address, on average
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    requests: u32,
}

/// Run the verb until it is interrupted.
///
/// # Errors
/// [`CliError`]; nothing is listened to then.
pub fn run(args: Args) -> Result<ExitCode, CliError> {
    args.profiling.begin("serve", cores())?;
    let read = |path: &PathBuf| {
        std::fs::read_to_string(path).map_err(|source| {
            CliError::Store(store::StoreError::Io { action: "read", path: path.clone(), source })
        })
    };
    let tokens = match &args.tokens {
        Some(path) => Tokens::parse(&read(path)?, &path.display().to_string())?,
        None => Tokens::default(),
    };
    let mut alarms = Vec::new();
    for path in &args.alarms {
        alarms.extend(limits::all(path)?);
    }
    // Lives as long as the server.
    let scratch = match args.demo {
        true => Some(tempfile::tempdir().map_err(|error| CliError::Failed(error.to_string()))?),
        false => None,
    };
    let database = match &scratch {
        Some(dir) => Location::Sqlite(dir.path().join("demo.db")),
        None => args.place.location()?,
    };
    let settings = ServerSettings {
        address: args.addr,
        tokens,
        tls: args.tls_cert.zip(args.tls_key),
        most_sessions: args.sessions as usize,
        requests_per_s: args.requests,
        alarms,
        announcing: Announcing {
            log: args.alarm_log,
            webhook: args.alarm_webhook.map(|url| (url, std::env::var(TOKEN).ok())),
            command: args.alarm_command,
        },
        profiler: args.profiling.profiler(),
        otlp: args.profiling.otlp(),
        ..ServerSettings::local(database.clone())
    };
    // Whoever wants it to end while it starts is heard.
    let end = End::new()?;
    let server = Server::start(settings)?;
    for sentence in server.refused() {
        eprintln!("{sentence}");
    }
    if args.demo {
        server.demonstrate(args.advisory)?;
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on {}", server.url())
        .and_then(|()| out.flush())
        .map_err(CliError::Output)?;
    drop(out);
    match args.demo {
        true => eprintln!("open {} in a browser; Ctrl-C ends it", server.url()),
        false => eprintln!(
            "{} sessions go on, kept in {database}; Ctrl-C ends it, and they go on with the next start",
            server.resumed()
        ),
    }
    end.wait();
    eprintln!("writing everything down");
    if let Some(otlp) = args.profiling.otlp() {
        otlp.flush();
    }
    server.stop();
    args.profiling.end()?;
    Ok(ExitCode::SUCCESS)
}

/// Ctrl-C and SIGTERM, listened to from when it is made.
struct End {
    runtime: tokio::runtime::Runtime,
    signals: [Signal; 2],
}

impl End {
    fn new() -> Result<End, CliError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(untold)?;
        let listen = |kind| {
            let _inside = runtime.enter();
            signal(kind).map_err(untold)
        };
        let signals = [listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?];
        Ok(End { runtime, signals })
    }

    fn wait(self) {
        let End { runtime, signals: [mut interrupt, mut terminate] } = self;
        runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        });
    }
}

fn untold(error: std::io::Error) -> CliError {
    CliError::Failed(format!("cannot wait for signals: {error}"))
}
