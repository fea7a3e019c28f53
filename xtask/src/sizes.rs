//! Lengths of files, share of documentation, file names and lint tables.
//!
//! Lines are counted without comments, blanks and tests, in the sources of packages alone. The
//! limits are those that the project has set itself; a file past the soft one is shown and passes,
//! everything else fails.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::source::{Lines, count};
use crate::{Failure, names, root};

/// Above this many lines of code a reviewer asks why.
const SOFT_LINES: usize = 600;
/// No file has more lines of code.
const HARD_LINES: usize = 1_000;
/// Least ratio of doc lines to code lines where physics is written.
const PHYSICS_FLOOR: f64 = 0.3;
/// Least ratio elsewhere.
const FLOOR: f64 = 0.15;

/// One Rust file of a package's sources.
struct SourceFile {
    /// Folder of the package.
    package: String,
    /// Path from the root of the repository.
    path: String,
    lines: Lines,
}

/// Print the lengths; fail on what is past a limit.
pub(crate) fn run() -> Result<(), Failure> {
    let root = root();
    let mut files = Vec::new();
    walk(&root, &mut files)?;
    files.sort();
    let relative = |path: &Path| path.strip_prefix(&root).unwrap_or(path).to_path_buf();

    let mut findings = Vec::new();
    let mut sources = Vec::new();
    for path in &files {
        let shown = relative(path);
        if let Some(reason) = names::refusal(&shown) {
            findings.push(format!("{}: {reason}", shown.display()));
        }
        if shown.file_name().is_some_and(|name| name == "Cargo.toml") {
            let manifest = read(path)?;
            if manifest.contains("[package]") && !inherits_lints(&manifest) {
                findings.push(format!("{}: `lints.workspace = true` is missing", shown.display()));
            }
        }
        if let Some(package) = package_of(&shown) {
            let lines = count(&read(path)?);
            sources.push(SourceFile { package, path: shown.display().to_string(), lines });
        }
    }
    print!("{}", lengths(&sources));
    findings.extend(over_hard_limit(&sources));
    let (table, thin) = documentation(&sources);
    print!("{table}");
    findings.extend(thin);
    if findings.is_empty() {
        Ok(())
    } else {
        Err(Failure::listing("sizes: past a limit", &findings))
    }
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))
}

/// Collect every file below `dir` that is not built, hidden or fetched.
pub(crate) fn walk(dir: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let failed = |error| Failure::new(format!("cannot list {}: {error}", dir.display()));
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(failed)?;
        let skipped = ["node_modules", "__pycache__", "out", "runs"].contains(&name.as_str())
            || name.starts_with('.')
            || name.starts_with("target");
        if kind.is_dir() && !skipped {
            walk(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// The package whose sources a Rust file belongs to; tests, examples and benches have none.
fn package_of(path: &Path) -> Option<String> {
    let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
    let (package, rest) = match parts.as_slice() {
        ["crates", package, "src", rest @ ..] => (*package, rest),
        [package @ "xtask", "src", rest @ ..] => (*package, rest),
        _ => return None,
    };
    let is_test = rest.iter().any(|part| ["tests", "tests.rs"].contains(part));
    (!is_test && rest.last()?.ends_with(".rs")).then(|| package.to_owned())
}

/// Whether a manifest takes the lint table of the workspace.
fn inherits_lints(manifest: &str) -> bool {
    let mut section = "";
    for line in manifest.lines().map(|line| line.split('#').next().unwrap_or_default().trim()) {
        if line.starts_with('[') {
            section = line;
        }
        let compact: String = line.split_whitespace().collect();
        if compact == "lints.workspace=true" && section.is_empty()
            || compact == "workspace=true" && section == "[lints]"
        {
            return true;
        }
    }
    false
}

/// The files with more lines of code than any may have.
fn over_hard_limit(sources: &[SourceFile]) -> Vec<String> {
    sources
        .iter()
        .filter(|file| file.lines.code > HARD_LINES)
        .map(|file| {
            format!("{}: {} lines of code; the limit is {HARD_LINES}", file.path, file.lines.code)
        })
        .collect()
}

/// Distribution of file lengths, and the files past the soft limit.
fn lengths(sources: &[SourceFile]) -> String {
    let mut code: Vec<usize> = sources.iter().map(|file| file.lines.code).collect();
    code.sort_unstable();
    let mut text = format!(
        "lines of code in {} files: median {}, 90th percentile {}, largest {}\n",
        code.len(),
        percentile(&code, 50),
        percentile(&code, 90),
        code.last().copied().unwrap_or(0),
    );
    for file in sources.iter().filter(|file| file.lines.code > SOFT_LINES) {
        text += &format!(
            "  {}: {} lines of code, above {SOFT_LINES}: why?\n",
            file.path, file.lines.code
        );
    }
    text
}

/// The value that `percent` of the sorted values do not pass.
fn percentile(sorted: &[usize], percent: usize) -> usize {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

/// Share of documentation by package, and the packages below their floor.
fn documentation(sources: &[SourceFile]) -> (String, Vec<String>) {
    let mut packages: BTreeMap<&str, Lines> = BTreeMap::new();
    for file in sources {
        let total = packages.entry(&file.package).or_default();
        total.code += file.lines.code;
        total.doc += file.lines.doc;
    }
    let mut table =
        format!("{:12} {:>7} {:>7} {:>9} {:>6}\n", "crate", "code", "doc", "doc/code", "floor");
    let mut findings = Vec::new();
    for (package, Lines { code, doc }) in packages {
        let floor = if ["physics", "habitat"].contains(&package) { PHYSICS_FLOOR } else { FLOOR };
        let ratio = if code > 0 { doc as f64 / code as f64 } else { f64::INFINITY };
        table += &format!("{package:12} {code:>7} {doc:>7} {ratio:>9.2} {floor:>6.2}\n");
        if ratio < floor {
            findings.push(format!(
                "{package}: {doc} doc lines for {code} lines of code, {ratio:.2} below {floor:.2}"
            ));
        }
    }
    (table, findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(package: &str, code: usize, doc: usize) -> SourceFile {
        SourceFile {
            package: package.into(),
            path: format!("crates/{package}/src/x.rs"),
            lines: Lines { code, doc },
        }
    }

    #[test]
    fn physics_owes_more_documentation() {
        let (table, findings) =
            documentation(&[file("physics", 100, 29), file("store", 100, 15), file("env", 0, 0)]);
        assert_eq!(findings, ["physics: 29 doc lines for 100 lines of code, 0.29 below 0.30"]);
        assert_eq!(table.lines().count(), 4);
    }

    #[test]
    fn a_long_file_is_asked_about_and_a_longer_one_refused() {
        let files = [file("env", 601, 0), file("env", 1_000, 0), file("env", 1_001, 0)];
        assert_eq!(lengths(&files).matches("why?").count(), 3);
        assert_eq!(
            over_hard_limit(&files),
            ["crates/env/src/x.rs: 1001 lines of code; the limit is 1000"]
        );
    }

    #[test]
    fn percentiles_are_values_of_the_set() {
        assert_eq!(
            (percentile(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 50), percentile(&[7], 90)),
            (5, 7)
        );
        assert_eq!(percentile(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 90), 9);
        assert_eq!(percentile(&[], 90), 0);
    }

    #[test]
    fn only_sources_of_packages_are_measured() {
        let package = |path: &str| package_of(Path::new(path));
        assert_eq!(package("crates/habitat/src/air/cdra.rs").as_deref(), Some("habitat"));
        assert_eq!(package("xtask/src/main.rs").as_deref(), Some("xtask"));
        for other in [
            "crates/habitat/tests/closure.rs",
            "crates/env/src/tests.rs",
            "crates/watch/src/page.css",
            "README.md",
        ] {
            assert_eq!(package(other), None, "{other}");
        }
    }

    #[test]
    fn the_lint_table_is_looked_for_in_its_section() {
        assert!(inherits_lints("[package]\nname = \"a\"\n[lints]\nworkspace = true # all of it\n"));
        assert!(inherits_lints("lints.workspace = true\n[package]\n"));
        assert!(!inherits_lints("[package]\n[dependencies.a]\nworkspace = true\n"));
        assert!(!inherits_lints("[package]\n# [lints]\n# workspace = true\n"));
    }
}
