//! Gas on its way between two places.

use physics::species::{GASES, parcel_enthalpy_j};

/// Gas on its way between two places: amounts and the enthalpy they carry.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Parcel {
    /// Amount of each gas, mol.
    pub n_mol: [f64; GASES],
    /// Enthalpy, J.
    pub h_j: f64,
}

impl Parcel {
    /// Gas of the given amounts at `t_k`.
    #[inline(always)]
    #[must_use]
    pub fn at(n_mol: [f64; GASES], t_k: f64) -> Parcel {
        Parcel { n_mol, h_j: parcel_enthalpy_j(&n_mol, t_k) }
    }

    /// Total amount, mol.
    #[inline(always)]
    #[must_use]
    pub fn total_mol(&self) -> f64 {
        let n = &self.n_mol;
        ((n[0] + n[1]) + (n[2] + n[3])) + ((n[4] + n[5]) + (n[6] + n[7]))
    }

    /// Split off `share` (0 to 1) of the parcel.
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
    #[inline(always)]
    pub fn merge(&mut self, other: &Parcel) {
        for i in 0..GASES {
            self.n_mol[i] += other.n_mol[i];
        }
        self.h_j += other.h_j;
    }
}
