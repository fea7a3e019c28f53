//! JSON Schema of a scenario file, for editors.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::Scenario;
use super::range::RANGES;

/// The JSON Schema (draft 7) of a scenario file, as it stands in `scenarios/scenario.schema.json`.
///
/// It is the schema of [`Scenario`] with the keys `extends` and `difficulty`, and with the bounds of
/// [`RANGES`](super::RANGES). A file that extends another may leave required keys to its base.
#[must_use]
pub fn json_schema() -> String {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<Scenario>().to_value();
    put_bounds(&mut schema);
    allow_extends(&mut schema);
    let mut text = format!("{:#}", sorted(schema));
    text.push('\n');
    text
}

/// Definition that a property refers to, directly or as the element of an array or an option.
fn definition(property: &Value) -> Option<&str> {
    let direct = property.get("$ref").and_then(Value::as_str);
    let element = || property.get("items").and_then(definition);
    let choice = || {
        ["allOf", "anyOf"]
            .iter()
            .filter_map(|key| property.get(key).and_then(Value::as_array))
            .flatten()
            .find_map(definition)
    };
    direct.and_then(|path| path.strip_prefix("#/definitions/")).or_else(element).or_else(choice)
}

/// Write the declared ranges into the numeric properties.
fn put_bounds(schema: &mut Value) {
    for range in RANGES {
        let mut owner: Option<String> = None;
        let mut parts: Vec<&str> = range.key.split('.').collect();
        let Some(last) = parts.pop() else { continue };
        let mut known = true;
        for part in parts {
            let next = owner_of(schema, owner.as_deref())
                .and_then(|owner| owner.get("properties"))
                .and_then(|properties| properties.get(part))
                .and_then(definition)
                .map(str::to_owned);
            known &= next.is_some();
            owner = next;
        }
        if !known {
            continue;
        }
        let table = match owner {
            None => Some(&mut *schema),
            Some(name) => schema.get_mut("definitions").and_then(|all| all.get_mut(name)),
        };
        let property = table
            .and_then(|t| t.get_mut("properties"))
            .and_then(|p| p.get_mut(last))
            .and_then(Value::as_object_mut);
        if let Some(property) = property {
            let low = if range.open { "exclusiveMinimum" } else { "minimum" };
            property.remove("minimum");
            property.insert(low.to_owned(), json!(range.min));
            property.insert("maximum".to_owned(), json!(range.max));
        }
    }
}

fn owner_of<'a>(schema: &'a Value, name: Option<&str>) -> Option<&'a Value> {
    match name {
        None => Some(schema),
        Some(name) => schema.get("definitions").and_then(|all| all.get(name)),
    }
}

/// Add `extends`, and ask for the required keys of named tables only where it is absent.
fn allow_extends(schema: &mut Value) {
    let mut without_base = Map::new();
    let mut relaxed: Vec<String> = Vec::new();
    let properties = |owner: &Value| -> Vec<(String, Option<String>)> {
        owner
            .get("properties")
            .and_then(Value::as_object)
            .map(|all| {
                all.iter().map(|(k, v)| (k.clone(), definition(v).map(str::to_owned))).collect()
            })
            .unwrap_or_default()
    };
    for (key, name) in properties(schema) {
        let Some(name) = name else { continue };
        let Some(required) = required_of(schema, &name) else {
            continue;
        };
        without_base.insert(key, json!({ "items": { "required": required } }));
        relaxed.push(name);
    }
    if let Some(telemetry) = owner_of(schema, Some("Telemetry")) {
        let mut inner = Map::new();
        for (key, name) in properties(telemetry) {
            let Some(name) = name else { continue };
            let Some(required) = required_of(schema, &name) else {
                continue;
            };
            inner.insert(key, json!({ "items": { "required": required } }));
            relaxed.push(name);
        }
        without_base.insert("telemetry".to_owned(), json!({ "properties": inner }));
    }
    for name in relaxed {
        if let Some(table) = schema.get_mut("definitions").and_then(|all| all.get_mut(&name)) {
            table["required"] = json!(["name"]);
        }
    }
    let Some(root) = schema.as_object_mut() else {
        return;
    };
    let required = root.remove("required").unwrap_or_else(|| json!([]));
    root.insert("if".to_owned(), json!({ "not": { "required": ["extends"] } }));
    root.insert("then".to_owned(), json!({ "required": required, "properties": without_base }));
    if let Some(properties) = root.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert(
            "extends".to_owned(),
            json!({
                "description": "Name of a shipped scenario, or a file beside this one, that this file changes: \
                    tables merge key by key, arrays of named tables name by name, other arrays are replaced.",
                "type": "string"
            }),
        );
        let changes = json!({ "type": "object", "description": "Keys of a scenario that differ here, merged as with `extends`." });
        properties.insert(
            "difficulty".to_owned(),
            json!({
                "description": "What this scenario changes about itself to be easier or harder; what stands outside is nominal.",
                "type": "object",
                "additionalProperties": false,
                "properties": { "easy": changes, "hard": changes, "extreme": changes }
            }),
        );
    }
}

/// Required keys of a definition whose elements are merged by `name`.
fn required_of(schema: &Value, name: &str) -> Option<Value> {
    let required = owner_of(schema, Some(name))?.get("required")?;
    let named = required.as_array()?.iter().any(|key| key == "name");
    named.then(|| required.clone())
}

/// Keys in alphabetical order, so that the text does not depend on how other crates build JSON.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<_> = map.into_iter().collect();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(pairs.into_iter().map(|(key, inner)| (key, sorted(inner))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}
