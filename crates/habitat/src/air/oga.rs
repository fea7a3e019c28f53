//! Oxygen generator: PEM electrolysis of potable water.
//!
//! # Ports
//! Potable water and electric power in; oxygen to the zone, hydrogen to the reducer's line; heat to
//! coolant and air.
//! # State
//! Commanded rate; power of the last step.
//! # Stages
//! Oga: before the reducer, which needs its hydrogen, and after the crew has drunk.
//! # Fails how
//! An empty potable tank stops production; controller and pumps go on taking their standby power.
//! While the moderate loop is too hot it stops as without power ([`crate::thermal`]).
//! There is no off command: a set-point of zero is standby.
//! Degraded: half of its largest production. Leaking: a fiftieth of the hydrogen goes to the cabin.
//! Stuck: the set-point in force stays.
//! # Parameters
//! | what | value | unit | source |
//! |---|---|---|---|
//! | standby, largest rate | 469, 9.2 | W, kg/d | HabNet |
//! | active area | 1 284 | cm2 | derived: 9.2 kg/d at 1 A/cm2 |
//! | polarisation | see `physics::electrolysis` | | DOI 10.1016/j.electacta.2016.06.120 |
//! # Simplifications
//! The stack follows its command at once; gases leave at the temperature of the stores.

use physics::constants::M_H2O_KG_MOL;
use physics::electrolysis;
use physics::species::{Gas, enthalpy_j_mol};

use crate::air::parcel::Parcel;
use crate::air::zone::{Zone, liquid_j_mol};
use crate::ledger::{Coolant, Ledger};
use crate::slots::state;
use crate::stores::{Stores, StoresPlan};

/// Active area of the stack, cm2: the current of 9.2 kg/d of oxygen at 1 A/cm2.
pub const ACTIVE_AREA_CM2: f64 = 1_284.0;

/// Share of the hydrogen that a leaking generator gives to the cabin. Assumed.
const H2_LEAK_SHARE: f64 = 0.02;

/// Parameters of one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct OgaPlan {
    /// Name.
    pub name: String,
    /// Index of its zone.
    pub zone: usize,
    /// Place in the order in which loads are shed; 0 is never shed.
    pub rank: u64,
    /// Largest production, mol/s.
    pub o2_max_mol_s: f64,
    /// Power of controller and pumps, W.
    pub standby_w: f64,
    /// Share of the heat that goes to the air.
    pub air_heat_fraction: f64,
}

state! {
    /// What the unit remembers.
    pub struct Oga {
        /// What it can do for its faults, 0 to 1.
        pub capacity: f64,
        /// Some of the hydrogen goes to the cabin.
        pub leaking: bool,
        /// Has electric power.
        pub powered: bool,
        /// Commanded production, mol/s.
        pub set_mol_s: f64,
        /// Production in the last step, mol/s.
        pub o2_mol_s: f64,
        /// Electric power in the last step, W.
        pub power_w: f64,
        /// Heat in the last step, W.
        pub heat_w: f64,
    }
}

impl Oga {
    /// Run one step.
    ///
    /// # Equation
    /// ```text
    /// 2 H2O → 2 H2 + O2,   P = I·V(I) + standby,   Q = P + H(water) − H(oxygen) − H(hydrogen)
    ///   rate = clamp(command, 0, largest)            [mol/s of O2]
    ///   I·V  stack power at the rate really reached  [W], at 323.15 K
    ///   Q    heat                                    [W], a share to the air, the rest to coolant
    /// ```
    /// # Source
    /// Polarisation DOI 10.1016/j.electacta.2016.06.120 through V-HAB; standby and largest rate
    /// HabNet.
    /// # Valid range
    /// 0 to 9.2 kg/d of oxygen on the active area of [`ACTIVE_AREA_CM2`]. A larger scenario maximum
    /// raises current density and voltage on the same area.
    /// # Outside the range
    /// A short tank gives the water it has, and current, power and gases follow that amount.
    /// # Conserves
    /// Water becomes gas in kind; power enters and heat leaves by the ledger
    /// ([`Ledger::electric_in`], [`Ledger::coolant_out`]); both gases are booked by
    /// [`Ledger::gas_moved`]. Hydrogen waits in the line for the reducer or the vent of the same
    /// step.
    /// # Tests
    /// `biosim::biosim_2_no_unit_beats_thermodynamics`: more than 237.1 kJ of stack power per mole
    /// of water at every step.
    #[inline(always)]
    pub fn run(
        &mut self,
        plan: &OgaPlan,
        zone: &mut Zone,
        stores: (&mut Stores, &StoresPlan),
        dt_s: f64,
        ledger: &mut Ledger,
    ) {
        let (stores, stores_plan) = stores;
        let powered = f64::from(u8::from(self.powered));
        let rate_mol_s = powered * self.set_mol_s.clamp(0.0, plan.o2_max_mol_s * self.capacity);
        let water_kg = Stores::draw(&mut stores.potable_kg, 2.0 * rate_mol_s * dt_s * M_H2O_KG_MOL);
        let water_mol = water_kg / M_H2O_KG_MOL;
        let o2_mol = 0.5 * water_mol;
        self.o2_mol_s = o2_mol / dt_s;
        let stack_w =
            electrolysis::stack_power_w(self.o2_mol_s, ACTIVE_AREA_CM2, electrolysis::CELL_T_K);
        self.power_w = stack_w + powered * plan.standby_w;

        let t_k = stores_plan.t_k;
        let mut oxygen = Parcel::default();
        oxygen.n_mol[Gas::O2 as usize] = o2_mol;
        oxygen.h_j = o2_mol * enthalpy_j_mol(Gas::O2, t_k);
        let mut hydrogen = Parcel::default();
        hydrogen.n_mol[Gas::H2 as usize] = water_mol;
        hydrogen.h_j = water_mol * enthalpy_j_mol(Gas::H2, t_k);
        let heat_j =
            self.power_w * dt_s + water_mol * liquid_j_mol(t_k) - oxygen.h_j - hydrogen.h_j;
        self.heat_w = heat_j / dt_s;

        ledger.electric_in(self.power_w * dt_s);
        let air_j = plan.air_heat_fraction * heat_j;
        ledger.coolant_out(Coolant::Moderate, heat_j - air_j);
        ledger.gas_moved(&oxygen);
        ledger.gas_moved(&hydrogen);
        zone.put(&oxygen);
        zone.heat(air_j);
        if self.leaking {
            let leaked = hydrogen.split(H2_LEAK_SHARE);
            zone.put(&leaked);
        }
        stores.h2_line_mol += hydrogen.n_mol[Gas::H2 as usize];
    }
}
