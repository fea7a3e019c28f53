//! The sums of all threads, by stage.

use std::collections::BTreeMap;

use runtime::Delays;

/// What something took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Wall time of its threads, ns.
    pub wall_ns: u64,
    /// Processor time of its threads, ns; 0 where the system does not tell.
    pub cpu_ns: u64,
    /// Bytes allocated, freed or not; 0 in a program whose allocator is not [`runtime::memory::Tracked`].
    pub bytes: u64,
    /// How often memory was asked for.
    pub allocations: u64,
}

impl Cost {
    /// Add another.
    pub fn add(&mut self, other: &Cost) {
        self.wall_ns += other.wall_ns;
        self.cpu_ns += other.cpu_ns;
        self.bytes += other.bytes;
        self.allocations += other.allocations;
    }

    /// What is left without a part; clocks that disagree leave nothing, not less.
    #[must_use]
    pub fn without(&self, part: &Cost) -> Cost {
        Cost {
            wall_ns: self.wall_ns.saturating_sub(part.wall_ns),
            cpu_ns: self.cpu_ns.saturating_sub(part.cpu_ns),
            bytes: self.bytes.saturating_sub(part.bytes),
            allocations: self.allocations.saturating_sub(part.allocations),
        }
    }

    /// Time that the threads were on no processor, ns.
    #[must_use]
    pub fn off_cpu_ns(&self) -> u64 {
        self.wall_ns.saturating_sub(self.cpu_ns)
    }
}

/// What a stage took below certain stages.
#[derive(Debug, Clone, Default)]
pub struct StageFigures {
    /// Stages from the outermost to this one.
    pub path: Vec<String>,
    /// How often it ran to its end.
    pub runs: u64,
    /// What it took itself, without stages inside it on the same thread.
    pub own: Cost,
    /// Wall time of its runs on threads that were not in the stage above, ns: that stage lets others work for it.
    pub apart_ns: u64,
    /// Pieces of work that it counted.
    pub items: u64,
    /// Times that it counted none.
    pub empty: u64,
    /// Bytes of memory that it said it read and wrote.
    pub moved: u64,
    /// Lengths of its runs, in wall time with all that is inside.
    pub lengths: Delays,
    /// What it took with all stages below it, whichever thread they ran on.
    pub whole: Cost,
    /// Wall time in which it waited for stages below it on other threads, ns; part of its own.
    pub joining_ns: u64,
}

impl StageFigures {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// Wall time that its threads spent in it, apart from waiting for their own helpers, ns.
    #[must_use]
    pub fn busy_ns(&self) -> u64 {
        self.own.wall_ns.saturating_sub(self.joining_ns)
    }

    /// Add what another one counted; what follows from stages below stays.
    pub(super) fn add(&mut self, other: &StageFigures) {
        self.runs += other.runs;
        self.own.add(&other.own);
        self.apart_ns += other.apart_ns;
        self.items += other.items;
        self.empty += other.empty;
        self.moved += other.moved;
        self.lengths.merge(&other.lengths);
    }

    /// What was counted after `earlier`, a look at the same stage.
    fn since(&self, earlier: &StageFigures) -> StageFigures {
        StageFigures {
            path: self.path.clone(),
            runs: self.runs.saturating_sub(earlier.runs),
            own: self.own.without(&earlier.own),
            apart_ns: self.apart_ns.saturating_sub(earlier.apart_ns),
            items: self.items.saturating_sub(earlier.items),
            empty: self.empty.saturating_sub(earlier.empty),
            moved: self.moved.saturating_sub(earlier.moved),
            lengths: self.lengths.since(&earlier.lengths),
            ..StageFigures::default()
        }
    }
}

/// What all stages took: a look at a [`super::Profiler`], or several of them together.
///
/// ```
/// use lunar_habitat_watch::profile::Profile;
/// let mut all = Profile::default();
/// all.merge(&Profile::default());
/// assert!(all.stages.is_empty());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Profile {
    /// Wall time since the profiler began, s; of several the longest.
    pub wall_s: f64,
    /// Stages; what is above another stands before it.
    pub stages: Vec<StageFigures>,
}

impl Profile {
    /// Put figures of stages together: those of the same path are added, stages above them are made where they are missing, and
    /// what depends on stages below is worked out.
    #[must_use]
    pub fn of(wall_s: f64, figures: impl IntoIterator<Item = StageFigures>) -> Profile {
        let mut by_path: BTreeMap<Vec<String>, StageFigures> = BTreeMap::new();
        for one in figures {
            for depth in 1..one.path.len() {
                let path = one.path[..depth].to_vec();
                by_path
                    .entry(path.clone())
                    .or_insert_with(|| StageFigures { path, ..StageFigures::default() });
            }
            let empty = StageFigures { path: one.path.clone(), ..StageFigures::default() };
            by_path.entry(one.path.clone()).or_insert(empty).add(&one);
        }
        let mut stages: Vec<StageFigures> = by_path.into_values().collect();
        for at in (0..stages.len()).rev() {
            // In the order of paths what is below follows at once.
            let (head, below) = stages.split_at_mut(at + 1);
            let stage = &mut head[at];
            let depth = stage.path.len();
            let below = below.iter().take_while(|one| one.path.starts_with(&stage.path));
            let mut apart_ns = 0;
            stage.whole = stage.own;
            for one in below.filter(|one| one.path.len() == depth + 1) {
                stage.whole.add(&one.whole);
                apart_ns += one.apart_ns;
            }
            stage.joining_ns = stage.own.off_cpu_ns().min(apart_ns);
        }
        Profile { wall_s, stages }
    }

    /// Add the figures of another program, or of another time.
    pub fn merge(&mut self, other: &Profile) {
        let wall_s = self.wall_s.max(other.wall_s);
        let both = std::mem::take(&mut self.stages).into_iter().chain(other.stages.iter().cloned());
        *self = Profile::of(wall_s, both);
    }

    /// What stages took after `earlier`, a look at the same profiler; stages that did not run since are left out.
    #[must_use]
    pub fn since(&self, earlier: &Profile) -> Profile {
        let before: BTreeMap<&[String], &StageFigures> =
            earlier.stages.iter().map(|stage| (stage.path.as_slice(), stage)).collect();
        let none = StageFigures::default();
        let left = self
            .stages
            .iter()
            .map(|stage| stage.since(before.get(stage.path.as_slice()).copied().unwrap_or(&none)))
            .filter(|stage| stage.runs > 0);
        Profile::of((self.wall_s - earlier.wall_s).max(0.0), left)
    }

    /// A stage by name, all places where it ran together; its path is that name alone.
    #[must_use]
    pub fn stage(&self, name: &str) -> Option<StageFigures> {
        self.by_name().into_iter().find(|stage| stage.name() == name)
    }

    /// Stages by name, all places of each together, the one with the most time of its own first; the path of each is its name.
    #[must_use]
    pub fn by_name(&self) -> Vec<StageFigures> {
        let mut by_name: BTreeMap<&str, StageFigures> = BTreeMap::new();
        for stage in &self.stages {
            let sum = by_name.entry(stage.name()).or_insert_with(|| StageFigures {
                path: vec![stage.name().to_owned()],
                ..StageFigures::default()
            });
            sum.add(stage);
            sum.joining_ns += stage.joining_ns;
            // A stage inside itself is counted once.
            if !stage.path[..stage.path.len() - 1].iter().any(|above| above == stage.name()) {
                sum.whole.add(&stage.whole);
            }
        }
        let mut all: Vec<StageFigures> = by_name.into_values().collect();
        all.sort_by_key(|stage| std::cmp::Reverse(stage.busy_ns()));
        all
    }

    /// What all stages took together.
    #[must_use]
    pub fn total(&self) -> Cost {
        let mut total = Cost::default();
        for stage in self.stages.iter().filter(|stage| stage.path.len() == 1) {
            total.add(&stage.whole);
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn stage(path: &[&str], wall_ns: u64, cpu_ns: u64, apart_ns: u64) -> StageFigures {
        let mut lengths = Delays::new();
        lengths.record(Duration::from_nanos(wall_ns));
        StageFigures {
            path: path.iter().map(|&name| name.to_owned()).collect(),
            runs: 1,
            own: Cost { wall_ns, cpu_ns, bytes: 10, allocations: 1 },
            apart_ns,
            lengths,
            ..StageFigures::default()
        }
    }

    #[test]
    fn a_stage_has_its_own_and_what_is_below_it() {
        let profile = Profile::of(
            1.0,
            [
                stage(&["a"], 100, 5, 0),
                stage(&["a", "b"], 80, 80, 80),
                stage(&["a", "b", "c"], 7, 6, 0),
            ],
        );
        let a = &profile.stages[0];
        assert_eq!((a.whole.cpu_ns, a.whole.allocations), (91, 3));
        // It waited for `b`, for at most as long as that ran.
        assert_eq!((a.joining_ns, a.busy_ns()), (80, 20));
        assert_eq!(profile.total(), a.whole);
        let sum: u64 = profile.stages.iter().map(|one| one.own.cpu_ns).sum();
        assert_eq!(sum, a.whole.cpu_ns);
    }

    #[test]
    fn figures_of_two_programs_add_up() {
        let mut one = Profile::of(1.0, [stage(&["a", "b"], 10, 9, 0)]);
        let other = Profile::of(2.0, [stage(&["a"], 50, 40, 0), stage(&["a", "b"], 30, 29, 0)]);
        one.merge(&other);
        let b = one.stage("b").unwrap();
        assert_eq!((b.runs, b.own.wall_ns, b.lengths.count()), (2, 40, 2));
        assert_eq!((one.wall_s, one.total().cpu_ns), (2.0, 78));
        assert_eq!(one.by_name()[0].name(), "a");
    }

    #[test]
    fn what_ran_before_a_look_is_not_in_what_came_after() {
        let before = Profile::of(1.0, [stage(&["a"], 50, 40, 0), stage(&["b"], 7, 7, 0)]);
        let mut now = before.clone();
        now.merge(&Profile::of(3.0, [stage(&["a"], 30, 20, 0), stage(&["a", "c"], 90, 80, 0)]));
        let since = now.since(&before);
        let names: Vec<&str> = since.stages.iter().map(StageFigures::name).collect();
        assert_eq!(names, ["a", "c"]);
        let a = since.stage("a").unwrap();
        assert_eq!((a.runs, a.own.cpu_ns, a.own.bytes, a.whole.cpu_ns), (1, 20, 10, 100));
        assert_eq!((a.lengths.count(), a.lengths.quantile(1.0).as_nanos()), (1, 30));
        assert_eq!(since.wall_s, 2.0);
        assert!(now.since(&now).stages.is_empty());
    }

    #[test]
    fn a_stage_inside_itself_is_counted_once() {
        let profile = Profile::of(1.0, [stage(&["a"], 10, 10, 0), stage(&["a", "a"], 5, 5, 0)]);
        assert_eq!(profile.stage("a").unwrap().whole.cpu_ns, 15);
    }
}
