//! Failures of units: when they come, what they do, and their repair.
//!
//! # Equation
//! ```text
//! H(t) = ∫ λ dt,  λ = field factor · rate factor / MTBF       a failure comes when H passes X ~ Exp(1)
//! ```
//! The hazard and its threshold are two numbers of the state, so a fork can redraw what has not
//! happened yet without touching what has: see [`Faults::redraw`].
//! # State
//! Per unit: hazard, threshold, mode, failures, spares, crew-hours left of the repair under way; in
//! common: crew-hours in hand.
//! # Stages
//! First of all, before the units run.
//! # Parameters
//! | what | default | unit | source |
//! |---|---|---|---|
//! | MTBF of OGA, CDRA, CCAA, UPA, WPA, CRA | see `physics::reliability` | d | HabNet component data, parts in series |
//! | field factor | 3 | – | design of the reference habitat; 14 of 20 tracked parts did worse than predicted |
//! | failures that only halve the unit | 0.3 | – | assumed |
//! | spares, repair | 1 per unit, 6 crew-hours | | design of the reference habitat: 4 to 8 h |
//! | crew time for repair | 14 | h a week | design of the reference habitat |
//! # Simplifications
//! Units without a figure in the source do not fail. Failures come one at a time per unit and one at a
//! step; a unit wears whether it runs or not. One repair goes on at a time, in the order of the list:
//! air before water.

use physics::reliability::{
    CCAA_MTBF_D, CDRA_MTBF_D, CRA_MTBF_D, FIELD_FACTOR, OGA_MTBF_D, UPA_MTBF_D, WPA_MTBF_D,
    failure_threshold, hazard_per_s,
};

use crate::slots::state;
use crate::stream::{Purpose, StreamKey};

/// Share of failures that leave half of the unit. Assumed.
const DEGRADED_SHARE: f64 = 0.3;
/// What a degraded unit can still do, share. Assumed.
const DEGRADED_CAPACITY: f64 = 0.5;
/// Seconds in a week.
const WEEK_S: f64 = 7.0 * 86_400.0;

/// What is wrong with a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Mode {
    /// Nothing.
    Sound = 0,
    /// It does half of what it should.
    Degraded = 1,
    /// It does nothing.
    Failed = 2,
}

/// Kinds of units that fail, in the order of repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// CO2 removal.
    Cdra,
    /// Condensing heat exchanger.
    Ccaa,
    /// Oxygen generator.
    Oga,
    /// Water processor.
    Wpa,
    /// Urine processor.
    Upa,
    /// CO2 reducer.
    Sabatier,
}

impl Kind {
    /// Mean time between failures of the whole unit, d.
    #[must_use]
    pub fn mtbf_d(self) -> f64 {
        match self {
            Kind::Cdra => CDRA_MTBF_D,
            Kind::Ccaa => CCAA_MTBF_D,
            Kind::Oga => OGA_MTBF_D,
            Kind::Wpa => WPA_MTBF_D,
            Kind::Upa => UPA_MTBF_D,
            Kind::Sabatier => CRA_MTBF_D,
        }
    }
}

/// A unit that can fail.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultPlan {
    /// `zone.unit`.
    pub unit: String,
    /// What it is.
    pub kind: Kind,
    /// Its place among the units of its kind.
    pub index: usize,
    /// Hazard, 1/s.
    pub hazard_per_s: f64,
    /// Times at which the scenario lets it fail, s after the start.
    pub at_s: Vec<f64>,
}

/// Parameters of failure and repair.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FaultsPlan {
    /// Units in the order of repair.
    pub units: Vec<FaultPlan>,
    /// Crew-hours of a repair.
    pub repair_h: f64,
    /// Crew-hours for repair in a week.
    pub crew_h_per_week: f64,
    /// Spares of each unit at the start.
    pub spares: f64,
}

impl FaultsPlan {
    /// Hazard of a unit of `kind` at `rate_factor` times the field rate, 1/s.
    #[must_use]
    pub fn hazard_of(kind: Kind, rate_factor: f64) -> f64 {
        hazard_per_s(kind.mtbf_d(), FIELD_FACTOR * rate_factor)
    }

    /// Time from `t_s` to the next failure that the scenario places, s.
    #[must_use]
    pub fn next_event_s(&self, t_s: f64) -> f64 {
        self.units
            .iter()
            .flat_map(|unit| &unit.at_s)
            .map(|at_s| at_s - t_s)
            .filter(|left_s| *left_s > 1e-6)
            .fold(f64::INFINITY, f64::min)
    }
}

state! {
    /// How one unit stands.
    pub struct Fault {
        /// Hazard gathered since the start.
        pub hazard: f64,
        /// Hazard at which it fails next.
        pub threshold: f64,
        /// What is wrong, see [`Mode`].
        pub mode: u64,
        /// Failures since the start.
        pub failures: u64,
        /// Failures placed by the scenario that have come.
        pub placed: u64,
        /// Commanded: people may spend a spare on it.
        pub may_repair: bool,
        /// Spares left.
        pub spares: f64,
        /// Crew-hours left of its repair.
        pub repair_h: f64,
    }
}

state! {
    /// Failures and repair of a habitat.
    pub struct Faults {
        /// Units, in the order of the plan.
        pub units: Vec<Fault>,
        /// Crew-hours in hand.
        pub crew_h: f64,
        /// Crew-hours spent on repair since the start.
        pub spent_h: f64,
    }
}

impl Fault {
    /// What the unit can do, 0 to 1.
    #[must_use]
    pub fn capacity(&self) -> f64 {
        match self.mode {
            0 => 1.0,
            1 => DEGRADED_CAPACITY,
            _ => 0.0,
        }
    }

    fn fail(&mut self, mode: Mode, repair_h: f64) {
        if self.mode == Mode::Sound as u64 {
            self.repair_h = repair_h;
        }
        self.mode = self.mode.max(mode as u64);
        self.failures += 1;
    }
}

/// Number of a draw: which unit, which of its failures, what for.
fn draw_index(unit: usize, failure: u64, part: u64) -> u64 {
    (failure * 64 + unit as u64) * 4 + part
}

impl Faults {
    /// All units sound, spares full, a week of crew time in hand.
    #[must_use]
    pub fn new(plan: &FaultsPlan, key: StreamKey) -> Faults {
        let units = (0..plan.units.len())
            .map(|unit| Fault {
                hazard: 0.0,
                threshold: failure_threshold(key.uniform(Purpose::Faults, draw_index(unit, 0, 0))),
                mode: Mode::Sound as u64,
                failures: 0,
                placed: 0,
                may_repair: true,
                spares: plan.spares,
                repair_h: 0.0,
            })
            .collect();
        Faults { units, crew_h: plan.crew_h_per_week, spent_h: 0.0 }
    }

    /// Draw anew, with `key`, when each unit will fail next; what has happened stays.
    ///
    /// The exponential law has no memory: whatever hazard has gathered, the rest is Exp(1) again.
    pub fn redraw(&mut self, key: StreamKey) {
        for (unit, fault) in self.units.iter_mut().enumerate() {
            let draw = key.uniform(Purpose::Faults, draw_index(unit, fault.failures, 1));
            fault.threshold = fault.hazard + failure_threshold(draw);
        }
    }

    /// Let time pass: wear, failures of chance and of the scenario, repair. `hands` says whether
    /// anybody can work. Returns whether a mode has changed.
    pub fn pass(
        &mut self,
        plan: &FaultsPlan,
        key: StreamKey,
        t_s: f64,
        dt_s: f64,
        hands: bool,
    ) -> bool {
        let mut changed = false;
        for (unit, (fault, unit_plan)) in self.units.iter_mut().zip(&plan.units).enumerate() {
            fault.hazard += unit_plan.hazard_per_s * dt_s;
            if fault.hazard >= fault.threshold {
                let draw =
                    |part| key.uniform(Purpose::Faults, draw_index(unit, fault.failures + 1, part));
                let mode = if draw(2) < DEGRADED_SHARE { Mode::Degraded } else { Mode::Failed };
                fault.threshold = fault.hazard + failure_threshold(draw(0));
                fault.fail(mode, plan.repair_h);
                changed = true;
            }
            let due = unit_plan.at_s.iter().filter(|at_s| **at_s <= t_s + 1e-6).count() as u64;
            if due > fault.placed {
                fault.placed = due;
                fault.fail(Mode::Failed, plan.repair_h);
                changed = true;
            }
        }
        self.crew_h =
            (self.crew_h + plan.crew_h_per_week * dt_s / WEEK_S).min(plan.crew_h_per_week);
        if !hands {
            return changed;
        }
        let mut work_h = (dt_s / 3_600.0).min(self.crew_h);
        for fault in &mut self.units {
            let is_due = fault.mode != Mode::Sound as u64 && fault.may_repair;
            if !is_due || fault.spares < 1.0 || work_h <= 0.0 {
                continue;
            }
            let done_h = work_h.min(fault.repair_h);
            fault.repair_h -= done_h;
            work_h -= done_h;
            self.crew_h -= done_h;
            self.spent_h += done_h;
            if fault.repair_h <= 1e-9 {
                fault.repair_h = 0.0;
                fault.mode = Mode::Sound as u64;
                fault.spares -= 1.0;
                changed = true;
            }
        }
        changed
    }
}
