//! Alarms of a session, and what people do about them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use watch::WatchError;
use watch::alarm::{Active, Alarms, Transition};

use super::{Asked, At, Desk, Refusals, Shared, Told};
use crate::ApiError;
use crate::access::Who;

/// An alarm in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListedAlarm)]
pub struct Listed {
    #[serde(flatten)]
    alarm: Active,
    /// Units whose fault it is taken to be.
    suspects: Vec<String>,
}

/// Which alarms.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// Also those in whose channel nothing is wrong.
    all: Option<bool>,
}

/// Alarms, the most urgent first.
#[utoipa::path(get, path = "/api/sessions/{id}/alarms", operation_id = "list_alarms", tag = "alarms", params(("id" = String, Path), Which),
    responses((status = 200, body = [Listed]), Refusals))]
pub async fn list(
    State(desk): Shared,
    At(id): At,
    Asked(which): Asked<Which>,
) -> Result<Json<Vec<Listed>>, ApiError> {
    let all = which.all.unwrap_or(false);
    let list = desk.with(&id, move |member| {
        let list = member.session.alarms(all);
        Ok(list.into_iter().map(|(alarm, suspects)| Listed { alarm, suspects }).collect())
    });
    list.await.map(Json)
}

/// An alarm.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct One {
    /// Its id.
    id: String,
}

/// Say that it is known.
#[utoipa::path(post, path = "/api/sessions/{id}/alarms/acknowledge", tag = "alarms", params(("id" = String, Path)),
    request_body = One, responses((status = 200, body = Transition), Refusals))]
pub async fn acknowledge(
    State(desk): Shared,
    who: Who,
    At(id): At,
    Told(One { id: alarm }): Told<One>,
) -> Result<Json<Transition>, ApiError> {
    desk.session(&id)?;
    desk.record(&who, "acknowledge", &id, json!({ "alarm": alarm })).await?;
    change(&desk, &id, move |alarms| alarms.acknowledge(&alarm, &who.who)).await
}

/// An alarm to put aside.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Aside {
    /// Its id.
    id: String,
    /// Until this mission time, s.
    until_s: f64,
    /// Why.
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    why: String,
}

/// Put it aside for some time; critical ones stay.
#[utoipa::path(post, path = "/api/sessions/{id}/alarms/shelve", tag = "alarms", params(("id" = String, Path)),
    request_body = Aside, responses((status = 200, body = Transition), Refusals))]
pub async fn shelve(
    State(desk): Shared,
    who: Who,
    At(id): At,
    Told(Aside { id: alarm, until_s, why }): Told<Aside>,
) -> Result<Json<Transition>, ApiError> {
    desk.session(&id)?;
    super::check_why(&why)?;
    let detail = json!({ "alarm": alarm, "until_s": until_s, "why": why });
    desk.record(&who, "shelve", &id, detail).await?;
    change(&desk, &id, move |alarms| alarms.shelve(&alarm, until_s, &who.who, &why)).await
}

/// Take it back.
#[utoipa::path(post, path = "/api/sessions/{id}/alarms/unshelve", tag = "alarms", params(("id" = String, Path)),
    request_body = One, responses((status = 200, body = Transition), Refusals))]
pub async fn unshelve(
    State(desk): Shared,
    who: Who,
    At(id): At,
    Told(One { id: alarm }): Told<One>,
) -> Result<Json<Transition>, ApiError> {
    desk.session(&id)?;
    desk.record(&who, "unshelve", &id, json!({ "alarm": alarm })).await?;
    change(&desk, &id, move |alarms| alarms.unshelve(&alarm, &who.who)).await
}

/// Change an alarm and tell of it.
async fn change(
    desk: &Arc<Desk>,
    id: &str,
    change: impl FnOnce(&mut Alarms) -> Result<Transition, WatchError> + Send + 'static,
) -> Result<Json<Transition>, ApiError> {
    desk.with(id, move |member| member.session.alarm(change)).await.map(Json)
}
