//! Missions that were counted: shares of success, by player, of two evaluations or campaigns.

use learn::wilson;
use serde_json::Value;
use watch::report::Table;

use super::interval::newcombe;
use super::{Difference, Kindred};
use crate::report::subject::Subject;
use crate::table::fixed;

/// A player with its successes and its missions.
struct Player {
    name: String,
    successes: u64,
    missions: u64,
}

/// Everybody whose missions a run has counted.
fn players(subject: &Subject) -> Vec<Player> {
    let results = &subject.results;
    let counted = |share: Option<f64>, missions: Option<u64>, name: String| {
        let (share, missions) = (share?, missions?);
        Some(Player { name, successes: (share * missions as f64).round() as u64, missions })
    };
    if let Some(list) = results.as_array() {
        // A campaign: one entry a controller.
        let one = |entry: &Value| {
            let name = entry["controller"].as_str()?.to_owned();
            counted(entry["success_rate"].as_f64(), entry["seeds"].as_u64(), name)
        };
        return list.iter().filter_map(one).collect();
    }
    let missions = results["episodes"].as_u64();
    let policies = results["policies"].as_array();
    if let Some(policies) = policies {
        let many = policies.len() > 1;
        let one = |(at, entry): (usize, &Value)| {
            let name = if many { format!("policy {}", at + 1) } else { "policy".to_owned() };
            counted(entry["success"]["value"].as_f64(), missions, name)
        };
        let mut all: Vec<Player> = policies.iter().enumerate().filter_map(one).collect();
        let rules = results["rules"]["success"]["value"].as_f64();
        all.extend(counted(rules, missions, "rules".to_owned()));
        return all;
    }
    Vec::new()
}

/// Everybody whose missions a run has counted, with Wilson's intervals; no rows where it has counted none.
pub fn table(subject: &Subject) -> Table {
    let row = |player: &Player| {
        let share = wilson(player.successes, player.missions);
        let percent = |share: f64| fixed(100.0 * share, 1);
        vec![
            player.name.clone(),
            player.missions.to_string(),
            percent(share.value),
            format!("{} to {}", percent(share.low), percent(share.high)),
        ]
    };
    Table {
        title: "Missions that succeed".to_owned(),
        columns: ["who", "missions", "success, %", "95 % interval"].map(str::to_owned).to_vec(),
        rows: players(subject).iter().map(row).collect(),
    }
}

/// Compare shares of success; none where nobody was counted in both.
pub(super) fn compare(ours: &Subject, theirs: &Subject) -> Option<Kindred> {
    let (a, b) = (players(ours), players(theirs));
    let differences: Vec<Difference> = a
        .iter()
        .filter_map(|one| {
            let other = b.iter().find(|other| other.name == one.name)?;
            let found = newcombe((one.successes, one.missions), (other.successes, other.missions));
            let share = |player: &Player| player.successes as f64 / player.missions.max(1) as f64;
            let what = format!(
                "success of {}, of {} and {} missions",
                one.name, one.missions, other.missions
            );
            Some(Difference::new(&what, "share", (share(one), share(other)), found))
        })
        .collect();
    (!differences.is_empty()).then(|| Kindred {
        title: "Missions that succeed",
        note: "Shares with the interval of their difference by Newcombe, from Wilson's intervals of each; where both flew the same missions it is wider than need be.".to_owned(),
        differences,
        tables: Vec::new(),
        plots: Vec::new(),
    })
}
