//! Graphics processors of NVIDIA, as their driver tells.

use std::process::Command;

use serde::Serialize;

/// How a graphics processor stands now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gpu {
    /// What it is called.
    pub name: String,
    /// Share of the last second in which it computed, 0 to 1.
    pub busy: f64,
    /// Memory in use, bytes.
    pub used_bytes: u64,
    /// Memory that it has, bytes.
    pub total_bytes: u64,
}

impl Gpu {
    /// The graphics processors of this machine: none where the program `nvidia-smi` is not there. It takes some hundred
    /// milliseconds.
    #[must_use]
    pub fn all() -> Vec<Gpu> {
        let asked = [
            "--query-gpu=name,utilization.gpu,memory.used,memory.total",
            "--format=csv,noheader,nounits",
        ];
        let told = Command::new("nvidia-smi").args(asked).output();
        told.ok()
            .filter(|told| told.status.success())
            .map_or_else(Vec::new, |told| Gpu::parse(&String::from_utf8_lossy(&told.stdout)))
    }

    /// Lines of name, percent, and mebibytes used and in all, between commas; other lines are left out.
    ///
    /// ```
    /// use lunar_habitat_watch::system::Gpu;
    /// let read = Gpu::parse("NVIDIA H200, 37, 1024, 143771\nno devices\n");
    /// assert_eq!((read.len(), read[0].busy, read[0].used_bytes), (1, 0.37, 1 << 30));
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Vec<Gpu> {
        let line = |line: &str| {
            let mut cells = line.rsplit(',').map(str::trim);
            let mut number = || cells.next()?.parse::<f64>().ok();
            let (total, used, percent) = (number()?, number()?, number()?);
            let name = cells.next()?.to_owned();
            let bytes = |mebibytes: f64| (mebibytes * 1_048_576.0) as u64;
            Some(Gpu {
                name,
                busy: percent / 100.0,
                used_bytes: bytes(used),
                total_bytes: bytes(total),
            })
        };
        text.lines().filter_map(line).collect()
    }
}
