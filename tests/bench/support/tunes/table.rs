//! Shares with exact intervals, and thresholds that let no more than a share of a null through.

/// The 95 % interval of Clopper and Pearson (1934) for `hits` of `of`.
pub fn interval(hits: usize, of: usize) -> (f64, f64) {
    if of == 0 {
        return (0.0, 1.0);
    }
    let low = if hits == 0 { 0.0 } else { solve(|p| 1.0 - up_to(hits - 1, of, p), 0.025) };
    let high = if hits == of { 1.0 } else { solve(|p| 1.0 - up_to(hits, of, p), 0.975) };
    (low, high)
}

/// Where a rising function of 0..1 reaches a value.
fn solve(rising: impl Fn(f64) -> f64, value: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if rising(middle) < value { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// Chance of at most `k` of `n` at `p` each.
fn up_to(k: usize, n: usize, p: f64) -> f64 {
    if p <= 0.0 {
        return 1.0;
    }
    if p >= 1.0 {
        return f64::from(u8::from(k >= n));
    }
    let mut term = n as f64 * (1.0 - p).ln();
    let mut sum = term.exp();
    for i in 1..=k {
        term += ((n - i + 1) as f64 / i as f64).ln() + (p / (1.0 - p)).ln();
        sum += term.exp();
    }
    sum.min(1.0)
}

/// "37/44 = 84 % (70-93)".
pub fn share(hits: usize, of: usize) -> String {
    let (low, high) = interval(hits, of);
    let percent = 100.0 * hits as f64 / of.max(1) as f64;
    let places = usize::from(percent < 10.0);
    format!(
        "{hits}/{of} = {percent:.places$} % ({:.places$}-{:.places$})",
        100.0 * low,
        100.0 * high
    )
}

/// The least threshold that at most `share` of the values exceed.
pub fn threshold(values: &[f32], share: f64) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let allowed = (share * sorted.len() as f64) as usize;
    sorted.get(allowed).copied().unwrap_or(0.0)
}

/// Values at these shares, smallest first.
pub fn quantiles(values: &[f32], shares: &[f64]) -> Vec<f32> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let at = |s: &f64| ((s * sorted.len() as f64) as usize).min(sorted.len().saturating_sub(1));
    shares.iter().map(|s| sorted.get(at(s)).copied().unwrap_or(f32::NAN)).collect()
}
