//! The server itself: health, metrics, the machine, who asks, the audit trail.

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use env::habitat::scenario::SHIPPED;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Asked, Refusals, Shared};
use crate::access::{COOKIE, Who};
use crate::machine::MachineView;
use crate::{ApiError, gauges, page};

/// Whether the server answers, and whether what it hears is written down.
pub async fn health(State(desk): Shared) -> Response {
    match desk.keeper.trouble() {
        None => "ok\n".into_response(),
        Some(trouble) => (StatusCode::SERVICE_UNAVAILABLE, format!("{trouble}\n")).into_response(),
    }
}

/// Metrics in the text format of Prometheus.
pub async fn metrics(State(desk): Shared) -> Response {
    let text = desk.aside(|desk| Ok(gauges::render(desk, desk.metrics)));
    match text.await {
        Ok(text) => {
            let kind = "text/plain; version=0.0.4; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(error) => error.into_response(),
    }
}

/// What sessions can be made of.
#[derive(Debug, Serialize, ToSchema)]
pub struct Choices {
    /// Scenarios.
    scenarios: Vec<&'static str>,
    /// Controllers.
    controllers: Vec<&'static str>,
    /// Difficulties.
    difficulties: Vec<String>,
}

/// What sessions can be made of.
#[utoipa::path(get, path = "/api/scenarios", tag = "site", responses((status = 200, body = Choices), Refusals))]
pub async fn scenarios() -> Json<Choices> {
    let difficulties = env::habitat::scenario::Difficulty::ALL;
    Json(Choices {
        scenarios: SHIPPED.iter().map(|shipped| shipped.name).collect(),
        controllers: env::CONTROLLERS.iter().map(|(name, _)| *name).collect(),
        difficulties: difficulties.iter().map(ToString::to_string).collect(),
    })
}

/// What the machine and this program do, and have done for an hour.
#[utoipa::path(get, path = "/api/machine", tag = "site", responses((status = 200, body = MachineView), Refusals))]
pub async fn machine(State(desk): Shared) -> Json<MachineView> {
    Json(desk.machine.view())
}

/// Who asks.
#[utoipa::path(get, path = "/api/whoami", tag = "site", responses((status = 200, body = Who), Refusals))]
pub async fn whoami(who: Who) -> Json<Who> {
    Json(who)
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Last {
    /// The last so many, 1 to 100 000 [default: 1 000].
    #[param(minimum = 1, maximum = 100_000)]
    most: Option<usize>,
}

/// An entry of the audit trail.
#[derive(Debug, Serialize, ToSchema)]
pub struct Entry {
    /// Number, from 1.
    number: i64,
    /// When, ms since 1970.
    time_ms: i64,
    /// Who.
    who: String,
    /// What.
    action: String,
    /// To what.
    target: String,
    /// More, as JSON.
    detail: String,
    /// Seal over this entry and the one before, hexadecimal.
    hash: String,
}

/// Who commanded what; each entry is sealed with the one before.
#[utoipa::path(get, path = "/api/audit", tag = "site", params(Last), responses((status = 200, body = [Entry]), Refusals))]
pub async fn audit(
    State(desk): Shared,
    Asked(Last { most }): Asked<Last>,
) -> Result<Json<Vec<Entry>>, ApiError> {
    let most = most.unwrap_or(1_000);
    if !(1..=100_000).contains(&most) {
        return Err(ApiError::refused(format!("most is {most}; allowed is 1 to 100 000")));
    }
    let entries = desk.aside(move |desk| Ok(desk.fleet.database().audit(most)?)).await?;
    let of = |entry: store::AuditEntry| Entry {
        number: entry.number,
        time_ms: entry.time_us / 1_000,
        who: entry.command.who,
        action: entry.command.action,
        target: entry.command.target,
        detail: entry.command.detail,
        hash: entry.hash.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    Ok(Json(entries.into_iter().map(of).collect()))
}

/// A page to log in.
pub async fn login_page() -> Response {
    let page = Html(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Lunar habitat: log in</title>\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <body style=\"background:#222;color:#ddd;font:16px sans-serif;display:grid;place-content:center;height:90vh\">\
         <form method=\"post\"><h1>Lunar habitat</h1><label>Token <input name=\"token\" type=\"password\" autofocus \
         autocomplete=\"current-password\"></label> <button>Log in</button></form></body></html>",
    );
    let mut response = page.into_response();
    page::guard(response.headers_mut());
    response
}

/// A token.
#[derive(Deserialize)]
pub struct Login {
    token: String,
}

/// Give a browser its token as a cookie.
pub async fn login(
    State(desk): Shared,
    form: Result<Form<Login>, FormRejection>,
) -> Result<Response, ApiError> {
    let Form(login) = form.map_err(|error| ApiError::new(error.status(), error.body_text()))?;
    let token = login.token.trim();
    if desk.tokens.who(token).is_none() {
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "the token is not known"));
    }
    // It is asked for again after a day; where the connection is secret, it is never sent over one that is not.
    let secure = if desk.is_secure { "; Secure" } else { "" };
    let cookie =
        format!("{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age=86400{secure}");
    let cookie = HeaderValue::from_str(&cookie).map_err(ApiError::refused)?;
    let mut response = Redirect::to("/").into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}
