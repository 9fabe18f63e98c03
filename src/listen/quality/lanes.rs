//! Sums over many samples, written so that the compiler can take several at once.
//!
//! The order of additions is fixed by the code, so results are the same on every machine.

const LANES: usize = 16;

/// Sum of samples.
pub fn sum(x: &[f32]) -> f32 {
    let mut lanes = [0f32; LANES];
    let (whole, rest) = x.as_chunks::<LANES>();
    for chunk in whole {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

/// Sum of products of two runs of equal length.
pub fn dot(x: &[f32], y: &[f32]) -> f32 {
    let mut lanes = [0f32; LANES];
    let (whole_x, rest_x) = x.as_chunks::<LANES>();
    let (whole_y, rest_y) = y.as_chunks::<LANES>();
    for (a, b) in whole_x.iter().zip(whole_y) {
        for ((lane, p), q) in lanes.iter_mut().zip(a).zip(b) {
            *lane += p * q;
        }
    }
    lanes.iter().sum::<f32>() + rest_x.iter().zip(rest_y).map(|(p, q)| p * q).sum::<f32>()
}

/// Largest magnitude.
pub fn peak(x: &[f32]) -> f32 {
    let mut lanes = [0f32; LANES];
    let (whole, rest) = x.as_chunks::<LANES>();
    for chunk in whole {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = if value.abs() > *lane { value.abs() } else { *lane };
        }
    }
    lanes.iter().chain(rest).fold(0.0, |peak, x| peak.max(x.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_agree_with_plain_loops() {
        let x: Vec<f32> = (0..101).map(|i| ((i * 37) % 17) as f32 - 8.0).collect();
        let y: Vec<f32> = (0..101).map(|i| ((i * 11) % 13) as f32 - 6.0).collect();
        assert_eq!(sum(&x), x.iter().sum::<f32>());
        assert_eq!(dot(&x, &y), x.iter().zip(&y).map(|(a, b)| a * b).sum::<f32>());
        assert_eq!(peak(&x[..50]), 8.0);
        assert_eq!((sum(&[]), dot(&[], &[]), peak(&[])), (0.0, 0.0, 0.0));
    }
}
