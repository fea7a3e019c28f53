//! What would become of a session.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use runtime::Token;

use super::{At, Refusals, Shared, Told};
use crate::ApiError;
use crate::session::pilot::Prepared;
use crate::what_if::{self, Answer, Make, Question, Start};

/// Ends a work when whoever asked for it has gone.
pub struct Asking(Token);

impl Asking {
    /// Somebody asks.
    pub fn new() -> Asking {
        Asking(Token::new())
    }

    /// What the work looks at.
    pub fn token(&self) -> Token {
        self.0.clone()
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Roll many futures from where the session stands, under several controllers.
///
/// One question is answered at a time; some may wait.
#[utoipa::path(post, path = "/api/sessions/{id}/what-if", tag = "futures", params(("id" = String, Path)),
    request_body = Question, responses((status = 200, body = Answer), Refusals))]
pub async fn what_if(
    State(desk): Shared,
    At(id): At,
    Told(question): Told<Question>,
) -> Result<Json<Answer>, ApiError> {
    let member = desk.session(&id)?;
    let asking = Asking::new();
    let token = asking.token();
    let answer = desk.in_turn(&desk.futures, move |desk| {
        let (habitat, timing, held, policy, name) = member.session.look(|flight| {
            let pilot = flight.pilot();
            let (policy, name) = (pilot.policy_bytes().map(Arc::clone), pilot.name().to_owned());
            (flight.habitat().clone(), flight.timing(), flight.held().clone(), policy, name)
        });
        let current = match policy {
            Some(bytes) => Make::Policy(Prepared::new(bytes, habitat.plan())?),
            None => Make::Controller(name),
        };
        let start = Start { habitat, timing, held, current };
        what_if::answer(&start, &question, desk.threads, &token)
    });
    answer.await.map(Json)
}
