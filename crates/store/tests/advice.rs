//! Indexes that are proposed and dropped, on the workload of a store of runs.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code outside `#[test]` functions too.

use lunar_habitat_store::advice::{
    Budget, Index, Proposal, SlowQuery, Table, Use, Workload, advise, unused,
};

fn table(name: &str, rows: u64, rows_written: u64, columns: &[(&str, f64)]) -> Table {
    let columns = columns.iter().map(|(name, bytes)| ((*name).to_owned(), *bytes)).collect();
    Table { name: name.to_owned(), rows, rows_written, columns }
}

/// A query on `samples` that takes `total_s` in a hundred calls and looks at every row each time.
fn query(columns: &[(&str, Use)], total_s: f64, rows_used: u64) -> SlowQuery {
    SlowQuery {
        text: format!("select … where {columns:?}"),
        table: "samples".to_owned(),
        columns: columns.iter().map(|(name, used)| ((*name).to_owned(), *used)).collect(),
        calls: 100,
        total_s,
        rows_examined: 100_000_000,
        rows_used,
    }
}

fn index(name: &str, columns: &[&str], uses: u64) -> Index {
    Index {
        name: name.to_owned(),
        table: "samples".to_owned(),
        columns: columns.iter().map(|&name| name.to_owned()).collect(),
        is_constraint: false,
        uses,
        bytes: 1_000 * columns.len() as u64,
    }
}

fn workload(queries: Vec<SlowQuery>, indexes: Vec<Index>) -> Workload {
    let columns = [("run", 8.0), ("channel", 4.0), ("t_s", 8.0), ("quality", 1.0)];
    let tables = vec![table("samples", 1_000_000, 50_000, &columns)];
    Workload { seconds: 86_400.0, queries, tables, indexes, ..Workload::default() }
}

fn columns(proposals: &[Proposal]) -> Vec<Vec<&str>> {
    proposals.iter().map(|one| one.columns.iter().map(String::as_str).collect()).collect()
}

#[test]
fn equalities_lead_and_one_interval_or_the_order_follows() {
    let one = |uses: &[(&str, Use)]| {
        let proposals =
            advise(&workload(vec![query(uses, 10.0, 1_000)], vec![]), &Budget::default());
        proposals.first().map_or_else(Vec::new, |one| one.columns.clone())
    };
    assert_eq!(one(&[("t_s", Use::Range), ("run", Use::Equal)]), ["run", "t_s"]);
    assert_eq!(one(&[("t_s", Use::Order), ("quality", Use::Order)]), ["t_s", "quality"]);
    // Behind an interval there is no order, unless it is by the same column.
    let both = [("run", Use::Equal), ("t_s", Use::Range), ("quality", Use::Order)];
    assert_eq!(one(&both), ["run", "t_s"]);
    let same = [("t_s", Use::Range), ("t_s", Use::Order), ("quality", Use::Order)];
    assert_eq!(one(&same), ["t_s", "quality"]);
    // Two intervals: only the first narrows.
    assert_eq!(one(&[("t_s", Use::Range), ("quality", Use::Range)]), ["t_s"]);
    assert!(one(&[]).is_empty());
}

#[test]
fn queries_share_an_index_by_what_they_both_compare() {
    let queries = vec![
        query(&[("channel", Use::Equal), ("run", Use::Equal)], 30.0, 1_000),
        query(&[("run", Use::Equal)], 20.0, 100_000),
    ];
    let proposals = advise(&workload(queries, vec![]), &Budget::default());
    assert_eq!(columns(&proposals)[0][0], "run");
    let served: usize = proposals.iter().map(|one| one.evidence.len()).sum();
    assert!(served >= 2, "{proposals:#?}");
    // No proposal is the beginning of one that came before.
    for (place, one) in proposals.iter().enumerate() {
        assert!(!proposals[..place].iter().any(|before| before.columns.starts_with(&one.columns)));
    }
}

#[test]
fn what_is_there_is_not_proposed_and_what_it_replaces_is_named() {
    let asked = || vec![query(&[("run", Use::Equal), ("t_s", Use::Order)], 30.0, 1_000)];
    let there = vec![index("whole", &["run", "t_s", "quality"], 5)];
    assert!(advise(&workload(asked(), there), &Budget::default()).is_empty());
    let there = vec![index("part", &["run"], 5), index("other", &["t_s"], 5)];
    let proposals = advise(&workload(asked(), there), &Budget::default());
    assert_eq!(columns(&proposals), [["run", "t_s"]]);
    assert_eq!(proposals[0].replaces, ["part"]);
}

#[test]
fn a_proposal_says_what_it_saves_what_it_costs_and_how_large_it_is() {
    let asked = query(&[("run", Use::Equal), ("channel", Use::Equal)], 30.0, 100_000);
    let proposals = advise(&workload(vec![asked], vec![]), &Budget::default());
    let one = &proposals[0];
    // A thousandth of the rows is left, each four times as dear.
    assert!((one.saved_s - 30.0 * (1.0 - 0.004)).abs() < 1e-9, "{}", one.saved_s);
    assert!((one.write_s - 0.1).abs() < 1e-12);
    assert!((one.net_s() - one.saved_s + 0.1).abs() < 1e-9);
    // 12 bytes of the entry and 12 of the two columns, in pages that are full to 0.69.
    assert_eq!(one.bytes, (1e6 * 24.0 / 0.69_f64).ceil() as u64);
    assert_eq!(one.evidence.len(), 1);
    assert_eq!((one.evidence[0].calls, one.evidence[0].examined_per_used), (100, 1_000.0));
}

#[test]
fn an_index_that_saves_less_than_writes_cost_is_not_proposed() {
    let queries = || vec![query(&[("run", Use::Equal)], 1.0, 1_000)];
    let dear = Budget { write_s_per_row: 1.0, ..Budget::default() };
    assert!(advise(&workload(queries(), vec![]), &dear).is_empty());
    // Half a second of writes for a second of reads: whether that is too much is said.
    let half = |write_share| Budget { write_s_per_row: 1e-5, write_share, ..Budget::default() };
    let [proposal] = advise(&workload(queries(), vec![]), &half(0.6)).try_into().unwrap();
    assert!((proposal.write_s - 0.5).abs() < 1e-9 && proposal.saved_s > 0.9, "{proposal:?}");
    assert!(advise(&workload(queries(), vec![]), &half(0.4)).is_empty());
    // A query that needs most rows gains nothing by looking them up one by one.
    let most = vec![query(&[("run", Use::Equal)], 1.0, 60_000_000)];
    assert!(advise(&workload(most, vec![]), &Budget::default()).is_empty());
}

#[test]
fn the_budget_takes_the_best_for_its_room() {
    let queries = vec![
        query(&[("run", Use::Equal)], 50.0, 1_000),
        query(&[("channel", Use::Equal)], 40.0, 1_000),
        query(&[("quality", Use::Equal)], 0.2, 1_000),
    ];
    let found = |budget: &Budget| {
        let proposals = advise(&workload(queries.clone(), vec![]), budget);
        let bytes: u64 = proposals.iter().map(|one| one.bytes).sum();
        assert!(bytes <= budget.bytes);
        columns(&proposals).concat().iter().map(|&name| name.to_owned()).collect::<Vec<_>>()
    };
    // `quality` saves less than a hundredth of the time.
    assert_eq!(found(&Budget::default()), ["run", "channel"]);
    assert_eq!(found(&Budget { least_share: 0.001, ..Budget::default() }).len(), 3);
    assert_eq!(found(&Budget { indexes: 1, ..Budget::default() }), ["run"]);
    // The index on `run` takes 29 MB, the one on `channel` 23 MB.
    assert_eq!(found(&Budget { bytes: 24_000_000, ..Budget::default() }), ["channel"]);
    assert!(found(&Budget { bytes: 1_000, ..Budget::default() }).is_empty());
}

/// What is not proposed takes no part of the budget from what is.
#[test]
fn what_was_declined_or_costs_the_writes_too_much_leaves_its_room_to_others() {
    let queries = vec![
        query(&[("run", Use::Equal)], 80.0, 1_000),
        query(&[("channel", Use::Equal)], 40.0, 1_000),
    ];
    let one = Budget { indexes: 1, ..Budget::default() };
    let mut tried = workload(queries.clone(), vec![]);
    assert_eq!(columns(&advise(&tried, &one)), [["run"]]);
    tried.declined = vec![("samples".to_owned(), vec!["run".to_owned()])];
    assert_eq!(columns(&advise(&tried, &one)), [["channel"]]);
    // The same columns of another table, or more of them, are another index.
    tried.declined = vec![
        ("runs".to_owned(), vec!["run".to_owned()]),
        ("samples".to_owned(), vec!["run".to_owned(), "t_s".to_owned()]),
    ];
    assert_eq!(columns(&advise(&tried, &one)), [["run"]]);
    // A table that is written a lot gives its place to one that is not.
    let mut busy = workload(queries, vec![]);
    busy.queries[1].table = "notes".to_owned();
    busy.tables.push(table("notes", 1_000_000, 0, &[("channel", 4.0)]));
    busy.tables[0].rows_written = 30_000_000;
    assert_eq!(columns(&advise(&busy, &one)), [["channel"]], "60 s of writes for 80 s");
    busy.tables[0].rows_written = 3_000_000;
    assert_eq!(columns(&advise(&busy, &one)), [["run"]], "6 s of writes for 80 s");
    let strict = Budget { write_share: 0.05, ..one };
    assert_eq!(columns(&advise(&busy, &strict)), [["channel"]]);
}

#[test]
fn more_columns_than_allowed_are_cut_behind() {
    let uses = [("run", Use::Equal), ("channel", Use::Equal), ("t_s", Use::Range)];
    let budget = Budget { columns: 2, ..Budget::default() };
    let proposals = advise(&workload(vec![query(&uses, 10.0, 1_000)], vec![]), &budget);
    assert_eq!(columns(&proposals), [["run", "channel"]]);
}

#[test]
fn numbers_that_say_nothing_propose_nothing() {
    let mut odd = query(&[("run", Use::Equal)], 10.0, 0);
    odd.rows_examined = 0;
    let mut elsewhere = query(&[("run", Use::Equal)], 10.0, 10);
    elsewhere.table = "nowhere".to_owned();
    let negative = query(&[("run", Use::Equal)], -1.0, 10);
    let all = vec![odd, elsewhere, negative];
    assert!(advise(&workload(all, vec![]), &Budget::default()).is_empty());
    assert!(advise(&Workload::default(), &Budget::default()).is_empty());
}

#[test]
fn indexes_that_nobody_uses_are_dropped_by_their_room() {
    let mut key = index("key", &["run", "channel", "t_s"], 0);
    key.is_constraint = true;
    let indexes = vec![
        key,
        index("used", &["t_s", "quality"], 9),
        index("small", &["quality"], 0),
        index("large", &["channel", "t_s"], 0),
    ];
    let found = unused(&workload(vec![], indexes.clone()), 3_600.0, &Budget::default());
    let names: Vec<&str> = found.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["large", "small"]);
    assert_eq!((found[0].bytes, found[0].covered_by.as_deref()), (2_000, None));
    assert!((found[0].write_s - 0.1).abs() < 1e-12);
    // A day is too short where the rarest report is asked for once a week.
    assert!(unused(&workload(vec![], indexes), 7.0 * 86_400.0, &Budget::default()).is_empty());
}

#[test]
fn an_index_that_begins_another_is_dropped_however_short_the_log() {
    let names = |indexes: Vec<Index>| {
        let found = unused(&workload(vec![], indexes), f64::INFINITY, &Budget::default());
        let pair = |one: &lunar_habitat_store::advice::Dropping| {
            (one.name.clone(), one.covered_by.clone().unwrap_or_default())
        };
        found.iter().map(pair).collect::<Vec<_>>()
    };
    let pair = |one: &str, two: &str| (one.to_owned(), two.to_owned());
    let chain = vec![
        index("a", &["run"], 5),
        index("ab", &["run", "t_s"], 5),
        index("abc", &["run", "t_s", "quality"], 5),
    ];
    assert_eq!(names(chain), [pair("ab", "abc"), pair("a", "abc")]);
    // Of two equal ones the first stays.
    let equal = vec![index("first", &["run"], 5), index("second", &["run"], 5)];
    assert_eq!(names(equal), [pair("second", "first")]);
    // The one that covers is not used itself and may go: the shorter one has to stay.
    assert!(names(vec![index("a", &["run"], 5), index("ab", &["run", "t_s"], 0)]).is_empty());
    // The order of columns matters.
    assert!(names(vec![index("b", &["t_s"], 5), index("ab", &["run", "t_s"], 5)]).is_empty());
}
