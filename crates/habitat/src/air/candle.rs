//! Backup oxygen from sodium chlorate candles.
//!
//! # Ports
//! Oxygen and heat to the zone. No electric power and no coolant.
//! # State
//! Chlorate and chloride held; what is left of the burning candle.
//! # Stages
//! Reduction: after the CO2 reducer, trace gas control and lithium hydroxide.
//! # Fails how
//! A stock without fresh candles gives nothing more. The command to light stays and does nothing.
//! # Parameters
//! | what | default | unit | source |
//! |---|---|---|---|
//! | chlorate in one candle | 2.2 | kg | assumed: about 1 kg of oxygen |
//! | burn time | 45 | min | assumed |
//! # Simplifications
//! A candle burns evenly and cannot be put out; solids keep the reference temperature. At most one
//! candle is lit in a step, so a step longer than the burn time gives less than a full sequence.

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
    ///
    /// Fresh and burning chlorate count alike. Sodium and chlorine are carried as ash; the energy
    /// is the enthalpy of formation of the solids, J.
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
    /// # Equation
    /// ```text
    /// burnt = min(charge · dt / burn time, chlorate left in the burning candle)        [mol]
    /// oxygen = 1.5 · burnt                                                             [mol]
    /// Q = burnt · (h(NaClO3) − h(NaCl)) − oxygen · h(O2, T)                            [J]
    ///   T  air temperature at the start of the step                                    [K]
    /// ```
    /// # Valid range
    /// Charge and burn time above zero; `dt` above zero.
    /// # Outside the range
    /// Nothing burns without a lit candle. A stock whose last charge is smaller than a full candle
    /// burns that rest at the rate of a full one. Switched off while a candle burns, it burns to
    /// its end.
    /// # Conserves
    /// Atoms move from candle to air; what the enthalpies leave over warms the air. The oxygen is
    /// booked by [`Ledger::gas_moved`]; nothing crosses the boundary.
    /// # Tests
    /// `conservation::any_cabin_under_any_command_stays_finite_and_closed` lights candles at
    /// random.
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
