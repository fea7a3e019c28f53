//! Gas on its way between two places.

use physics::species::{GASES, parcel_enthalpy_j};

/// Gas on its way between two places: amounts and the enthalpy they carry.
///
/// A parcel has no volume and no pressure of its own. Whoever takes gas out of a place makes a
/// parcel, and whoever receives it adds amounts and enthalpy; so a transfer conserves atoms and
/// energy by construction, whatever the temperatures of the two places are.
///
/// # Examples
/// ```
/// use lunar_habitat_habitat::air::parcel::Parcel;
/// let mut air = Parcel::at([21.0, 0.3, 78.0, 1.0, 0.0, 0.0, 0.0, 0.0], 295.0);
/// let before = air;
/// let quarter = air.split(0.25);
/// assert!((quarter.total_mol() - 0.25 * before.total_mol()).abs() < 1e-12);
/// air.merge(&quarter);
/// assert!((air.h_j / before.h_j - 1.0).abs() < 1e-12);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Parcel {
    /// Amount of each gas, mol.
    pub n_mol: [f64; GASES],
    /// Enthalpy, J.
    pub h_j: f64,
}

impl Parcel {
    /// Gas of the given amounts at `t_k`.
    ///
    /// # Equation
    /// ```text
    /// H = Σ n·(h_f + c_p·(T − 298.15 K))     [J]
    /// ```
    /// Valid from 200 K to 500 K (constant heat capacities, see `physics::species`); outside, the
    /// line is continued.
    #[inline(always)]
    #[must_use]
    pub fn at(n_mol: [f64; GASES], t_k: f64) -> Parcel {
        Parcel { n_mol, h_j: parcel_enthalpy_j(&n_mol, t_k) }
    }

    /// Total amount, mol.
    ///
    /// The sum is taken in pairs, in one fixed order, so that its bits do not depend on the
    /// compiler.
    #[inline(always)]
    #[must_use]
    pub fn total_mol(&self) -> f64 {
        let n = &self.n_mol;
        ((n[0] + n[1]) + (n[2] + n[3])) + ((n[4] + n[5]) + (n[6] + n[7]))
    }

    /// Split off `share` (0 to 1) of the parcel.
    ///
    /// Both parts have one composition and one temperature. What is taken is subtracted, not
    /// computed twice, so that the two parts add up to the whole to rounding. A share of 1 leaves
    /// nothing.
    #[inline(always)]
    #[must_use]
    pub fn split(&mut self, share: f64) -> Parcel {
        let mut taken = Parcel::default();
        for i in 0..GASES {
            let n_mol = self.n_mol[i] * share;
            taken.n_mol[i] = n_mol;
            self.n_mol[i] -= n_mol;
        }
        let h_j = self.h_j * share;
        taken.h_j = h_j;
        self.h_j -= h_j;
        taken
    }

    /// Add another parcel to this one.
    ///
    /// Enthalpies add; the temperature of the mixture follows from them and is not stored.
    #[inline(always)]
    pub fn merge(&mut self, other: &Parcel) {
        for i in 0..GASES {
            self.n_mol[i] += other.n_mol[i];
        }
        self.h_j += other.h_j;
    }
}
