//! A packed bed of adsorbent in axial cells.
//!
//! A bed is a row of cells. Each cell holds adsorbed CO2 and water and has one temperature; the gas
//! over it is quasi-steady and known by two partial pressures. Three things happen to a bed:
//!
//! ```text
//! pass    process air flows through; cells take up or give off, and warm or cool it
//! desorb  the bed is open to a vacuum or a pump and heated; cells give off
//! fill    the gas over every cell is set to given pressures, as a valve to vacuum opens
//! ```
//! The isotherm enters as its chord `q*/p`, taken at the temperature and pressure of the last step.
//! So each cell is a linear balance, and all isotherms of a unit go through one loop
//! ([`Isotherms`]).
//!
//! # State
//! Temperature, adsorbed amounts and partial pressures by cell ([`Bed`]).
//! # Simplifications
//! Isotherms of the pure gases; no axial dispersion, no pressure drop, no heat through the walls.
//! The chord lags by one step: first order in dt, stable because it is positive and bounded.
//! # Source
//! Isotherms, masses and driving-force coefficients: ICES-2014-168 as V-HAB encodes it
//! (`physics::sorption`).

use physics::constants::{R_J_MOL_K, T_REF_K};
use physics::sorption::{Medium, Toth, henry_chord_mol_kg_pa, ldf_fraction};
use physics::species::{CP_J_MOL_K, Gas, HF_J_MOL};

use crate::air::parcel::Parcel;
use crate::slots::state;

const CO2: usize = Gas::Co2 as usize;
const H2O: usize = Gas::H2o as usize;

/// A layer of one medium, cut into cells of equal mass along the flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// The medium with its isotherms, its mass in one bed and its driving-force coefficients.
    pub medium: Medium,
    /// Cells of the layer.
    pub cells: usize,
    /// Heat capacity of the housing around the layer, J/K.
    pub housing_j_k: f64,
    /// Share of the medium that CO2 can reach; the rest is taken by water.
    pub co2_access: f64,
}

/// Isotherm parameters of many cells, one column each, so that all cells go through one loop.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Isotherms {
    a0_mol_kg_pa: Vec<f64>,
    b0_1_pa: Vec<f64>,
    e_k: Vec<f64>,
    t0: Vec<f64>,
    c0_k: Vec<f64>,
    access: Vec<f64>,
}

impl Isotherms {
    /// Append one isotherm, of which the share `access` counts.
    fn push(&mut self, toth: &Toth, access: f64) {
        self.a0_mol_kg_pa.push(toth.a0_mol_kg_pa);
        self.b0_1_pa.push(toth.b0_1_pa);
        self.e_k.push(toth.e_k);
        self.t0.push(toth.t0);
        self.c0_k.push(toth.c0_k);
        self.access.push(access);
    }

    /// Append the CO2 isotherms of a bed's cells, then their water isotherms.
    ///
    /// The access of CO2 scales its whole isotherm; water reaches all of the medium.
    pub fn append(&mut self, bed: &BedPlan) {
        for (toth, access) in bed.co2.iter().zip(&bed.co2_access) {
            self.push(toth, *access);
        }
        for toth in &bed.h2o {
            self.push(toth, 1.0);
        }
    }

    /// Number of isotherms.
    #[must_use]
    pub fn len(&self) -> usize {
        self.e_k.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.e_k.is_empty()
    }
}

/// Loading per pressure, mol/kg/Pa, of every isotherm at its own temperature and pressure: one loop
/// without branches or carries.
///
/// # Equation
/// ```text
/// K = access · q*(T, p)/p      Toth, see physics::sorption::henry_chord_mol_kg_pa
/// ```
/// # Valid range
/// 250 K to 600 K, 0 to 10 kPa.
/// # Outside the range
/// Temperatures are clamped and pressures raised to 1e-9 Pa, so every chord is positive and finite.
/// The slices must be at least as long as the list of isotherms; what lies beyond is untouched.
#[inline(always)]
pub(crate) fn chords(of: &Isotherms, t_k: &[f64], p_pa: &[f64], chord: &mut [f64]) {
    let n = of.len();
    let (a0, b0, e) = (&of.a0_mol_kg_pa[..n], &of.b0_1_pa[..n], &of.e_k[..n]);
    let (t0, c0, access) = (&of.t0[..n], &of.c0_k[..n], &of.access[..n]);
    let (t_k, p_pa, chord) = (&t_k[..n], &p_pa[..n], &mut chord[..n]);
    for i in 0..n {
        let toth = Toth {
            a0_mol_kg_pa: a0[i],
            b0_1_pa: b0[i],
            e_k: e[i],
            t0: t0[i],
            c0_k: c0[i],
            dh_j_mol: 0.0,
        };
        chord[i] = access[i] * henry_chord_mol_kg_pa(&toth, t_k[i], p_pa[i]);
    }
}

/// Sum of `n` numbers, in eight partial sums side by side, so that no addition waits for the one before.
///
/// The order is fixed by `n` alone: the bits do not depend on the instruction set.
#[inline(always)]
fn side_by_side(n: usize, number: impl Fn(usize) -> f64) -> f64 {
    let mut part = [0.0; 8];
    let whole = n - n % 8;
    for start in (0..whole).step_by(8) {
        for lane in 0..8 {
            part[lane] += number(start + lane);
        }
    }
    for i in whole..n {
        part[i - whole] += number(i);
    }
    let [a, b, c, d, e, f, g, h] = part;
    ((a + e) + (b + f)) + ((c + g) + (d + h))
}

/// Parameters of a bed by cell, in the order of the adsorbing flow.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BedPlan {
    mass_kg: Vec<f64>,
    heat_j_k: Vec<f64>,
    total_heat_j_k: f64,
    co2: Vec<Toth>,
    h2o: Vec<Toth>,
    co2_access: Vec<f64>,
    /// Heat of adsorption of CO2 in each cell, J/mol; negative.
    dh_co2_j_mol: Vec<f64>,
    /// Heat of adsorption of water in each cell, J/mol; negative.
    dh_h2o_j_mol: Vec<f64>,
    /// Driving-force coefficients of CO2 and water by layer, 1/s.
    k_1_s: Vec<(f64, f64)>,
    /// Layer of each cell.
    layer: Vec<usize>,
}

/// Largest number of layers of a bed.
pub const LAYERS_MAX: usize = 4;

/// Shares of the way to equilibrium that CO2 and water cover in a step, by layer.
pub type Uptake = [(f64, f64); LAYERS_MAX];

impl BedPlan {
    /// Stack layers into a bed, in the order of the adsorbing flow.
    ///
    /// Mass and housing of a layer are spread evenly over its cells. At most [`LAYERS_MAX`] layers
    /// and [`CELLS_MAX`] cells are meant; the units of this crate stay within both.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_habitat::air::bed::{Bed, BedPlan, Layer};
    /// use physics::sorption::ZEOLITE_5A;
    /// let plan = BedPlan::new(&[Layer {
    ///     medium: ZEOLITE_5A,
    ///     cells: 10,
    ///     housing_j_k: 9_000.0,
    ///     co2_access: 1.0,
    /// }]);
    /// assert_eq!(plan.cells(), 10);
    /// // 12.383 kg at 920 J/kg/K and the housing.
    /// assert!((plan.heat_j_k() - (12.383 * 920.0 + 9_000.0)).abs() < 1e-6);
    /// assert!((Bed::new(&plan, 295.0).mean_k(&plan) - 295.0).abs() < 1e-9);
    /// ```
    #[must_use]
    pub fn new(layers: &[Layer]) -> BedPlan {
        let mut plan = BedPlan::default();
        for (index, layer) in layers.iter().enumerate() {
            plan.k_1_s.push((layer.medium.k_co2_1_s, layer.medium.k_h2o_1_s));
            for _ in 0..layer.cells {
                let medium = &layer.medium;
                let heat_j_k = medium.mass_kg * medium.cp_j_kg_k + layer.housing_j_k;
                plan.mass_kg.push(medium.mass_kg / layer.cells as f64);
                plan.heat_j_k.push(heat_j_k / layer.cells as f64);
                plan.co2.push(medium.co2);
                plan.h2o.push(medium.h2o);
                plan.co2_access.push(layer.co2_access);
                plan.dh_co2_j_mol.push(medium.co2.dh_j_mol);
                plan.dh_h2o_j_mol.push(medium.h2o.dh_j_mol);
                plan.layer.push(index);
            }
        }
        plan.total_heat_j_k = plan.heat_j_k.iter().sum();
        plan
    }

    /// Number of cells.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.mass_kg.len()
    }

    /// Heat capacity of the whole bed, media and housing, J/K.
    #[must_use]
    pub fn heat_j_k(&self) -> f64 {
        self.total_heat_j_k
    }

    /// Shares of the way to equilibrium in a step of `dt_s`.
    ///
    /// # Equation
    /// ```text
    /// 1 − exp(−k·dt)      k driving-force coefficient of the layer [1/s], CO2 and water
    /// ```
    /// Exact for a loading that relaxes towards a fixed equilibrium; 0 for no time, never above 1.
    #[inline(always)]
    #[must_use]
    pub fn uptake(&self, dt_s: f64) -> Uptake {
        let mut uptake = [(0.0, 0.0); LAYERS_MAX];
        for (share, k_1_s) in uptake.iter_mut().zip(&self.k_1_s) {
            *share = (ldf_fraction(k_1_s.0, dt_s), ldf_fraction(k_1_s.1, dt_s));
        }
        uptake
    }
}

state! {
    /// What a bed remembers between two steps, by cell.
    pub struct Bed {
        /// Temperature, K.
        pub t_k: Vec<f64>,
        /// Adsorbed CO2, mol.
        pub co2_mol: Vec<f64>,
        /// Adsorbed water, mol.
        pub h2o_mol: Vec<f64>,
        /// Partial pressure of CO2 over the cell, Pa.
        pub p_co2_pa: Vec<f64>,
        /// Partial pressure of water over the cell, Pa.
        pub p_h2o_pa: Vec<f64>,
    }
}

/// What a bed gave off to a vacuum or a pump in one step.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Desorbed {
    /// CO2, mol.
    pub co2_mol: f64,
    /// Water, mol.
    pub h2o_mol: f64,
    /// Enthalpy of both, J.
    pub h_j: f64,
}

impl Bed {
    /// An empty bed at `t_k`: nothing adsorbed, 1 Pa of CO2 and 1 mPa of water over it.
    ///
    /// The pressures are a first guess for the chord of the first step and no amount of gas.
    #[must_use]
    pub fn new(plan: &BedPlan, t_k: f64) -> Bed {
        let n = plan.cells();
        Bed {
            t_k: vec![t_k; n],
            co2_mol: vec![0.0; n],
            h2o_mol: vec![0.0; n],
            p_co2_pa: vec![1.0; n],
            p_h2o_pa: vec![1e-3; n],
        }
    }

    /// Energy held, J: sensible heat of medium and housing, and enthalpy of what is adsorbed.
    ///
    /// # Equation
    /// ```text
    /// E = Σ_cells C·(T − 298.15 K) + n(CO2)·(h_f + ΔH) + n(H2O)·(h_f + ΔH)
    ///   ΔH  enthalpy of adsorption, negative   [J/mol]
    /// ```
    /// The heat capacity of what is adsorbed is neglected, here and in every balance of the bed
    /// alike, so that the ledger closes.
    #[inline(always)]
    #[must_use]
    pub fn energy_j(&self, plan: &BedPlan) -> f64 {
        let n = plan.cells();
        let (c_j_k, t_k) = (&plan.heat_j_k[..n], &self.t_k[..n]);
        let (dh_co2, co2_mol) = (&plan.dh_co2_j_mol[..n], &self.co2_mol[..n]);
        let (dh_h2o, h2o_mol) = (&plan.dh_h2o_j_mol[..n], &self.h2o_mol[..n]);
        side_by_side(n, |i| {
            let bound_j =
                (HF_J_MOL[CO2] + dh_co2[i]) * co2_mol[i] + (HF_J_MOL[H2O] + dh_h2o[i]) * h2o_mol[i];
            c_j_k[i] * (t_k[i] - T_REF_K) + bound_j
        })
    }

    /// Adsorbed CO2, mol.
    #[inline(always)]
    #[must_use]
    pub fn co2_total_mol(&self) -> f64 {
        side_by_side(self.co2_mol.len(), |i| self.co2_mol[i])
    }

    /// Adsorbed water, mol.
    #[inline(always)]
    #[must_use]
    pub fn h2o_total_mol(&self) -> f64 {
        side_by_side(self.h2o_mol.len(), |i| self.h2o_mol[i])
    }

    /// Mean temperature, weighted by heat capacity, K.
    #[inline(always)]
    #[must_use]
    pub fn mean_k(&self, plan: &BedPlan) -> f64 {
        let n = plan.cells();
        let (c_j_k, t_k) = (&plan.heat_j_k[..n], &self.t_k[..n]);
        side_by_side(n, |i| c_j_k[i] * t_k[i]) / plan.heat_j_k()
    }

    /// Pass gas through the bed for one step; `reverse` enters at the far end.
    ///
    /// # Equation
    /// ```text
    /// per cell, in flow order, gas quasi-steady, chord K = q*(T, p)/p of the last step:
    ///   G·(p_in − p) = g·(K·p − q)       G = flow/P,  g = m·(1 − e^(−k·dt))/dt
    ///   q' = q + (K·p − q)·(1 − e^(−k·dt))
    ///   C·T' + S_out·T' = C·T + S_in·T_in − ΔH·(uptake) + Q      S = heat capacity of the gas, J/K
    /// ```
    /// Linear-driving-force uptake, exponential in time, implicit in the gas along the flow.
    ///
    /// `chord` holds the chords of CO2 and water by cell, `uptake` the shares of
    /// [`BedPlan::uptake`] for the same step.
    /// # Source
    /// Linear driving force (Glueckauf 1955, recalled) with the isotherms of ICES-2014-168.
    /// # Valid range
    /// Any flow; the gas leaving a cell is in balance with what the cell takes up in the step.
    /// # Outside the range
    /// No gas: nothing happens. Gas poorer than the bed: the cell gives off. A partial pressure
    /// never falls below zero, since loading and inflow are not negative.
    /// # Conserves
    /// Uptake is exactly what the gas loses; heat of adsorption goes to the cell; enthalpy of the
    /// gas is followed cell by cell. Nothing is booked here: the unit books the stream.
    /// # Tests
    /// `chamber::the_number_of_cells_does_not_matter_from_ten_on`, `chamber::cdra_six_crew_window`,
    /// `same_bits::every_simd_level_gives_the_same_bits`.
    #[inline(always)]
    pub fn pass(
        &mut self,
        plan: &BedPlan,
        parcel: &mut Parcel,
        p_total_pa: f64,
        chord: (&[f64], &[f64]),
        uptake: &Uptake,
        reverse: bool,
    ) {
        let total_mol = parcel.total_mol();
        let n = plan.cells();
        if total_mol <= 0.0 || n == 0 {
            return;
        }
        let (k_co2, k_h2o) = (&chord.0[..n], &chord.1[..n]);

        // Heat capacity of the parcel and its temperature above the reference, in energy.
        let mut s_j_k = 0.0;
        let mut hf_j = 0.0;
        for g in 0..CP_J_MOL_K.len() {
            s_j_k += parcel.n_mol[g] * CP_J_MOL_K[g];
            hf_j += parcel.n_mol[g] * HF_J_MOL[g];
        }
        let mut sensible_j = parcel.h_j - hf_j;
        let g_mol_pa = total_mol / p_total_pa;
        let per_g_pa_mol = p_total_pa / total_mol;

        // What a cell lets through, apart from what comes in: no chain, so one loop for all cells.
        let mut pass_co2 = [0.0; CELLS_MAX];
        let mut pass_h2o = [0.0; CELLS_MAX];
        for i in 0..n {
            let (share, share_w) = uptake[plan.layer[i]];
            let m_kg = plan.mass_kg[i];
            pass_co2[i] = g_mol_pa / (g_mol_pa + m_kg * share * k_co2[i]);
            pass_h2o[i] = g_mol_pa / (g_mol_pa + m_kg * share_w * k_h2o[i]);
        }
        let mut co2_mol = parcel.n_mol[CO2];
        let mut h2o_mol = parcel.n_mol[H2O];
        for step in 0..n {
            let i = if reverse { n - 1 - step } else { step };
            let (share, share_w) = uptake[plan.layer[i]];
            let out_mol = (co2_mol + share * self.co2_mol[i]) * pass_co2[i];
            let co2_up_mol = co2_mol - out_mol;
            let w_out_mol = (h2o_mol + share_w * self.h2o_mol[i]) * pass_h2o[i];
            let h2o_up_mol = h2o_mol - w_out_mol;
            self.co2_mol[i] += co2_up_mol;
            self.h2o_mol[i] += h2o_up_mol;
            self.p_co2_pa[i] = out_mol * per_g_pa_mol;
            self.p_h2o_pa[i] = w_out_mol * per_g_pa_mol;
            co2_mol = out_mol;
            h2o_mol = w_out_mol;

            // T' solved for, so that only one product and one sum hang on the cell before.
            s_j_k -= co2_up_mol * CP_J_MOL_K[CO2] + h2o_up_mol * CP_J_MOL_K[H2O];
            let adsorption_j =
                -(co2_up_mol * plan.dh_co2_j_mol[i] + h2o_up_mol * plan.dh_h2o_j_mol[i]);
            let c_j_k = plan.heat_j_k[i];
            let gas_share = s_j_k / (c_j_k + s_j_k);
            let own_j = gas_share * (c_j_k * (self.t_k[i] - T_REF_K) + adsorption_j);
            let out_j = own_j + gas_share * sensible_j;
            self.t_k[i] += (sensible_j + adsorption_j - out_j) / c_j_k;
            sensible_j = out_j;
        }
        hf_j += (co2_mol - parcel.n_mol[CO2]) * HF_J_MOL[CO2]
            + (h2o_mol - parcel.n_mol[H2O]) * HF_J_MOL[H2O];
        parcel.n_mol[CO2] = co2_mol;
        parcel.n_mol[H2O] = h2o_mol;
        parcel.h_j = hf_j + sensible_j;
    }

    /// Fill the gas of every cell at the given partial pressures.
    ///
    /// Only the point at which the next chords are taken changes; gas in the cells is not counted
    /// as an amount, so nothing is created.
    #[inline(always)]
    pub fn fill(&mut self, p_co2_pa: f64, p_h2o_pa: f64) {
        self.p_co2_pa.fill(p_co2_pa);
        self.p_h2o_pa.fill(p_h2o_pa);
    }

    /// Let the bed give off gas into a space at the given partial pressures, heated by `q_j`.
    ///
    /// # Equation
    /// ```text
    /// q' = q − (q − q*(T, p))·(1 − e^(−k·dt))   where q > q*, else q
    /// C·(T' − T) = Q + ΔH·(given off),  gas leaves at T
    /// ```
    /// # Conserves
    /// What leaves is reported with its enthalpy; the heat is spread over cells by heat capacity.
    /// The caller books it: to the accumulator or by [`crate::ledger::Ledger::gas_out`].
    /// # Outside the range
    /// A cell below equilibrium keeps what it holds: nothing flows back from the pump. Without heat
    /// the bed cools as it gives off, and slows down.
    /// # Tests
    /// `conservation::cabin_closes_over_thirty_days` runs three hundred half-cycles through it.
    #[inline(always)]
    pub fn desorb(
        &mut self,
        plan: &BedPlan,
        p_co2_pa: f64,
        p_h2o_pa: f64,
        q_j: f64,
        chord: (&[f64], &[f64]),
        uptake: &Uptake,
    ) -> Desorbed {
        let n = plan.cells();
        let (k_co2, k_h2o) = (&chord.0[..n], &chord.1[..n]);
        let total_j_k = plan.heat_j_k();
        let mut given = Desorbed::default();
        for i in 0..n {
            let (share, share_w) = uptake[plan.layer[i]];
            let co2_mol =
                ((self.co2_mol[i] - plan.mass_kg[i] * k_co2[i] * p_co2_pa) * share).max(0.0);
            let h2o_mol =
                ((self.h2o_mol[i] - plan.mass_kg[i] * k_h2o[i] * p_h2o_pa) * share_w).max(0.0);
            let t_k = self.t_k[i];
            let h_j = co2_mol * (HF_J_MOL[CO2] + CP_J_MOL_K[CO2] * (t_k - T_REF_K))
                + h2o_mol * (HF_J_MOL[H2O] + CP_J_MOL_K[H2O] * (t_k - T_REF_K));
            self.co2_mol[i] -= co2_mol;
            self.h2o_mol[i] -= h2o_mol;
            let lost_j = h_j
                - co2_mol * (HF_J_MOL[CO2] + plan.dh_co2_j_mol[i])
                - h2o_mol * (HF_J_MOL[H2O] + plan.dh_h2o_j_mol[i]);
            self.t_k[i] += (q_j * (plan.heat_j_k[i] / total_j_k) - lost_j) / plan.heat_j_k[i];
            given.co2_mol += co2_mol;
            given.h2o_mol += h2o_mol;
            given.h_j += h_j;
        }
        given
    }
}

/// Largest number of cells of a bed.
pub const CELLS_MAX: usize = 40;

/// Amount of gas in a volume, mol.
///
/// # Equation
/// ```text
/// n = p·V/(R·T)
/// ```
/// Zero in vacuum; a positive temperature is expected.
///
/// # Examples
/// ```
/// use lunar_habitat_habitat::air::bed::amount_mol;
/// assert!((amount_mol(101_325.0, 0.022_414, 273.15) - 1.0).abs() < 1e-4);
/// ```
#[must_use]
pub fn amount_mol(p_pa: f64, volume_m3: f64, t_k: f64) -> f64 {
    p_pa * volume_m3 / (R_J_MOL_K * t_k)
}
