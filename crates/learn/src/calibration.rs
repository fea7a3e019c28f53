//! How many lanes a training runs side by side, from what the machine shows once before the first update.
//!
//! Tried are the usual number and its doubles and halves within bounds. Chosen is, of those whose memory fits and
//! whose throughput is within [`CLOSE`] of the fastest, the one nearest to the usual number: other lanes change what is learned,
//! so that they have to be worth it. What is chosen is part of the training from then on.

use serde::{Deserialize, Serialize};

use crate::LearnError;

/// Share of the highest throughput that is as good as it: tries of the same lanes differ by up to 7 % (four tries of 64, 128 and
/// 256 lanes of `polar-darkness` on two cores).
pub const CLOSE: f64 = 0.9;

/// What may be chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Fewest lanes, at least 1.
    pub least: usize,
    /// Most lanes.
    pub most: usize,
    /// What is taken where nothing is better.
    pub usual: usize,
    /// Most memory, MB (10⁶ bytes).
    pub memory_mb: f64,
}

/// What a number of lanes showed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// Lanes.
    pub lanes: usize,
    /// Decisions learned from, 1/s.
    pub decisions_per_s: f64,
    /// Memory that they take, MB.
    pub memory_mb: f64,
}

/// The lanes that are chosen, and everything that was tried for it, from few lanes to many.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The choice.
    pub lanes: usize,
    /// What was tried; a number whose memory does not fit ends the tries.
    pub tried: Vec<Tried>,
}

/// Try the lanes of `bounds` by `measure`, and choose.
///
/// # Errors
/// [`LearnError::Range`] for bounds that hold nothing, and where even the fewest lanes do not fit into the memory; what
/// `measure` refuses.
pub fn calibrate(
    bounds: Bounds,
    mut measure: impl FnMut(usize) -> Result<Tried, LearnError>,
) -> Result<Calibration, LearnError> {
    let Bounds { least, most, usual, memory_mb } = bounds;
    if least == 0 || least > most {
        let (found, high) = (least as f64, most as f64);
        return Err(LearnError::Range { what: "fewest lanes", found, low: 1.0, high });
    }
    let usual = usual.clamp(least, most);
    let mut lanes = usual;
    while lanes / 2 >= least {
        lanes /= 2;
    }
    let mut tried = Vec::new();
    while lanes <= most {
        let found = measure(lanes)?;
        tried.push(found);
        if found.memory_mb > memory_mb {
            break;
        }
        lanes *= 2;
    }
    let fits = || tried.iter().filter(|one| one.memory_mb <= memory_mb);
    let Some(fastest) = fits().max_by(|a, b| a.decisions_per_s.total_cmp(&b.decisions_per_s))
    else {
        let needed = tried.first().map_or(f64::NAN, |one| one.memory_mb);
        let what = "memory of the fewest lanes, MB,";
        return Err(LearnError::Range { what, found: needed, low: 0.0, high: memory_mb });
    };
    let close = |one: &&Tried| one.decisions_per_s >= CLOSE * fastest.decisions_per_s;
    let distance = |one: &&Tried| one.lanes.abs_diff(usual);
    let lanes = fits().filter(close).min_by_key(distance).map_or(fastest.lanes, |one| one.lanes);
    Ok(Calibration { lanes, tried })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Bounds = Bounds { least: 16, most: 256, usual: 64, memory_mb: 1_000.0 };

    /// A machine whose throughput at 16, 32, … lanes is given, and which takes 1 MB a lane.
    fn chosen(bounds: Bounds, speeds: [f64; 5]) -> Result<Calibration, LearnError> {
        calibrate(bounds, |lanes| {
            let at = (lanes / 16).ilog2() as usize;
            Ok(Tried { lanes, decisions_per_s: speeds[at], memory_mb: lanes as f64 })
        })
    }

    #[test]
    fn the_usual_lanes_stay_where_no_others_are_clearly_faster() {
        let found = chosen(WIDE, [700.0, 800.0, 950.0, 1_000.0, 990.0]).unwrap();
        assert_eq!(found.lanes, 64);
        assert_eq!(
            found.tried.iter().map(|one| one.lanes).collect::<Vec<_>>(),
            [16, 32, 64, 128, 256]
        );
        assert_eq!(chosen(WIDE, [100.0, 200.0, 400.0, 750.0, 1_000.0]).unwrap().lanes, 256);
        // Of several that are as fast, the nearest to the usual one.
        assert_eq!(chosen(WIDE, [100.0, 200.0, 400.0, 950.0, 1_000.0]).unwrap().lanes, 128);
        assert_eq!(chosen(WIDE, [1_000.0, 800.0, 700.0, 600.0, 500.0]).unwrap().lanes, 16);
    }

    #[test]
    fn nothing_outside_of_the_bounds_is_tried_or_chosen() {
        let narrow = Bounds { least: 24, most: 100, ..WIDE };
        let found = chosen(narrow, [9.0, 1.0, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!(found.tried.iter().map(|one| one.lanes).collect::<Vec<_>>(), [32, 64]);
        assert_eq!(found.lanes, 64);
        let short = Bounds { memory_mb: 100.0, ..WIDE };
        let found = chosen(short, [1.0, 2.0, 3.0, 40.0, 50.0]).unwrap();
        assert_eq!((found.lanes, found.tried.len()), (64, 4), "128 lanes were tried and too large");
        // A usual number out of bounds is moved into them.
        let low = Bounds { least: 16, most: 32, ..WIDE };
        assert_eq!(chosen(low, [1.0, 1.0, 9.0, 9.0, 9.0]).unwrap().lanes, 32);
    }

    #[test]
    fn bounds_that_hold_nothing_are_refused() {
        for bounds in [
            Bounds { least: 0, ..WIDE },
            Bounds { least: 300, ..WIDE },
            Bounds { memory_mb: 10.0, ..WIDE },
        ] {
            let found = chosen(bounds, [1.0; 5]);
            assert!(matches!(found, Err(LearnError::Range { .. })), "{bounds:?}: {found:?}");
        }
    }
}
