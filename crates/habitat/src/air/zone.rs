//! A pressurised volume: well-mixed gas, the structure around it, and the water on its walls.
//!
//! # Ports
//! Gas by [`Zone::take`], [`Zone::take_gas`] and [`Zone::put`]; heat to the air by [`Zone::heat`];
//! equipment, off-gassing, hull losses and the surroundings by the ledger.
//! # State
//! Eight amounts, one internal energy, the temperature of the last step, the temperature of the
//! structure, liquid water on walls and in textiles, the temperature of the equipment on cold plates and
//! whether it has tripped, the set-point of the air heater, the speed of the fans. Pressure and humidity follow from
//! them.
//! # Stages
//! Inputs ([`Zone::inputs`]) at the start, hull ([`Zone::hull`]) after all units, settling
//! ([`Zone::settle`]) after the exchange between zones.
//! # Fails how
//! Holes of the scenario and of meteoroids, a leak and the relief valve lose gas. Degraded fans move half of
//! the air, failed ones none. Equipment that gets too hot on a loop that does not cool switches itself off.
//! # Parameters
//! | what | value | unit | source |
//! |---|---|---|---|
//! | relief valve, full area; band above its setting | 3.14e-4; 5 % | m2 | assumed: 20 mm bore |
//! | evaporation from walls and textiles into dry air | 7 200 | s | assumed |
//! | γ of the gas in holes | 1.4 | – | air |
//! | equipment on plates: `equipment_j_k`, `plate_w_k` | 50e3; 100 | J/K; W/K | assumed |
//! | its trip, and its return | 333.15; 318.15 | K | assumed |
//! | air heater: `heater_w`, `heater_set_k`; its band | 0, 291.15; 2 | W, K; K | assumed |
//! | fans: `fan_w` at the rated speed | 0 | W | of the scenario; flow ∝ speed, power ∝ speed³, see [`Zone::fans_w`] |
//! | regolith: `cover_m2`, `cover_depth_m`, `ground_k` | 0, 2, 250 | m2, m, K | assumed; K(T) of `physics::regolith` |
//! # Simplifications
//! Ideal gas with constant heat capacities, no gradients inside a zone, one temperature of the
//! whole structure, liquid water at the temperature of the tanks.

use physics::constants::{CP_H2O_LIQUID_J_MOL_K, HF_H2O_LIQUID_J_MOL, R_J_MOL_K, T_REF_K};
use physics::moist_air::saturation_pressure_pa;
use physics::orifice;
use physics::regolith::{CONDUCTIVITY_DEEP_W_M_K, RADIATIVE_SHARE, RADIATIVE_T_K};
use physics::species::{
    CP_J_MOL_K, GASES, Gas, HF_J_MOL, internal_energy_j, internal_energy_line, temperature_k,
};

use crate::air::parcel::Parcel;
use crate::air::relaxed;
use crate::ledger::{Coolant, Ledger};
use crate::slots::state;
use crate::thermal::Plate;

/// Full area of a relief valve, m2. Assumed: 20 mm bore.
const RELIEF_AREA_M2: f64 = 3.14e-4;

/// Time constant with which wall water and wet textiles evaporate into dry air, s. Assumed: 2 h.
const EVAPORATION_S: f64 = 7_200.0;

/// Equipment hotter than this switches itself off, K. Assumed.
pub const EQUIPMENT_HOT_K: f64 = 333.15;
/// Equipment that is off comes back below this, K. Assumed.
pub const EQUIPMENT_COOL_K: f64 = 318.15;
/// Band below its set-point in which the air heater goes from nothing to all, K. Assumed.
const HEATER_BAND_K: f64 = 2.0;

/// Parameters of a zone.
#[derive(Debug, Clone, PartialEq)]
pub struct ZonePlan {
    /// Name.
    pub name: String,
    /// Free gas volume, m3.
    pub volume_m3: f64,
    /// Heat capacity of the structure, J/K.
    pub structure_j_k: f64,
    /// Heat conductance from air to structure, W/K.
    pub structure_w_k: f64,
    /// Temperature of an ideal thermostat, K.
    pub isothermal_k: Option<f64>,
    /// Leakage at the standing pressure, 1/s.
    pub leak_per_s: f64,
    /// Area of a hole to the surroundings times its discharge coefficient, m2.
    pub hole_m2: f64,
    /// Pressure of the surroundings, Pa.
    pub surroundings_pa: f64,
    /// Exchange with surroundings of the initial composition, 1/s.
    pub exchange_per_s: f64,
    /// Pressure difference at which the relief valve opens, Pa.
    pub relief_pa: Option<f64>,
    /// Air outside the hull, per mol; the zone's own air at the start.
    pub outside_mol_mol: [f64; GASES],
    /// Amount of gas at the start, mol.
    pub initial_mol: f64,
    /// Temperature of the air outside, K.
    pub outside_k: f64,
    /// Place of the equipment in the order in which loads are shed; 0 is never shed.
    pub equipment_rank: u64,
    /// Place of the fans in that order.
    pub fans_rank: u64,
    /// Heat of equipment to the air, W.
    pub equipment_air_w: f64,
    /// Heat of equipment to cold plates, W.
    pub equipment_plate_w: f64,
    /// Heat capacity of the equipment on cold plates, J/K; 0 without a loop of the habitat's own.
    pub equipment_j_k: f64,
    /// Conductance from it to the moderate loop, W/K.
    pub plate_w_k: f64,
    /// Power of fans at their rated speed, W; all of it heat of the air.
    pub fan_w: f64,
    /// Place of the air heater in the order in which loads are shed.
    pub heater_rank: u64,
    /// Largest power of the air heater, W.
    pub heater_w: f64,
    /// Area over thickness of the regolith on the wall, m.
    pub cover_m: f64,
    /// Temperature of the ground behind it, K.
    pub ground_k: f64,
    /// Gas given off by materials, mol/s.
    pub offgassing_mol_s: [f64; GASES],
}

state! {
    /// What a zone remembers between two steps.
    pub struct Zone {
        /// Amount of each gas, mol.
        pub n_mol: [f64; GASES],
        /// Internal energy of the gas, J; holds every heat and gas flow at once.
        pub u_j: f64,
        /// Air temperature at the end of the last step, K; every unit of a step reads this one.
        pub t_k: f64,
        /// Structure temperature, K.
        pub structure_k: f64,
        /// Liquid water on walls, mol.
        pub film_mol: f64,
        /// Liquid water in textiles, mol.
        pub textile_mol: f64,
        /// Temperature of the equipment on cold plates, K.
        pub equipment_k: f64,
        /// The equipment has got too hot and is off until it has cooled down.
        pub equipment_tripped: bool,
        /// Power of equipment in the last step, W.
        pub equipment_w: f64,
        /// Air heater has electric power.
        pub heater_powered: bool,
        /// Commanded temperature of the air heater, K.
        pub heater_set_k: f64,
        /// Power of the air heater in the last step, W.
        pub heater_w: f64,
        /// Heat from the structure to the ground in the last step, W.
        pub ground_w: f64,
        /// Equipment has electric power.
        pub equipment_powered: bool,
        /// Fans have electric power.
        pub fans_powered: bool,
        /// What the fans can do for their faults, 0 to 1.
        pub fans_capacity: f64,
        /// Commanded speed of the fans, share of the rated one.
        pub fans_speed: f64,
        /// Holes in the wall beside the scenario's own, m2.
        pub holes_m2: f64,
    }
}

/// Enthalpy of liquid water, J/mol.
///
/// # Equation
/// ```text
/// h = −285 830 J/mol + 75.3 J/mol/K · (T − 298.15 K)
/// ```
/// Valid for liquid water; continued as a line elsewhere. Pressure is neglected.
///
/// # Examples
/// ```
/// use lunar_habitat_habitat::air::zone::liquid_j_mol;
/// assert_eq!(liquid_j_mol(298.15), -285_830.0);
/// assert!((liquid_j_mol(299.15) - liquid_j_mol(298.15) - 75.3).abs() < 1e-9);
/// ```
#[inline(always)]
#[must_use]
pub fn liquid_j_mol(t_k: f64) -> f64 {
    HF_H2O_LIQUID_J_MOL + CP_H2O_LIQUID_J_MOL_K * (t_k - T_REF_K)
}

impl Zone {
    /// Gas of the given amounts at `t_k`, with the structure at the same temperature.
    ///
    /// Walls and textiles start dry.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_habitat::air::zone::Zone;
    /// use physics::species::Gas;
    /// let mut zone = Zone::new([21.0, 0.3, 78.0, 1.0, 0.0, 0.0, 0.0, 0.0], 295.0);
    /// let taken = zone.take_gas(Gas::Co2, 5.0); // more than there is
    /// assert_eq!(taken.n_mol[Gas::Co2 as usize], 0.3);
    /// assert_eq!(zone.n_mol[Gas::Co2 as usize], 0.0);
    /// zone.put(&taken);
    /// assert!((zone.total_mol() - 100.3).abs() < 1e-12);
    /// ```
    #[must_use]
    pub fn new(n_mol: [f64; GASES], t_k: f64) -> Zone {
        Zone {
            n_mol,
            u_j: internal_energy_j(&n_mol, t_k),
            t_k,
            structure_k: t_k,
            film_mol: 0.0,
            textile_mol: 0.0,
            equipment_k: t_k,
            equipment_tripped: false,
            equipment_w: 0.0,
            heater_powered: true,
            heater_set_k: t_k,
            heater_w: 0.0,
            ground_w: 0.0,
            equipment_powered: true,
            fans_powered: true,
            fans_capacity: 1.0,
            fans_speed: 1.0,
            holes_m2: 0.0,
        }
    }

    /// Total amount of gas, mol.
    #[inline(always)]
    #[must_use]
    pub fn total_mol(&self) -> f64 {
        Parcel { n_mol: self.n_mol, h_j: 0.0 }.total_mol()
    }

    /// Pressure per amount of gas, Pa/mol: `R·T/V` at the temperature of the end of the last step.
    ///
    /// During a step this temperature stands still, so pressures move with amounts alone until the
    /// zone settles.
    #[inline(always)]
    #[must_use]
    pub fn pa_per_mol(&self, plan: &ZonePlan) -> f64 {
        R_J_MOL_K * self.t_k / plan.volume_m3
    }

    /// Total pressure, Pa: `Σ n · R·T/V`. Zero for an empty zone.
    #[inline(always)]
    #[must_use]
    pub fn p_total_pa(&self, plan: &ZonePlan) -> f64 {
        self.total_mol() * self.pa_per_mol(plan)
    }

    /// Partial pressure of `gas`, Pa: `n · R·T/V`.
    #[inline(always)]
    #[must_use]
    pub fn pp_pa(&self, plan: &ZonePlan, gas: Gas) -> f64 {
        self.n_mol[gas as usize] * self.pa_per_mol(plan)
    }

    /// O2 share of the dry gas, mol/mol; 0 for an empty zone.
    #[inline(always)]
    #[must_use]
    pub fn o2_fraction(&self) -> f64 {
        let dry_mol = self.total_mol() - self.n_mol[Gas::H2o as usize];
        self.n_mol[Gas::O2 as usize] / dry_mol.max(1e-300)
    }

    /// Relative humidity: vapour pressure over saturation pressure at the air temperature.
    ///
    /// 0 to 1 after [`Zone::settle`]; within a step it may stand above one until vapour condenses.
    #[inline(always)]
    #[must_use]
    pub fn rh(&self, plan: &ZonePlan) -> f64 {
        self.pp_pa(plan, Gas::H2o) / saturation_pressure_pa(self.t_k)
    }

    /// Share of the gas that a device drawing `flow_m3_s` passes in `dt_s`.
    ///
    /// # Equation
    /// ```text
    /// share = min( 1 − exp(−flow · dt / V), 1/γ )          γ = 1.4
    /// ```
    /// The first is the exact solution for a well-mixed volume that the device refills with gas of a
    /// constant state. The second is what a very long step comes to at constant volume: gas that
    /// returns at `T_out` has then taken `n·c_v·(T − T_out)` from the zone, which `n·c_p·(T − T_out)`
    /// of all the gas would exceed: so the zone never gets colder than what returns. It holds from
    /// 1.25 changes of air a step on. A negative flow counts as zero.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_habitat::{Plan, air::zone::Zone, scenario};
    /// let loaded = scenario::load("leak-box")?;
    /// let plan = Plan::compile(&loaded.scenario, loaded.hash)?;
    /// let minute = Zone::drawn_share(&plan.zones[0], 0.2, 60.0); // 12 m3 of 100 m3
    /// assert!((minute - (1.0 - (-0.12_f64).exp())).abs() < 1e-12);
    /// assert_eq!(Zone::drawn_share(&plan.zones[0], 1e9, 60.0), 1.0 / 1.4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline(always)]
    #[must_use]
    pub fn drawn_share(plan: &ZonePlan, flow_m3_s: f64, dt_s: f64) -> f64 {
        relaxed(flow_m3_s * dt_s / plan.volume_m3).min(1.0 / orifice::GAMMA_AIR)
    }

    /// Take `share` of the gas, at the temperature that this step's units see.
    ///
    /// The enthalpy of what leaves is subtracted from the internal energy: the gas that stays
    /// behind does the work of pushing it out and cools, as in a real blow-down. A share of 0 to 1
    /// is expected.
    #[inline(always)]
    #[must_use]
    pub fn take(&mut self, share: f64) -> Parcel {
        let mut n_mol = [0.0; GASES];
        for i in 0..GASES {
            n_mol[i] = self.n_mol[i] * share;
            self.n_mol[i] -= n_mol[i];
        }
        let parcel = Parcel::at(n_mol, self.t_k);
        self.u_j -= parcel.h_j;
        parcel
    }

    /// Take the share `1 − exp(−x)` of the gas, which expands while it leaves.
    ///
    /// # Equation
    /// ```text
    /// T(n) = T·(n/n_0)^(γ−1)                                         γ = c_p/c_v of the mixture
    /// H    = Σ n·(h_f − c_p·T_ref)·(1 − e^−x) + C_v·T·(1 − e^(−γ·x))  [J]
    /// ```
    /// with `C_v·T` of this moment: what units have given and taken in this step counts.
    /// # Source
    /// First law for a volume that is emptied without heat (Reynolds' problem): what stays behind expands
    /// isentropically.
    /// # Outside the range
    /// The gas that stays has a positive temperature at any `x`; with [`Zone::take`] and more than 1/γ of the gas
    /// it would owe energy. Both agree to first order.
    /// # Conserves
    /// The parcel carries what the zone loses; the caller books it.
    /// # Tests
    /// `vacuum::a_box_without_walls_blows_down_cold_and_stays_above_zero`.
    #[inline(always)]
    #[must_use]
    pub fn blow_down(&mut self, x: f64) -> Parcel {
        let share = relaxed(x);
        let (offset_j, c_v_j_k) = internal_energy_line(&self.n_mol);
        let gamma = 1.0 + self.total_mol() * R_J_MOL_K / c_v_j_k.max(1e-300);
        let mut parcel = Parcel::default();
        for i in 0..GASES {
            parcel.n_mol[i] = self.n_mol[i] * share;
            self.n_mol[i] -= parcel.n_mol[i];
        }
        parcel.h_j = offset_j * share + (self.u_j - offset_j) * relaxed(gamma * x);
        self.u_j -= parcel.h_j;
        parcel
    }

    /// Take up to `n_mol` of one gas; less if there is less, nothing for a negative amount.
    #[inline(always)]
    #[must_use]
    pub fn take_gas(&mut self, gas: Gas, n_mol: f64) -> Parcel {
        let taken_mol = n_mol.max(0.0).min(self.n_mol[gas as usize]);
        let mut parcel = Parcel::default();
        parcel.n_mol[gas as usize] = taken_mol;
        parcel.h_j = taken_mol * physics::species::enthalpy_j_mol(gas, self.t_k);
        self.n_mol[gas as usize] -= taken_mol;
        self.u_j -= parcel.h_j;
        parcel
    }

    /// Put gas into the zone: amounts and enthalpy are added, the temperature follows at the end of
    /// the step.
    #[inline(always)]
    pub fn put(&mut self, parcel: &Parcel) {
        for i in 0..GASES {
            self.n_mol[i] += parcel.n_mol[i];
        }
        self.u_j += parcel.h_j;
    }

    /// Give heat to the air, J; negative takes it. The caller books it if it crosses the boundary.
    #[inline(always)]
    pub fn heat(&mut self, q_j: f64) {
        self.u_j += q_j;
    }

    /// Energy held by gas, structure and liquid water, J.
    ///
    /// # Equation
    /// ```text
    /// E = U(gas) + C_structure·(T_structure − 298.15 K) + (film + textiles)·h(liquid, T_liquid)
    ///     + C_equipment·(T_equipment − 298.15 K)
    /// ```
    /// The energy column of the ledger sums this over the zones.
    #[inline(always)]
    #[must_use]
    pub fn energy_j(&self, plan: &ZonePlan, liquid_k: f64) -> f64 {
        self.u_j
            + plan.structure_j_k * (self.structure_k - T_REF_K)
            + (self.film_mol + self.textile_mol) * liquid_j_mol(liquid_k)
            + plan.equipment_j_k * (self.equipment_k - T_REF_K)
    }

    /// Whether the equipment runs: it has power and is not too hot.
    #[inline(always)]
    #[must_use]
    pub fn equipment_runs(&self) -> bool {
        self.equipment_powered && !self.equipment_tripped
    }

    /// Power of the equipment, and its heat to air and, through its own mass, to the moderate loop.
    ///
    /// # Equation
    /// ```text
    /// C·dT/dt = P − G·(T − T_coolant),   implicit: [`Plate::heat_j`]
    /// off above 333.15 K, on again below 318.15 K
    ///   P  plate heat [W]   C  heat capacity of the equipment [J/K]   G  conductance of the plate [W/K]
    /// ```
    /// # Source
    /// Lumped node, implicit. Limits assumed: electronics of 60 °C at the case.
    /// # Valid range
    /// Any step; a node follows its coolant within `C/G`, 8 min by default.
    /// # Outside the range
    /// Without a loop of the habitat's own, and without plate heat, there is no node: what there is goes
    /// to coolant at once.
    /// # Conserves
    /// Power by [`Ledger::electric_in`], heat to the loop by [`Ledger::coolant_out`].
    /// # Tests
    /// `thermal::hot_equipment_trips_and_comes_back`.
    #[inline(always)]
    fn equipment(&mut self, plan: &ZonePlan, plate: Plate, dt_s: f64, ledger: &mut Ledger) {
        let run_s = if self.equipment_runs() { dt_s } else { 0.0 };
        let plate_j = plan.equipment_plate_w * run_s;
        let air_j = plan.equipment_air_w * run_s;
        self.equipment_w = (plate_j + air_j) / dt_s;
        ledger.electric_in(air_j + plate_j);
        self.heat(air_j);
        if plan.equipment_j_k <= 0.0 {
            ledger.coolant_out(Coolant::Moderate, plate_j);
            return;
        }
        let before_k = self.equipment_k;
        let heated_k = before_k + plate_j / plan.equipment_j_k;
        let given_j = plate.heat_j(heated_k, plan.plate_w_k, plan.equipment_j_k, dt_s);
        self.equipment_k = heated_k - given_j / plan.equipment_j_k;
        let stored_j = plan.equipment_j_k * (self.equipment_k - T_REF_K)
            - plan.equipment_j_k * (before_k - T_REF_K);
        ledger.coolant_out(Coolant::Moderate, plate_j - stored_j);
        self.equipment_tripped = self.equipment_k
            > if self.equipment_tripped { EQUIPMENT_COOL_K } else { EQUIPMENT_HOT_K };
    }

    /// Heat through regolith on the wall, from the structure to the ground.
    ///
    /// # Equation
    /// ```text
    /// q = A/L·∫ K dT = A/L·K_c·((T_s − T_g) + χ/4·(T_s⁴ − T_g⁴)/(350 K)³),   χ = 2.7
    /// T_s' = T_g + (T_s − T_g)/(1 + q·dt/(C·(T_s − T_g)))
    /// ```
    /// # Source
    /// K(T) of `physics::regolith` at 1800 kg/m3 (Hayne 2017), integrated across a layer in steady state.
    /// # Valid range
    /// A layer that has settled: 2 m take years, so the steady flow is that of a habitat in place.
    /// # Outside the range
    /// Structure and ground at one temperature: nothing flows.
    /// # Conserves
    /// What the structure loses leaves by [`Ledger::heat_in`].
    /// # Tests
    /// `thermal::regolith_carries_the_closed_form`.
    #[inline(always)]
    fn ground(&mut self, plan: &ZonePlan, dt_s: f64, ledger: &mut Ledger) {
        let difference_k = self.structure_k - plan.ground_k;
        let (s, g) = (self.structure_k, plan.ground_k);
        // (T_s⁴ − T_g⁴)/(T_s − T_g), without cancellation.
        let quartic = (s + g) * (s * s + g * g);
        let radiative = 0.25 * RADIATIVE_SHARE / (RADIATIVE_T_K * RADIATIVE_T_K * RADIATIVE_T_K);
        let per_k = plan.cover_m * CONDUCTIVITY_DEEP_W_M_K * (1.0 + radiative * quartic) * dt_s;
        let before_j = plan.structure_j_k * (s - T_REF_K);
        self.structure_k = g + difference_k / (1.0 + per_k / plan.structure_j_k);
        let lost_j = before_j - plan.structure_j_k * (self.structure_k - T_REF_K);
        self.ground_w = lost_j / dt_s;
        ledger.heat_in(-lost_j);
    }

    /// Share of the rated flow that the fans of the zone move, 0 to 1; also that of a connection that hangs on them.
    ///
    /// # Equation
    /// ```text
    /// Q/Q_rated = capacity · N/N_rated
    /// ```
    /// # Source
    /// Fan affinity laws: ASHRAE Handbook, HVAC Systems and Equipment, chapter Fans. Density does not enter the volume.
    /// # Valid range
    /// Speeds from 0 to 1 through ducts whose resistance stays.
    /// # Outside the range
    /// Without electric power, and with failed fans, nothing moves.
    /// # Tests
    /// `actuation::fans_obey_the_affinity_laws`.
    #[inline(always)]
    #[must_use]
    pub fn fans_share(&self) -> f64 {
        if self.fans_powered { self.fans_capacity * self.fans_speed } else { 0.0 }
    }

    /// Power that the fans of the zone draw while they have any, W; all of it becomes heat of the air.
    ///
    /// # Equation
    /// ```text
    /// P/P_rated = (N/N_rated)³
    /// ```
    /// # Source
    /// Fan affinity laws: ASHRAE Handbook, HVAC Systems and Equipment, chapter Fans.
    /// # Valid range
    /// Speeds from 0 to 1 through ducts whose resistance stays.
    /// # Outside the range
    /// Degraded fans draw what sound ones do. The loss of drive and motor, which falls less than the cube, and the
    /// density of the air are not modelled. Slow fans leave no pockets of breath: the air of a zone is mixed.
    /// # Conserves
    /// The caller books it.
    /// # Tests
    /// `actuation::fans_obey_the_affinity_laws`.
    #[inline(always)]
    #[must_use]
    pub fn fans_w(&self, plan: &ZonePlan) -> f64 {
        plan.fan_w * (self.fans_speed * self.fans_speed * self.fans_speed)
    }

    /// Heat of fans and air heater, off-gassing and evaporation from walls and textiles.
    ///
    /// The heater gives `heater·(T_set − T)/2 K` between nothing and all of its power (band assumed).
    ///
    /// # Equation
    /// ```text
    /// room   = max(0, p_sat(T)·V/(R·T) − n_w)                                      [mol]
    /// vapour = min( wet · (1 − exp(−dt/7200 s)) · (1 − RH), room/2 )               [mol]
    /// Q      = (equipment to air + fans + heater)·dt + vapour·h(liquid) − H(vapour)          [J]
    /// ```
    /// # Source
    /// The time constant is assumed. Half of the room in one step keeps a long step from
    /// overshooting saturation.
    /// # Valid range
    /// Any step; 233 K to 323 K, the range of the saturation formula.
    /// # Outside the range
    /// Saturated air takes nothing. Film and textiles dry in proportion to what they hold and never
    /// fall below zero.
    /// # Conserves
    /// Electric power and off-gassed matter enter by the ledger; liquid becomes vapour in kind.
    /// Power is booked by [`Ledger::electric_in`], that of equipment and its plates by a call of its own,
    /// off-gassing enters by [`Ledger::gas_in`] at the temperature of the air, vapour is booked by
    /// [`Ledger::gas_moved`].
    #[inline(always)]
    pub fn inputs(
        &mut self,
        plan: &ZonePlan,
        plate: Plate,
        dt_s: f64,
        liquid_k: f64,
        ledger: &mut Ledger,
    ) {
        self.equipment(plan, plate, dt_s, ledger);
        if plan.heater_w > 0.0 {
            let share = ((self.heater_set_k - self.t_k) / HEATER_BAND_K).clamp(0.0, 1.0);
            self.heater_w = if self.heater_powered { plan.heater_w * share } else { 0.0 };
            ledger.electric_in(self.heater_w * dt_s);
            self.heat(self.heater_w * dt_s);
        }
        let fans_run = self.fans_powered && self.fans_capacity > 0.0;
        let fan_j = if fans_run { self.fans_w(plan) * dt_s } else { 0.0 };
        ledger.electric_in(fan_j);
        self.heat(fan_j);

        let mut given_mol = plan.offgassing_mol_s;
        for n_mol in &mut given_mol {
            *n_mol *= dt_s;
        }
        if given_mol.iter().any(|n| *n > 0.0) {
            let given = Parcel::at(given_mol, self.t_k);
            ledger.gas_in(&given);
            self.put(&given);
        }

        let wet_mol = self.film_mol + self.textile_mol;
        if wet_mol > 0.0 {
            let p_sat_pa = saturation_pressure_pa(self.t_k);
            let room_mol =
                (p_sat_pa / self.pa_per_mol(plan) - self.n_mol[Gas::H2o as usize]).max(0.0);
            let dry = room_mol * self.pa_per_mol(plan) / p_sat_pa;
            let share = relaxed(dt_s / EVAPORATION_S) * dry;
            let part = (wet_mol * share).min(0.5 * room_mol) / wet_mol;
            let (film_mol, textile_mol) = (self.film_mol * part, self.textile_mol * part);
            self.film_mol -= film_mol;
            self.textile_mol -= textile_mol;
            let vapour_mol = film_mol + textile_mol;
            let mut n_mol = [0.0; GASES];
            n_mol[Gas::H2o as usize] = vapour_mol;
            let vapour = Parcel::at(n_mol, self.t_k);
            ledger.gas_moved(&vapour);
            self.put(&vapour);
            self.heat(vapour_mol * liquid_j_mol(liquid_k) - vapour.h_j);
        }
    }

    /// Heat to the ground; leaks, holes, relief and exchange with the surroundings.
    ///
    /// # Equation
    /// ```text
    /// share lost = 1 − exp(−ṅ·dt / n)     ṅ from the isentropic orifice law at the start of the step
    /// ```
    /// exact for a choked hole at constant temperature. Gas that enters from outside has the
    /// zone's composition at the start.
    /// ```text
    /// ṅ/n = leak (if p > p_out) + exchange + hole (if p > p_out) + relief          [1/s]
    /// relief: area 0 at p − p_out = setting, full at 1.05 · setting; at most the excess in a step
    /// entering = n_initial·(1 − exp(−exchange·dt)) + min(ṅ_hole·dt, (p_out − p)·V/(R·T))   [mol]
    /// ```
    /// # Source
    /// `physics::orifice` (isentropic flow of a perfect gas); linear lift of the valve assumed.
    /// # Valid range
    /// Vacuum to 1 MPa. Leakage is a share of the standing gas, so its mass falls with the
    /// pressure.
    /// # Outside the range
    /// An empty zone is left as it is: nothing leaves and nothing enters. Loss is a share below
    /// one, so amounts stay positive at any step.
    /// # Conserves
    /// Gas and its enthalpy leave or enter by the ledger ([`Ledger::gas_out`], [`Ledger::gas_in`]).
    /// # Tests
    /// `chamber::c6_leak_box` (101.3 to 55.2 kPa through 10 mm in 64.7 min, ±1 %),
    /// `biosim::biosim_6_a_relief_valve_opens`, `biosim::biosim_6_nobody_lives_in_a_vacuum`.
    #[inline(always)]
    pub fn hull(&mut self, plan: &ZonePlan, dt_s: f64, ledger: &mut Ledger) {
        if plan.cover_m > 0.0 {
            self.ground(plan, dt_s, ledger);
        }
        let n_mol = self.total_mol().max(1e-300);
        let p_pa = self.p_total_pa(plan);
        let outward = p_pa > plan.surroundings_pa;
        let mut rate_per_s = if outward { plan.leak_per_s } else { 0.0 } + plan.exchange_per_s;
        let hole_m2 = plan.hole_m2 + self.holes_m2;
        let is_open = hole_m2 > 0.0 || plan.relief_pa.is_some();
        let molar_mass = if is_open { self.molar_mass_kg_mol() } else { 0.0 };
        if hole_m2 > 0.0 && outward {
            let flow = orifice::flow_mol_s(
                p_pa,
                plan.surroundings_pa,
                self.t_k,
                molar_mass,
                orifice::GAMMA_AIR,
                hole_m2,
                1.0,
            );
            rate_per_s += flow / n_mol;
        }
        if let Some(set_pa) = plan.relief_pa {
            let open_m2 = orifice::relief_area_m2(
                p_pa,
                plan.surroundings_pa,
                set_pa,
                1.05 * set_pa,
                RELIEF_AREA_M2,
            );
            if open_m2 > 0.0 {
                let flow = orifice::flow_mol_s(
                    p_pa,
                    plan.surroundings_pa,
                    self.t_k,
                    molar_mass,
                    orifice::GAMMA_AIR,
                    open_m2,
                    1.0,
                );
                // The valve closes as the pressure falls, so it takes at most the excess.
                let excess_mol =
                    (p_pa - plan.surroundings_pa - set_pa).max(0.0) / self.pa_per_mol(plan);
                rate_per_s += flow.min(excess_mol / dt_s) / n_mol;
            }
        }
        if rate_per_s > 0.0 {
            let lost = self.blow_down(rate_per_s * dt_s);
            ledger.gas_out(&lost);
        }
        let mut inward_mol = if plan.exchange_per_s > 0.0 {
            plan.initial_mol * relaxed(plan.exchange_per_s * dt_s)
        } else {
            0.0
        };
        if hole_m2 > 0.0 && plan.surroundings_pa > p_pa {
            let mut outside_kg_mol = 0.0;
            for gas in Gas::ALL {
                outside_kg_mol += plan.outside_mol_mol[gas as usize] * gas.molar_mass_kg_mol();
            }
            let flow = orifice::flow_mol_s(
                plan.surroundings_pa,
                p_pa,
                plan.outside_k,
                outside_kg_mol,
                orifice::GAMMA_AIR,
                hole_m2,
                1.0,
            );
            let room_mol = (plan.surroundings_pa - p_pa) / self.pa_per_mol(plan);
            inward_mol += (flow * dt_s).min(room_mol);
        }
        if inward_mol > 0.0 {
            let mut entered_mol = plan.outside_mol_mol;
            for n in &mut entered_mol {
                *n *= inward_mol;
            }
            let entered = Parcel::at(entered_mol, plan.outside_k);
            ledger.gas_in(&entered);
            self.put(&entered);
        }
    }

    /// Mean molar mass of the gas, kg/mol; 0 for an empty zone.
    #[inline(always)]
    #[must_use]
    pub fn molar_mass_kg_mol(&self) -> f64 {
        let mut m_kg = 0.0;
        for gas in Gas::ALL {
            m_kg += self.n_mol[gas as usize] * gas.molar_mass_kg_mol();
        }
        m_kg / self.total_mol().max(1e-300)
    }

    /// Condense what exceeds saturation and settle the air temperature.
    ///
    /// # Equation
    /// ```text
    /// find x ≥ 0:  (n_w − x)·R·T(x)/V = p_sat(T(x)),   U(x) = U − x·h_liquid
    /// ```
    /// Four Newton steps; the slope of p_sat(T(x)) includes the latent heat set free.
    ///
    /// An isothermal zone is set to its temperature first, and again after every Newton step.
    /// # Source
    /// First law for a closed volume; Clausius-Clapeyron with 44 kJ/mol for the slope alone, so its
    /// error costs convergence and not accuracy.
    /// # Valid range
    /// 233 K to 323 K, the range of the saturation formula.
    /// # Outside the range
    /// Air below saturation is left alone. Never more vapour condenses than there is. With less
    /// than 1e-12 mol of gas the temperature is 298.15 K.
    /// # Conserves
    /// Water moves from vapour to wall film; its latent heat stays in the air. The heat of an ideal
    /// thermostat is booked by [`Ledger::heat_in`]; condensation is added to what moved.
    /// # Tests
    /// `biosim::biosim_11_humidity_never_stays_above_saturation` (relative humidity at most 1 +
    /// 1e-6 after every step), `chamber::c5_sealed_box` (isothermal).
    #[inline(always)]
    pub fn settle(&mut self, plan: &ZonePlan, liquid_k: f64, ledger: &mut Ledger) {
        if let Some(t_k) = plan.isothermal_k {
            let u_j = internal_energy_j(&self.n_mol, t_k);
            ledger.heat_in(u_j - self.u_j);
            self.u_j = u_j;
        }
        self.t_k = temperature_k(&self.n_mol, self.u_j);
        let w = Gas::H2o as usize;
        for _ in 0..4 {
            let p_pa = self.n_mol[w] * self.pa_per_mol(plan);
            let p_sat_pa = saturation_pressure_pa(self.t_k);
            if p_pa <= p_sat_pa {
                break;
            }
            let (_, c_v_j_k) = internal_energy_line(&self.n_mol);
            let latent_j_mol = HF_J_MOL[w] + (CP_J_MOL_K[w] - R_J_MOL_K) * (self.t_k - T_REF_K)
                - R_J_MOL_K * T_REF_K
                - liquid_j_mol(liquid_k);
            // d ln p_sat / dT by Clausius-Clapeyron, h_fg = 44 kJ/mol.
            let slope_pa_k = p_sat_pa * 44_000.0 / (R_J_MOL_K * self.t_k * self.t_k);
            let warm_k_mol = if plan.isothermal_k.is_some() { 0.0 } else { latent_j_mol / c_v_j_k };
            let gain_pa_mol =
                self.pa_per_mol(plan) + (slope_pa_k - p_pa / self.t_k).max(0.0) * warm_k_mol;
            let x_mol = ((p_pa - p_sat_pa) / gain_pa_mol).min(self.n_mol[w]);
            self.n_mol[w] -= x_mol;
            self.film_mol += x_mol;
            self.u_j -= x_mol * liquid_j_mol(liquid_k);
            ledger.moved[1] += 2.0 * x_mol;
            ledger.moved[2] += x_mol;
            if let Some(t_k) = plan.isothermal_k {
                let u_j = internal_energy_j(&self.n_mol, t_k);
                ledger.heat_in(u_j - self.u_j);
                self.u_j = u_j;
            }
            self.t_k = temperature_k(&self.n_mol, self.u_j);
        }
    }
}
