//! Set-points, failures from outside, who is in command.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use env::habitat::fault::{Fault, FaultPlan};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use super::{At, Refusals, Shared, Told};
use crate::ApiError;
use crate::access::Who;
use crate::names::name_or_policy;
use crate::session::flight::{Flight, mode_name};
use crate::session::pilot::Pilot;
use crate::session::view::{Mode, View};

/// A set-point.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Hold)]
pub struct SetPoint {
    /// Commanded channel.
    channel: String,
    /// Value in the unit of the channel; outside the range of its actuator it acts as the nearest end. Null gives it back to the
    /// controller.
    value: Option<f64>,
}

/// What was set.
#[derive(Debug, Serialize, ToSchema)]
pub struct Set {
    /// Commanded channel.
    channel: String,
    /// What an operator holds it at; null where the controller has it.
    value: Option<f64>,
    /// Mission time, s.
    t_s: f64,
}

/// Hold a set-point against the controller, or give it back.
#[utoipa::path(post, path = "/api/sessions/{id}/commands", tag = "commands", params(("id" = String, Path)),
    request_body = SetPoint, responses((status = 200, body = Set), Refusals))]
pub async fn command(
    State(desk): Shared,
    who: Who,
    At(id): At,
    Told(SetPoint { channel, value }): Told<SetPoint>,
) -> Result<Json<Set>, ApiError> {
    desk.session(&id)?;
    desk.record(&who, "command", &id, json!({ "channel": channel, "value": value })).await?;
    let set = desk.with(&id, move |member| {
        member.session.command(&who.who, &channel, value)?;
        let view = member.session.view();
        Ok(Set { value: view.held.get(&channel).copied(), channel, t_s: view.t_s })
    });
    set.await.map(Json)
}

/// A unit that can fail.
#[derive(Debug, Serialize, ToSchema)]
pub struct Unit {
    /// `zone.unit`.
    unit: String,
    /// What it is.
    kind: String,
    /// Ways in which it can fail.
    modes: Vec<&'static str>,
    /// What is wrong with it now, or `sound`.
    mode: &'static str,
    /// Spares left.
    spares: f64,
    /// Crew-hours left of the repair under way.
    repair_h: f64,
}

/// Units that can fail.
#[utoipa::path(get, path = "/api/sessions/{id}/units", tag = "commands", params(("id" = String, Path)),
    responses((status = 200, body = [Unit]), Refusals))]
pub async fn units(State(desk): Shared, At(id): At) -> Result<Json<Vec<Unit>>, ApiError> {
    let list = desk.with(&id, |member| Ok(member.session.look(units_of)));
    list.await.map(Json)
}

fn units_of(flight: &Flight) -> Vec<Unit> {
    let faults = &flight.habitat().state().faults.units;
    let plans = &flight.plan().faults.units;
    let of = |(plan, fault): (&FaultPlan, &Fault)| Unit {
        unit: plan.unit.clone(),
        kind: format!("{:?}", plan.kind).to_lowercase(),
        modes: plan.kind.modes().iter().map(|(mode, _)| mode.name()).collect(),
        mode: mode_name(fault.mode),
        spares: fault.spares,
        repair_h: fault.repair_h,
    };
    plans.iter().zip(faults).map(of).collect()
}

/// A failure.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// `zone.unit`.
    unit: String,
    /// How it fails.
    mode: String,
    /// Area of a hole, m2; share of an array that dies or of a surface that dust covers.
    #[serde(default)]
    amount: Option<f64>,
}

/// Make a unit fail.
#[utoipa::path(post, path = "/api/sessions/{id}/faults", tag = "commands", params(("id" = String, Path)),
    request_body = Failure, responses((status = 200, body = View), Refusals))]
pub async fn fail(
    State(desk): Shared,
    who: Who,
    At(id): At,
    Told(failure): Told<Failure>,
) -> Result<Json<View>, ApiError> {
    desk.session(&id)?;
    desk.record(&who, "fail", &id, json!(failure)).await?;
    let view = desk.with(&id, move |member| {
        member.session.fail(&who.who, &failure.unit, &failure.mode, failure.amount)?;
        Ok(member.session.view())
    });
    view.await.map(Json)
}

/// Who is to command: a controller by name, or a policy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InCommand {
    /// `random`, `hold`, `rules` or `mpc`.
    #[serde(default)]
    name: Option<String>,
    /// A policy file (`policy.safetensors`) in base64.
    #[serde(default)]
    policy: Option<String>,
}

impl PartialSchema for InCommand {
    fn schema() -> RefOr<Schema> {
        name_or_policy()
    }
}

impl ToSchema for InCommand {}

/// Put another controller or a policy in command.
#[utoipa::path(post, path = "/api/sessions/{id}/controller", tag = "commands", params(("id" = String, Path)),
    request_body = InCommand, responses((status = 200, body = View), Refusals))]
pub async fn controller(
    State(desk): Shared,
    who: Who,
    At(id): At,
    Told(InCommand { name, policy }): Told<InCommand>,
) -> Result<Json<View>, ApiError> {
    desk.session(&id)?;
    let bytes = match (&name, &policy) {
        (Some(_), None) => None,
        (None, Some(text)) => {
            let bytes = STANDARD
                .decode(text)
                .map_err(|error| ApiError::refused(format!("the policy is no base64: {error}")))?;
            Some(Arc::new(bytes))
        }
        _ => return Err(ApiError::refused("either a name or a policy is needed")),
    };
    let detail = json!({ "name": name, "policy_bytes": bytes.as_ref().map(|bytes| bytes.len()) });
    desk.record(&who, "controller", &id, detail).await?;
    let view = desk.with(&id, move |member| {
        // It is built beside the session, which goes on meanwhile.
        let pilot = match (bytes, name) {
            (Some(bytes), _) => {
                let plan = member.session.look(|flight| Arc::clone(flight.plan()));
                Pilot::policy(bytes, &plan)?
            }
            (None, name) => {
                let habitat = member.session.look(|flight| flight.habitat().clone());
                Pilot::controller(&name.unwrap_or_default(), &habitat)?
            }
        };
        member.session.change_pilot(&who.who, pilot)
    });
    view.await.map(Json)
}

/// How decisions come into force.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Manner {
    /// `auto` or `advisory`.
    mode: Mode,
}

/// Let the controller act by itself, or let it propose.
#[utoipa::path(post, path = "/api/sessions/{id}/mode", tag = "commands", params(("id" = String, Path)),
    request_body = Manner, responses((status = 200, body = View), Refusals))]
pub async fn mode(
    State(desk): Shared,
    who: Who,
    At(id): At,
    Told(Manner { mode }): Told<Manner>,
) -> Result<Json<View>, ApiError> {
    desk.session(&id)?;
    desk.record(&who, "mode", &id, json!({ "mode": mode })).await?;
    desk.with(&id, move |member| member.session.set_mode(&who.who, mode)).await.map(Json)
}
