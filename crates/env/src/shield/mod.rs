//! The layer between a policy and a habitat: a look ahead by what is seen, and a hand-over to the rules.
//!
//! ```text
//! readings ──► rules: believe, presume ──► Estimator ──► fork ──► the action, held for the horizon ──► a limit breaks?
//!                                                          └────► the rules ──► break as well, sooner?      │
//! policy ──► action ──────────────────────────────────────────────────────────► taken, or handed over ◄─────┘
//! ```
//! | actions are | flown ahead | horizon | hand-over |
//! |---|---|---|---|
//! | dials | the commands of the action, held | 6 h | the rules command the habitat themselves ([`Episode::step_under`]) |
//! | thresholds | the rules with these thresholds | 24 h | the zero action: the rules as they are |
//!
//! # Decision
//! ```text
//! the action breaks no limit with its margin                    it is taken
//! it does, and the rules go well for as long or longer          the rules take the decision
//! it does, and the rules go wrong sooner                        it is taken
//! ```
//! How long one goes well is the time to the loss of the mission by its abort rules, and where that is the same, to the
//! margin of a limit. A hand-over holds for
//! an hour at least, for a store that the rules keep a day, and then until an action of the policy is safe again.
//!
//! # Outlook
//! Stores are wasted long before a limit breaks. So every six hours it is asked whether a way is left:
//! ```text
//! the action for six hours, then the rules for 96 h    breaks a limit with its margin
//! the rules from now on for as long                     break none
//! both                                                  the rules take the next six hours
//! ```
//! Where the rules would break one too, the policy is left alone: it may know better. 96 h are the longest darkness of the
//! tasks.
//!
//! # Hand-over
//! On it the rules also put back what they do not
//! command – fans, set-points of coolant and regulators, the electrolyser – to where the scenario starts it.
//!
//! # What it does not do
//! - It sees readings alone: what it takes the habitat to be is the [`Estimator`]'s, with all that that cannot know.
//! - It foresees no failure. A limit that breaks faster than decisions come is not kept.
//! - Beyond the outlook it sees nothing, and in it only what the rules would make of it: a policy that wastes what is needed
//!   in a week is not stopped.
//! - **It never runs inside another look-ahead.** It is no [`Controller`] and cannot be copied, and a fork of an episode is
//!   refused ([`TaskError::Shield`]): what is flown ahead is a habitat, not an episode.
//!
//! # State
//! Not stored with an episode. A shield that is made for an episode under way begins with the design and with what
//! instruments show then; what is presumed of units it learns anew.
//!
//! # Cost
//! Measured in `examples/shield_cost.rs`; see the book.
//!
//! # Tests
//! `shield` in this crate.

mod ahead;
mod intervention;
mod limits;

use std::sync::Arc;

use habitat::{Habitat, StreamKey};

use self::ahead::{Ahead, Flight};
pub use self::intervention::Intervention;
pub use self::limits::{HARD, HARD_LIMITS, HardLimit};
use crate::estimator::STEP_S;
use crate::{
    Acts, Command, Controller, Episode, Estimator, Rules, RulesSettings, StepSlices, Task,
    TaskError, Transition,
};

/// Horizon where an action turns dials, s.
const DIALS_S: f64 = 6.0 * 3_600.0;
/// Horizon where it sets thresholds, s.
const THRESHOLDS_S: f64 = 24.0 * 3_600.0;
/// Time that the rules are flown after the action, s: the longest darkness of the tasks.
const OUTLOOK_S: f64 = 96.0 * 3_600.0;
/// Time between two outlooks, and for which the action is held on them, s.
const OUTLOOK_EVERY_S: f64 = 6.0 * 3_600.0;
/// Step of an outlook, s: what stores hold is not a matter of a degree.
const OUTLOOK_STEP_S: f64 = 600.0;
/// Shortest hand-over, s. Assumed: a policy that asks for the same again is not let in and out every ten minutes.
const HOLD_S: f64 = 3_600.0;
/// Shortest hand-over for a store, s. Assumed: a day of charging or of processing.
const HOLD_STORE_S: f64 = 24.0 * 3_600.0;
/// Commands to people, which are not put back when the rules take over.
const BY_PEOPLE: [&str; 2] = [".set_repair", ".set_calibrate"];

/// Why a fork has no shield.
const AHEAD: &str = "this episode is a fork: nothing looks ahead within a look-ahead";

/// What a shield may be told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShieldOptions {
    /// How far it looks, s; 6 h for dials and 24 h for thresholds if `None`.
    pub horizon_s: Option<f64>,
    /// How long the rules have to keep all limits after the action, s; 0 for no outlook.
    pub outlook_s: f64,
    /// Shortest hand-over, s.
    pub hold_s: f64,
    /// Shortest hand-over for a limit that is about a store, s.
    pub hold_store_s: f64,
}

impl Default for ShieldOptions {
    fn default() -> ShieldOptions {
        ShieldOptions {
            horizon_s: None,
            outlook_s: OUTLOOK_S,
            hold_s: HOLD_S,
            hold_store_s: HOLD_STORE_S,
        }
    }
}

/// A decision under a shield.
#[derive(Debug, Clone, PartialEq)]
pub struct Shielded {
    /// What came of it.
    pub transition: Transition,
    /// What was done instead of what was asked for, if anything.
    pub intervention: Option<Intervention>,
}

/// Lets a policy act as long as no hard limit would break, and the rules where one would.
///
/// # Examples
/// A policy that switches everything off, for two days:
/// ```
/// use std::sync::Arc;
/// use habitat::{Plan, StreamKey, scenario};
/// use lunar_habitat_env::{COSTS, Episode, Shield, StepSlices, TERMS, Task, TaskOptions};
/// let loaded = scenario::load("artemis-30d")?;
/// let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
/// let task = Task::new(plan, TaskOptions::default())?;
/// let mut episode = Episode::new(&task, StreamKey::default(), &[])?;
/// let mut shield = Shield::new(&episode)?;
/// let mut observation = vec![0.0; task.observations().len()];
/// let (mut terms, mut costs) = ([0.0; TERMS], [0.0; COSTS]);
/// for _ in 0..288 {
///     let mut action = vec![-1.0; task.actions().len()];
///     let slices =
///         StepSlices { observation: &mut observation, terms: &mut terms, costs: &mut costs };
///     let shielded = shield.step(&mut episode, &mut action, slices)?;
///     assert!(shielded.transition.status.is_running());
/// }
/// assert!(!shield.interventions().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Shield {
    task: Arc<Task>,
    key: StreamKey,
    horizon_s: f64,
    outlook_s: f64,
    /// When the next outlook is due.
    outlook_due_s: f64,
    /// Shortest hand-overs: usual, and for a store.
    hold_s: [f64; 2],
    estimator: Estimator,
    /// Rules that listen, where actions are dials.
    rules: Rules,
    /// Where every actuator stands under the rules: where the scenario starts it, or what they commanded last. None for
    /// commands to people that they have not given.
    standing: Vec<Option<f64>>,
    /// What was commanded since the last correction, and when.
    given: Vec<(f64, Command)>,
    /// Rules that fly the shadow, where actions are thresholds.
    flying: Option<Rules>,
    /// What the rules would command now.
    thought: Vec<Command>,
    urgent: bool,
    known: Vec<f64>,
    /// Time of the last decision.
    last_s: Option<f64>,
    /// Decisions of the episode after the last one that was judged.
    decisions: u64,
    /// Until when a hand-over holds, and the limit that it is about.
    handed: Option<(f64, &'static str)>,
    interventions: Vec<Intervention>,
}

impl Shield {
    /// A shield for `episode` from where it is, with the usual horizon.
    ///
    /// # Errors
    /// As [`Shield::with`].
    pub fn new(episode: &Episode) -> Result<Shield, TaskError> {
        Shield::with(episode, ShieldOptions::default())
    }

    /// How far it looks in `task` where nothing else is asked for, s: 6 h for dials, 24 h for thresholds.
    #[must_use]
    pub fn usual_horizon_s(task: &Task) -> f64 {
        match task.acts() {
            Acts::Dials => DIALS_S,
            Acts::Thresholds => THRESHOLDS_S,
        }
    }

    /// A shield for `episode` from where it is.
    ///
    /// # Errors
    /// [`TaskError::Shield`]: the episode is a fork, so something looks ahead already; or a time that is not positive.
    pub fn with(episode: &Episode, options: ShieldOptions) -> Result<Shield, TaskError> {
        Shield::may_guard(episode)?;
        let task = Arc::clone(episode.task());
        let horizon_s = options.horizon_s.unwrap_or(Shield::usual_horizon_s(&task));
        let least = [options.outlook_s, options.hold_s, options.hold_store_s];
        // Written so that what is no number is refused too.
        let sound = horizon_s.is_finite()
            && horizon_s > 0.0
            && least.iter().all(|s| s.is_finite() && *s >= 0.0);
        if !sound {
            return Err(TaskError::Shield(
                "its horizon is not positive, or its outlook or hand-over negative",
            ));
        }
        let plan = task.plan();
        let estimator =
            Estimator::new(plan, episode.habitat().t_s()).map_err(habitat::EpisodeError::from)?;
        // Built against the design: what was drawn for the episode is not known.
        let design = Habitat::new(Arc::clone(plan), StreamKey::default());
        let channels = design.catalogue().channels();
        let standing = design.actuators().iter().map(|actuator| {
            let by_people =
                BY_PEOPLE.iter().any(|tail| channels[actuator.channel].id.ends_with(tail));
            if by_people { None } else { design.value(actuator.channel) }
        });
        Ok(Shield {
            key: episode.key(),
            horizon_s,
            outlook_s: options.outlook_s,
            outlook_due_s: f64::NEG_INFINITY,
            hold_s: [options.hold_s, options.hold_store_s],
            estimator,
            rules: Rules::new(&design),
            standing: standing.collect(),
            given: Vec::new(),
            flying: None,
            thought: Vec::new(),
            urgent: false,
            known: vec![f64::NAN; design.catalogue().len()],
            last_s: None,
            decisions: episode.decisions(),
            handed: None,
            interventions: Vec::new(),
            task,
        })
    }

    /// Judge `action` before it is taken. Where it is handed over, `action` becomes the nearest one to what the rules do.
    ///
    /// Once a decision, before [`Episode::step`]. With dials a hand-over by the action alone loses what
    /// [`crate::ActionSpace::nearest`] says: single units are not repaired and calibrated apart from their group, and nothing
    /// passes the range of a dial. [`Shield::step`] loses nothing.
    ///
    /// # Errors
    /// - [`TaskError::Shield`]: a fork, another episode than the one that the shield was made for, or a decision that was
    ///   judged already.
    /// - What [`Episode::ready`] refuses; nothing changes then.
    pub fn pass(
        &mut self,
        episode: &Episode,
        action: &mut [f32],
    ) -> Result<Option<Intervention>, TaskError> {
        self.is_of(episode)?;
        episode.ready(action)?;
        let t_s = episode.habitat().t_s();
        episode.habitat().read_known(&mut self.known);
        let by_thresholds = self.task.is_supervised();
        if by_thresholds {
            self.follow_thresholds(episode, t_s)?;
        } else {
            self.follow_dials(t_s)?;
        }
        (self.last_s, self.decisions) = (Some(t_s), episode.decisions() + 1);
        let asked = action.to_vec();
        let found = self.judge(episode, action, t_s)?;
        match (&found, by_thresholds) {
            (Some(_), true) => action.fill(0.0),
            (Some(_), false) => {
                let full = self.full(t_s);
                self.task.dials.nearest(episode.habitat(), &full, action)?;
                self.thought = full;
            }
            (None, _) => {}
        }
        if by_thresholds {
            self.flying = episode.rules_under(action).map(Rules::trusting);
        } else {
            let commands = self.commands_of(episode, action)?;
            if found.is_none() {
                self.rules.overruled(&commands);
            }
            self.given.extend(commands.into_iter().map(|command| (t_s, command)));
        }
        Ok(found.map(|(limit, breaks_s, rules_break_s)| {
            let intervention = Intervention {
                t_s,
                decision: episode.decisions(),
                limit,
                breaks_s,
                rules_break_s,
                asked,
                done: action.to_vec(),
            };
            self.interventions.push(intervention.clone());
            intervention
        }))
    }

    /// Take one decision under the shield: as [`Episode::step`], or under the rules with their full strength.
    ///
    /// # Errors
    /// As [`Shield::pass`] and [`Episode::step`].
    pub fn step(
        &mut self,
        episode: &mut Episode,
        action: &mut [f32],
        slices: StepSlices<'_>,
    ) -> Result<Shielded, TaskError> {
        let intervention = self.pass(episode, action)?;
        let transition = if intervention.is_some() && !self.task.is_supervised() {
            self.given.clear();
            episode.step_under(&mut Guard { shield: self, first: true }, slices)?
        } else {
            episode.step(action, slices)?
        };
        Ok(Shielded { transition, intervention })
    }

    /// All interventions so far, in their order.
    #[must_use]
    pub fn interventions(&self) -> &[Intervention] {
        &self.interventions
    }

    /// What the habitat is taken to be.
    #[must_use]
    pub fn estimator(&self) -> &Estimator {
        &self.estimator
    }

    /// How far it looks, s.
    #[must_use]
    pub fn horizon_s(&self) -> f64 {
        self.horizon_s
    }

    /// Whether `episode` may have a shield.
    pub(crate) fn may_guard(episode: &Episode) -> Result<(), TaskError> {
        if episode.key().fork == 0 { Ok(()) } else { Err(TaskError::Shield(AHEAD)) }
    }

    /// Whether the next decision of `episode` is the next one that it judges.
    pub(crate) fn is_next(&self, episode: &Episode) -> bool {
        self.is_of(episode).is_ok() && self.decisions == episode.decisions()
    }

    /// Whether `episode` is the one that it was made for, at a decision that is still to be judged.
    fn is_of(&self, episode: &Episode) -> Result<(), TaskError> {
        Shield::may_guard(episode)?;
        let t_s = episode.habitat().t_s();
        let refusal = if episode.key() != self.key || !Arc::ptr_eq(episode.task(), &self.task) {
            "it was made for another episode: make a new one"
        } else if self.last_s.is_some_and(|last_s| t_s <= last_s) {
            "this decision was judged already, or the episode was put back: make a new one"
        } else {
            return Ok(());
        };
        Err(TaskError::Shield(refusal))
    }

    /// Bring the estimate to `t_s` by what was commanded, and correct it.
    fn follow_dials(&mut self, t_s: f64) -> Result<(), TaskError> {
        for (given_s, command) in self.given.drain(..) {
            self.estimator.pass(given_s)?;
            self.estimator.command(&[command]);
        }
        self.estimator.pass(t_s)?;
        self.think(t_s);
        self.estimator.correct(&self.rules);
        Ok(())
    }

    /// The same where rules have decided since, by rules that read the shadow.
    fn follow_thresholds(&mut self, episode: &Episode, t_s: f64) -> Result<(), TaskError> {
        if let Some(mut flying) = self.flying.take() {
            let mut shown = vec![f64::NAN; self.known.len()];
            let mut commands = Vec::new();
            while self.estimator.habitat().t_s() < t_s - 1e-3 {
                let now_s = self.estimator.habitat().t_s();
                self.estimator.habitat().read_true(&mut shown);
                commands.clear();
                flying.decide(&shown, now_s, &mut commands);
                self.estimator.command(&commands);
                self.estimator.pass((now_s + self.task.rules_s()).min(t_s))?;
            }
        }
        if let Some(rules) = episode.rules_under(&vec![0.0; self.task.actions().len()]) {
            self.rules = rules;
        }
        self.think(t_s);
        self.estimator.correct(&self.rules);
        Ok(())
    }

    /// Let the rules take in the readings and find what they would command.
    fn think(&mut self, t_s: f64) {
        self.thought.clear();
        self.urgent = self.rules.think(&self.known, t_s, &mut self.thought);
        for command in &self.thought {
            if let Some(standing) = self.standing.get_mut(command.actuator) {
                *standing = Some(command.value);
            }
        }
    }

    /// Everything that stands under the rules.
    fn stand(&self) -> Vec<Command> {
        let standing = self.standing.iter().enumerate();
        standing
            .filter_map(|(actuator, value)| Some(Command { actuator, value: (*value)? }))
            .collect()
    }

    /// The same with what people are asked to calibrate: the rules act.
    fn full(&mut self, t_s: f64) -> Vec<Command> {
        let mut full = self.stand();
        self.rules.obeyed(&self.known, t_s, self.urgent, &mut full);
        full
    }

    /// Whether the rules take this decision: the limit, when the action breaks it, and when they break one.
    fn judge(
        &mut self,
        episode: &Episode,
        action: &[f32],
        t_s: f64,
    ) -> Result<Option<(&'static str, f64, f64)>, TaskError> {
        if let Some((until_s, limit)) = self.handed
            && t_s < until_s - 1e-3
        {
            return Ok(Some((limit, f64::NAN, f64::NAN)));
        }
        self.handed = None;
        let asked = self.fly_action(episode, action)?;
        if let Some(near) = asked.near {
            let rules = self.fly_rules(STEP_S, self.horizon_s);
            if !rules.as_good_as(&asked) {
                return Ok(None);
            }
            let HardLimit { name: limit, is_store, .. } = HARD_LIMITS[near.limit];
            // Rules that lose it as well are no reason to stay for a day.
            let long = is_store && rules.near.is_none();
            self.handed = Some((t_s + self.hold_s[usize::from(long)], limit));
            let rules_break_s = rules.near.map_or(f64::INFINITY, |breach| breach.after_s);
            return Ok(Some((limit, near.after_s, rules_break_s)));
        }
        if self.outlook_s <= 0.0 || t_s < self.outlook_due_s - 1e-3 {
            return Ok(None);
        }
        self.outlook_due_s = t_s + OUTLOOK_EVERY_S;
        let Some(near) = self.outlook(episode, action)?.near else { return Ok(None) };
        let rules = self.fly_rules(OUTLOOK_STEP_S, OUTLOOK_EVERY_S + self.outlook_s);
        if rules.near.is_some() {
            return Ok(None);
        }
        let limit = HARD_LIMITS[near.limit].name;
        self.handed = Some((self.outlook_due_s, limit));
        Ok(Some((limit, near.after_s, f64::INFINITY)))
    }

    /// A flight of the estimate.
    fn flight(&self, step_s: f64) -> Flight {
        Flight::new(self.estimator.ahead(), step_s, self.task.rules_s())
    }

    /// What `action` leads to.
    fn fly_action(&self, episode: &Episode, action: &[f32]) -> Result<Ahead, TaskError> {
        let mut flight = self.flight(STEP_S);
        match episode.rules_under(action).map(Rules::trusting) {
            Some(mut rules) => flight.fly(self.horizon_s, Some(&mut rules), true),
            None => {
                flight.command(&self.commands_of(episode, action)?);
                flight.fly(self.horizon_s, None, false);
            }
        }
        Ok(flight.ahead())
    }

    /// What `action` for a while leads to if the rules go on from there.
    fn outlook(&self, episode: &Episode, action: &[f32]) -> Result<Ahead, TaskError> {
        let mut flight = self.flight(OUTLOOK_STEP_S);
        match episode.rules_under(action).map(Rules::trusting) {
            Some(mut rules) => {
                flight.fly(OUTLOOK_EVERY_S, Some(&mut rules), true);
                rules.set_settings(RulesSettings::default());
                flight.fly(self.outlook_s, Some(&mut rules), true);
            }
            None => {
                flight.command(&self.commands_of(episode, action)?);
                flight.fly(OUTLOOK_EVERY_S, None, false);
                flight.command(&self.stand());
                flight.fly(self.outlook_s, Some(&mut self.rules.clone().trusting()), true);
            }
        }
        Ok(flight.ahead())
    }

    /// What the rules lead to from now on.
    fn fly_rules(&self, step_s: f64, time_s: f64) -> Ahead {
        let mut flight = self.flight(step_s);
        let mut rules = self.rules.clone().trusting();
        let commands = if self.task.is_supervised() { self.thought.clone() } else { self.stand() };
        rules.overruled(&commands);
        flight.command(&commands);
        flight.fly(time_s, Some(&mut rules), false);
        flight.ahead()
    }

    /// Commands that `action` asks for.
    fn commands_of(&self, episode: &Episode, action: &[f32]) -> Result<Vec<Command>, TaskError> {
        let mut commands = Vec::new();
        let on_bad = self.task.options.on_bad_action;
        self.task.dials.apply(action, on_bad, episode.habitat(), &mut commands)?;
        Ok(commands)
    }
}

/// The rules of a shield while they act for a decision.
struct Guard<'a> {
    shield: &'a mut Shield,
    /// Nothing was commanded yet: what is commanded was found by [`Shield::pass`].
    first: bool,
}

impl Controller for Guard<'_> {
    fn name(&self) -> &'static str {
        "rules"
    }

    fn decide(&mut self, readings: &[f64], t_s: f64, commands: &mut Vec<Command>) {
        let shield = &mut *self.shield;
        if !std::mem::take(&mut self.first) {
            shield.known.copy_from_slice(readings);
            shield.think(t_s);
            shield.thought = shield.full(t_s);
        }
        commands.extend_from_slice(&shield.thought);
        shield.given.extend(commands.iter().map(|command| (t_s, *command)));
    }
}
