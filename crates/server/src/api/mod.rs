//! What can be asked over HTTP, each with its description in `/openapi.json`.
//!
//! | file | what |
//! |---|---|
//! | here | the routes, who may use them, what a request is read from |
//! | `sessions` | making, running, stopping sessions |
//! | `telemetry` | channels, rows, events |
//! | `stream` | rows as they come, over a WebSocket |
//! | `command` | set-points, failures, controllers |
//! | `alarms` | alarms and what people do about them |
//! | `advice` | proposals in advisory mode |
//! | `futures` | what-if |
//! | `runs` | recorded runs, and one under another controller |
//! | `site` | health, metrics, the machine, log-in, audit trail |

mod advice;
mod alarms;
mod command;
mod futures;
mod runs;
mod sessions;
mod site;
mod stream;
mod telemetry;

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, MatchedPath, Path, Query};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use bytes::Bytes;
use governor::clock::DefaultClock;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use metrics_exporter_prometheus::PrometheusHandle;
use runtime::{Executor, Priority};
use serde::de::DeserializeOwned;
use store::{Command, RunStatus};
use tower_http::timeout::RequestBodyTimeoutLayer;
use tracing::field::Empty;
use tracing::{Instrument, Span, debug_span};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use watch::profile::Profiler;

use crate::access::{COOKIE, Tokens, Who, needed};
use crate::error::Refusal;
use crate::fleet::{Fleet, Member};
use crate::keeper::Keeper;
use crate::leftover::throw_away;
use crate::machine::MachineLog;
use crate::pacer::Pacer;
use crate::session::view::View;
use crate::turns::Turns;
use crate::{ApiError, gauges, page};

/// Longest body of a request, bytes: a policy in base64.
const BODY_MOST: usize = 16 << 20;
/// Longest time between two pieces of a body.
const BODY_WAIT: Duration = Duration::from_secs(10);

/// Bytes of a command in the audit trail at most.
const DETAIL_MOST: usize = 16 << 10;
/// Characters of a reason that somebody gives.
const WHY_MOST: usize = 1_000;

/// Check a reason that somebody gives.
///
/// # Errors
/// 422 for one that is too long.
pub fn check_why(why: &str) -> Result<(), ApiError> {
    let length = why.chars().count();
    if length <= WHY_MOST {
        return Ok(());
    }
    Err(ApiError::refused(format!("why has {length} characters; allowed are up to {WHY_MOST}")))
}

/// What all requests share.
pub struct Desk {
    /// Sessions.
    pub fleet: Arc<Fleet>,
    /// Who wakes them.
    pub pacer: Arc<Pacer>,
    /// Who writes them down.
    pub keeper: Arc<Keeper>,
    /// Who works.
    pub executor: &'static Executor,
    /// Who may ask.
    pub tokens: Tokens,
    /// Whether connections are secret (TLS).
    pub is_secure: bool,
    /// Metrics.
    pub metrics: &'static PrometheusHandle,
    /// Who counts stages.
    pub profiler: Option<Profiler>,
    /// Requests, for a collector of OpenTelemetry.
    pub collected: Option<gauges::Requests>,
    /// What the machine does.
    pub machine: MachineLog,
    /// Steps of sessions that were counted.
    pub steps: AtomicU64,
    /// Times that one could not keep its rate, counted too.
    pub lags: AtomicU64,
    /// When the server began.
    pub began: Instant,
    /// How often one address may ask.
    pub limiter: RateLimiter<IpAddr, DashMapStateStore<IpAddr>, DefaultClock>,
    /// Threads of a question about futures.
    pub threads: usize,
    /// Questions about futures, one at a time.
    pub futures: Turns,
    /// Long readings of what was recorded.
    pub readings: Turns,
}

/// The desk, for handlers.
pub type Shared = State<Arc<Desk>>;

/// How often an address may ask: `per_second` on average, five times as often for a moment.
pub fn limiter(per_second: u32) -> RateLimiter<IpAddr, DashMapStateStore<IpAddr>, DefaultClock> {
    let of = |number: u32| NonZeroU32::new(number.max(1)).unwrap_or(NonZeroU32::MIN);
    let quota = Quota::per_second(of(per_second)).allow_burst(of(per_second.saturating_mul(5)));
    RateLimiter::keyed(quota)
}

/// The address of who asks.
#[derive(Debug, Clone, Copy)]
pub struct From(pub IpAddr);

/// What any request may be refused with.
#[derive(utoipa::IntoResponses)]
#[allow(dead_code)] // Read by the description alone.
pub enum Refusals {
    /// The request is no HTTP or no JSON.
    #[response(status = 400)]
    Malformed(#[to_schema] Refusal),
    /// A token is needed.
    #[response(status = 401)]
    Unknown(#[to_schema] Refusal),
    /// The role does not allow it, or a page of another site asks.
    #[response(status = 403)]
    Forbidden(#[to_schema] Refusal),
    /// It is not there.
    #[response(status = 404)]
    Missing(#[to_schema] Refusal),
    /// It does not fit what goes on.
    #[response(status = 409)]
    Conflict(#[to_schema] Refusal),
    /// The body is too long.
    #[response(status = 413)]
    TooLong(#[to_schema] Refusal),
    /// A value is wrong or out of range.
    #[response(status = 422)]
    Refused(#[to_schema] Refusal),
    /// Too many requests from one address.
    #[response(status = 429)]
    TooOften(#[to_schema] Refusal),
    /// The database is away, or there is no room.
    #[response(status = 503)]
    Away(#[to_schema] Refusal),
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Lunar habitat",
        description = "Habitats that are run, commanded and watched. Times are mission times in seconds, values are in SI."
    ),
    modifiers(&Secured),
    security(("token" = []), ("cookie" = [])),
    tags(
        (name = "sessions", description = "Habitats under way"),
        (name = "telemetry", description = "What was measured and what happened"),
        (name = "commands", description = "Set-points, failures, controllers, advice"),
        (name = "alarms", description = "Limits that are passed"),
        (name = "futures", description = "What would be"),
        (name = "runs", description = "Recorded runs"),
        (name = "site", description = "The server itself")
    )
)]
struct Description;

/// Ways to say who asks; a server without tokens asks nobody.
struct Secured;

impl Modify for Secured {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let parts = description.components.get_or_insert_default();
        let token = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        parts.add_security_scheme("token", token);
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(COOKIE)));
        parts.add_security_scheme("cookie", cookie);
    }
}

/// All routes.
pub fn router(desk: Arc<Desk>) -> Router {
    let api = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(sessions::list, sessions::make))
        .routes(routes!(sessions::show, sessions::stop))
        .routes(routes!(sessions::step))
        .routes(routes!(sessions::run))
        .routes(routes!(sessions::pause))
        .routes(routes!(sessions::snapshot))
        .routes(routes!(sessions::fork))
        .routes(routes!(telemetry::channels))
        .routes(routes!(telemetry::rows))
        .routes(routes!(telemetry::latest))
        .routes(routes!(telemetry::events))
        .routes(routes!(stream::stream))
        .routes(routes!(command::command))
        .routes(routes!(command::units))
        .routes(routes!(command::fail))
        .routes(routes!(command::controller))
        .routes(routes!(command::mode))
        .routes(routes!(alarms::list))
        .routes(routes!(alarms::acknowledge))
        .routes(routes!(alarms::shelve))
        .routes(routes!(alarms::unshelve))
        .routes(routes!(advice::show))
        .routes(routes!(advice::accept))
        .routes(routes!(advice::replace))
        .routes(routes!(advice::history))
        .routes(routes!(futures::what_if))
        .routes(routes!(runs::list))
        .routes(routes!(runs::channels))
        .routes(routes!(runs::rows))
        .routes(routes!(runs::results))
        .routes(routes!(runs::counterfactual))
        .routes(routes!(site::scenarios))
        .routes(routes!(site::machine))
        .routes(routes!(site::whoami))
        .routes(routes!(site::audit));
    let (api, description) = api.split_for_parts();
    let described = Bytes::from(serde_json::to_string(&description).unwrap_or_default());
    let guarded = api
        .route("/metrics", routing::get(site::metrics))
        .route(
            "/openapi.json",
            routing::get(move || {
                let body = described.clone();
                async move { ([(header::CONTENT_TYPE, "application/json")], body) }
            }),
        )
        .route("/", routing::get(page::index))
        .route("/web/{*path}", routing::get(page::file))
        .route("/openmct/{*path}", routing::get(page::vendor))
        .route_layer(from_fn_with_state(Arc::clone(&desk), guard));
    guarded
        .route("/healthz", routing::get(site::health))
        .route("/login", routing::get(site::login_page).post(site::login))
        .fallback(|| async { ApiError::missing("there is no such place; see /openapi.json") })
        .layer(RequestBodyTimeoutLayer::new(BODY_WAIT))
        .layer(DefaultBodyLimit::max(BODY_MOST))
        .layer(from_fn_with_state(Arc::clone(&desk), count))
        .layer(from_fn(throw_away))
        .with_state(desk)
}

/// Count a request and refuse those that come too often.
///
/// The request is a span, below that of whoever asks where its header `traceparent` names one: stages that run for it on other
/// threads stand in it.
async fn count(State(desk): Shared, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = gauges::method(request.method().as_str());
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.as_deref().unwrap_or("other");
    let from = request.extensions().get::<From>().map(|from| from.0);
    let parent = request.headers().get("traceparent").and_then(|value| value.to_str().ok());
    let span = debug_span!(
        "request",
        otel.kind = "server",
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        error = Empty,
        traceparent = parent,
    );
    let response = match from.map(|from| desk.limiter.check_key(&from)) {
        Some(Err(_)) => {
            let error = "too many requests from this address; wait a moment";
            ApiError::new(StatusCode::TOO_MANY_REQUESTS, error).into_response()
        }
        _ => next.run(request).instrument(span.clone()).await,
    };
    let status = response.status();
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("error", status.canonical_reason().unwrap_or("failed"));
    }
    let seconds = began.elapsed().as_secs_f64();
    gauges::request(method, route, status.as_u16(), seconds, desk.collected.as_ref());
    response
}

/// Find out who asks and whether they may.
async fn guard(State(desk): Shared, mut request: Request, next: Next) -> Response {
    let who = match desk.tokens.check(request.headers()) {
        Ok(who) => who,
        Err(error) => {
            // A person with a browser is shown where to log in.
            let wants_page =
                request.uri().path() == "/" && error.status == StatusCode::UNAUTHORIZED;
            return match wants_page {
                true => axum::response::Redirect::to("/login").into_response(),
                false => error.into_response(),
            };
        }
    };
    let role = needed(request.method(), request.uri().path());
    if who.role < role {
        let error = format!("`{}` may not do this; it takes the role {role:?}", who.who);
        return ApiError::new(StatusCode::FORBIDDEN, error.to_lowercase()).into_response();
    }
    request.extensions_mut().insert(who);
    next.run(request).await
}

/// A whole number, whether it is written with a point or not: to JSON 240.0 and 240 are one number.
///
/// # Errors
/// What is no whole number from 0 on.
pub fn whole<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let number = <serde_json::Number as serde::Deserialize>::deserialize(from)?;
    let exact = |value: f64| value.fract() == 0.0 && (0.0..=9e15).contains(&value);
    let whole = number.as_u64().or(number.as_f64().filter(|v| exact(*v)).map(|v| v as u64));
    whole.ok_or_else(|| serde::de::Error::custom(format!("{number} is no whole number from 0 on")))
}

/// As [`whole`], up to 2^32 - 1.
///
/// # Errors
/// As [`whole`].
pub fn whole_u32<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let number = whole(from)?;
    u32::try_from(number)
        .map_err(|_| serde::de::Error::custom(format!("{number} is above {}", u32::MAX)))
}

/// The body of a request, as JSON.
pub struct Told<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Told<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, state: &S) -> Result<Told<T>, ApiError> {
        let too_long = || {
            let error = format!("the body is too long; allowed are up to {BODY_MOST} bytes");
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, error)
        };
        // What says of itself that it is too long is not read first.
        let length = request.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|length| length > BODY_MOST as u64) {
            return Err(too_long());
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|error| match error {
            BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
                too_long()
            }
            BytesRejection::FailedToBufferBody(error) => {
                ApiError::new(error.status(), error.body_text())
            }
            other => ApiError::new(StatusCode::BAD_REQUEST, other.to_string()),
        })?;
        if bytes.is_empty() {
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "a body is needed, if only {}"));
        }
        // To the reader a list of values in order is an object too; to whoever reads the description it is not.
        if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
            return Err(ApiError::refused("the body is a list; allowed is an object"));
        }
        serde_json::from_slice(&bytes).map(Told).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => ApiError::refused(format!("the body: {error}")),
            _ => ApiError::new(StatusCode::BAD_REQUEST, format!("the body is no JSON: {error}")),
        })
    }
}

/// What a request asks for behind the question mark.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Asked<T>, ApiError> {
        let asked = Query::<T>::from_request_parts(parts, state).await;
        asked.map(|Query(asked)| Asked(asked)).map_err(|error| ApiError::refused(error.body_text()))
    }
}

/// A part of the path.
pub struct At(pub String);

impl<S: Send + Sync> FromRequestParts<S> for At {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<At, ApiError> {
        let part = Path::<String>::from_request_parts(parts, state).await;
        part.map(|Path(part)| At(part))
            .map_err(|error| ApiError::new(StatusCode::BAD_REQUEST, error.body_text()))
    }
}

/// Who asks; every guarded request has somebody.
impl<S: Send + Sync> FromRequestParts<S> for Who {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Who, ApiError> {
        let who = parts.extensions.get::<Who>().cloned();
        who.ok_or_else(|| ApiError::new(StatusCode::UNAUTHORIZED, "nobody asks"))
    }
}

impl Desk {
    /// Do something that waits for the disk, on a thread that may.
    ///
    /// # Errors
    /// What `work` returns; 500 when it breaks down.
    pub async fn aside<T: Send + 'static>(
        self: &Arc<Desk>,
        work: impl FnOnce(&Desk) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let desk = Arc::clone(self);
        let request = Span::current();
        let work = move || request.in_scope(|| work(&desk));
        tokio::task::spawn_blocking(work).await.map_err(ApiError::broken)?
    }

    /// As [`Desk::aside`], when it is its turn. The turn is the work's and not the request's: who asks and goes does not make
    /// room for another one before the work has ended.
    ///
    /// # Errors
    /// As [`Desk::aside`]; 503 where too many wait.
    pub async fn in_turn<T: Send + 'static>(
        self: &Arc<Desk>,
        turns: &Turns,
        work: impl FnOnce(&Desk) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let turn = turns.take().await?;
        self.aside(move |desk| {
            let _turn = turn;
            work(desk)
        })
        .await
    }

    /// Look at a session on a thread that may wait: somebody else may have it for as long as a decision takes.
    ///
    /// # Errors
    /// As [`Desk::aside`]; 404.
    pub async fn with<T: Send + 'static>(
        self: &Arc<Desk>,
        id: &str,
        look: impl FnOnce(&Member) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let member = self.session(id)?;
        self.aside(move |_| look(&member)).await
    }

    /// Make a session, write it down, and let it run where it is to run: whoever is told of it finds it again after any stop.
    ///
    /// # Errors
    /// What `make` returns and what the database reports; then there is no session.
    pub fn settle(
        &self,
        make: impl FnOnce(&Fleet) -> Result<Arc<Member>, ApiError>,
    ) -> Result<Arc<Member>, ApiError> {
        let member = make(&self.fleet)?;
        if let Err(error) = self.keeper.keep_now(&member) {
            self.fleet.remove(&member.session.facts().id);
            // The database is in trouble: where it does not take this either, the next start finds nothing kept of the run.
            let _ = self.fleet.database().end_run(member.run, RunStatus::Failed, None);
            return Err(error);
        }
        if member.session.is_running() {
            self.pacer.runs(&member);
        }
        Ok(member)
    }

    /// Stop a session: it stands still, is written down whole, and is not there any more.
    ///
    /// # Errors
    /// 404; what the database reports, and then it is still there, paused.
    pub fn stop(&self, id: &str) -> Result<View, ApiError> {
        let member = self.session(id)?;
        member.session.close();
        if let Err(error) = self.keeper.close(&member) {
            member.session.reopen();
            return Err(error);
        }
        self.fleet.remove(id);
        Ok(member.session.view())
    }

    /// Do something that takes a worker of the executor. Somebody waits for it: it goes before the turns of sessions that run
    /// by themselves.
    ///
    /// # Errors
    /// What `work` returns; 503 when too much waits, 500 when it breaks down.
    pub async fn at_work<T: Send + 'static>(
        self: &Arc<Desk>,
        work: impl FnOnce(&Desk) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let desk = Arc::clone(self);
        let request = Span::current();
        let task = move || {
            // Whoever asked may have gone.
            let _ = sender.send(request.in_scope(|| work(&desk)));
        };
        // The answer comes by the channel.
        drop(self.executor.try_submit(Priority::High, task)?);
        receiver.await.map_err(|_| ApiError::broken("the work broke down"))?
    }

    /// Write into the audit trail who commanded what, before it is done.
    ///
    /// # Errors
    /// What the database reports: what cannot be recorded is not done. 422 for what is too long to be recorded.
    pub async fn record(
        self: &Arc<Desk>,
        who: &Who,
        action: &str,
        target: &str,
        detail: serde_json::Value,
    ) -> Result<(), ApiError> {
        let detail = detail.to_string();
        if detail.len() > DETAIL_MOST {
            let found = detail.len();
            return Err(ApiError::refused(format!(
                "the command has {found} bytes; allowed are up to {DETAIL_MOST}"
            )));
        }
        let (who, action, target) = (who.who.clone(), action.to_owned(), target.to_owned());
        let command = Command { who, action, target, detail };
        self.aside(move |desk| Ok(desk.fleet.database().record_command(&command).map(drop)?)).await
    }

    /// The session of that id.
    ///
    /// # Errors
    /// 404.
    pub fn session(&self, id: &str) -> Result<Arc<Member>, ApiError> {
        self.fleet.find(id)
    }
}
