//! Go's time layouts: the reference time `Mon Jan 2 15:04:05 MST 2006`, written as the result shall look.

use super::time::{MONTHS, Time, WEEKDAYS};

/// An element of a layout.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Element {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperPm,
    LowerPm,
    ZoneName,
    /// `Z0700` and its kin: in UTC, always `Z`.
    ZoneIso,
    /// `-0700` and its kin: in UTC, these zeros.
    ZoneNumber(&'static [u8]),
    /// A fraction of a second: its separator, its digits, whether trailing zeros go.
    Fraction(u8, usize, bool),
}

/// Writes a time by a layout.
pub(super) fn write(out: &mut Vec<u8>, time: &Time, mut layout: &[u8]) {
    while let Some((at, element, length)) = next_element(layout) {
        out.extend_from_slice(&layout[..at]);
        write_element(out, time, element);
        layout = &layout[at + length..];
    }
    out.extend_from_slice(layout);
}

/// The first element of a layout: where it starts, what it is, how long it is.
fn next_element(layout: &[u8]) -> Option<(usize, Element, usize)> {
    layout.iter().enumerate().find_map(|(at, _)| element_at(layout, at).map(|(element, length)| (at, element, length)))
}

fn element_at(layout: &[u8], at: usize) -> Option<(Element, usize)> {
    use Element as E;
    let rest = &layout[at..];
    // `_2006` is an underscore and a year, not a padded day and `006`; `_2` in it starts one byte early.
    let starts = |text: &str| rest.starts_with(text.as_bytes());
    let lower_follows = |from: usize| rest.get(from).is_some_and(u8::is_ascii_lowercase);
    let found = match rest.first()? {
        b'J' if starts("January") => (E::LongMonth, 7),
        b'J' if starts("Jan") && !lower_follows(3) => (E::Month, 3),
        b'M' if starts("Monday") => (E::LongWeekday, 6),
        b'M' if starts("Mon") && !lower_follows(3) => (E::Weekday, 3),
        b'M' if starts("MST") => (E::ZoneName, 3),
        b'0' => match (rest.get(1)?, rest.get(2)) {
            (b'1', _) => (E::ZeroMonth, 2),
            (b'2', _) => (E::ZeroDay, 2),
            (b'3', _) => (E::ZeroHour12, 2),
            (b'4', _) => (E::ZeroMinute, 2),
            (b'5', _) => (E::ZeroSecond, 2),
            (b'6', _) => (E::Year, 2),
            (b'0', Some(b'2')) => (E::ZeroYearDay, 3),
            _ => return None,
        },
        b'1' if starts("15") => (E::Hour, 2),
        b'1' => (E::NumMonth, 1),
        b'2' if starts("2006") => (E::LongYear, 4),
        b'2' => (E::Day, 1),
        b'_' if starts("_2006") => return None,
        b'_' if starts("_2") => (E::UnderDay, 2),
        b'_' if starts("__2") => (E::UnderYearDay, 3),
        b'3' => (E::Hour12, 1),
        b'4' => (E::Minute, 1),
        b'5' => (E::Second, 1),
        b'P' if starts("PM") => (E::UpperPm, 2),
        b'p' if starts("pm") => (E::LowerPm, 2),
        b'-' if starts("-070000") => (E::ZoneNumber(b"+000000"), 7),
        b'-' if starts("-07:00:00") => (E::ZoneNumber(b"+00:00:00"), 9),
        b'-' if starts("-0700") => (E::ZoneNumber(b"+0000"), 5),
        b'-' if starts("-07:00") => (E::ZoneNumber(b"+00:00"), 6),
        b'-' if starts("-07") => (E::ZoneNumber(b"+00"), 3),
        b'Z' if starts("Z070000") => (E::ZoneIso, 7),
        b'Z' if starts("Z07:00:00") => (E::ZoneIso, 9),
        b'Z' if starts("Z0700") => (E::ZoneIso, 5),
        b'Z' if starts("Z07:00") => (E::ZoneIso, 6),
        b'Z' if starts("Z07") => (E::ZoneIso, 3),
        separator @ (b'.' | b',') => {
            let digit = *rest.get(1).filter(|digit| matches!(digit, b'0' | b'9'))?;
            let digits = rest[1..].iter().take_while(|byte| **byte == digit).count();
            if rest.get(1 + digits).is_some_and(u8::is_ascii_digit) {
                return None;
            }
            (E::Fraction(*separator, digits, digit == b'9'), 1 + digits)
        }
        _ => return None,
    };
    Some(found)
}

fn write_element(out: &mut Vec<u8>, time: &Time, element: Element) {
    use Element as E;
    let (year, month, day) = time.date();
    let (hour, minute, second) = time.clock();
    let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
    let month_name = MONTHS[month as usize - 1];
    let weekday_name = WEEKDAYS[time.weekday() as usize];
    let text = match element {
        E::LongMonth => month_name.to_owned(),
        E::Month => month_name[..3].to_owned(),
        E::NumMonth => month.to_string(),
        E::ZeroMonth => format!("{month:02}"),
        E::LongWeekday => weekday_name.to_owned(),
        E::Weekday => weekday_name[..3].to_owned(),
        E::Day => day.to_string(),
        E::UnderDay => format!("{day:2}"),
        E::ZeroDay => format!("{day:02}"),
        E::UnderYearDay => format!("{:3}", time.year_day()),
        E::ZeroYearDay => format!("{:03}", time.year_day()),
        E::Hour => format!("{hour:02}"),
        E::Hour12 => hour12.to_string(),
        E::ZeroHour12 => format!("{hour12:02}"),
        E::Minute => minute.to_string(),
        E::ZeroMinute => format!("{minute:02}"),
        E::Second => second.to_string(),
        E::ZeroSecond => format!("{second:02}"),
        E::LongYear if year < 0 => format!("-{:04}", -year),
        E::LongYear => format!("{year:04}"),
        E::Year => format!("{:02}", year.abs() % 100),
        E::UpperPm => if hour >= 12 { "PM" } else { "AM" }.to_owned(),
        E::LowerPm => if hour >= 12 { "pm" } else { "am" }.to_owned(),
        E::ZoneName => "UTC".to_owned(),
        E::ZoneIso => "Z".to_owned(),
        E::ZoneNumber(zeros) => return out.extend_from_slice(zeros),
        E::Fraction(separator, digits, trim) => return write_fraction(out, time, separator, digits, trim),
    };
    out.extend_from_slice(text.as_bytes());
}

fn write_fraction(out: &mut Vec<u8>, time: &Time, separator: u8, digits: usize, trim: bool) {
    let nanos = format!("{:09}", time.nanosecond());
    let mut shown = &nanos[..digits.min(9)];
    if trim {
        shown = shown.trim_end_matches('0');
        if shown.is_empty() {
            return;
        }
    }
    out.push(separator);
    out.extend_from_slice(shown.as_bytes());
}
