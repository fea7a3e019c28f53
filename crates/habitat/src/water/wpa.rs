//! Water processor (WPA): waste water to potable.
//!
//! # Ports
//! Condensate in, potable water out; electric power, all of it heat to coolant.
//! # State
//! Commanded on, running, throughput of the filters.
//! # Stages
//! Water: last of the processors, after the units that make condensate.
//! # Fails how
//! While the moderate loop is too hot it stops as without power ([`crate::thermal`]).
//! Spent filters stop it for good: there is no command that changes them.
//! Degraded: half of the throughput. Leaking: a twentieth of the product runs onto the floor of its zone.
//! # Parameters
//! | what | value | unit | source |
//! |---|---|---|---|
//! | throughput | 5.9 | kg/h | HabNet |
//! | running, standby | 428, 241 | W | HabNet: 320 + 108, 133 + 108 |
//! | filter life | 1 965 | kg | assumed from a 131-day bed at 15 kg/d |
//! | starts, stops at | 20, 2 | % of tank | assumed |
//! # Simplifications
//! All of the feed is recovered (HabNet: about 100 %); solids removed with the filters are not
//! tracked apart from perspiration solids, which never enter the water.

use crate::ledger::{Coolant, Ledger};
use crate::slots::state;
use crate::stores::{Stores, StoresPlan};

/// Power while it runs, W (HabNet).
const RUN_W: f64 = 428.0;
/// Power in standby, W (HabNet).
const STANDBY_W: f64 = 241.0;
/// Share of the condensate tank at which a run starts. Assumed.
const START: f64 = 0.20;
/// Share of the condensate tank at which a run ends. Assumed.
const STOP: f64 = 0.02;

/// Parameters of one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct WpaPlan {
    /// Name.
    pub name: String,
    /// Index of its zone.
    pub zone: usize,
    /// Place in the order in which loads are shed; 0 is never shed.
    pub rank: u64,
    /// Throughput, kg/s.
    pub rate_kg_s: f64,
    /// Throughput that a set of filters lasts, kg.
    pub filter_life_kg: f64,
}

state! {
    /// What the unit remembers.
    pub struct Wpa {
        /// What it can do for its faults, 0 to 1.
        pub capacity: f64,
        /// Some of the water processed runs onto the floor.
        pub leaking: bool,
        /// Has electric power.
        pub powered: bool,
        /// Commanded: may run.
        pub on: bool,
        /// Running at the moment.
        pub running: bool,
        /// Water the filters have passed, kg.
        pub filter_kg: f64,
        /// Throughput in the last step, kg/s.
        pub water_kg_s: f64,
        /// Electric power in the last step, W.
        pub power_w: f64,
    }
}

impl Wpa {
    /// Commanded on, powered and not failed.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.on && self.powered && self.capacity > 0.0
    }

    /// Run one step.
    ///
    /// # Equation
    /// ```text
    /// run starts at condensate ≥ 20 % of its tank, ends at ≤ 2 %
    /// moved = min( rate·dt, potable room, filter life − filter used, condensate )     [kg]
    /// ```
    /// # Source
    /// Throughput and power HabNet; thresholds and filter life assumed.
    /// # Valid range
    /// Any step. The thresholds are looked at once a step, so a long step may empty the tank below
    /// 2 %.
    /// # Outside the range
    /// A step in which nothing moves takes standby power if the unit is on and none if it is off.
    /// The memory of a run goes on while the unit is off.
    /// # Conserves
    /// Water moves from tank to tank at one temperature. A full potable tank, an empty condensate
    /// tank or spent filters stop the unit; nothing is spilt. Power enters by
    /// [`Ledger::electric_in`] and leaves by [`Ledger::coolant_out`] in the same step.
    /// # Tests
    /// `biosim::biosim_7_a_full_store_stops_its_producer`,
    /// `biosim::biosim_2_no_unit_beats_thermodynamics` (it never runs on 0 W).
    #[inline(always)]
    pub fn run(
        &mut self,
        plan: &WpaPlan,
        stores: (&mut Stores, &StoresPlan),
        dt_s: f64,
        ledger: &mut Ledger,
    ) {
        let (stores, stores_plan) = stores;
        if stores.condensate_kg >= START * stores_plan.condensate_kg {
            self.running = true;
        } else if stores.condensate_kg <= STOP * stores_plan.condensate_kg {
            self.running = false;
        }
        let wanted_kg =
            if self.is_on() && self.running { self.capacity * plan.rate_kg_s * dt_s } else { 0.0 };
        let wanted_kg = wanted_kg
            .min(stores.potable_room_kg(stores_plan))
            .min((plan.filter_life_kg - self.filter_kg).max(0.0));
        let moved_kg = Stores::draw(&mut stores.condensate_kg, wanted_kg);
        stores.potable_kg += moved_kg;
        self.filter_kg += moved_kg;
        self.water_kg_s = moved_kg / dt_s;
        self.power_w = if moved_kg > 0.0 {
            RUN_W
        } else if self.is_on() {
            STANDBY_W
        } else {
            0.0
        };
        ledger.electric_in(self.power_w * dt_s);
        ledger.coolant_out(Coolant::Moderate, self.power_w * dt_s);
    }
}
