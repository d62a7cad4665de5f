//! How Go writes floats, which decides what a key is called and what counts as an integer.

/// A float as `encoding/json` writes it: plain digits below 1e21, so that `8080.0` becomes
/// `8080` and fits a port.
pub(crate) fn json(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        return format!("{value:e}");
    }
    format!("{value}")
}

/// A float as a mapping key: `strconv.FormatFloat(value, 'g', -1, 32)`, in single precision.
pub(crate) fn key(value: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "Go writes keys in single precision"
    )]
    let single = value as f32;
    if single.is_nan() {
        return ".nan".to_owned();
    }
    if single.is_infinite() {
        return if single > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{single:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = exponent.parse().unwrap_or(0);
    // Go: from 1e6 on, and below 1e-4, with an exponent of two digits or more.
    if single != 0.0 && !(-4..6).contains(&power) {
        let sign = if power < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", power.unsigned_abs());
    }
    format!("{single}")
}

#[cfg(test)]
mod tests {
    use super::{json, key};

    #[test]
    fn json_has_no_exponent_where_go_has_none() {
        assert_eq!(json(8080.0), "8080");
        assert_eq!(json(1.1), "1.1");
        assert_eq!(json(1e18), "1000000000000000000");
        assert_eq!(json(1e21), "1e21");
        assert_eq!(json(-0.0), "-0");
    }

    #[test]
    fn keys_are_single_precision() {
        assert_eq!(key(1.10), "1.1");
        assert_eq!(key(1.0), "1");
        assert_eq!(key(16_777_217.0), "1.6777216e+07");
        assert_eq!(key(1e39), ".inf");
        assert_eq!(key(0.00001), "1e-05");
    }
}
