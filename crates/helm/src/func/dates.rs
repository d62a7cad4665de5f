//! Dates. The present is the rendering's pinned time, and every use of it is said to be not
//! reproducible.

use super::number::parse_int;
use super::time::{NANOS, Time, format_duration, parse, parse_duration};
use super::util::{Out, arity};
use super::{Call, Func, FuncError, Param};
use crate::value::{Data, IntKind, Object, Value};

use Param::{Any, Str};

const TIME: Param = Param::Object("time.Time");

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("now", &[], |call, _| {
        let now = now(call);
        Ok(time(now))
    }),
    Func::new("date", &[Str, Any], |call, args| {
        let [layout, date] = args else {
            return Err(arity());
        };
        Ok(shown(call, &Call::text(layout), date, "Local").into())
    }),
    Func::new("dateInZone", &[Str, Any, Str], date_in_zone),
    Func::new("date_in_zone", &[Str, Any, Str], date_in_zone),
    Func::new("htmlDate", &[Any], |call, args| {
        let [date] = args else { return Err(arity()) };
        Ok(shown(call, "2006-01-02", date, "Local").into())
    }),
    Func::new("htmlDateInZone", &[Any, Str], |call, args| {
        let [date, zone] = args else {
            return Err(arity());
        };
        Ok(shown(call, "2006-01-02", date, &Call::text(zone)).into())
    }),
    Func::new("dateModify", &[Str, TIME], |_, args| {
        modify(args).or_else(|_| args.get(1).cloned().ok_or_else(arity))
    }),
    Func::new("date_modify", &[Str, TIME], |_, args| {
        modify(args).or_else(|_| args.get(1).cloned().ok_or_else(arity))
    }),
    Func::new("mustDateModify", &[Str, TIME], |_, args| modify(args)),
    Func::new("must_date_modify", &[Str, TIME], |_, args| modify(args)),
    Func::new("ago", &[Any], |call, args| {
        let [date] = args else { return Err(arity()) };
        let then = moment(call, date);
        let nanos = now(call)
            .seconds
            .saturating_sub(then.seconds)
            .saturating_mul(NANOS);
        Ok(format_duration(nanos).into())
    }),
    Func::new("duration", &[Any], |_, args| {
        let [seconds] = args else { return Err(arity()) };
        let seconds = match &seconds.data {
            Data::Str(text) => parse_int(text, 10).unwrap_or(0),
            Data::Int(number, IntKind::Int64) => *number,
            _ => 0,
        };
        Ok(format_duration(seconds.wrapping_mul(NANOS)).into())
    }),
    Func::new("durationRound", &[Any], |call, args| {
        let [duration] = args else {
            return Err(arity());
        };
        let nanos = match &duration.data {
            Data::Str(text) => parse_duration(text).unwrap_or(0),
            Data::Int(number, IntKind::Int64) => *number,
            _ => match time_of(duration) {
                Some(then) => now(call)
                    .seconds
                    .saturating_sub(then.seconds)
                    .saturating_mul(NANOS),
                None => 0,
            },
        };
        Ok(rounded(nanos).into())
    }),
    Func::new("toDate", &[Str, Str], |_, args| {
        let [layout, text] = args else {
            return Err(arity());
        };
        Ok(time(
            parse(&Call::text(layout), &Call::text(text)).unwrap_or_else(|_| Time::zero()),
        ))
    }),
    Func::new("mustToDate", &[Str, Str], |_, args| {
        let [layout, text] = args else {
            return Err(arity());
        };
        Ok(time(parse(&Call::text(layout), &Call::text(text))?))
    }),
    Func::new("unixEpoch", &[TIME], |_, args| {
        let [date] = args else { return Err(arity()) };
        Ok(time_of(date)
            .map_or(0, |time| time.seconds)
            .to_string()
            .into())
    }),
];

/// The pinned present; asking for it makes the rendering unrepeatable with the real helm.
fn now(call: &mut Call<'_>) -> Time {
    call.not_reproducible();
    Time::utc(call.now())
}

fn date_in_zone(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [layout, date, zone] = args else {
        return Err(arity());
    };
    Ok(shown(call, &Call::text(layout), date, &Call::text(zone)).into())
}

/// A time, seconds since 1970 as an integer, or the present for anything else.
fn moment(call: &mut Call<'_>, date: &Value) -> Time {
    match &date.data {
        Data::Int(seconds, IntKind::Int | IntKind::Int64 | IntKind::Int32) => Time::utc(*seconds),
        _ => time_of(date).unwrap_or_else(|| now(call)),
    }
}

/// All zones are shown as UTC: the machine's own is not to matter, and a table of the world's
/// zones would have to be the same as the real helm's.
fn shown(call: &mut Call<'_>, layout: &str, date: &Value, zone: &str) -> String {
    let time = moment(call, date);
    if !matches!(zone, "" | "UTC" | "Local") {
        call.not_reproducible();
    }
    Time {
        offset: 0,
        zone: "UTC".to_owned(),
        ..time
    }
    .format(layout)
}

fn modify(args: &[Value]) -> Out {
    let [by, date] = args else {
        return Err(arity());
    };
    let date = time_of(date).ok_or_else(|| FuncError::new("expected time.Time"))?;
    Ok(time(date.plus(parse_duration(&Call::text(by))?)))
}

/// Sprig's `durationRound`: the largest unit that there is more than one of, nearly.
fn rounded(nanos: i64) -> String {
    let magnitude = nanos.unsigned_abs();
    let second = NANOS.unsigned_abs();
    let units = [
        (365 * 86_400 * second, "y"),
        (30 * 86_400 * second, "mo"),
        (86_400 * second, "d"),
        (3600 * second, "h"),
        (60 * second, "m"),
        (second, "s"),
    ];
    let unit = units.iter().find(|(scale, _)| magnitude > *scale);
    unit.map_or_else(
        || "0s".to_owned(),
        |(scale, name)| format!("{}{name}", magnitude / scale),
    )
}

fn time(time: Time) -> Value {
    Value::object(TimeObject(time))
}

fn time_of(value: &Value) -> Option<Time> {
    match &value.data {
        Data::Object(object) => Some(object.as_any()?.downcast_ref::<TimeObject>()?.0.clone()),
        _ => None,
    }
}

/// Go's `time.Time`.
#[derive(Debug)]
struct TimeObject(Time);

impl Object for TimeObject {
    fn type_name(&self) -> &'static str {
        "time.Time"
    }

    fn call(&self, name: &str, args: &[Value]) -> Option<Out> {
        let civil = self.0.civil();
        let text = |index: usize| args.get(index).map(Call::text).unwrap_or_default();
        let other = || {
            args.first()
                .and_then(time_of)
                .ok_or_else(|| FuncError::new("expected time.Time"))
        };
        let key = |time: &Time| (time.seconds, time.nanos);
        Some(match name {
            "Format" => Ok(self.0.format(&text(0)).into()),
            "String" => Ok(self.0.print().into()),
            "Unix" => Ok(Value::int64(self.0.seconds)),
            "UnixMilli" => Ok(Value::int64(
                self.0.seconds.wrapping_mul(1000) + i64::from(self.0.nanos / 1_000_000),
            )),
            "UnixNano" => Ok(Value::int64(
                self.0
                    .seconds
                    .wrapping_mul(NANOS)
                    .wrapping_add(i64::from(self.0.nanos)),
            )),
            "Year" => Ok(Value::int(civil.year)),
            "Day" => Ok(Value::int(civil.day)),
            "YearDay" => Ok(Value::int(civil.yearday)),
            "Hour" => Ok(Value::int(civil.hour)),
            "Minute" => Ok(Value::int(civil.minute)),
            "Second" => Ok(Value::int(civil.second)),
            "Nanosecond" => Ok(Value::int(i64::from(self.0.nanos))),
            "Month" => Ok(self.0.format("January").into()),
            "Weekday" => Ok(self.0.format("Monday").into()),
            "IsZero" => Ok((key(&self.0) == key(&Time::zero())).into()),
            "UTC" | "Local" => Ok(time(Time {
                offset: 0,
                zone: "UTC".to_owned(),
                ..self.0.clone()
            })),
            "Before" => other().map(|then| (key(&self.0) < key(&then)).into()),
            "After" => other().map(|then| (key(&self.0) > key(&then)).into()),
            "Equal" => other().map(|then| (key(&self.0) == key(&then)).into()),
            _ => return None,
        })
    }

    fn print(&self) -> String {
        self.0.print()
    }

    fn to_value(&self) -> Value {
        self.0.format("2006-01-02T15:04:05.999999999Z07:00").into()
    }

    fn as_any(&self) -> Option<&dyn std::any::Any> {
        Some(self)
    }
}
