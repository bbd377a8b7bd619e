//! Whether two sets of times differ.

/// What a comparison found.
#[derive(Debug)]
pub struct Difference {
    /// The Mann-Whitney U of the first set in standard deviations: it ranks, so that a few answers
    /// that a busy machine held up weigh no more than others. Above 0 the first set is slower.
    pub deviations: f64,
    /// In seconds: for whoever reads why a comparison failed.
    #[allow(dead_code)]
    pub medians: [f64; 2],
}

/// Compares two sets of times.
pub fn difference(one: &[f64], other: &[f64]) -> Difference {
    let mut all: Vec<(f64, bool)> = one.iter().map(|time| (*time, true)).collect();
    all.extend(other.iter().map(|time| (*time, false)));
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Equal times share their ranks.
    let mut ranks = 0.0;
    let mut start = 0;
    while start < all.len() {
        let same = all[start..]
            .iter()
            .take_while(|(time, _)| time.total_cmp(&all[start].0).is_eq());
        let (same, ones) = same.fold((0, 0), |(n, ones), (_, is_one)| {
            (n + 1, ones + usize::from(*is_one))
        });
        let mean = f64::midpoint(as_f64(start + 1), as_f64(start + same));
        ranks += mean * as_f64(ones);
        start += same;
    }
    let (n, m) = (as_f64(one.len()), as_f64(other.len()));
    let u = ranks - n * (n + 1.0) / 2.0;
    let deviation = (n * m * (n + m + 1.0) / 12.0).sqrt();
    Difference {
        deviations: (u - n * m / 2.0) / deviation,
        medians: [median(one), median(other)],
    }
}

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[allow(clippy::cast_precision_loss)]
fn as_f64(count: usize) -> f64 {
    count as f64
}

/// It has to see a difference of a thousandth that is there, through what a busy machine does.
#[test]
fn a_small_difference_shows_and_noise_does_not() {
    let noise = |number: usize| {
        let byte = f64::from(auth_api::foundation::secret::random_bytes::<1>()[0]);
        byte * 5e-6 + if number.is_multiple_of(9) { 0.2 } else { 0.0 }
    };
    let set =
        |shift: f64| -> Vec<f64> { (0..80).map(|number| 0.15 + shift + noise(number)).collect() };
    for _ in 0..100 {
        assert!(difference(&set(0.001), &set(0.0)).deviations > 5.0);
        assert!(difference(&set(0.0), &set(0.001)).deviations < -5.0);
        assert!(difference(&set(0.0), &set(0.0)).deviations.abs() < 5.0);
    }
    assert!(difference(&[1.0; 9], &[1.0; 9]).deviations.abs() < f64::EPSILON);
}
