//! Chemical reactions of life support: whole stoichiometry, and heat from enthalpies of formation.
//!
//! A reaction is a list of coefficients ([`Reaction`]); a run of it is a list of amounts
//! ([`Change`]). No reaction has a heat of its own: heat is the difference of the enthalpies of
//! formation that the ledger also uses, so both always agree. Lithium, sodium and chlorine are ash
//! in [`Composition`]; they are conserved as mass.
//!
//! Not here: rates, catalysts and temperatures of reactors (`habitat`), and cell voltage
//! ([`crate::electrolysis`]).

use crate::constants::HF_H2O_LIQUID_J_MOL;
use crate::number::Real;
use crate::species::{COMPOSITION, Composition, GASES, Gas, HF_J_MOL, WATER};

/// Molar mass of lithium, kg/mol. IUPAC 2021, abridged.
pub const M_LI_KG_MOL: f64 = 6.94e-3;
/// Molar mass of sodium, kg/mol. IUPAC 2021, abridged.
pub const M_NA_KG_MOL: f64 = 22.990e-3;
/// Molar mass of chlorine atoms, kg/mol. IUPAC 2021, abridged.
pub const M_CL_KG_MOL: f64 = 35.45e-3;

/// Number of solids that take part in reactions.
pub const SOLIDS: usize = 4;

/// A solid that takes part in a reaction; its number is its place in arrays of solids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Solid {
    /// Lithium hydroxide, LiOH.
    LiOh = 0,
    /// Lithium carbonate, Li2CO3.
    Li2Co3 = 1,
    /// Sodium chlorate, NaClO3.
    NaClO3 = 2,
    /// Sodium chloride, NaCl.
    NaCl = 3,
}

impl Solid {
    /// All solids in their order.
    pub const ALL: [Solid; SOLIDS] = [Solid::LiOh, Solid::Li2Co3, Solid::NaClO3, Solid::NaCl];

    /// Atoms of one mole; metals and chlorine as ash.
    #[must_use]
    pub const fn composition(self) -> Composition {
        let (c, h, o, ash_kg) = match self {
            Solid::LiOh => (0.0, 1.0, 1.0, M_LI_KG_MOL),
            Solid::Li2Co3 => (1.0, 0.0, 3.0, 2.0 * M_LI_KG_MOL),
            Solid::NaClO3 => (0.0, 0.0, 3.0, M_NA_KG_MOL + M_CL_KG_MOL),
            Solid::NaCl => (0.0, 0.0, 0.0, M_NA_KG_MOL + M_CL_KG_MOL),
        };
        Composition { c, h, o, n: 0.0, ash_kg }
    }

    /// Molar mass, kg/mol.
    #[must_use]
    pub const fn molar_mass_kg_mol(self) -> f64 {
        self.composition().mass_kg()
    }

    /// Enthalpy of formation at 298.15 K, J/mol. CRC Handbook, recalled; assumed.
    #[must_use]
    pub const fn hf_j_mol(self) -> f64 {
        match self {
            Solid::LiOh => -487_500.0,
            Solid::Li2Co3 => -1_216_000.0,
            Solid::NaClO3 => -365_800.0,
            Solid::NaCl => -411_200.0,
        }
    }
}

/// Coefficients of a reaction per mole of extent: negative for what is used up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reaction {
    /// Gases, in the order of [`Gas`]; water here is vapour.
    pub gas: [f64; GASES],
    /// Liquid water.
    pub liquid_water: f64,
    /// Solids, in the order of [`Solid`].
    pub solid: [f64; SOLIDS],
}

/// Amounts that a reaction has changed: negative for what is used up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change<R> {
    /// Extent of the reaction, mol.
    pub extent_mol: R,
    /// Gases, mol, in the order of [`Gas`]; water here is vapour.
    pub gas_mol: [R; GASES],
    /// Liquid water, mol.
    pub liquid_water_mol: R,
    /// Solids, mol, in the order of [`Solid`].
    pub solid_mol: [R; SOLIDS],
    /// Heat released with everything at 298.15 K, J; negative if heat is taken up.
    pub heat_j: R,
}

/// Coefficients of gases: O2, CO2, N2, H2O, CH4, H2, CO, NH3.
const fn gases(gas: [f64; GASES]) -> Reaction {
    Reaction { gas, liquid_water: 0.0, solid: [0.0; SOLIDS] }
}

/// CO2 + 4 H2 → CH4 + 2 H2O (vapour), per mole of CO2; releases 165.0 kJ/mol.
pub const SABATIER: Reaction = gases([0.0, -1.0, 0.0, 2.0, 1.0, -4.0, 0.0, 0.0]);
/// H2O (liquid) → H2 + ½ O2, per mole of water; takes up 285.8 kJ/mol.
pub const ELECTROLYSIS: Reaction = Reaction {
    gas: [0.5, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0],
    liquid_water: -1.0,
    solid: [0.0; SOLIDS],
};
/// CO2 + 2 LiOH → Li2CO3 + H2O (vapour), per mole of CO2; releases 89.3 kJ/mol.
pub const LIOH_ABSORPTION: Reaction = Reaction {
    gas: [0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0],
    liquid_water: 0.0,
    solid: [-2.0, 1.0, 0.0, 0.0],
};
/// NaClO3 → NaCl + 3/2 O2, per mole of chlorate; releases 45.4 kJ/mol. The iron fuel of a real
/// candle is neglected.
pub const CHLORATE_CANDLE: Reaction = Reaction {
    gas: [1.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    liquid_water: 0.0,
    solid: [0.0, 0.0, -1.0, 1.0],
};
/// CO + ½ O2 → CO2, per mole of CO; releases 283.0 kJ/mol.
pub const CO_OXIDATION: Reaction = gases([-0.5, 1.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.0]);
/// CH4 + 2 O2 → CO2 + 2 H2O (vapour), per mole of CH4; releases 802.3 kJ/mol.
pub const CH4_OXIDATION: Reaction = gases([-2.0, 1.0, 0.0, 2.0, -1.0, 0.0, 0.0, 0.0]);
/// H2 + ½ O2 → H2O (vapour), per mole of H2; releases 241.8 kJ/mol.
pub const H2_OXIDATION: Reaction = gases([-0.5, 0.0, 0.0, 1.0, 0.0, -1.0, 0.0, 0.0]);
/// NH3 + ¾ O2 → ½ N2 + 3/2 H2O (vapour), per mole of NH3; releases 316.8 kJ/mol.
pub const NH3_OXIDATION: Reaction = gases([-0.75, 0.0, 0.5, 1.5, 0.0, 0.0, 0.0, -1.0]);

impl Reaction {
    /// Return the heat released per mole of extent with everything at 298.15 K, J/mol.
    ///
    /// # Equation
    /// ```text
    /// Q = − Σ ν·h_f
    ///   ν    coefficient, negative for what is used up   [-]
    ///   h_f  enthalpy of formation at 298.15 K           [J/mol]
    /// ```
    /// # Source
    /// Hess's law; enthalpies from [`HF_J_MOL`] and [`Solid::hf_j_mol`].
    /// # Valid range
    /// 298.15 K. At another temperature the streams' sensible heat is the caller's.
    /// # Outside the range
    /// No other argument exists.
    /// # Conserves
    /// Nothing is moved; this is a property.
    /// # Examples
    /// ```
    /// use lunar_habitat_physics::reaction::SABATIER;
    /// assert!((SABATIER.heat_j_mol() - 165.0e3).abs() < 0.1e3);
    /// ```
    /// # Tests
    /// `heats_are_the_known_ones`, `change_carries_the_enthalpy_difference`.
    #[must_use]
    pub const fn heat_j_mol(&self) -> f64 {
        let mut h_j = self.liquid_water * HF_H2O_LIQUID_J_MOL;
        let mut i = 0;
        while i < GASES {
            h_j += self.gas[i] * HF_J_MOL[i];
            i += 1;
        }
        let mut i = 0;
        while i < SOLIDS {
            h_j += self.solid[i] * Solid::ALL[i].hf_j_mol();
            i += 1;
        }
        -h_j
    }

    /// Atoms and ash that one mole of extent creates: zero for a balanced reaction.
    #[must_use]
    pub const fn created(&self) -> Composition {
        let mut sum = plus(
            Composition { c: 0.0, h: 0.0, o: 0.0, n: 0.0, ash_kg: 0.0 },
            &WATER,
            self.liquid_water,
        );
        let mut i = 0;
        while i < GASES {
            sum = plus(sum, &COMPOSITION[i], self.gas[i]);
            i += 1;
        }
        let mut i = 0;
        while i < SOLIDS {
            sum = plus(sum, &Solid::ALL[i].composition(), self.solid[i]);
            i += 1;
        }
        sum
    }

    /// Return the amounts changed by `extent_mol` of this reaction.
    ///
    /// # Equation
    /// ```text
    /// Δn = ν·ξ,   heat = ξ·Q
    ///   ξ  extent          [mol]
    ///   Q  heat released   [J/mol]
    /// ```
    /// # Source
    /// Definition of the extent of reaction.
    /// # Valid range
    /// Any extent whose reactants are there; the caller limits it.
    /// # Outside the range
    /// Linear; a negative extent runs the reaction backwards.
    /// # Conserves
    /// C, H, O, N, ash; energy, since heat is the difference of formation enthalpies.
    /// # Tests
    /// `every_reaction_balances`, `change_carries_the_enthalpy_difference`.
    #[inline(always)]
    #[must_use]
    pub fn advance<R: Real>(&self, extent_mol: R) -> Change<R> {
        Change {
            extent_mol,
            gas_mol: self.gas.map(|nu| extent_mol * nu),
            liquid_water_mol: extent_mol * self.liquid_water,
            solid_mol: self.solid.map(|nu| extent_mol * nu),
            heat_j: extent_mol * self.heat_j_mol(),
        }
    }
}

const fn plus(a: Composition, b: &Composition, times: f64) -> Composition {
    Composition {
        c: a.c + times * b.c,
        h: a.h + times * b.h,
        o: a.o + times * b.o,
        n: a.n + times * b.n,
        ash_kg: a.ash_kg + times * b.ash_kg,
    }
}

/// Share of the lean reactant that a flight reactor converts in one pass. ICES 2005-01-2864,
/// Table 5 (87 to 93 %, mostly 88 %), seen through V-HAB (2023).
pub const SABATIER_CONVERSION: f64 = 0.88;

/// What a reducer does with its feed, mol or mol/s as the feed was given. Only CO2 and H2 are used
/// and only CH4 and water vapour are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SabatierStreams<R> {
    /// CO2 used.
    pub co2_consumed_mol: R,
    /// H2 used.
    pub h2_consumed_mol: R,
    /// CH4 made.
    pub ch4_product_mol: R,
    /// Water vapour made.
    pub h2o_product_mol: R,
    /// CO2 that leaves as CO2.
    pub co2_unreacted_mol: R,
    /// H2 that leaves as H2.
    pub h2_unreacted_mol: R,
    /// Heat released at 298.15 K, J (or W).
    pub heat_j: R,
}

impl<R: Real> SabatierStreams<R> {
    /// Everything that leaves the reactor, in the order of [`Gas`].
    #[inline(always)]
    #[must_use]
    pub fn outlet_mol(&self) -> [R; GASES] {
        let mut out = [R::zero(); GASES];
        out[Gas::Co2 as usize] = self.co2_unreacted_mol;
        out[Gas::H2 as usize] = self.h2_unreacted_mol;
        out[Gas::Ch4 as usize] = self.ch4_product_mol;
        out[Gas::H2o as usize] = self.h2o_product_mol;
        out
    }
}

/// Return what a Sabatier reactor makes of its feed, any ratio of H2 to CO2.
///
/// # Equation
/// ```text
/// ξ = x · min(n_CO2, n_H2/4)
/// CO2 + 4 H2 → CH4 + 2 H2O(g)
///   n  feed                            [mol] or [mol/s]
///   x  conversion of the lean reactant, 0 to 1   [-]
/// ```
/// # Source
/// Stoichiometry; conversion from ICES 2005-01-2864, Table 5 ([`SABATIER_CONVERSION`]).
/// # Valid range
/// Feeds of zero or more. Side reactions (CO, carbon) are neglected.
/// # Outside the range
/// A negative feed counts as none; a conversion outside 0 to 1 is clamped.
/// # Conserves
/// C, H, O and energy: feed = products + unreacted, heat from the formation enthalpies.
/// # Examples
/// ```
/// use lunar_habitat_physics::reaction::sabatier;
/// // 3.5 mol H2 per mol CO2 is H2-lean: 0.88·3.5/4 = 77 % of the CO2 reacts.
/// let s = sabatier(1.0, 3.5, 0.88);
/// assert!((s.co2_consumed_mol - 0.77).abs() < 1e-12);
/// assert!((s.co2_unreacted_mol - 0.23).abs() < 1e-12);
/// ```
/// # Tests
/// `biosim_9_unreacted_co2_is_not_destroyed`, `c_8_closure_with_the_hydrogen_of_electrolysis`,
/// `sabatier_conserves_its_feed`.
#[inline(always)]
#[must_use]
pub fn sabatier<R: Real>(
    co2_feed_mol: R,
    h2_feed_mol: R,
    conversion_of_lean: R,
) -> SabatierStreams<R> {
    let co2_mol = co2_feed_mol.max(R::zero());
    let h2_mol = h2_feed_mol.max(R::zero());
    let x = conversion_of_lean.clamp(R::zero(), R::one());
    let extent_mol = x * co2_mol.min(h2_mol * 0.25);
    SabatierStreams {
        co2_consumed_mol: extent_mol,
        h2_consumed_mol: extent_mol * 4.0,
        ch4_product_mol: extent_mol,
        h2o_product_mol: extent_mol * 2.0,
        co2_unreacted_mol: co2_mol - extent_mol,
        h2_unreacted_mol: h2_mol - extent_mol * 4.0,
        heat_j: extent_mol * const { SABATIER.heat_j_mol() },
    }
}

/// Return what splitting liquid water changes.
///
/// # Equation
/// ```text
/// H2O(l) → H2 + ½ O2
/// ```
/// # Source
/// Stoichiometry.
/// # Valid range
/// Water of zero or more that is there. The heat is −285.83 kJ/mol: electricity must bring it.
/// # Outside the range
/// A negative amount counts as none.
/// # Conserves
/// H, O and energy.
/// # Examples
/// ```
/// use lunar_habitat_physics::{reaction::electrolysis, species::Gas};
/// // 1.1260 kg of water and 0.1260 kg of H2 per kg of O2.
/// let c = electrolysis(1.1260 / 18.015e-3);
/// assert!((c.gas_mol[Gas::O2 as usize] * 31.998e-3 - 1.0).abs() < 1e-4);
/// assert!((c.gas_mol[Gas::H2 as usize] * 2.016e-3 - 0.1260).abs() < 1e-4);
/// ```
/// # Tests
/// `every_reaction_balances`, `c_8_closure_with_the_hydrogen_of_electrolysis`.
#[inline(always)]
#[must_use]
pub fn electrolysis<R: Real>(water_mol: R) -> Change<R> {
    ELECTROLYSIS.advance(water_mol.max(R::zero()))
}

/// Return what lithium hydroxide changes in the air that reaches it.
///
/// # Equation
/// ```text
/// CO2 + 2 LiOH → Li2CO3 + H2O(g),   ξ = min(n_CO2, n_LiOH/2)
/// ```
/// # Source
/// Stoichiometry; enthalpies of formation from the CRC Handbook, recalled; assumed.
/// # Valid range
/// Amounts of zero or more; `co2_mol` is what reaches the solid. The intermediate hydrate is
/// neglected.
/// # Outside the range
/// A negative amount counts as none.
/// # Conserves
/// C, H, O, ash (lithium) and energy.
/// # Examples
/// ```
/// use lunar_habitat_physics::reaction::{Solid, absorb_on_lioh};
/// // One kilogram of LiOH takes up 0.92 kg of CO2.
/// let c = absorb_on_lioh(100.0, 1.0 / Solid::LiOh.molar_mass_kg_mol());
/// assert!((c.extent_mol * 44.009e-3 - 0.919).abs() < 1e-3);
/// ```
/// # Tests
/// `every_reaction_balances`, `lean_reactant_limits`.
#[inline(always)]
#[must_use]
pub fn absorb_on_lioh<R: Real>(co2_mol: R, lioh_mol: R) -> Change<R> {
    LIOH_ABSORPTION.advance(co2_mol.min(lioh_mol * 0.5).max(R::zero()))
}

/// Return what decomposing sodium chlorate in a candle changes.
///
/// # Equation
/// ```text
/// NaClO3 → NaCl + 3/2 O2
/// ```
/// # Source
/// Stoichiometry; enthalpies of formation from the CRC Handbook, recalled; assumed.
/// # Valid range
/// Chlorate of zero or more that is there. The iron that keeps a real candle burning is neglected.
/// # Outside the range
/// A negative amount counts as none.
/// # Conserves
/// O, ash (sodium and chlorine) and energy.
/// # Examples
/// ```
/// use lunar_habitat_physics::{reaction::{Solid, burn_candle}, species::Gas};
/// // One kilogram of chlorate gives 0.451 kg of O2.
/// let c = burn_candle(1.0 / Solid::NaClO3.molar_mass_kg_mol());
/// assert!((c.gas_mol[Gas::O2 as usize] * 31.998e-3 - 0.451).abs() < 1e-3);
/// ```
/// # Tests
/// `every_reaction_balances`.
#[inline(always)]
#[must_use]
pub fn burn_candle<R: Real>(naclo3_mol: R) -> Change<R> {
    CHLORATE_CANDLE.advance(naclo3_mol.max(R::zero()))
}

/// Extent of an oxidation of one mole of fuel with `o2_per_fuel` moles of O2.
#[inline(always)]
fn oxidation_extent<R: Real>(fuel_mol: R, o2_mol: R, o2_per_fuel: f64, conversion: R) -> R {
    let wanted_mol = fuel_mol * conversion.clamp(R::zero(), R::one());
    wanted_mol.min(o2_mol / o2_per_fuel).max(R::zero())
}

macro_rules! oxidation {
    ($name:ident, $fuel:literal, $reaction:ident, $o2:literal, $equation:literal) => {
        #[doc = concat!("Return what a catalytic oxidiser changes in ", $fuel, ".")]
        ///
        /// # Equation
        /// ```text
        #[doc = $equation]
        #[doc = concat!("ξ = min(x·n_fuel, n_O2/", $o2, ")")]
        ///   n  amounts that reach the catalyst   [mol] or [mol/s]
        ///   x  conversion in one pass, 0 to 1    [-]
        /// ```
        /// # Source
        /// Stoichiometry.
        /// # Valid range
        /// Amounts of zero or more; complete oxidation, no by-products.
        /// # Outside the range
        /// A negative amount counts as none; a conversion outside 0 to 1 is clamped.
        /// # Conserves
        /// C, H, O, N and energy.
        /// # Tests
        /// `every_reaction_balances`, `lean_reactant_limits`.
        #[inline(always)]
        #[must_use]
        pub fn $name<R: Real>(fuel_mol: R, o2_mol: R, conversion: R) -> Change<R> {
            $reaction.advance(oxidation_extent(fuel_mol, o2_mol, $o2, conversion))
        }
    };
}

oxidation!(oxidise_co, "carbon monoxide", CO_OXIDATION, 0.5, "CO + 0.5 O2 → CO2");
oxidation!(oxidise_ch4, "methane", CH4_OXIDATION, 2.0, "CH4 + 2 O2 → CO2 + 2 H2O(g)");
oxidation!(oxidise_h2, "hydrogen", H2_OXIDATION, 0.5, "H2 + 0.5 O2 → H2O(g)");
oxidation!(oxidise_nh3, "ammonia", NH3_OXIDATION, 0.75, "NH3 + 0.75 O2 → 0.5 N2 + 1.5 H2O(g)");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metabolism::{M_CO2_KG_MOL, M_O2_KG_MOL, REV2};
    use crate::number::F64x8;
    use proptest::prelude::*;

    const REACTIONS: [(&str, Reaction, f64); 8] = [
        ("Sabatier", SABATIER, 165.0),
        ("electrolysis", ELECTROLYSIS, -285.8),
        ("LiOH", LIOH_ABSORPTION, 89.3),
        ("candle", CHLORATE_CANDLE, 45.4),
        ("CO", CO_OXIDATION, 283.0),
        ("CH4", CH4_OXIDATION, 802.3),
        ("H2", H2_OXIDATION, 241.8),
        ("NH3", NH3_OXIDATION, 316.8),
    ];

    #[test]
    fn every_reaction_balances() {
        for (name, reaction, _) in REACTIONS {
            let x = reaction.created();
            for value in [x.c, x.h, x.o, x.n, x.ash_kg] {
                assert!(value.abs() <= 1e-15, "{name}: {x:?}");
            }
        }
    }

    #[test]
    fn heats_are_the_known_ones() {
        for (name, reaction, kj_mol) in REACTIONS {
            let got = reaction.heat_j_mol() / 1e3;
            assert!((got - kj_mol).abs() < 0.1, "{name}: {got}");
        }
    }

    #[test]
    fn change_carries_the_enthalpy_difference() {
        for (name, reaction, _) in REACTIONS {
            let c = reaction.advance(3.7);
            let mut h_j = c.liquid_water_mol * HF_H2O_LIQUID_J_MOL;
            for (n_mol, h_f) in c.gas_mol.iter().zip(HF_J_MOL) {
                h_j += n_mol * h_f;
            }
            for (n_mol, solid) in c.solid_mol.iter().zip(Solid::ALL) {
                h_j += n_mol * solid.hf_j_mol();
            }
            assert!((h_j + c.heat_j).abs() < 1e-9 * c.heat_j.abs(), "{name}");
        }
    }

    /// BioSim's issue 9: a reducer that ran short of hydrogen swallowed the carbon dioxide it could
    /// not convert. What does not react must leave as it came.
    #[test]
    fn biosim_9_unreacted_co2_is_not_destroyed() {
        let s = sabatier(10.0, 20.0, SABATIER_CONVERSION);
        assert!((s.co2_unreacted_mol - (10.0 - 0.88 * 5.0)).abs() < 1e-12);
        let carbon_mol = s.co2_unreacted_mol + s.ch4_product_mol;
        assert!((carbon_mol - 10.0).abs() < 1e-14);
        // Without hydrogen nothing happens at all.
        let s = sabatier(10.0, 0.0, SABATIER_CONVERSION);
        assert_eq!(s.outlet_mol(), [0.0, 10.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(s.heat_j, 0.0);
    }

    #[test]
    fn c_8_closure_with_the_hydrogen_of_electrolysis() {
        let o2_mol = REV2.o2_kg / M_O2_KG_MOL;
        let co2_mol = REV2.co2_kg / M_CO2_KG_MOL;
        let split = electrolysis(2.0 * o2_mol);
        let h2_mol = split.gas_mol[Gas::H2 as usize];
        assert!((split.gas_mol[Gas::O2 as usize] / o2_mol - 1.0).abs() < 1e-15);
        assert!((h2_mol / co2_mol - 2.27).abs() < 0.005);
        let s = sabatier(co2_mol, h2_mol, 1.0);
        let converted = s.co2_consumed_mol / co2_mol;
        assert!((converted - 0.567).abs() < 0.0005, "{converted}");
        let recovered = 0.5 * s.h2o_product_mol / o2_mol;
        assert!((recovered - 0.5).abs() < 0.5e-9, "{recovered}");
    }

    #[test]
    fn lean_reactant_limits() {
        assert_eq!(absorb_on_lioh(5.0, 4.0).extent_mol, 2.0);
        assert_eq!(absorb_on_lioh(1.0, 4.0).extent_mol, 1.0);
        assert_eq!(absorb_on_lioh(-1.0, 4.0).extent_mol, 0.0);
        assert_eq!(oxidise_ch4(3.0, 2.0, 1.0).extent_mol, 1.0);
        assert_eq!(oxidise_ch4(3.0, 20.0, 0.5).extent_mol, 1.5);
        assert_eq!(oxidise_nh3(4.0, 3.0, 1.0).gas_mol[Gas::N2 as usize], 2.0);
        assert_eq!(oxidise_co(1.0, 0.0, 1.0).extent_mol, 0.0);
        assert_eq!(oxidise_h2(1.0, 1.0, 2.0).extent_mol, 1.0);
    }

    #[test]
    fn eight_lanes_are_eight_scalars() {
        let co2 = F64x8([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        let h2 = F64x8([9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, -2.0]);
        let wide = sabatier(co2, h2, F64x8([0.9; 8]));
        for i in 0..8 {
            let one = sabatier(co2.0[i], h2.0[i], 0.9);
            assert_eq!(one.co2_unreacted_mol.to_bits(), wide.co2_unreacted_mol.0[i].to_bits());
            assert_eq!(one.heat_j.to_bits(), wide.heat_j.0[i].to_bits());
        }
    }

    proptest! {
        #[test]
        fn sabatier_conserves_its_feed(co2 in 0.0..1e3f64, h2 in 0.0..1e3f64, x in 0.0..1.0f64) {
            let s = sabatier(co2, h2, x);
            let scale = co2 + h2 + 1e-300;
            prop_assert!(s.outlet_mol().iter().all(|&n| n >= 0.0));
            prop_assert!((s.co2_unreacted_mol + s.ch4_product_mol - co2).abs() <= 1e-15 * scale);
            let h = s.h2_unreacted_mol + s.h2o_product_mol + 2.0 * s.ch4_product_mol;
            prop_assert!((h - h2).abs() <= 2e-15 * scale);
            let o = 2.0 * s.co2_unreacted_mol + s.h2o_product_mol;
            prop_assert!((o - 2.0 * co2).abs() <= 2e-15 * scale);
        }
    }
}
