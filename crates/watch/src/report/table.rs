//! Tables of text and the list of events.

use std::fmt::Write as _;

use super::text::{duration, escape, mission_time, severity_class, sign};
use super::{Events, Table};

/// Append the list of events, every event with its sign.
pub(super) fn events(out: &mut String, events: &Events) {
    out.push_str("<div class=\"scroll\"><table class=\"events\"><thead><tr><th>mission time</th><th>lasted</th><th></th><th>kind</th><th>event</th></tr></thead><tbody>");
    for event in &events.list {
        let class = severity_class(event.severity);
        let _ = write!(
            out,
            "<tr class=\"{class}\"><td>{}</td><td>{}</td><td class=\"sign\" title=\"{class}\">{}</td><td>{}</td><td>{}</td></tr>",
            mission_time(event.time_s),
            event.lasted_s.map_or_else(String::new, duration),
            sign(event.severity),
            escape(&event.kind),
            escape(&event.text),
        );
    }
    out.push_str("</tbody></table></div>\n");
    if !events.note.is_empty() {
        let _ = writeln!(out, "<p class=\"note\">{}</p>", escape(&events.note));
    }
}

/// Append a table under its own small heading.
pub(super) fn table(out: &mut String, table: &Table) {
    if !table.title.is_empty() {
        let _ = write!(out, "<h3>{}</h3>", escape(&table.title));
    }
    out.push_str("<div class=\"scroll\"><table><thead><tr>");
    let numeric: Vec<bool> =
        (0..table.columns.len()).map(|column| is_numeric(table, column)).collect();
    let class = |column: usize| {
        if numeric[column] { " class=\"number\"" } else { "" }
    };
    for (column, name) in table.columns.iter().enumerate() {
        let _ = write!(out, "<th{}>{}</th>", class(column), escape(name));
    }
    out.push_str("</tr></thead><tbody>");
    for row in &table.rows {
        out.push_str("<tr>");
        for column in 0..table.columns.len() {
            let cell = row.get(column).map_or("", String::as_str);
            let _ = write!(out, "<td{}>{}</td>", class(column), escape(cell));
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>\n");
}

/// Whether every cell that is not empty starts with a number.
fn is_numeric(table: &Table, column: usize) -> bool {
    let mut cells =
        table.rows.iter().filter_map(|row| row.get(column)).filter(|c| !c.is_empty()).peekable();
    cells.peek().is_some()
        && cells.all(|cell| {
            cell == "–"
                || cell
                    .trim_start_matches(['-', '+', '\u{2212}', '<', '±', ' ', '.'])
                    .starts_with(|c: char| c.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_numbers_are_found() {
        let table = Table {
            title: String::new(),
            columns: vec!["a".into(), "b".into()],
            rows: vec![
                vec!["-1.5".into(), "x".into()],
                vec!["\u{2212}2e-3".into(), "3".into()],
                vec![],
            ],
        };
        assert!(is_numeric(&table, 0) && !is_numeric(&table, 1));
    }
}
