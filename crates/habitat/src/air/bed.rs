//! A packed bed of adsorbent in axial cells.

use physics::constants::{R_J_MOL_K, T_REF_K};
use physics::sorption::{Medium, Toth, henry_chord_mol_kg_pa, ldf_fraction};
use physics::species::{CP_J_MOL_K, Gas, HF_J_MOL};

use crate::air::parcel::Parcel;
use crate::slots::state;

const CO2: usize = Gas::Co2 as usize;
const H2O: usize = Gas::H2o as usize;

/// A layer of one medium.
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
    fn push(&mut self, toth: &Toth, access: f64) {
        self.a0_mol_kg_pa.push(toth.a0_mol_kg_pa);
        self.b0_1_pa.push(toth.b0_1_pa);
        self.e_k.push(toth.e_k);
        self.t0.push(toth.t0);
        self.c0_k.push(toth.c0_k);
        self.access.push(access);
    }

    /// Append the CO2 isotherms of a bed's cells, then their water isotherms.
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

/// Parameters of a bed by cell, in the order of the adsorbing flow.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BedPlan {
    mass_kg: Vec<f64>,
    heat_j_k: Vec<f64>,
    total_heat_j_k: f64,
    co2: Vec<Toth>,
    h2o: Vec<Toth>,
    co2_access: Vec<f64>,
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
    /// Stack layers into a bed.
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

    /// Heat capacity of the whole bed, J/K.
    #[must_use]
    pub fn heat_j_k(&self) -> f64 {
        self.total_heat_j_k
    }

    /// Shares of the way to equilibrium in a step of `dt_s`.
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
    /// An empty bed at `t_k`.
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

    /// Enthalpy of one mole adsorbed: formation enthalpy of the gas plus heat of adsorption, J/mol.
    fn adsorbed_j_mol(gas: usize, toth: &Toth) -> f64 {
        HF_J_MOL[gas] + toth.dh_j_mol
    }

    /// Energy held, J: sensible heat of medium and housing, and enthalpy of what is adsorbed.
    #[inline(always)]
    #[must_use]
    pub fn energy_j(&self, plan: &BedPlan) -> f64 {
        let mut e_j = 0.0;
        for i in 0..plan.cells() {
            e_j += plan.heat_j_k[i] * (self.t_k[i] - T_REF_K)
                + self.co2_mol[i] * Self::adsorbed_j_mol(CO2, &plan.co2[i])
                + self.h2o_mol[i] * Self::adsorbed_j_mol(H2O, &plan.h2o[i]);
        }
        e_j
    }

    /// Adsorbed CO2, mol.
    #[inline(always)]
    #[must_use]
    pub fn co2_total_mol(&self) -> f64 {
        self.co2_mol.iter().sum()
    }

    /// Adsorbed water, mol.
    #[inline(always)]
    #[must_use]
    pub fn h2o_total_mol(&self) -> f64 {
        self.h2o_mol.iter().sum()
    }

    /// Mean temperature, weighted by heat capacity, K.
    #[inline(always)]
    #[must_use]
    pub fn mean_k(&self, plan: &BedPlan) -> f64 {
        let mut sum = 0.0;
        for i in 0..plan.cells() {
            sum += plan.heat_j_k[i] * self.t_k[i];
        }
        sum / plan.heat_j_k()
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
    /// # Conserves
    /// Uptake is exactly what the gas loses; heat of adsorption goes to the cell; enthalpy of the
    /// gas is followed cell by cell.
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
                -(co2_up_mol * plan.co2[i].dh_j_mol + h2o_up_mol * plan.h2o[i].dh_j_mol);
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
                - co2_mol * Self::adsorbed_j_mol(CO2, &plan.co2[i])
                - h2o_mol * Self::adsorbed_j_mol(H2O, &plan.h2o[i]);
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
#[must_use]
pub fn amount_mol(p_pa: f64, volume_m3: f64, t_k: f64) -> f64 {
    p_pa * volume_m3 / (R_J_MOL_K * t_k)
}
