//! Tanks and stores shared by all units.
//!
//! Liquids and solids are kept in kg, gases in mol. Every liquid is kept at one temperature; what
//! arrives colder is warmed in its lines by the air of the cabin it stands in. Tank gas carries its
//! enthalpy, so that drawing it needs no other heat.
//!
//! # Ports
//! Units take by [`Stores::draw`], [`Stores::draw_share`] and [`Stores::draw_gas`], and add to a
//! field after asking for the room.
//! # Fails how
//! An empty store gives nothing; a full one takes nothing, and the unit that would fill it slows
//! down or stops. Waste has no capacity.
//! A leaking gas tank loses a hundredth of its content in an hour to vacuum, a leaking potable tank 1 kg/h to
//! the floor of the first zone.
//! # Parameters
//! | what | value | unit | source |
//! |---|---|---|---|
//! | CO2 accumulator | 19.8 at 827 | L, kPa | HabNet |
//! | all others | of the scenario | kg | of the scenario |
//! # Simplifications
//! One temperature for all tanks, from the scenario. Tank gas is an ideal gas with no tank
//! pressure: the last mole comes as easily as the first.

use physics::constants::M_H2O_KG_MOL;
use physics::metabolism::{FAECAL_SOLIDS, FOOD_DRY, SWEAT_SOLIDS, URINE_SOLIDS};
use physics::species::{COMPOSITION, Gas, WATER, enthalpy_j_mol};

use crate::air::parcel::Parcel;
use crate::air::relaxed;
use crate::air::zone::{Zone, liquid_j_mol};
use crate::ledger::{Account, Ledger};
use crate::slots::state;

/// Time constant of a leaking gas tank, s: a hundredth of it in an hour. Assumed.
const TANK_LEAK_S: f64 = 100.0 * 3_600.0;
/// Leak of a water tank, kg/s: 1 kg/h. Assumed.
const WATER_LEAK_KG_S: f64 = 1.0 / 3_600.0;

/// Capacities and temperature of the stores.
#[derive(Debug, Clone, PartialEq)]
pub struct StoresPlan {
    /// Temperature of liquids and of tank gas, K.
    pub t_k: f64,
    /// Capacity for potable water, kg.
    pub potable_kg: f64,
    /// Capacity for condensate, kg.
    pub condensate_kg: f64,
    /// Capacity for urine with its solids, kg.
    pub urine_kg: f64,
    /// Capacity for brine with its solids, kg.
    pub brine_kg: f64,
    /// Capacity of the CO2 accumulator, mol.
    pub co2_mol: f64,
}

state! {
    /// Contents of the stores.
    pub struct Stores {
        /// Tank oxygen, mol.
        pub o2_mol: f64,
        /// Tank nitrogen, mol.
        pub n2_mol: f64,
        /// Hydrogen made in this step and not yet used, mol.
        pub h2_line_mol: f64,
        /// CO2 in the reducer's accumulator, mol.
        pub co2_mol: f64,
        /// Potable water, kg.
        pub potable_kg: f64,
        /// Condensate, hygiene waste water and distillate, kg.
        pub condensate_kg: f64,
        /// Water in the urine tank, kg.
        pub urine_water_kg: f64,
        /// Urine solids in the urine tank, kg.
        pub urine_solids_kg: f64,
        /// Water in the brine tank, kg.
        pub brine_water_kg: f64,
        /// Urine solids in the brine tank, kg.
        pub brine_solids_kg: f64,
        /// Dry food, kg.
        pub food_dry_kg: f64,
        /// Water in food, kg.
        pub food_water_kg: f64,
        /// Water in waste: faeces, and urine that found the tank full, kg.
        pub waste_water_kg: f64,
        /// Urine solids in waste, kg.
        pub waste_urine_solids_kg: f64,
        /// Faecal solids in waste, kg.
        pub faecal_solids_kg: f64,
        /// Perspiration solids in laundry and hygiene waste, kg.
        pub sweat_solids_kg: f64,
        /// The oxygen tank leaks to vacuum.
        pub o2_leaks: bool,
        /// The nitrogen tank leaks to vacuum.
        pub n2_leaks: bool,
        /// The potable water tank leaks onto the floor of the first zone.
        pub potable_leaks: bool,
    }
}

impl Stores {
    /// Everything held, in all columns.
    ///
    /// All water is liquid at the temperature of the tanks; tank gas carries its enthalpy, food and
    /// solids that of their pseudo-species.
    #[inline(always)]
    #[must_use]
    pub fn account(&self, plan: &StoresPlan) -> Account {
        let mut account = Account::default();
        for (gas, n_mol) in [
            (Gas::O2, self.o2_mol),
            (Gas::N2, self.n2_mol),
            (Gas::H2, self.h2_line_mol),
            (Gas::Co2, self.co2_mol),
        ] {
            account.add(&COMPOSITION[gas as usize], n_mol, enthalpy_j_mol(gas, plan.t_k));
        }
        let water_kg = self.potable_kg
            + self.condensate_kg
            + self.urine_water_kg
            + self.brine_water_kg
            + self.food_water_kg
            + self.waste_water_kg;
        account.add(&WATER, water_kg / M_H2O_KG_MOL, liquid_j_mol(plan.t_k));
        account.add_pseudo(&FOOD_DRY, self.food_dry_kg);
        account.add_pseudo(
            &URINE_SOLIDS,
            self.urine_solids_kg + self.brine_solids_kg + self.waste_urine_solids_kg,
        );
        account.add_pseudo(&FAECAL_SOLIDS, self.faecal_solids_kg);
        account.add_pseudo(&SWEAT_SOLIDS, self.sweat_solids_kg);
        account
    }

    /// Take up to `wanted` from a store; a short store gives what it has.
    ///
    /// A negative wish gives nothing. The store never falls below zero.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_habitat::stores::Stores;
    /// let mut tank_kg = 3.0;
    /// assert_eq!(Stores::draw(&mut tank_kg, 2.0), 2.0);
    /// assert_eq!(Stores::draw(&mut tank_kg, 2.0), 1.0);
    /// assert_eq!(Stores::draw(&mut tank_kg, -1.0), 0.0);
    /// assert_eq!(tank_kg, 0.0);
    /// ```
    #[inline(always)]
    #[must_use]
    pub fn draw(store: &mut f64, wanted: f64) -> f64 {
        let given = wanted.max(0.0).min(*store);
        *store -= given;
        given
    }

    /// Take `share` (0 to 1) of a store; a share above one takes all of it.
    #[inline(always)]
    #[must_use]
    pub fn draw_share(store: &mut f64, share: f64) -> f64 {
        let wanted = share * *store;
        Self::draw(store, wanted)
    }

    /// Room left for potable water, kg; zero in a tank that is full or over-full.
    #[inline(always)]
    #[must_use]
    pub fn potable_room_kg(&self, plan: &StoresPlan) -> f64 {
        (plan.potable_kg - self.potable_kg).max(0.0)
    }

    /// Room left for condensate, kg.
    #[inline(always)]
    #[must_use]
    pub fn condensate_room_kg(&self, plan: &StoresPlan) -> f64 {
        (plan.condensate_kg - self.condensate_kg).max(0.0)
    }

    /// Room left for urine with its solids, kg.
    #[inline(always)]
    #[must_use]
    pub fn urine_room_kg(&self, plan: &StoresPlan) -> f64 {
        (plan.urine_kg - self.urine_water_kg - self.urine_solids_kg).max(0.0)
    }

    /// Room left for brine with its solids, kg.
    #[inline(always)]
    #[must_use]
    pub fn brine_room_kg(&self, plan: &StoresPlan) -> f64 {
        (plan.brine_kg - self.brine_water_kg - self.brine_solids_kg).max(0.0)
    }

    /// Take tank gas as a parcel, with the enthalpy of `gas` at `t_k`; less if there is less.
    #[inline(always)]
    #[must_use]
    pub fn draw_gas(store_mol: &mut f64, gas: Gas, wanted_mol: f64, t_k: f64) -> Parcel {
        let mut parcel = Parcel::default();
        let n_mol = Self::draw(store_mol, wanted_mol);
        parcel.n_mol[gas as usize] = n_mol;
        parcel.h_j = n_mol * enthalpy_j_mol(gas, t_k);
        parcel
    }

    /// Send hydrogen that nobody used to vacuum.
    ///
    /// The line holds hydrogen within a step alone: it is empty at the end of every step.
    ///
    /// # Conserves
    /// Hydrogen and its enthalpy leave by [`Ledger::gas_out`].
    #[inline(always)]
    pub fn vent_hydrogen(&mut self, plan: &StoresPlan, ledger: &mut Ledger) {
        if self.h2_line_mol > 0.0 {
            let vented = Self::draw_gas(&mut self.h2_line_mol, Gas::H2, f64::MAX, plan.t_k);
            ledger.gas_out(&vented);
        }
    }

    /// Lose what leaking tanks lose in `dt_s`; water runs onto the floor of `zone`.
    ///
    /// # Equation
    /// ```text
    /// gas lost   = n·(1 − e^(−dt/100 h)),   water lost = min(1 kg/h·dt, held)
    /// ```
    /// # Source
    /// Both rates are assumed: a valve that does not seat.
    /// # Conserves
    /// Gas leaves by [`Ledger::gas_out`] at the temperature of the tanks, water becomes film in kind. A tank
    /// that is mended is as full as the leak has left it.
    /// # Tests
    /// `faults::biosim_8_a_mended_tank_is_not_fuller`.
    pub fn leak(
        &mut self,
        plan: &StoresPlan,
        zone: Option<&mut Zone>,
        dt_s: f64,
        ledger: &mut Ledger,
    ) {
        let share = relaxed(dt_s / TANK_LEAK_S);
        if self.o2_leaks {
            let lost_mol = share * self.o2_mol;
            ledger.gas_out(&Self::draw_gas(&mut self.o2_mol, Gas::O2, lost_mol, plan.t_k));
        }
        if self.n2_leaks {
            let lost_mol = share * self.n2_mol;
            ledger.gas_out(&Self::draw_gas(&mut self.n2_mol, Gas::N2, lost_mol, plan.t_k));
        }
        if let (true, Some(zone)) = (self.potable_leaks, zone) {
            Self::spill(&mut self.potable_kg, WATER_LEAK_KG_S * dt_s, zone);
        }
    }

    /// Let up to `kg` of water run out of a tank onto the floor of a zone.
    #[inline(always)]
    pub fn spill(tank_kg: &mut f64, kg: f64, zone: &mut Zone) {
        zone.film_mol += Self::draw(tank_kg, kg) / M_H2O_KG_MOL;
    }
}
