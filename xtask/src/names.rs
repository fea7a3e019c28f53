//! File names are nouns of the domain.
//!
//! A name that tells a process, a rank or nothing makes a room where anything can be put down; it
//! is refused before the room fills up. Only names of sources and texts are looked at: a folder
//! `data/` of inputs is what it says.

use std::path::Path;

/// Words that say nothing, wherever they stand in a name.
const PARTS: &[&str] =
    &["manager", "helper", "misc", "advanced", "enhanced", "optimised", "optimized", "completion"];

/// Words that say nothing when they are a whole word of a name.
const WORDS: &[&str] =
    &["handler", "util", "data", "info", "common", "process", "do", "smart", "final", "v2"];

/// Why the name of `path` is refused, if it is.
///
/// Words are split at everything that is no letter or digit, and a plural is the same word.
pub(crate) fn refusal(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let (stem, extension) = name.rsplit_once('.')?;
    if !["rs", "py", "ts", "js", "md"].contains(&extension) {
        return None;
    }
    if let Some(part) = PARTS.iter().find(|part| stem.contains(*part)) {
        return Some(format!("a file name with `{part}` names no thing of the domain"));
    }
    let words: Vec<&str> = stem.split(|c: char| !c.is_alphanumeric()).collect();
    let banned =
        |word: &&&str| WORDS.contains(*word) || WORDS.contains(&word.trim_end_matches('s'));
    if let Some(word) = words.iter().find(banned) {
        return Some(format!("a file name with `{word}` names no thing of the domain"));
    }
    let numbered =
        |pair: &[&str]| pair[0] == "report" && pair[1].starts_with(|c: char| c.is_ascii_digit());
    words
        .windows(2)
        .any(numbered)
        .then(|| "a numbered report belongs to the history, not to the tree".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_of_the_domain_pass() {
        for name in [
            "cdra.rs",
            "domain.rs",
            "database.py",
            "processor.rs",
            "report.rs",
            "dose.rs",
            "run",
            "data.csv",
        ] {
            assert_eq!(refusal(Path::new(name)), None, "{name}");
        }
    }

    #[test]
    fn empty_words_are_refused() {
        for name in [
            "pool_manager.rs",
            "utils.rs",
            "air_helpers.py",
            "data.rs",
            "zone_v2.rs",
            "report_3.md",
            "optimized_step.rs",
            "handlers.ts",
            "do.rs",
            "COMPLETION.md",
        ] {
            assert!(refusal(Path::new(name)).is_some(), "{name}");
        }
    }
}
