//! What the page of mission control takes from others: the distribution of Open MCT in `web/vendor/openmct`.
//!
//! The folder holds each file compressed, as the server sends it, beside `SOURCE`, which says from which package of the
//! npm registry it comes, with the SHA-512 of that package and the SHA-256 of every file. `cargo xtask web` fetches the
//! package, holds it against the SHA-512 and writes the folder again, bit for bit. Another version is taken by writing
//! its number and its SHA-512 into `SOURCE` and running the chore.
//!
//! # Left out
//! Source maps, types, example imagery and what our page never loads: the second dark theme with its picture, the
//! worker of the example telemetry, the feed of CouchDB.
//!
//! Not here: the tests of the page ([`crate::browser`]).

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256, Sha512};

use crate::{Failure, execute, root, sizes};

/// Where the distribution lies, from the root of the repository.
const VENDOR: &str = "web/vendor/openmct";
/// Beginnings of paths below `dist/` that are not taken.
const LEFT_OUT: [&str; 6] =
    ["types/", "imagery/", "darkmatterTheme", "images/darkmatter-bg", "generatorWorker", "couchDB"];
/// First lines of `SOURCE`.
const HEAD: &str = "\
# What is in this folder and where it is from; written by `cargo xtask web`, which takes package, version and
# tarball-sha512 from here. Each file is compressed with `gzip -9n`: SHA-256 of what lies here, name.
";

/// The package that `SOURCE` names, and the files it lists.
#[derive(Debug, PartialEq)]
struct Source {
    /// Name in the npm registry.
    package: String,
    /// Exact version.
    version: String,
    /// SHA-512 of the package, in hexadecimal digits.
    tarball: String,
    /// SHA-256 in hexadecimal digits and name of each file, in the order of names.
    files: Vec<(String, String)>,
}

impl Source {
    /// Read the text of a `SOURCE`.
    fn parse(text: &str) -> Result<Source, Failure> {
        let mut source = Source {
            package: String::new(),
            version: String::new(),
            tarball: String::new(),
            files: Vec::new(),
        };
        for line in text.lines().map(str::trim) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [] => {}
                [first, ..] if first.starts_with('#') => {}
                ["package", name] => source.package = (*name).to_owned(),
                ["version", version] => source.version = (*version).to_owned(),
                ["tarball-sha512", hash] => source.tarball = (*hash).to_owned(),
                ["file", hash, name] => source.files.push(((*hash).to_owned(), (*name).to_owned())),
                _ => return Err(Failure::new(format!("{VENDOR}/SOURCE: `{line}` says nothing"))),
            }
        }
        if source.package.is_empty() || source.version.is_empty() || source.tarball.len() != 128 {
            return Err(Failure::new(format!(
                "{VENDOR}/SOURCE: package, version and tarball-sha512 (128 digits) are needed"
            )));
        }
        Ok(source)
    }

    /// The text of this `SOURCE`.
    fn text(&self) -> String {
        let mut text = format!(
            "{HEAD}package {}\nversion {}\ntarball-sha512 {}\n",
            self.package, self.version, self.tarball
        );
        for (hash, name) in &self.files {
            text += &format!("file {hash} {name}\n");
        }
        text
    }
}

/// Fetch the package, check it and write the folder again.
pub(crate) fn run() -> Result<(), Failure> {
    let vendor = root().join(VENDOR);
    let mut source = Source::parse(&sizes::read(&vendor.join("SOURCE"))?)?;
    let place = work_folder()?;
    let tarball = fetch(&source, &place)?;
    execute(Command::new("tar").arg("xzf").arg(&tarball).arg("-C").arg(&place))?;
    let package = place.join("package");

    let mut originals = Vec::new();
    sizes::walk(&package.join("dist"), &mut originals)?;
    originals.sort();
    empty(&vendor)?;
    source.files.clear();
    for original in originals {
        let dist = package.join("dist");
        let name = original.strip_prefix(&dist).unwrap_or(&original).to_string_lossy().into_owned();
        if is_taken(&name) {
            keep(&vendor, &format!("{name}.gz"), &compressed(&original)?, &mut source)?;
        }
    }
    let licence = fs::read(package.join("LICENSE.md"))
        .map_err(|error| Failure::new(format!("cannot read the licence of Open MCT: {error}")))?;
    keep(&vendor, "LICENSE.md", &licence, &mut source)?;
    source.files.sort_by(|a, b| a.1.cmp(&b.1));
    write(&vendor.join("SOURCE"), source.text().as_bytes())?;
    println!("{VENDOR}: {} files of {} {}", source.files.len(), source.package, source.version);
    Ok(())
}

/// Whether a file of the distribution is part of what the page needs.
fn is_taken(name: &str) -> bool {
    !name.ends_with(".map")
        && !name.ends_with(".d.ts")
        && !LEFT_OUT.iter().any(|start| name.starts_with(start))
}

/// An empty folder below `target`.
fn work_folder() -> Result<PathBuf, Failure> {
    let place = target().join("web").join("vendor");
    empty(&place)?;
    Ok(place)
}

/// The folder of everything that is built.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// Have `npm` fetch the package and compare its SHA-512.
fn fetch(source: &Source, place: &Path) -> Result<PathBuf, Failure> {
    let wanted = format!("{}@{}", source.package, source.version);
    let mut pack = Command::new("npm");
    pack.args(["pack", "--silent", &wanted]).current_dir(place).stdout(Stdio::null());
    execute(&mut pack)?;
    let tarball = place.join(format!("{}-{}.tgz", source.package, source.version));
    let bytes = fs::read(&tarball)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", tarball.display())))?;
    let found = hex(&Sha512::digest(&bytes));
    if found != source.tarball {
        return Err(Failure::new(format!(
            "{wanted} has the SHA-512 {found}; {VENDOR}/SOURCE says {}",
            source.tarball
        )));
    }
    Ok(tarball)
}

/// A file as `gzip` makes it, without name and time in it: equal files give equal bytes.
fn compressed(original: &Path) -> Result<Vec<u8>, Failure> {
    let output = Command::new("gzip")
        .args(["-9", "-n", "-c"])
        .arg(original)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::new(format!("cannot run gzip: {error}")))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(Failure::new(format!("gzip {}: {}", original.display(), output.status)))
    }
}

/// Write a file of the folder and note it.
fn keep(vendor: &Path, name: &str, bytes: &[u8], source: &mut Source) -> Result<(), Failure> {
    write(&vendor.join(name), bytes)?;
    source.files.push((hex(&Sha256::digest(bytes)), name.to_owned()));
    Ok(())
}

/// Write a file, with the folders above it.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error| Failure::new(format!("cannot write {}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = fs::File::create(path).map_err(failed)?;
    file.write_all(bytes).map_err(failed)
}

/// Make `folder` exist and hold nothing.
fn empty(folder: &Path) -> Result<(), Failure> {
    let failed = |error| Failure::new(format!("cannot empty {}: {error}", folder.display()));
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(failed)?;
    }
    fs::create_dir_all(folder).map_err(failed)
}

/// Bytes in hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_that_lie_here_are_those_that_the_source_lists() {
        let vendor = root().join(VENDOR);
        let source = Source::parse(&sizes::read(&vendor.join("SOURCE")).unwrap()).unwrap();
        let mut lying = Vec::new();
        sizes::walk(&vendor, &mut lying).unwrap();
        let mut found: Vec<(String, String)> = lying
            .iter()
            .filter(|path| !path.ends_with("SOURCE"))
            .map(|path| {
                let name = path.strip_prefix(&vendor).unwrap().to_string_lossy().into_owned();
                (hex(&Sha256::digest(fs::read(path).unwrap())), name)
            })
            .collect();
        found.sort_by(|a, b| a.1.cmp(&b.1));
        assert_eq!(found, source.files);
        let names: Vec<&str> = found.iter().map(|(_, name)| name.as_str()).collect();
        for needed in ["LICENSE.md", "openmct.js.gz", "espressoTheme.css.gz"] {
            assert!(names.contains(&needed), "{needed} is missing among {names:?}");
        }
    }

    #[test]
    fn a_source_is_read_back_as_it_is_written() {
        let source = Source {
            package: "openmct".into(),
            version: "1.2.3".into(),
            tarball: "ab".repeat(64),
            files: vec![("cd".repeat(32), "images/a.svg.gz".into())],
        };
        assert_eq!(Source::parse(&source.text()).unwrap(), source);
        let short = source.text().replace(&source.tarball, "ab");
        assert!(Source::parse(&short).unwrap_err().message.contains("tarball-sha512"));
        assert!(Source::parse("nonsense").unwrap_err().message.contains("nonsense"));
    }

    #[test]
    fn maps_types_examples_and_unused_parts_are_left_out() {
        for name in ["openmct.js", "espressoTheme.css", "fonts/Open-MCT-Symbols-16px.woff"] {
            assert!(is_taken(name), "{name}");
        }
        for name in ["openmct.js.map", "types/a.d.ts", "imagery/a.png", "darkmatterTheme.css"] {
            assert!(!is_taken(name), "{name}");
        }
    }
}
