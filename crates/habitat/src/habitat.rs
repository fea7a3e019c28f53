//! One habitat: a plan and a state, and what can be done with them.
//!
//! | call | plan | state |
//! |---|---|---|
//! | [`Habitat::new`], [`Habitat::restore`] | shared | made |
//! | [`Habitat::step`] | read | changed |
//! | [`Habitat::command`] | read | set-points and modes changed |
//! | [`Habitat::read`], [`Habitat::value`], [`Habitat::hash`], [`Habitat::snapshot`] | read | read |
//! | [`Habitat::fork`] | shared | copied, with streams of its own |
//!
//! A habitat has no clock, no thread and no file of its own: it can be moved between threads, and
//! any number of them can run side by side.

use std::sync::Arc;

use catalogue::{Catalogue, ValueKind};
use thiserror::Error;

use crate::channels::Actuator;
use crate::channels::Binding;
use crate::counters::StageCounters;
use crate::fault::{FaultError, Mode};
use crate::mission::AbortReason;
use crate::order;
use crate::plan::Plan;
use crate::sensor;
use crate::snapshot::{self, SnapshotError};
use crate::state::State;
use crate::step;
use crate::stream::StreamKey;

/// A command that a habitat refuses.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum CommandError {
    /// The number of the actuator.
    #[error("there is no actuator {found}; there are {count}")]
    Actuator {
        /// What was asked for.
        found: usize,
        /// How many there are.
        count: usize,
    },
    /// The value.
    #[error("command {value} for `{channel}`: allowed are finite numbers from {low} to {high}")]
    Value {
        /// Channel of the actuator.
        channel: String,
        /// What was commanded.
        value: f64,
        /// Lowest command.
        low: f64,
        /// Highest command.
        high: f64,
    },
}

/// A step length that a habitat refuses.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("step of {0} s: allowed are 0.001 s to 3600 s")]
pub struct StepError(pub f64);

/// Longest step, s. The shortest is 0.001 s.
pub const STEP_MAX_S: f64 = 3_600.0;

/// A habitat that can be stepped, commanded, read, copied and stored.
#[derive(Debug, Clone)]
pub struct Habitat {
    plan: Arc<Plan>,
    /// Written from outside of this file by [`crate::shadow`] alone.
    pub(crate) state: State,
}

impl Habitat {
    /// A habitat at the start of its mission.
    ///
    /// `key` is the identity of its randomness: two habitats with one plan and one key have one
    /// future, to the bit, as long as they get the same commands and steps.
    ///
    /// # Examples
    /// ```
    /// use std::sync::Arc;
    /// use lunar_habitat_habitat::{Habitat, Plan, StreamKey, scenario};
    /// let loaded = scenario::load("cabin-30d")?;
    /// let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
    /// let mut one = Habitat::new(Arc::clone(&plan), StreamKey { run: 3, ..StreamKey::default() });
    /// let mut two = Habitat::new(plan, StreamKey { run: 3, ..StreamKey::default() });
    /// assert_eq!(one.t_s(), 0.0);
    /// one.step(60.0)?;
    /// two.step(60.0)?;
    /// assert_eq!(one.hash(), two.hash());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    /// # Tests
    /// `same_bits::lanes_and_threads_do_not_enter`.
    #[must_use]
    pub fn new(plan: Arc<Plan>, key: StreamKey) -> Habitat {
        let mut state = State::new(&plan, key);
        if plan.sensors.err {
            sensor::sample(&plan, &mut state);
        }
        Habitat { plan, state }
    }

    /// Advance by `dt_s`.
    ///
    /// The step is cut where a schedule, a phase or a prescribed rate changes, so that every change
    /// falls on an edge; nothing is allocated.
    ///
    /// # Errors
    /// [`StepError`] for a length that is not a number from 0.001 s to one hour; the state is as
    /// before.
    ///
    /// # Examples
    /// ```
    /// use std::sync::Arc;
    /// use lunar_habitat_habitat::{Habitat, Plan, StreamKey, scenario};
    /// let loaded = scenario::load("leak-box")?;
    /// let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
    /// let mut cabin = Habitat::new(plan, StreamKey::default());
    /// let p_total = cabin.catalogue().find("box.air.p_total_pa")?;
    /// for _ in 0..60 {
    ///     cabin.step(10.0)?;
    /// }
    /// // Ten minutes of a 10 mm hole: 101.3 kPa times exp(-600 s / 6 390 s).
    /// assert!((cabin.value(p_total).unwrap() / 92_220.0 - 1.0).abs() < 0.01);
    /// assert!(cabin.step(f64::NAN).is_err());
    /// assert!(cabin.step(3_601.0).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    /// # Tests
    /// `conservation::any_cabin_under_any_command_stays_finite_and_closed`,
    /// `convergence::biosim_3_halving_the_step_halves_the_error`.
    pub fn step(&mut self, dt_s: f64) -> Result<(), StepError> {
        Self::check_step(dt_s)?;
        self.pieces(dt_s, |plan, state, piece_s| step::advance(plan.simd, plan, state, piece_s));
        Ok(())
    }

    /// Advance by `dt_s` and add the time of every stage to `counters`; the state is that of
    /// [`Habitat::step`], to the bit.
    ///
    /// # Errors
    /// As [`Habitat::step`].
    pub fn step_observed(
        &mut self,
        dt_s: f64,
        counters: &mut StageCounters,
    ) -> Result<(), StepError> {
        Self::check_step(dt_s)?;
        self.pieces(dt_s, |plan, state, piece_s| {
            step::advance_observed(plan.simd, plan, state, piece_s, counters);
        });
        Ok(())
    }

    /// Advance by `dt_s`, cut where instruments are read and modes switch.
    fn pieces(&mut self, dt_s: f64, mut advance: impl FnMut(&Plan, &mut State, f64)) {
        let end_s = self.state.t_s + dt_s;
        loop {
            let left_s = end_s - self.state.t_s;
            let sample_s = sensor::next_sample_s(&self.plan, &self.state);
            let next_s = sample_s.min(order::next_switch_s(&self.plan, &self.state));
            // What comes within a microsecond of the end is taken at the end.
            let piece_s = if next_s < left_s - 1e-6 { next_s } else { left_s };
            if piece_s > 1e-6 {
                order::carry(&self.plan, &mut self.state, piece_s);
                advance(&self.plan, &mut self.state, piece_s);
                order::switch(&self.plan, &mut self.state);
            }
            if sample_s <= piece_s + 1e-6 {
                sensor::sample(&self.plan, &mut self.state);
            }
            if next_s >= left_s - 1e-6 {
                break;
            }
        }
        // The sum of pieces is the step itself, to the bit.
        self.state.t_s = end_s;
    }

    /// Whether a habitat takes steps of this length.
    fn check_step(dt_s: f64) -> Result<(), StepError> {
        if (1e-3..=STEP_MAX_S).contains(&dt_s) { Ok(()) } else { Err(StepError(dt_s)) }
    }

    /// Command the actuator number `actuator`; a value outside its range acts as the nearest end.
    ///
    /// It acts after the dead time of the actuator and at its rate; a unit that is stuck takes none
    /// ([`crate::order`]). The channel shows what is in force.
    ///
    /// # Errors
    /// [`CommandError`] for an unknown actuator or a value that is not finite; nothing changes.
    /// - [`CommandError::Actuator`]: `actuator` is not below the number of actuators.
    /// - [`CommandError::Value`]: NaN or an infinity.
    ///
    /// # Examples
    /// ```
    /// use std::sync::Arc;
    /// use lunar_habitat_habitat::{Habitat, Plan, StreamKey, scenario};
    /// let loaded = scenario::load("cabin-30d")?;
    /// let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
    /// let mut cabin = Habitat::new(plan, StreamKey::default());
    /// let channel = cabin.catalogue().find("living.ccaa.set_t_k")?;
    /// let actuator = cabin.actuators().iter().position(|a| a.channel == channel).unwrap();
    /// let (before, driven) = (cabin.value(channel), cabin.actuators()[actuator]);
    /// cabin.command(actuator, 500.0)?; // acts as the upper end of the range
    /// cabin.step(driven.dead_s)?;
    /// assert_eq!((cabin.value(channel), cabin.ordered(actuator)), (before, Some(driven.high)));
    /// cabin.step((driven.high - driven.low) / driven.rate_per_s)?;
    /// assert_eq!(cabin.value(channel), Some(driven.high));
    /// assert!(cabin.command(actuator, f64::INFINITY).is_err());
    /// assert!(cabin.command(10_000, 0.0).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn command(&mut self, actuator: usize, value: f64) -> Result<(), CommandError> {
        let count = self.plan.actuators.len();
        let Some(found) = self.plan.actuators.get(actuator) else {
            return Err(CommandError::Actuator { found: actuator, count });
        };
        if !value.is_finite() {
            return Err(CommandError::Value {
                channel: self.plan.catalogue.channels()[found.channel].id.clone(),
                value,
                low: found.low,
                high: found.high,
            });
        }
        let value = value.clamp(found.low, found.high);
        order::give(&self.plan, &mut self.state, actuator, value);
        Ok(())
    }

    /// Let something go wrong with the unit number `unit` of those that can fail (`plan().faults.units`), now.
    ///
    /// It strikes as a failure that the scenario places: a unit that is degraded and fails again has failed, holes, dead strings and dust add
    /// to what is there, and a unit that has failed has nothing left to lose. `amount` is the area of a hole of a wall, above 0 and up to
    /// 0.01 m2, or the share of an array that dies or of a surface that dust covers, 0 to 1; others have none, which is 0.
    ///
    /// # Errors
    /// [`FaultError`] for a unit that does not exist, a mode that it does not know, or an amount out of range; nothing changes.
    ///
    /// # Examples
    /// ```
    /// use std::sync::Arc;
    /// use lunar_habitat_habitat::fault::Mode;
    /// use lunar_habitat_habitat::{Habitat, Plan, StreamKey, scenario};
    /// let loaded = scenario::load("artemis-30d")?;
    /// let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
    /// let mut habitat = Habitat::new(plan, StreamKey::default());
    /// let oga = habitat.plan().faults.units.iter().position(|unit| unit.unit == "living.oga").unwrap();
    /// habitat.fail(oga, Mode::Failed, 0.0)?;
    /// habitat.step(60.0)?;
    /// assert!(habitat.state().faults.units[oga].is(Mode::Failed));
    /// assert!(habitat.fail(oga, Mode::Dusty, 0.0).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    /// # Tests
    /// `faults::a_failure_from_outside_is_one_that_the_scenario_places`.
    pub fn fail(&mut self, unit: usize, mode: Mode, amount: f64) -> Result<(), FaultError> {
        let plan = Arc::clone(&self.plan);
        let unit_plan = plan.faults.allows(unit, mode, amount)?;
        self.state.faults.strike(unit, unit_plan, mode, amount);
        step::afflict_all(&plan, &mut self.state);
        Ok(())
    }

    /// What the actuator number `actuator` is to come to: the command on its way, else the one in force;
    /// `None` beyond the last.
    #[must_use]
    pub fn ordered(&self, actuator: usize) -> Option<f64> {
        (actuator < self.plan.actuators.len())
            .then(|| order::ordered(&self.plan, &self.state, actuator))
    }

    /// The actuators, in the order of their channels.
    #[must_use]
    pub fn actuators(&self) -> &[Actuator] {
        &self.plan.actuators
    }

    /// The channels.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.plan.catalogue
    }

    /// Write the value of every channel, in the order of the catalogue and in SI, into `row`.
    ///
    /// A row shorter than the catalogue is filled as far as it goes; what lies beyond the catalogue
    /// in a longer one is left as it is.
    ///
    /// # Examples
    /// ```
    /// use std::sync::Arc;
    /// use lunar_habitat_habitat::{Habitat, Plan, StreamKey, scenario};
    /// let loaded = scenario::load("leak-box")?;
    /// let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
    /// let cabin = Habitat::new(plan, StreamKey::default());
    /// let mut row = vec![0.0; cabin.catalogue().len()];
    /// cabin.read(&mut row);
    /// for (channel, value) in cabin.catalogue().channels().iter().zip(&row) {
    ///     println!("{} = {value} {}", channel.id, channel.unit.symbol());
    /// }
    /// assert_eq!(row[0], cabin.value(0).unwrap());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(&self, row: &mut [f64]) {
        for (value, binding) in row.iter_mut().zip(&self.plan.bindings) {
            *value = binding.value(&self.plan, &self.state);
        }
    }

    /// Write what people and controllers can know into `row`: sensed values, commands and records. A true
    /// value that no instrument shows is not a number.
    ///
    /// The order and length are those of [`Habitat::read`].
    ///
    /// # Examples
    /// ```
    /// use std::sync::Arc;
    /// use lunar_habitat_habitat::{Habitat, Plan, StreamKey, scenario};
    /// let loaded = scenario::load("cabin-30d")?;
    /// let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
    /// let cabin = Habitat::new(plan, StreamKey::default());
    /// let mut row = vec![0.0; cabin.catalogue().len()];
    /// cabin.read_known(&mut row);
    /// let at = |id: &str| row[cabin.catalogue().find(id).unwrap()];
    /// assert!(at("living.air.pp_co2_pa").is_nan());
    /// assert!((at("living.air.sensed_pp_co2_pa") - 267.0).abs() < 1.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read_known(&self, row: &mut [f64]) {
        self.read_shown(row, |binding| binding.value(&self.plan, &self.state));
    }

    /// Write what `shown` gives of every channel that is no true value; those are not numbers.
    fn read_shown(&self, row: &mut [f64], shown: impl Fn(&Binding) -> f64) {
        let channels = self.plan.catalogue.channels();
        for ((value, binding), channel) in row.iter_mut().zip(&self.plan.bindings).zip(channels) {
            *value = if channel.kind == ValueKind::True { f64::NAN } else { shown(binding) };
        }
    }

    /// [`Habitat::read_known`] with instruments that do not err: every sensed channel shows the true value.
    ///
    /// For controllers that are labelled privileged; true channels still show no number.
    pub fn read_true(&self, row: &mut [f64]) {
        self.read_shown(row, |binding| binding.true_value(&self.plan, &self.state));
    }

    /// Value of the channel at `index`, or `None` beyond the catalogue.
    #[must_use]
    pub fn value(&self, index: usize) -> Option<f64> {
        self.plan.bindings.get(index).map(|b| b.value(&self.plan, &self.state))
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Time since the start of the mission, s.
    #[must_use]
    pub fn t_s(&self) -> f64 {
        self.state.t_s
    }

    /// People alive.
    #[must_use]
    pub fn crew_alive(&self) -> usize {
        self.state.crew.iter().filter(|p| p.health.alive).count()
    }

    /// Why the mission is lost, if it is; [`AbortReason::None`] if not. Stepping goes on either
    /// way.
    #[must_use]
    pub fn abort_reason(&self) -> AbortReason {
        self.state.mission.abort_reason()
    }

    /// Largest residual of matter since the start, as a share of what moved in its step.
    ///
    /// The worst of the columns C, H, O, N and ash; below 1e-9 in every test. See
    /// [`crate::ledger`].
    #[must_use]
    pub fn mass_residual_max(&self) -> f64 {
        self.state.ledger.relative_max[..5].iter().copied().fold(0.0, f64::max)
    }

    /// Largest residual of energy since the start, as a share of what moved in its step.
    #[must_use]
    pub fn energy_residual_max(&self) -> f64 {
        self.state.ledger.relative_max[5]
    }

    /// The habitat as bytes; see [`crate::snapshot`], which has an example.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        snapshot::save(&self.plan, &self.state)
    }

    /// A habitat from bytes; its future is that of the one that was stored, to the bit.
    ///
    /// # Errors
    /// [`SnapshotError`] when the bytes do not fit this plan: another format or version, damage,
    /// another scenario, a slot that is missing. See [`crate::snapshot::load`].
    ///
    /// # Tests
    /// `same_bits::a_snapshot_restores_to_the_same_future`.
    pub fn restore(plan: Arc<Plan>, bytes: &[u8]) -> Result<Habitat, SnapshotError> {
        let state = snapshot::load(&plan, bytes)?;
        Ok(Habitat { plan, state })
    }

    /// A copy whose future draws differ from this habitat's: it cannot be used to look ahead.
    ///
    /// What has been drawn already (today's metabolic rates) stays; everything later comes from
    /// streams of its own. Forks with different `salt` differ from each other.
    ///
    /// # Examples
    /// ```
    /// use std::sync::Arc;
    /// use lunar_habitat_habitat::{Habitat, Plan, StreamKey, scenario};
    /// let loaded = scenario::load("cabin-30d")?;
    /// let plan = Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?);
    /// let mut cabin = Habitat::new(plan, StreamKey::default());
    /// cabin.step(60.0)?;
    /// let (fork, other) = (cabin.fork(0), cabin.fork(1));
    /// assert_eq!(fork.state().crew, cabin.state().crew);
    /// assert_ne!(fork.state().key, cabin.state().key);
    /// assert_ne!(fork.state().key, other.state().key);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    /// # Tests
    /// `same_bits::a_fork_does_not_foresee`.
    #[must_use]
    pub fn fork(&self, salt: u64) -> Habitat {
        let mut state = self.state.clone();
        state.key = state.key.forked(salt);
        state.faults.redraw(state.key);
        state.sensors.redraw(state.key);
        Habitat { plan: Arc::clone(&self.plan), state }
    }

    /// SHA-256 over every number of the state; see [`crate::snapshot::hash`].
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        snapshot::hash(&self.state)
    }
}
