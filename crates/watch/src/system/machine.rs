//! The whole machine.

use std::time::Instant;

use serde::Serialize;

/// Share of time in which tasks waited for something, over the last ten seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Stall {
    /// At least one task waited, 0 to 1.
    pub some: f64,
    /// All tasks waited, 0 to 1; not told for processors, where it is 0.
    pub full: f64,
}

/// Counters of a disk.
#[derive(Debug, Clone, PartialEq, Default)]
struct Disk {
    name: String,
    read: u64,
    written: u64,
    busy_ms: u64,
}

/// Counters of a network interface.
#[derive(Debug, Clone, PartialEq, Default)]
struct Network {
    name: String,
    received: u64,
    sent: u64,
}

/// A look at the counters of the machine.
///
/// ```
/// use lunar_habitat_watch::system::Machine;
/// let before = Machine::now();
/// std::thread::sleep(std::time::Duration::from_millis(20));
/// let used = Machine::now().since(&before);
/// assert!(used.processors.iter().all(|busy| (0.0..=1.0).contains(busy)));
/// ```
#[derive(Debug, Clone)]
pub struct Machine {
    at: Instant,
    /// Busy and all ticks of each processor.
    processors: Vec<(u64, u64)>,
    disks: Vec<Disk>,
    networks: Vec<Network>,
    load: Option<[f64; 3]>,
    memory: Option<(u64, u64)>,
    swap: Option<(u64, u64)>,
    stalls: [Option<Stall>; 3],
}

/// A disk between two looks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiskUse {
    /// Name of the device.
    pub name: String,
    /// Bytes read, 1/s.
    pub read_s: f64,
    /// Bytes written, 1/s.
    pub written_s: f64,
    /// Share of the time in which it had something to do, 0 to 1.
    pub busy: f64,
}

/// A network interface between two looks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NetworkUse {
    /// Name of the interface.
    pub name: String,
    /// Bytes received, 1/s.
    pub received_s: f64,
    /// Bytes sent, 1/s.
    pub sent_s: f64,
}

/// What the machine did between two looks, and how it stands at the later one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MachineUse {
    /// Time between the looks, s.
    pub span_s: f64,
    /// Share of the time that each processor was busy, 0 to 1.
    pub processors: Vec<f64>,
    /// Mean numbers of tasks that ran or wanted to over 1, 5 and 15 minutes.
    pub load: Option<[f64; 3]>,
    /// Memory in use that cannot be had back at once, and all, bytes.
    pub memory: Option<(u64, u64)>,
    /// Swap in use, and all, bytes.
    pub swap: Option<(u64, u64)>,
    /// Waiting for processors.
    pub processor_stall: Option<Stall>,
    /// Waiting for memory.
    pub memory_stall: Option<Stall>,
    /// Waiting for disks.
    pub disk_stall: Option<Stall>,
    /// Disks that are whole devices.
    pub disks: Vec<DiskUse>,
    /// Network interfaces.
    pub networks: Vec<NetworkUse>,
}

impl Machine {
    /// Look now.
    #[must_use]
    pub fn now() -> Machine {
        let mut machine = Machine {
            at: Instant::now(),
            processors: Vec::new(),
            disks: Vec::new(),
            networks: Vec::new(),
            load: None,
            memory: None,
            swap: None,
            stalls: [None; 3],
        };
        machine.read();
        machine
    }

    #[cfg(not(target_os = "linux"))]
    fn read(&mut self) {}

    #[cfg(target_os = "linux")]
    fn read(&mut self) {
        use procfs::{Current, CurrentSI};
        if let Ok(counts) = procfs::KernelStats::current() {
            let ticks = |cpu: &procfs::CpuTime| {
                let idle = cpu.idle + cpu.iowait.unwrap_or(0);
                let more = [cpu.irq, cpu.softirq, cpu.steal];
                let busy = cpu.user + cpu.nice + cpu.system + more.iter().flatten().sum::<u64>();
                (busy, busy + idle)
            };
            self.processors = counts.cpu_time.iter().map(ticks).collect();
        }
        self.load = procfs::LoadAverage::current()
            .ok()
            .map(|load| [load.one, load.five, load.fifteen].map(f64::from));
        if let Ok(memory) = procfs::Meminfo::current() {
            let free = memory.mem_available.unwrap_or(memory.mem_free);
            self.memory = Some((memory.mem_total.saturating_sub(free), memory.mem_total));
            self.swap =
                Some((memory.swap_total.saturating_sub(memory.swap_free), memory.swap_total));
        }
        let share = |some: f32, full: f32| {
            Some(Stall { some: f64::from(some) / 100.0, full: f64::from(full) / 100.0 })
        };
        self.stalls = [
            procfs::CpuPressure::current().ok().and_then(|one| share(one.some.avg10, 0.0)),
            procfs::MemoryPressure::current()
                .ok()
                .and_then(|one| share(one.some.avg10, one.full.avg10)),
            procfs::IoPressure::current()
                .ok()
                .and_then(|one| share(one.some.avg10, one.full.avg10)),
        ];
        if let Ok(disks) = procfs::diskstats() {
            let is_whole = |disk: &procfs::DiskStat| {
                let path = format!("/sys/block/{}", disk.name);
                !disk.name.starts_with("loop")
                    && !disk.name.starts_with("ram")
                    && std::path::Path::new(&path).exists()
            };
            self.disks = disks
                .iter()
                .filter(|disk| is_whole(disk))
                .map(|disk| Disk {
                    name: disk.name.clone(),
                    // A sector of these counters is 512 bytes whatever the disk has.
                    read: disk.sectors_read * 512,
                    written: disk.sectors_written * 512,
                    busy_ms: disk.time_in_progress,
                })
                .collect();
        }
        if let Ok(networks) = procfs::net::dev_status() {
            self.networks = networks
                .into_values()
                .map(|one| Network {
                    name: one.name,
                    received: one.recv_bytes,
                    sent: one.sent_bytes,
                })
                .collect();
            self.networks.sort_by(|a, b| a.name.cmp(&b.name));
        }
    }

    /// What happened since an earlier look.
    #[must_use]
    pub fn since(&self, earlier: &Machine) -> MachineUse {
        let span_s = self.at.saturating_duration_since(earlier.at).as_secs_f64();
        let rate = |now: u64, before: u64| {
            if span_s > 0.0 { now.saturating_sub(before) as f64 / span_s } else { 0.0 }
        };
        let processors = self.processors.iter().zip(&earlier.processors).map(|(now, before)| {
            let (busy, all) = (now.0.saturating_sub(before.0), now.1.saturating_sub(before.1));
            if all > 0 { (busy as f64 / all as f64).min(1.0) } else { 0.0 }
        });
        let disks = self.disks.iter().filter_map(|now| {
            let before = earlier.disks.iter().find(|one| one.name == now.name)?;
            Some(DiskUse {
                name: now.name.clone(),
                read_s: rate(now.read, before.read),
                written_s: rate(now.written, before.written),
                busy: (rate(now.busy_ms, before.busy_ms) / 1e3).min(1.0),
            })
        });
        let networks = self.networks.iter().filter_map(|now| {
            let before = earlier.networks.iter().find(|one| one.name == now.name)?;
            Some(NetworkUse {
                name: now.name.clone(),
                received_s: rate(now.received, before.received),
                sent_s: rate(now.sent, before.sent),
            })
        });
        MachineUse {
            span_s,
            processors: processors.collect(),
            load: self.load,
            memory: self.memory,
            swap: self.swap,
            processor_stall: self.stalls[0],
            memory_stall: self.stalls[1],
            disk_stall: self.stalls[2],
            disks: disks.collect(),
            networks: networks.collect(),
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_machine_tells_of_every_processor_and_of_its_memory() {
        let before = Machine::now();
        let mut sum = 0_u64;
        for i in 0..100_000_000_u64 {
            sum = std::hint::black_box(sum.wrapping_add(i));
        }
        let used = Machine::now().since(&before);
        assert!(used.span_s > 0.0 && !used.processors.is_empty(), "{sum}");
        assert!(used.processors.iter().any(|busy| *busy > 0.0));
        let (in_use, all) = used.memory.unwrap();
        assert!(in_use > 0 && in_use < all);
        assert!(used.load.unwrap().iter().all(|load| *load >= 0.0));
        assert!(used.networks.iter().any(|one| one.name == "lo"));
    }

    #[test]
    fn counters_become_rates() {
        let later = |seconds: f64, gone: u64| Machine {
            at: before_all() + std::time::Duration::from_secs_f64(seconds),
            processors: vec![(100 + gone, 200 + 2 * gone), (0, 0)],
            disks: vec![Disk {
                name: "sda".into(),
                read: 512 * gone,
                written: 1_024 * gone,
                busy_ms: 5 * gone,
            }],
            networks: vec![Network { name: "lo".into(), received: gone, sent: 3 * gone }],
            load: None,
            memory: None,
            swap: None,
            stalls: [None; 3],
        };
        fn before_all() -> Instant {
            static BEGUN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
            *BEGUN.get_or_init(Instant::now)
        }
        let used = later(2.0, 200).since(&later(0.0, 0));
        assert_eq!((used.span_s, used.processors), (2.0, vec![0.5, 0.0]));
        let disk =
            DiskUse { name: "sda".into(), read_s: 51_200.0, written_s: 102_400.0, busy: 0.5 };
        assert_eq!(used.disks, [disk]);
        let network = NetworkUse { name: "lo".into(), received_s: 100.0, sent_s: 300.0 };
        assert_eq!(used.networks, [network]);
        // Counters that went back, and a disk that was not there before.
        let odd = Machine { disks: Vec::new(), ..later(0.0, 200) };
        let used = later(1.0, 100).since(&odd);
        assert!(used.disks.is_empty() && used.networks[0].sent_s == 0.0, "{used:?}");
        assert_eq!(used.processors, [0.0, 0.0]);
    }

    /// Name of the whole device behind a file; none where no disk is, as in memory and on layers of several.
    fn disk_of(file: &std::fs::File) -> Option<String> {
        use std::os::linux::fs::MetadataExt;
        let device = file.metadata().ok()?.st_dev();
        let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
        let path = std::fs::canonicalize(format!("/sys/dev/block/{major}:{minor}")).ok()?;
        let name = |path: &std::path::Path| Some(path.file_name()?.to_str()?.to_owned());
        // A partition lies below its device.
        if path.join("partition").exists() { name(path.parent()?) } else { name(&path) }
    }

    #[test]
    fn bytes_on_a_disk_are_counted() {
        let before = Machine::now();
        let dir = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let file = std::fs::File::create(dir.path().join("x")).unwrap();
        let Some(disk) = disk_of(&file) else { return };
        if !before.disks.iter().any(|one| one.name == disk) {
            return;
        }
        // What does not compress: the file system may.
        let mut state = 1_u64;
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .take(8 << 20)
        .collect();
        std::io::Write::write_all(&mut &file, &bytes).unwrap();
        file.sync_all().unwrap();
        let used = Machine::now().since(&before);
        let own = used.disks.iter().find(|one| one.name == disk).unwrap();
        let written = own.written_s * used.span_s;
        // Rates of a time that is measured: to the rounding.
        assert!(written >= 0.999 * f64::from(8 << 20), "{written} {:?}", used.disks);
        assert!(used.disks.iter().all(|one| (0.0..=1.0).contains(&one.busy)));
    }
}
