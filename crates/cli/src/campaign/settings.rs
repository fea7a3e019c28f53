//! What a campaign's missions have in common: the head of its logbook.

/// First line of a logbook: what it is, and which version of the format.
pub const TITLE: &str = "# lunar-habitat campaign 2";
/// Digits of a hash that people are shown.
const SHORT: usize = 16;

/// Everything but controller and seed that the end of a mission depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Name of the scenario.
    pub scenario: String,
    /// SHA-256 of its canonical form with the times below, as `simulate` writes it.
    pub scenario_hash: String,
    /// Difficulty of the scenario.
    pub difficulty: &'static str,
    /// Whether the missions are held-out environments of one run, or runs of the first one.
    pub held_out: bool,
    /// Failures as a multiple of the field rate.
    pub fault_rate: f64,
    /// Length of the mission, d.
    pub days: f64,
    /// Length of a step, s.
    pub dt_s: f64,
    /// Time between two decisions, s.
    pub decision_s: f64,
    /// Version of the program.
    pub version: String,
}

impl Settings {
    /// Keys and values as they are written; numbers bring the same bits back.
    fn entries(&self) -> [(&'static str, String); 9] {
        [
            ("scenario", self.scenario.clone()),
            ("difficulty", self.difficulty.to_owned()),
            ("held_out", self.held_out.to_string()),
            ("fault_rate", self.fault_rate.to_string()),
            ("days", self.days.to_string()),
            ("dt_s", self.dt_s.to_string()),
            ("decision_s", self.decision_s.to_string()),
            ("version", self.version.clone()),
            ("scenario_hash", self.scenario_hash.clone()),
        ]
    }

    /// The head of a logbook, up to the line with the columns.
    pub fn head(&self) -> String {
        let lines = self.entries().map(|(key, value)| format!("# {key}: {value}\n"));
        format!("{TITLE}\n{}", lines.concat())
    }

    /// What differs between the settings in the lines of a head and these; empty if nothing does.
    ///
    /// The hash follows from name and times, so it is named only where they are equal.
    pub fn differences(&self, head: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for (key, here) in self.entries() {
            let prefix = format!("# {key}: ");
            let there =
                head.iter().find_map(|line| line.strip_prefix(&prefix)).unwrap_or("nothing");
            let follows = key == "scenario_hash" && !found.is_empty();
            if there != here && !follows {
                found.push(format!("{key} {} there, {} here", short(there), short(&here)));
            }
        }
        found
    }
}

/// A hash as people read it; any other value as it is.
fn short(value: &str) -> &str {
    if value.len() == 64 { value.get(..SHORT).unwrap_or(value) } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_named() {
        let ours = Settings {
            scenario: "cabin-30d".into(),
            difficulty: "nominal",
            held_out: false,
            scenario_hash: "a".repeat(64),
            fault_rate: 1.0,
            days: 0.1,
            dt_s: 60.0,
            decision_s: 600.0,
            version: "0.1.0".into(),
        };
        let against = |theirs: Settings| {
            let head = theirs.head();
            ours.differences(&head.lines().collect::<Vec<_>>())
        };
        assert!(against(ours.clone()).is_empty());
        let hash = Settings { scenario_hash: "b".repeat(64), ..ours.clone() };
        assert_eq!(
            against(hash.clone()),
            ["scenario_hash bbbbbbbbbbbbbbbb there, aaaaaaaaaaaaaaaa here"]
        );
        assert_eq!(against(Settings { days: 2.0, ..hash }), ["days 2 there, 0.1 here"]);
        let version = Settings { version: "0.0.9".into(), ..ours.clone() };
        assert_eq!(against(version), ["version 0.0.9 there, 0.1.0 here"]);
    }
}
