//! Atmosphere control and supply: makes up oxygen and nitrogen from tanks.
//!
//! # Ports
//! Tank oxygen and nitrogen out, cabin in. Needs no power.
//! # State
//! Commanded set-points; whether each valve is open.
//! # Stages
//! Hull: after every unit that changes the air, before leaks and relief. It sees what the others
//! have left and makes up the rest.
//! # Fails how
//! An empty tank gives nothing; its valve stays open and the pressure falls.
//! Degraded: half of the flow. Stuck: an open valve gives its full flow whatever the pressure is, a closed
//! one gives nothing.
//! # Parameters
//! | what | default | unit | source |
//! |---|---|---|---|
//! | dead band | 0.01 | share of the set-point | assumed |
//! | largest flow of either gas | 2 | kg/h | assumed: pressure control panel |
//! # Simplifications
//! A two-point regulator: a valve opens below the dead band and closes at the set-point; it gives
//! at most its largest flow and never beyond the upper edge of the band. Tank gas arrives at the
//! temperature of the stores.

use physics::species::Gas;

use crate::air::zone::{Zone, ZonePlan};
use crate::ledger::Ledger;
use crate::slots::state;
use crate::stores::{Stores, StoresPlan};

/// Parameters of one regulator.
#[derive(Debug, Clone, PartialEq)]
pub struct AcsPlan {
    /// Name.
    pub name: String,
    /// Index of its zone.
    pub zone: usize,
    /// Half-width of the dead band, share of the set-point.
    pub dead_band: f64,
    /// Largest flow of either gas, kg/s.
    pub flow_max_kg_s: f64,
}

state! {
    /// One two-point valve.
    pub struct Valve {
        /// Commanded pressure, Pa.
        pub set_pa: f64,
        /// Open at the moment.
        pub open: bool,
        /// Gas given in the last step, mol/s.
        pub given_mol_s: f64,
    }
}

state! {
    /// What a regulator remembers.
    pub struct Acs {
        /// What its valves let through for its faults, 0 to 1.
        pub capacity: f64,
        /// Its valves stay where they are: an open one gives gas whatever the pressure is.
        pub stuck: bool,
        /// Oxygen, by its partial pressure.
        pub o2: Valve,
        /// Nitrogen, by the total pressure.
        pub n2: Valve,
    }
}

impl Valve {
    /// A closed valve.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_habitat::air::acs::Valve;
    /// let valve = Valve::new(18_850.0);
    /// assert!(!valve.open && valve.given_mol_s == 0.0);
    /// ```
    #[must_use]
    pub fn new(set_pa: f64) -> Valve {
        Valve { set_pa, open: false, given_mol_s: 0.0 }
    }

    /// Amount to give in this step, mol.
    ///
    /// # Equation
    /// ```text
    /// opens at p < set·(1 − band), closes at p ≥ set, else keeps its position
    /// wanted = clamp( (set·(1 + band) − p) / (Pa per mol), 0, largest )    while open
    /// ```
    /// A long step may carry the pressure past the set-point, yet never past the upper edge of the
    /// band. A set-point of zero never opens.
    #[inline(always)]
    fn wanted_mol(
        &mut self,
        plan: &AcsPlan,
        now_pa: f64,
        pa_per_mol: f64,
        max_mol: f64,
        stuck: bool,
    ) -> f64 {
        if stuck {
            return if self.open { max_mol } else { 0.0 };
        }
        if now_pa < self.set_pa * (1.0 - plan.dead_band) {
            self.open = true;
        } else if now_pa >= self.set_pa {
            self.open = false;
        }
        let room_mol = (self.set_pa * (1.0 + plan.dead_band) - now_pa) / pa_per_mol;
        if self.open { room_mol.clamp(0.0, max_mol) } else { 0.0 }
    }
}

impl Acs {
    /// Run one step.
    ///
    /// Oxygen follows its partial pressure and nitrogen the total pressure. Both are read before
    /// either gas is added, so in a step with both valves open the total may exceed the band by the
    /// oxygen just given.
    ///
    /// # Valid range
    /// Any pressure from vacuum on; the largest flow bounds how fast a leak can be fed.
    /// # Outside the range
    /// Above the set-point nothing is taken out: the regulator only adds. Lowering is left to
    /// leaks, people and the relief valve.
    /// # Conserves
    /// Gas moves from tank to zone with its enthalpy; an empty tank gives nothing. Both gases are
    /// booked by [`Ledger::gas_moved`]: tanks are inside the habitat.
    /// # Tests
    /// `biosim::biosim_6_a_relief_valve_opens` overfeeds a cabin through this unit.
    #[inline(always)]
    pub fn run(
        &mut self,
        plan: &AcsPlan,
        zone: (&mut Zone, &ZonePlan),
        stores: (&mut Stores, &StoresPlan),
        dt_s: f64,
        ledger: &mut Ledger,
    ) {
        let (zone, zone_plan) = zone;
        let (stores, stores_plan) = stores;
        let pa_per_mol = zone.pa_per_mol(zone_plan);
        let (flow_max_kg_s, stuck) = (self.capacity * plan.flow_max_kg_s, self.stuck);
        let max_mol = |gas: Gas| flow_max_kg_s * dt_s / gas.molar_mass_kg_mol();

        let now_pa = zone.pp_pa(zone_plan, Gas::O2);
        let wanted_mol = self.o2.wanted_mol(plan, now_pa, pa_per_mol, max_mol(Gas::O2), stuck);
        let o2 = Stores::draw_gas(&mut stores.o2_mol, Gas::O2, wanted_mol, stores_plan.t_k);
        ledger.gas_moved(&o2);
        zone.put(&o2);
        let now_pa = zone.p_total_pa(zone_plan);
        let wanted_mol = self.n2.wanted_mol(plan, now_pa, pa_per_mol, max_mol(Gas::N2), stuck);
        let n2 = Stores::draw_gas(&mut stores.n2_mol, Gas::N2, wanted_mol, stores_plan.t_k);
        ledger.gas_moved(&n2);
        zone.put(&n2);
        self.o2.given_mol_s = o2.n_mol[Gas::O2 as usize] / dt_s;
        self.n2.given_mol_s = n2.n_mol[Gas::N2 as usize] / dt_s;
    }
}
