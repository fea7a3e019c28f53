//! Failures of units: when they come, what they do, and their repair.
//!
//! | file | noun |
//! |---|---|
//! | `kind` | kinds of units and modes of failure: how often, in which ways |
//! | `hull` | holes by meteoroids |
//! | `wear` | hazard and threshold of the next failure |
//! | here | what is wrong now, spares and hands |
//!
//! # Equation
//! ```text
//! λ = field factor · rate factor / MTBF       a failure comes as [`wear`] says
//! ```
//! # State
//! Per unit: hazard, threshold, mode, failures, what is lost, spares, crew-hours left of the repair under
//! way; in common: crew-hours in hand.
//! # Stages
//! First of all, before the units run.
//! # Parameters
//! | what | default | unit | source |
//! |---|---|---|---|
//! | MTBF of OGA, CDRA, CCAA, UPA, WPA, CRA | see `physics::reliability` | d | HabNet component data, parts in series |
//! | MTBF of the other units | see `physics::reliability` | d | by analogy with parts of those six: assumed |
//! | modes and their shares | see [`kind`] | – | assumed |
//! | holes | see [`hull`] | 1/s | Grün flux |
//! | field factor | 3 | – | design of the reference habitat; 14 of 20 tracked parts did worse than predicted |
//! | spares, repair | 1 per unit, 6 crew-hours | | design of the reference habitat: 4 to 8 h |
//! | patch of a hole | 2 crew-hours, 4 patches a zone | | assumed |
//! | crew time for repair | 14 | h a week | design of the reference habitat |
//! # Repair
//! One repair goes on at a time, in the order of the list: holes, air, cooling, power, tanks, water. A hole
//! is patched whatever crew time is in hand; the debt is paid before the next repair. A mended tank is
//! not fuller than it was. Array and radiator stand outside and are not repaired: work outside is not
//! modelled.
//! # Failures that the scenario places
//! One strikes at its time a unit that works, if only in part. A unit that has failed has nothing left to lose: the
//! failure stays due and strikes in the first step after the repair, as a latent defect that shows once the unit
//! is in service. So a repair that is put off does not save its spare. Holes, strings of the array and dust add to what
//! is there and come at their time. Those of one unit come in their order.
//! # Simplifications
//! Failures of chance come one at a time per unit and one at a step; a unit wears whether it runs or not. One that
//! hits a unit that has failed counts, and changes nothing.
//! # Tests
//! `faults` in this crate.

pub mod hull;
pub mod kind;
pub mod wear;

use thiserror::Error;

use crate::scenario::Scenario;
use crate::slots::state;
use crate::step::next_edge_s;
use crate::stream::{Purpose, StreamKey};
pub use kind::{Kind, Mode};
pub use wear::Wear;

/// What a degraded unit can still do, share. Assumed.
const DEGRADED_CAPACITY: f64 = 0.5;
/// Crew-hours to patch a hole. Assumed.
const PATCH_H: f64 = 2.0;
/// Patches for each zone. Assumed.
const PATCHES: f64 = 4.0;
/// Seconds in a week.
const WEEK_S: f64 = 7.0 * 86_400.0;
/// Most units that can fail; the index of a draw depends on it.
const UNITS_MAX: u64 = 1_024;

/// A failure that the scenario places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    /// When, s after the start; later for a unit that has failed then, see [the module](self).
    pub at_s: f64,
    /// What goes wrong.
    pub mode: Mode,
    /// Hole of a wall, m2; share of an array that dies or of a surface that dust covers.
    pub amount: f64,
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
    /// Failures that the scenario places, in the order of time.
    pub placed: Vec<Placed>,
    /// Crew-hours of a repair.
    pub repair_h: f64,
    /// Spares at the start.
    pub spares: f64,
}

/// A failure that a habitat cannot have.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum FaultError {
    /// There is no such unit.
    #[error("unit number {found} does not exist; {count} units can fail, counted from 0")]
    Unit {
        /// What was asked for.
        found: usize,
        /// How many there are.
        count: usize,
    },
    /// The unit does not fail in that way.
    #[error("`{unit}` cannot be {found}; it can be {allowed}")]
    Mode {
        /// The unit.
        unit: String,
        /// What was asked for.
        found: &'static str,
        /// What it can be.
        allowed: String,
    },
    /// The amount is out of range.
    #[error("the failure of `{unit}` has the amount {found}; allowed is {allowed}")]
    Amount {
        /// The unit.
        unit: String,
        /// What was asked for.
        found: f64,
        /// What can be.
        allowed: &'static str,
    },
}

/// Parameters of failure and repair.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FaultsPlan {
    /// Units in the order of repair.
    pub units: Vec<FaultPlan>,
    /// Crew-hours for repair in a week.
    pub crew_h_per_week: f64,
}

impl FaultsPlan {
    /// The plan of a unit that can fail in a way, to an amount.
    ///
    /// # Errors
    /// [`FaultError`].
    pub(crate) fn allows(
        &self,
        unit: usize,
        mode: Mode,
        amount: f64,
    ) -> Result<&FaultPlan, FaultError> {
        let count = self.units.len();
        let Some(plan) = self.units.get(unit) else {
            return Err(FaultError::Unit { found: unit, count });
        };
        let modes = plan.kind.modes();
        if !modes.iter().any(|(known, _)| *known == mode) {
            let allowed: Vec<&str> = modes.iter().map(|(known, _)| known.name()).collect();
            let (unit, allowed) = (plan.unit.clone(), allowed.join(", "));
            return Err(FaultError::Mode { unit, found: mode.name(), allowed });
        }
        let allowed = match (plan.kind, mode) {
            (Kind::Hull, _) => match amount > 0.0 && amount <= 0.01 {
                true => return Ok(plan),
                false => "a hole above 0 and up to 0.01 m2",
            },
            (Kind::Array, _) | (_, Mode::Dusty) => match (0.0..=1.0).contains(&amount) {
                true => return Ok(plan),
                false => "a share from 0 to 1",
            },
            _ if amount == 0.0 => return Ok(plan),
            _ => "no amount",
        };
        Err(FaultError::Amount { unit: plan.unit.clone(), found: amount, allowed })
    }

    /// Hazards, placed failures and repair of every unit of a scenario; nothing without `[faults]`.
    ///
    /// Events of units that do not exist are left out; [`crate::scenario::check`] refuses them.
    #[must_use]
    pub fn new(scenario: &Scenario) -> FaultsPlan {
        let Some(model) = &scenario.faults else {
            return FaultsPlan::default();
        };
        let plan_of = |(unit, kind, index): (String, Kind, usize)| {
            let mut placed: Vec<Placed> = model
                .events
                .iter()
                .filter(|event| event.unit == unit)
                .map(|event| Placed {
                    at_s: event.at_h * 3_600.0,
                    mode: Mode::of(event.mode),
                    amount: match kind {
                        Kind::Hull => hull::round_m2(event.hole_mm.unwrap_or(0.0) * 1e-3),
                        _ => event.amount.unwrap_or(1.0 / kind::ARRAY_STRINGS),
                    },
                })
                .collect();
            placed.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
            let hazard_per_s = match kind {
                Kind::Hull => {
                    model.rate_factor * hull::holes_per_s(scenario.zones[index].exposed_m2)
                }
                _ => wear::field_hazard_per_s(kind.mtbf_d(), model.rate_factor),
            };
            let (repair_h, spares) = match kind {
                Kind::Hull => (PATCH_H, PATCHES),
                _ if kind.is_inside() => (model.repair_h, f64::from(model.spares)),
                _ => (model.repair_h, 0.0),
            };
            FaultPlan { unit, kind, index, hazard_per_s, placed, repair_h, spares }
        };
        FaultsPlan {
            units: kind::units_of(scenario).into_iter().map(plan_of).collect(),
            crew_h_per_week: model.crew_h_per_week,
        }
    }

    /// Time from `t_s` to the next failure that the scenario places, s.
    #[must_use]
    pub fn next_event_s(&self, t_s: f64) -> f64 {
        let placed = self.units.iter().flat_map(|unit| &unit.placed);
        next_edge_s(placed.map(|placed| placed.at_s), t_s)
    }
}

state! {
    /// How one unit stands.
    pub struct Fault {
        /// When it fails next.
        pub wear: Wear,
        /// What is wrong, see [`Mode`].
        pub mode: u64,
        /// Failures since the start.
        pub failures: u64,
        /// Failures placed by the scenario that have come.
        pub placed: u64,
        /// Holes in a wall, m2; dead share of an array.
        pub lost: f64,
        /// Share of a surface on which dust has fallen and has not been taken up yet.
        pub dust: f64,
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
        /// Crew-hours in hand; below zero after a hole was patched without them.
        pub crew_h: f64,
        /// Crew-hours spent on repair since the start.
        pub spent_h: f64,
    }
}

impl Fault {
    /// What the unit can do, 0 to 1.
    #[must_use]
    pub fn capacity(&self) -> f64 {
        if self.is(Mode::Degraded) {
            if self.lost > 0.0 { (1.0 - self.lost).max(0.0) } else { DEGRADED_CAPACITY }
        } else if self.is(Mode::Failed) {
            0.0
        } else {
            1.0
        }
    }

    /// Whether the unit is in `mode`.
    #[must_use]
    pub fn is(&self, mode: Mode) -> bool {
        self.mode == mode as u64
    }

    /// Whether a failure that the scenario places waits until the unit works again.
    fn outlasts(&self, kind: Kind, mode: Mode) -> bool {
        let adds_up = matches!(kind, Kind::Hull | Kind::Array) || mode == Mode::Dusty;
        self.is(Mode::Failed) && !adds_up
    }

    fn fail(&mut self, plan: &FaultPlan, mode: Mode, amount: f64) {
        if mode == Mode::Dusty {
            self.dust = covered(self.dust, amount.clamp(0.0, 1.0));
            return;
        }
        let sound = self.is(Mode::Sound);
        if sound {
            self.repair_h = plan.repair_h;
        }
        self.failures += 1;
        self.mode = match (plan.kind, mode) {
            (Kind::Hull, _) => {
                self.lost += amount;
                Mode::Leaking as u64
            }
            (Kind::Array, Mode::Degraded) if !self.is(Mode::Failed) => {
                self.lost += amount;
                if self.lost < 1.0 - 1e-9 { Mode::Degraded as u64 } else { Mode::Failed as u64 }
            }
            _ if sound => mode as u64,
            _ => Mode::Failed as u64,
        };
    }
}

/// Share of a surface under dust after dust has fallen on a share of it.
pub(crate) fn covered(before: f64, fallen: f64) -> f64 {
    1.0 - (1.0 - before) * (1.0 - fallen)
}

/// Number of a draw: which unit, which of its failures, what for.
fn draw_index(unit: usize, failure: u64, part: u64) -> u64 {
    (failure * UNITS_MAX + unit as u64) * 4 + part
}

impl Faults {
    /// All units sound, spares full, a week of crew time in hand.
    #[must_use]
    pub fn new(plan: &FaultsPlan, key: StreamKey) -> Faults {
        let fresh = |(unit, unit_plan): (usize, &FaultPlan)| Fault {
            wear: Wear::new(key.uniform(Purpose::Faults, draw_index(unit, 0, 0))),
            mode: Mode::Sound as u64,
            failures: 0,
            placed: 0,
            lost: 0.0,
            dust: 0.0,
            may_repair: true,
            spares: unit_plan.spares,
            repair_h: 0.0,
        };
        let units = plan.units.iter().enumerate().map(fresh).collect();
        Faults { units, crew_h: plan.crew_h_per_week, spent_h: 0.0 }
    }

    /// Draw anew, with `key`, when each unit will fail next; what has happened stays.
    pub fn redraw(&mut self, key: StreamKey) {
        for (unit, fault) in self.units.iter_mut().enumerate() {
            let index = draw_index(unit, fault.failures, 1);
            fault.wear.redraw(key.uniform(Purpose::Faults, index));
        }
    }

    /// Something goes wrong with the unit of a number and its plan, whatever its wear.
    pub(crate) fn strike(&mut self, unit: usize, plan: &FaultPlan, mode: Mode, amount: f64) {
        if let Some(fault) = self.units.get_mut(unit) {
            fault.fail(plan, mode, amount);
        }
    }

    /// Let time pass: wear, failures of chance and of the scenario, repair. `hands` is the share of the crew
    /// that can work: it scales the crew-hours that come in. Returns whether anything about a unit has
    /// changed.
    pub fn pass(
        &mut self,
        plan: &FaultsPlan,
        key: StreamKey,
        t_s: f64,
        dt_s: f64,
        hands: f64,
    ) -> bool {
        let mut changed = false;
        let mut broken = false;
        for (unit, (fault, unit_plan)) in self.units.iter_mut().zip(&plan.units).enumerate() {
            if fault.wear.pass(unit_plan.hazard_per_s * dt_s) {
                let draw =
                    |part| key.uniform(Purpose::Faults, draw_index(unit, fault.failures + 1, part));
                let amount = match unit_plan.kind {
                    Kind::Hull => hull::drawn_hole_m2(draw(3)),
                    _ => 1.0 / kind::ARRAY_STRINGS,
                };
                let mode = unit_plan.kind.draw_mode(draw(2));
                fault.wear.redraw(draw(0));
                fault.fail(unit_plan, mode, amount);
                changed = true;
            }
            while let Some(placed) = unit_plan.placed.get(fault.placed as usize)
                && placed.at_s <= t_s + 1e-6
                && !fault.outlasts(unit_plan.kind, placed.mode)
            {
                fault.placed += 1;
                fault.fail(unit_plan, placed.mode, placed.amount);
                changed = true;
            }
            broken |= !fault.is(Mode::Sound);
        }
        self.crew_h =
            (self.crew_h + hands * plan.crew_h_per_week * dt_s / WEEK_S).min(plan.crew_h_per_week);
        if hands > 0.0 && broken {
            changed |= self.repair(plan, dt_s);
        }
        changed
    }

    /// Work for `dt_s`; say whether a unit was brought back.
    fn repair(&mut self, plan: &FaultsPlan, dt_s: f64) -> bool {
        let mut changed = false;
        let mut time_h = dt_s / 3_600.0;
        for (fault, unit_plan) in self.units.iter_mut().zip(&plan.units) {
            let is_due = !fault.is(Mode::Sound) && fault.may_repair;
            if !is_due || fault.spares < 1.0 || !unit_plan.kind.is_inside() {
                continue;
            }
            // Nobody looks at the clock while the air goes out.
            let work_h = match unit_plan.kind {
                Kind::Hull => time_h,
                _ => time_h.min(self.crew_h.max(0.0)),
            };
            let done_h = work_h.min(fault.repair_h);
            fault.repair_h -= done_h;
            time_h -= done_h;
            self.crew_h -= done_h;
            self.spent_h += done_h;
            if fault.repair_h <= 1e-9 {
                fault.repair_h = 0.0;
                fault.mode = Mode::Sound as u64;
                fault.lost = 0.0;
                fault.spares -= 1.0;
                changed = true;
            }
            if time_h <= 0.0 {
                break;
            }
        }
        changed
    }
}
