//! What would become of a session.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};

use super::{Refusals, Shared, Told};
use crate::ApiError;
use crate::what_if::{self, Answer, Make, Question, Start};

/// Roll many futures from where the session stands, under several controllers.
#[utoipa::path(post, path = "/api/sessions/{id}/what-if", tag = "futures", params(("id" = String, Path)),
    request_body = Question, responses((status = 200, body = Answer), Refusals))]
pub async fn what_if(
    State(desk): Shared,
    Path(id): Path<String>,
    Told(question): Told<Question>,
) -> Result<Json<Answer>, ApiError> {
    let member = desk.session(&id)?;
    let start = member.session.look(|flight| Start {
        habitat: flight.habitat().clone(),
        timing: flight.timing(),
        held: flight.held().clone(),
        current: match flight.pilot().policy_bytes() {
            Some(bytes) => Make::Policy(Arc::clone(bytes)),
            None => Make::Controller(flight.pilot().name().to_owned()),
        },
    });
    desk.aside(move |desk| what_if::answer(&start, &question, desk.threads)).await.map(Json)
}
