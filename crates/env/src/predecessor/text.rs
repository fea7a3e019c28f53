//! A scenario as TOML: what it changes of a base, or all of it.
//!
//! # Form
//! A file that extends another one lays its tables over those of the base, key by key, and lists of named tables name
//! by name; other lists are replaced. So a number that goes away, a named table that goes away or another order
//! of names cannot be said: [`changes`] then gives nothing, and the scenario is written whole.

use habitat::scenario::{self, Scenario, ScenarioError};
use serde_json::{Map, Value};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table};

use super::error::ConfigError;

/// Text of `wanted`, which came from `base` by changes.
///
/// The text is read back and compared: it means `wanted`, or nothing is returned.
///
/// # Errors
/// [`ConfigError::Scenario`] where the text does not load, which is a bug here.
pub(super) fn write(
    wanted: &Scenario,
    base: (&str, &Scenario),
    comment: &str,
) -> Result<String, ConfigError> {
    let plain = |scenario: &Scenario| {
        serde_json::to_value(scenario)
            .map_err(|error| ConfigError::Scenario(ScenarioError::Canonical(error)))
    };
    let all = plain(wanted)?;
    let (name, base) = base;
    let mut text = String::new();
    if let Some(Value::Object(changed)) = changes(&plain(base)?, &all) {
        let mut root = Map::new();
        root.insert("schema".into(), all["schema"].clone());
        root.insert("extends".into(), Value::from(name));
        root.extend(changed);
        text = format!("{comment}{}", document(&root));
        if scenario::parse(name, &text).is_ok_and(|loaded| loaded.scenario == *wanted) {
            return Ok(text);
        }
    }
    if let Value::Object(root) = &all {
        text = format!("{comment}{}", document(root));
    }
    let loaded = scenario::parse("converted.toml", &text)?;
    if loaded.scenario == *wanted {
        Ok(text)
    } else {
        Err(ConfigError::value("the converted scenario", "another one when read back", "itself"))
    }
}

/// The name of a table in a list of named tables.
fn name_of(item: &Value) -> Option<&str> {
    item.get("name").and_then(Value::as_str)
}

fn named(items: &[Value]) -> bool {
    !items.is_empty() && items.iter().all(|item| name_of(item).is_some())
}

/// What must be laid over `base` to make `wanted`; an empty table where they are equal, nothing where it cannot be said.
fn changes(base: &Value, wanted: &Value) -> Option<Value> {
    match (base, wanted) {
        (Value::Object(base), Value::Object(wanted)) => {
            let mut changed = Map::new();
            for (key, value) in wanted {
                let before = base.get(key).unwrap_or(&Value::Null);
                if before == value {
                    continue;
                }
                if value.is_null() {
                    return None;
                }
                changed.insert(key.clone(), changes(before, value)?);
            }
            base.keys().all(|key| wanted.contains_key(key)).then_some(Value::Object(changed))
        }
        (Value::Array(base), Value::Array(wanted)) if named(base) && named(wanted) => {
            let mut rest = wanted.iter();
            let mut changed = Vec::new();
            for item in base {
                let next = rest.next().filter(|next| name_of(next) == name_of(item))?;
                if next != item {
                    let mut change = changes(item, next)?;
                    change.as_object_mut()?.insert("name".into(), next["name"].clone());
                    changed.push(change);
                }
            }
            changed.extend(rest.cloned());
            Some(Value::Array(changed))
        }
        (_, wanted) => Some(wanted.clone()),
    }
}

/// A table as the text of a document.
fn document(root: &Map<String, Value>) -> String {
    let mut document = DocumentMut::new();
    *document.as_table_mut() = table(root, false);
    document.to_string()
}

/// Keys that stand first, as people write them.
const FIRST: [&str; 5] = ["schema", "extends", "name", "title", "source"];

/// A table, plain values before tables, as TOML asks for; lists of tables `inside` of an element of a list are values.
fn table(entries: &Map<String, Value>, inside: bool) -> Table {
    let is_table = |value: &Value| match value {
        Value::Object(_) => true,
        Value::Array(items) => !inside && !items.is_empty() && items.iter().all(Value::is_object),
        _ => false,
    };
    let mut out = Table::new();
    // A table of tables alone needs no heading of its own; one without entries does.
    out.set_implicit(!entries.is_empty() && entries.values().all(is_table));
    let mut lines: Vec<_> =
        entries.iter().filter(|(_, value)| !value.is_null() && !is_table(value)).collect();
    lines
        .sort_by_key(|(key, _)| FIRST.iter().position(|first| first == key).unwrap_or(FIRST.len()));
    for (key, value) in lines {
        out.insert(key, Item::Value(plain(value)));
    }
    for (key, value) in entries.iter().filter(|(_, value)| is_table(value)) {
        match value {
            Value::Object(inner) => out.insert(key, Item::Table(table(inner, inside))),
            Value::Array(items) => {
                let items = items.iter().filter_map(Value::as_object);
                let tables: ArrayOfTables = items.map(|item| table(item, true)).collect();
                out.insert(key, Item::ArrayOfTables(tables))
            }
            _ => None,
        };
    }
    out
}

/// A value in a line, or a list of tables with a line for each. Numbers that the format holds as fractions keep their point.
fn plain(value: &Value) -> toml_edit::Value {
    match value {
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) if !number.is_f64() => whole.into(),
            _ => number.as_f64().unwrap_or(f64::NAN).into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => {
            let mut array: Array = items.iter().map(plain).collect();
            if items.iter().any(Value::is_object) {
                array.iter_mut().for_each(|item| item.decor_mut().set_prefix("\n    "));
                array.set_trailing("\n");
                array.set_trailing_comma(true);
            }
            array.into()
        }
        Value::Object(entries) => {
            let entries = entries.iter().filter(|(_, value)| !value.is_null());
            entries.map(|(key, value)| (key, plain(value))).collect::<InlineTable>().into()
        }
        Value::Null => String::new().into(),
    }
}

#[cfg(test)]
mod tests {
    use habitat::scenario::SHIPPED;

    use super::*;

    #[test]
    fn every_shipped_scenario_comes_back_from_its_text_alone() {
        let other = scenario::load("leak-box").unwrap().scenario;
        for shipped in SHIPPED {
            let model = scenario::load(shipped.name).unwrap().scenario;
            let text = write(&model, ("leak-box", &other), "").unwrap();
            assert_eq!(scenario::parse("again.toml", &text).unwrap().scenario, model);
        }
    }

    #[test]
    fn a_change_is_all_that_is_written() {
        let base = scenario::load("artemis-30d").unwrap().scenario;
        let mut model = base.clone();
        model.name = "small".into();
        model.zones[1].volume_m3 = 100.0;
        let text = write(&model, ("artemis-30d", &base), "# A comment.\n").unwrap();
        let expected = "# A comment.\nschema = 1\nextends = \"artemis-30d\"\nname = \"small\"\n\n[[zone]]\n\
            name = \"laboratory\"\nvolume_m3 = 100.0\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn what_goes_away_makes_the_file_whole() {
        let base = scenario::load("artemis-30d").unwrap().scenario;
        let fewer = base.with_crew(2).unwrap();
        let text = write(&fewer, ("artemis-30d", &base), "").unwrap();
        assert!(!text.contains("extends") && !text.contains("dmitri"));
        let more = base.with_crew(6).unwrap();
        let text = write(&more, ("artemis-30d", &base), "").unwrap();
        assert!(text.contains("extends") && text.contains("bruno_2"));
    }
}
