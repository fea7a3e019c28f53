//! How many rows of a table a statement looks at, told from its plan.

use super::plan::{Access, Plan};
use super::statement::Part;
use crate::StoreError;
use crate::advice::{Index, Use};

/// Part of the rows that lie in an interval of which nothing is known, as planners take it.
const INTERVAL: f64 = 1.0 / 3.0;

/// What an index finds for a statement.
#[derive(Debug, Default, PartialEq)]
struct Found {
    /// Columns of which it finds one value.
    equal: Vec<String>,
    /// Column of which it finds an interval.
    interval: Option<String>,
    /// There is one row at most.
    is_unique: bool,
}

/// The statement's use of a table without the row's number at the end of its order: on SQLite every index ends with it.
pub(crate) fn without_row_number(part: &Part, indexes: &[Index], is_sqlite: bool) -> Part {
    let mut part = part.clone();
    let is_number = |column: &str| {
        let mut numbers = indexes.iter().filter(|index| index.name.is_empty());
        numbers.any(|index| index.table == part.table && index.columns == [column])
    };
    if is_sqlite
        && part.columns.last().is_some_and(|(name, used)| *used == Use::Order && is_number(name))
    {
        part.columns.pop();
    }
    part
}

/// Rows of a table of `rows` that one call looks at, which uses `used` of them; none where the plan does not name the
/// table. `groups` tells how many different values columns have.
pub(crate) fn examined(
    plan: &Plan,
    part: &Part,
    indexes: &[Index],
    (rows, used): (u64, u64),
    groups: &mut dyn FnMut(&[String]) -> Result<u64, StoreError>,
) -> Result<Option<u64>, StoreError> {
    let of_part = |access: &&Access| access.table == part.table || access.table == part.alias;
    let Some(access) = plan.accesses.iter().find(of_part) else { return Ok(None) };
    let asked = |wanted: Use| {
        let of_use = part.columns.iter().filter(move |(_, used)| *used == wanted);
        of_use.map(|(name, _)| name)
    };
    if access.scans() {
        // Along an index in the order that is asked for, it stops when it has enough.
        let walks = access.index.is_some() && !plan.sorts;
        let only_order = asked(Use::Equal).chain(asked(Use::Range)).next().is_none();
        return Ok(Some(if walks && only_order { used } else { rows }));
    }
    let found = found(access, part, indexes);
    if found.is_unique {
        return Ok(Some(1));
    }
    let is_whole = asked(Use::Equal).all(|name| found.equal.contains(name))
        && asked(Use::Range).all(|name| found.interval.as_ref() == Some(name))
        && !plan.sorts;
    if is_whole {
        return Ok(Some(used));
    }
    let mut examined =
        if found.equal.is_empty() { rows } else { rows / groups(&found.equal)?.max(1) };
    if found.interval.is_some() {
        examined = (examined as f64 * INTERVAL) as u64;
    }
    Ok(Some(examined))
}

fn found(access: &Access, part: &Part, indexes: &[Index]) -> Found {
    let condition = access.condition.replace('"', "");
    // SQLite's word for the number of a row, whatever its column is called.
    if access.index.is_none() && condition.starts_with("rowid") {
        let is_unique = condition.starts_with("rowid=");
        return Found { is_unique, ..Found::default() };
    }
    let is_taken = |index: &&Index| match &access.index {
        Some(name) => index.name == *name,
        // The key of a table whose rows are kept in its order.
        None => index.table == part.table && index.is_constraint && !index.name.is_empty(),
    };
    let mut found = Found::default();
    let Some(index) = indexes.iter().filter(is_taken).max_by_key(|index| {
        index.columns.iter().take_while(|name| compared(&condition, name).is_some()).count()
    }) else {
        return found;
    };
    for column in &index.columns {
        match compared(&condition, column) {
            Some(Use::Equal) => found.equal.push(column.clone()),
            Some(_) => {
                found.interval = Some(column.clone());
                break;
            }
            None => break,
        }
    }
    found.is_unique = index.is_constraint && found.equal.len() == index.columns.len();
    found
}

/// How a condition in the words of a database compares a column: `a=? AND b>?`, `((a = $1) AND (b > $2))`.
fn compared(condition: &str, column: &str) -> Option<Use> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    condition.match_indices(column).find_map(|(at, _)| {
        let (before, after) = (&condition[..at], &condition[at + column.len()..]);
        if before.ends_with(is_word) {
            return None;
        }
        match after.trim_start_matches([' ', ')']).chars().next() {
            _ if after.starts_with(is_word) => None,
            Some('=') => Some(Use::Equal),
            Some('<' | '>') => Some(Use::Range),
            _ if after.trim_start().to_ascii_uppercase().starts_with("IS NULL") => Some(Use::Equal),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(name: &str, columns: &[&str], is_constraint: bool) -> Index {
        Index {
            name: name.into(),
            table: "segment".into(),
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            is_constraint,
            uses: 0,
            bytes: 0,
        }
    }

    /// Rows of 9 000 in 10 streams that are looked at, where 30 are used.
    fn looked_at(columns: &[(&str, Use)], access: (Option<&str>, &str), sorts: bool) -> u64 {
        let indexes = [
            index("", &["id"], true),
            index("by_arrival", &["stream", "arrival"], true),
            index("by_time", &["stream", "first_us", "last_us"], false),
        ];
        let part = Part {
            table: "segment".into(),
            alias: "s".into(),
            columns: columns.iter().map(|(name, used)| ((*name).to_owned(), *used)).collect(),
        };
        let accesses = vec![Access {
            table: "s".into(),
            index: access.0.map(str::to_owned),
            condition: access.1.to_owned(),
        }];
        let plan = Plan { accesses, sorts };
        let mut groups = |columns: &[String]| {
            assert_eq!(columns, ["stream"]);
            Ok(10)
        };
        examined(&plan, &part, &indexes, (9_000, 30), &mut groups).unwrap().unwrap()
    }

    #[test]
    fn rows_follow_from_what_the_index_finds() {
        let stream = ("stream", Use::Equal);
        let first = ("first_us", Use::Range);
        let last = ("last_us", Use::Range);
        assert_eq!(looked_at(&[stream], (None, ""), false), 9_000);
        assert_eq!(looked_at(&[("id", Use::Equal)], (None, "rowid=?"), false), 1);
        let both = "stream=? AND arrival=?";
        assert_eq!(looked_at(&[stream], (Some("by_arrival"), both), false), 1);
        // All that is asked for is found: what is looked at is used.
        assert_eq!(looked_at(&[stream], (Some("by_time"), "stream=?"), false), 30);
        let within = "((stream = $1) AND (first_us >= $2) AND (first_us <= $3))";
        assert_eq!(looked_at(&[stream, first], (Some("by_time"), within), false), 30);
        // A part of it is.
        assert_eq!(looked_at(&[stream, first], (Some("by_arrival"), "stream=?"), false), 900);
        let open = "stream=? AND first_us<?";
        assert_eq!(looked_at(&[stream, first, last], (Some("by_time"), open), false), 300);
        // Sorted, all that is found is looked at.
        let order = ("count", Use::Order);
        assert_eq!(looked_at(&[stream, order], (Some("by_time"), "stream=?"), true), 900);
        assert_eq!(looked_at(&[order], (Some("by_count"), ""), false), 30);
        assert_eq!(looked_at(&[order], (None, ""), true), 9_000);
    }

    #[test]
    fn a_column_is_no_part_of_another_name() {
        assert_eq!(compared("first_us<?", "us"), None);
        assert_eq!(compared("last_us_more=? AND last_us>?", "last_us"), Some(Use::Range));
        assert_eq!(compared("((kind)::text = $1)", "kind"), None);
        assert_eq!(compared("(kind = $1)", "kind"), Some(Use::Equal));
        assert_eq!(compared("(kind = ANY ($1))", "kind"), Some(Use::Equal));
    }
}
