//! `time.Time` in UTC: what `.Now` and `now` are, with the calendar they need.

use std::fmt;

use super::layout;

/// A moment in UTC, to the nanosecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    seconds: i64,
    nanos: u32,
}

const DAY: i64 = 86_400;

/// Names of the months, January first.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Names of the days of the week, Sunday first.
pub(super) const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

impl Time {
    /// A moment by its seconds since 1970-01-01 00:00:00 UTC and the nanoseconds since that second (more than a
    /// second of them are cut to the last one).
    pub const fn from_unix(seconds: i64, nanos: u32) -> Time {
        Time { seconds, nanos: if nanos > 999_999_999 { 999_999_999 } else { nanos } }
    }

    /// Seconds since 1970-01-01 00:00:00 UTC.
    pub const fn unix(&self) -> i64 {
        self.seconds
    }

    /// Nanoseconds since the last full second.
    pub const fn nanosecond(&self) -> u32 {
        self.nanos
    }

    /// The time written by a Go layout, <https://pkg.go.dev/time#Layout>.
    pub fn format(&self, layout: &str) -> String {
        let mut out = Vec::with_capacity(layout.len() + 10);
        layout::write(&mut out, self, layout.as_bytes());
        super::quote::lossy(&out)
    }

    /// The time since 1970 in units of so many nanoseconds.
    pub(super) fn unix_in(&self, unit: i128) -> i64 {
        let nanos = i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanos);
        nanos.div_euclid(unit) as i64
    }

    fn days(&self) -> i64 {
        self.seconds.div_euclid(DAY)
    }

    /// Year, month from 1, day from 1, in the proleptic Gregorian calendar.
    pub(super) fn date(&self) -> (i64, u32, u32) {
        // Count days from 0000-03-01, so that the leap day is a year's last; 400 years always have 146097 days.
        let days = self.days() + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year, month as u32, day as u32)
    }

    /// `time.Time.AddDate`: a day or month beyond its end goes on into the next.
    pub(super) fn add_date(&self, years: i64, months: i64, days: i64) -> Time {
        let (year, month, day) = self.date();
        let months = i128::from(month) - 1 + i128::from(months);
        let year = i128::from(year) + i128::from(years) + months.div_euclid(12);
        let month = months.rem_euclid(12);
        // As in `date`: years that start in March, counted from 0000-03-01.
        let shifted_year = year - i128::from(month < 2);
        let shifted_month = (month + 10) % 12;
        let leap_days = shifted_year.div_euclid(4) - shifted_year.div_euclid(100) + shifted_year.div_euclid(400);
        let before = shifted_year * 365 + leap_days + (153 * shifted_month + 2) / 5 - 719_468;
        let days = before + i128::from(day) - 1 + i128::from(days);
        // Beyond what 64 bits of seconds can tell, as far as they can.
        let seconds = days * i128::from(DAY) + i128::from(self.seconds.rem_euclid(DAY));
        let seconds = seconds.clamp(i128::from(i64::MIN / 4), i128::from(i64::MAX / 4)) as i64;
        Time::from_unix(seconds, self.nanos)
    }

    /// Hour, minute, second.
    pub(super) fn clock(&self) -> (u32, u32, u32) {
        let second = self.seconds.rem_euclid(DAY) as u32;
        (second / 3_600, second / 60 % 60, second % 60)
    }

    /// Day of the week, Sunday being 0.
    pub(super) fn weekday(&self) -> u32 {
        (self.days() + 4).rem_euclid(7) as u32
    }

    /// Day of the year, from 1.
    pub(super) fn year_day(&self) -> u32 {
        let (year, month, day) = self.date();
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month as usize - 1];
        before + day + u32::from(leap && month > 2)
    }

    /// Go's zero time is the year 1.
    pub(super) fn is_zero(&self) -> bool {
        *self == Time::from_unix(-62_135_596_800, 0)
    }

    /// Seconds since Go's zero time, as `time.Time` keeps them.
    pub(super) fn internal_seconds(&self) -> i64 {
        self.seconds.wrapping_add(62_135_596_800)
    }

    /// `time.Time.GoString`, what `%#v` prints.
    pub(super) fn go_string(&self) -> String {
        let (year, month, day) = self.date();
        let (hour, minute, second) = self.clock();
        let month = MONTHS[month as usize - 1];
        format!("time.Date({year}, time.{month}, {day}, {hour}, {minute}, {second}, {}, time.UTC)", self.nanos)
    }
}

/// As Go prints it: `2026-01-02 03:04:05 +0000 UTC`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.format("2006-01-02 15:04:05.999999999 -0700 MST"))
    }
}
