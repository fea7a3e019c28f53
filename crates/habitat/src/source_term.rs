//! Prescribed flows of gas or heat into a zone, after a schedule.
//!
//! They stand for what a test injected or for what the model has no unit for: metabolic simulators
//! of a chamber, a crop, a heat load.
//!
//! # Ports
//! One gas, or a pair for a crop, or heat, into one zone; all of it from outside the habitat.
//! # State
//! None: the rate is a function of mission time.
//! # Stages
//! Inputs: with equipment and off-gassing, before the people.
//! # Fails how
//! A flow that takes gas away stops at what the zone has. After its last piece a flow is zero.
//! # Simplifications
//! Rates are constant between edges, and steps are cut at the edges. A crop is its gas exchange
//! alone: carbon leaves and oxygen enters by the ledger, with no water and no heat of its own.

use physics::constants::DAY_S;
use physics::species::Gas;

use crate::air::parcel::Parcel;
use crate::air::zone::Zone;
use crate::ledger::Ledger;
use crate::scenario::{SourceKind, SourceTerm};

/// A constant flow from one time to another.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Piece {
    from_s: f64,
    to_s: f64,
    kg_s: f64,
    w: f64,
}

/// Parameters of one prescribed flow.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceTermPlan {
    /// Name.
    pub name: String,
    /// Index of its zone.
    pub zone: usize,
    /// What flows.
    pub kind: SourceKind,
    pieces: Vec<Piece>,
}

impl SourceTermPlan {
    /// Compile a checked schedule: hours to seconds, kg/d to kg/s.
    #[must_use]
    pub fn new(term: &SourceTerm, zone: usize) -> SourceTermPlan {
        SourceTermPlan {
            name: term.name.clone(),
            zone,
            kind: term.kind,
            pieces: term
                .schedule
                .iter()
                .map(|rate| Piece {
                    from_s: rate.from_h * 3_600.0,
                    to_s: rate.to_h * 3_600.0,
                    kg_s: rate.kg_d / DAY_S,
                    w: rate.w,
                })
                .collect(),
        }
    }

    /// The piece in force at `t_s`; a time less than a microsecond before an edge counts as after
    /// it.
    fn at(&self, t_s: f64) -> Option<&Piece> {
        self.pieces.iter().find(|p| t_s >= p.from_s - 1e-6 && t_s < p.to_s - 1e-6)
    }

    /// Time from `t_s` to the next change of rate, s; infinite after the last piece.
    #[must_use]
    pub fn next_event_s(&self, t_s: f64) -> f64 {
        self.at(t_s).map_or(f64::INFINITY, |p| p.to_s - t_s)
    }

    /// The gas this term carries, and the one it gives back for it.
    fn gases(&self) -> Option<(Gas, Option<Gas>)> {
        match self.kind {
            SourceKind::O2 => Some((Gas::O2, None)),
            SourceKind::Co2 => Some((Gas::Co2, None)),
            SourceKind::N2 => Some((Gas::N2, None)),
            SourceKind::H2o => Some((Gas::H2o, None)),
            SourceKind::Crop => Some((Gas::Co2, Some(Gas::O2))),
            SourceKind::Heat => None,
        }
    }

    /// Let the flow run for one step at the temperature of the zone.
    ///
    /// # Equation
    /// ```text
    /// n = rate/M · dt          [mol], positive into the zone; for a crop positive out of it
    /// ```
    /// # Valid range
    /// Gas enters at the temperature that the zone had at the end of the last step.
    /// # Outside the range
    /// A crop with a negative rate gives CO2 and takes no oxygen back for it.
    /// # Conserves
    /// Everything crosses the boundary by the ledger. Taking stops where there is no gas left.
    /// Gas in by [`Ledger::gas_in`], gas out by [`Ledger::gas_out`], heat by [`Ledger::heat_in`]. A
    /// crop gives back as many moles of O2 as it really took of CO2.
    /// # Tests
    /// `chamber::c5_sealed_box` (oxygen out, CO2 in, ±1 % of the published times),
    /// `chamber::cdra_six_crew_window`.
    #[inline(always)]
    pub fn run(&self, zone: &mut Zone, t_s: f64, dt_s: f64, ledger: &mut Ledger) {
        let Some(piece) = self.at(t_s) else {
            return;
        };
        let Some((gas, back)) = self.gases() else {
            ledger.heat_in(piece.w * dt_s);
            zone.heat(piece.w * dt_s);
            return;
        };
        let give = |zone: &mut Zone, gas: Gas, n_mol: f64, ledger: &mut Ledger| {
            let mut amounts = [0.0; physics::species::GASES];
            amounts[gas as usize] = n_mol;
            let parcel = Parcel::at(amounts, zone.t_k);
            ledger.gas_in(&parcel);
            zone.put(&parcel);
        };
        // A crop takes CO2 up and gives O2 back; a negative rate is its night, the other way round.
        let (taken, given) = match back {
            Some(back) if piece.kg_s >= 0.0 => (Some(gas), Some(back)),
            Some(back) => (Some(back), Some(gas)),
            None if piece.kg_s >= 0.0 => (None, Some(gas)),
            None => (Some(gas), None),
        };
        let wanted_mol = piece.kg_s.abs() * dt_s / gas.molar_mass_kg_mol();
        let n_mol = match taken {
            Some(taken) => {
                let parcel = zone.take_gas(taken, wanted_mol);
                ledger.gas_out(&parcel);
                parcel.n_mol[taken as usize]
            }
            None => wanted_mol,
        };
        if let Some(given) = given {
            give(zone, given, n_mol, ledger);
        }
    }
}
