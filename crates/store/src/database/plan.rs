//! How a database would answer a statement.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value as Json;

use super::link::{Dialect, Link, Value};
use super::statement::{MOST_PLACES, places_in};
use crate::StoreError;

/// One way to the rows of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Access {
    /// The table, or its name within the statement.
    pub(crate) table: String,
    /// The index, where it has a name.
    pub(crate) index: Option<String>,
    /// What is looked up in it, in the words of the database; empty for who reads all of it.
    pub(crate) condition: String,
}

impl Access {
    /// Whether every row is looked at.
    pub(crate) fn scans(&self) -> bool {
        self.condition.is_empty()
    }
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Plan {
    pub(crate) accesses: Vec<Access>,
    /// Rows are sorted.
    pub(crate) sorts: bool,
}

impl Plan {
    /// Whether an index of a name is used.
    pub(crate) fn uses(&self, index: &str) -> bool {
        self.accesses.iter().any(|access| access.index.as_deref() == Some(index))
    }
}

/// Ask how a statement would be answered, whatever its values; it is not run.
///
/// On a server an error ends the transaction it is within, so each statement needs one of its own.
pub(crate) fn explain(link: &mut dyn Link, sql: &str) -> Result<Plan, StoreError> {
    // Before there is room for them: a text may say any number.
    let Some(places) = places_in(sql) else {
        return Err(StoreError::Database {
            place: "a logged statement".to_owned(),
            action: "plan",
            reason: format!("the number of a place is beyond {MOST_PLACES}"),
        });
    };
    let nothing = vec![Value::Null; places];
    match link.dialect() {
        Dialect::Sqlite => {
            // A plan does not make the connection look whether others have changed the schema, an answer does.
            link.query("SELECT COUNT(*) FROM sqlite_schema", &[])?;
            let rows = link.query(&format!("EXPLAIN QUERY PLAN {sql}"), &nothing)?;
            let mut plan = Plan::default();
            rows.into_iter().for_each(|mut row| step(&mut plan, &row.text(3)));
            Ok(plan)
        }
        Dialect::Postgres => {
            // A plan for any values: servers before 16 give one only of a prepared statement.
            static NUMBER: AtomicU64 = AtomicU64::new(0);
            let name = format!("plan_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
            link.query("SET LOCAL plan_cache_mode = force_generic_plan", &[])?;
            link.query(&format!("PREPARE {name} AS {sql}"), &[])?;
            let values = vec!["NULL"; nothing.len()].join(", ");
            let values = if values.is_empty() { values } else { format!("({values})") };
            let rows = link.query(&format!("EXPLAIN (FORMAT JSON) EXECUTE {name}{values}"), &[])?;
            let mut plan = Plan::default();
            for mut row in rows {
                let text = row.text(0);
                let json: Json = serde_json::from_str(&text).unwrap_or_default();
                node(&mut plan, &json[0]["Plan"], "");
            }
            link.query(&format!("DEALLOCATE {name}"), &[])?;
            Ok(plan)
        }
    }
}

/// A line of SQLite's plan: `SEARCH t USING INDEX i (a=? AND b>?)`, `SCAN t`, `USE TEMP B-TREE FOR ORDER BY`.
fn step(plan: &mut Plan, line: &str) {
    if line.starts_with("USE TEMP B-TREE FOR") && line.ends_with("ORDER BY") {
        plan.sorts = true;
        return;
    }
    let (rest, searches) = match (line.strip_prefix("SCAN "), line.strip_prefix("SEARCH ")) {
        (Some(rest), _) => (rest, false),
        (_, Some(rest)) => (rest, true),
        _ => return,
    };
    let (table, way) = rest.split_once(" USING ").unwrap_or((rest, ""));
    let index = ["INDEX ", "COVERING INDEX "].iter().find_map(|word| way.strip_prefix(word));
    // An index that is made for one answer looks at every row first.
    let is_automatic = way.starts_with("AUTOMATIC");
    let (index, condition) = match index {
        Some(index) => index.split_once(" (").unwrap_or((index, "")),
        None => ("", way.split_once(" (").map_or("", |(_, condition)| condition)),
    };
    let condition = if searches && !is_automatic { condition.trim_end_matches(')') } else { "" };
    plan.accesses.push(Access {
        table: table.to_owned(),
        index: (!index.is_empty()).then(|| index.to_owned()),
        condition: condition.to_owned(),
    });
}

/// A node of a server's plan, with those below it.
fn node(plan: &mut Plan, json: &Json, table: &str) {
    let text = |key: &str| json[key].as_str().unwrap_or("");
    let own = text("Relation Name");
    let table = if own.is_empty() { table } else { own };
    match text("Node Type") {
        "Seq Scan" | "Sample Scan" => {
            plan.accesses.push(Access {
                table: table.to_owned(),
                index: None,
                condition: String::new(),
            });
        }
        "Index Scan" | "Index Only Scan" | "Bitmap Index Scan" => plan.accesses.push(Access {
            table: table.to_owned(),
            index: Some(text("Index Name").to_owned()),
            condition: text("Index Cond").to_owned(),
        }),
        "Sort" | "Incremental Sort" => plan.sorts = true,
        _ => {}
    }
    for below in json["Plans"].as_array().into_iter().flatten() {
        node(plan, below, table);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_sqlite() {
        let mut plan = Plan::default();
        for line in [
            "SEARCH segment USING INDEX segment_by_time (stream=? AND first_us<?)",
            "SEARCH chunk USING PRIMARY KEY (segment=? AND position=?)",
            "SCAN run USING COVERING INDEX run_by_kind",
            "SCAN event",
            "SEARCH x USING AUTOMATIC COVERING INDEX (a=?)",
            "USE TEMP B-TREE FOR LAST TERM OF ORDER BY",
        ] {
            step(&mut plan, line);
        }
        let told: Vec<(&str, Option<&str>, &str)> = plan
            .accesses
            .iter()
            .map(|one| (one.table.as_str(), one.index.as_deref(), one.condition.as_str()))
            .collect();
        let expected = [
            ("segment", Some("segment_by_time"), "stream=? AND first_us<?"),
            ("chunk", None, "segment=? AND position=?"),
            ("run", Some("run_by_kind"), ""),
            ("event", None, ""),
            ("x", None, ""),
        ];
        assert_eq!(told, expected);
        assert!(plan.sorts && plan.uses("run_by_kind") && !plan.uses("x"));
    }

    #[test]
    fn nodes_of_a_server() {
        let json = serde_json::json!({"Node Type": "Limit", "Plans": [{"Node Type": "Sort", "Plans": [
            {"Node Type": "Bitmap Heap Scan", "Relation Name": "event", "Plans": [
                {"Node Type": "Bitmap Index Scan", "Index Name": "event_by_time", "Index Cond": "(run = $1)"}]},
            {"Node Type": "Seq Scan", "Relation Name": "run"}]}]});
        let mut plan = Plan::default();
        node(&mut plan, &json, "");
        assert!(plan.sorts && plan.accesses.len() == 2 && plan.uses("event_by_time"));
        assert_eq!(plan.accesses[0].table, "event");
        assert!(plan.accesses[1].scans() && !plan.accesses[0].scans());
    }
}
