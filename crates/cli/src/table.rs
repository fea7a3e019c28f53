//! Tables and numbers for people.

use std::fmt::Write as _;

use watch::report::Table;

/// Distance between two columns.
const GAP: usize = 2;

/// A table as text: the title, the headings, the rows; the first column flush left, numbers right.
pub fn render(table: &Table) -> String {
    let columns = table.columns.len();
    let cell = |row: &Vec<String>, column: usize| row.get(column).cloned().unwrap_or_default();
    let width = |column: usize| {
        let rows = table.rows.iter().map(|row| cell(row, column).chars().count());
        rows.chain([table.columns[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    // A column is flush right when something in it starts like a number and nothing is a word.
    let right: Vec<bool> = (0..columns)
        .map(|column| {
            let mut cells = table.rows.iter().map(|row| cell(row, column)).peekable();
            cells.peek().is_some() && column > 0 && cells.all(|text| is_number(&text))
        })
        .collect();
    let mut out = format!("{}\n", table.title);
    let headings: Vec<String> = table.columns.clone();
    for row in std::iter::once(&headings).chain(&table.rows) {
        let mut line = String::new();
        for column in 0..columns {
            let text = cell(row, column);
            let pad = widths[column] - text.chars().count();
            let (before, after) = if right[column] { (pad, 0) } else { (0, pad) };
            let _ = write!(line, "{:gap$}{:before$}{text}{:after$}", "", "", "", gap = GAP);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// A table in Markdown, under its title.
pub fn markdown(table: &Table) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule: Vec<String> = table.columns.iter().map(|_| "---".to_owned()).collect();
    let rows: Vec<String> = table.rows.iter().map(|row| line(row)).collect();
    format!("### {}\n\n{}{}{}", table.title, line(&table.columns), line(&rule), rows.concat())
}

fn is_number(text: &str) -> bool {
    text.is_empty()
        || text == "–"
        || text
            .trim_start_matches(['-', '−', '+', '<', ' '])
            .starts_with(|c: char| c.is_ascii_digit())
}

/// A number with `decimals` digits after the point and a space between thousands; a dash for what is
/// no number.
pub fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let text = format!("{:.decimals$}", value.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) && whole.len() > 4 {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    let is_zero = text.chars().all(|c| matches!(c, '0' | '.'));
    let sign = if value < 0.0 && !is_zero { "−" } else { "" };
    let point = if part.is_empty() { "" } else { "." };
    format!("{sign}{grouped}{point}{part}")
}

/// A number in few characters: whole ones as they are, others to five digits without zeros at the end, very small
/// and very large ones with an exponent.
pub fn short(value: f64) -> String {
    let size = value.abs();
    if value == value.trunc() && size < 1e15 {
        return format!("{value}");
    }
    if !(1e-5..1e6).contains(&size) {
        return format!("{value:.4e}");
    }
    let decimals = (4.0 - size.log10().floor()).max(0.0) as usize;
    let text = format!("{value:.decimals$}");
    if decimals == 0 {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_numbers_keep_what_counts() {
        let cases = [
            (0.0, "0"),
            (-20_000.0, "-20000"),
            (0.003_328, "0.003328"),
            (2.8e-4, "0.00028"),
            (278.15, "278.15"),
            (123_456.7, "123457"),
            (1.5e-7, "1.5000e-7"),
            (f64::NAN, "NaN"),
        ];
        for (value, expected) in cases {
            assert_eq!(short(value), expected);
        }
    }

    #[test]
    fn numbers_are_grouped_and_signed() {
        assert_eq!(fixed(1_234_567.891, 1), "1 234 567.9");
        assert_eq!(fixed(-1_234.5, 1), "−1234.5");
        assert_eq!(fixed(-0.001, 2), "0.00");
        assert_eq!(fixed(f64::NAN, 2), "–");
        assert_eq!(fixed(12.0, 0), "12");
    }

    #[test]
    fn columns_of_numbers_are_flush_right() {
        let table = Table {
            title: "Water".into(),
            columns: ["", "kg", "note"].map(String::from).to_vec(),
            rows: vec![
                vec!["potable".into(), "300.0".into(), "good".into()],
                vec!["brine".into(), "2.0".into()],
            ],
        };
        let text = render(&table);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "Water");
        assert_eq!(lines[2], "  potable  300.0  good");
        assert_eq!(lines[3], "  brine      2.0");
    }
}
