//! Backup oxygen from sodium chlorate candles.
//!
//! # Ports
//! Oxygen and heat to the zone.
//! # State
//! Chlorate and chloride held; what is left of the burning candle.
//! # Stages
//! With the air units.
//! # Parameters
//! Charge and burn time of the scenario (assumed where left out).
//! # Simplifications
//! A candle burns evenly and cannot be put out; solids keep the reference temperature.

use physics::reaction::Solid;
use physics::species::{Gas, enthalpy_j_mol};

use crate::air::parcel::Parcel;
use crate::air::zone::Zone;
use crate::ledger::{Account, Ledger};
use crate::slots::state;

/// Parameters of one stock.
#[derive(Debug, Clone, PartialEq)]
pub struct CandlePlan {
    /// Name.
    pub name: String,
    /// Index of its zone.
    pub zone: usize,
    /// Chlorate in one candle, mol.
    pub charge_mol: f64,
    /// Time that one candle burns, s.
    pub burn_s: f64,
}

state! {
    /// What the stock remembers.
    pub struct Candle {
        /// Commanded: light a candle whenever none burns.
        pub on: bool,
        /// Chlorate left in fresh candles, mol.
        pub fresh_mol: f64,
        /// Chlorate left in the burning candle, mol.
        pub burning_mol: f64,
        /// Chloride made, mol.
        pub chloride_mol: f64,
        /// Oxygen given in the last step, mol/s.
        pub o2_mol_s: f64,
    }
}

impl Candle {
    /// Everything held, in all columns.
    #[inline(always)]
    #[must_use]
    pub fn account(&self) -> Account {
        let mut account = Account::default();
        let chlorate_mol = self.fresh_mol + self.burning_mol;
        for (solid, n_mol) in [(Solid::NaClO3, chlorate_mol), (Solid::NaCl, self.chloride_mol)] {
            account.add(&solid.composition(), n_mol, solid.hf_j_mol());
        }
        account
    }

    /// Run one step: `NaClO3 → NaCl + 1.5 O2`.
    ///
    /// # Conserves
    /// Atoms move from candle to air; what the enthalpies leave over warms the air.
    #[inline(always)]
    pub fn run(&mut self, plan: &CandlePlan, zone: &mut Zone, dt_s: f64, ledger: &mut Ledger) {
        if self.on && self.burning_mol <= 0.0 && self.fresh_mol > 0.0 {
            let lit_mol = plan.charge_mol.min(self.fresh_mol);
            self.fresh_mol -= lit_mol;
            self.burning_mol = lit_mol;
        }
        let burnt_mol = (plan.charge_mol * dt_s / plan.burn_s).min(self.burning_mol);
        self.burning_mol -= burnt_mol;
        self.chloride_mol += burnt_mol;
        self.o2_mol_s = 1.5 * burnt_mol / dt_s;
        if burnt_mol <= 0.0 {
            return;
        }
        let mut oxygen = Parcel::default();
        oxygen.n_mol[Gas::O2 as usize] = 1.5 * burnt_mol;
        oxygen.h_j = 1.5 * burnt_mol * enthalpy_j_mol(Gas::O2, zone.t_k);
        ledger.gas_moved(&oxygen);
        zone.put(&oxygen);
        zone.heat(burnt_mol * (Solid::NaClO3.hf_j_mol() - Solid::NaCl.hf_j_mol()) - oxygen.h_j);
    }
}
