//! Where every value of a scenario stands in its source text.
//!
//! A scenario may be made of several files. Each is read into a tree whose nodes remember file and
//! byte span, and the trees are merged; so the place of a value is found in the file that wrote it.

use std::ops::Range;
use std::sync::Arc;

use toml_edit::{Document, InlineTable, Item, Table, Value};

use super::error::{Kind, Problem, Refusal, number, short};

/// A text and the name it is reported under.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) file: String,
    pub(super) text: Arc<str>,
}

/// A part of one source.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct At {
    pub(super) source: usize,
    pub(super) span: Range<usize>,
}

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) at: At,
    pub(super) content: Content,
}

/// The value itself, TOML's own types.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Date(String),
    Array(Vec<Node>),
    Table(Vec<Entry>),
}

/// A key of a table with its place, and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_at: At,
    pub(super) node: Node,
}

impl Node {
    /// Read the tree of source number `source`.
    pub(super) fn parse(source: usize, text: &str) -> Result<Node, (Box<Problem>, At)> {
        let document = Document::parse(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            let line = line_at(text, span.start).trim();
            let found = if line.is_empty() {
                "an empty line".to_owned()
            } else {
                format!("`{}`", short(line))
            };
            // "unclosed table, expected `]`", on one line or two.
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            let (what, allowed) = match message.split_once(", expected ") {
                Some((what, allowed)) => (format!("not TOML, {what}"), allowed.to_owned()),
                None => (format!("not TOML, {message}"), "what TOML allows".to_owned()),
            };
            let problem = Problem::new(Kind::Syntax, "", what, found, allowed);
            (problem, At { source, span })
        })?;
        let top = At { source, span: 0..0 };
        Ok(read_table(document.as_table(), &top))
    }

    /// The value under `key`, if this is a table that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        match &self.content {
            Content::Table(entries) => {
                entries.iter().find(|entry| entry.key == key).map(|e| &e.node)
            }
            _ => None,
        }
    }

    /// The same, to change it.
    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        match &mut self.content {
            Content::Table(entries) => {
                entries.iter_mut().find(|entry| entry.key == key).map(|e| &mut e.node)
            }
            _ => None,
        }
    }

    /// The text, if this is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What the value is, as an error says it.
    pub(super) fn describe(&self) -> String {
        match &self.content {
            Content::Bool(value) => value.to_string(),
            Content::Int(value) => value.to_string(),
            Content::Float(value) => number(*value),
            Content::Text(text) => format!("the text \"{}\"", short(text)),
            Content::Date(text) => format!("the date {}", short(text)),
            Content::Array(items) => format!("an array of {}", items.len()),
            Content::Table(_) => "a table".to_owned(),
        }
    }

    /// Place of `path` (`zone[1].volume_m3`) and whether all of it exists; where it does not, the
    /// place of the deepest part that does.
    pub(super) fn find(&self, path: &str) -> (&At, bool) {
        let mut node = self;
        for part in path.split(['.', '[']).filter(|part| !part.is_empty()) {
            let next = match part.strip_suffix(']') {
                Some(index) => match (&node.content, index.parse::<usize>()) {
                    (Content::Array(items), Ok(index)) => items.get(index),
                    _ => None,
                },
                None => node.get(part),
            };
            match next {
                Some(found) => node = found,
                None => return (&node.at, false),
            }
        }
        (&node.at, true)
    }

    /// Place of a problem.
    pub(super) fn place(&self, problem: &Problem) -> At {
        let (at, whole) = self.find(&problem.path);
        match &problem.otherwise {
            Some(other) if !whole => {
                let (second, found) = self.find(other);
                if found { second.clone() } else { at.clone() }
            }
            _ => at.clone(),
        }
    }
}

/// A problem at a place, ready to be shown.
pub(super) fn refusal(sources: &[Source], problem: Box<Problem>, at: &At) -> Refusal {
    let (file, text) = match sources.get(at.source) {
        Some(source) => (source.file.clone(), Arc::clone(&source.text)),
        None => (String::new(), Arc::from("")),
    };
    let (line, column) = line_and_column(&text, at.span.start);
    Refusal { file, line, column, problem, text, span: at.span.clone() }
}

/// Line and column, from 1, of a byte; columns count characters.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = 1 + before.matches('\n').count();
    let column = 1 + before.get(line_start..).unwrap_or("").chars().count();
    (line, column)
}

/// The line that holds a byte.
fn line_at(text: &str, offset: usize) -> &str {
    let start =
        text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("")
}

fn at(span: Option<Range<usize>>, outer: &At) -> At {
    span.map_or_else(|| outer.clone(), |span| At { source: outer.source, span })
}

// The parser refuses nesting deeper than 80, so these recursions end.
fn read_item(item: &Item, outer: &At) -> Option<Node> {
    match item {
        Item::None => None,
        Item::Value(value) => Some(read_value(value, outer)),
        Item::Table(table) => Some(read_table(table, outer)),
        Item::ArrayOfTables(tables) => {
            let items: Vec<Node> = tables.iter().map(|table| read_table(table, outer)).collect();
            let place = items.first().map_or_else(|| outer.clone(), |first| first.at.clone());
            Some(Node { at: place, content: Content::Array(items) })
        }
    }
}

fn read_table(table: &Table, outer: &At) -> Node {
    let place = at(table.span(), outer);
    let entries = table
        .iter()
        .filter_map(|(key, item)| {
            let key_at = at(table.key(key).and_then(toml_edit::Key::span), &place);
            let node = read_item(item, &key_at)?;
            Some(Entry { key: key.to_owned(), key_at, node })
        })
        .collect();
    Node { at: place, content: Content::Table(entries) }
}

fn read_inline(table: &InlineTable, outer: &At) -> Node {
    let place = at(table.span(), outer);
    let entries = table
        .iter()
        .map(|(key, value)| {
            let key_at = at(table.key(key).and_then(toml_edit::Key::span), &place);
            let node = read_value(value, &key_at);
            Entry { key: key.to_owned(), key_at, node }
        })
        .collect();
    Node { at: place, content: Content::Table(entries) }
}

fn read_value(value: &Value, outer: &At) -> Node {
    let place = at(value.span(), outer);
    let content = match value {
        Value::String(text) => Content::Text(text.value().clone()),
        Value::Integer(whole) => Content::Int(*whole.value()),
        Value::Float(real) => Content::Float(*real.value()),
        Value::Boolean(truth) => Content::Bool(*truth.value()),
        Value::Datetime(date) => Content::Date(date.value().to_string()),
        Value::Array(items) => {
            Content::Array(items.iter().map(|item| read_value(item, &place)).collect())
        }
        Value::InlineTable(table) => return read_inline(table, outer),
    };
    Node { at: place, content }
}
