//! What a statement asks of its tables, read from its text.

use std::collections::HashMap;

use sqlite3_parser::ast::{
    Cmd, Expr, FromClause, JoinConstraint, OneSelect, Operator, Select, SelectTable, SortOrder,
    SortedColumn, Stmt,
};
use sqlite3_parser::lexer::sql::Parser;
use sqlite3_parser::{Bump, FallibleIterator as _};

use crate::advice::Use;

/// Tables with their columns.
pub(crate) type Columns = HashMap<String, Vec<String>>;

/// What a place for a value is held against.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Place {
    /// One of these columns of a table: the first that has a value.
    Columns(String, Vec<String>),
    /// A number of rows.
    Count,
}

/// A table of a statement and how it is asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    pub(crate) table: String,
    /// Its name within the statement.
    pub(crate) alias: String,
    /// Columns with their use, in the order of the text.
    pub(crate) columns: Vec<(String, Use)>,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Statement {
    /// It changes nothing and locks nothing.
    pub(crate) reads: bool,
    pub(crate) parts: Vec<Part>,
    /// What is known of its places; the first one is number 1.
    places: HashMap<usize, Place>,
    /// Places it has.
    most: usize,
}

impl Statement {
    /// Read a text; none for one that is not a single statement on tables that are known. The text is one that the
    /// database itself has understood: the parser is not made for others.
    pub(crate) fn read(text: &str, known: &Columns) -> Option<Statement> {
        // PostgreSQL's own word for what SQLite does anyway.
        let whole = text.trim_end();
        let text = [" FOR UPDATE", " FOR NO KEY UPDATE"]
            .iter()
            .fold(whole, |text, end| text.strip_suffix(end).unwrap_or(text));
        let bump = Bump::new();
        let mut parser = Parser::new(&bump, text.as_bytes());
        let Ok(Some(Cmd::Stmt(statement))) = parser.next() else { return None };
        if !matches!(parser.next(), Ok(None)) {
            return None;
        }
        let mut reader = Reader { known, found: Statement::default() };
        match &statement {
            Stmt::Select(select) => {
                reader.found.reads = text == whole;
                reader.select(select)?;
            }
            Stmt::Update { tbl_name, where_clause, from: None, .. }
            | Stmt::Delete { tbl_name, where_clause, .. } => {
                reader.table(tbl_name.name.0, None)?;
                where_clause.iter().for_each(|clause| reader.condition(clause));
            }
            Stmt::Insert { tbl_name, .. } => reader.table(tbl_name.name.0, None)?,
            _ => return None,
        }
        let mut found = reader.found;
        found.most = places_in(text)?;
        Some(found)
    }

    /// What its places are held against, in order; none where one is not known.
    pub(crate) fn known_places(&self) -> Option<Vec<&Place>> {
        (1..=self.most).map(|place| self.places.get(&place)).collect()
    }
}

/// Most places of a statement: SQLite takes no more.
pub(crate) const MOST_PLACES: usize = 32_766;

/// The highest number of a place `?N` outside of texts in quotes; none where it is beyond [`MOST_PLACES`].
pub(crate) fn places_in(text: &str) -> Option<usize> {
    let mut most = 0;
    for (at, part) in text.split('\'').enumerate() {
        if at % 2 == 1 {
            continue;
        }
        for place in part.split('?').skip(1) {
            let digits = place.bytes().take_while(u8::is_ascii_digit).count();
            if digits > 0 {
                most = most.max(place[..digits].parse().ok()?);
            }
        }
    }
    (most <= MOST_PLACES).then_some(most)
}

/// Reads one statement.
struct Reader<'a> {
    known: &'a Columns,
    found: Statement,
}

impl Reader<'_> {
    fn select(&mut self, select: &Select<'_>) -> Option<()> {
        let OneSelect::Select { distinctness, from, where_clause, group_by, .. } =
            &select.body.select
        else {
            return None;
        };
        if select.with.is_some() || select.body.compounds.is_some() {
            return None;
        }
        self.from(from.as_ref()?)?;
        where_clause.iter().for_each(|clause| self.condition(clause));
        if let (None, None, Some(order)) = (distinctness, group_by, select.order_by) {
            self.order(order);
        }
        if let Some(limit) = select.limit {
            for one in std::iter::once(&limit.expr).chain(&limit.offset) {
                if let Some(place) = number(one) {
                    self.found.places.entry(place).or_insert(Place::Count);
                }
            }
        }
        Some(())
    }

    fn from(&mut self, from: &FromClause<'_>) -> Option<()> {
        self.joined(from.select?)?;
        for join in from.joins.iter().flatten() {
            self.joined(&join.table)?;
            match &join.constraint {
                Some(JoinConstraint::On(clause)) => self.condition(clause),
                Some(JoinConstraint::Using(_)) => return None,
                None => {}
            }
        }
        Some(())
    }

    fn joined(&mut self, table: &SelectTable<'_>) -> Option<()> {
        let SelectTable::Table(name, alias, _) = table else { return None };
        let alias = alias.as_ref().map(|alias| match alias {
            sqlite3_parser::ast::As::As(name) | sqlite3_parser::ast::As::Elided(name) => name.0,
        });
        self.table(name.name.0, alias)
    }

    fn table(&mut self, name: &str, alias: Option<&str>) -> Option<()> {
        let table = self.known.keys().find(|table| table.eq_ignore_ascii_case(name))?.clone();
        let alias = alias.unwrap_or(&table).to_owned();
        self.found.parts.push(Part { table, alias, columns: Vec::new() });
        Some(())
    }

    /// The table and the column that an expression names.
    fn column(&self, expr: &Expr<'_>) -> Option<(usize, String)> {
        let (table, name) = match bare(expr) {
            Expr::Id(id) => (None, id.0),
            Expr::Name(name) => (None, name.0),
            Expr::Qualified(table, name) => (Some(table.0), name.0),
            _ => return None,
        };
        self.found.parts.iter().enumerate().find_map(|(at, part)| {
            if table.is_some_and(|table| !table.eq_ignore_ascii_case(&part.alias)) {
                return None;
            }
            let columns = self.known.get(&part.table)?;
            let column = columns.iter().find(|column| column.eq_ignore_ascii_case(name))?;
            Some((at, column.clone()))
        })
    }

    /// Every column within an expression.
    fn columns(&self, expr: &Expr<'_>) -> Vec<(usize, String)> {
        if let Some(found) = self.column(expr) {
            return vec![found];
        }
        let all = |exprs: &[Expr<'_>]| exprs.iter().flat_map(|e| self.columns(e)).collect();
        match bare(expr) {
            Expr::Binary(left, _, right) => {
                let mut found = self.columns(left);
                found.extend(self.columns(right));
                found
            }
            Expr::Unary(_, inner) | Expr::Cast { expr: inner, .. } | Expr::Collate(inner, _) => {
                self.columns(inner)
            }
            Expr::FunctionCall { args: Some(args), .. } => all(args),
            Expr::Parenthesized(inner) => all(inner),
            _ => Vec::new(),
        }
    }

    fn add(&mut self, (at, column): (usize, String), used: Use) {
        self.found.parts[at].columns.push((column, used));
    }

    /// Conditions that all have to hold.
    fn condition(&mut self, expr: &Expr<'_>) {
        match bare(expr) {
            Expr::Binary(left, Operator::And, right) => {
                self.condition(left);
                self.condition(right);
            }
            Expr::Binary(left, operator, right) => {
                self.places(expr);
                let Some(used) = used_by(*operator) else { return };
                for (one, other) in [(left, right), (right, left)] {
                    let Some(column) = self.column(one) else { continue };
                    // A column of another table is a value once that table's row is known; one of the same never is.
                    if self.columns(other).iter().all(|(at, _)| *at != column.0) {
                        self.add(column, used);
                    }
                }
            }
            Expr::Between { lhs, not: false, start, end } => {
                self.held(lhs, start);
                self.held(lhs, end);
                if let Some(column) = self.column(lhs) {
                    self.add(column, Use::Range);
                }
            }
            Expr::InList { lhs, not: false, rhs: Some(values) } => {
                values.iter().for_each(|value| self.held(lhs, value));
                if let Some(column) = self.column(lhs) {
                    self.add(column, Use::Equal);
                }
            }
            Expr::IsNull(inner) => {
                if let Some(column) = self.column(inner) {
                    self.add(column, Use::Equal);
                }
            }
            other => self.places(other),
        }
    }

    /// Note against what each place of an expression is held.
    fn places(&mut self, expr: &Expr<'_>) {
        match bare(expr) {
            Expr::Binary(left, operator, right) => {
                if used_by(*operator).is_some() || *operator == Operator::NotEquals {
                    if let (Expr::Parenthesized(left), Expr::Parenthesized(right)) = (left, right) {
                        left.iter().zip(right.iter()).for_each(|(one, two)| self.held(one, two));
                    }
                    self.held(left, right);
                    self.held(right, left);
                }
                self.places(left);
                self.places(right);
            }
            Expr::Like { lhs, rhs, .. } => self.held(lhs, rhs),
            Expr::Unary(_, inner) => self.places(inner),
            _ => {}
        }
    }

    /// A place, if `value` is one, is held against the columns of `expr`.
    fn held(&mut self, expr: &Expr<'_>, value: &Expr<'_>) {
        let Some(place) = number(value) else { return };
        let columns = self.columns(expr);
        let Some(&(at, _)) = columns.first() else { return };
        let table = self.found.parts[at].table.clone();
        let names = columns.into_iter().filter(|column| column.0 == at).map(|column| column.1);
        let place_of = Place::Columns(table, names.collect());
        self.found.places.entry(place).or_insert(place_of);
    }

    /// The order, where it is that of columns of the first table in one direction.
    fn order(&mut self, order: &[SortedColumn<'_>]) {
        let descends = |one: &SortedColumn<'_>| one.order == Some(SortOrder::Desc);
        let one_way = order.windows(2).all(|pair| descends(&pair[0]) == descends(&pair[1]));
        let columns: Option<Vec<_>> = order.iter().map(|one| self.column(&one.expr)).collect();
        if let (true, Some(columns)) = (one_way, columns)
            && columns.iter().all(|column| column.0 == 0)
        {
            columns.into_iter().for_each(|column| self.add(column, Use::Order));
        }
    }
}

/// An expression without brackets around it, and without a collation: that is the index's own or makes it useless, which
/// only the plan tells.
fn bare<'a, 'b>(expr: &'a Expr<'b>) -> &'a Expr<'b> {
    match expr {
        Expr::Parenthesized(inner) if inner.len() == 1 => bare(&inner[0]),
        Expr::Collate(inner, _) => bare(inner),
        other => other,
    }
}

fn used_by(operator: Operator) -> Option<Use> {
    match operator {
        Operator::Equals | Operator::Is => Some(Use::Equal),
        Operator::Less | Operator::LessEquals | Operator::Greater | Operator::GreaterEquals => {
            Some(Use::Range)
        }
        _ => None,
    }
}

/// The number of a place.
fn number(expr: &Expr<'_>) -> Option<usize> {
    match bare(expr) {
        Expr::Variable(name) => name.trim_start_matches('?').parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Columns {
        let tables = [
            ("run", "id name kind started_us ended_us"),
            ("segment", "id stream arrival count first_us last_us"),
            ("chunk", "segment position low high"),
        ];
        let words = |text: &str| text.split(' ').map(str::to_owned).collect();
        tables.iter().map(|(table, columns)| ((*table).to_owned(), words(columns))).collect()
    }

    fn read(text: &str) -> Statement {
        Statement::read(text, &known()).unwrap()
    }

    fn uses(part: &Part) -> Vec<(&str, Use)> {
        part.columns.iter().map(|(name, used)| (name.as_str(), *used)).collect()
    }

    #[test]
    fn conditions_and_order_become_uses() {
        let found = read(
            "SELECT arrival FROM segment WHERE stream = ?1 AND (first_us <= ?2) AND ?3 <= last_us
             ORDER BY arrival",
        );
        let expected = [
            ("stream", Use::Equal),
            ("first_us", Use::Range),
            ("last_us", Use::Range),
            ("arrival", Use::Order),
        ];
        assert_eq!(uses(&found.parts[0]), expected);
        assert!(found.reads);
        let column = |name: &str| Place::Columns("segment".into(), vec![name.into()]);
        let places = [column("stream"), column("first_us"), column("last_us")];
        assert_eq!(found.known_places().unwrap(), places.iter().collect::<Vec<_>>());
    }

    #[test]
    fn what_no_index_serves_is_no_use_and_its_places_are_known() {
        let found = read(
            "SELECT id FROM run WHERE (?1 = '' OR kind = ?1) AND COALESCE(ended_us, started_us) < ?2
             ORDER BY started_us DESC, id DESC LIMIT ?3",
        );
        assert_eq!(uses(&found.parts[0]), [("started_us", Use::Order), ("id", Use::Order)]);
        let places = found.known_places().unwrap();
        assert_eq!(*places[0], Place::Columns("run".into(), vec!["kind".into()]));
        let either = vec!["ended_us".to_owned(), "started_us".to_owned()];
        assert_eq!(*places[1], Place::Columns("run".into(), either));
        assert_eq!(*places[2], Place::Count);
        // Two directions are no order of an index.
        let found = read("SELECT id FROM run ORDER BY started_us DESC, id");
        assert!(found.parts[0].columns.is_empty());
        let found = read("SELECT id FROM run WHERE started_us = ended_us AND name LIKE ?1");
        assert!(found.parts[0].columns.is_empty());
        assert_eq!(found.known_places().unwrap().len(), 1);
    }

    #[test]
    fn joins_changes_and_lists() {
        let found = read(
            "SELECT chunk.low FROM segment JOIN chunk ON chunk.segment = segment.id
             WHERE segment.stream = ?1 AND chunk.position = ?2",
        );
        assert_eq!(uses(&found.parts[0]), [("id", Use::Equal), ("stream", Use::Equal)]);
        assert_eq!(uses(&found.parts[1]), [("segment", Use::Equal), ("position", Use::Equal)]);
        let found =
            read("DELETE FROM segment WHERE stream IN (?1, ?2) AND arrival BETWEEN ?3 AND ?4");
        assert_eq!(uses(&found.parts[0]), [("stream", Use::Equal), ("arrival", Use::Range)]);
        assert!(!found.reads && found.known_places().unwrap().len() == 4);
        for locks in [
            "SELECT id FROM run WHERE id = ?1 FOR NO KEY UPDATE",
            "SELECT id FROM run WHERE id = ?1 FOR UPDATE",
        ] {
            let found = read(locks);
            assert_eq!(uses(&found.parts[0]), [("id", Use::Equal)]);
            assert!(!found.reads, "{locks}");
        }
        let found = read("SELECT id FROM segment WHERE (stream, arrival) > (?1, ?2)");
        assert_eq!(found.known_places().unwrap().len(), 2);
    }

    #[test]
    fn what_is_no_single_known_statement_is_left() {
        for text in [
            "",
            "SELECT 1; DROP TABLE run",
            "SELECT id FROM nowhere WHERE id = ?1",
            "DROP TABLE run",
            "PRAGMA user_version = 1",
            "SELECT id FROM (SELECT id FROM run)",
            "SELECT id FROM run UNION SELECT id FROM segment",
            "SELECT ' FROM",
            "\u{1F680}",
            "SELECT \"",
        ] {
            assert_eq!(Statement::read(text, &known()), None, "{text}");
        }
        assert_eq!(places_in("SELECT '?9' WHERE a = ?2 OR b = ?12 OR c = '?99'"), Some(12));
        assert_eq!(places_in("SELECT id FROM run WHERE id = ?"), Some(0));
        assert_eq!(places_in(&format!("SELECT ?{MOST_PLACES} FROM run")), Some(MOST_PLACES));
        for far in [MOST_PLACES as u128 + 1, 4_000_000_000, u128::MAX] {
            let text = format!("SELECT id FROM run WHERE id = ?{far}");
            assert_eq!((places_in(&text), Statement::read(&text, &known())), (None, None));
        }
    }
}
