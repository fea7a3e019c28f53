//! What bounds the memory of this process, as Linux tells it.
//!
//! A process may use what its setting, its own limits (`ulimit -v`, `-d`), its group, every group above that and the machine
//! allow. Groups are those of
//! version 2 (`memory.max` and `memory.high`) and of version 1 (`memory.limit_in_bytes`); where both are mounted both
//! count. What a group uses includes pages of files; those that the kernel drops first (`inactive_file`) do not count.

use std::fs;
use std::path::Path;

use super::Pressure;
use crate::group::{below, groups};

/// Limits of version 1 above this are none: the kernel writes the highest number of whole pages.
const NONE: u64 = 1 << 60;

/// One bound on memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// Who bounds: `setting`, `machine`, the line of `/proc/self/limits`, or the file of the group.
    pub source: String,
    /// Most bytes.
    pub limit: u64,
    /// Bytes in use under this bound that cannot be dropped at once.
    pub used: u64,
}

impl Bound {
    /// Bytes that are left.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.limit.saturating_sub(self.used)
    }

    /// Use over limit; 1 for a limit of 0.
    #[must_use]
    pub fn share(&self) -> f64 {
        if self.limit == 0 { 1.0 } else { self.used as f64 / self.limit as f64 }
    }
}

/// Every bound on the memory of this process, with the pressure that is told.
///
/// ```
/// use lunar_habitat_runtime::memory::Limits;
/// let limits = Limits::read(Some(1 << 30));
/// assert!(limits.limit().is_some_and(|limit| limit <= 1 << 30));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Limits {
    /// Bounds, those of groups from the own one to the root.
    pub bounds: Vec<Bound>,
    /// The worst of what machine and groups tell.
    pub pressure: Pressure,
}

impl Limits {
    /// Read what bounds this process now; `setting` is a bound of its own on what this process holds, bytes. A system that
    /// tells nothing bounds nothing.
    #[must_use]
    pub fn read(setting: Option<u64>) -> Limits {
        Limits::under(Path::new("/"), setting)
    }

    /// The same where `proc` and the mount points stand below `root`.
    pub(super) fn under(root: &Path, setting: Option<u64>) -> Limits {
        let text = |path: &str| fs::read_to_string(below(root, path)).unwrap_or_default();
        let mut limits = Limits::default();
        let status = text("/proc/self/status");
        if let Some(limit) = setting {
            let parts = ["RssAnon:", "RssShmem:"].map(|name| kilobytes(&status, name));
            let used = parts.into_iter().flatten().sum();
            limits.bounds.push(Bound { source: "setting".to_owned(), limit, used });
        }
        let own = text("/proc/self/limits");
        for (name, used) in [("Max address space", "VmSize:"), ("Max data size", "VmData:")] {
            let line = own.lines().find_map(|line| line.strip_prefix(name));
            let soft = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
            if let (Some(limit), Some(used)) = (soft, kilobytes(&status, used)) {
                limits.bounds.push(Bound { source: name.to_owned(), limit, used });
            }
        }
        let machine = text("/proc/meminfo");
        if let (Some(limit), Some(left)) =
            (kilobytes(&machine, "MemTotal:"), kilobytes(&machine, "MemAvailable:"))
        {
            let used = limit.saturating_sub(left);
            limits.bounds.push(Bound { source: "machine".to_owned(), limit, used });
        }
        limits.press(&text("/proc/pressure/memory"));
        for group in groups(root, "memory") {
            if group.is_v2 { limits.of_v2(&group.dir) } else { limits.of_v1(&group.dir) }
        }
        limits
    }

    fn of_v2(&mut self, group: &Path) {
        let number = |name: &str| {
            let text = fs::read_to_string(group.join(name)).ok()?;
            text.trim().parse::<u64>().ok()
        };
        let limits = ["memory.max", "memory.high"].map(|name| number(name).map(|n| (n, name)));
        let lowest = limits.into_iter().flatten().min();
        if let (Some((limit, name)), Some(current)) = (lowest, number("memory.current")) {
            self.group(group, name, limit, current, "inactive_file ");
        }
        if let Ok(text) = fs::read_to_string(group.join("memory.pressure")) {
            self.press(&text);
        }
    }

    fn of_v1(&mut self, group: &Path) {
        let number = |name: &str| {
            let text = fs::read_to_string(group.join(name)).ok()?;
            text.trim().parse::<u64>().ok()
        };
        let name = "memory.limit_in_bytes";
        let limit = number(name).filter(|limit| *limit < NONE);
        if let (Some(limit), Some(usage)) = (limit, number("memory.usage_in_bytes")) {
            self.group(group, name, limit, usage, "total_inactive_file ");
        }
    }

    fn group(&mut self, group: &Path, name: &str, limit: u64, usage: u64, droppable: &str) {
        let stat = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
        let dropped = stat
            .lines()
            .find_map(|line| line.strip_prefix(droppable))
            .and_then(|rest| rest.trim().parse::<u64>().ok())
            .unwrap_or(0);
        let source = group.join(name).display().to_string();
        self.bounds.push(Bound { source, limit, used: usage.saturating_sub(dropped) });
    }

    fn press(&mut self, text: &str) {
        if let Some(pressure) = Pressure::parse(text) {
            self.pressure = self.pressure.worst(pressure);
        }
    }

    /// The lowest limit, bytes; `None` where nothing bounds.
    #[must_use]
    pub fn limit(&self) -> Option<u64> {
        self.bounds.iter().map(|bound| bound.limit).min()
    }

    /// Fewest bytes that are left under any bound; `None` where nothing bounds.
    #[must_use]
    pub fn left(&self) -> Option<u64> {
        self.bounds.iter().map(Bound::left).min()
    }

    /// The bound that is nearest to its limit.
    #[must_use]
    pub fn tightest(&self) -> Option<&Bound> {
        self.bounds.iter().max_by(|a, b| a.share().total_cmp(&b.share()))
    }
}

/// The line that begins with `name` and counts kilobytes, in bytes.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse::<u64>().ok().map(|number| number * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1 << 20;

    /// A machine of 4 GiB with 1 GiB free, as files.
    fn machine(own: &str, mounts: &str, files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let meminfo = "MemTotal: 4194304 kB\nMemFree: 1 kB\nMemAvailable: 1048576 kB\n";
        let status = "VmRSS: 9 kB\nRssAnon: 2048 kB\nRssFile: 7 kB\nRssShmem: 1024 kB\n";
        let fixed = [
            ("/proc/meminfo", meminfo),
            ("/proc/self/status", status),
            ("/proc/self/cgroup", own),
            ("/proc/self/mountinfo", mounts),
        ];
        for (path, text) in fixed.iter().chain(files) {
            let path = below(root.path(), path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    const V2: &str = "30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

    #[test]
    fn the_limit_of_a_group_far_above_counts() {
        let root = machine(
            "0::/slice/service/inner\n",
            V2,
            &[
                ("/sys/fs/cgroup/slice/memory.max", "536870912\n"),
                ("/sys/fs/cgroup/slice/memory.high", "max\n"),
                ("/sys/fs/cgroup/slice/memory.current", "419430400\n"),
                ("/sys/fs/cgroup/slice/memory.stat", "anon 5\ninactive_file 104857600\n"),
                (
                    "/sys/fs/cgroup/slice/memory.pressure",
                    "some avg10=7.00 avg60=0 avg300=0 total=1\nfull avg10=1.00 avg60=0 avg300=0 total=1\n",
                ),
                ("/sys/fs/cgroup/slice/service/memory.max", "max\n"),
                ("/sys/fs/cgroup/slice/service/memory.high", "734003200\n"),
                ("/sys/fs/cgroup/slice/service/memory.current", "419430400\n"),
                ("/sys/fs/cgroup/slice/service/inner/memory.max", "max\n"),
                ("/sys/fs/cgroup/slice/service/inner/memory.high", "max\n"),
                ("/sys/fs/cgroup/slice/service/inner/memory.current", "1\n"),
            ],
        );
        let limits = Limits::under(root.path(), None);
        assert_eq!(limits.bounds.len(), 3, "{limits:?}");
        assert_eq!(limits.limit(), Some(512 * MB));
        // 400 MB in use, of which 100 can be dropped.
        assert_eq!(limits.left(), Some(212 * MB));
        assert_eq!(limits.pressure, Pressure { some: 0.07, full: 0.01 });
        let tightest = limits.tightest().unwrap();
        assert_eq!(tightest.source, "machine", "3 of 4 GiB are in use: {limits:?}");
    }

    #[test]
    fn groups_of_version_1_count_with_their_parents() {
        let mounts = "31 20 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
                      32 20 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
                      33 20 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let root = machine(
            "4:memory:/job/task\n1:cpu:/elsewhere\n0::/\n",
            mounts,
            &[
                ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
                ("/sys/fs/cgroup/memory/memory.usage_in_bytes", "99\n"),
                ("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "268435456\n"),
                ("/sys/fs/cgroup/memory/job/memory.usage_in_bytes", "209715200\n"),
                (
                    "/sys/fs/cgroup/memory/job/memory.stat",
                    "inactive_file 7\ntotal_inactive_file 52428800\n",
                ),
                ("/sys/fs/cgroup/memory/job/task/memory.limit_in_bytes", "9223372036854771712\n"),
                ("/sys/fs/cgroup/memory/job/task/memory.usage_in_bytes", "5\n"),
                ("/sys/fs/cgroup/unified/cgroup.procs", "1\n"),
            ],
        );
        let limits = Limits::under(root.path(), None);
        assert_eq!(limits.bounds.len(), 2, "{limits:?}");
        assert_eq!((limits.limit(), limits.left()), (Some(256 * MB), Some(106 * MB)));
    }

    #[test]
    fn a_container_that_sees_its_own_group_as_the_root() {
        let mounts = "30 20 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
        let files = [
            ("/sys/fs/cgroup/memory.max", "104857600\n"),
            ("/sys/fs/cgroup/memory.current", "1048576\n"),
        ];
        for own in ["0::/docker/abc\n", "0::/\n", "0::/../other\n"] {
            let limits = Limits::under(machine(own, mounts, &files).path(), None);
            assert_eq!(limits.limit(), Some(100 * MB), "{own}");
        }
    }

    #[test]
    fn a_setting_bounds_what_the_process_itself_holds() {
        let root = machine("", "", &[]);
        let limits = Limits::under(root.path(), Some(10 * MB));
        assert_eq!(
            limits.bounds[0],
            Bound { source: "setting".into(), limit: 10 * MB, used: 3 * MB }
        );
        assert_eq!(limits.left(), Some(7 * MB));
    }

    #[test]
    fn limits_of_the_process_itself_count() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                      Max data size             unlimited            unlimited            bytes\n\
                      Max address space         20971520             unlimited            bytes\n";
        let root = machine("", "", &[("/proc/self/limits", limits)]);
        let status = "VmSize: 16384 kB\nVmData: 1 kB\n";
        fs::write(root.path().join("proc/self/status"), status).unwrap();
        let limits = Limits::under(root.path(), None);
        assert_eq!((limits.limit(), limits.left()), (Some(20 * MB), Some(4 * MB)), "{limits:?}");
    }

    /// A child under a limit of its own sees it; where there is no shell the reason is printed.
    #[test]
    #[allow(clippy::print_stdout)]
    fn a_child_under_a_limit_sees_it() {
        if std::env::var_os("MEMORY_LIMIT_CHILD").is_some() {
            let limits = Limits::read(None);
            assert!(limits.left().is_some_and(|left| left < 400 * MB), "{limits:?}");
            return;
        }
        let name = "memory::limit::tests::a_child_under_a_limit_sees_it";
        let line = format!("ulimit -v 409600 && exec \"$0\" --exact {name} --test-threads 1");
        let program = std::env::current_exe().unwrap();
        let run = std::process::Command::new("sh")
            .args(["-c", &line])
            .arg(program)
            .env("MEMORY_LIMIT_CHILD", "1")
            .output();
        match run {
            Ok(run) => assert!(run.status.success(), "{run:?}"),
            Err(error) => println!("skipped: no shell: {error}"),
        }
    }

    #[test]
    fn a_system_that_tells_nothing_bounds_nothing() {
        let root = tempfile::tempdir().unwrap();
        let limits = Limits::under(root.path(), None);
        assert_eq!((limits.limit(), limits.left()), (None, None));
    }
}
