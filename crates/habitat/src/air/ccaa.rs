//! Cabin air assembly (CCAA): fan, temperature control valve, condensing heat exchanger.
//!
//! # Ports
//! Cabin air in and back; coolant at a given flow and temperature; condensate to its tank; fan
//! power as heat to the air.
//! # State
//! Commanded set-point and on/off; position of the valve; what the coil did in the last step.
//! # Stages
//! Ccaa: before CO2 removal, which draws from its outlet.
//! # Fails how
//! Switched off, or in a cabin at 100 Pa and less, it moves no air, makes no condensate and takes
//! no power; outlet temperatures keep their last values.
//! Degraded: half of the air flow. Leaking: half of the condensate runs down the walls. Stuck: the bypass valve
//! stays where it is.
//! # Parameters
//! | what | default | unit | source |
//! |---|---|---|---|
//! | air flow | 0.2 | m3/s | PFT-ISSA-9610 |
//! | coolant | 0.115 kg/s at 277.31 K | | V-HAB |
//! | fan at sea level | 469 | W | HabNet |
//! | proportional band, valve lag | 3 K, 300 s | | assumed |
//! | coil | see `physics::exchanger` | | tuned on proto-flight points 1 to 3 |
//! # Simplifications
//! The coil is in steady state at every moment. Condensate is warmed to tank temperature by the
//! cabin; what its tank cannot take wets the walls.

use physics::constants::M_H2O_KG_MOL;
use physics::exchanger::{BypassValve, CoilInlet, CondensingCoil};
use physics::species::{CP_J_MOL_K, GASES, Gas};

use crate::air::parcel::Parcel;
use crate::air::relaxed;
use crate::air::zone::{Zone, ZonePlan, liquid_j_mol};
use crate::ledger::{Coolant, Ledger};
use crate::slots::state;
use crate::stores::{Stores, StoresPlan};

/// Proportional band of the temperature control, K. Assumed.
const BAND_K: f64 = 3.0;
/// Lag of the valve, s. Assumed.
const VALVE_S: f64 = 300.0;
/// Heat capacity of liquid coolant water, J/kg/K (reference §8 B uses this value).
const COOLANT_J_KG_K: f64 = 4_186.0;
/// Amount density at 101.325 kPa and 295 K to which fan power refers, mol/m3.
const SEA_LEVEL_MOL_M3: f64 = 101_325.0 / (8.314_462_6 * 295.0);

/// Parameters of one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct CcaaPlan {
    /// Name.
    pub name: String,
    /// Index of its zone.
    pub zone: usize,
    /// Place in the order in which loads are shed; 0 is never shed.
    pub rank: u64,
    /// Air flow, m3/s.
    pub flow_m3_s: f64,
    /// Coolant flow, kg/s.
    pub coolant_kg_s: f64,
    /// Coolant at the inlet, K.
    pub coolant_k: f64,
    /// Fan power at sea level, W.
    pub fan_w: f64,
    /// The heat exchanger.
    pub coil: CondensingCoil<f64>,
    /// Share of the air through the coil with the valve at its end towards the bypass.
    pub share_min: f64,
    /// Share of the air through the coil with the valve at its end towards the coil.
    pub share_max: f64,
}

impl CcaaPlan {
    /// Parameters of the reference unit.
    ///
    /// The two limits of the share are what the bypass valve leaves at its mechanical ends, 84.84°
    /// and 5°: neither end closes a path altogether.
    #[must_use]
    pub fn new(model: &crate::scenario::Ccaa, zone: usize) -> CcaaPlan {
        let coil = CondensingCoil::<f64>::ccaa();
        CcaaPlan {
            name: model.name.clone(),
            zone,
            rank: 0,
            flow_m3_s: model.flow_m3_s,
            coolant_kg_s: model.coolant_kg_s,
            coolant_k: model.coolant_k,
            fan_w: model.fan_w,
            share_min: coil.valve.coil_flow_fraction(BypassValve::<f64>::ANGLE_MAX_DEG),
            share_max: coil.valve.coil_flow_fraction(BypassValve::<f64>::ANGLE_MIN_DEG),
            coil,
        }
    }
}

state! {
    /// What the unit remembers.
    pub struct Ccaa {
        /// Coolant as it arrives, K.
        pub coolant_in_k: f64,
        /// Coolant flows; a coil without flow cools nothing.
        pub coolant_flows: bool,
        /// What it can do for its faults, 0 to 1.
        pub capacity: f64,
        /// Half of the condensate runs down the walls instead of into the tank.
        pub leaking: bool,
        /// The bypass valve stays where it is.
        pub stuck: bool,
        /// Has electric power.
        pub powered: bool,
        /// Commanded on.
        pub on: bool,
        /// Commanded cabin temperature, K.
        pub set_point_k: f64,
        /// Share of the air that passes the coil.
        pub coil_share: f64,
        /// Air at the outlet in the last step, K.
        pub air_out_k: f64,
        /// Coolant at the outlet in the last step, K.
        pub coolant_out_k: f64,
        /// Condensate in the last step, kg/s.
        pub condensate_kg_s: f64,
        /// Heat to the coolant in the last step, W.
        pub coolant_w: f64,
        /// Electric power in the last step, W.
        pub power_w: f64,
    }
}

/// Air on its way from the unit back to the cabin.
///
/// The CO2 removal unit draws its part of this air before the rest returns. A unit at rest gives an
/// empty outlet.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Outlet {
    /// The air.
    pub air: Parcel,
    /// Its volume at outlet temperature, m3.
    pub volume_m3: f64,
    /// Its pressure, Pa.
    pub p_pa: f64,
}

impl Ccaa {
    /// Commanded on, powered and not failed.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.on && self.powered && self.capacity > 0.0
    }

    /// A unit at rest with its valve half open.
    ///
    /// Temperatures start at what the scenario names: outlet air at the set-point, coolant at its
    /// inlet.
    #[must_use]
    pub fn new(model: &crate::scenario::Ccaa) -> Ccaa {
        Ccaa {
            coolant_in_k: model.coolant_k,
            coolant_flows: true,
            capacity: 1.0,
            leaking: false,
            stuck: false,
            powered: true,
            on: model.on,
            set_point_k: model.set_point_k,
            coil_share: 0.5,
            air_out_k: model.set_point_k,
            coolant_out_k: model.coolant_k,
            condensate_kg_s: 0.0,
            coolant_w: 0.0,
            power_w: 0.0,
        }
    }

    /// Run one step; the caller returns the outlet air to the zone.
    ///
    /// # Equation
    /// ```text
    /// target = clamp( 0.5 + (T − T_set)/3 K, share_min, share_max )           share through the coil
    /// share' = share + (target − share)·(1 − exp(−dt/300 s))                  lag of the valve
    /// drawn  = 1 − exp(−flow·dt/V)                                            share of the zone's gas
    /// P      = fan_w · (amount / (flow·dt)) / (amount density at sea level)    [W]
    /// Q      = H(air in) − H(air out) − condensate · h(liquid, T_coil)         [J], to coolant
    /// ```
    /// # Source
    /// Coil: `physics::exchanger`, tuned on proto-flight points 1 to 3. Band and lag are assumed.
    /// # Valid range
    /// Coolant 273.15 K to 303.15 K (the scenario's range). The coil is steady within the step.
    /// # Outside the range
    /// Condensate never exceeds the vapour drawn. A dry cabin condenses nothing. A coolant warmer
    /// than the air heats it and the coolant term is negative.
    /// # Conserves
    /// Air in = air out + condensate; enthalpy in = enthalpy out + condensate + coolant heat, which
    /// leaves by the ledger ([`Ledger::coolant_out`]). Fan power enters by [`Ledger::electric_in`]
    /// and heats the air of the zone. The air drawn is booked by [`Ledger::gas_moved`].
    /// # Tests
    /// `biosim::biosim_11_humidity_never_stays_above_saturation` is the cabin without this unit;
    /// `chamber::cdra_six_crew_window` has it upstream of CO2 removal.
    #[inline(always)]
    #[must_use]
    pub fn run(
        &mut self,
        plan: &CcaaPlan,
        zone: (&mut Zone, &ZonePlan),
        stores: (&mut Stores, &StoresPlan),
        dt_s: f64,
        ledger: &mut Ledger,
    ) -> Outlet {
        let (zone, zone_plan) = zone;
        let (stores, stores_plan) = stores;
        self.condensate_kg_s = 0.0;
        self.coolant_w = 0.0;
        self.power_w = 0.0;
        let p_pa = zone.p_total_pa(zone_plan);
        if !self.is_on() || p_pa <= 100.0 {
            return Outlet::default();
        }
        let want =
            (0.5 + (zone.t_k - self.set_point_k) / BAND_K).clamp(plan.share_min, plan.share_max);
        if !self.stuck {
            self.coil_share += (want - self.coil_share) * relaxed(dt_s / VALVE_S);
        }

        let share = Zone::drawn_share(zone_plan, plan.flow_m3_s * self.capacity, dt_s);
        let mut air = zone.take(share);
        let total_mol = air.total_mol();
        ledger.gas_moved(&air);
        self.power_w =
            plan.fan_w * (total_mol / (plan.flow_m3_s * dt_s).max(1e-12)) / SEA_LEVEL_MOL_M3;
        ledger.electric_in(self.power_w * dt_s);
        zone.heat(self.power_w * dt_s);

        let w = Gas::H2o as usize;
        let vapour_mol = air.n_mol[w];
        let dry_mol = total_mol - vapour_mol;
        let mut dry_cp = 0.0;
        let mut dry_kg = 0.0;
        for g in 0..GASES {
            if g != w {
                dry_cp += air.n_mol[g] * CP_J_MOL_K[g];
                dry_kg += air.n_mol[g] * Gas::ALL[g].molar_mass_kg_mol();
            }
        }
        let coil = plan.coil.run_at_fraction(
            &CoilInlet {
                ndot_dry_mol_s: dry_mol / dt_s,
                ndot_h2o_mol_s: vapour_mol / dt_s,
                dry_molar_mass_kg_mol: dry_kg / dry_mol.max(1e-12),
                dry_cp_j_mol_k: dry_cp / dry_mol.max(1e-12),
                p_total_pa: p_pa,
                t_air_k: zone.t_k,
                coolant_w_k: if self.coolant_flows {
                    plan.coolant_kg_s * COOLANT_J_KG_K
                } else {
                    0.0
                },
                t_coolant_k: self.coolant_in_k,
            },
            self.coil_share,
        );
        let condensate_mol = (coil.condensate_mol_s * dt_s).min(vapour_mol);
        air.n_mol[w] -= condensate_mol;
        let out = Parcel::at(air.n_mol, coil.t_air_k);
        let condensate_j = condensate_mol * liquid_j_mol(coil.t_coil_k);
        let coolant_j = air.h_j - out.h_j - condensate_j;
        ledger.coolant_out(Coolant::Low, coolant_j);

        // Cold condensate takes heat from the cabin until it has the temperature of the tanks.
        let tank_j = condensate_mol * liquid_j_mol(stores_plan.t_k);
        zone.heat(condensate_j - tank_j);
        let condensate_kg = condensate_mol * M_H2O_KG_MOL;
        let drained_kg = if self.leaking { 0.5 * condensate_kg } else { condensate_kg };
        let kept_kg = drained_kg.min(stores.condensate_room_kg(stores_plan));
        stores.condensate_kg += kept_kg;
        zone.film_mol += (condensate_kg - kept_kg) / M_H2O_KG_MOL;

        self.air_out_k = coil.t_air_k;
        self.coolant_w = coolant_j / dt_s;
        self.coolant_out_k =
            self.coolant_in_k + self.coolant_w / (plan.coolant_kg_s * COOLANT_J_KG_K).max(1e-9);
        self.condensate_kg_s = condensate_kg / dt_s;
        Outlet {
            air: out,
            volume_m3: out.total_mol() * physics::constants::R_J_MOL_K * coil.t_air_k / p_pa,
            p_pa,
        }
    }
}
