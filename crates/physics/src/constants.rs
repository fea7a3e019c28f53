//! Constants of nature and of the field, each with value, unit, source and year.

/// Molar gas constant, J/mol/K. CODATA 2018 (exact in the SI of 2019).
pub const R_J_MOL_K: f64 = 8.314_462_618_153_24;

/// Faraday constant, C/mol. CODATA 2018 (exact in the SI of 2019).
pub const FARADAY_C_MOL: f64 = 96_485.332_123_310_01;

/// Reference temperature of every enthalpy in the ledger, K. IUPAC standard ambient temperature.
pub const T_REF_K: f64 = 298.15;

/// Stefan-Boltzmann constant, W/m2/K4. CODATA 2018.
pub const STEFAN_BOLTZMANN_W_M2_K4: f64 = 5.670_374_419e-8;

/// Pressure of one millimetre of mercury, Pa. Conventional value, as the reference tables use it.
pub const PA_PER_MMHG: f64 = 133.322;

/// Saturation pressure of water at body temperature (37 degC), mmHg. NASA-STD-3001 V2 6003.
pub const BODY_VAPOUR_MMHG: f64 = 47.0;

/// Seconds in a day, s. Definition.
pub const DAY_S: f64 = 86_400.0;

/// Molar mass of carbon, kg/mol. IUPAC 2021, abridged to the digits of the reference tables.
pub const M_C_KG_MOL: f64 = 12.011e-3;
/// Molar mass of hydrogen atoms, kg/mol. IUPAC 2021, abridged.
pub const M_H_KG_MOL: f64 = 1.008e-3;
/// Molar mass of oxygen atoms, kg/mol. IUPAC 2021, abridged.
pub const M_O_KG_MOL: f64 = 15.999e-3;
/// Molar mass of nitrogen atoms, kg/mol. IUPAC 2021, abridged.
pub const M_N_KG_MOL: f64 = 14.007e-3;

/// Molar mass of water, kg/mol: two hydrogen and one oxygen.
pub const M_H2O_KG_MOL: f64 = 2.0 * M_H_KG_MOL + M_O_KG_MOL;

/// Enthalpy of formation of liquid water at 298.15 K, J/mol. CODATA key values (Cox et al. 1989).
pub const HF_H2O_LIQUID_J_MOL: f64 = -285_830.0;

/// Heat capacity of liquid water at 298.15 K, J/mol/K. NIST Chemistry WebBook.
pub const CP_H2O_LIQUID_J_MOL_K: f64 = 75.3;
