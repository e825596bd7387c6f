//! Methods that values have: those of `time.Time`, `time.Month` and `time.Weekday`.

use super::funcs::{Param, Signature};
use super::runtime::{Data, Val};
use super::time::{MONTHS, Time, WEEKDAYS};

/// A method of `time.Time`, `time.Month` or `time.Weekday`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Method {
    Format,
    AddDate,
    /// A method without parameters, already answered.
    Value(Plain),
    Before,
    After,
    Equal,
    Compare,
}

/// What a method without parameters gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Plain {
    Int(i64),
    Int64(i64),
    Bool(bool),
    Month(i64),
    Weekday(i64),
    Time(Time),
    Text,
    GoText,
}

impl Method {
    /// The method of a value; `None` when it has none of that name.
    pub(super) fn of(value: &Val<'_>, name: &str) -> Option<Method> {
        let plain = match (&value.data, name) {
            (Data::Month(_) | Data::Weekday(_) | Data::Time(_), "String") => Plain::Text,
            (Data::Time(time), _) => {
                let (year, month, day) = time.date();
                let (hour, minute, second) = time.clock();
                match name {
                    "Format" => return Some(Method::Format),
                    "AddDate" => return Some(Method::AddDate),
                    "Before" => return Some(Method::Before),
                    "After" => return Some(Method::After),
                    "Equal" => return Some(Method::Equal),
                    "Compare" => return Some(Method::Compare),
                    "GoString" => Plain::GoText,
                    "UTC" => Plain::Time(*time),
                    "Unix" => Plain::Int64(time.unix()),
                    "UnixMilli" => Plain::Int64(time.unix_in(1_000_000)),
                    "UnixMicro" => Plain::Int64(time.unix_in(1_000)),
                    "UnixNano" => Plain::Int64(time.unix_in(1)),
                    "Year" => Plain::Int(year),
                    "Month" => Plain::Month(i64::from(month)),
                    "Day" => Plain::Int(i64::from(day)),
                    "Hour" => Plain::Int(i64::from(hour)),
                    "Minute" => Plain::Int(i64::from(minute)),
                    "Second" => Plain::Int(i64::from(second)),
                    "Nanosecond" => Plain::Int(i64::from(time.nanosecond())),
                    "YearDay" => Plain::Int(i64::from(time.year_day())),
                    "Weekday" => Plain::Weekday(i64::from(time.weekday())),
                    "IsZero" => Plain::Bool(time.is_zero()),
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some(Method::Value(plain))
    }

    pub(super) fn signature(self) -> Signature {
        match self {
            Method::Format => Signature::fixed(&[Param::String]),
            Method::AddDate => Signature::fixed(&[Param::Int, Param::Int, Param::Int]),
            Method::Value(_) => Signature::fixed(&[]),
            Method::Before | Method::After | Method::Equal | Method::Compare => Signature::fixed(&[Param::Time]),
        }
    }

    pub(super) fn call<'a>(self, receiver: &Val<'a>, args: &[Val<'a>]) -> Val<'a> {
        let plain = match (self, &receiver.data, args.first()) {
            (Method::Value(plain), ..) => plain,
            (Method::Format, Data::Time(time), Some(layout)) => {
                let mut out = Vec::new();
                super::layout::write(&mut out, time, layout.as_bytes().unwrap_or_default());
                return Val::made(out);
            }
            (Method::AddDate, Data::Time(time), _) => {
                let number = |at: usize| args.get(at).and_then(Val::as_int).unwrap_or(0);
                Plain::Time(time.add_date(number(0), number(1), number(2)))
            }
            (_, Data::Time(time), Some(Val { data: Data::Time(other), .. })) => match self {
                Method::Before => Plain::Bool(time < other),
                Method::After => Plain::Bool(time > other),
                Method::Equal => Plain::Bool(time == other),
                _ => Plain::Int(time.cmp(other) as i64),
            },
            _ => Plain::Text,
        };
        Val::from(match plain {
            Plain::Int(value) => Data::Int(value),
            Plain::Int64(value) => Data::Int64(value),
            Plain::Bool(value) => Data::Bool(value),
            Plain::Month(value) => Data::Month(value),
            Plain::Weekday(value) => Data::Weekday(value),
            Plain::Time(value) => Data::Time(value),
            Plain::Text => return Val::made(stringer(&receiver.data).unwrap_or_default().into_bytes()),
            Plain::GoText => match &receiver.data {
                Data::Time(time) => return Val::made(time.go_string().into_bytes()),
                _ => Data::Invalid,
            },
        })
    }
}

/// The text of a value that has a `String` method.
pub(super) fn stringer(data: &Data<'_>) -> Option<String> {
    let (names, first, value, of): (&[&str], i64, i64, &str) = match data {
        Data::Time(time) => return Some(time.to_string()),
        Data::Month(month) => (&MONTHS, 1, *month, "Month"),
        Data::Weekday(weekday) => (&WEEKDAYS, 0, *weekday, "Weekday"),
        _ => return None,
    };
    let name = usize::try_from(value - first).ok().and_then(|index| names.get(index));
    Some(name.map_or_else(|| format!("%!{of}({})", value as u64), |name| (*name).to_owned()))
}
