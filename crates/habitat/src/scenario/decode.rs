//! From a tree with places to a [`Scenario`], so that every refusal knows its place and its range.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};

use super::Scenario;
use super::error::{Kind, Problem, short};
use super::locate::{At, Content, Entry, Node};
use super::range::range_of;

/// Read a scenario from a tree; refuse unknown keys, wrong types, NaN and infinities.
pub(super) fn decode(root: &Node) -> Result<Scenario, (Box<Problem>, At)> {
    Scenario::deserialize(Reader { node: root, path: String::new() }).map_err(|trouble| {
        let at = trouble.at.unwrap_or_else(|| root.at.clone());
        (trouble.problem, at)
    })
}

/// A problem on its way up to the node that knows where it stands.
#[derive(Debug)]
struct Trouble {
    problem: Box<Problem>,
    at: Option<At>,
}

impl Trouble {
    fn new(
        kind: Kind,
        what: impl Into<String>,
        found: String,
        allowed: impl Into<String>,
    ) -> Trouble {
        Trouble { problem: Problem::new(kind, "", what, found, allowed), at: None }
    }

    /// Fill in the place, unless a node further down did.
    fn settle(mut self, node: &Node, path: &str) -> Trouble {
        if self.at.is_some() {
            return self;
        }
        self.at = Some(node.at.clone());
        self.problem.path = path.to_owned();
        match self.problem.kind {
            Kind::WrongType => {
                self.problem.found = node.describe();
                if let Some(range) = range_of(path) {
                    let number =
                        if self.problem.allowed == WHOLE { "a whole number" } else { "a number" };
                    self.problem.allowed = format!("{number}, {}", range.words());
                } else if matches!(node.content, Content::Table(_)) && self.problem.allowed == ARRAY
                {
                    self.problem.hint = Some(format!("write [[{path}]] for each element"));
                }
            }
            Kind::Missing => {
                let key = self.problem.allowed.clone();
                let full = join(path, &key);
                self.problem.allowed = match range_of(&full) {
                    Some(_) if key == "schema" => "`schema = 1`".to_owned(),
                    Some(range) => format!("`{key}` = a number, {}", range.words()),
                    None => format!("a table with `{key}`"),
                };
                self.problem.found = if path.is_empty() {
                    "a file without it".to_owned()
                } else {
                    format!("`{path}` without it")
                };
            }
            _ => {}
        }
        self
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

impl std::error::Error for Trouble {}

const ARRAY: &str = "an array";
const WHOLE: &str = "a whole number, 0 or more";

/// The reader's names of types in words of TOML.
fn expected_words(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "f64" => "a number".to_owned(),
        "u32" | "usize" | "u64" => WHOLE.to_owned(),
        "a string" => "a text in quotes".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => ARRAY.to_owned(),
        other if other.starts_with("struct ") => "a table".to_owned(),
        other => other.to_owned(),
    }
}

fn choices(allowed: &'static [&'static str]) -> String {
    allowed.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl Error for Trouble {
    fn custom<T: fmt::Display>(message: T) -> Trouble {
        Trouble::new(Kind::WrongType, "unusable value", String::new(), message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Trouble {
        Trouble::new(Kind::WrongType, "wrong type", String::new(), expected_words(expected))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Trouble {
        Trouble::new(Kind::WrongType, "unusable value", String::new(), expected_words(expected))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Trouble {
        let found = format!("\"{}\"", short(variant));
        let mut trouble =
            Trouble::new(Kind::UnknownChoice, "unknown choice", found, choices(expected));
        trouble.problem.hint = did_you_mean(variant, expected);
        trouble
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Trouble {
        let found = format!("`{}`", short(field));
        let known = same_quantity(field, expected);
        if !known.is_empty() {
            return Trouble::new(Kind::WrongUnit, "wrong unit in key", found, known.join(" or "));
        }
        let mut trouble = Trouble::new(Kind::UnknownKey, "unknown key", found, choices(expected));
        trouble.problem.hint = did_you_mean(field, expected);
        trouble
    }

    fn missing_field(field: &'static str) -> Trouble {
        Trouble::new(Kind::Missing, format!("missing key `{field}`"), String::new(), field)
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

#[derive(Clone)]
struct Reader<'a> {
    node: &'a Node,
    path: String,
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Trouble;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        let Reader { node, path } = self;
        let value = match &node.content {
            Content::Bool(value) => visitor.visit_bool(*value),
            Content::Int(value) => visitor.visit_i64(*value),
            Content::Float(value) if !value.is_finite() => {
                let allowed = range_of(&path).map_or("a finite number".to_owned(), |r| {
                    format!("a finite number, {}", r.words())
                });
                Err(Trouble::new(Kind::NotFinite, "not a finite number", node.describe(), allowed))
            }
            Content::Float(value) => visitor.visit_f64(*value),
            Content::Text(text) => visitor.visit_str(text),
            Content::Date(text) => Err(Trouble::invalid_type(Unexpected::Str(text), &visitor)),
            Content::Array(items) => visitor.visit_seq(Items { items, next: 0, path: &path }),
            Content::Table(entries) => visitor.visit_map(Keys { entries, next: 0, path: &path }),
        };
        value.map_err(|trouble| trouble.settle(node, &path))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        visitor.visit_some(self)
    }

    // A table alone: the derived reader would also take an array in the order of the fields.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Trouble> {
        if matches!(self.node.content, Content::Table(_)) {
            return self.deserialize_any(visitor);
        }
        let trouble = Trouble::new(Kind::WrongType, "wrong type", String::new(), "a table");
        Err(trouble.settle(self.node, &self.path))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Trouble> {
        let value = match &self.node.content {
            Content::Text(text) => visitor.visit_enum(Choice(text)),
            _ => Err(Trouble::new(Kind::WrongType, "wrong type", String::new(), choices(variants))),
        };
        value.map_err(|trouble| trouble.settle(self.node, &self.path))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct Items<'a> {
    items: &'a [Node],
    next: usize,
    path: &'a str,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Trouble;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Trouble> {
        let Some(node) = self.items.get(self.next) else {
            return Ok(None);
        };
        let path = format!("{}[{}]", self.path, self.next);
        self.next += 1;
        seed.deserialize(Reader { node, path }).map(Some)
    }
}

struct Keys<'a> {
    entries: &'a [Entry],
    next: usize,
    path: &'a str,
}

impl<'de> MapAccess<'de> for Keys<'_> {
    type Error = Trouble;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Trouble> {
        let Some(entry) = self.entries.get(self.next) else {
            return Ok(None);
        };
        let key: StrDeserializer<'_, Trouble> = entry.key.as_str().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|mut trouble| {
            trouble.at.get_or_insert_with(|| entry.key_at.clone());
            trouble.problem.path = join(self.path, &entry.key);
            trouble
        })
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Trouble> {
        let Some(entry) = self.entries.get(self.next) else {
            return Err(Trouble::custom("a value for each key"));
        };
        self.next += 1;
        seed.deserialize(Reader { node: &entry.node, path: join(self.path, &entry.key) })
    }
}

/// A word that names a variant without content.
struct Choice<'a>(&'a str);

impl<'de> EnumAccess<'de> for Choice<'_> {
    type Error = Trouble;
    type Variant = NoContent;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, NoContent), Trouble> {
        let word: StrDeserializer<'_, Trouble> = self.0.into_deserializer();
        seed.deserialize(word).map(|value| (value, NoContent))
    }
}

struct NoContent;

impl<'de> VariantAccess<'de> for NoContent {
    type Error = Trouble;

    fn unit_variant(self) -> Result<(), Trouble> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Trouble> {
        Err(Trouble::custom("a word alone"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Trouble> {
        Err(Trouble::custom("a word alone"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Trouble> {
        Err(Trouble::custom("a word alone"))
    }
}

/// Unit suffixes that people write in keys, ours and others.
const UNITS: &[&str] = &[
    "pa", "hpa", "kpa", "mpa", "bar", "mbar", "atm", "psi", "psia", "torr", "mmhg", "k", "c", "f",
    "degc", "degf", "celsius", "m3", "l", "litre", "liter", "liters", "litres", "ft3", "cf", "m",
    "cm", "mm", "km", "ft", "in", "inch", "kg", "g", "mg", "t", "lb", "lbs", "s", "sec", "seconds",
    "min", "minutes", "h", "hr", "hours", "d", "day", "days", "y", "yr", "years", "w", "kw", "mw",
    "btu_h", "j", "kj", "mj", "kwh", "kg_d", "kg_h", "kg_s", "kg_min", "kg_day", "g_d", "g_h",
    "g_s", "lb_d", "lb_h", "lb_day", "m3_s", "m3_h", "m3_min", "l_min", "l_s", "cfm", "scfm",
    "j_k", "kj_k", "mj_k", "w_k", "kw_k", "m3_s_pa", "kg_cm_d", "fraction", "percent", "pct",
    "ppm", "ratio",
];

/// Unit suffix of a key as people read it, for example `m3/h`.
fn unit_words(unit: &str) -> String {
    match unit {
        "pa" => "Pa".to_owned(),
        "k" => "K".to_owned(),
        "w" => "W".to_owned(),
        "j_k" => "J/K".to_owned(),
        "w_k" => "W/K".to_owned(),
        "y" => "years".to_owned(),
        "kg_cm_d" => "kg per crew-member-day".to_owned(),
        "m3_s_pa" => "m3/s/Pa".to_owned(),
        other => other.replace('_', "/"),
    }
}

/// Split a key in quantity and unit, at the longest unit that fits.
fn split_unit(key: &str) -> Option<(&str, &str)> {
    key.match_indices('_')
        .map(|(place, _)| (&key[..place], &key[place + 1..]))
        .find(|(quantity, unit)| !quantity.is_empty() && UNITS.contains(unit))
}

/// The known keys of the same quantity in another unit, each with its unit.
fn same_quantity(field: &str, expected: &'static [&'static str]) -> Vec<String> {
    let split = split_unit(field);
    // `kg_d` and `w` of a rate are units without a quantity.
    let bare = UNITS.contains(&field);
    let quantity = split.map_or(field, |(quantity, _)| quantity);
    expected
        .iter()
        .filter_map(|known| match split_unit(known) {
            _ if bare => UNITS.contains(known).then_some((known, *known)),
            Some((stem, unit)) => (stem == quantity).then_some((known, unit)),
            None => None,
        })
        .map(|(known, unit)| format!("`{known}`, in {}", unit_words(unit)))
        .collect()
}

fn did_you_mean(found: &str, expected: &'static [&'static str]) -> Option<String> {
    nearest(found, expected.iter().copied()).map(|name| format!("did you mean `{name}`?"))
}

/// The name that differs least, if it differs by no more than a third of its letters.
pub(super) fn nearest<'a>(found: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let found: Vec<char> = found.chars().take(64).collect();
    known
        .map(|name| (edits(&found, name), name))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, name)| *distance <= (name.chars().count() / 3).max(1))
        .map(|(_, name)| name)
}

/// Levenshtein distance: letters to put in, take out or change.
fn edits(a: &[char], b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}
