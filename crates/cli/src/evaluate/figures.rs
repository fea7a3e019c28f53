//! What is said about policies, from their missions.

use std::collections::BTreeMap;

use env::{COST_TABLE, COSTS};
use learn::{Interval, bootstrap, iqm, paired_difference, prob_improvement, wilson, worst};
use physics::constants::DAY_S;
use serde::{Serialize, Serializer};

use crate::campaign::interventions::Counts;
use crate::campaign::logbook::Missions;
use crate::campaign::record::Record;
use crate::error::CliError;

/// Share of the missions that the tail is.
const TAIL: f64 = 0.05;
/// Points of time of the survival curve.
const TENTHS: usize = 10;
/// Missions of a sample for the chance of improvement: all pairs of them are compared.
const COMPARED: usize = 512;

/// A figure with its interval, as in JSON.
#[derive(Debug, Clone, Copy)]
pub struct Figure(pub Interval);

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Interval { value, low, high } = self.0;
        let entries = [("value", value), ("low", low), ("high", high)];
        serializer.collect_map(entries.map(|(key, x)| (key, x.is_finite().then_some(x))))
    }
}

/// What a shield did over all missions.
#[derive(Debug, Clone, Serialize)]
pub struct Interventions {
    /// Decisions taken over, of a mission.
    pub each: f64,
    /// Share of missions with one at least.
    pub share: Figure,
}

impl Interventions {
    fn new(name: &str, episodes: u64, counts: &Counts) -> Interventions {
        let of = |seed: u64| counts.get(&(name.to_owned(), seed)).copied().unwrap_or(0);
        let total: u64 = (0..episodes).map(of).sum();
        let any = (0..episodes).filter(|seed| of(*seed) > 0).count() as u64;
        let each = total as f64 / episodes as f64;
        Interventions { each, share: Figure(wilson(any, episodes)) }
    }
}

/// Missions of one player.
#[derive(Debug, Clone, Serialize)]
pub struct Player {
    /// The file of a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Share of missions that succeed.
    pub success: Figure,
    /// The same less that of `rules`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<Figure>,
    /// Interquartile mean of the scores.
    pub iqm: Figure,
    /// Mean of the worst scores.
    pub worst: Figure,
    /// Chance of a higher score than `rules`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub improvement: Option<Figure>,
    /// Share of missions in which each limit was passed.
    pub violations: BTreeMap<&'static str, Figure>,
    /// Share of missions that go on at each tenth of their length.
    pub survival: Vec<Figure>,
    /// How many missions each abort rule ended.
    pub causes: BTreeMap<String, u64>,
    /// What a shield did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interventions: Option<Interventions>,
    /// Scores of the missions.
    #[serde(skip)]
    scores: Vec<f64>,
    /// 1 for a success, 0 for a loss.
    #[serde(skip)]
    successes: Vec<f64>,
}

/// Policies as seeds of one method.
#[derive(Debug, Clone, Serialize)]
pub struct Seeds {
    /// Mean of their success.
    pub success: Figure,
    /// The same less that of `rules`.
    pub difference: Figure,
    /// Interquartile mean of their mean scores.
    pub iqm: Figure,
}

/// Everything that is said.
#[derive(Debug, Clone, Serialize)]
pub struct Evaluation {
    pub scenario: String,
    pub difficulty: &'static str,
    pub episodes: u64,
    pub policies: Vec<Player>,
    pub rules: Player,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seeds: Option<Seeds>,
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

impl Player {
    fn new(name: &str, days: f64, episodes: u64, missions: &Missions) -> Result<Player, CliError> {
        let records = (0..episodes)
            .map(|seed| {
                missions.get(&(name.to_owned(), seed)).ok_or_else(|| {
                    CliError::Failed(format!("no mission of {name} with seed {seed}"))
                })
            })
            .collect::<Result<Vec<&Record>, CliError>>()?;
        let whole_s = days * DAY_S;
        let end_s = |record: &Record| {
            if record.success { whole_s } else { record.abort_s.unwrap_or(record.end_s) }
        };
        let scores: Vec<f64> = records.iter().map(|one| end_s(one) / whole_s).collect();
        let successes: Vec<f64> =
            records.iter().map(|one| f64::from(u8::from(one.success))).collect();
        let share = |hits: usize| Figure(wilson(hits as u64, episodes));
        let mut causes = BTreeMap::new();
        for record in records.iter().filter(|record| !record.success) {
            *causes.entry(record.abort_reason.clone()).or_insert(0) += 1;
        }
        let passed = |cost: usize| records.iter().filter(|one| one.costs[cost] > 0.0).count();
        let lasts = |tenth: usize| {
            let until = tenth as f64 / TENTHS as f64;
            let goes_on = |one: &&&Record| one.success || end_s(one) / whole_s > until;
            records.iter().filter(goes_on).count()
        };
        Ok(Player {
            file: None,
            success: share(records.iter().filter(|record| record.success).count()),
            difference: None,
            iqm: Figure(bootstrap(&scores, 1, iqm)),
            worst: Figure(bootstrap(&scores, 2, |all| worst(all, TAIL))),
            improvement: None,
            violations: (0..COSTS).map(|at| (COST_TABLE[at].name, share(passed(at)))).collect(),
            survival: (1..=TENTHS).map(|tenth| share(lasts(tenth))).collect(),
            causes,
            interventions: None,
            scores,
            successes,
        })
    }

    /// Compare with `rules` in the same missions.
    fn against(mut self, rules: &Player) -> Player {
        self.difference = Some(Figure(paired_difference(&self.successes, &rules.successes, 3)));
        let few = |scores: &[f64]| scores[..scores.len().min(COMPARED)].to_vec();
        let (ours, theirs) = (few(&self.scores), few(&rules.scores));
        // Pairs are drawn together, so that a mission that is hard for both stays so.
        let order: Vec<f64> = (0..ours.len()).map(|at| at as f64).collect();
        self.improvement = Some(Figure(bootstrap(&order, 4, |drawn| {
            let take = |from: &[f64]| drawn.iter().map(|at| from[*at as usize]).collect::<Vec<_>>();
            ranked(&take(&ours), &take(&theirs))
        })));
        self
    }
}

/// [`prob_improvement`] by counting in sorted order.
fn ranked(ours: &[f64], theirs: &[f64]) -> f64 {
    if ours.len() < 32 {
        return prob_improvement(ours, theirs);
    }
    let mut sorted = theirs.to_vec();
    sorted.sort_by(f64::total_cmp);
    let below = |score: &f64| {
        let less = sorted.partition_point(|other| other < score);
        let same = sorted.partition_point(|other| other <= score) - less;
        less as f64 + 0.5 * same as f64
    };
    ours.iter().map(below).sum::<f64>() / (ours.len() * theirs.len()) as f64
}

impl Evaluation {
    /// Sum up the missions of the policies, given by file and name, and of `rules`; with what shields did, where there are
    /// any.
    ///
    /// # Errors
    /// [`CliError::Failed`] when a mission is missing, which only a bug in this program does.
    pub fn new(
        (scenario, difficulty): (String, &'static str),
        days: f64,
        episodes: u64,
        names: &[(String, String)],
        missions: &Missions,
        interventions: Option<&Counts>,
    ) -> Result<Evaluation, CliError> {
        let rules = Player::new("rules", days, episodes, missions)?;
        let mut policies = Vec::new();
        for (file, name) in names {
            let player = Player::new(name, days, episodes, missions)?.against(&rules);
            let interventions =
                interventions.map(|counts| Interventions::new(name, episodes, counts));
            policies.push(Player { file: Some(file.clone()), interventions, ..player });
        }
        let seeds = (policies.len() > 1).then(|| {
            let by_seed = |of: fn(&Player) -> &Vec<f64>| -> Vec<f64> {
                policies.iter().map(|player| mean(of(player))).collect()
            };
            let (successes, scores) = (by_seed(|one| &one.successes), by_seed(|one| &one.scores));
            let base = mean(&rules.successes);
            let above: Vec<f64> = successes.iter().map(|success| success - base).collect();
            Seeds {
                success: Figure(bootstrap(&successes, 5, mean)),
                difference: Figure(bootstrap(&above, 6, mean)),
                iqm: Figure(bootstrap(&scores, 7, iqm)),
            }
        });
        Ok(Evaluation { scenario, difficulty, episodes, policies, rules, seeds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_count_what_pairs_count() {
        let ours: Vec<f64> = (0..40).map(|i| f64::from(i * 7 % 11)).collect();
        let theirs: Vec<f64> = (0..40).map(|i| f64::from(i * 5 % 13)).collect();
        assert!((ranked(&ours, &theirs) - prob_improvement(&ours, &theirs)).abs() < 1e-12);
    }
}
