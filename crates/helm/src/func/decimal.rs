//! Decimal arithmetic as `shopspring/decimal` does it for `addf` and its relatives: 0.1 + 0.2
//! is 0.3, and division stops after 16 decimal places.
#![expect(
    clippy::unnecessary_wraps,
    reason = "all operations have one signature"
)]

use super::FuncError;

/// Decimal places of a quotient.
const DIVISION_PRECISION: u32 = 16;

/// A number as `coefficient * 10^exponent`; beyond 38 digits it falls back to a float.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Decimal {
    Exact { coefficient: i128, exponent: i32 },
    Float(f64),
}

impl Decimal {
    /// The shortest decimal that reads back as the number.
    ///
    /// # Errors
    /// Infinite and NaN, with the words of the original's panic.
    pub(super) fn from_float(number: f64) -> Result<Self, FuncError> {
        if !number.is_finite() {
            let shown = super::number::format_float(number);
            return Err(FuncError::new(format!(
                "Cannot create a Decimal from {shown}"
            )));
        }
        let text = format!("{number:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let exact = (|| {
            let coefficient = format!("{whole}{fraction}").parse().ok()?;
            let places = i32::try_from(fraction.len()).ok()?;
            let exponent = exponent.parse::<i32>().ok()?.checked_sub(places)?;
            Some(Self::Exact {
                coefficient,
                exponent,
            })
        })();
        Ok(exact.unwrap_or(Self::Float(number)))
    }

    /// The nearest float.
    pub(super) fn to_float(self) -> f64 {
        match self {
            Self::Exact {
                coefficient,
                exponent,
            } => format!("{coefficient}e{exponent}").parse().unwrap_or(0.0),
            Self::Float(number) => number,
        }
    }

    pub(super) fn add(self, other: Self) -> Result<Self, FuncError> {
        let exact = self.aligned(other).and_then(|(a, b, exponent)| {
            Some(Self::Exact {
                coefficient: a.checked_add(b)?,
                exponent,
            })
        });
        Ok(exact.unwrap_or_else(|| Self::Float(self.to_float() + other.to_float())))
    }

    pub(super) fn sub(self, other: Self) -> Result<Self, FuncError> {
        let exact = self.aligned(other).and_then(|(a, b, exponent)| {
            Some(Self::Exact {
                coefficient: a.checked_sub(b)?,
                exponent,
            })
        });
        Ok(exact.unwrap_or_else(|| Self::Float(self.to_float() - other.to_float())))
    }

    pub(super) fn mul(self, other: Self) -> Result<Self, FuncError> {
        let exact = match (self, other) {
            (
                Self::Exact {
                    coefficient: a,
                    exponent: x,
                },
                Self::Exact {
                    coefficient: b,
                    exponent: y,
                },
            ) => a.checked_mul(b).zip(x.checked_add(y)),
            _ => None,
        };
        Ok(match exact {
            Some((coefficient, exponent)) => Self::Exact {
                coefficient,
                exponent,
            },
            None => Self::Float(self.to_float() * other.to_float()),
        })
    }

    /// # Errors
    /// Division by zero.
    pub(super) fn div(self, other: Self) -> Result<Self, FuncError> {
        if matches!(other, Self::Exact { coefficient: 0, .. }) {
            return Err(FuncError::new("decimal division by 0"));
        }
        Ok(self
            .quotient(other)
            .unwrap_or_else(|| Self::Float(self.to_float() / other.to_float())))
    }

    /// Rounded half away from zero at the last place.
    fn quotient(self, other: Self) -> Option<Self> {
        let ((a, x), (b, y)) = (self.exact()?, other.exact()?);
        // a·10^x / (b·10^y) = (a·10^shift / b) · 10^-16
        let shift = i32::try_from(DIVISION_PRECISION)
            .ok()?
            .checked_add(x)?
            .checked_sub(y)?;
        let (a, b) = if shift >= 0 {
            (scaled(a, u32::try_from(shift).ok()?)?, b)
        } else {
            (a, scaled(b, shift.unsigned_abs())?)
        };
        let (quotient, remainder) = (a.checked_div(b)?, a.checked_rem(b)?);
        let half = remainder.checked_mul(2)?.checked_abs()? >= b.checked_abs()?;
        let away = if (a < 0) == (b < 0) { 1 } else { -1 };
        let coefficient = if half {
            quotient.checked_add(away)?
        } else {
            quotient
        };
        Some(Self::Exact {
            coefficient,
            exponent: -i32::try_from(DIVISION_PRECISION).ok()?,
        })
    }

    /// Coefficient and exponent, of what is no float.
    fn exact(self) -> Option<(i128, i32)> {
        match self {
            Self::Exact {
                coefficient,
                exponent,
            } => Some((coefficient, exponent)),
            Self::Float(_) => None,
        }
    }

    /// Both coefficients for the smaller exponent.
    fn aligned(self, other: Self) -> Option<(i128, i128, i32)> {
        let ((a, x), (b, y)) = (self.exact()?, other.exact()?);
        let exponent = x.min(y);
        let raise = |coefficient, from: i32| {
            scaled(coefficient, from.checked_sub(exponent)?.unsigned_abs())
        };
        Some((raise(a, x)?, raise(b, y)?, exponent))
    }
}

fn scaled(coefficient: i128, places: u32) -> Option<i128> {
    if coefficient == 0 {
        return Some(0);
    }
    coefficient.checked_mul(10_i128.checked_pow(places)?)
}
