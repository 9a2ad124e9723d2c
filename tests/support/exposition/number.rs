//! Numbers: the grammar that both formats share, and the canonical form that a bucket's threshold must have.

/// Reads a number: decimal, with an optional fraction and exponent, or `NaN` or an infinity in any case.
pub(crate) fn parse(text: &str) -> Result<f64, String> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text).to_ascii_lowercase();
    let is_named = matches!(unsigned.as_str(), "inf" | "infinity") || text.eq_ignore_ascii_case("nan");
    let is_decimal = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    match text.parse() {
        Ok(value) if is_named || is_decimal => Ok(value),
        _ => Err(format!("no number: {text:?}")),
    }
}

/// Whether a number is written as a whole one.
pub(crate) fn is_whole(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Writes a threshold as OpenMetrics 1.0 demands in "Canonical Numbers": as Go's `%g` does, with `.0` added where
/// there is neither a point nor an exponent.
pub(crate) fn canonical(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("Rust writes an exponent");
    let exponent: i32 = exponent.parse().expect("Rust writes a whole exponent");
    if (-4..6).contains(&exponent) {
        return format!("{value:?}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}
