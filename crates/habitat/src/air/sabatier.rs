//! Carbon dioxide reducer: a Sabatier reactor with its accumulator.
//!
//! # Ports
//! Hydrogen of the line and CO2 of the accumulator in; water to condensate; methane and what did
//! not react to vacuum; electric power; heat to coolant.
//! # State
//! Commanded on; rates of the last step.
//! # Stages
//! Reduction: after oxygen generation and CO2 removal, so that it finds this step's hydrogen and
//! CO2. Hydrogen that it leaves is vented right after it.
//! # Fails how
//! While the moderate loop is too hot it stops as without power ([`crate::thermal`]).
//! No hydrogen, no CO2 or no room for condensate: it stands still, takes no power, and the CO2
//! stays in the accumulator until that is full and the removal unit vents.
//! Degraded: half of the conversion. Leaking: a fifth of the hydrogen is lost before the reactor.
//! # Parameters
//! | what | value | unit | source |
//! |---|---|---|---|
//! | feed ratio | 3.5 | mol H2/mol CO2 | V-HAB, HabNet |
//! | conversion of the lean reactant | 0.88 | – | ICES 2005-01-2864 Table 5 |
//! | heater, compressor, separator | 106, 500, 80 | W | HabNet |
//! | accumulator | 19.8 L, 827 kPa | | HabNet |
//! # Simplifications
//! The reactor is at its working temperature while it runs; products leave at the temperature of
//! the stores; the heat of reaction goes to coolant.

use physics::constants::M_H2O_KG_MOL;
use physics::reaction;
use physics::species::{Gas, enthalpy_j_mol};

use crate::air::parcel::Parcel;
use crate::air::zone::liquid_j_mol;
use crate::ledger::{Coolant, Ledger};
use crate::slots::state;
use crate::stores::{Stores, StoresPlan};

/// Electric power while it runs, W (HabNet: heater 106, compressor 500, separator 80).
const POWER_W: f64 = 686.0;

/// Share of the hydrogen that a leaking reactor loses. Assumed.
const H2_LEAK_SHARE: f64 = 0.2;

/// Parameters of one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct SabatierPlan {
    /// Name.
    pub name: String,
    /// Index of its zone.
    pub zone: usize,
    /// Place in the order in which loads are shed; 0 is never shed.
    pub rank: u64,
    /// Feed ratio, mol H2 per mol CO2.
    pub h2_co2_ratio: f64,
    /// Conversion of the lean reactant.
    pub conversion: f64,
}

state! {
    /// What the unit remembers.
    pub struct Sabatier {
        /// What it can do for its faults, 0 to 1.
        pub capacity: f64,
        /// Some of the hydrogen is lost to vacuum before it reaches the reactor.
        pub leaking: bool,
        /// Has electric power.
        pub powered: bool,
        /// Commanded on.
        pub on: bool,
        /// CO2 reduced in the last step, mol/s.
        pub co2_mol_s: f64,
        /// Water made in the last step, mol/s.
        pub water_mol_s: f64,
        /// Electric power in the last step, W.
        pub power_w: f64,
    }
}

impl Sabatier {
    /// Commanded on, powered and not failed.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.on && self.powered && self.capacity > 0.0
    }

    /// Run one step.
    ///
    /// # Equation
    /// ```text
    /// CO2 + 4 H2 → CH4 + 2 H2O,   extent = conversion · min(CO2, H2/4)       [mol]
    /// H2 fed  = min( line, 2 · room, CO2 held · ratio ),   CO2 fed = H2 fed / ratio
    /// Q = H(CO2) + H(H2) + P·dt − H(vented) − water · h(liquid)                [J], to coolant
    ///   room   amount of water that the condensate tank still takes            [mol]
    ///   ratio  feed ratio                                                      [mol/mol]
    ///   P      electric power while it runs                                    [W]
    /// ```
    /// # Source
    /// Feed ratio V-HAB and HabNet; conversion ICES 2005-01-2864 Table 5; power HabNet.
    /// # Valid range
    /// Feed ratio 2 to 8, conversion 0 to 1 (the scenario's ranges).
    /// # Outside the range
    /// Any positive feed runs the unit at full power for the whole step. The limit by room is that
    /// of complete conversion, so the tank never overflows.
    /// # Conserves
    /// CO2 and hydrogen that do not react leave as CO2 and hydrogen. A full condensate tank stops
    /// the reactor. Vented gas is booked by [`Ledger::gas_out`], power by [`Ledger::electric_in`],
    /// heat by [`Ledger::coolant_out`].
    /// # Tests
    /// `biosim::biosim_9_carbon_is_accounted_for_through_the_reducer`.
    #[inline(always)]
    pub fn run(
        &mut self,
        plan: &SabatierPlan,
        stores: (&mut Stores, &StoresPlan),
        dt_s: f64,
        ledger: &mut Ledger,
    ) {
        let (stores, stores_plan) = stores;
        self.co2_mol_s = 0.0;
        self.water_mol_s = 0.0;
        self.power_w = 0.0;
        let room_mol = stores.condensate_room_kg(stores_plan) / M_H2O_KG_MOL;
        if !self.is_on() || stores.h2_line_mol <= 0.0 || stores.co2_mol <= 0.0 {
            return;
        }
        if self.leaking {
            let lost_mol = H2_LEAK_SHARE * stores.h2_line_mol;
            let lost =
                Stores::draw_gas(&mut stores.h2_line_mol, Gas::H2, lost_mol, stores_plan.t_k);
            ledger.gas_out(&lost);
        }
        let h2_mol = stores.h2_line_mol.min(2.0 * room_mol).min(stores.co2_mol * plan.h2_co2_ratio);
        let co2_mol = (h2_mol / plan.h2_co2_ratio).min(stores.co2_mol);
        if h2_mol <= 0.0 {
            return;
        }
        let t_k = stores_plan.t_k;
        stores.h2_line_mol -= h2_mol;
        stores.co2_mol -= co2_mol;
        let run = reaction::sabatier(co2_mol, h2_mol, plan.conversion * self.capacity);
        let water_mol = run.h2o_product_mol;
        stores.condensate_kg += water_mol * M_H2O_KG_MOL;

        let mut vented_mol = run.outlet_mol();
        vented_mol[Gas::H2o as usize] = 0.0;
        let vented = Parcel::at(vented_mol, t_k);
        let in_j = co2_mol * enthalpy_j_mol(Gas::Co2, t_k) + h2_mol * enthalpy_j_mol(Gas::H2, t_k);
        self.power_w = POWER_W;
        let electric_j = self.power_w * dt_s;
        ledger.electric_in(electric_j);
        ledger.gas_out(&vented);
        ledger.coolant_out(
            Coolant::Moderate,
            in_j + electric_j - vented.h_j - water_mol * liquid_j_mol(t_k),
        );
        self.co2_mol_s = run.co2_consumed_mol / dt_s;
        self.water_mol_s = water_mol / dt_s;
    }
}
