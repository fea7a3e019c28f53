//! Backup CO2 removal by lithium hydroxide canisters.
//!
//! # Ports
//! Cabin air in and back; fan power as heat to the air.
//! # State
//! Hydroxide and carbonate held.
//! # Stages
//! Reduction: after the CO2 reducer and trace gas control, before the candles.
//! # Fails how
//! Without hydroxide the holder does nothing and takes no power, even when commanded on.
//! # Parameters
//! | what | default | unit | source |
//! |---|---|---|---|
//! | air flow | 30 | m3/h | assumed: a canister with its own fan |
//! | fan | 30 | W | assumed |
//! | capture in one pass | 1 | – | assumed complete while hydroxide is left |
//! # Simplifications
//! Lithium is carried as ash; solids keep the reference temperature; reaction heat warms the air.

use physics::reaction::Solid;
use physics::species::{Gas, enthalpy_j_mol};

use crate::air::parcel::Parcel;
use crate::air::zone::{Zone, ZonePlan};
use crate::ledger::{Account, Ledger};
use crate::slots::state;

/// Fan power, W. Assumed.
const FAN_W: f64 = 30.0;

/// Parameters of one stock.
#[derive(Debug, Clone, PartialEq)]
pub struct LiohPlan {
    /// Name.
    pub name: String,
    /// Index of its zone.
    pub zone: usize,
    /// Place in the order in which loads are shed; 0 is never shed.
    pub rank: u64,
    /// Air flow, m3/s.
    pub flow_m3_s: f64,
}

state! {
    /// What the stock remembers.
    pub struct Lioh {
        /// Has electric power.
        pub powered: bool,
        /// Commanded on.
        pub on: bool,
        /// Lithium hydroxide left, mol.
        pub lioh_mol: f64,
        /// Lithium carbonate made, mol.
        pub carbonate_mol: f64,
        /// CO2 removed in the last step, mol/s.
        pub co2_mol_s: f64,
        /// Electric power in the last step, W.
        pub power_w: f64,
    }
}

impl Lioh {
    /// Everything held, in all columns: hydroxide and carbonate with their enthalpies of formation.
    #[inline(always)]
    #[must_use]
    pub fn account(&self) -> Account {
        let mut account = Account::default();
        for (solid, n_mol) in [(Solid::LiOh, self.lioh_mol), (Solid::Li2Co3, self.carbonate_mol)] {
            account.add(&solid.composition(), n_mol, solid.hf_j_mol());
        }
        account
    }

    /// Run one step: `2 LiOH + CO2 → Li2CO3 + H2O`, water leaves as vapour.
    ///
    /// # Equation
    /// ```text
    /// captured = min( n(CO2) · (1 − exp(−flow·dt/V)), LiOH / 2 )                  [mol]
    /// Q = H(CO2) + captured · (2·h(LiOH) − h(Li2CO3)) − H(vapour) + P·dt           [J]
    ///   V  volume of the zone                                                      [m3]
    ///   P  fan power                                                               [W]
    /// ```
    /// # Valid range
    /// Any flow and step; the share drawn from the zone stays below one.
    /// # Outside the range
    /// A zone without CO2 gives nothing and the fan still takes its power. In vacuum the same
    /// holds: fan power does not go with density here.
    /// # Conserves
    /// Atoms move between air and canister; what the enthalpies leave over warms the air. CO2 is
    /// booked by [`Ledger::gas_moved`], fan power by [`Ledger::electric_in`]; it ends in the air.
    /// # Tests
    /// `conservation::any_cabin_under_any_command_stays_finite_and_closed` switches it at random.
    #[inline(always)]
    pub fn run(
        &mut self,
        plan: &LiohPlan,
        zone: (&mut Zone, &ZonePlan),
        dt_s: f64,
        ledger: &mut Ledger,
    ) {
        self.co2_mol_s = 0.0;
        self.power_w = 0.0;
        if !(self.on && self.powered) || self.lioh_mol <= 0.0 {
            return;
        }
        let (zone, zone_plan) = zone;
        self.power_w = FAN_W;
        ledger.electric_in(FAN_W * dt_s);
        let share = Zone::drawn_share(zone_plan, plan.flow_m3_s, dt_s);
        let wanted_mol = (share * zone.n_mol[Gas::Co2 as usize]).min(0.5 * self.lioh_mol);
        let co2 = zone.take_gas(Gas::Co2, wanted_mol);
        let n_mol = co2.n_mol[Gas::Co2 as usize];
        self.lioh_mol = (self.lioh_mol - 2.0 * n_mol).max(0.0);
        self.carbonate_mol += n_mol;
        let mut vapour = Parcel::default();
        vapour.n_mol[Gas::H2o as usize] = n_mol;
        vapour.h_j = n_mol * enthalpy_j_mol(Gas::H2o, zone.t_k);
        let q_j = co2.h_j + n_mol * (2.0 * Solid::LiOh.hf_j_mol() - Solid::Li2Co3.hf_j_mol())
            - vapour.h_j;
        ledger.gas_moved(&co2);
        zone.put(&vapour);
        zone.heat(q_j + FAN_W * dt_s);
        self.co2_mol_s = n_mol / dt_s;
    }
}
