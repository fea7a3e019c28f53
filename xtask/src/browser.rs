//! The page of mission control, driven in a real browser against a real server.
//!
//! The tests in `web/tests` run with node's own test runner. They need `node` and `npm`, which fetch `playwright-core` – it
//! speaks to browsers and brings none – and the Chromium of the system. Where one of these is missing the step says so in a
//! line and passes: the page is no part of what other tests need.
//!
//! Everything is put below `target/web/tests`: a copy of the tests beside the packages that `npm ci` takes from the lock
//! file, and pictures of every page in `pictures`. Another browser is chosen with the variable `CHROMIUM`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Failure, execute, program, root, web};

/// Where Debian and its like put the browser; other names are looked for on the path.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Build the program, fetch what the tests need, run them.
pub(crate) fn run() -> Result<(), Failure> {
    let browser = match missing() {
        Ok(browser) => browser,
        Err(sentence) => {
            eprintln!("left out: the page of mission control in a browser, for want of {sentence}");
            return Ok(());
        }
    };
    let program = program()?;
    let place = web::target().join("web").join("tests");
    copy(&root().join("web").join("tests"), &place)?;
    install(&place)?;
    let pictures = place.join("pictures");
    let mut tests = Command::new("node");
    tests.args(["--test", "--test-concurrency=1"]).current_dir(&place);
    tests.env("LUNAR_HABITAT", program).env("CHROMIUM", browser).env("PICTURES", &pictures);
    execute(&mut tests)?;
    eprintln!("pictures of every page: {}", pictures.display());
    Ok(())
}

/// The browser, or what is missing.
fn missing() -> Result<PathBuf, String> {
    let absent: Vec<&str> =
        ["node", "npm"].into_iter().filter(|name| find(name).is_none()).collect();
    let browser = match env::var_os("CHROMIUM") {
        Some(path) => Some(PathBuf::from(path)).filter(|path| path.exists()),
        None => BROWSERS.iter().find_map(|name| find(name)),
    };
    match (absent.as_slice(), browser) {
        ([], Some(browser)) => Ok(browser),
        (absent, browser) => {
            let mut names = absent.to_vec();
            if browser.is_none() {
                names.push("chromium");
            }
            Err(format!("{}; `apt-get install nodejs npm chromium` brings them", names.join(", ")))
        }
    }
}

/// A program on the path.
fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Put the files of the tests beside where their packages are; old ones go.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let failed = |error| {
        Failure::new(format!("cannot copy {} to {}: {error}", from.display(), to.display()))
    };
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(to).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "mjs") {
            fs::remove_file(path).map_err(failed)?;
        }
    }
    for entry in fs::read_dir(from).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_test =
            path.extension().is_some_and(|extension| extension == "mjs" || extension == "json");
        if let (true, Some(name)) = (is_test, path.file_name()) {
            fs::copy(&path, to.join(name)).map_err(failed)?;
        }
    }
    Ok(())
}

/// Fetch the packages of the lock file, unless those that are there are of the same one.
fn install(place: &Path) -> Result<(), Failure> {
    let lock = place.join("package-lock.json");
    let installed = place.join("node_modules").join("of-lock-file");
    let wanted = fs::read(&lock)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", lock.display())))?;
    if fs::read(&installed).is_ok_and(|known| known == wanted) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]).current_dir(place);
    execute(&mut npm)?;
    fs::write(&installed, wanted)
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", installed.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tests_name_one_exact_version_of_what_drives_the_browser() {
        let folder = root().join("web").join("tests");
        let read = |name: &str| -> serde_json::Value {
            serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
        };
        let (asked, lock) = (read("package.json"), read("package-lock.json"));
        let packages = asked["dependencies"].as_object().unwrap();
        assert_eq!(packages.keys().collect::<Vec<_>>(), ["playwright-core"]);
        let version = packages["playwright-core"].as_str().unwrap();
        assert!(version.starts_with(|first: char| first.is_ascii_digit()), "{version}");
        let locked = &lock["packages"]["node_modules/playwright-core"];
        assert_eq!(locked["version"], version);
        assert!(locked["integrity"].as_str().unwrap().starts_with("sha512-"));
    }

    #[test]
    fn the_page_asks_nothing_of_other_places() {
        let mut files = Vec::new();
        crate::sizes::walk(&root().join("web").join("mission-control"), &mut files).unwrap();
        assert!(files.len() > 20, "{files:?}");
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            // The name of SVG is no address, and the WebSocket goes to where the page is from.
            let own = ["http://www.w3.org/2000/svg", "://${location.host}$"];
            let is_foreign =
                |line: &&str| line.contains("://") && !own.iter().any(|known| line.contains(known));
            let foreign: Vec<&str> = text.lines().filter(is_foreign).collect();
            assert_eq!(foreign, Vec::<&str>::new(), "{}", file.display());
        }
        let index = fs::read_to_string(root().join("web/mission-control/index.html")).unwrap();
        assert!(!index.contains("<style") && !index.contains(" style="), "styles stand in files");
        let scripts = index.matches("<script").count();
        assert_eq!(
            scripts,
            index.matches("<script src=").count()
                + index.matches("<script type=\"module\" src=").count()
        );
    }

    #[test]
    fn what_is_not_there_is_named() {
        assert!(find("no-such-program-anywhere").is_none());
        assert!(find("cargo").is_some() || find("rustc").is_some() || find("sh").is_some());
    }
}
