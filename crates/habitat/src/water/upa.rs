//! Urine processor (UPA): vapour-compression distillation.
//!
//! # Ports
//! Urine in, distillate to condensate, brine out; electric power, all of it heat to coolant.
//! # State
//! Commanded on, running, time in the on/off pattern.
//! # Stages
//! Water: first of the processors, so that its distillate and brine are there for the others.
//! # Fails how
//! While the moderate loop is too hot it stops as without power ([`crate::thermal`]).
//! A full brine or condensate tank leaves it running without feed, at standby power. An empty urine
//! tank or an off command ends the run.
//! Degraded: half of the throughput. Leaking: a twentieth of the distillate runs onto the floor of its zone.
//! # Parameters
//! | what | value | unit | source |
//! |---|---|---|---|
//! | mean throughput | 8.4 | kg/d | V-HAB, HabNet |
//! | pattern | 7.5 on, 5 off | h | V-HAB |
//! | recovery of water | 0.87 | – | 85 % design, 87 % later |
//! | running, standby | 315, 56 | W | HabNet |
//! | least charge to start | 4 | kg | assumed |
//! # Simplifications
//! Solids all stay in the brine; the latent heat is recovered by the compressor, as the power
//! shows.

use crate::ledger::{Coolant, Ledger};
use crate::slots::state;
use crate::stores::{Stores, StoresPlan};

/// Power while it runs, W (HabNet).
const RUN_W: f64 = 315.0;
/// Power in standby, W (HabNet).
const STANDBY_W: f64 = 56.0;
/// Longest run, s (V-HAB).
const ON_S: f64 = 7.5 * 3_600.0;
/// Rest after a run, s (V-HAB).
const OFF_S: f64 = 5.0 * 3_600.0;
/// Urine in the tank with which a run starts, kg. Assumed.
const START_KG: f64 = 4.0;

/// Parameters of one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct UpaPlan {
    /// Name.
    pub name: String,
    /// Index of its zone.
    pub zone: usize,
    /// Place in the order in which loads are shed; 0 is never shed.
    pub rank: u64,
    /// Throughput while running, kg/s.
    pub rate_kg_s: f64,
    /// Share of the water that is distilled.
    pub recovery: f64,
}

impl UpaPlan {
    /// Throughput while running from the mean over the pattern, kg/s from kg/d.
    ///
    /// # Equation
    /// ```text
    /// running = mean / 86 400 s · (7.5 h + 5 h) / 7.5 h
    /// ```
    /// # Examples
    /// ```
    /// use lunar_habitat_habitat::water::upa::UpaPlan;
    /// // 8.4 kg/d on average is 14 kg/d while it runs.
    /// assert!((UpaPlan::running_kg_s(8.4) * 86_400.0 - 14.0).abs() < 1e-9);
    /// ```
    #[must_use]
    pub fn running_kg_s(mean_kg_d: f64) -> f64 {
        mean_kg_d / 86_400.0 * (ON_S + OFF_S) / ON_S
    }
}

state! {
    /// What the unit remembers.
    pub struct Upa {
        /// What it can do for its faults, 0 to 1.
        pub capacity: f64,
        /// Some of the distillate runs onto the floor.
        pub leaking: bool,
        /// Has electric power.
        pub powered: bool,
        /// Commanded: may run.
        pub on: bool,
        /// Running at the moment.
        pub running: bool,
        /// Time in the present part of the pattern, s.
        pub pattern_s: f64,
        /// Distillate in the last step, kg/s.
        pub distillate_kg_s: f64,
        /// Electric power in the last step, W.
        pub power_w: f64,
    }
}

impl Upa {
    /// Commanded on, powered and not failed.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.on && self.powered && self.capacity > 0.0
    }

    /// A rested unit: it may start as soon as there is urine enough.
    #[must_use]
    pub fn new(on: bool) -> Upa {
        Upa {
            capacity: 1.0,
            leaking: false,
            powered: true,
            on,
            running: false,
            pattern_s: OFF_S,
            distillate_kg_s: 0.0,
            power_w: 0.0,
        }
    }

    /// Run one step.
    ///
    /// # Equation
    /// ```text
    /// feed       = min( rate·dt, urine, brine room/(1 − d), condensate room/d )      [kg]
    /// distillate = recovery · water in the feed = d · feed
    /// brine      = feed − distillate, with all of the solids
    ///   d  distillate per feed, recovery · share of water in the urine               [kg/kg]
    /// ```
    /// A run starts with 4 kg of urine after 5 h of rest and ends after 7.5 h. The pattern is
    /// looked at when a step begins, so a run may be longer by a part of a step.
    /// # Source
    /// Pattern V-HAB; throughput V-HAB and HabNet; power HabNet; the least charge is assumed.
    /// # Valid range
    /// Recovery 0 to 1. Feed has the composition of the tank.
    /// # Outside the range
    /// An empty tank gives nothing. A recovery of 1 with no solids makes no brine.
    /// # Conserves
    /// Water and solids move from tank to tank. A full brine or condensate tank stops the feed.
    /// Power enters by [`Ledger::electric_in`] and leaves by [`Ledger::coolant_out`] in the same
    /// step.
    /// # Tests
    /// `biosim::biosim_7_a_full_store_stops_its_producer`.
    #[inline(always)]
    pub fn run(
        &mut self,
        plan: &UpaPlan,
        stores: (&mut Stores, &StoresPlan),
        dt_s: f64,
        ledger: &mut Ledger,
    ) {
        let (stores, stores_plan) = stores;
        let urine_kg = stores.urine_water_kg + stores.urine_solids_kg;
        if self.running {
            if self.pattern_s >= ON_S || urine_kg <= 0.0 || !self.is_on() {
                self.running = false;
                self.pattern_s = 0.0;
            }
        } else if self.is_on() && self.pattern_s >= OFF_S && urine_kg >= START_KG {
            self.running = true;
            self.pattern_s = 0.0;
        }
        self.pattern_s += dt_s;
        self.distillate_kg_s = 0.0;
        self.power_w = if self.running {
            RUN_W
        } else if self.is_on() {
            STANDBY_W
        } else {
            0.0
        };
        if self.running && urine_kg > 0.0 {
            let water_share = stores.urine_water_kg / urine_kg;
            let distilled_per_kg = plan.recovery * water_share;
            let feed_kg = (self.capacity * plan.rate_kg_s * dt_s)
                .min(urine_kg)
                .min(stores.brine_room_kg(stores_plan) / (1.0 - distilled_per_kg).max(1e-6))
                .min(stores.condensate_room_kg(stores_plan) / distilled_per_kg.max(1e-6));
            let part = feed_kg / urine_kg;
            let water_kg = Stores::draw_share(&mut stores.urine_water_kg, part);
            let solids_kg = Stores::draw_share(&mut stores.urine_solids_kg, part);
            let distillate_kg = plan.recovery * water_kg;
            stores.condensate_kg += distillate_kg;
            stores.brine_water_kg += water_kg - distillate_kg;
            stores.brine_solids_kg += solids_kg;
            self.distillate_kg_s = distillate_kg / dt_s;
            if feed_kg <= 0.0 {
                // Blocked by a full tank, it waits.
                self.power_w = STANDBY_W;
            }
        }
        ledger.electric_in(self.power_w * dt_s);
        ledger.coolant_out(Coolant::Moderate, self.power_w * dt_s);
    }
}
