//! From what was counted to what is proposed.

use std::collections::BTreeSet;

use super::proposal::{Dropping, Evidence, Proposal};
use super::workload::{Index, SlowQuery, Table, Use, Workload};

/// Bytes of an entry beside its columns: the row's number, headers, a share of the upper pages.
const ENTRY_BYTES: f64 = 12.0;
/// How full pages are, as they come to be under random inserts (Yao, 1978: ln 2).
const FILL: f64 = 0.69;
/// Size of a column of which nothing is known, bytes.
const COLUMN_BYTES: f64 = 8.0;
/// Looking a row up by an index against passing over it in a scan, in terms of time.
const LOOK_UP: f64 = 4.0;

/// What indexes may cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    /// Most room of all proposals together, bytes.
    pub bytes: u64,
    /// Most proposals.
    pub indexes: usize,
    /// Most columns of one, at least 1.
    pub columns: usize,
    /// An index has to save this part of the time of all slow queries, 0 to 1.
    pub least_share: f64,
    /// Time that one index adds to the writing of one row, s.
    pub write_s_per_row: f64,
    /// An index may cost the writes this part of the time it saves, 0 to 1.
    pub write_share: f64,
}

impl Default for Budget {
    /// 256 MiB, eight indexes of up to four columns, a hundredth of the time, 2 µs a row, less for writes than it saves.
    fn default() -> Budget {
        Budget {
            bytes: 256 << 20,
            indexes: 8,
            columns: 4,
            least_share: 0.01,
            write_s_per_row: 2e-6,
            write_share: 1.0,
        }
    }
}

/// Indexes worth creating, the best first: the most time saved after what writes cost, for its room.
///
/// A query asks for the columns it compares with one value, then one it compares with an interval or else those
/// it sorts by. Of the former, those that most queries compare stand first, so that they can share an index. An index that is there
/// already, or is the beginning of one, is not proposed, nor one that was declined. Proposals are taken one after the other, each for what it
/// saves beyond those before it, until the budget is used.
///
/// # Examples
/// ```
/// use lunar_habitat_store::advice::{Budget, SlowQuery, Table, Use, Workload, advise};
/// let samples = Table {
///     name: "samples".into(),
///     rows: 1_000_000,
///     rows_written: 10_000,
///     columns: vec![("run".into(), 8.0), ("t_s".into(), 8.0)],
/// };
/// let query = SlowQuery {
///     text: "select * from samples where run = ? order by t_s".into(),
///     table: "samples".into(),
///     columns: vec![("run".into(), Use::Equal), ("t_s".into(), Use::Order)],
///     calls: 100,
///     total_s: 30.0,
///     rows_examined: 100_000_000,
///     rows_used: 100_000,
/// };
/// let workload = Workload {
///     seconds: 3_600.0,
///     queries: vec![query],
///     tables: vec![samples],
///     ..Workload::default()
/// };
/// let proposals = advise(&workload, &Budget::default());
/// assert_eq!(proposals[0].columns, ["run", "t_s"]);
/// assert!(proposals[0].saved_s > 29.0);
/// ```
#[must_use]
pub fn advise(workload: &Workload, budget: &Budget) -> Vec<Proposal> {
    let all_s: f64 = workload.queries.iter().map(|query| query.total_s.max(0.0)).sum();
    let least_s = budget.least_share * all_s;
    let mut open = candidates(workload, budget);
    // What each query still takes with the indexes chosen so far.
    let mut left: Vec<f64> = workload.queries.iter().map(|query| query.total_s.max(0.0)).collect();
    let (mut chosen, mut bytes_left) = (Vec::<Proposal>::new(), budget.bytes);
    while chosen.len() < budget.indexes {
        let mut best: Option<(f64, Proposal)> = None;
        for (table, columns) in &open {
            let mut proposal = weigh(workload, budget, table, columns, &left);
            // One that is chosen already and begins this one is replaced by it, so only the rest counts.
            let shorter = chosen.iter().position(|one: &Proposal| is_longer(&proposal, one));
            let freed = shorter.map_or(0, |place| chosen[place].bytes);
            let more = proposal.bytes.saturating_sub(freed);
            let write_s = if shorter.is_some() { 0.0 } else { proposal.write_s };
            let net_s = proposal.saved_s - write_s;
            let is_dear = net_s <= 0.0 || write_s > budget.write_share * proposal.saved_s;
            if more > bytes_left || proposal.saved_s < least_s || is_dear {
                continue;
            }
            let rate = net_s / more.max(1) as f64;
            if best.as_ref().is_none_or(|(before, _)| rate > *before) {
                if let Some(place) = shorter {
                    take_over(&mut proposal, &chosen[place]);
                }
                best = Some((rate, proposal));
            }
        }
        let Some((_, proposal)) = best else { break };
        for (query, left) in workload.queries.iter().zip(&mut left) {
            *left = left.min(with_index(query, &proposal.table, &proposal.columns));
        }
        // Neither this one again nor a beginning of it.
        open.retain(|(table, columns)| {
            *table != proposal.table || !begins(columns, &proposal.columns)
        });
        let (replaced, kept): (Vec<_>, Vec<_>) =
            chosen.into_iter().partition(|one| is_longer(&proposal, one));
        bytes_left += replaced.iter().map(|one| one.bytes).sum::<u64>();
        bytes_left -= proposal.bytes.min(bytes_left);
        chosen = kept;
        chosen.push(proposal);
    }
    chosen
}

/// Indexes to drop: those that nobody used while the log ran, and those whose columns begin another index. What
/// is there for a constraint stays. Listed by the room they free.
///
/// A log that is shorter than the rarest report says nothing about it; `least_s` is how long it has to be for
/// an index without use to be proposed.
#[must_use]
pub fn unused(workload: &Workload, least_s: f64, budget: &Budget) -> Vec<Dropping> {
    let mut droppings: Vec<Dropping> = Vec::new();
    for (place, index) in workload.indexes.iter().enumerate() {
        if index.is_constraint {
            continue;
        }
        let covering = workload.indexes.iter().enumerate().filter(|(other_place, other)| {
            // Of two equal ones the first stays.
            let is_more = other.columns.len() > index.columns.len() || other.is_constraint;
            // One that is dropped for want of use covers nobody.
            let stays = other.uses > 0 || other.is_constraint;
            *other_place != place
                && other.table == index.table
                && begins(&index.columns, &other.columns)
                && stays
                && (is_more || *other_place < place)
        });
        // The longest is covered by no other.
        let covered_by = covering.max_by_key(|(_, other)| other.columns.len());
        if covered_by.is_none() && (index.uses > 0 || workload.seconds < least_s) {
            continue;
        }
        let written = workload.table(&index.table).map_or(0, |table| table.rows_written);
        droppings.push(Dropping {
            name: index.name.clone(),
            table: index.table.clone(),
            bytes: index.bytes,
            write_s: written as f64 * budget.write_s_per_row,
            covered_by: covered_by.map(|(_, other)| other.name.clone()),
        });
    }
    droppings.sort_by_key(|dropping| std::cmp::Reverse(dropping.bytes));
    droppings
}

/// Every index that some query asks for. Columns come in an order that lets queries share one.
fn candidates(workload: &Workload, budget: &Budget) -> Vec<(String, Vec<String>)> {
    let most = budget.columns.max(1);
    let mut all = BTreeSet::new();
    for query in &workload.queries {
        if workload.table(&query.table).is_none() {
            continue;
        }
        let (mut equal, rest) = wishes(query);
        // Those that other queries compare as well go first, so that one index can serve both.
        equal.sort_by_key(|column| {
            let asked =
                |other: &&SlowQuery| other.table == query.table && wishes(other).0.contains(column);
            std::cmp::Reverse(workload.queries.iter().filter(asked).count())
        });
        let whole: Vec<String> = equal.iter().chain(&rest).take(most).cloned().collect();
        // The equalities alone are smaller, and serve whoever has too few columns to spare.
        for columns in [whole, equal.into_iter().take(most).collect()] {
            if columns.is_empty() || is_there(&workload.indexes, &query.table, &columns) {
                continue;
            }
            let candidate = (query.table.clone(), columns);
            if !workload.declined.contains(&candidate) {
                all.insert(candidate);
            }
        }
    }
    all.into_iter().collect()
}

/// Columns that a query compares with one value, and those that come after: an interval, or the order.
fn wishes(query: &SlowQuery) -> (Vec<String>, Vec<String>) {
    let of = |wanted: Use| {
        let mut columns: Vec<String> = Vec::new();
        for (column, used) in &query.columns {
            if *used == wanted && !columns.contains(column) {
                columns.push(column.clone());
            }
        }
        columns
    };
    let equal = of(Use::Equal);
    let without = |columns: Vec<String>| -> Vec<String> {
        columns.into_iter().filter(|column| !equal.contains(column)).collect()
    };
    let (mut range, order) = (without(of(Use::Range)), without(of(Use::Order)));
    // Behind an interval an index is in no order any more, so only one interval counts. The order goes first where
    // it begins with that column.
    range.truncate(1);
    let rest = if range.is_empty() || order.first() == range.first() { order } else { range };
    (equal, rest)
}

/// How many of the leading columns of an index a query can use: equalities, then one interval or the order.
fn usable(query: &SlowQuery, columns: &[String]) -> usize {
    let (equal, rest) = wishes(query);
    let equalities = columns.iter().take_while(|column| equal.contains(column)).count();
    let behind =
        columns[equalities..].iter().zip(&rest).take_while(|(one, two)| one == two).count();
    equalities + behind
}

/// Time a query takes with an index, s, by the rows that it would not look at any more.
fn with_index(query: &SlowQuery, table: &str, columns: &[String]) -> f64 {
    let total_s = query.total_s.max(0.0);
    let used = if query.table == table { usable(query, columns) } else { 0 };
    let (equal, rest) = wishes(query);
    let wanted = equal.len() + rest.len();
    if used == 0 || query.rows_examined == 0 {
        return total_s;
    }
    // In terms of logarithms each column takes its part of the way from the rows looked at to those used.
    let examined = query.rows_examined as f64;
    let needed = query.rows_used.clamp(1, query.rows_examined) as f64;
    let part = used as f64 / wanted as f64;
    let looked_up = examined * (needed / examined).powf(part);
    total_s * (LOOK_UP * looked_up / examined).min(1.0)
}

/// A candidate with its evidence: what it saves of the time that is `left`.
fn weigh(
    workload: &Workload,
    budget: &Budget,
    table: &str,
    columns: &[String],
    left: &[f64],
) -> Proposal {
    let mut evidence: Vec<Evidence> = Vec::new();
    for (query, left) in workload.queries.iter().zip(left) {
        let saved_s = left - with_index(query, table, columns);
        if saved_s > 0.0 {
            evidence.push(Evidence {
                text: query.text.clone(),
                calls: query.calls,
                total_s: query.total_s,
                examined_per_used: query.rows_examined as f64 / query.rows_used.max(1) as f64,
                saved_s,
            });
        }
    }
    evidence.sort_by(|one, two| two.saved_s.total_cmp(&one.saved_s));
    let replaces = workload.indexes.iter().filter(|index| {
        !index.is_constraint && index.table == table && begins(&index.columns, columns)
    });
    let known = workload.table(table);
    Proposal {
        table: table.to_owned(),
        columns: columns.to_vec(),
        saved_s: evidence.iter().map(|one| one.saved_s).sum(),
        evidence,
        write_s: known.map_or(0.0, |table| table.rows_written as f64 * budget.write_s_per_row),
        bytes: known.map_or(0, |table| size(table, columns)),
        replaces: replaces.map(|index| index.name.clone()).collect(),
    }
}

/// `longer` begins with the columns of `one`.
fn is_longer(longer: &Proposal, one: &Proposal) -> bool {
    longer.table == one.table && begins(&one.columns, &longer.columns)
}

/// Add what a shorter proposal saves to the one that replaces it.
fn take_over(proposal: &mut Proposal, shorter: &Proposal) {
    for one in &shorter.evidence {
        match proposal.evidence.iter_mut().find(|other| other.text == one.text) {
            Some(other) => other.saved_s += one.saved_s,
            None => proposal.evidence.push(one.clone()),
        }
    }
    proposal.evidence.sort_by(|one, two| two.saved_s.total_cmp(&one.saved_s));
    proposal.saved_s += shorter.saved_s;
}

/// Size of an index, bytes.
fn size(table: &Table, columns: &[String]) -> u64 {
    let width = |column: &String| {
        let known = table.columns.iter().find(|(name, _)| name == column);
        known.map_or(COLUMN_BYTES, |(_, bytes)| bytes.max(0.0))
    };
    let entry = ENTRY_BYTES + columns.iter().map(width).sum::<f64>();
    (table.rows as f64 * entry / FILL).ceil() as u64
}

/// Some index begins with these columns.
fn is_there(indexes: &[Index], table: &str, columns: &[String]) -> bool {
    indexes.iter().any(|index| index.table == table && begins(columns, &index.columns))
}

/// `whole` begins with `columns`.
fn begins(columns: &[String], whole: &[String]) -> bool {
    whole.starts_with(columns)
}
