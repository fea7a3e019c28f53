//! The book holds together: every page stands in the summary, and every link inside of the repository leads somewhere.
//!
//! Links to other sites are not followed: the gate needs no network.

use crate::{Failure, root, sizes};

/// Check the pages of `book/src`.
pub(crate) fn run() -> Result<(), Failure> {
    let src = root().join("book").join("src");
    let mut pages = Vec::new();
    sizes::walk(&src, &mut pages)?;
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    let mut problems = Vec::new();
    let mut linked = Vec::new();
    for page in &pages {
        let text = sizes::read(page)?;
        let folder = page.parent().unwrap_or(&src);
        for target in links(&text) {
            let found = folder.join(&target);
            if !found.exists() {
                let shown = page.strip_prefix(root()).unwrap_or(page).display();
                problems.push(format!("{shown}: `{target}` leads nowhere"));
            } else if page.ends_with("SUMMARY.md") {
                linked.extend(found.canonicalize().ok());
            }
        }
    }
    for page in pages.iter().filter(|page| !page.ends_with("SUMMARY.md")) {
        if page.canonicalize().is_ok_and(|page| !linked.contains(&page)) {
            let shown = page.strip_prefix(root()).unwrap_or(page).display();
            problems.push(format!("{shown}: not in SUMMARY.md"));
        }
    }
    if problems.is_empty() {
        println!("{} pages, every link inside leads somewhere", pages.len() - 1);
        return Ok(());
    }
    Err(Failure::listing("book: a page or a link is lost", &problems))
}

/// Files that a page links to, relative to it; places inside of them are cut off.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
        }
        if code {
            continue;
        }
        for (at, _) in line.match_indices("](") {
            let rest = &line[at + 2..];
            let Some(target) = rest.split(')').next() else { continue };
            let file = target.split('#').next().unwrap_or_default();
            if !file.is_empty() && !file.contains("://") {
                found.push(file.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_outside_of_code() {
        let text = "See [a](one.md) and [b](two/three.md#place), [c](https://example.org/x.md), [d](#here).\n\
            ```toml\nkey = [1](not-a-link.md)\n```\n- [e](four.md)";
        assert_eq!(links(text), ["one.md", "two/three.md", "four.md"]);
    }
}
