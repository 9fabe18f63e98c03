//! Times in a sound, in words: one way for every surface. Must never know what the time is now.

/// "3:07", or "1:02:45" from an hour on, to the nearest second; before the start is the start.
pub fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    if whole >= 3600 {
        format!("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
    } else {
        format!("{}:{:02}", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_minutes_and_hours() {
        assert_eq!([0.0, -3.0, 187.4, 3765.0].map(clock), ["0:00", "0:00", "3:07", "1:02:45"]);
    }
}
