//! Making, running and stopping sessions.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tracing::info_span;
use utoipa::ToSchema;

use super::{At, Refusals, Shared, Told};
use crate::ApiError;
use crate::access::Who;
use crate::session::view::{NewSession, View};

/// Most steps of one request.
const STEPS_MOST: u64 = 500;

/// All sessions.
#[utoipa::path(get, path = "/api/sessions", operation_id = "list_sessions", tag = "sessions", responses((status = 200, body = [View]), Refusals))]
pub async fn list(State(desk): Shared) -> Result<Json<Vec<View>>, ApiError> {
    let views = desk
        .aside(|desk| Ok(desk.fleet.all().iter().map(|member| member.session.view()).collect()));
    Ok(Json(views.await?))
}

/// Make a session.
#[utoipa::path(post, path = "/api/sessions", tag = "sessions", request_body = NewSession,
    responses((status = 201, body = View), Refusals))]
pub async fn make(
    State(desk): Shared,
    who: Who,
    Told(new): Told<NewSession>,
) -> Result<(StatusCode, Json<View>), ApiError> {
    desk.record(&who, "make", "session", json!(new)).await?;
    let made = desk.aside(move |desk| {
        let member = desk.settle(|fleet| fleet.make(new))?;
        Ok(member.session.view())
    });
    Ok((StatusCode::CREATED, Json(made.await?)))
}

/// One session.
#[utoipa::path(get, path = "/api/sessions/{id}", operation_id = "show_session", tag = "sessions", params(("id" = String, Path)),
    responses((status = 200, body = View), Refusals))]
pub async fn show(State(desk): Shared, At(id): At) -> Result<Json<View>, ApiError> {
    desk.with(&id, |member| Ok(member.session.view())).await.map(Json)
}

/// Stop a session; what was recorded of it stays.
#[utoipa::path(delete, path = "/api/sessions/{id}", tag = "sessions", params(("id" = String, Path)),
    responses((status = 200, body = View), Refusals))]
pub async fn stop(State(desk): Shared, who: Who, At(id): At) -> Result<Json<View>, ApiError> {
    desk.session(&id)?;
    desk.record(&who, "stop", &id, json!({})).await?;
    desk.aside(move |desk| desk.stop(&id)).await.map(Json)
}

/// How many steps.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Steps {
    /// Steps, 1 to 500.
    #[schema(minimum = 1, maximum = 500)]
    #[serde(deserialize_with = "super::whole")]
    steps: u64,
}

/// Take steps; the session has to be paused.
#[utoipa::path(post, path = "/api/sessions/{id}/step", tag = "sessions", params(("id" = String, Path)), request_body = Steps,
    responses((status = 200, body = View), Refusals))]
pub async fn step(
    State(desk): Shared,
    At(id): At,
    Told(Steps { steps }): Told<Steps>,
) -> Result<Json<View>, ApiError> {
    if !(1..=STEPS_MOST).contains(&steps) {
        let error = format!("steps is {steps}; allowed is 1 to {STEPS_MOST} at a time");
        return Err(ApiError::refused(error));
    }
    let member = desk.session(&id)?;
    let first = Arc::clone(&member);
    let taken = desk.at_work(move |_| {
        let _stage = info_span!("session steps").entered();
        first.session.step(steps)
    });
    let taken = taken.await;
    match taken {
        // Rows wait: they are written down now, and then it is tried again.
        Err(error) if error.status == StatusCode::SERVICE_UNAVAILABLE => {
            let taken = desk.aside(move |desk| {
                desk.keeper.keep_now(&member)?;
                member.session.step(steps)
            });
            taken.await.map(Json)
        }
        taken => taken.map(Json),
    }
}

/// How fast.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Mission seconds in a second, above 0 up to a million.
    #[schema(exclusive_minimum = 0, maximum = 1_000_000)]
    rate: f64,
}

/// Run by itself.
#[utoipa::path(post, path = "/api/sessions/{id}/run", tag = "sessions", params(("id" = String, Path)), request_body = Rate,
    responses((status = 200, body = View), Refusals))]
pub async fn run(
    State(desk): Shared,
    who: Who,
    At(id): At,
    Told(Rate { rate }): Told<Rate>,
) -> Result<Json<View>, ApiError> {
    let member = desk.session(&id)?;
    desk.record(&who, "run", &id, json!({ "rate": rate })).await?;
    let view = desk.aside(move |desk| {
        let view = member.session.run(rate)?;
        desk.pacer.runs(&member);
        Ok(view)
    });
    view.await.map(Json)
}

/// Stand still.
#[utoipa::path(post, path = "/api/sessions/{id}/pause", tag = "sessions", params(("id" = String, Path)),
    responses((status = 200, body = View), Refusals))]
pub async fn pause(State(desk): Shared, who: Who, At(id): At) -> Result<Json<View>, ApiError> {
    desk.session(&id)?;
    desk.record(&who, "pause", &id, json!({})).await?;
    desk.with(&id, |member| member.session.pause()).await.map(Json)
}

/// What a snapshot was taken of.
#[derive(Debug, Serialize, ToSchema)]
pub struct Snapshot {
    /// Mission time, s.
    t_s: f64,
    /// Size of the habitat, bytes.
    bytes: usize,
}

/// Keep the session as it stands now: from there it goes on when the server is stopped.
#[utoipa::path(post, path = "/api/sessions/{id}/snapshot", tag = "sessions", params(("id" = String, Path)),
    responses((status = 200, body = Snapshot), Refusals))]
pub async fn snapshot(
    State(desk): Shared,
    who: Who,
    At(id): At,
) -> Result<Json<Snapshot>, ApiError> {
    let member = desk.session(&id)?;
    desk.record(&who, "snapshot", &id, json!({})).await?;
    let taken = desk
        .aside(move |desk| {
            desk.keeper.keep_now(&member)?;
            let (t_s, bytes) = member
                .session
                .look(|flight| (flight.habitat().t_s(), flight.habitat().snapshot().len()));
            Ok(Snapshot { t_s, bytes })
        })
        .await?;
    Ok(Json(taken))
}

/// What a fork is called and how fast it runs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fork {
    /// A name for people, 1 to 100 characters.
    #[serde(default)]
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\u0000-\u0020\u007f-\u00a0][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    name: Option<String>,
    /// Mission seconds in a second; 0 to begin paused.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000)]
    rate: f64,
}

/// Make a session that begins where this one stands, with a future of its own.
#[utoipa::path(post, path = "/api/sessions/{id}/fork", tag = "sessions", params(("id" = String, Path)), request_body = Fork,
    responses((status = 201, body = View), Refusals))]
pub async fn fork(
    State(desk): Shared,
    who: Who,
    At(id): At,
    Told(Fork { name, rate }): Told<Fork>,
) -> Result<(StatusCode, Json<View>), ApiError> {
    let member = desk.session(&id)?;
    desk.record(&who, "fork", &id, json!({ "name": name, "rate": rate })).await?;
    let forked = desk.aside(move |desk| {
        let forked = desk.settle(|fleet| fleet.fork(&member, name.as_deref(), rate))?;
        Ok(forked.session.view())
    });
    Ok((StatusCode::CREATED, Json(forked.await?)))
}
