//! Control groups of Linux: those that this process is in, and every one above.

use std::fs;
use std::path::{Path, PathBuf};

/// A group that bounds this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    /// Of the second version of the hierarchy, else of the first.
    pub(crate) is_v2: bool,
    /// Folder with its files.
    pub(crate) dir: PathBuf,
}

/// The groups of a controller, from the own one up to what is mounted: of both versions where both are. `proc` and the mount
/// points are looked for below `root`.
pub(crate) fn groups(root: &Path, controller: &str) -> Vec<Group> {
    let text = |path: &str| fs::read_to_string(below(root, path)).unwrap_or_default();
    let (own, mounts) = (text("/proc/self/cgroup"), text("/proc/self/mountinfo"));
    let mut found = Vec::new();
    for mount in mounts.lines().filter_map(|line| Mount::of(line, controller)) {
        let Some(path) = own.lines().find_map(|line| mount.path_of(line, controller)) else {
            continue;
        };
        let top = below(root, &mount.point);
        let mut dir = top.join(path.trim_start_matches('/'));
        if !dir.is_dir() {
            // A path of another name space: what is mounted is all that is seen of it.
            dir = top.clone();
        }
        loop {
            found.push(Group { is_v2: mount.is_v2, dir: dir.clone() });
            if dir == top || !dir.pop() {
                break;
            }
        }
    }
    found
}

/// A mounted hierarchy of groups.
struct Mount {
    is_v2: bool,
    /// The group that is mounted.
    root: String,
    point: String,
}

impl Mount {
    /// From a line of `mountinfo`: `id parent device root point options … - type source options`.
    fn of(line: &str, controller: &str) -> Option<Mount> {
        let (front, back) = line.split_once(" - ")?;
        let mut back = back.split(' ');
        let is_v2 = match back.next()? {
            "cgroup2" => true,
            "cgroup" if back.next_back()?.split(',').any(|option| option == controller) => false,
            _ => return None,
        };
        let mut front = front.split(' ').skip(3);
        Some(Mount { is_v2, root: unescaped(front.next()?), point: unescaped(front.next()?) })
    }

    /// The path below the mount point, from a line of `/proc/self/cgroup`: `number:controllers:path`.
    fn path_of(&self, line: &str, controller: &str) -> Option<String> {
        let mut parts = line.splitn(3, ':');
        let (number, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let is_own = if self.is_v2 {
            number == "0" && controllers.is_empty()
        } else {
            controllers.split(',').any(|name| name == controller)
        };
        let inside = path.strip_prefix(self.root.trim_end_matches('/')).unwrap_or(path);
        is_own.then(|| inside.to_owned())
    }
}

/// `mountinfo` writes blanks as octal numbers.
fn unescaped(text: &str) -> String {
    text.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
}

/// An absolute path, below another root.
pub(crate) fn below(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}
