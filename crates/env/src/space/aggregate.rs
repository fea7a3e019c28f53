//! Many channels in one number.

/// How the channels of a field become one value. Channels without a value do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    /// The lowest.
    Min,
    /// The highest.
    Max,
    /// The mean.
    Mean,
    /// The sum.
    Sum,
}

impl Aggregate {
    /// Last part of the name of a field, where the same channels make several.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Aggregate::Min => "_min",
            Aggregate::Max => "_max",
            Aggregate::Mean => "_mean",
            Aggregate::Sum => "",
        }
    }

    /// One value of many; not a number where none of them is one.
    pub(super) fn of(self, values: impl Iterator<Item = f64>) -> f64 {
        let mut count = 0.0;
        let mut total = f64::NAN;
        for value in values.filter(|value| value.is_finite()) {
            count += 1.0;
            total = if count == 1.0 {
                value
            } else {
                match self {
                    Aggregate::Min => total.min(value),
                    Aggregate::Max => total.max(value),
                    Aggregate::Mean | Aggregate::Sum => total + value,
                }
            };
        }
        if self == Aggregate::Mean { total / count } else { total }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_does_not_count() {
        let of = |aggregate: Aggregate| aggregate.of([3.0, f64::NAN, 1.0].into_iter());
        assert_eq!(of(Aggregate::Min), 1.0);
        assert_eq!(of(Aggregate::Max), 3.0);
        assert_eq!(of(Aggregate::Mean), 2.0);
        assert_eq!(of(Aggregate::Sum), 4.0);
        assert!(Aggregate::Mean.of([f64::NAN].into_iter()).is_nan());
    }
}
