//! Fewer points for the same picture.

/// Thin `points` to about `target` without losing an extreme value or a gap.
///
/// The points are cut into equal buckets; of each bucket the lowest and the highest point stay, in
/// their order, with one gap between them where the bucket has one. A point that is not finite is
/// a gap and comes back as NaN. The first and the last point always stay.
pub(super) fn decimate(points: &[(f64, f64)], target: usize) -> Vec<(f64, f64)> {
    if points.len() <= target.max(4) {
        return points.to_vec();
    }
    let bucket = points.len().div_ceil((target / 2).max(1));
    let mut kept = Vec::with_capacity(target + 8);
    for chunk in points.chunks(bucket) {
        let gap = chunk.iter().position(|point| !is_finite(point));
        let (head, tail) = chunk.split_at(gap.unwrap_or(chunk.len()));
        push_extremes(&mut kept, head);
        if gap.is_some() {
            kept.push((f64::NAN, f64::NAN));
            push_extremes(&mut kept, tail);
            if chunk.last().is_some_and(|point| !is_finite(point)) {
                kept.push((f64::NAN, f64::NAN));
            }
        }
    }
    let ends = (points.first(), points.last());
    if let (Some(first), Some(last)) = ends {
        if is_finite(first) && kept.first() != Some(first) {
            kept.insert(0, *first);
        }
        if is_finite(last) && kept.last() != Some(last) {
            kept.push(*last);
        }
    }
    kept
}

/// Whether a point can be drawn.
fn is_finite(point: &(f64, f64)) -> bool {
    point.0.is_finite() && point.1.is_finite()
}

/// Append the lowest and the highest finite point of `run` in their order.
fn push_extremes(kept: &mut Vec<(f64, f64)>, run: &[(f64, f64)]) {
    let finite = || run.iter().enumerate().filter(|(_, point)| is_finite(point));
    let low = finite().min_by(|(_, a), (_, b)| a.1.total_cmp(&b.1));
    let high = finite().max_by(|(_, a), (_, b)| a.1.total_cmp(&b.1));
    if let (Some((at_low, low)), Some((at_high, high))) = (low, high) {
        let (first, second) = if at_low <= at_high { (low, high) } else { (high, low) };
        kept.push(*first);
        if at_low != at_high {
            kept.push(*second);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(n: usize) -> Vec<(f64, f64)> {
        (0..n).map(|i| (i as f64, (i as f64 * 0.01).sin())).collect()
    }

    #[test]
    fn extremes_ends_and_order_are_kept() {
        let mut points = wave(100_000);
        points[31_415].1 = 9.0;
        points[31_417].1 = -7.0;
        let thin = decimate(&points, 1_200);
        assert!((600..=1_210).contains(&thin.len()), "{}", thin.len());
        assert!(thin.contains(&points[31_415]) && thin.contains(&points[31_417]));
        assert_eq!((thin[0], thin[thin.len() - 1]), (points[0], points[99_999]));
        assert!(thin.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn a_gap_of_one_point_is_kept() {
        let mut points = wave(50_000);
        points[20_000].1 = f64::NAN;
        points[20_003].1 = 5.0;
        let thin = decimate(&points, 1_200);
        let gap = thin.iter().position(|p| p.1.is_nan()).unwrap();
        assert!(thin[gap - 1].0 < 20_000.0 && thin[gap + 1].0 > 20_000.0);
        assert!(thin.contains(&points[20_003]));
        assert_eq!(thin.iter().filter(|p| p.1.is_nan()).count(), 1);
    }

    #[test]
    fn a_long_gap_is_not_bridged() {
        let mut points = wave(50_000);
        for point in &mut points[10_000..30_000] {
            point.1 = f64::NAN;
        }
        let thin = decimate(&points, 1_200);
        assert!(thin.windows(2).all(|pair| {
            !(is_finite(&pair[0]) && is_finite(&pair[1])) || pair[1].0 - pair[0].0 < 500.0
        }));
    }

    #[test]
    fn few_points_stay_as_they_are_and_gaps_alone_are_harmless() {
        let points = wave(1_200);
        assert_eq!(decimate(&points, 1_200), points);
        let nothing = vec![(f64::NAN, f64::NAN); 5_000];
        assert!(decimate(&nothing, 1_200).iter().all(|p| p.1.is_nan()));
        assert!(decimate(&[], 1_200).is_empty());
    }
}
