//! The cases for people: as tables on a terminal or in a book.

use std::fmt::Write as _;

use watch::report::Table;

use super::case::{Case, Group, Remark};
use super::not_modelled::NOT_MODELLED;
use crate::table::{self, fixed};

/// The reference as it is printed, unless it has more digits than that.
fn reference(value: f64) -> String {
    let plain = value.to_string();
    let is_short = plain.len() <= 7 && (value == 0.0 || value.abs() >= 1e-3);
    if is_short { fixed(value, decimals(&plain)) } else { digits(value, 4.0) }
}

/// Our value with one digit more than the reference has.
fn ours(case: &Case) -> String {
    let printed = reference(case.reference);
    if case.reference == 0.0 || printed.contains('e') {
        return digits(case.value, 4.0);
    }
    fixed(case.value, (decimals(&printed) + 1).min(6))
}

/// Digits after the point.
fn decimals(text: &str) -> usize {
    text.split_once('.').map_or(0, |(_, part)| part.len())
}

/// A number with `figures + 1` digits that say something.
fn digits(value: f64, figures: f64) -> String {
    let size = value.abs();
    if value == 0.0 || !value.is_finite() {
        fixed(value, 0)
    } else if !(1e-3..1e6).contains(&size) {
        let places = if figures > 1.5 { 2 } else { 1 };
        format!("{value:.places$e}").replacen('-', "−", usize::from(value < 0.0))
    } else {
        fixed(value, (figures - size.log10().floor()).clamp(0.0, 6.0) as usize)
    }
}

/// A number with its sign.
fn signed(value: f64) -> String {
    let plus = if value > 0.0 { "+" } else { "" };
    format!("{plus}{}", digits(value, 1.0))
}

/// The error as the tolerance is stated: in the unit, or in per cent.
fn error(case: &Case) -> String {
    if case.relative && case.reference != 0.0 {
        format!("{} %", signed(100.0 * case.error / case.reference.abs()))
    } else {
        signed(case.error)
    }
}

fn allowed(case: &Case) -> String {
    if case.relative && case.reference != 0.0 {
        let percent = 100.0 * case.tolerance / case.reference.abs();
        format!("{} %", short(percent))
    } else {
        short(case.tolerance)
    }
}

/// A tolerance as it is stated, free of what its arithmetic left.
fn short(value: f64) -> String {
    if value < 1e-3 {
        return format!("{value:.0e}");
    }
    let rounded = (value * 1e6).round() * 1e-6;
    fixed(rounded, decimals(format!("{rounded:.6}").trim_end_matches('0')))
}

fn unit(text: &str) -> String {
    if text == "1" { "–".into() } else { text.into() }
}

/// Cases of one letter.
fn of_group(cases: &[Case], group: &Group) -> Vec<Case> {
    cases.iter().filter(|case| letter(&case.id) == group.letter).cloned().collect()
}

/// The part of an id before its first dash.
pub fn letter(id: &str) -> &str {
    id.split('-').next().unwrap_or(id)
}

/// What a pass says: the model was fitted to the value, obeys a law, or foretold a measurement.
fn basis(case: &Case) -> &'static str {
    match (case.tuned, case.arithmetic) {
        (true, _) => "tuned",
        (false, true) => "arithmetic",
        (false, false) => "predicted",
    }
}

fn case_table(title: String, cases: &[Case]) -> Table {
    let columns =
        ["case", "quantity", "unit", "reference", "ours", "error", "allowed", "", "basis"];
    let row = |case: &Case| {
        vec![
            case.id.clone(),
            case.quantity.clone(),
            unit(&case.unit),
            reference(case.reference),
            ours(case),
            error(case),
            allowed(case),
            if case.pass { "pass" } else { "MISS" }.to_owned(),
            basis(case).to_owned(),
        ]
    };
    Table {
        title,
        columns: columns.map(String::from).to_vec(),
        rows: cases.iter().map(row).collect(),
    }
}

/// Numbers without a verdict, as a table.
pub fn remark_table(remarks: &[Remark]) -> Table {
    let row = |remark: &Remark| {
        vec![
            remark.id.to_owned(),
            remark.quantity.to_owned(),
            unit(remark.unit),
            digits(remark.value, 3.0),
            remark.note.to_owned(),
        ]
    };
    Table {
        title: "Without a verdict".into(),
        columns: ["", "quantity", "unit", "ours", "why"].map(String::from).to_vec(),
        rows: remarks.iter().map(row).collect(),
    }
}

/// What is not modelled, as a table.
pub fn not_modelled_table() -> Table {
    Table {
        title: "Not modelled yet, or without data".into(),
        columns: ["", "test or figure", "why there is no case"].map(String::from).to_vec(),
        rows: NOT_MODELLED
            .iter()
            .map(|it| vec![it.id.into(), it.item.into(), it.reason.into()])
            .collect(),
    }
}

/// One line that sums up.
pub fn summary(cases: &[Case]) -> String {
    let count = |which: fn(&Case) -> bool| cases.iter().filter(|case| which(case)).count();
    let missed: Vec<&str> =
        cases.iter().filter(|case| !case.pass).map(|case| case.id.as_str()).collect();
    let names = if missed.is_empty() { String::new() } else { format!(" ({})", missed.join(", ")) };
    format!(
        "{} cases: {} pass, {} missed{names}; {} arithmetic, {} tuned, {} predicted",
        cases.len(),
        count(|case| case.pass),
        missed.len(),
        count(|case| basis(case) == "arithmetic"),
        count(|case| basis(case) == "tuned"),
        count(|case| basis(case) == "predicted"),
    )
}

/// Everything for a terminal.
pub fn terminal(groups: &[&Group], cases: &[Case], remarks: &[Remark]) -> String {
    let mut out = String::new();
    for group in groups {
        let cases = of_group(cases, group);
        if cases.is_empty() {
            continue;
        }
        out.push_str(&table::render(&case_table(
            format!("{}  {}", group.letter, group.title),
            &cases,
        )));
        for case in cases.iter().filter(|case| !case.pass) {
            let _ = writeln!(out, "  {} is missed: {}", case.id, case.note);
        }
        out.push('\n');
    }
    if !remarks.is_empty() {
        out.push_str(&table::render(&remark_table(remarks)));
        out.push('\n');
    }
    out.push_str(&table::render(&not_modelled_table()));
    let _ = write!(out, "\n{}", summary(cases));
    out
}

/// Everything for a page of the book.
pub fn markdown(groups: &[&Group], cases: &[Case], remarks: &[Remark]) -> String {
    let mut out = format!("{}\n", summary(cases));
    for group in groups {
        let cases = of_group(cases, group);
        if cases.is_empty() {
            continue;
        }
        let _ = write!(out, "\n## {}. {}\n\n", group.letter, group.title);
        markdown_table(&mut out, &case_table(String::new(), &cases));
        let mut sources: Vec<&str> = cases.iter().map(|case| case.source.as_str()).collect();
        sources.dedup();
        let _ = write!(out, "\nSources: {}.\n", sources.join("; "));
        let mut notes: Vec<&Case> = cases.iter().filter(|case| !case.note.is_empty()).collect();
        notes.dedup_by(|a, b| a.note == b.note);
        for case in notes {
            let missed = if case.pass { "" } else { " is missed" };
            let _ = write!(out, "\n- {}{missed}: {}", case.id, case.note);
        }
        out.push('\n');
    }
    if !remarks.is_empty() {
        out.push_str("\n## Without a verdict\n\n");
        markdown_table(&mut out, &remark_table(remarks));
    }
    out.push_str("\n## Not modelled yet, or without data\n\n");
    markdown_table(&mut out, &not_modelled_table());
    out
}

fn markdown_table(out: &mut String, table: &Table) {
    let rule = vec!["---".to_owned(); table.columns.len()];
    for row in [&table.columns, &rule].into_iter().chain(&table.rows) {
        let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
}
