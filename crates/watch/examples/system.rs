//! The machine and this process for a while, one look a second: `cargo run -p lunar-habitat-watch --example system -- 10`.
#![allow(clippy::print_stdout)] // The figures are what it is for.

use std::time::Duration;

use lunar_habitat_watch::system::{Gpu, Machine, MachineUse, Own, Stall};

fn main() {
    let looks = std::env::args().nth(1).and_then(|count| count.parse::<u32>().ok()).unwrap_or(5);
    let (mut machine, mut own) = (Machine::now(), Own::now());
    for _ in 0..looks {
        std::thread::sleep(Duration::from_secs(1));
        let (machine_now, own_now) = (Machine::now(), Own::now());
        show(&machine_now.since(&machine));
        let used = own_now.since(&own);
        for thread in &used.threads {
            println!(
                "  {:16} {:2} threads, {:.3} s on processors",
                thread.name, thread.count, thread.cpu_s
            );
        }
        (machine, own) = (machine_now, own_now);
    }
    for gpu in Gpu::all() {
        println!("{gpu:?}");
    }
}

fn show(used: &MachineUse) {
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    let busy: Vec<String> = used.processors.iter().map(|busy| percent(*busy)).collect();
    let stall =
        |stall: Option<Stall>| stall.map_or_else(|| "–".to_owned(), |one| percent(one.some));
    println!(
        "processors {}; waiting for processors {}, memory {}, disks {}",
        busy.join(" "),
        stall(used.processor_stall),
        stall(used.memory_stall),
        stall(used.disk_stall)
    );
    if let Some((in_use, all)) = used.memory {
        println!("  memory {:.1} of {:.1} GB", in_use as f64 / 1e9, all as f64 / 1e9);
    }
    for disk in &used.disks {
        let (read, written) = (disk.read_s / 1e6, disk.written_s / 1e6);
        println!(
            "  {:8} {read:.1} MB/s read, {written:.1} MB/s written, busy {}",
            disk.name,
            percent(disk.busy)
        );
    }
    for one in &used.networks {
        let (received, sent) = (one.received_s / 1e3, one.sent_s / 1e3);
        println!("  {:8} {received:.1} kB/s received, {sent:.1} kB/s sent", one.name);
    }
}
