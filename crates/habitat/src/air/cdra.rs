//! Four-bed carbon dioxide removal (CDRA).
//!
//! # Ports
//! Air from the outlet of a condensing heat exchanger (or the zone) in and back; coolant at the
//! precooler; electric power for blower, heaters and controls; CO2 to the reducer's accumulator or
//! to vacuum.
//! # State
//! Two desiccant beds (silica gel, then zeolite 13X), two sorbent beds (zeolite 5A) with their gas
//! space, the phase of the half-cycle.
//! # Stages
//! Cdra: right after the condensing heat exchanger it draws from, on the same outlet air; a unit
//! without one draws cabin air after all heat exchangers.
//!
//! ```text
//! adsorbing pair:   air ► desiccant a ► blower ► precooler ► sorbent a ► desiccant d ► cabin
//! other sorbent d:  air-save (gas pumped back, bed warms) then open (gas, then CO2, to the
//!                   accumulator or vacuum); at the end of the half-cycle a and d change places
//! ```
//! # Fails how
//! Switched off, the beds keep what they hold and the phase stands still. A full accumulator, or no
//! reducer to feed, sends the CO2 to vacuum.
//! Degraded: half of the blower's flow. Leaking: a two-hundredth of the process air is lost to vacuum.
//! Stuck: the beds do not change places; the one on the air fills up, the other stays open to vacuum.
//! # Parameters
//! | what | default | unit | source |
//! |---|---|---|---|
//! | silica per bed | 5.38 + 0.632 | kg | V-HAB |
//! | 13X per bed | 5.164 | kg | V-HAB |
//! | 5A per bed | 12.383 | kg | V-HAB |
//! | k CO2; k H2O in zeolite, silica | 0.003; 0.0007, 0.002 | 1/s | V-HAB |
//! | half-cycle, air-save | 144, 10 | min | ICES-2015-160, ICES-2014-160 |
//! | heaters, target | 960, 477 | W, K | V-HAB |
//! | housing of a 5A bed | 9 000 | J/K | middle of 6 to 12 kJ/K |
//! | precooler effectiveness | 0.9 | – | assumed |
//! | share of the 13X open to CO2 | [`DESICCANT_CO2_ACCESS`] | – | **tuned** on the 6-crew window |
//! # Simplifications
//! Gas is quasi-steady in the cells; a closed bed holds its gas in one store; isotherms are those
//! of the pure gases; beds lose no heat through their walls; other gases pass unchanged.

use physics::constants::T_REF_K;
use physics::sorption::{BED_SECTION_M2, SILICA_GEL, ZEOLITE_5A, ZEOLITE_13X};
use physics::species::{CP_J_MOL_K, Gas, HF_J_MOL, enthalpy_j_mol};

use crate::air::bed::{Bed, BedPlan, CELLS_MAX, Isotherms, Layer, amount_mol, chords};
use crate::air::parcel::Parcel;
use crate::air::relaxed;
use crate::ledger::{Coolant, Ledger};
use crate::slots::state;
use crate::stores::{Stores, StoresPlan};

/// Share of a desiccant bed's 13X that CO2 can reach, the rest being taken by water that the hot
/// dry air of a half-cycle does not drive out. What the 13X takes up it gives back to the cabin, so
/// this is a loss. Tuned, and the only tuned number of the unit: it brings the mean of the 6-crew
/// window of the integrated chamber test (SAE 2000-01-2345) to the measured 3.223 torr.
pub const DESICCANT_CO2_ACCESS: f64 = 0.437;

/// Share of the process air that a leaking valve lets out to vacuum: about 3 kg/d. Assumed.
const LEAK_SHARE: f64 = 0.005;
/// Heat capacity of a sorbent bed's housing and heaters, J/K; middle of the 6 to 12 kJ/K range.
const HOUSING_5A_J_K: f64 = 9_000.0;
/// Heat capacity of a desiccant bed's housing, J/K. Assumed: the same per mass of medium.
const HOUSING_DESICCANT_J_K: f64 = 8_000.0;
/// Cells of each desiccant layer.
const DESICCANT_CELLS: usize = 5;
/// Most chords there are: of CO2 and water, in two desiccant beds of two layers and two sorbent beds.
const CHORDS_MAX: usize = 2 * 2 * (2 * DESICCANT_CELLS + CELLS_MAX);
/// Gas space of a sorbent bed, m3: section, length and void fraction of the reference.
const VOID_M3: f64 = BED_SECTION_M2 * ZEOLITE_5A.length_m * ZEOLITE_5A.void_fraction;
/// Heater power, W (V-HAB: 2 x 480).
const HEATER_W: f64 = 960.0;
/// Desorption temperature, K (V-HAB).
const DESORB_K: f64 = 477.0;
/// Partial pressure of CO2 over a bed open to vacuum or the compressor, Pa. Assumed.
const DESORB_CO2_PA: f64 = 300.0;
/// Partial pressure of water over a bed open to vacuum, Pa. Assumed.
const DESORB_H2O_PA: f64 = 10.0;
/// Time constant of the air-save pump, s: to 0.5 psia in ten minutes.
const AIR_SAVE_S: f64 = 178.0;
/// Effectiveness of the precooler. Assumed.
const PRECOOLER: f64 = 0.9;
/// Blower power at 101.325 kPa and 35.6 m3/h, W. Set so that the mean of the chamber test is the
/// 860 W of V-HAB; it goes with density and flow.
const BLOWER_W: f64 = 287.0;
/// Controller and valves, W. Assumed.
const CONTROL_W: f64 = 60.0;
/// Longest step of the bed equations, s; a longer step is subcycled.
const SUBSTEP_S: f64 = 120.0;
/// Density of air at 101.325 kPa and 295 K in amount, mol/m3, to which blower power refers.
const SEA_LEVEL_MOL_M3: f64 = 101_325.0 / (8.314_462_6 * 295.0);

/// Parameters of one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct CdraPlan {
    /// Name.
    pub name: String,
    /// Index of its zone.
    pub zone: usize,
    /// Place in the order in which loads are shed; 0 is never shed.
    pub rank: u64,
    /// Index of the condensing heat exchanger it draws from.
    pub ccaa: Option<usize>,
    /// Send CO2 to the accumulator.
    pub feed_reducer: bool,
    /// Length of a half-cycle, s.
    pub half_cycle_s: f64,
    /// Length of the air-save phase, s.
    pub air_save_s: f64,
    /// Blower flow at its inlet, m3/s.
    pub flow_m3_s: f64,
    /// Coolant at the precooler, K.
    pub coolant_k: f64,
    /// Desiccant beds.
    pub desiccant: BedPlan,
    /// Sorbent beds.
    pub sorbent: BedPlan,
    /// Isotherms of all cells: desiccant A and B, sorbent A and B, CO2 before water.
    pub isotherms: Isotherms,
}

state! {
    /// What the unit remembers between two steps.
    pub struct Cdra {
        /// Coolant as it arrives, K.
        pub coolant_in_k: f64,
        /// What it can do for its faults, 0 to 1.
        pub capacity: f64,
        /// A valve to vacuum does not close: some of the process air is lost.
        pub leaking: bool,
        /// Its valves stay where they are: the beds do not change places.
        pub stuck: bool,
        /// Has electric power.
        pub powered: bool,
        /// Commanded on.
        pub on: bool,
        /// Which pair adsorbs, 0 or 1.
        pub adsorbing: u64,
        /// Time since the last swap, s.
        pub phase_s: f64,
        /// Desiccant beds.
        pub desiccant: [Bed; 2],
        /// Sorbent beds.
        pub sorbent: [Bed; 2],
        /// Gas in the space of each sorbent bed: amounts, mol.
        pub void_mol: [[f64; 8]; 2],
        /// Gas in the space of each sorbent bed: enthalpy, J.
        pub void_j: [f64; 2],
        /// CO2 delivered to accumulator or vacuum in the last step, mol/s.
        pub co2_removed_mol_s: f64,
        /// CO2 delivered since the start, mol.
        pub co2_removed_mol: f64,
        /// Electric power in the last step, W.
        pub power_w: f64,
        /// CO2 that entered the process stream in the last step, mol/s.
        pub co2_inlet_mol_s: f64,
        /// CO2 that returned to the cabin in the last step, mol/s.
        pub co2_outlet_mol_s: f64,
    }
}

impl CdraPlan {
    /// Parameters with the reference beds; `cells` of the model is the number of axial cells per
    /// sorbent bed.
    #[must_use]
    pub fn new(
        name: &str,
        zone: usize,
        ccaa: Option<usize>,
        model: &crate::scenario::Cdra,
    ) -> CdraPlan {
        CdraPlan::with_access(name, zone, ccaa, model, DESICCANT_CO2_ACCESS)
    }

    /// As [`CdraPlan::new`] with another share of the 13X open to CO2.
    ///
    /// The share was tuned through this door; 1 is 13X that CO2 reaches everywhere, 0 is 13X that
    /// takes water alone.
    #[must_use]
    pub fn with_access(
        name: &str,
        zone: usize,
        ccaa: Option<usize>,
        model: &crate::scenario::Cdra,
        co2_access: f64,
    ) -> CdraPlan {
        let desiccant = BedPlan::new(&[
            Layer {
                medium: SILICA_GEL,
                cells: DESICCANT_CELLS,
                housing_j_k: 0.5 * HOUSING_DESICCANT_J_K,
                co2_access: 1.0,
            },
            Layer {
                medium: ZEOLITE_13X,
                cells: DESICCANT_CELLS,
                housing_j_k: 0.5 * HOUSING_DESICCANT_J_K,
                co2_access,
            },
        ]);
        let sorbent = BedPlan::new(&[Layer {
            medium: ZEOLITE_5A,
            cells: model.cells,
            housing_j_k: HOUSING_5A_J_K,
            co2_access: 1.0,
        }]);
        let mut isotherms = Isotherms::default();
        for bed in [&desiccant, &desiccant, &sorbent, &sorbent] {
            isotherms.append(bed);
        }
        CdraPlan {
            name: name.to_owned(),
            zone,
            rank: 0,
            ccaa,
            feed_reducer: model.feed_reducer,
            half_cycle_s: model.half_cycle_min * 60.0,
            air_save_s: model.air_save_min * 60.0,
            flow_m3_s: model.flow_m3_h / 3_600.0,
            coolant_k: model.coolant_k,
            isotherms,
            desiccant,
            sorbent,
        }
    }
}

/// Cool a parcel towards `coolant_k` with `effectiveness`; returns the heat taken, J.
///
/// # Equation
/// ```text
/// Q = ε · (H − H(T_coolant))       ε 0 to 1
/// ```
/// Gas colder than the coolant is warmed and the heat is negative. Vapour stays vapour: behind the
/// desiccant there is none to condense.
#[inline(always)]
fn cool(parcel: &mut Parcel, coolant_k: f64, effectiveness: f64) -> f64 {
    let mut s_j_k = 0.0;
    let mut hf_j = 0.0;
    for g in 0..CP_J_MOL_K.len() {
        s_j_k += parcel.n_mol[g] * CP_J_MOL_K[g];
        hf_j += parcel.n_mol[g] * HF_J_MOL[g];
    }
    let above_j = parcel.h_j - hf_j - s_j_k * (coolant_k - T_REF_K);
    let q_j = effectiveness * above_j;
    parcel.h_j -= q_j;
    q_j
}

impl Cdra {
    /// Commanded on, powered and not failed.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.on && self.powered && self.capacity > 0.0
    }

    /// Clean and dry beds; one sorbent bed at 295 K, the other hot from desorption.
    ///
    /// The hot one adsorbs first, as after a swap; it is cooled by the process air within minutes.
    /// The gas spaces are empty.
    #[must_use]
    pub fn new(plan: &CdraPlan, on: bool) -> Cdra {
        Cdra {
            coolant_in_k: plan.coolant_k,
            capacity: 1.0,
            leaking: false,
            stuck: false,
            powered: true,
            on,
            adsorbing: 0,
            phase_s: 0.0,
            desiccant: [Bed::new(&plan.desiccant, 295.0), Bed::new(&plan.desiccant, 295.0)],
            sorbent: [Bed::new(&plan.sorbent, DESORB_K), Bed::new(&plan.sorbent, 295.0)],
            void_mol: [[0.0; 8]; 2],
            void_j: [0.0; 2],
            co2_removed_mol_s: 0.0,
            co2_removed_mol: 0.0,
            power_w: 0.0,
            co2_inlet_mol_s: 0.0,
            co2_outlet_mol_s: 0.0,
        }
    }

    /// A unit that is switched off shows no flow and no power; its beds keep what they hold.
    #[inline(always)]
    pub fn rest(&mut self) {
        self.co2_removed_mol_s = 0.0;
        self.co2_inlet_mol_s = 0.0;
        self.co2_outlet_mol_s = 0.0;
        self.power_w = 0.0;
    }

    /// Time to the next change of phase, s; infinite while switched off.
    ///
    /// The step is cut there, so that no step mixes air-save with desorption or two half-cycles.
    #[must_use]
    pub fn next_event_s(&self, plan: &CdraPlan) -> f64 {
        if !self.is_on() {
            f64::INFINITY
        } else if self.phase_s < plan.air_save_s {
            plan.air_save_s - self.phase_s
        } else if self.stuck && self.phase_s >= plan.half_cycle_s - 1e-6 {
            f64::INFINITY
        } else {
            plan.half_cycle_s - self.phase_s
        }
    }

    /// Energy held by all four beds and their gas, J. See [`Bed::energy_j`].
    #[inline(always)]
    #[must_use]
    pub fn energy_j(&self, plan: &CdraPlan) -> f64 {
        let mut e_j = self.void_j[0] + self.void_j[1];
        for bed in 0..2 {
            e_j += self.desiccant[bed].energy_j(&plan.desiccant)
                + self.sorbent[bed].energy_j(&plan.sorbent);
        }
        e_j
    }

    /// Amount of each gas held by all four beds and their gas space, mol.
    ///
    /// Adsorbed CO2 and water count as these gases; the ledger sums this with the zones.
    #[inline(always)]
    #[must_use]
    pub fn held_mol(&self) -> [f64; 8] {
        let mut n_mol = [0.0; 8];
        for bed in 0..2 {
            for g in 0..8 {
                n_mol[g] += self.void_mol[bed][g];
            }
            n_mol[Gas::Co2 as usize] +=
                self.desiccant[bed].co2_total_mol() + self.sorbent[bed].co2_total_mol();
            n_mol[Gas::H2o as usize] +=
                self.desiccant[bed].h2o_total_mol() + self.sorbent[bed].h2o_total_mol();
        }
        n_mol
    }

    /// Run one step on `air`, of which the blower draws its part and to which it gives it back.
    ///
    /// `air_m3` is the volume that `air` takes at its temperature and `p_pa`.
    ///
    /// # Equation
    /// ```text
    /// share of the air drawn = min(1, flow·dt/air_m3)
    /// P = P_blower · (density/sea level) · (flow/35.6 m3/h) + P_heater + 60 W
    /// P_heater = clamp( C·(477 K − T_mean)/dt, 0, 960 W )
    /// ```
    /// A step longer than 120 s is run in equal pieces of at most that length.
    /// # Source
    /// Process V-HAB and ICES-2014-168; half-cycle ICES-2015-160; the loss in the 13X is tuned
    /// ([`DESICCANT_CO2_ACCESS`]).
    /// # Valid range
    /// 0 to 10 kPa of CO2; half-cycles longer than the air-save phase.
    /// # Outside the range
    /// Off: no flow, no power, see [`Cdra::rest`]. An outlet smaller than the blower's flow is
    /// drawn whole. Two units on one outlet run one after the other, the second on what the first
    /// gave back.
    /// # Conserves
    /// CO2 and water move between air, beds, accumulator and vacuum; heat of adsorption stays in
    /// the beds; heater, blower and control power enter, precooler heat leaves by the ledger
    /// ([`Ledger::electric_in`], [`Ledger::coolant_out`]). The process stream is booked by
    /// [`Ledger::gas_moved`], what goes to vacuum by [`Ledger::gas_out`].
    /// # Tests
    /// `chamber::cdra_six_crew_window` (3.223 torr, ±0.5 %, the window it is tuned on),
    /// `chamber::the_number_of_cells_does_not_matter_from_ten_on`,
    /// `convergence::biosim_3_halving_the_step_halves_the_error`.
    #[inline(always)]
    pub fn run(
        &mut self,
        plan: &CdraPlan,
        air: &mut Parcel,
        air_m3: f64,
        p_pa: f64,
        dt_s: f64,
        stores: (&mut Stores, &StoresPlan),
        ledger: &mut Ledger,
    ) {
        self.rest();
        if !self.is_on() {
            return;
        }
        let (stores, stores_plan) = stores;
        let pieces = (dt_s / SUBSTEP_S).ceil().max(1.0);
        let sub_s = dt_s / pieces;
        let share = (self.capacity * plan.flow_m3_s * dt_s / air_m3.max(1e-9)).min(1.0);
        let mut stream = air.split(share);
        if self.leaking {
            ledger.gas_out(&stream.split(LEAK_SHARE));
        }
        let mut left = pieces;
        while left > 0.5 {
            let mut part = stream.split(1.0 / left);
            left -= 1.0;
            self.substep(plan, &mut part, p_pa, sub_s, stores, stores_plan, ledger);
            air.merge(&part);
        }
        let per_s = 1.0 / dt_s;
        self.co2_removed_mol_s *= per_s;
        self.co2_inlet_mol_s *= per_s;
        self.co2_outlet_mol_s *= per_s;
        self.power_w *= per_s;
    }

    /// Loading per pressure in all cells of all beds, in the order of the plan's isotherms:
    /// desiccant A (CO2, water), desiccant B, sorbent A, sorbent B. Entries beyond them are unused.
    #[inline(always)]
    fn chords(&self, plan: &CdraPlan) -> [f64; CHORDS_MAX] {
        let mut t_k = [T_REF_K; CHORDS_MAX];
        let mut p_pa = [1.0; CHORDS_MAX];
        let mut at = 0;
        for bed in self.desiccant.iter().chain(&self.sorbent) {
            let cells = bed.t_k.len();
            for p in [&bed.p_co2_pa, &bed.p_h2o_pa] {
                t_k[at..at + cells].copy_from_slice(&bed.t_k);
                p_pa[at..at + cells].copy_from_slice(p);
                at += cells;
            }
        }
        let mut chord = [0.0; CHORDS_MAX];
        chords(&plan.isotherms, &t_k, &p_pa, &mut chord);
        chord
    }

    /// One piece of a step, in which neither phase nor beds change.
    ///
    /// In order: the adsorbing sorbent bed fills its gas space from the stream if it comes from
    /// vacuum; chords are taken; the stream passes desiccant, blower, precooler, sorbent and,
    /// backwards, the other desiccant; the other sorbent bed is pumped back or desorbs; power is
    /// booked; the phase advances and at the end of the half-cycle the pairs change places.
    ///
    /// While the air is saved a closed bed only warms. Its gas space empties with a time constant
    /// of 178 s, and what is left is lost to vacuum when the bed opens. The rates that the unit
    /// shows are summed here and divided by the step in [`Cdra::run`].
    ///
    /// # Conserves
    /// As [`Cdra::run`]. Compressor work on the stored CO2 is not modelled: the CO2 arrives at the
    /// temperature of the stores and the difference in enthalpy goes to coolant.
    #[inline(always)]
    fn substep(
        &mut self,
        plan: &CdraPlan,
        part: &mut Parcel,
        p_pa: f64,
        dt_s: f64,
        stores: &mut Stores,
        stores_plan: &StoresPlan,
        ledger: &mut Ledger,
    ) {
        let a = self.adsorbing as usize;
        let d = 1 - a;
        let co2 = Gas::Co2 as usize;
        self.co2_inlet_mol_s += part.n_mol[co2];
        ledger.gas_moved(part);

        // A bed that comes from vacuum takes its gas from the process stream first.
        let void_total_mol: f64 = self.void_mol[a].iter().sum();
        let want_mol = amount_mol(p_pa, VOID_M3, self.sorbent[a].t_k[0]) - void_total_mol;
        if want_mol > 0.0 && self.phase_s <= plan.air_save_s {
            let fill = part.split((want_mol / part.total_mol().max(1e-12)).min(1.0));
            for g in 0..8 {
                self.void_mol[a][g] += fill.n_mol[g];
            }
            self.void_j[a] += fill.h_j;
        }

        let open_to_vacuum = self.phase_s >= plan.air_save_s;
        if open_to_vacuum {
            self.sorbent[d].fill(DESORB_CO2_PA, DESORB_H2O_PA);
        }
        let chord = self.chords(plan);
        let n = plan.desiccant.cells();
        let m = plan.sorbent.cells();
        let dry = |bed: usize| {
            let at = 2 * n * bed;
            (&chord[at..at + n], &chord[at + n..at + 2 * n])
        };
        let sorb = |bed: usize| {
            let at = 4 * n + 2 * m * bed;
            (&chord[at..at + m], &chord[at + m..at + 2 * m])
        };
        let dry_uptake = plan.desiccant.uptake(dt_s);
        let sorb_uptake = plan.sorbent.uptake(dt_s);

        self.desiccant[a].pass(&plan.desiccant, part, p_pa, dry(a), &dry_uptake, false);
        let flow_m3_s = plan.flow_m3_s * self.capacity;
        let density = part.total_mol() / (flow_m3_s * dt_s) / SEA_LEVEL_MOL_M3;
        let blower_j = BLOWER_W * density * (flow_m3_s * 3_600.0 / 35.6) * dt_s;
        part.h_j += blower_j;
        ledger.coolant_out(Coolant::Low, cool(part, self.coolant_in_k, PRECOOLER));
        self.sorbent[a].pass(&plan.sorbent, part, p_pa, sorb(a), &sorb_uptake, false);
        self.desiccant[d].pass(&plan.desiccant, part, p_pa, dry(d), &dry_uptake, true);

        // The other sorbent bed gives off its gas, then its CO2.
        let bed = &mut self.sorbent[d];
        let need_j = plan.sorbent.heat_j_k() * (DESORB_K - bed.mean_k(&plan.sorbent));
        let heater_j = need_j.clamp(0.0, HEATER_W * dt_s);
        let mut void = Parcel { n_mol: self.void_mol[d], h_j: self.void_j[d] };
        if !open_to_vacuum {
            let saved = void.split(relaxed(dt_s / AIR_SAVE_S));
            part.merge(&saved);
            // A closed bed only warms: it stays in equilibrium with the gas over it.
            let share_j = heater_j / plan.sorbent.heat_j_k();
            for t_k in &mut bed.t_k {
                *t_k += share_j;
            }
        } else {
            ledger.gas_out(&void);
            void = Parcel::default();
            let given = bed.desorb(
                &plan.sorbent,
                DESORB_CO2_PA,
                DESORB_H2O_PA,
                heater_j,
                sorb(d),
                &sorb_uptake,
            );
            let kept_mol = if plan.feed_reducer {
                given.co2_mol.min((stores_plan.co2_mol - stores.co2_mol).max(0.0))
            } else {
                0.0
            };
            // The compressor cools what it stores to the temperature of the stores.
            let kept_j = kept_mol * enthalpy_j_mol(Gas::Co2, stores_plan.t_k);
            stores.co2_mol += kept_mol;
            let mut vented = Parcel::default();
            vented.n_mol[co2] = given.co2_mol - kept_mol;
            vented.n_mol[Gas::H2o as usize] = given.h2o_mol;
            let t_k = bed.mean_k(&plan.sorbent);
            vented.h_j = Parcel::at(vented.n_mol, t_k).h_j;
            ledger.gas_out(&vented);
            ledger.coolant_out(Coolant::Low, given.h_j - kept_j - vented.h_j);
            self.co2_removed_mol_s += given.co2_mol;
            self.co2_removed_mol += given.co2_mol;
        }
        self.void_mol[d] = void.n_mol;
        self.void_j[d] = void.h_j;

        let control_j = CONTROL_W * dt_s;
        ledger.electric_in(blower_j + heater_j + control_j);
        ledger.coolant_out(Coolant::Low, control_j);
        self.power_w += blower_j + heater_j + control_j;
        self.co2_outlet_mol_s += part.n_mol[co2];

        self.phase_s += dt_s;
        if self.phase_s >= plan.half_cycle_s - 1e-6 && self.stuck {
            self.phase_s = plan.half_cycle_s;
        } else if self.phase_s >= plan.half_cycle_s - 1e-6 {
            self.phase_s = 0.0;
            self.adsorbing = d as u64;
        }
    }
}
