//! Which crate may import which.
//!
//! The table is the map of the workspace: a new crate starts with a row here. Rows of crates that
//! do not exist yet are there already, so that a crate is born with its neighbours known.
//!
//! Not here: imports of crates from outside; the manifest of the workspace pins those.

use serde_json::Value;

use crate::{Failure, cargo};

/// Package names start with this; folders and rows do without it.
const PREFIX: &str = "lunar-habitat-";

/// Each crate and the workspace crates it may import, for its code and for its tests.
///
/// The order is that of the arrows: what is imported stands above. `xtask` stands in no list, so
/// nothing may import it.
const ROWS: &[(&str, &[&str])] = &[
    ("catalogue", &[]),
    ("physics", &[]),
    ("habitat", &["catalogue", "physics"]),
    ("runtime", &[]),
    ("env", &["habitat", "runtime", "catalogue"]),
    ("learn", &["env", "runtime"]),
    ("store", &["catalogue", "runtime"]),
    ("watch", &["catalogue", "runtime", "store"]),
    ("scale", &["runtime", "watch"]),
    ("edge", &["learn", "env", "store", "watch", "runtime"]),
    (
        "server",
        &[
            "catalogue",
            "physics",
            "habitat",
            "runtime",
            "env",
            "learn",
            "store",
            "watch",
            "scale",
            "edge",
        ],
    ),
    (
        "cli",
        &[
            "catalogue",
            "physics",
            "habitat",
            "runtime",
            "env",
            "learn",
            "store",
            "watch",
            "scale",
            "edge",
            "server",
        ],
    ),
    ("python", &["catalogue", "env", "learn", "store"]),
    ("xtask", &[]),
];

/// Check the workspace; fail with every import that its row does not allow.
///
/// The manifests are read by Cargo itself, so renamed, optional and target-specific dependencies
/// are all seen.
pub(crate) fn run() -> Result<(), Failure> {
    let output = cargo(&["metadata", "--format-version", "1", "--no-deps"])
        .output()
        .map_err(|error| Failure::new(format!("cannot run cargo metadata: {error}")))?;
    if !output.status.success() {
        return Err(Failure::new(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| Failure::new(format!("cargo metadata is not JSON: {error}")))?;
    let crates = metadata["packages"].as_array().map_or(0, Vec::len);
    let findings = violations(&metadata);
    if findings.is_empty() {
        println!("layers: {crates} crates import only what their rows allow");
        Ok(())
    } else {
        Err(Failure::listing("layers: imports that no row allows", &findings))
    }
}

/// Every import that breaks the table, as a sentence.
///
/// An import counts as inside the workspace when its package is a member or is given by a path.
fn violations(metadata: &Value) -> Vec<String> {
    let packages: Vec<&Value> = metadata["packages"].as_array().into_iter().flatten().collect();
    let members: Vec<&str> = packages.iter().map(|package| short_name(package)).collect();
    let mut findings = Vec::new();
    for (package, name) in packages.iter().zip(&members) {
        let Some((_, allowed)) = ROWS.iter().find(|(row, _)| row == name) else {
            findings.push(format!("`{name}` has no row in the table"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let target = short_name(dependency);
            let inside = members.contains(&target) || !dependency["path"].is_null();
            if inside && !allowed.contains(&target) {
                let purpose = match dependency["kind"].as_str() {
                    Some("dev") => " in its tests",
                    Some("build") => " in its build script",
                    _ => "",
                };
                let list =
                    if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
                findings
                    .push(format!("`{name}` imports `{target}`{purpose}; its row allows {list}"));
            }
        }
    }
    findings
}

/// The name of a package or a dependency as the table writes it.
fn short_name(value: &Value) -> &str {
    let name = value["name"].as_str().unwrap_or_default();
    name.strip_prefix(PREFIX).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn import(name: &str, kind: Option<&str>) -> Value {
        json!({ "name": format!("{PREFIX}{name}"), "kind": kind, "path": format!("crates/{name}") })
    }

    fn workspace(name: &str, dependencies: Vec<Value>) -> Value {
        json!({ "packages": [
            { "name": format!("{PREFIX}{name}"), "dependencies": dependencies },
            { "name": format!("{PREFIX}catalogue"), "dependencies": [] },
            { "name": "xtask", "dependencies": [{ "name": "serde_json", "kind": null, "path": null }] },
        ]})
    }

    #[test]
    fn allowed_and_foreign_imports_pass() {
        let serde = json!({ "name": "serde", "kind": null, "path": null });
        assert!(violations(&workspace("store", vec![import("catalogue", None), serde])).is_empty());
    }

    #[test]
    fn an_import_against_the_arrows_is_found_in_code_and_in_tests() {
        let found = violations(&workspace("physics", vec![import("catalogue", None)]));
        assert_eq!(found, ["`physics` imports `catalogue`; its row allows nothing"]);
        let found = violations(&workspace("learn", vec![import("store", Some("dev"))]));
        assert_eq!(found, ["`learn` imports `store` in its tests; its row allows env, runtime"]);
    }

    #[test]
    fn nobody_imports_the_chores_and_every_crate_has_a_row() {
        let xtask = json!({ "name": "xtask", "kind": null, "path": "xtask" });
        assert_eq!(violations(&workspace("cli", vec![xtask])).len(), 1);
        assert_eq!(violations(&workspace("junk", vec![])), ["`junk` has no row in the table"]);
    }

    #[test]
    fn the_table_has_no_cycle() {
        // Taking away the crates that import nothing that is left empties a table without cycles.
        let mut left: Vec<_> = ROWS.to_vec();
        while !left.is_empty() {
            let names: Vec<&str> = left.iter().map(|(name, _)| *name).collect();
            let before = left.len();
            left.retain(|(_, allowed)| allowed.iter().any(|name| names.contains(name)));
            assert!(left.len() < before, "cycle among {names:?}");
        }
    }
}
