//! The program as a child: what it printed, the processor time it took, the memory it held.
//!
//! Processor time comes from the kernel's account of the child, so other work on the machine does
//! not count; memory is the peak that the kernel recorded. Linux only, like `/proc`.

use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What a run took.
#[derive(Clone, Debug)]
pub struct Run {
    /// Standard output.
    pub out: String,
    /// Processor time of all its threads, seconds.
    pub cpu_s: f64,
    /// Time on the clock, seconds.
    pub wall_s: f64,
    /// Most memory it held, bytes.
    pub peak_bytes: u64,
    /// It ended well.
    pub good: bool,
}

impl Run {
    /// Standard output as JSON; the last line where there are several.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .or_else(|_| serde_json::from_str(self.out.lines().last().unwrap_or_default()))
            .unwrap_or_else(|e| panic!("{e}: {}", self.out))
    }
}

/// Runs leitmotif in a home.
pub fn leitmotif<S: AsRef<OsStr>>(home: &Path, arguments: &[S]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leitmotif"));
    command.arg("--json").arg("--home").arg(home).args(arguments);
    let run = measure(command);
    assert!(run.good, "leitmotif failed: {}", run.out);
    run
}

/// Runs any command.
pub fn measure(mut command: Command) -> Run {
    let before = children_cpu_s();
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the command can be run");
    let mut stdout = child.stdout.take().expect("its output is piped");
    let reader = thread::spawn(move || {
        let mut text = String::new();
        let _ = stdout.read_to_string(&mut text);
        text
    });
    let mut peak_bytes = 0;
    let status = loop {
        peak_bytes = peak_bytes.max(high_water(child.id()));
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            break status;
        }
        thread::sleep(Duration::from_millis(20));
    };
    Run {
        out: reader.join().expect("the reader ends"),
        cpu_s: children_cpu_s() - before,
        wall_s: start.elapsed().as_secs_f64(),
        peak_bytes,
        good: status.success(),
    }
}

/// `VmHWM` of a process that still runs.
fn high_water(id: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

/// User and system time of all children that were waited for: fields 16 and 17 of `/proc/self/stat`.
fn children_cpu_s() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = text.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after.split_whitespace().collect();
    let ticks = |n: usize| fields.get(n).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    // The kernel counts a hundred ticks a second on every Linux.
    (ticks(13) + ticks(14)) / 100.0
}
