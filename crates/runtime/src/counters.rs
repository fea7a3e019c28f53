//! Where the time of a run went.

use std::fmt;

/// What one stage of a loop has cost.
#[derive(Debug, Clone, PartialEq)]
pub struct StageCost {
    /// What the stage is called.
    pub name: String,
    /// How often it ran.
    pub calls: u64,
    /// Wall time it took in all, s.
    pub seconds: f64,
}

/// The cost of every stage of a loop; its `Display` is a table.
///
/// The stages are shown in the order given, which is the order in which they run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Budget {
    /// Stages in the order in which they run.
    pub stages: Vec<StageCost>,
}

impl Budget {
    /// Wall time of all stages together, s.
    #[must_use]
    pub fn total_s(&self) -> f64 {
        self.stages.iter().map(|stage| stage.seconds).sum()
    }

    /// Part of the total that `stage` took, 0 to 1; 0 when nothing was timed.
    #[must_use]
    pub fn share(&self, stage: &StageCost) -> f64 {
        let total = self.total_s();
        if total > 0.0 { stage.seconds / total } else { 0.0 }
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = self.stages.iter().map(|stage| stage.name.chars().count()).max();
        let width = widest.unwrap_or(0).max("stage".len());
        writeln!(
            f,
            "{:width$}  {:>13}  {:>10}  {:>10}  {:>6}",
            "stage", "calls", "time, s", "ns/call", "share"
        )?;
        for stage in &self.stages {
            let each_ns = if stage.calls > 0 {
                format!("{:.1}", stage.seconds * 1e9 / stage.calls as f64)
            } else {
                "–".to_owned()
            };
            let share = 100.0 * self.share(stage);
            writeln!(
                f,
                "{:width$}  {:>13}  {:>10.4}  {each_ns:>10}  {share:>5.1}%",
                stage.name, stage.calls, stage.seconds
            )?;
        }
        write!(f, "{:width$}  {:>13}  {:>10.4}", "total", "", self.total_s())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_shows_calls_time_and_share() {
        let budget = Budget {
            stages: vec![
                StageCost { name: "ventilation".into(), calls: 1_000_000, seconds: 0.75 },
                StageCost { name: "crew".into(), calls: 500_000, seconds: 0.25 },
                StageCost { name: "eva".into(), calls: 0, seconds: 0.0 },
            ],
        };
        let table = budget.to_string();
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 5);
        let cells: Vec<&str> = lines[1].split_whitespace().collect();
        assert_eq!(cells, ["ventilation", "1000000", "0.7500", "750.0", "75.0%"]);
        assert!(lines[3].contains('–'));
        assert!(lines[4].starts_with("total") && lines[4].ends_with("1.0000"));
    }

    #[test]
    fn an_empty_budget_has_no_shares() {
        let budget =
            Budget { stages: vec![StageCost { name: "x".into(), calls: 0, seconds: 0.0 }] };
        assert_eq!(budget.share(&budget.stages[0]), 0.0);
        assert!(Budget::default().to_string().contains("total"));
    }
}
