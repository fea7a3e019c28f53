//! An evaluation for people.

use learn::Interval;
use watch::report::Table;

use super::environments;
use super::figures::{Evaluation, Figure, Player};
use crate::table::{fixed, render};

/// A share in per cent with its interval.
pub fn percent(figure: &Figure) -> String {
    let Interval { value, low, high } = figure.0;
    let one = |x: f64| fixed(100.0 * x, 1);
    format!("{} ({} to {})", one(value), one(low), one(high))
}

fn column(player: &Player, cells: &mut [Vec<String>]) {
    let optional = |figure: &Option<Figure>| figure.as_ref().map_or("–".to_owned(), percent);
    let mut all = vec![
        percent(&player.success),
        optional(&player.difference),
        percent(&player.iqm),
        percent(&player.worst),
        optional(&player.improvement),
    ];
    all.extend(player.violations.values().map(percent));
    let causes: Vec<String> =
        player.causes.iter().map(|(name, count)| format!("{name} {count}")).collect();
    all.push(if causes.is_empty() { "–".to_owned() } else { causes.join(", ") });
    let shield = player.interventions.as_ref();
    all.push(shield.map_or("–".to_owned(), |found| percent(&found.share)));
    all.push(shield.map_or("–".to_owned(), |found| fixed(found.each, 2)));
    for (row, cell) in cells.iter_mut().zip(all) {
        row.push(cell);
    }
}

/// Tables of everything.
pub fn text(evaluation: &Evaluation) -> String {
    let Evaluation { scenario, difficulty, episodes, policies, rules, seeds } = evaluation;
    let mut cells: Vec<Vec<String>> = [
        "success",
        "success less that of rules",
        "interquartile mean of scores",
        "worst 5 % of scores",
        "chance of a higher score than rules",
    ]
    .into_iter()
    .map(|name| vec![name.to_owned()])
    .collect();
    cells.extend(rules.violations.keys().map(|name| vec![format!("passes {name}")]));
    cells.push(vec!["causes of loss".to_owned()]);
    if policies.iter().any(|policy| policy.interventions.is_some()) {
        cells.push(vec!["missions in which the shield handed over".to_owned()]);
        cells.push(vec!["decisions handed over, a mission".to_owned()]);
    }
    let mut columns = vec![String::new()];
    for (number, player) in policies.iter().enumerate() {
        columns.push(if policies.len() == 1 {
            "policy".to_owned()
        } else {
            format!("policy {number}")
        });
        column(player, &mut cells);
    }
    columns.push("rules".to_owned());
    column(rules, &mut cells);
    let mut out = render(&Table {
        title: format!("{scenario} · {difficulty} · {}, %", environments(*episodes)),
        columns: columns.clone(),
        rows: cells,
    });
    let tenths = rules.survival.len();
    let rows = (0..tenths)
        .map(|tenth| {
            let mut row = vec![format!("{} %", 100 * (tenth + 1) / tenths)];
            row.extend(policies.iter().chain([rules]).map(|one| percent(&one.survival[tenth])));
            row
        })
        .collect();
    out.push('\n');
    let title = "Missions that go on, %, by the share of their length".to_owned();
    out.push_str(&render(&Table { title, columns, rows }));
    if let Some(seeds) = seeds {
        out.push_str(&format!(
            "\nOver {} training seeds, %: success {}, less that of rules {}, interquartile mean of scores {}\n",
            policies.len(),
            percent(&seeds.success),
            percent(&seeds.difference),
            percent(&seeds.iqm)
        ));
    }
    for (number, player) in policies.iter().enumerate() {
        let file = player.file.as_deref().unwrap_or_default();
        out.push_str(&format!("\npolicy {number}  {file}"));
    }
    out
}
