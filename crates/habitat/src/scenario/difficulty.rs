//! Difficulties: what a scenario changes about itself to be easier or harder.
//!
//! ```toml
//! [difficulty.hard.stores]
//! potable_kg = 120.0
//!
//! [[difficulty.hard.zone]]
//! name = "living"
//! leak_fraction_per_day = 0.002
//! ```
//! A table of a difficulty holds keys of a scenario and is laid over the file as the file is laid over its base: tables
//! key by key, arrays of named tables name by name, other arrays replaced. What stands outside of every such table is
//! `nominal`, which therefore needs none. Difficulties of a base are inherited and changed like everything
//! else. The keys `schema`, `name`, `extends` and `difficulty` say what a file is and stand outside.

use std::fmt;
use std::str::FromStr;

use super::error::{Kind, Problem};
use super::locate::{At, Content, Node};

/// How hard a scenario is flown.
///
/// # Examples
/// ```
/// use lunar_habitat_habitat::scenario::Difficulty;
/// assert_eq!("hard".parse(), Ok(Difficulty::Hard));
/// assert_eq!(Difficulty::default().name(), "nominal");
/// assert!("brutal".parse::<Difficulty>().unwrap_err().contains("`extreme`"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Difficulty {
    /// Less fails, more is in store.
    Easy,
    /// The scenario as it is written.
    #[default]
    Nominal,
    /// Rules by hand lose a good part of the missions.
    Hard,
    /// Most missions are lost.
    Extreme,
}

impl Difficulty {
    /// All, from the easiest on.
    pub const ALL: [Difficulty; 4] =
        [Difficulty::Easy, Difficulty::Nominal, Difficulty::Hard, Difficulty::Extreme];

    /// The word in files and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Difficulty::Easy => "easy",
            Difficulty::Nominal => "nominal",
            Difficulty::Hard => "hard",
            Difficulty::Extreme => "extreme",
        }
    }
}

impl fmt::Display for Difficulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Difficulty {
    type Err = String;

    fn from_str(found: &str) -> Result<Difficulty, String> {
        Difficulty::ALL.into_iter().find(|one| one.name() == found).ok_or_else(|| {
            let names = Difficulty::ALL.map(|one| format!("`{one}`")).join(", ");
            format!("difficulty `{found}`: allowed are {names}")
        })
    }
}

/// Keys that say what a file is.
const OUTSIDE: [&str; 4] = ["schema", "name", "extends", "difficulty"];

/// A problem and where it stands.
type Refused = (Box<Problem>, At);

/// Take the difficulties out of a tree: which ones it can be loaded at, from the easiest on, and what `wanted` changes.
pub(super) fn take(
    root: &mut Node,
    wanted: Difficulty,
) -> Result<(Vec<Difficulty>, Option<Node>), Refused> {
    let mut declared = vec![Difficulty::Nominal];
    let mut chosen = None;
    for (difficulty, changes) in tables(root)? {
        declared.push(difficulty);
        if difficulty == wanted {
            chosen = Some(changes);
        }
    }
    declared.sort();
    if declared.contains(&wanted) {
        return Ok((declared, chosen));
    }
    let names: Vec<String> = declared.iter().map(|one| format!("`{one}`")).collect();
    let allowed = format!(
        "{} (write a table `[difficulty.{wanted}]` with what it changes)",
        names.join(", ")
    );
    let what = "no such difficulty in this scenario";
    let problem =
        Problem::new(Kind::UnknownName, "difficulty", what, format!("`{wanted}`"), allowed);
    Err((problem, root.at.clone()))
}

/// Take the tables of the difficulties out of a tree.
fn tables(root: &mut Node) -> Result<Vec<(Difficulty, Node)>, Refused> {
    let Content::Table(entries) = &mut root.content else {
        return Ok(Vec::new());
    };
    let Some(place) = entries.iter().position(|entry| entry.key == "difficulty") else {
        return Ok(Vec::new());
    };
    let all = entries.remove(place).node;
    let Content::Table(all) = all.content else {
        return Err(not_a_table("difficulty", &all));
    };
    let mut found = Vec::new();
    for entry in all {
        let named = Difficulty::ALL.into_iter().find(|one| one.name() == entry.key);
        let Some(difficulty) = named.filter(|one| *one != Difficulty::Nominal) else {
            let allowed = "`easy`, `hard`, `extreme`; what stands outside is `nominal`";
            let problem = Problem::new(
                Kind::UnknownKey,
                "difficulty",
                "unknown difficulty",
                format!("`{}`", entry.key),
                allowed,
            );
            return Err((problem, entry.key_at));
        };
        let path = format!("difficulty.{difficulty}");
        let Content::Table(changes) = &entry.node.content else {
            return Err(not_a_table(&path, &entry.node));
        };
        if let Some(key) = changes.iter().find(|change| OUTSIDE.contains(&change.key.as_str())) {
            let problem = Problem::new(
                Kind::UnknownKey,
                path,
                "key that a difficulty cannot change",
                format!("`{}`", key.key),
                "every other key of a scenario",
            );
            return Err((problem, key.key_at.clone()));
        }
        found.push((difficulty, entry.node));
    }
    Ok(found)
}

fn not_a_table(path: &str, node: &Node) -> Refused {
    let found = node.describe();
    (Problem::new(Kind::WrongType, path, "wrong type", found, "a table"), node.at.clone())
}
