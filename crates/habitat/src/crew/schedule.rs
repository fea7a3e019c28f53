//! The day of a person as a list of pieces in which nothing changes.
//!
//! A scenario gives blocks: sleep, nominal or exercise, each in a zone. Metabolic tables
//! distinguish eight states: exercise has two quarters of an hour, and the hour after it has four
//! of recovery. So the blocks are cut at every quarter around exercise, once, when the scenario
//! compiles; during a run a lookup is enough. Every day is alike.

use physics::metabolism::ActivityState;

use crate::scenario::{Activity, Block};

/// A part of the day with one activity state in one zone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    /// Start, s after midnight.
    pub from_s: f64,
    /// Metabolic state.
    pub state: ActivityState,
    /// Index of the zone.
    pub zone: usize,
}

/// The pieces of a day in order; the first starts at midnight.
///
/// # Examples
/// ```
/// use lunar_habitat_habitat::crew::schedule::Schedule;
/// use lunar_habitat_habitat::scenario::{Activity, Block};
/// let block = |from_h, to_h, activity| Block { from_h, to_h, activity, zone: "living".into() };
/// let day = Schedule::new(
///     &[block(0.0, 8.0, Activity::Sleep), block(8.0, 24.0, Activity::Nominal)],
///     |_| 0,
/// );
/// assert_eq!(day.pieces().len(), 2);
/// // Half past eight on the third day: the second piece, which lasts until midnight.
/// assert_eq!(day.at(2.0 * 86_400.0 + 8.5 * 3_600.0), (1, 15.5 * 3_600.0));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    pieces: Vec<Piece>,
}

/// Length of a day, s.
const DAY_S: f64 = 86_400.0;

/// Quarters of an hour after exercise in which the body recovers.
const RECOVERY: [ActivityState; 4] = [
    ActivityState::Recovery0To15,
    ActivityState::Recovery15To30,
    ActivityState::Recovery30To45,
    ActivityState::Recovery45To60,
];

impl Schedule {
    /// Cut checked blocks into pieces.
    ///
    /// The first 15 minutes of exercise and the rest of it differ; the hour after exercise is
    /// recovery, whatever the block says, and may run over midnight. The zone is always the
    /// block's. Exercise within that hour is exercise; recovery counts from the exercise that ended
    /// last.
    ///
    /// `zone_of` gives the index of a zone by its name.
    /// # Valid range
    /// Blocks from hour 0 to hour 24 without a hole, as [`crate::scenario::check`] asks for.
    /// # Outside the range
    /// A part of the day that no block covers gets no piece; the piece before it goes on.
    /// # Tests
    /// `tests::exercise_is_followed_by_an_hour_of_recovery`, `tests::recovery_runs_over_midnight`
    /// in this file.
    #[must_use]
    pub fn new(blocks: &[Block], zone_of: impl Fn(&str) -> usize) -> Schedule {
        // Edges: every block start, and the quarters around exercise, within one day.
        let mut edges = vec![0.0];
        for block in blocks {
            edges.push(block.from_h * 3_600.0);
            if block.activity == Activity::Exercise {
                edges.push(block.from_h * 3_600.0 + 900.0);
                for quarter in 0..5 {
                    edges.push((block.to_h * 3_600.0 + 900.0 * f64::from(quarter)) % DAY_S);
                }
            }
        }
        edges.retain(|s| *s < DAY_S);
        edges.sort_by(f64::total_cmp);
        edges.dedup();

        let at = |s: f64| blocks.iter().find(|b| s >= b.from_h * 3_600.0 && s < b.to_h * 3_600.0);
        let pieces = edges
            .iter()
            .filter_map(|from_s| {
                let block = at(*from_s)?;
                let state = match block.activity {
                    Activity::Exercise => {
                        ActivityState::in_exercise(from_s - block.from_h * 3_600.0)
                    }
                    resting => blocks
                        .iter()
                        .filter(|b| b.activity == Activity::Exercise)
                        .map(|b| (from_s - b.to_h * 3_600.0).rem_euclid(DAY_S))
                        .filter(|since_s| *since_s < 3_600.0)
                        .min_by(f64::total_cmp)
                        .map_or(
                            if resting == Activity::Sleep {
                                ActivityState::Sleep
                            } else {
                                ActivityState::Nominal
                            },
                            |since_s| RECOVERY[(since_s / 900.0) as usize % 4],
                        ),
                };
                Some(Piece { from_s: *from_s, state, zone: zone_of(&block.zone) })
            })
            .collect();
        Schedule { pieces }
    }

    /// Index of the piece at `t_s` after mission start, and the time until the next one, s.
    ///
    /// A mission starts at midnight. A time less than a microsecond before a piece counts as in it.
    #[must_use]
    pub fn at(&self, t_s: f64) -> (usize, f64) {
        let day_s = t_s.rem_euclid(DAY_S);
        let index = self.pieces.partition_point(|p| p.from_s <= day_s + 1e-6).saturating_sub(1);
        let next_s = self.pieces.get(index + 1).map_or(DAY_S, |p| p.from_s);
        (index, next_s - day_s)
    }

    /// The pieces in order.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(from_h: f64, to_h: f64, activity: Activity) -> Block {
        Block { from_h, to_h, activity, zone: "living".into() }
    }

    #[test]
    fn exercise_is_followed_by_an_hour_of_recovery() {
        let schedule = Schedule::new(
            &[
                block(0.0, 8.0, Activity::Sleep),
                block(8.0, 17.0, Activity::Nominal),
                block(17.0, 17.5, Activity::Exercise),
                block(17.5, 24.0, Activity::Nominal),
            ],
            |_| 0,
        );
        let states: Vec<ActivityState> = schedule.pieces().iter().map(|p| p.state).collect();
        assert_eq!(
            states,
            [
                ActivityState::Sleep,
                ActivityState::Nominal,
                ActivityState::Exercise0To15,
                ActivityState::Exercise15To30,
                ActivityState::Recovery0To15,
                ActivityState::Recovery15To30,
                ActivityState::Recovery30To45,
                ActivityState::Recovery45To60,
                ActivityState::Nominal,
            ]
        );
        assert_eq!(schedule.at(86_400.0 + 17.0 * 3_600.0), (2, 900.0));
    }

    #[test]
    fn recovery_runs_over_midnight() {
        let schedule = Schedule::new(
            &[
                block(0.0, 8.0, Activity::Sleep),
                block(8.0, 23.5, Activity::Nominal),
                block(23.5, 24.0, Activity::Exercise),
            ],
            |_| 0,
        );
        assert_eq!(schedule.pieces()[0].state, ActivityState::Recovery0To15);
        assert_eq!(schedule.pieces()[4].state, ActivityState::Sleep);
    }
}
