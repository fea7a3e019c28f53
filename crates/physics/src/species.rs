//! The eight gases of a cabin and what they are made of.

use crate::constants::{M_C_KG_MOL, M_H_KG_MOL, M_N_KG_MOL, M_O_KG_MOL, R_J_MOL_K, T_REF_K};

/// Number of gases that a zone tracks by amount.
pub const GASES: usize = 8;

/// A gas; its number is its place in every array of amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Gas {
    /// Oxygen.
    O2 = 0,
    /// Carbon dioxide.
    Co2 = 1,
    /// Nitrogen.
    N2 = 2,
    /// Water vapour.
    H2o = 3,
    /// Methane.
    Ch4 = 4,
    /// Hydrogen.
    H2 = 5,
    /// Carbon monoxide.
    Co = 6,
    /// Ammonia.
    Nh3 = 7,
}

impl Gas {
    /// All gases in their order.
    pub const ALL: [Gas; GASES] =
        [Gas::O2, Gas::Co2, Gas::N2, Gas::H2o, Gas::Ch4, Gas::H2, Gas::Co, Gas::Nh3];

    /// Short name as used in channel ids.
    #[must_use]
    pub fn name(self) -> &'static str {
        ["o2", "co2", "n2", "h2o", "ch4", "h2", "co", "nh3"][self as usize]
    }

    /// Molar mass, kg/mol.
    #[must_use]
    pub fn molar_mass_kg_mol(self) -> f64 {
        COMPOSITION[self as usize].mass_kg()
    }
}

/// Atoms in one mole, and ash in kg per mole, of a substance.
///
/// Ash stands for every other element; it is conserved as mass.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Composition {
    /// Carbon, mol/mol.
    pub c: f64,
    /// Hydrogen atoms, mol/mol.
    pub h: f64,
    /// Oxygen atoms, mol/mol.
    pub o: f64,
    /// Nitrogen atoms, mol/mol.
    pub n: f64,
    /// Everything else, kg/mol.
    pub ash_kg: f64,
}

impl Composition {
    /// Mass of one mole, kg/mol.
    #[must_use]
    pub const fn mass_kg(&self) -> f64 {
        self.c * M_C_KG_MOL
            + self.h * M_H_KG_MOL
            + self.o * M_O_KG_MOL
            + self.n * M_N_KG_MOL
            + self.ash_kg
    }
}

const fn chon(c: f64, h: f64, o: f64, n: f64) -> Composition {
    Composition { c, h, o, n, ash_kg: 0.0 }
}

/// Composition of each gas, in the order of [`Gas`].
pub const COMPOSITION: [Composition; GASES] = [
    chon(0.0, 0.0, 2.0, 0.0),
    chon(1.0, 0.0, 2.0, 0.0),
    chon(0.0, 0.0, 0.0, 2.0),
    chon(0.0, 2.0, 1.0, 0.0),
    chon(1.0, 4.0, 0.0, 0.0),
    chon(0.0, 2.0, 0.0, 0.0),
    chon(1.0, 0.0, 1.0, 0.0),
    chon(0.0, 3.0, 0.0, 1.0),
];

/// Composition of water.
pub const WATER: Composition = chon(0.0, 2.0, 1.0, 0.0);

/// Enthalpy of formation of each gas at 298.15 K, J/mol. CODATA key values (Cox et al. 1989);
/// methane from the NIST Chemistry WebBook.
pub const HF_J_MOL: [f64; GASES] =
    [0.0, -393_510.0, 0.0, -241_826.0, -74_870.0, 0.0, -110_530.0, -45_940.0];

/// Heat capacity of each gas at constant pressure at 298.15 K, J/mol/K, taken as constant. NIST
/// Chemistry WebBook; between 250 K and 350 K the change is below 4 % for each of them.
pub const CP_J_MOL_K: [f64; GASES] = [29.38, 37.13, 29.12, 33.59, 35.69, 28.84, 29.14, 35.06];

/// Enthalpy of one mole of `gas` at `t_k`, J/mol.
///
/// # Equation
/// ```text
/// h(T) = h_f + c_p · (T − 298.15 K)
/// ```
/// # Source
/// CODATA key values; NIST Chemistry WebBook (see [`HF_J_MOL`], [`CP_J_MOL_K`]).
/// # Valid range
/// 200 K to 500 K, ideal gas, constant heat capacity.
/// # Outside the range
/// The line is continued; the result is finite for finite input.
/// # Conserves
/// Nothing is moved; this is a property.
#[inline(always)]
#[must_use]
pub fn enthalpy_j_mol(gas: Gas, t_k: f64) -> f64 {
    HF_J_MOL[gas as usize] + CP_J_MOL_K[gas as usize] * (t_k - T_REF_K)
}

/// Temperature of a fixed volume of gas from its amounts and its internal energy, K.
///
/// # Equation
/// ```text
/// U = Σ n·(h_f + c_p·(T − T_ref) − R·T)      solved for T
/// ```
/// # Source
/// First law for a closed volume of ideal gases.
/// # Valid range
/// A positive total amount.
/// # Outside the range
/// With less than 1e-12 mol in total the reference temperature is returned.
/// # Conserves
/// Nothing is moved; this is a property.
#[inline(always)]
#[must_use]
pub fn temperature_k(n_mol: &[f64; GASES], u_j: f64) -> f64 {
    let (offset_j, c_v_j_k) = internal_energy_line(n_mol);
    if c_v_j_k < 1e-11 { T_REF_K } else { (u_j - offset_j) / c_v_j_k }
}

/// Internal energy of gas at `t_k`, J; inverse of [`temperature_k`].
#[inline(always)]
#[must_use]
pub fn internal_energy_j(n_mol: &[f64; GASES], t_k: f64) -> f64 {
    let (offset_j, c_v_j_k) = internal_energy_line(n_mol);
    offset_j + c_v_j_k * t_k
}

/// Offset (J) and slope (J/K) of internal energy over temperature.
#[inline(always)]
#[must_use]
pub fn internal_energy_line(n_mol: &[f64; GASES]) -> (f64, f64) {
    let mut offset_j = 0.0;
    let mut c_v_j_k = 0.0;
    for i in 0..GASES {
        offset_j += n_mol[i] * (HF_J_MOL[i] - CP_J_MOL_K[i] * T_REF_K);
        c_v_j_k += n_mol[i] * (CP_J_MOL_K[i] - R_J_MOL_K);
    }
    (offset_j, c_v_j_k)
}

/// Enthalpy of a parcel of gas at `t_k`, J.
#[inline(always)]
#[must_use]
pub fn parcel_enthalpy_j(n_mol: &[f64; GASES], t_k: f64) -> f64 {
    let mut h_j = 0.0;
    for i in 0..GASES {
        h_j += n_mol[i] * (HF_J_MOL[i] + CP_J_MOL_K[i] * (t_k - T_REF_K));
    }
    h_j
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn molar_masses_are_those_of_the_reference_tables() {
        for (gas, g_mol) in [
            (Gas::O2, 31.998),
            (Gas::Co2, 44.009),
            (Gas::H2o, 18.015),
            (Gas::H2, 2.016),
            (Gas::N2, 28.014),
        ] {
            assert!((gas.molar_mass_kg_mol() * 1e3 - g_mol).abs() < 1e-9, "{}", gas.name());
        }
    }

    #[test]
    fn temperature_inverts_internal_energy() {
        let n_mol = [800.0, 10.0, 1_500.0, 40.0, 0.1, 0.02, 0.01, 0.003];
        for t_k in [200.0, 250.0, 295.15, 400.0] {
            let back_k = temperature_k(&n_mol, internal_energy_j(&n_mol, t_k));
            assert!((back_k - t_k).abs() < 1e-9);
        }
    }

    #[test]
    fn vaporisation_enthalpy_is_the_steam_table_value() {
        // 2441.7 kJ/kg at 25 degC (IAPWS-95), reached to 0.1 %.
        let h_j_kg = (HF_J_MOL[Gas::H2o as usize] - crate::constants::HF_H2O_LIQUID_J_MOL)
            / Gas::H2o.molar_mass_kg_mol();
        assert!((h_j_kg / 2_441.7e3 - 1.0).abs() < 1e-3, "{h_j_kg}");
    }
}
