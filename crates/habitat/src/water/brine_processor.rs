//! Brine processor: warm air takes the water of brine through membranes into the cabin.
//!
//! # Ports
//! Brine in, vapour to the zone, dry solids to waste; electric power, all of it heat to the air.
//! # State
//! Commanded on.
//! # Stages
//! Water: after the urine processor, before the water processor. Its vapour reaches the condensing
//! heat exchanger in the next step.
//! # Fails how
//! Air at 95 % relative humidity and more takes nothing; there, and at an empty brine
//! tank, the unit rests without power.
//! Degraded: half of the throughput.
//! # Parameters
//! | what | value | unit | source |
//! |---|---|---|---|
//! | batch | 22.5 kg in 26 d | | V-HAB |
//! | power | 142 | W | V-HAB |
//! # Simplifications
//! Batches are taken as a steady flow; all of the water is recovered; the latent heat comes from
//! the heater and the cabin air.

use physics::constants::M_H2O_KG_MOL;
use physics::species::{Gas, enthalpy_j_mol};

use crate::air::parcel::Parcel;
use crate::air::zone::{Zone, ZonePlan, liquid_j_mol};
use crate::ledger::Ledger;
use crate::slots::state;
use crate::stores::{Stores, StoresPlan};

/// Power while it runs, W (V-HAB).
const POWER_W: f64 = 142.0;

/// Parameters of one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct BrineProcessorPlan {
    /// Name.
    pub name: String,
    /// Index of its zone.
    pub zone: usize,
    /// Place in the order in which loads are shed; 0 is never shed.
    pub rank: u64,
    /// Brine processed, kg/s.
    pub rate_kg_s: f64,
}

state! {
    /// What the unit remembers.
    pub struct BrineProcessor {
        /// What it can do for its faults, 0 to 1.
        pub capacity: f64,
        /// Has electric power.
        pub powered: bool,
        /// Commanded: may run.
        pub on: bool,
        /// Water given to the air in the last step, kg/s.
        pub water_kg_s: f64,
        /// Electric power in the last step, W.
        pub power_w: f64,
    }
}

impl BrineProcessor {
    /// Commanded on, powered and not failed.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.on && self.powered && self.capacity > 0.0
    }

    /// Run one step.
    ///
    /// # Equation
    /// ```text
    /// part = min( 1, rate·dt / brine )                                        share of the tank
    /// Q    = P·dt + water·h(liquid) − H(vapour)                               [J], to the air
    /// ```
    /// # Source
    /// Batch and power V-HAB; the humidity at which it stops is assumed.
    /// # Valid range
    /// Relative humidity below 0.95.
    /// # Outside the range
    /// Humid air: no power and no water. Below 1e-9 kg of brine the tank counts as empty. The water
    /// of a step is not limited by the room in the air; what is too much condenses when the zone
    /// settles.
    /// # Conserves
    /// Water moves from tank to air in kind, solids from tank to waste. Saturated air takes
    /// nothing. Vapour is booked by [`Ledger::gas_moved`], power by [`Ledger::electric_in`].
    /// # Tests
    /// `conservation::cabin_closes_over_thirty_days`.
    #[inline(always)]
    pub fn run(
        &mut self,
        plan: &BrineProcessorPlan,
        zone: (&mut Zone, &ZonePlan),
        stores: (&mut Stores, &StoresPlan),
        dt_s: f64,
        ledger: &mut Ledger,
    ) {
        let (zone, zone_plan) = zone;
        let (stores, stores_plan) = stores;
        self.water_kg_s = 0.0;
        self.power_w = 0.0;
        let brine_kg = stores.brine_water_kg + stores.brine_solids_kg;
        if !self.is_on() || brine_kg <= 1e-9 {
            return;
        }
        if zone.rh(zone_plan) >= 0.95 {
            return;
        }
        self.power_w = POWER_W;
        ledger.electric_in(POWER_W * dt_s);
        zone.heat(POWER_W * dt_s);
        let part = (self.capacity * plan.rate_kg_s * dt_s / brine_kg).min(1.0);
        let water_kg = Stores::draw_share(&mut stores.brine_water_kg, part);
        let solids_kg = Stores::draw_share(&mut stores.brine_solids_kg, part);
        stores.waste_urine_solids_kg += solids_kg;
        let n_mol = water_kg / M_H2O_KG_MOL;
        let mut vapour = Parcel::default();
        vapour.n_mol[Gas::H2o as usize] = n_mol;
        vapour.h_j = n_mol * enthalpy_j_mol(Gas::H2o, zone.t_k);
        ledger.gas_moved(&vapour);
        zone.put(&vapour);
        zone.heat(n_mol * liquid_j_mol(stores_plan.t_k) - vapour.h_j);
        self.water_kg_s = water_kg / dt_s;
    }
}
