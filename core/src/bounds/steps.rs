//! Bounds at regular steps, and the usual ones.

use crate::bounds::check::check_count;
use crate::bounds::error::BoundsError;

/// The default buckets of the Prometheus client libraries, in seconds.
pub(super) const USUAL: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

pub(super) fn linear(start: f64, width: f64, count: usize) -> Result<Vec<f64>, BoundsError> {
    check_count(count)?;
    if !(width > 0.0 && width.is_finite()) {
        return Err(BoundsError::Width { width });
    }
    let bound = |step| start + width * f64::from(step);
    let last = bound(i32::try_from(count).unwrap_or(i32::MAX));
    let reach = start.abs().max(last.abs());
    Ok(steps(start, count, |step| rounded(bound(step), reach)))
}

pub(super) fn exponential(start: f64, factor: f64, count: usize) -> Result<Vec<f64>, BoundsError> {
    check_count(count)?;
    if !(start > 0.0 && start.is_finite()) {
        return Err(BoundsError::Start { start });
    }
    if !(factor > 1.0 && factor.is_finite()) {
        return Err(BoundsError::Factor { factor });
    }
    let bound = |step| start * factor.powi(step);
    Ok(steps(start, count, |step| rounded(bound(step), bound(step))))
}

/// Returns the first bound as given, then those that `bound` computes from the step.
fn steps(start: f64, count: usize, bound: impl Fn(i32) -> f64) -> Vec<f64> {
    std::iter::once(start).chain((1..).map(bound)).take(count).collect()
}

/// Rounds to the decimal places at which `reach` has 15 digits, the most that survive an
/// f64: 0.30000000000000004 becomes 0.3. Whole numbers stay exact.
fn rounded(value: f64, reach: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, reason = "a small number")]
    let places = 14_i32.saturating_sub(reach.log10().floor() as i32);
    let places = usize::try_from(places).unwrap_or_default();
    format!("{value:.places$}").parse().unwrap_or(value)
}

#[cfg(all(test, not(tickmark_loom)))]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_short_decimals() {
        let tenths = linear(0.1, 0.1, 99).unwrap();
        assert!(tenths.iter().all(|tenth| tenth.to_string().len() <= 3), "{tenths:?}");
        assert_eq!(exponential(0.001, 10.0, 6).unwrap(), [0.001, 0.01, 0.1, 1.0, 10.0, 100.0]);
        assert_eq!(exponential(1e-300, 10.0, 3).unwrap(), [1e-300, 1e-299, 1e-298]);
        assert_eq!(linear(-0.3, 0.1, 5).unwrap(), [-0.3, -0.2, -0.1, 0.0, 0.1]);
        let across = linear(-12.7, 0.1, 256).unwrap();
        assert!(across.iter().all(|bound| bound.to_string().len() <= 5), "{across:?}");
        assert!(
            linear(f64::MAX, f64::MAX, 3).unwrap().iter().skip(1).all(|bound| bound.is_infinite())
        );
    }

    #[test]
    fn first_and_whole_bounds_are_exact() {
        assert_eq!(linear(1.0 / 3.0, 1.0, 1).unwrap(), [1.0 / 3.0]);
        let powers = exponential(1.0, 2.0, 64).unwrap();
        assert!(
            powers.iter().zip(0..).all(|(power, exponent)| *power == 2_f64.powi(exponent)),
            "{powers:?}"
        );
    }

    #[test]
    fn invalid_steps_are_rejected_by_value() {
        for width in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = linear(0.0, width, 3).unwrap_err().to_string();
            assert_eq!(error, format!("invalid width {width:?}: must be above zero and finite"));
        }
        for factor in [1.0, 0.5, -2.0, f64::NAN, f64::INFINITY] {
            let error = exponential(1.0, factor, 3).unwrap_err().to_string();
            assert_eq!(error, format!("invalid factor {factor:?}: must be above one and finite"));
        }
        for start in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = exponential(start, 2.0, 3).unwrap_err().to_string();
            assert_eq!(
                error,
                format!("invalid first bound {start:?}: must be above zero and finite")
            );
        }
        for count in [0, 257, usize::MAX] {
            let error = linear(0.0, 1.0, count).unwrap_err();
            assert_eq!(exponential(1.0, 2.0, count).unwrap_err(), error);
            assert!(
                matches!(error, BoundsError::NoBounds | BoundsError::TooMany { .. }),
                "{error}"
            );
        }
    }
}
