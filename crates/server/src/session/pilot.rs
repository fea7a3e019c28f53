//! Who commands a habitat: a controller by name, or a policy.

use std::sync::Arc;

use env::habitat::{Habitat, Plan};
use env::{
    Acts, Command, Controller, Light, Memory, OnBadAction, Rules, RulesSettings, Task, TaskOptions,
    Use,
};
use learn::{Actor, Frames, Policy};

use crate::ApiError;

/// Who commands a habitat.
pub struct Pilot {
    name: String,
    kind: Kind,
}

enum Kind {
    Controller(Box<dyn Controller>),
    Policy(Box<Flyer>),
}

/// A policy with what it remembers of what it saw. One that supervises acts every six hours, and the rules turn the dials by the
/// thresholds that it has set last.
struct Flyer {
    task: Arc<Task>,
    actor: Actor<Arc<Policy>>,
    memory: Memory,
    light: Option<Light>,
    frames: Frames,
    observation: Vec<f32>,
    action: Vec<f32>,
    has_begun: bool,
    supervised: Option<Supervised>,
    bytes: Arc<Vec<u8>>,
}

/// The rules under a policy.
struct Supervised {
    /// None until the first decision.
    rules: Option<Rules>,
    /// When the policy acts again, s of mission time.
    next_s: f64,
}

impl Pilot {
    /// The controller of that name, for a habitat as it stands.
    ///
    /// # Errors
    /// 422 with the names there are.
    pub fn controller(name: &str, habitat: &Habitat) -> Result<Pilot, ApiError> {
        let controller = env::build(name, habitat).map_err(ApiError::refused)?;
        Ok(Pilot { name: controller.name().to_owned(), kind: Kind::Controller(controller) })
    }

    /// A policy that sets the dials of the habitat of `plan`, or the thresholds of its rules.
    ///
    /// # Errors
    /// As [`Prepared::new`].
    pub fn policy(bytes: Arc<Vec<u8>>, plan: &Arc<Plan>) -> Result<Pilot, ApiError> {
        Ok(Prepared::new(bytes, plan)?.pilot(plan))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file of the policy, where it is one.
    pub fn policy_bytes(&self) -> Option<&Arc<Vec<u8>>> {
        match &self.kind {
            Kind::Controller(_) => None,
            Kind::Policy(flyer) => Some(&flyer.bytes),
        }
    }

    /// Append what it commands now; `known` is what can be known of the habitat.
    ///
    /// # Errors
    /// 500 where a policy and its habitat do not fit any more.
    pub fn decide(
        &mut self,
        habitat: &Habitat,
        known: &[f64],
        commands: &mut Vec<Command>,
    ) -> Result<(), ApiError> {
        match &mut self.kind {
            Kind::Controller(controller) => {
                controller.see(habitat);
                controller.decide(known, habitat.t_s(), commands);
                Ok(())
            }
            Kind::Policy(flyer) => flyer.decide(habitat, known, commands),
        }
    }
}

/// A policy that is read and checked: any number of pilots can be made of it.
pub struct Prepared {
    name: String,
    policy: Arc<Policy>,
    task: Arc<Task>,
    bytes: Arc<Vec<u8>>,
}

impl Prepared {
    /// The policy of a file, for the habitat of `plan`.
    ///
    /// # Errors
    /// 422 for bytes that are no policy, and for one of another habitat.
    pub fn new(bytes: Arc<Vec<u8>>, plan: &Arc<Plan>) -> Result<Prepared, ApiError> {
        let policy = Policy::from_bytes(&bytes).map_err(ApiError::refused)?;
        let acts = policy.facts.get("acts").map_or(Ok(Acts::Dials), |acts| acts.parse::<Acts>());
        let acts = acts.map_err(ApiError::refused)?;
        let options = TaskOptions { used_for: Use::Evaluation, acts, ..TaskOptions::default() };
        let task = Task::new(Arc::clone(plan), options).map_err(ApiError::refused)?;
        policy.fits(&task).map_err(ApiError::refused)?;
        let named = policy.facts.get("name").cloned();
        let name = format!("policy {}", named.unwrap_or_else(|| digest(&bytes)));
        Ok(Prepared { name, policy: Arc::new(policy), task, bytes })
    }

    /// A pilot that has seen nothing yet, for a habitat of that plan.
    pub fn pilot(&self, plan: &Plan) -> Pilot {
        let task = &self.task;
        let width = task.observations().len();
        let flyer = Flyer {
            memory: task.observations().memory(),
            light: Light::new(plan),
            frames: Frames::new(self.policy.stack(), width),
            observation: vec![0.0; width],
            action: vec![0.0; task.actions().len()],
            actor: Actor::new(Arc::clone(&self.policy)),
            has_begun: false,
            supervised: (task.acts() == Acts::Thresholds)
                .then_some(Supervised { rules: None, next_s: f64::NEG_INFINITY }),
            task: Arc::clone(task),
            bytes: Arc::clone(&self.bytes),
        };
        Pilot { name: self.name.clone(), kind: Kind::Policy(Box::new(flyer)) }
    }
}

impl Flyer {
    fn decide(
        &mut self,
        habitat: &Habitat,
        known: &[f64],
        commands: &mut Vec<Command>,
    ) -> Result<(), ApiError> {
        let t_s = habitat.t_s();
        if self.supervised.as_ref().is_none_or(|supervised| t_s >= supervised.next_s) {
            self.act(habitat)?;
        }
        let Some(Supervised { rules, next_s }) = &mut self.supervised else {
            let dials = self.task.dials();
            let applied = dials.apply(&self.action, OnBadAction::Clip, habitat, commands);
            return applied.map(|_| ()).map_err(ApiError::broken);
        };
        let rules = rules.get_or_insert_with(|| Rules::new(habitat));
        if t_s >= *next_s {
            // On a grid of mission time, as in an episode.
            let every_s = self.task.decision_s();
            *next_s = ((t_s / every_s + 1e-9).floor() + 1.0) * every_s;
            rules.set_settings(RulesSettings::of_action(&self.action));
        }
        rules.decide(known, t_s, commands);
        Ok(())
    }

    /// Look at the habitat and let the policy say what it wants.
    fn act(&mut self, habitat: &Habitat) -> Result<(), ApiError> {
        let (observations, dials) = (self.task.observations(), self.task.dials());
        observations.measure(habitat, &mut self.memory);
        let light = self.light.as_ref();
        observations
            .observe(habitat, dials, light, &self.memory, &mut self.observation)
            .map_err(ApiError::broken)?;
        if self.has_begun {
            self.frames.push(&self.observation);
        } else {
            self.frames.begin(&self.observation);
            self.has_begun = true;
        }
        self.actor.act(self.frames.row(), &mut self.action).map_err(ApiError::broken)
    }
}

/// First digits of the hash of a file.
fn digest(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
