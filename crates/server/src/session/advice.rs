//! Advisory mode: the controller proposes, an operator accepts or overrides, and both are recorded.

use env::Command;
use env::habitat::Habitat;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One set-point of a proposal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SetPoint {
    /// Commanded channel.
    pub channel: String,
    /// What is ordered now, in the unit of the channel.
    pub now: Option<f64>,
    /// What is proposed or was set.
    pub value: f64,
}

/// What the controller would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Advice {
    /// Number of the proposal in its session, from 1.
    pub number: u64,
    /// When it was made, s of mission time.
    pub t_s: f64,
    /// When the next decision takes its place, s of mission time.
    pub expires_s: f64,
    /// Set-points.
    pub proposed: Vec<SetPoint>,
    /// Who proposes.
    pub by: String,
}

/// What became of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It was set.
    Accepted,
    /// An operator set something else.
    Overridden,
    /// Nobody decided in time; nothing was set.
    Expired,
}

impl Decision {
    /// Its name, as in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Decision::Accepted => "accepted",
            Decision::Overridden => "overridden",
            Decision::Expired => "expired",
        }
    }
}

/// A proposal and what became of it: a row of training data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Decided {
    /// Number of the proposal.
    pub number: u64,
    /// When it was made, s of mission time.
    pub t_s: f64,
    /// When it was decided, s of mission time.
    pub decided_s: f64,
    /// What became of it.
    pub decision: Decision,
    /// Who decided; none for one that expired.
    pub by: Option<String>,
    /// What was proposed.
    pub proposed: Vec<SetPoint>,
    /// What was set.
    pub commands: Vec<SetPoint>,
    /// Why, in the operator's words.
    pub why: Option<String>,
    /// Every sensed and commanded channel when it was proposed, by id; true values are not in it.
    pub seen: std::collections::BTreeMap<String, f64>,
}

/// The proposal at hand.
pub(super) struct Pending {
    pub(super) advice: Advice,
    pub(super) commands: Vec<Command>,
    pub(super) seen: std::collections::BTreeMap<String, f64>,
}

/// Proposals of one session.
#[derive(Default)]
pub(super) struct Desk {
    pub(super) pending: Option<Pending>,
    pub(super) last: u64,
    pub(super) decided: Vec<Decided>,
}

impl Desk {
    /// Put a proposal on the desk.
    pub(super) fn propose(
        &mut self,
        habitat: &Habitat,
        commands: Vec<Command>,
        by: &str,
        decision_s: f64,
    ) {
        self.last += 1;
        let mut known = vec![f64::NAN; habitat.catalogue().len()];
        habitat.read_known(&mut known);
        let channels = habitat.catalogue().channels().iter().zip(&known);
        let seen = channels
            .filter(|(_, value)| value.is_finite())
            .map(|(channel, value)| (channel.id.clone(), *value))
            .collect();
        let advice = Advice {
            number: self.last,
            t_s: habitat.t_s(),
            expires_s: habitat.t_s() + decision_s,
            proposed: set_points(habitat, &commands),
            by: by.to_owned(),
        };
        self.pending = Some(Pending { advice, commands, seen });
    }

    /// Take the proposal from the desk and note what became of it.
    pub(super) fn decide(
        &mut self,
        decision: Decision,
        decided_s: f64,
        by: Option<&str>,
        set: Vec<SetPoint>,
        why: Option<String>,
    ) -> Option<&Decided> {
        let Pending { advice, seen, .. } = self.pending.take()?;
        self.decided.push(Decided {
            number: advice.number,
            t_s: advice.t_s,
            decided_s,
            decision,
            by: by.map(str::to_owned),
            proposed: advice.proposed,
            commands: set,
            why,
            seen,
        });
        self.decided.last()
    }
}

/// Commands by channel.
pub(super) fn set_points(habitat: &Habitat, commands: &[Command]) -> Vec<SetPoint> {
    let channels = habitat.catalogue().channels();
    let of = |command: &Command| {
        let actuator = habitat.actuators().get(command.actuator)?;
        Some(SetPoint {
            channel: channels.get(actuator.channel)?.id.clone(),
            now: habitat.ordered(command.actuator),
            value: command.value,
        })
    };
    commands.iter().filter_map(of).collect()
}
