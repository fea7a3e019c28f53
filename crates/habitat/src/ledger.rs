//! The ledger: what the habitat holds, what crossed its boundary, and what is left unexplained.
//!
//! Five columns of matter (C, H, O, N in mol, ash in kg) and one of energy (J; enthalpy of
//! formation + sensible + latent, reference 298.15 K and liquid water). In every step
//!
//! ```text
//! residual = held after − held before − (entered − left)
//! ```
//!
//! and each column's residual stays below 1e-9 of what moved in that step, which the tests assert.
//! In a step in which less than a millionth of the holdings moves, it is judged against that
//! millionth: sums of double precision do not resolve less.
//!
//! # What is booked, and by which call
//! | what | call |
//! |---|---|
//! | leaks, holes, relief, vented hydrogen, methane and CO2 | [`Ledger::gas_out`] |
//! | off-gassing, prescribed gas, air from the surroundings | [`Ledger::gas_in`] |
//! | electric power of units, fans and equipment | [`Ledger::electric_in`] |
//! | heat to coolant and cold plates, heat of battery and stacks, by loop | [`Ledger::coolant_out`] |
//! | prescribed heat, the ideal thermostat of an isothermal zone, power of array and fission unit, heat to space and ground | [`Ledger::heat_in`] |
//! | gas between two parts of the habitat | [`Ledger::gas_moved`] |
//! | water of the fuel cell's store, made or split | [`Ledger::water_moved`] |
//!
//! Liquids and solids never cross the boundary: tanks, bags, canisters and bodies are inside. What
//! moves between them needs no call, for the residual sees it in the holdings.
//!
//! What is held is summed from scratch by [`crate::state::State::held`], never carried forward from
//! the bookings, so a unit that creates or loses something cannot hide it.
//!
//! # Tests
//! `conservation::cabin_closes_over_thirty_days`, `conservation::every_shipped_scenario_closes`,
//! `conservation::nothing_drifts_over_a_sealed_mission`, `conservation::an_empty_box_closes`,
//! `conservation::any_cabin_under_any_command_stays_finite_and_closed`,
//! `biosim::biosim_1_no_mass_is_lost_in_two_thousand_hours`.

use physics::metabolism::PseudoSpecies;
use physics::species::{Composition, GASES};

use crate::air::parcel::Parcel;
use crate::slots::state;

/// Which coolant loop takes a heat; without loops of its own the habitat gives both away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coolant {
    /// Low-temperature loop: condensing heat exchangers and CO2 removal.
    Low = 0,
    /// Moderate-temperature loop: everything else that gives heat to coolant.
    Moderate = 1,
}

/// Number of columns.
pub const COLUMNS: usize = 6;

/// Name and unit of each column.
pub const COLUMN_NAMES: [&str; COLUMNS] =
    ["c_mol", "h_mol", "o_mol", "n_mol", "ash_kg", "energy_j"];

/// Share of the holdings below which movement is not resolved by sums in double precision to 1e-9.
const RESOLVED: f64 = 1e-6;

/// An amount in every column, in the order of [`COLUMN_NAMES`].
///
/// # Examples
/// ```
/// use lunar_habitat_habitat::ledger::{Account, COLUMN_NAMES};
/// use physics::species::WATER;
/// let mut account = Account::default();
/// account.add(&WATER, 2.0, -285_830.0); // two moles of liquid water at 298.15 K
/// assert_eq!(account.0, [0.0, 4.0, 2.0, 0.0, 0.0, -571_660.0]);
/// assert_eq!(COLUMN_NAMES[1], "h_mol");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Account(pub [f64; COLUMNS]);

impl Account {
    /// Add `n_mol` of a substance that carries `h_j_mol`.
    ///
    /// Columns C, H, O and N take the atoms of the composition, ash its mass per mole, energy
    /// `n·h`. A negative amount subtracts.
    #[inline(always)]
    pub fn add(&mut self, of: &Composition, n_mol: f64, h_j_mol: f64) {
        self.0[0] += n_mol * of.c;
        self.0[1] += n_mol * of.h;
        self.0[2] += n_mol * of.o;
        self.0[3] += n_mol * of.n;
        self.0[4] += n_mol * of.ash_kg;
        self.0[5] += n_mol * h_j_mol;
    }

    /// Add `m_kg` of a pseudo-species (food, urine solids, …) at the reference temperature.
    #[inline(always)]
    pub fn add_pseudo(&mut self, of: &PseudoSpecies, m_kg: f64) {
        self.add(&of.per_kg, m_kg, of.h_j_kg);
    }

    /// Add gas by amount with its energy; which energy, enthalpy or internal, is up to the caller.
    #[inline(always)]
    pub fn add_gas(&mut self, n_mol: &[f64; GASES], e_j: f64) {
        // `COMPOSITION` written out, since most of its numbers are zero; a test holds them together.
        let [o2, co2, n2, h2o, ch4, h2, co, nh3] = *n_mol;
        self.0[0] += (co2 + ch4) + co;
        self.0[1] += (2.0 * h2o + 4.0 * ch4) + (2.0 * h2 + 3.0 * nh3);
        self.0[2] += (2.0 * o2 + 2.0 * co2) + (h2o + co);
        self.0[3] += 2.0 * n2 + nh3;
        self.0[5] += e_j;
    }

    /// Add energy alone.
    #[inline(always)]
    pub fn add_energy(&mut self, e_j: f64) {
        self.0[5] += e_j;
    }
}

state! {
    /// Running account of one habitat.
    ///
    /// A step is opened with what is held, bookings are made while units run, and closing compares.
    /// The sums since the start and the largest residuals survive a snapshot.
    pub struct Ledger {
        /// What entered in this step, by column.
        pub entered: [f64; COLUMNS],
        /// What left in this step, by column.
        pub left: [f64; COLUMNS],
        /// What moved in this step, across the boundary or between parts inside, by column.
        pub moved: [f64; COLUMNS],
        /// What was held at the end of the last step, by column.
        pub held: [f64; COLUMNS],
        /// Residual of the last step, by column.
        pub residual: [f64; COLUMNS],
        /// Largest |residual| / max(moved, a millionth of held) since the start, by column.
        pub relative_max: [f64; COLUMNS],
        /// Largest |residual| since the start, by column.
        pub residual_max: [f64; COLUMNS],
        /// Electric energy taken since the start, J.
        pub electric_j: f64,
        /// Heat given to coolant and cold plates since the start, J.
        pub coolant_j: f64,
        /// Electric energy drawn from the habitat's own bus in this step, J.
        pub drawn_j: f64,
        /// Heat collected by each of the habitat's own coolant loops in this step, J.
        pub collected_j: [f64; 2],
        /// The habitat has coolant loops of its own: heat of units does not cross the boundary.
        pub own_loop: bool,
        /// The habitat has a bus of its own: what units draw does not cross the boundary.
        pub own_bus: bool,
    }
}

impl Default for Ledger {
    fn default() -> Self {
        Ledger {
            entered: [0.0; COLUMNS],
            left: [0.0; COLUMNS],
            moved: [0.0; COLUMNS],
            held: [0.0; COLUMNS],
            residual: [0.0; COLUMNS],
            relative_max: [0.0; COLUMNS],
            residual_max: [0.0; COLUMNS],
            electric_j: 0.0,
            coolant_j: 0.0,
            drawn_j: 0.0,
            collected_j: [0.0; 2],
            own_loop: false,
            own_bus: false,
        }
    }
}

impl Ledger {
    /// Gas that enters the habitat with its enthalpy.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_habitat::{air::parcel::Parcel, ledger::{Account, Ledger}};
    /// let mut ledger = Ledger::default();
    /// let oxygen = Parcel::at([2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 298.15);
    /// ledger.open(Account::default());
    /// ledger.gas_in(&oxygen);
    /// // Held now: the four moles of O atoms that entered. Nothing is unexplained.
    /// ledger.close(&Account([0.0, 0.0, 4.0, 0.0, 0.0, 0.0]));
    /// assert_eq!(ledger.residual, [0.0; 6]);
    ///
    /// ledger.open(Account(ledger.held));
    /// ledger.close(&Account([0.0, 0.0, 3.0, 0.0, 0.0, 0.0])); // a mole of atoms is gone
    /// assert_eq!(ledger.residual[2], -1.0);
    /// ```
    #[inline(always)]
    pub fn gas_in(&mut self, parcel: &Parcel) {
        let mut account = Account::default();
        account.add_gas(&parcel.n_mol, parcel.h_j);
        self.book(&account, true);
    }

    /// Gas that leaves the habitat with its enthalpy. An empty parcel books nothing.
    #[inline(always)]
    pub fn gas_out(&mut self, parcel: &Parcel) {
        let mut account = Account::default();
        account.add_gas(&parcel.n_mol, parcel.h_j);
        self.book(&account, false);
    }

    /// Electric energy that units, fans or equipment take, J; the units prescribe it.
    ///
    /// Without a power system it enters from outside, and there is no limit. With one it is drawn from the
    /// habitat's own bus: nothing enters here, [`crate::power::Power::settle`] supplies it and books what
    /// the sources give. The sum since the start is kept beside the column, for reports.
    #[inline(always)]
    pub fn electric_in(&mut self, e_j: f64) {
        if self.own_bus {
            self.drawn_j += e_j;
        } else {
            self.entered[5] += e_j;
        }
        self.moved[5] += e_j.abs();
        self.electric_j += e_j;
    }

    /// What the units have drawn from the bus in this step, J, and start again from zero.
    ///
    /// Zero for a habitat without a power system. Whoever takes it has to supply it.
    #[must_use]
    pub fn take_drawn(&mut self) -> f64 {
        core::mem::take(&mut self.drawn_j)
    }

    /// Water that was made from, or split into, its gases inside the habitat, mol.
    ///
    /// Only the scale against which the residual is judged grows; the balance stays as it is.
    pub fn water_moved(&mut self, n_mol: f64) {
        self.moved[1] += 2.0 * n_mol.abs();
        self.moved[2] += n_mol.abs();
    }

    /// Heat carried away by coolant or cold plates, J; negative if the coolant warms the habitat.
    #[inline(always)]
    pub fn coolant_out(&mut self, to: Coolant, e_j: f64) {
        if self.own_loop {
            self.collected_j[to as usize] += e_j;
        } else {
            self.left[5] += e_j;
        }
        self.moved[5] += e_j.abs();
        self.coolant_j += e_j;
    }

    /// What the units have given to the coolant of each loop, J; the loops take it.
    #[must_use]
    pub fn take_coolant(&mut self) -> [f64; 2] {
        core::mem::take(&mut self.collected_j)
    }

    /// Heat that enters by any other declared boundary flow, J; negative leaves. It is added to
    /// what entered with its sign.
    #[inline(always)]
    pub fn heat_in(&mut self, e_j: f64) {
        self.entered[5] += e_j;
        self.moved[5] += e_j.abs();
    }

    /// Gas that moved between two parts of the habitat.
    ///
    /// Only the scale against which the residual is judged grows; the balance stays as it is.
    #[inline(always)]
    pub fn gas_moved(&mut self, parcel: &Parcel) {
        let mut account = Account::default();
        account.add_gas(&parcel.n_mol, parcel.h_j);
        for i in 0..COLUMNS {
            self.moved[i] += account.0[i].abs();
        }
    }

    /// Add an account to what entered or left, and its magnitude to what moved.
    #[inline(always)]
    fn book(&mut self, account: &Account, enters: bool) {
        for i in 0..COLUMNS {
            if enters {
                self.entered[i] += account.0[i];
            } else {
                self.left[i] += account.0[i];
            }
            self.moved[i] += account.0[i].abs();
        }
    }

    /// Open a step: keep what is held and clear what entered, left and moved.
    #[inline(always)]
    pub fn open(&mut self, held: Account) {
        self.held = held.0;
        self.entered = [0.0; COLUMNS];
        self.left = [0.0; COLUMNS];
        self.moved = [0.0; COLUMNS];
    }

    /// Close a step with what is held now, and keep the residual.
    ///
    /// # Equation
    /// ```text
    /// residual = (held now − held at open) − (entered − left)
    /// relative = |residual| / max(moved, 1e-6·|held now|)
    /// ```
    /// # Outside the range
    /// A residual of exactly zero is relative zero, also where nothing is held and nothing moved.
    /// A residual that is not finite is kept as it is; the largest of a column passes over NaN.
    #[inline(always)]
    pub fn close(&mut self, held: &Account) {
        for i in 0..COLUMNS {
            let residual = (held.0[i] - self.held[i]) - (self.entered[i] - self.left[i]);
            let scale = self.moved[i].max(RESOLVED * held.0[i].abs());
            let relative =
                if residual == 0.0 { 0.0 } else { residual.abs() / scale.max(f64::MIN_POSITIVE) };
            self.residual[i] = residual;
            self.held[i] = held.0[i];
            self.relative_max[i] = self.relative_max[i].max(relative);
            self.residual_max[i] = self.residual_max[i].max(residual.abs());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use physics::species::COMPOSITION;

    #[test]
    fn gas_is_booked_by_its_composition() {
        for gas in 0..GASES {
            let mut n_mol = [0.0; GASES];
            n_mol[gas] = 3.0;
            let (mut short, mut long) = (Account::default(), Account::default());
            short.add_gas(&n_mol, 7.0);
            long.add(&COMPOSITION[gas], 3.0, 7.0 / 3.0);
            assert_eq!(short, long);
        }
    }
}
