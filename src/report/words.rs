//! Durations, sizes, counts and plurals, as people write them in English and in Russian.

use std::time::Duration;

use serde::Serializer;

use super::lang::Lang;

/// A number with its thousands apart: `1,234` in English, `1 234` with a no-break space in Russian.
pub fn number(value: u64, lang: Lang) -> String {
    let digits = value.to_string();
    let separator = match lang {
        Lang::En => ',',
        Lang::Ru => '\u{a0}',
    };
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

/// Which of the forms (one, few, many) a count takes. English knows one and many; Russian all three: 1 файл, 2 файла, 5 файлов.
/// Source of the rule: Unicode CLDR, cardinal plurals of `en` and `ru`.
pub fn plural<'a>(count: u64, one: &'a str, few: &'a str, many: &'a str, lang: Lang) -> &'a str {
    match lang {
        Lang::En if count == 1 => one,
        Lang::En => many,
        Lang::Ru => match (count % 10, count % 100) {
            (1, tens) if tens != 11 => one,
            (2..=4, tens) if !(12..=14).contains(&tens) => few,
            _ => many,
        },
    }
}

/// A duration for people: `0s`, `3.2s`, `42s`, `2m 5s`, `1h 3m`; in Russian `3,2 с`, `2 мин 5 с`, `1 ч 3 мин`.
pub fn duration(took: Duration, lang: Lang) -> String {
    let tenths = (took.as_millis() + 50) / 100;
    let seconds = (took.as_millis() + 500) / 1000;
    let (s, m, h) = match lang {
        Lang::En => ("s", "m", "h"),
        Lang::Ru => ("\u{a0}с", "\u{a0}мин", "\u{a0}ч"),
    };
    let point = match lang {
        Lang::En => '.',
        Lang::Ru => ',',
    };
    match (tenths, seconds) {
        (..100, _) if tenths.is_multiple_of(10) => format!("{}{s}", tenths / 10),
        (..100, _) => format!("{}{point}{}{s}", tenths / 10, tenths % 10),
        (_, ..60) => format!("{seconds}{s}"),
        (_, 60..3600) if seconds.is_multiple_of(60) => format!("{}{m}", seconds / 60),
        (_, 60..3600) => format!("{}{m} {}{s}", seconds / 60, seconds % 60),
        _ if seconds % 3600 < 60 => format!("{}{h}", seconds / 3600),
        _ => format!("{}{h} {}{m}", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A size for people, in powers of 1024: `512 B`, `3.4 KiB`, `4 MiB`; in Russian `512 Б`, `3,4 КиБ`, `4 МиБ`.
pub fn bytes(size: u64, lang: Lang) -> String {
    let (units, point) = match lang {
        Lang::En => (["B", "KiB", "MiB", "GiB"], '.'),
        Lang::Ru => (["Б", "КиБ", "МиБ", "ГиБ"], ','),
    };
    let mut unit = 0;
    let mut tenths = u128::from(size) * 10;
    while tenths >= 10_240 && unit + 1 < units.len() {
        tenths = (tenths + 512) / 1024;
        unit += 1;
    }
    let (whole, rest) = (tenths / 10, tenths % 10);
    if rest == 0 { format!("{whole} {}", units[unit]) } else { format!("{whole}{point}{rest} {}", units[unit]) }
}

/// Serializes a duration as whole milliseconds, which is what templates and JSON get.
///
/// # Errors
/// Those of the serializer.
pub fn as_millis<S: Serializer>(took: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(millis(*took))
}

/// The same for a duration that may be missing.
///
/// # Errors
/// Those of the serializer.
pub fn as_millis_option<S: Serializer>(took: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    match took {
        Some(took) => to.serialize_some(&millis(*took)),
        None => to.serialize_none(),
    }
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

/// A line with everything that would steer a terminal or turn the text around shown as what it is; a tab becomes blanks.
pub fn visible(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for char in line.chars() {
        let steers = char.is_control()
            || matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        match char {
            '\t' => out.push_str("    "),
            _ if steers => out.extend(char.escape_unicode()),
            _ => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn russian_counts_take_the_right_form() {
        let form = |count| plural(count, "файл", "файла", "файлов", Lang::Ru);
        let counts = [0, 1, 2, 4, 5, 11, 12, 14, 20, 21, 22, 25, 100, 101, 111, 112, 121, 1_002];
        let said: Vec<String> = counts.iter().map(|count| format!("{count} {}", form(*count))).collect();
        insta::assert_snapshot!(said.join(", "), @"0 файлов, 1 файл, 2 файла, 4 файла, 5 файлов, 11 файлов, 12 файлов, 14 файлов, 20 файлов, 21 файл, 22 файла, 25 файлов, 100 файлов, 101 файл, 111 файлов, 112 файлов, 121 файл, 1002 файла");
    }

    #[test]
    fn english_counts_know_one_and_many() {
        let form = |count| plural(count, "file", "files", "files", Lang::En);
        assert_eq!((form(0), form(1), form(2), form(21)), ("files", "file", "files", "files"));
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(number(0, Lang::En), "0");
        assert_eq!(number(999, Lang::En), "999");
        assert_eq!(number(1_234_567, Lang::En), "1,234,567");
        assert_eq!(number(1_234_567, Lang::Ru), "1\u{a0}234\u{a0}567");
    }

    #[test]
    fn durations_get_coarser_as_they_grow() {
        let millis = [0, 49, 60, 3_249, 9_949, 9_950, 59_499, 59_500, 60_000, 125_000, 3_599_600, 3_600_000, 3_780_000];
        let said =
            |lang| millis.iter().map(|ms| duration(Duration::from_millis(*ms), lang)).collect::<Vec<_>>().join(" | ");
        insta::assert_snapshot!(said(Lang::En), @"0s | 0s | 0.1s | 3.2s | 9.9s | 10s | 59s | 1m | 1m | 2m 5s | 1h | 1h | 1h 3m");
        assert_eq!(duration(Duration::from_secs(125), Lang::Ru), "2\u{a0}мин 5\u{a0}с");
        assert_eq!(duration(Duration::from_millis(3_249), Lang::Ru), "3,2\u{a0}с");
        assert_eq!(duration(Duration::from_secs(3_780), Lang::Ru), "1\u{a0}ч 3\u{a0}мин");
    }

    #[test]
    fn sizes_are_told_in_the_unit_that_fits() {
        assert_eq!(bytes(512, Lang::En), "512 B");
        assert_eq!(bytes(3_482, Lang::En), "3.4 KiB");
        assert_eq!(bytes(4 << 20, Lang::En), "4 MiB");
        assert_eq!(bytes(3_482, Lang::Ru), "3,4 КиБ");
        assert_eq!(bytes(u64::MAX, Lang::En), "17179869184 GiB");
    }
}
