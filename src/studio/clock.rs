//! Time, given to the studio from outside so that tests can stand still.

use rustix::time::{ClockId, clock_gettime};
use std::time::Instant;

/// A source of time.
pub trait Clock: Send + Sync {
    /// Now, RFC 3339 in UTC with milliseconds.
    fn now(&self) -> String;
    /// Milliseconds since 1970.
    fn unix_ms(&self) -> u64;
    /// Seconds since some fixed moment; never goes back.
    fn monotonic_s(&self) -> f64;
    /// Processor seconds this process has used.
    fn cpu_s(&self) -> f64;
}

/// The system's clocks.
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// Starts now.
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> String {
        let now = jiff::Timestamp::now();
        format!("{now:.3}")
    }

    fn unix_ms(&self) -> u64 {
        jiff::Timestamp::now().as_millisecond().try_into().unwrap_or(0)
    }

    fn monotonic_s(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    fn cpu_s(&self) -> f64 {
        let used = clock_gettime(ClockId::ProcessCPUTime);
        used.tv_sec as f64 + used.tv_nsec as f64 * 1e-9
    }
}

/// A clock that moves a second with every look. For tests.
#[derive(Default)]
pub struct SteppingClock(std::sync::atomic::AtomicU64);

impl Clock for SteppingClock {
    fn now(&self) -> String {
        let s = self.unix_ms() / 1000;
        format!("2026-01-01T{:02}:{:02}:{:02}.000Z", s / 3600 % 24, s / 60 % 60, s % 60)
    }

    fn unix_ms(&self) -> u64 {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) * 1000
    }

    fn monotonic_s(&self) -> f64 {
        self.unix_ms() as f64 / 1000.0
    }

    fn cpu_s(&self) -> f64 {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_contract_has_them() {
        let clock = SystemClock::new();
        let now = clock.now();
        assert_eq!(now.len(), "2026-01-01T00:00:00.000Z".len(), "{now}");
        assert!(now.ends_with('Z'));
        let a = clock.cpu_s();
        let mut x = 0u64;
        for i in 0..20_000_000u64 {
            x = x.wrapping_add(i * i);
        }
        assert!(clock.cpu_s() >= a && x != 1);
    }
}
