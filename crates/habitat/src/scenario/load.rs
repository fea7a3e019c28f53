//! Reading a scenario: name or file, its bases, merge, checks, hash.
//!
//! # Bases
//! A file with `extends = "NAME or FILE"` changes another scenario. Tables merge key by key; arrays
//! whose elements all have a name merge name by name; any other array is replaced, and an empty one
//! takes everything away. A base may have a base of its own, four deep; circles are refused. Files
//! are looked for beside the file that names them.
//!
//! # Tests
//! `tests/scenario_merge.rs`, `tests/scenario_bad_input.rs`; `tests/scenario_mutation.rs` damages
//! shipped files at random: each loads or is refused with a place, and nothing panics.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Scenario;
use super::check::check;
use super::decode::decode;
use super::difficulty::{self, Difficulty};
use super::error::{Kind, Problem, ScenarioError, short};
use super::locate::{At, Content, Entry, Node, Source, refusal};
use super::shipped::{SHIPPED, Shipped};

/// Largest scenario file, bytes.
pub const BYTES_MAX: u64 = 4_000_000;
/// Longest chain of bases below a scenario.
pub const BASES_MAX: usize = 4;

/// Where a scenario came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Inside the program, by name.
    Shipped(&'static str),
    /// A file.
    File(PathBuf),
    /// A text handed over by a program, under this name.
    Text(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Shipped(name) => write!(f, "{name}.toml (shipped)"),
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::Text(name) => write!(f, "{name}"),
        }
    }
}

/// A sound scenario and what is known about its text.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The scenario, all bases merged and all defaults filled in.
    pub scenario: Scenario,
    /// SHA-256 of its canonical form; comments, the order of keys and written-out defaults do not
    /// change it.
    pub hash: [u8; 32],
    /// Where it came from.
    pub origin: Origin,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// What it can be loaded at, from the easiest on.
    pub difficulties: Vec<Difficulty>,
    sources: Vec<Source>,
    root: Node,
}

/// Bytes in hexadecimal, as people read a hash.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Loaded {
    /// The hash in hexadecimal.
    #[must_use]
    pub fn hash_hex(&self) -> String {
        hex(&self.hash)
    }

    /// Turn a problem found later, by its path, into a refusal that shows the place in the text.
    ///
    /// A path that the text does not write is shown at its deepest part that it does.
    #[must_use]
    pub fn refuse(&self, problem: Box<Problem>) -> ScenarioError {
        let at = self.root.place(&problem);
        ScenarioError::Refused(Box::new(refusal(&self.sources, problem, &at)))
    }
}

/// Load a shipped scenario by its name, or a file.
///
/// A word that is the name of a shipped scenario means that one; `./cabin-30d` means a file.
///
/// # Errors
/// [`ScenarioError`], for the first thing that is wrong.
/// - [`ScenarioError::NotFound`]: neither a shipped scenario nor a file;
/// - [`ScenarioError::Unreadable`]: the system does not let us read it;
/// - [`ScenarioError::Refused`]: everything that is wrong with the text, with its place;
/// - [`ScenarioError::Canonical`]: no canonical form, which no scenario is known to cause.
///
/// # Examples
/// ```
/// use lunar_habitat_habitat::scenario::{self, Origin, ScenarioError};
/// let loaded = scenario::load("leak-box")?;
/// assert_eq!(loaded.origin, Origin::Shipped("leak-box"));
/// assert_eq!(loaded.scenario.zones[0].volume_m3, 100.0);
/// assert_eq!(loaded.hash_hex().len(), 64);
/// assert!(matches!(scenario::load("no-such"), Err(ScenarioError::NotFound { .. })));
/// # Ok::<(), ScenarioError>(())
/// ```
/// # Tests
/// `scenario_shipped::every_shipped_scenario_loads_and_is_listed_as_it_calls_itself`,
/// `scenario_bad_input::scenarios_that_do_not_exist`.
pub fn load(name_or_path: &str) -> Result<Loaded, ScenarioError> {
    load_at(name_or_path, Difficulty::Nominal)
}

/// [`load`] at a difficulty that the scenario declares.
///
/// # Errors
/// As [`load`]; also where the scenario has no such difficulty, or is unsound at it.
///
/// # Examples
/// ```
/// use lunar_habitat_habitat::scenario::{self, Difficulty};
/// let hard = scenario::load_at("artemis-30d", Difficulty::Hard)?;
/// assert_ne!(hard.hash, scenario::load("artemis-30d")?.hash);
/// assert!(scenario::load_at("leak-box", Difficulty::Hard).is_err());
/// # Ok::<(), scenario::ScenarioError>(())
/// ```
/// # Tests
/// `difficulties` in this crate.
pub fn load_at(name_or_path: &str, difficulty: Difficulty) -> Result<Loaded, ScenarioError> {
    let origin = match Shipped::find(name_or_path) {
        Some(shipped) => Origin::Shipped(shipped.name),
        None => Origin::File(PathBuf::from(name_or_path)),
    };
    let mut sources = Vec::new();
    let text = match &origin {
        Origin::File(path) => match read_file(path) {
            Ok(text) => text,
            Err(Unread::Io(source)) if source.kind() == std::io::ErrorKind::NotFound => {
                let allowed =
                    SHIPPED.iter().map(|s| format!("`{}`", s.name)).collect::<Vec<_>>().join(", ");
                return Err(ScenarioError::NotFound { found: short(name_or_path), allowed });
            }
            Err(Unread::Io(source)) => {
                return Err(ScenarioError::Unreadable { file: short(name_or_path), source });
            }
            Err(Unread::Content { problem, text, span }) => {
                sources.push(Source { file: origin.to_string(), text });
                return Err(refused(&sources, problem, &At { source: 0, span }));
            }
        },
        Origin::Shipped(_) | Origin::Text(_) => {
            Arc::from(Shipped::find(name_or_path).map_or("", |shipped| shipped.text))
        }
    };
    assemble(origin, text, sources, difficulty)
}

/// Load a scenario from a text; `name` stands for the file in errors, and bases that are files are
/// looked for in the working directory.
///
/// # Errors
/// [`ScenarioError`], for the first thing that is wrong, as [`load`]; a text is always found and
/// readable, its bases are part of it.
///
/// # Examples
/// A shipped scenario with one change:
/// ```
/// use lunar_habitat_habitat::scenario;
/// let text = "extends = \"leak-box\"\nname = \"small-hole\"\n\
///     [[zone]]\nname = \"box\"\nhole_diameter_m = 0.002\n";
/// let loaded = scenario::parse("small-hole.toml", text)?;
/// assert_eq!(loaded.scenario.zones[0].hole_diameter_m, 0.002);
/// assert_eq!(loaded.scenario.zones[0].volume_m3, 100.0); // from the base
/// assert_ne!(loaded.hash, scenario::load("leak-box")?.hash);
/// # Ok::<(), scenario::ScenarioError>(())
/// ```
/// # Tests
/// `scenario_merge::a_child_changes_single_keys`.
pub fn parse(name: &str, text: &str) -> Result<Loaded, ScenarioError> {
    parse_at(name, text, Difficulty::Nominal)
}

/// [`parse`] at a difficulty that the text declares.
///
/// # Errors
/// As [`load_at`].
pub fn parse_at(name: &str, text: &str, difficulty: Difficulty) -> Result<Loaded, ScenarioError> {
    assemble(Origin::Text(name.to_owned()), Arc::from(text), Vec::new(), difficulty)
}

/// The canonical form of a scenario: JSON without spaces, keys sorted, every default written out,
/// absent options left out, floats in their shortest form.
///
/// Negative zero is written as zero, so that two files that mean one scenario have one form.
///
/// # Errors
/// [`ScenarioError::Canonical`], which no scenario is known to cause.
pub fn canonical(scenario: &Scenario) -> Result<String, ScenarioError> {
    let value = serde_json::to_value(scenario)?;
    let mut text = String::new();
    write_canonical(&value, &mut text)?;
    Ok(text)
}

/// SHA-256 of the canonical form. Snapshots and reports carry it to name the scenario they belong
/// to.
///
/// # Errors
/// [`ScenarioError::Canonical`], which no scenario is known to cause.
pub fn hash(scenario: &Scenario) -> Result<[u8; 32], ScenarioError> {
    Ok(Sha256::digest(canonical(scenario)?.as_bytes()).into())
}

/// Write one value of the canonical form, keys in order.
fn write_canonical(value: &Value, out: &mut String) -> Result<(), serde_json::Error> {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<_> = map.iter().filter(|(_, inner)| !inner.is_null()).collect();
            pairs.sort_by_key(|(key, _)| key.as_str());
            out.push('{');
            for (index, (key, inner)) in pairs.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&serde_json::to_string(key)?);
                out.push(':');
                write_canonical(inner, out)?;
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, inner) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_canonical(inner, out)?;
            }
            out.push(']');
        }
        // -0.0 and 0.0 are one number.
        Value::Number(number) if number.as_f64() == Some(0.0) && number.is_f64() => {
            out.push_str("0.0")
        }
        other => out.push_str(&serde_json::to_string(other)?),
    }
    Ok(())
}

fn refused(sources: &[Source], problem: Box<Problem>, at: &At) -> ScenarioError {
    ScenarioError::Refused(Box::new(refusal(sources, problem, at)))
}

/// A file that gave no text.
enum Unread {
    Io(std::io::Error),
    Content { problem: Box<Problem>, text: Arc<str>, span: std::ops::Range<usize> },
}

/// The text of a file, of at most [`BYTES_MAX`] bytes.
fn read_file(path: &Path) -> Result<Arc<str>, Unread> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(Unread::Io)?;
    // One byte more than allowed is enough to know, and an endless device does not fill the memory.
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(Unread::Io)?;
    if bytes.len() as u64 > BYTES_MAX {
        let problem = Problem::new(
            Kind::TooLarge,
            "",
            "file too large",
            format!("more than {BYTES_MAX} bytes"),
            format!("at most {BYTES_MAX} bytes"),
        );
        return Err(Unread::Content { problem, text: Arc::from(""), span: 0..0 });
    }
    String::from_utf8(bytes).map(Arc::from).map_err(|error| {
        let start = error.utf8_error().valid_up_to();
        let byte = error.as_bytes().get(start).copied().unwrap_or(0);
        let text: Arc<str> = Arc::from(String::from_utf8_lossy(error.as_bytes()));
        let problem = Problem::new(
            Kind::NotUtf8,
            "",
            "not UTF-8",
            format!("byte 0x{byte:02x}"),
            "text in UTF-8",
        );
        // The replacement character is three bytes long.
        Unread::Content { problem, text, span: start..start + 3 }
    })
}

/// Read the chain of bases, merge, decode, check.
fn assemble(
    origin: Origin,
    text: Arc<str>,
    mut sources: Vec<Source>,
    difficulty: Difficulty,
) -> Result<Loaded, ScenarioError> {
    let mut chain = vec![read_tree(&mut sources, &origin, text)?];
    let mut origins = vec![origin.clone()];
    while let Some((base, at)) = take_extends(&sources, chain.last_mut())? {
        let wrong = |what: &str, found: String, allowed: String| {
            refused(&sources, Problem::new(Kind::Extends, "extends", what, found, allowed), &at)
        };
        let found = format!("\"{}\"", short(&base));
        if chain.len() > BASES_MAX {
            return Err(wrong("too many bases", found, format!("a chain of at most {BASES_MAX}")));
        }
        let (next, text) = match open_base(&base, origins.last()) {
            Ok(opened) => opened,
            Err(Unread::Io(error)) => {
                let names: Vec<&str> = SHIPPED.iter().map(|shipped| shipped.name).collect();
                let allowed =
                    format!("a readable file beside this one, or one of {}", names.join(", "));
                return Err(wrong("base cannot be read", format!("{found}, {error}"), allowed));
            }
            Err(Unread::Content { problem, .. }) => {
                return Err(wrong(
                    &format!("base is {}", problem.what),
                    format!("{found}, {}", problem.found),
                    problem.allowed,
                ));
            }
        };
        if origins.iter().any(|seen| same_place(seen, &next)) {
            return Err(wrong(
                "bases in a circle",
                found,
                "a base that does not lead back".to_owned(),
            ));
        }
        chain.push(read_tree(&mut sources, &next, text)?);
        origins.push(next);
    }
    let mut root: Option<Node> = None;
    for node in chain.into_iter().rev() {
        root = Some(match root {
            Some(base) => merge(base, node),
            None => node,
        });
    }
    let Some(mut root) = root else {
        let problem = Problem::new(Kind::Missing, "", "no scenario", "nothing", "a scenario");
        return Err(refused(&sources, problem, &At { source: 0, span: 0..0 }));
    };
    let (difficulties, changes) = difficulty::take(&mut root, difficulty)
        .map_err(|(problem, at)| refused(&sources, problem, &at))?;
    if let Some(changes) = changes {
        root = merge(root, changes);
    }
    spread_atmosphere(&mut root);
    let scenario = decode(&root).map_err(|(problem, at)| refused(&sources, problem, &at))?;
    check(&scenario).map_err(|problem| {
        let at = root.place(&problem);
        refused(&sources, problem, &at)
    })?;
    let hash = hash(&scenario)?;
    Ok(Loaded { scenario, hash, origin, difficulty, difficulties, sources, root })
}

/// Parse one text and hold its format version against ours, before anything else is said about it.
fn read_tree(
    sources: &mut Vec<Source>,
    origin: &Origin,
    text: Arc<str>,
) -> Result<Node, ScenarioError> {
    let index = sources.len();
    sources.push(Source { file: origin.to_string(), text: Arc::clone(&text) });
    let node = Node::parse(index, &text).map_err(|(problem, at)| refused(sources, problem, &at))?;
    if let Some(schema) = node.get("schema")
        && let Content::Int(version) = schema.content
        && version != 1
    {
        let problem = Problem::new(
            Kind::Version,
            "schema",
            "unknown version of the scenario format",
            version.to_string(),
            "1",
        );
        return Err(refused(sources, problem, &schema.at));
    }
    Ok(node)
}

/// Take the key `extends` out of a tree.
fn take_extends(
    sources: &[Source],
    node: Option<&mut Node>,
) -> Result<Option<(String, At)>, ScenarioError> {
    let Some(Node { content: Content::Table(entries), .. }) = node else {
        return Ok(None);
    };
    let Some(position) = entries.iter().position(|entry| entry.key == "extends") else {
        return Ok(None);
    };
    let Entry { node, .. } = entries.remove(position);
    match node.as_text() {
        Some(base) => Ok(Some((base.to_owned(), node.at.clone()))),
        None => {
            let problem = Problem::new(
                Kind::WrongType,
                "extends",
                "wrong type",
                node.describe(),
                "the name of a shipped scenario or a file, in quotes",
            );
            Err(refused(sources, problem, &node.at))
        }
    }
}

/// Open a base: a shipped scenario by name, else a file beside the one that names it.
fn open_base(base: &str, child: Option<&Origin>) -> Result<(Origin, Arc<str>), Unread> {
    if let Some(shipped) = Shipped::find(base) {
        return Ok((Origin::Shipped(shipped.name), Arc::from(shipped.text)));
    }
    let folder = match child {
        Some(Origin::File(path)) => path.parent().map(Path::to_path_buf).unwrap_or_default(),
        _ => PathBuf::new(),
    };
    let path = folder.join(base);
    let text = read_file(&path)?;
    Ok((Origin::File(path), text))
}

/// Whether two origins are one, however their paths are written.
fn same_place(a: &Origin, b: &Origin) -> bool {
    match (a, b) {
        (Origin::File(a), Origin::File(b)) => match (a.canonicalize(), b.canonicalize()) {
            (Ok(a), Ok(b)) => a == b,
            _ => a == b,
        },
        _ => a == b,
    }
}

/// Lay `child` over `base`: tables key by key, arrays of named tables name by name, everything else
/// replaced.
fn merge(base: Node, child: Node) -> Node {
    let Node { at, content } = child;
    let content = match (base.content, content) {
        (Content::Table(mut entries), Content::Table(changes)) => {
            for change in changes {
                match entries.iter().position(|entry| entry.key == change.key) {
                    Some(position) => {
                        let old = entries.remove(position);
                        let node = merge(old.node, change.node);
                        entries
                            .insert(position, Entry { key: old.key, key_at: change.key_at, node });
                    }
                    None => entries.push(change),
                }
            }
            Content::Table(entries)
        }
        (Content::Array(items), Content::Array(changes)) if named(&items) && named(&changes) => {
            Content::Array(merge_named(items, changes))
        }
        (_, content) => content,
    };
    Node { at, content }
}

fn named(items: &[Node]) -> bool {
    !items.is_empty() && items.iter().all(|item| name_of(item).is_some())
}

fn name_of(node: &Node) -> Option<&str> {
    node.get("name").and_then(Node::as_text)
}

/// Merge arrays of named tables: an element changes the one of its name, or comes last.
fn merge_named(items: Vec<Node>, changes: Vec<Node>) -> Vec<Node> {
    // A base element is changed once; a second element of that name stays and is refused as such.
    let mut merged: Vec<(Node, bool)> = items.into_iter().map(|item| (item, false)).collect();
    for change in changes {
        let position =
            merged.iter().position(|(item, changed)| !changed && name_of(item) == name_of(&change));
        match position {
            Some(position) => {
                let (old, _) = merged.remove(position);
                merged.insert(position, (merge(old, change), true));
            }
            None => merged.push((change, true)),
        }
    }
    merged.into_iter().map(|(item, _)| item).collect()
}

/// Let a zone's own atmosphere start from the scenario's, so that it need only say what differs.
fn spread_atmosphere(root: &mut Node) {
    let Some(common) = root.get("atmosphere").cloned() else {
        return;
    };
    let Some(Node { content: Content::Array(zones), .. }) = root.get_mut("zone") else {
        return;
    };
    for zone in zones {
        if let Some(own) = zone.get_mut("atmosphere") {
            let changes = own.clone();
            *own = merge(common.clone(), changes);
        }
    }
}
