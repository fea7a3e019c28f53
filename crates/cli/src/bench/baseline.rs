//! Earlier measurements of `bench`, to hold fresh ones against.
//!
//! The file is what `bench --json` printed, once or again and again: `bench --json >> rows.jsonl` adds a measurement. All of
//! them have to be of one machine; the figures carry no sign of it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use watch::regression::{Change, Judgement, RegressionSettings};

use super::Measured;
use crate::error::CliError;

/// Earlier values by row, the oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline(BTreeMap<String, Vec<f64>>);

impl Baseline {
    /// Read a file.
    ///
    /// # Errors
    /// [`CliError::Flag`] for a file that cannot be read or holds no row of `bench`.
    pub fn read(path: &Path) -> Result<Baseline, CliError> {
        let refused = |problem: String| {
            let allowed = "allowed is what `bench --json` prints, a list a line";
            CliError::flag(format!("--against {}", path.display()), format!("{problem}; {allowed}"))
        };
        let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
        Baseline::parse(&text).map_err(refused)
    }

    fn parse(text: &str) -> Result<Baseline, String> {
        let mut rows: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for list in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
            let list = list.map_err(|error| format!("it is no JSON: {error}"))?;
            for row in list.as_array().ok_or("there is JSON that is no list")? {
                let (name, value) = (row["row"].as_str(), row["value"].as_f64());
                let (name, value) =
                    name.zip(value).ok_or("there is an entry without `row` or `value`")?;
                rows.entry(name.to_owned()).or_default().push(value);
            }
        }
        if rows.is_empty() { Err("there is no row in it".to_owned()) } else { Ok(Baseline(rows)) }
    }

    fn judge(&self, row: &str, value: f64) -> Judgement {
        let earlier = self.0.get(row).map(Vec::as_slice).unwrap_or_default();
        RegressionSettings::default().judge(earlier, value)
    }

    /// Say of a measured row how it stands against the earlier ones; whether it became slower.
    pub(super) fn hold(&self, measured: &mut Measured) -> bool {
        let (row, value) = (&measured.json["row"], measured.json["value"].as_f64());
        let judged = self.judge(row.as_str().unwrap_or_default(), value.unwrap_or(f64::NAN));
        measured.text = format!("{}\nagainst earlier rows: {judged}", measured.text.trim_end());
        measured.json["against"] = json!(judged);
        judged.change == Change::Slower
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(value: f64) -> Measured {
        let json = json!({ "row": "simulator", "value": value });
        Measured { json, text: "simulator  1 steps/s\n".into(), pass: true }
    }

    #[test]
    fn lists_of_one_file_are_one_history() {
        let lines: Vec<String> = (0..12)
            .map(|at| {
                format!(
                    r#"[{{"row":"simulator","value":{}}},{{"row":"pool","value":5}}]"#,
                    1e5 + f64::from(at % 3) * 1e3
                )
            })
            .collect();
        let baseline = Baseline::parse(&lines.join("\n")).unwrap();
        assert_eq!((baseline.0["simulator"].len(), baseline.0["pool"].len()), (12, 12));
        let (mut slow, mut usual) = (measured(6e4), measured(1.01e5));
        assert!(baseline.hold(&mut slow) && !baseline.hold(&mut usual));
        assert_eq!(
            (&slow.json["against"]["change"], &slow.json["against"]["earlier"]),
            (&json!("slower"), &json!(12))
        );
        assert!(slow.text.contains("against earlier rows: slower: 40."), "{}", slow.text);
        // A row that was not measured before is not judged.
        let mut other = measured(1.0);
        other.json["row"] = json!("caching");
        assert!(
            !baseline.hold(&mut other) && other.text.contains("no earlier speed"),
            "{}",
            other.text
        );
    }

    #[test]
    fn what_is_no_measurement_is_refused() {
        for (text, reason) in [
            ("", "no row"),
            ("[]", "no row"),
            ("{}", "no list"),
            (r#"[{"row":"x"}]"#, "without `row` or `value`"),
            ("[", "no JSON"),
        ] {
            let problem = Baseline::parse(text).unwrap_err();
            assert!(problem.contains(reason), "{text}: {problem}");
        }
        assert!(Baseline::read(Path::new("nowhere.jsonl")).is_err());
    }
}
