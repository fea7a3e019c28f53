//! Proposals of a controller in advisory mode.

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Refusals, Shared, Told};
use crate::ApiError;
use crate::access::Who;
use crate::keeper::ADVICE;
use crate::session::advice::{Advice, Decided};

/// The proposal at hand, or null.
#[utoipa::path(get, path = "/api/sessions/{id}/advice", tag = "commands", params(("id" = String, Path)),
    responses((status = 200, body = Option<Advice>), Refusals))]
pub async fn show(
    State(desk): Shared,
    Path(id): Path<String>,
) -> Result<Json<Option<Advice>>, ApiError> {
    Ok(Json(desk.session(&id)?.session.advice()))
}

/// A proposal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// Its number.
    #[serde(deserialize_with = "super::whole")]
    number: u64,
}

/// Set what is proposed.
#[utoipa::path(post, path = "/api/sessions/{id}/advice/accept", tag = "commands", params(("id" = String, Path)),
    request_body = Number, responses((status = 200, body = Decided), Refusals))]
pub async fn accept(
    State(desk): Shared,
    who: Who,
    Path(id): Path<String>,
    Told(Number { number }): Told<Number>,
) -> Result<Json<Decided>, ApiError> {
    let member = desk.session(&id)?;
    desk.record(&who, "accept", &id, json!({ "number": number })).await?;
    member.session.decide(&who.who, number, None, None).map(Json)
}

/// A set-point.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Instead {
    /// Commanded channel.
    channel: String,
    /// Value in the unit of the channel.
    value: f64,
}

/// What is set instead of a proposal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Number of the proposal.
    #[serde(deserialize_with = "super::whole")]
    number: u64,
    /// Set-points; none to leave everything as it is.
    commands: Vec<Instead>,
    /// Why.
    #[serde(default)]
    why: Option<String>,
}

/// Set something else.
#[utoipa::path(post, path = "/api/sessions/{id}/advice/override", tag = "commands", params(("id" = String, Path)),
    request_body = Override, responses((status = 200, body = Decided), Refusals))]
pub async fn replace(
    State(desk): Shared,
    who: Who,
    Path(id): Path<String>,
    Told(Override { number, commands, why }): Told<Override>,
) -> Result<Json<Decided>, ApiError> {
    let member = desk.session(&id)?;
    let instead: Vec<(String, f64)> =
        commands.into_iter().map(|one| (one.channel, one.value)).collect();
    let detail = json!({ "number": number, "commands": instead, "why": why });
    desk.record(&who, "override", &id, detail).await?;
    member.session.decide(&who.who, number, Some(&instead), why).map(Json)
}

/// Proposals and what became of them: what was seen, proposed and set, as training data.
#[utoipa::path(get, path = "/api/sessions/{id}/advice/history", tag = "commands", params(("id" = String, Path)),
    responses((status = 200, body = [Decided]), Refusals))]
pub async fn history(
    State(desk): Shared,
    Path(id): Path<String>,
) -> Result<Json<Vec<Decided>>, ApiError> {
    let member = desk.session(&id)?;
    let list = desk.aside(move |desk| {
        // Nothing is written meanwhile, so that nothing is in both.
        let _writer = member.writer();
        let database = desk.fleet.database();
        let mut list = Vec::new();
        for info in database.artifacts(member.run)? {
            if info.kind == ADVICE {
                let artifact = database.artifact(member.run, ADVICE, &info.name)?;
                list.push(serde_json::from_slice(&artifact.bytes).map_err(ApiError::broken)?);
            }
        }
        list.extend(member.session.fresh_decisions());
        list.sort_by_key(|decided: &Decided| decided.number);
        Ok(list)
    });
    Ok(Json(list.await?))
}
