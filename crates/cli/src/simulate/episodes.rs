//! Stretches of time in which something holds, in bounded memory.
//!
//! # Equation
//! ```text
//! a stretch [from, to] joins the last episode of its subject when from − to_last ≤ gap
//! ```
//! When there are more than [`KEPT`] episodes, the gap doubles and neighbours are joined, until half
//! of them are left. Nothing is lost by it but where one stretch ended and the next began: the
//! number of stretches and the time they lasted stay in the joined episode.

/// Episodes kept before neighbours are joined.
const KEPT: usize = 600;
/// Two stretches that touch to within this are one, s.
const TOUCH_S: f64 = 1e-3;

/// One or more stretches of a subject that lie close to each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Episode {
    /// Whose it is.
    pub subject: usize,
    /// Start of the first stretch, s.
    pub from_s: f64,
    /// End of the last stretch, s.
    pub to_s: f64,
    /// Time of all stretches without what lies between them, s.
    pub lasted_s: f64,
    /// How many stretches there are.
    pub times: u64,
    /// Highest level.
    pub level: u8,
    /// Lowest value.
    pub low: f64,
    /// Highest value.
    pub high: f64,
    /// Value at the start.
    pub first: f64,
    /// Value at the end.
    pub last: f64,
}

impl Episode {
    /// Take in a later episode of the same subject.
    fn join(&mut self, next: &Episode) {
        let touches = next.from_s - self.to_s <= TOUCH_S;
        self.times += if touches { next.times - 1 } else { next.times };
        self.to_s = next.to_s;
        self.lasted_s += next.lasted_s;
        self.level = self.level.max(next.level);
        self.low = self.low.min(next.low);
        self.high = self.high.max(next.high);
        self.last = next.last;
    }
}

/// The episodes of some subjects, in the order in which they began.
#[derive(Debug, Clone)]
pub struct Episodes {
    list: Vec<Episode>,
    latest: Vec<Option<usize>>,
    gap_s: f64,
    joins_levels: bool,
}

impl Episodes {
    /// No episodes yet of `subjects` subjects; stretches up to `gap_s` apart are one episode.
    pub fn new(subjects: usize, gap_s: f64) -> Episodes {
        Episodes { list: Vec::new(), latest: vec![None; subjects], gap_s, joins_levels: true }
    }

    /// The same, but a stretch of another level starts a new episode.
    pub fn by_level(subjects: usize) -> Episodes {
        Episodes { joins_levels: false, ..Episodes::new(subjects, TOUCH_S) }
    }

    /// What holds from `from_s` to `to_s`, with a level and a value.
    pub fn hold(&mut self, subject: usize, from_s: f64, to_s: f64, level: u8, value: f64) {
        self.add(Episode {
            subject,
            from_s,
            to_s,
            lasted_s: to_s - from_s,
            times: 1,
            level,
            low: value,
            high: value,
            first: value,
            last: value,
        });
    }

    /// A moment in which a value changes.
    pub fn change(&mut self, subject: usize, at_s: f64, before: f64, after: f64) {
        self.add(Episode {
            subject,
            from_s: at_s,
            to_s: at_s,
            lasted_s: 0.0,
            times: 1,
            level: 0,
            low: before.min(after),
            high: before.max(after),
            first: before,
            last: after,
        });
    }

    fn add(&mut self, new: Episode) {
        let Some(latest) = self.latest.get_mut(new.subject) else {
            return;
        };
        if let Some(last) = latest.and_then(|index| self.list.get_mut(index))
            && new.from_s - last.to_s <= self.gap_s
            && (self.joins_levels || new.level == last.level)
        {
            last.join(&new);
            return;
        }
        *latest = Some(self.list.len());
        self.list.push(new);
        if self.list.len() > KEPT {
            self.thin();
        }
    }

    /// Join neighbours further and further apart until half of [`KEPT`] are left, or one a subject.
    fn thin(&mut self) {
        self.joins_levels = true;
        let whole_s = self.list.iter().map(|one| one.to_s).fold(0.0, f64::max);
        while self.list.len() > KEPT / 2 && self.gap_s <= whole_s {
            self.gap_s = 2.0 * self.gap_s.max(60.0);
            self.latest.fill(None);
            let old = std::mem::take(&mut self.list);
            for one in old {
                let latest = &mut self.latest[one.subject];
                match latest.and_then(|index| self.list.get_mut(index)) {
                    Some(last) if one.from_s - last.to_s <= self.gap_s => last.join(&one),
                    _ => {
                        *latest = Some(self.list.len());
                        self.list.push(one);
                    }
                }
            }
        }
    }

    /// All episodes, by their start.
    pub fn list(&self) -> &[Episode] {
        &self.list
    }

    /// Those of one subject.
    pub fn of(&self, subject: usize) -> impl Iterator<Item = &Episode> {
        self.list.iter().filter(move |one| one.subject == subject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn touching_stretches_are_one_and_distant_ones_two() {
        let mut episodes = Episodes::new(2, 100.0);
        for minute in 0..10 {
            let t_s = 60.0 * f64::from(minute);
            episodes.hold(1, t_s, t_s + 60.0, 1, f64::from(minute));
        }
        episodes.hold(0, 0.0, 60.0, 1, 0.0);
        episodes.hold(1, 650.0, 700.0, 2, -1.0);
        episodes.hold(1, 900.0, 950.0, 1, 0.0);
        let of: Vec<&Episode> = episodes.of(1).collect();
        assert_eq!(of.len(), 2);
        assert_eq!((of[0].from_s, of[0].to_s, of[0].lasted_s), (0.0, 700.0, 650.0));
        assert_eq!((of[0].times, of[0].level, of[0].low, of[0].high), (2, 2, -1.0, 9.0));
    }

    #[test]
    fn another_level_begins_another_episode_where_that_is_wanted() {
        let mut episodes = Episodes::by_level(1);
        for (from_s, level) in [(0.0, 1), (60.0, 1), (120.0, 2)] {
            episodes.hold(0, from_s, from_s + 60.0, level, 0.0);
        }
        let levels: Vec<(u8, f64)> =
            episodes.list().iter().map(|e| (e.level, e.lasted_s)).collect();
        assert_eq!(levels, [(1, 120.0), (2, 60.0)]);
    }

    #[test]
    fn a_flood_is_joined_and_still_counted() {
        let mut episodes = Episodes::new(3, 0.0);
        for index in 0..50_000_u32 {
            let t_s = 1_000.0 * f64::from(index);
            episodes.hold(index as usize % 3, t_s, t_s + 10.0, 1, f64::from(index));
        }
        assert!(episodes.list().len() <= KEPT);
        let times: u64 = episodes.list().iter().map(|e| e.times).sum();
        let lasted_s: f64 = episodes.list().iter().map(|e| e.lasted_s).sum();
        assert_eq!((times, lasted_s), (50_000, 500_000.0));
        assert!(episodes.list().iter().any(|e| e.high == 49_999.0));
    }

    #[test]
    fn more_subjects_than_are_kept_do_not_hang() {
        let mut episodes = Episodes::new(2 * KEPT, 0.0);
        for subject in 0..2 * KEPT {
            episodes.hold(subject, subject as f64, subject as f64 + 0.5, 1, 0.0);
        }
        assert_eq!(episodes.list().len(), 2 * KEPT);
    }
}
