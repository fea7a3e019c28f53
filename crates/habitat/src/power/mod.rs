//! Electric power: sun and array, battery, regenerative fuel cell, and the bus that shares it out.
//!
//! A habitat has it when its scenario declares `[power]`. Without it electric power is unlimited and
//! enters from outside.
//!
//! # Ports
//! | port | direction | unit |
//! |---|---|---|
//! | light on the array, as the electric power that is taken of it | in | W |
//! | power of a fission unit | in | W |
//! | power of every unit, of equipment and fans ([`Ledger::electric_in`]) | out | W |
//! | heat of battery, fuel cell and electrolyser, to coolant | out | W |
//!
//! The store of the fuel cell is closed: hydrogen, oxygen and water change into each other and touch
//! neither tanks nor cabin.
//! # Equation
//! ```text
//! sources    P_s = A·p(t) + P_f               p(t) of photovoltaic::Panel in the light of the site
//! battery    C·dT/dt = heat + faded − G·(T − T_coolant),   fade' = Battery::fade,   faded = fade'·E(s)
//! supply     P_max = P_s + min(P_fc, P_set) + P_b,max − E_owed/dt
//! demand     P(k) = Σ P_rank over rank 0 and every rank above k
//! balance    E_drawn + E_owed' + ΔE_b + ΔE_h2 + Q = E_taken + E_owed
//! store      N = E_store / (2·F·0.8 V)        n_H2 + n_H2O = N,  n_O2 = n_H2/2
//! fuel cell  ΔE_h2 = −Δn·Δh,  E = 2·F·V·Δn,  Q = Δn·Δh − E       per mole of H2 used
//! electrolyser  E = 2·F·V·Δn ≤ min(P_el, P_el,set)·dt,  Q = E − Δn·Δh      per mole of H2 made
//!   A        area of the array                                  [m2]
//!   p        electric power of a square metre                   [W/m2]
//!   P_f      fission unit                                       [W]
//!   P_fc, P_set  largest and commanded power of the fuel cell   [W]
//!   P_el, P_el,set  largest power of the electrolyser, and the most it is commanded to take  [W]
//!   P_b,max  what the battery can give for a step               [W]
//!   k        loads shed: ranks 1 to k are off                   [1]
//!   E_owed   drawn beyond all stores                            [J]
//!   ΔE_b     change of the battery's stored energy              [J]
//!   Q        heat to coolant                                    [J]
//!   N        hydrogen of a full store                           [mol]
//!   Δh       enthalpy of water over that of its gases at the temperature of the tanks [J/mol]
//!   V        voltage of a cell                                  [V]
//! ```
//! # State
//! Charge, temperature and lost capacity of the battery, dust on the array, what faults leave of array,
//! battery, fuel cell and electrolyser, hydrogen of the fuel cell's store, the three commands, which loads are shed, what
//! each rank drew when it last ran, what is owed. The rest of [`Power`] is shown and not used again,
//! but `source_w`, which passes from one stage to the next.
//! # Stages
//! [`Power::share_out`] before the units decides which of them have power, from what sun and stores
//! can give and what they drew last; [`Power::settle`] after them supplies exactly what was drawn.
//!
//! Supply: array and fission unit, then the fuel cell up to its command, then the battery. Surplus: battery,
//! then electrolyser up to its command; what neither takes stays in the sun.
//! # Parameters
//! | what | key in `[power]` | default | unit | source |
//! |---|---|---|---|---|
//! | array | `array_m2` | 70 | m2 | design of the reference habitat |
//! | share of it under dust, and its growth | `dust_fraction`, `dust_fraction_per_day` | 0.02, 0 | 1, 1/d | assumed, see [`Panel`] |
//! | battery, usable | `battery_kwh` | 120 | kWh | design of the reference habitat |
//! | fuel cell store | `fuel_cell_kwh` | 400 | kWh at 0.8 V | design of the reference habitat |
//! | fuel cell | `fuel_cell_kw` | 6 | kW | design of the reference habitat |
//! | electrolyser | `electrolyser_kw` | 15 | kW | GRC closed cycle of 2005: 15 kW charge |
//! | fission unit | `fission_kw` | 0 | kW | none |
//! | order of shedding | `shed_order` | nothing is shed | – | the scenario |
//! | temperature of battery at the start, and of stacks | – | 293.15, 343.15 | K | assumed |
//! | battery is charged, discharged between | – | 273.15 to 318.15, 253.15 to 333.15 | K | assumed |
//! | heat capacity of the battery, conductance to the moderate loop | – | 70, 0.025 | J/K, W/K per cell | assumed |
//! | calendar and cycle fade | – | 1.2 % a year at 298 K, 20 % in 3000 cycles | – | assumed, see `physics::battery` |
//! | loads are shed below, come back above | – | 0.05, 0.15 | usable charge | assumed |
//! # Without power
//! A unit that is shed, or that all darkness takes, has no power for the whole step. Everything comes back by
//! itself, with the command that it had.
//!
//! | unit | without power |
//! |---|---|
//! | equipment | draws nothing; its mass and its plate go on giving heat to the loop |
//! | fans | draw nothing; air between zones moves as with failed fans |
//! | air heater, loop heaters | give nothing |
//! | pumps of the loops | stand: heat stays in the loops; never shed, only dark |
//! | oxygen generator | makes nothing and leaves its standby |
//! | condensing heat exchanger | no air passes: no cooling, no condensate |
//! | CO2 removal | blower, valves and heaters rest, beds hold what they have |
//! | reducer | reacts nothing; hydrogen is vented |
//! | trace contaminant control, lithium hydroxide | no air passes |
//! | water, urine and brine processors | process nothing, tanks keep what they have |
//! | regulator, relief valves, oxygen candles | go on: they need no power |
//! | array, battery, fuel cell | are the supply: they go on |
//! # Fails how
//! | unit | degraded | failed |
//! |---|---|---|
//! | array | a tenth or more of its strings is dead; dust falls | nothing is left |
//! | battery | half of its current | neither takes nor gives, keeps its energy |
//! | fuel cell, electrolyser | half of their power | nothing |
//!
//! A battery too cold or too hot is not charged, or not discharged. Fuel cell and electrolyser stop while
//! the moderate loop is too hot, see [`crate::thermal`].
//! # Simplifications
//! - The array turns about a mast.
//! - Stacks keep their temperature and give their heat to coolant at once. They do not age.
//! - The battery has one temperature; it has no heater of its own but the loop's.
//! - Conversion losses of the bus are inside the powers of the units.
//! - The gases of the store have the temperature of the tanks and no pressure; pumps and compressors
//!   of the store draw nothing.
//! - A fission unit is a number of watts; its own heat is not modelled.
//! - A load that may be shed is shed whole.
//! # Tests
//! `power::the_account_closes_through_darkness_and_blackout`,
//! `power::stores_refill_when_the_sun_is_back`,
//! `power::commanded_shedding_saves_energy_and_gives_back`, `power::the_fuel_cell_gives_back_half`,
//! `power::a_load_that_does_not_exist_is_refused`, `power::a_cold_battery_is_not_charged`,
//! `power::the_battery_follows_its_coolant`, `power::what_fades_becomes_heat`,
//! `power::failed_supply_gives_less`, `power::the_electrolyser_takes_no_more_than_it_may`, `power::every_load_without_power_draws_and_makes_nothing`, and `darkness_is_lost_on_hold_and_won_by_rules` in
//! `env`.

pub mod site;

use physics::battery::Battery;
use physics::constants::{DAY_S, FARADAY_C_MOL, M_H2O_KG_MOL, T_REF_K};
use physics::electrolysis;
use physics::fuel_cell::{self, Stack};
use physics::photovoltaic::{Panel, PanelLight, mast_tracking_cosine};
use physics::species::{COMPOSITION, Gas, WATER, enthalpy_j_mol};
use physics::sun::Sunlight;

use crate::air::relaxed;
use crate::air::zone::liquid_j_mol;
use crate::ledger::{Account, Coolant, Ledger};
use crate::power::site::SitePlan;
use crate::slots::state;
use crate::stores::StoresPlan;
use crate::thermal::Plate;

/// Temperature of the battery at the start, K. Assumed.
const BATTERY_K: f64 = 293.15;
/// Temperatures between which the battery is charged, K: cold cells plate lithium. Assumed.
pub const CHARGE_K: (f64, f64) = (273.15, 318.15);
/// Temperatures between which the battery is discharged, K. Assumed.
pub const DISCHARGE_K: (f64, f64) = (253.15, 333.15);
/// Heat capacity of a cell with its share of the housing, J/K. Assumed: 70 g at 1 kJ/kg/K.
const CELL_J_K: f64 = 70.0;
/// Conductance from a cell to coolant, W/K. Assumed: 200 W/K for the reference's 8108 cells.
pub const CELL_W_K: f64 = 0.025;
/// Time between two looks at the sky, s. Assumed.
pub const SKY_S: f64 = 300.0;
/// Sky that the array sees in front, and ground behind, K. Deep space; lit polar regolith, assumed.
const ARRAY_SINKS_K: (f64, f64) = (3.0, 180.0);
/// Voltage of a fuel cell at rated load, V, which turns the store's energy into hydrogen.
const RATED_V: f64 = 0.80;
/// Current density of the electrolyser at rated power, A/cm2, where a cell takes about 1.6 V.
const ELECTROLYSER_A_CM2: f64 = 0.1;
/// Charge of the battery above its lower limit at which loads are shed, share. Assumed.
const SHED_BELOW: f64 = 0.05;
/// Charge of the battery above its lower limit at which a shed load may come back, share. Assumed.
const RESTORE_ABOVE: f64 = 0.15;
/// Most that a battery fades, share: as far as `physics::battery` knows its resistance. Assumed.
const FADE_MAX: f64 = 0.9;
/// Loads in the order of shedding, and those that never are.
pub const RANKS_MAX: usize = 33;
/// All loads are off.
pub const BLACKOUT: u64 = u64::MAX;

/// Parameters of the power system.
#[derive(Debug, Clone, PartialEq)]
pub struct PowerPlan {
    /// Sun and horizon.
    pub site: SitePlan,
    /// Area of the array, m2.
    pub array_m2: f64,
    /// Growth of the dust on it, share of what is still bare, 1/s.
    pub dust_per_s: f64,
    /// The cells of the array.
    pub panel: Panel<f64>,
    /// The battery.
    pub battery: Battery<f64>,
    /// Hydrogen of a full fuel cell store, mol.
    pub store_mol: f64,
    /// The fuel cell.
    pub fuel_cell: Stack<f64>,
    /// Largest power of the fuel cell, W.
    pub fuel_cell_w: f64,
    /// Active area of the electrolyser, cm2.
    pub electrolyser_cm2: f64,
    /// Largest power of the electrolyser, W.
    pub electrolyser_w: f64,
    /// Steady power of a fission unit, W.
    pub fission_w: f64,
    /// Names of the loads that may be shed, the first one first.
    pub shed_order: Vec<String>,
}

impl PowerPlan {
    /// Electric power of a square metre of the array, W/m2, under so much dust; see [`Panel::run`].
    pub(crate) fn cells_w_m2(&self, light: &Sunlight<f64>, dust_fraction: f64) -> f64 {
        let panel = self.panel.run(&PanelLight {
            direct_w_m2: light.direct_w_m2,
            incidence_cosine: mast_tracking_cosine(light.position.direction),
            dust_fraction,
            t_front_sink_k: ARRAY_SINKS_K.0,
            t_back_sink_k: ARRAY_SINKS_K.1,
        });
        panel.electric_w_m2
    }

    /// Compile the power system of a scenario: kilowatt-hours become cells and moles, kilowatts areas.
    ///
    /// # Equation
    /// ```text
    /// store         N = E / (2·F·0.8 V)
    /// fuel cell     area = P / (0.8 V · 0.4 A/cm2)
    /// electrolyser  area = P / (V(0.1 A/cm2) · 0.1 A/cm2)
    /// ```
    #[must_use]
    pub fn new(model: &crate::scenario::Power) -> PowerPlan {
        let electrolyser_w = model.electrolyser_kw * 1e3;
        let cell_v = electrolysis::cell_voltage_v(ELECTROLYSER_A_CM2, electrolysis::CELL_T_K);
        PowerPlan {
            site: SitePlan::new(&model.site),
            array_m2: model.array_m2,
            dust_per_s: model.dust_fraction_per_day / DAY_S,
            panel: Panel::triple_junction(),
            battery: Battery::with_usable_energy_j(model.battery_kwh * 3.6e6),
            store_mol: model.fuel_cell_kwh * 3.6e6 / (2.0 * FARADAY_C_MOL * RATED_V),
            fuel_cell: Stack {
                active_area_cm2: model.fuel_cell_kw * 1e3 / (RATED_V * fuel_cell::RATED_A_CM2),
            },
            fuel_cell_w: model.fuel_cell_kw * 1e3,
            electrolyser_cm2: electrolyser_w / (cell_v * ELECTROLYSER_A_CM2),
            electrolyser_w,
            fission_w: model.fission_kw * 1e3,
            shed_order: model.shed_order.clone(),
        }
    }

    /// Rank of a load: its place in the order of shedding from 1 on, 0 if it is never shed.
    #[must_use]
    pub fn rank(&self, load: &str) -> u64 {
        self.shed_order.iter().position(|name| name == load).map_or(0, |place| place as u64 + 1)
    }
}

state! {
    /// What the power system remembers.
    pub struct Power {
        /// Charge of the battery, share of the full charge.
        pub charge_fraction: f64,
        /// Temperature of the battery, K.
        pub battery_k: f64,
        /// Share of its capacity that the battery has lost.
        pub fade: f64,
        /// Share of the array under dust.
        pub dust_fraction: f64,
        /// Share of the array's strings that work, 0 to 1.
        pub array_capacity: f64,
        /// Share of its power that the battery can give and take for its faults, 0 to 1.
        pub battery_capacity: f64,
        /// Share of its power that the fuel cell can give for its faults, 0 to 1.
        pub fuel_cell_capacity: f64,
        /// Share of its power that the electrolyser can take for its faults, 0 to 1.
        pub electrolyser_capacity: f64,
        /// The coolant is too hot for fuel cell and electrolyser.
        pub hot: bool,
        /// The low coolant loop is too hot for CO2 removal.
        pub low_hot: bool,
        /// Hydrogen in the fuel cell's store, mol; oxygen is half of it, water the rest.
        pub h2_mol: f64,
        /// Commanded power of the fuel cell in darkness, W.
        pub set_fuel_cell_w: f64,
        /// Commanded most that the electrolyser takes, W.
        pub set_electrolyser_w: f64,
        /// Commanded number of loads without power; the bus sheds more when it must.
        pub set_shed: f64,
        /// Loads shed: ranks 1 to this one have no power; [`BLACKOUT`] is everything.
        pub shed: u64,
        /// Energy drawn beyond what the stores could give, J; settled first in the next step.
        pub owed_j: f64,
        /// Power of each rank when it last ran, W.
        pub rank_w: [f64; RANKS_MAX],
        /// Share of the sun's disc in view.
        pub lit_fraction: f64,
        /// Times that the sky was looked at, by the grid of [`SKY_S`]; 0 before the first and after dust.
        pub sky_looks: f64,
        /// A declared darkness was there at the last look.
        pub sky_dark: bool,
        /// Electric power of a square metre of the array at the last look, W/m2.
        pub cells_w_m2: f64,
        /// Sunlight on a plane that faces it, W/m2.
        pub direct_w_m2: f64,
        /// Sine of the sun's height.
        pub sin_elevation: f64,
        /// Power that the array and a fission unit can give, W.
        pub source_w: f64,
        /// Power drawn in the last step, W.
        pub drawn_w: f64,
        /// Power of the fuel cell in the last step, W.
        pub fuel_cell_w: f64,
        /// Power into the electrolyser in the last step, W.
        pub electrolyser_w: f64,
        /// Power into (positive) or out of the battery in the last step, W.
        pub battery_w: f64,
    }
}

/// What the loads that are never shed and those of the ranks after `shed` drew when they last ran, W.
fn demand_w(rank_w: &[f64; RANKS_MAX], shed: u64, ranks: u64) -> f64 {
    let mut w = rank_w[0];
    for rank in shed + 1..=ranks {
        w += rank_w[rank as usize];
    }
    w
}

impl Power {
    /// The state at the start: stores as the scenario says, nothing shed.
    #[must_use]
    pub fn new(plan: &PowerPlan, model: &crate::scenario::Power) -> Power {
        let (low, high) = (plan.battery.low_fraction, plan.battery.high_fraction);
        let mut power = Power {
            charge_fraction: low + (high - low) * model.battery_start,
            battery_k: BATTERY_K,
            fade: 0.0,
            dust_fraction: model.dust_fraction,
            array_capacity: 1.0,
            battery_capacity: 1.0,
            fuel_cell_capacity: 1.0,
            electrolyser_capacity: 1.0,
            hot: false,
            low_hot: false,
            h2_mol: plan.store_mol * model.store_start,
            set_fuel_cell_w: 0.5 * plan.fuel_cell_w,
            set_electrolyser_w: plan.electrolyser_w,
            set_shed: 0.0,
            shed: 0,
            owed_j: 0.0,
            rank_w: [0.0; RANKS_MAX],
            lit_fraction: 0.0,
            sky_looks: 0.0,
            sky_dark: false,
            cells_w_m2: 0.0,
            direct_w_m2: 0.0,
            sin_elevation: 0.0,
            source_w: 0.0,
            drawn_w: 0.0,
            fuel_cell_w: 0.0,
            electrolyser_w: 0.0,
            battery_w: 0.0,
        };
        // Who reads the bus before the first step sees the sun that shines on it.
        power.look_at_the_sun(plan, 0.0);
        power.source_w = power.sources_w(plan);
        power
    }

    /// What array and fission unit can give as the sky was at the last look, W.
    fn sources_w(&self, plan: &PowerPlan) -> f64 {
        self.cells_w_m2 * plan.array_m2 * self.array_capacity + plan.fission_w
    }

    /// Usable charge left in the battery, 0 to 1.
    #[must_use]
    pub fn usable(&self, plan: &PowerPlan) -> f64 {
        let (low, high) = (plan.battery.low_fraction, plan.battery.high_fraction);
        ((self.charge_fraction - low) / (high - low)).clamp(0.0, 1.0)
    }

    /// Whether a load of this rank has power.
    #[inline]
    #[must_use]
    pub fn powers(&self, rank: u64) -> bool {
        self.shed != BLACKOUT && (rank == 0 || rank > self.shed)
    }

    /// The battery as it is: aged, with the power that its faults leave. A failed one keeps its energy.
    #[inline(always)]
    #[must_use]
    pub fn battery(&self, plan: &PowerPlan) -> Battery<f64> {
        let aged = plan.battery.aged(self.fade);
        Battery { current_max_a: aged.current_max_a * self.battery_capacity, ..aged }
    }

    /// Power of the fuel cell as far as faults, coolant and command let it, W.
    #[inline(always)]
    fn fuel_cell_most_w(&self, plan: &PowerPlan) -> f64 {
        if self.hot || self.h2_mol <= 0.0 {
            return 0.0;
        }
        (plan.fuel_cell_w * self.fuel_cell_capacity).min(self.set_fuel_cell_w)
    }

    /// Power that the battery may take or give at its temperature: `p_w` or nothing, W; positive charges.
    #[inline(always)]
    fn allowed_w(&self, p_w: f64) -> f64 {
        let (low_k, high_k) = if p_w > 0.0 { CHARGE_K } else { DISCHARGE_K };
        if (low_k..=high_k).contains(&self.battery_k) { p_w } else { 0.0 }
    }

    /// Everything held, in all columns: hydrogen, oxygen and water of the fuel cell's store, charge and
    /// warmth of the battery, less what is owed.
    #[must_use]
    pub fn account(&self, plan: &PowerPlan, stores_plan: &StoresPlan) -> Account {
        let t_k = stores_plan.t_k;
        let mut account = Account::default();
        account.add(&COMPOSITION[Gas::H2 as usize], self.h2_mol, enthalpy_j_mol(Gas::H2, t_k));
        account.add(
            &COMPOSITION[Gas::O2 as usize],
            0.5 * self.h2_mol,
            enthalpy_j_mol(Gas::O2, t_k),
        );
        account.add(&WATER, plan.store_mol - self.h2_mol, liquid_j_mol(t_k));
        let stored_j = plan.battery.aged(self.fade).stored_energy_j(self.charge_fraction);
        let warm_j = plan.battery.cells * CELL_J_K * (self.battery_k - T_REF_K);
        account.add_energy(stored_j + warm_j - self.owed_j);
        account
    }

    /// Take up what the sky shows: anew every [`SKY_S`] of mission time, and at once where dust or a declared
    /// darkness has changed it.
    ///
    /// In five minutes the sun moves by 0.04°, a seventh of its radius; the grid is one of mission time, so
    /// nothing depends on the step.
    fn look_at_the_sun(&mut self, plan: &PowerPlan, t_s: f64) {
        let dark = plan.site.is_dark(t_s);
        let looks = ((t_s + 1e-6) / SKY_S).floor() + 1.0;
        if looks == self.sky_looks && dark == self.sky_dark {
            return;
        }
        (self.sky_looks, self.sky_dark) = (looks, dark);
        let mut light = plan.site.sky((looks - 1.0) * SKY_S);
        if dark {
            light.lit_fraction = 0.0;
            light.direct_w_m2 = 0.0;
        }
        self.lit_fraction = light.lit_fraction;
        self.direct_w_m2 = light.direct_w_m2;
        self.sin_elevation = light.position.direction[2];
        self.cells_w_m2 = plan.cells_w_m2(&light, self.dust_fraction);
    }

    /// Find what the sources give and which loads have power in this step; say whether that changed.
    ///
    /// The commanded loads are off in any case. Others are shed one after the other until the rest fits
    /// what array, fuel cell and battery can give. One comes back in a step when there is room for it with
    /// a tenth to spare, and the battery has recovered or the sources carry it alone. With everything shed
    /// that may be and still too little, all is dark until a tenth more is there than the loads that are
    /// never shed drew last.
    ///
    /// # Equation
    /// ```text
    /// shed while P(k) > P_max;   give back if 1.1·P(k − 1) < P_max and (usable > 0.15 or P_s > P(k − 1))
    /// ```
    /// with the symbols of [the module](self). The battery counts in `P_max` above 0.05 of its usable
    /// charge only.
    /// # Valid range
    /// What a load drew when it last ran stands for what it will draw. A load that takes more than that
    /// in a step is supplied all the same, and what is missing is owed.
    /// # Conserves
    /// Nothing is moved.
    /// # Tests
    /// `power::commanded_shedding_saves_energy_and_gives_back`,
    /// `power::the_account_closes_through_darkness_and_blackout`.
    pub fn share_out(&mut self, plan: &PowerPlan, t_s: f64, dt_s: f64) -> bool {
        if plan.dust_per_s > 0.0 {
            self.dust_fraction += (1.0 - self.dust_fraction) * relaxed(plan.dust_per_s * dt_s);
        }
        self.look_at_the_sun(plan, t_s);
        self.source_w = self.sources_w(plan);
        let cell_w = self.fuel_cell_most_w(plan);
        let ranks = plan.shed_order.len().min(RANKS_MAX - 1) as u64;
        let least = (self.set_shed.max(0.0) as u64).min(ranks);
        // A battery only adds to what there is: where nothing is shed beyond the command and the sources carry the
        // rest, it need not be asked.
        if self.shed == least
            && demand_w(&self.rank_w, least, ranks) <= self.source_w + cell_w - self.owed_j / dt_s
        {
            return false;
        }
        let usable = self.usable(plan);
        let battery_w = if usable > SHED_BELOW {
            let most_w = self.allowed_w(-1e7);
            -self.battery(plan).step(self.charge_fraction, self.battery_k, most_w, dt_s).p_w
        } else {
            0.0
        };
        let supply_w = self.source_w + cell_w + battery_w - self.owed_j / dt_s;
        let before = self.shed;
        let rank_w = self.rank_w;
        let demand_w = |shed: u64| demand_w(&rank_w, shed, ranks);
        if self.shed == BLACKOUT {
            if supply_w > 1.1 * demand_w(ranks) && supply_w > 0.0 {
                self.shed = ranks;
            }
        } else {
            self.shed = self.shed.max(least);
            if demand_w(self.shed) > supply_w {
                while self.shed < ranks && demand_w(self.shed) > supply_w {
                    self.shed += 1;
                }
                if demand_w(self.shed) > supply_w {
                    self.shed = BLACKOUT;
                }
            } else if self.shed > least
                && (usable > RESTORE_ABOVE || self.source_w > demand_w(self.shed - 1))
                && 1.1 * demand_w(self.shed - 1) < supply_w
            {
                self.shed -= 1;
            }
        }
        self.shed != before
    }

    /// Supply what the units drew in this step.
    ///
    /// Array first, then the fuel cell up to its command, then the battery; what the array has left
    /// charges the battery, then splits water, and the rest is not taken from the sun.
    ///
    /// # Equation
    /// ```text
    /// need = E_drawn + E_owed
    /// array       direct = min(P_s·dt, need)
    /// fuel cell   min((need − direct)/dt, P_set, P_fc), while there is hydrogen
    /// battery     the rest of the need, or the surplus P_s·dt − direct, as far as it can
    /// electrolyser  what the battery leaves, up to P_el and P_el,set, while there is water
    /// taken = direct + into battery + into electrolyser,   E_owed' = need − everything given
    /// ```
    /// # Source
    /// [`Battery::step`], [`Stack::run`], [`electrolysis::cell_voltage_v`].
    /// # Conserves
    /// Sunlight taken enters by [`Ledger::heat_in`]; heat of battery, by its own mass, and stacks leaves by
    /// [`Ledger::coolant_out`]; hydrogen, oxygen and water of the store change in kind. What no store can
    /// give is owed and settled first in the next step, so that the account closes in a brown-out too.
    /// # Tests
    /// `power::the_account_closes_through_darkness_and_blackout`,
    /// `power::stores_refill_when_the_sun_is_back`, `power::the_fuel_cell_gives_back_half`.
    pub fn settle(
        &mut self,
        plan: &PowerPlan,
        stores_plan: &StoresPlan,
        plate: Plate,
        dt_s: f64,
        ledger: &mut Ledger,
    ) {
        let drawn_j = ledger.take_drawn();
        self.drawn_w = drawn_j / dt_s;
        let t_k = stores_plan.t_k;
        let split_j =
            enthalpy_j_mol(Gas::H2, t_k) + 0.5 * enthalpy_j_mol(Gas::O2, t_k) - liquid_j_mol(t_k);
        let mut need_j = drawn_j + self.owed_j;
        let array_j = self.source_w * dt_s;
        let direct_j = array_j.min(need_j);
        need_j -= direct_j;
        let mut taken_j = direct_j;
        let mut surplus_j = array_j - direct_j;

        self.fuel_cell_w = 0.0;
        let most_w = self.fuel_cell_most_w(plan);
        if need_j > 0.0 && most_w > 0.0 {
            let want_w = (need_j / dt_s).min(most_w);
            let flow = plan.fuel_cell.run(want_w, fuel_cell::CELL_T_K);
            let h2_mol = (flow.h2_mol_s * dt_s).min(self.h2_mol);
            let given_j = flow.p_w * dt_s * (h2_mol / (flow.h2_mol_s * dt_s).max(1e-300));
            // What a large store can resolve is what leaves it.
            let before_mol = self.h2_mol;
            self.h2_mol -= h2_mol;
            let h2_mol = before_mol - self.h2_mol;
            need_j -= given_j;
            ledger.coolant_out(Coolant::Moderate, h2_mol * split_j - given_j);
            ledger.water_moved(h2_mol);
            self.fuel_cell_w = given_j / dt_s;
        }

        let want_w = if need_j > 0.0 { -need_j / dt_s } else { surplus_j / dt_s };
        let battery = self.battery(plan);
        let allowed_w = self.allowed_w(want_w);
        let step = battery.step(self.charge_fraction, self.battery_k, allowed_w, dt_s);
        let before_j = battery.stored_energy_j(self.charge_fraction);
        self.charge_fraction = step.charge_fraction;
        let stored_j = battery.stored_energy_j(self.charge_fraction) - before_j;
        self.fade += plan.battery.fade(self.battery_k, step.current_a, dt_s);
        self.fade = self.fade.min(FADE_MAX);
        let faded_j = (before_j + stored_j)
            - plan.battery.aged(self.fade).stored_energy_j(self.charge_fraction);
        self.warm_battery(plan, step.heat_j + faded_j, plate, dt_s, ledger);
        let terminal_j = stored_j + step.heat_j;
        self.battery_w = terminal_j / dt_s;
        if need_j > 0.0 {
            need_j += terminal_j;
        } else {
            taken_j += terminal_j;
            surplus_j -= terminal_j;
        }

        self.electrolyser_w = 0.0;
        let room_mol = plan.store_mol - self.h2_mol;
        let most_w =
            (plan.electrolyser_w * self.electrolyser_capacity).min(self.set_electrolyser_w);
        if surplus_j > 0.0 && room_mol > 0.0 && most_w > 0.0 && !self.hot {
            let want_w = (surplus_j / dt_s).min(most_w);
            // The voltage hardly moves with the current, so four passes settle it.
            let mut a = want_w / 1.6;
            for _ in 0..4 {
                let v =
                    electrolysis::cell_voltage_v(a / plan.electrolyser_cm2, electrolysis::CELL_T_K);
                a = want_w / v;
            }
            let most_mol = a * dt_s / (2.0 * FARADAY_C_MOL);
            let h2_mol = most_mol.min(room_mol);
            let used_j = want_w * dt_s * (h2_mol / most_mol.max(1e-300));
            let before_mol = self.h2_mol;
            self.h2_mol += h2_mol;
            let h2_mol = self.h2_mol - before_mol;
            ledger.coolant_out(Coolant::Moderate, used_j - h2_mol * split_j);
            ledger.water_moved(h2_mol);
            taken_j += used_j;
            self.electrolyser_w = used_j / dt_s;
        }
        ledger.heat_in(taken_j);
        // Below zero by rounding at most: then the next step is owed to, not owing.
        self.owed_j = need_j;
    }

    /// Warm the battery and let it give heat to coolant.
    ///
    /// # Equation
    /// ```text
    /// C·dT = Q − G·(T − T_coolant)·dt,   implicit: [`Plate::heat_j`]
    ///   C = cells·70 J/K,   G = cells·0.025 W/K,   Q  heat of resistance and of what fades [J]
    /// ```
    /// # Conserves
    /// What the node does not keep leaves by [`Ledger::coolant_out`].
    #[inline(always)]
    fn warm_battery(
        &mut self,
        plan: &PowerPlan,
        heat_j: f64,
        plate: Plate,
        dt_s: f64,
        ledger: &mut Ledger,
    ) {
        let node_j_k = plan.battery.cells * CELL_J_K;
        let before_j = node_j_k * (self.battery_k - T_REF_K);
        let heated_k = self.battery_k + heat_j / node_j_k;
        let plate_j = plate.heat_j(heated_k, plan.battery.cells * CELL_W_K, node_j_k, dt_s);
        self.battery_k = heated_k - plate_j / node_j_k;
        let kept_j = node_j_k * (self.battery_k - T_REF_K) - before_j;
        ledger.coolant_out(Coolant::Moderate, heat_j - kept_j);
    }

    /// Water of the fuel cell's store, kg: what a full store holds as hydrogen and this one does not.
    #[must_use]
    pub fn water_kg(&self, plan: &PowerPlan) -> f64 {
        (plan.store_mol - self.h2_mol) * M_H2O_KG_MOL
    }
}
