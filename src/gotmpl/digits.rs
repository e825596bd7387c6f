//! Numbers printed by verbs and flags: Go's `fmt` for integers, characters and floats.

use super::float::format_float;
use super::format::Printer;
use super::quote::quote_char;
use super::runtime::Val;
use super::unicode::is_print;

impl Printer<'_> {
    pub(super) fn hex_number(&mut self, number: u64, prefixed: bool) {
        let sharp = std::mem::replace(&mut self.flags.sharp, prefixed);
        self.digits(number, 16, false, 'v');
        self.flags.sharp = sharp;
    }

    pub(super) fn integer(&mut self, value: &Val<'_>, number: u64, signed: bool, verb: char) {
        match verb {
            'v' if self.flags.sharp_v && !signed => self.hex_number(number, true),
            'v' | 'd' => self.digits(number, 10, signed, verb),
            'b' => self.digits(number, 2, signed, verb),
            'o' | 'O' => self.digits(number, 8, signed, verb),
            'x' | 'X' => self.digits(number, 16, signed, verb),
            'c' => {
                let c = to_char(number);
                self.pad(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            'q' => {
                let quoted = quote_char(to_char(number), self.flags.plus);
                self.pad(quoted.as_bytes());
            }
            'U' => self.code_point(number),
            _ => self.bad_verb(value, verb),
        }
    }

    fn digits(&mut self, number: u64, base: u32, signed: bool, verb: char) {
        let flags = self.flags;
        let negative = signed && (number as i64) < 0;
        let number = if negative { number.wrapping_neg() } else { number };
        let mut least = 0;
        if let Some(precision) = flags.precision {
            // No digits at all for zero with precision zero.
            if precision == 0 && number == 0 {
                return self.spaces(flags.width.unwrap_or(0));
            }
            least = precision;
        } else if let Some(width) = flags.width.filter(|_| flags.zero && !flags.minus) {
            least = width.saturating_sub(usize::from(negative || flags.plus || flags.space));
        }
        let digits = match (base, verb) {
            (2, _) => format!("{number:b}"),
            (8, _) => format!("{number:o}"),
            (16, 'X') => format!("{number:X}"),
            (16, _) => format!("{number:x}"),
            _ => number.to_string(),
        };
        let mut out = String::with_capacity(least + digits.len() + 3);
        if negative {
            out.push('-');
        } else if flags.plus {
            out.push('+');
        } else if flags.space {
            out.push(' ');
        }
        if verb == 'O' {
            out.push_str("0o");
        }
        if flags.sharp {
            out.push_str(match (base, verb) {
                (2, _) => "0b",
                (8, _) if least <= digits.len() && !digits.starts_with('0') => "0",
                (16, 'X') => "0X",
                (16, _) => "0x",
                _ => "",
            });
        }
        out.extend(std::iter::repeat_n('0', least.saturating_sub(digits.len())));
        out.push_str(&digits);
        self.pad_with(out.as_bytes(), false);
    }

    fn code_point(&mut self, number: u64) {
        let least = self.flags.precision.unwrap_or(4).max(4);
        let digits = format!("{number:X}");
        let mut out = String::from("U+");
        out.extend(std::iter::repeat_n('0', least.saturating_sub(digits.len())));
        out.push_str(&digits);
        let c = u32::try_from(number).ok().and_then(char::from_u32);
        if let Some(c) = c.filter(|c| self.flags.sharp && is_print(*c)) {
            out.push_str(&format!(" '{c}'"));
        }
        self.pad_with(out.as_bytes(), false);
    }

    pub(super) fn float(&mut self, value: &Val<'_>, number: f64, verb: char) {
        let (verb, default) = match verb {
            'v' => ('g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => (verb, None),
            'f' | 'F' => ('f', Some(6)),
            'e' | 'E' => (verb, Some(6)),
            _ => return self.bad_verb(value, verb),
        };
        let precision = self.flags.precision.or(default);
        self.float_digits(number, verb, precision);
    }

    fn float_digits(&mut self, number: f64, verb: char, precision: Option<usize>) {
        let flags = self.flags;
        let written = format_float(number, verb, precision);
        let (sign, mut body) = match written.strip_prefix(['-', '+']) {
            Some(body) => (&written[..1], body.to_owned()),
            None => ("+", written.clone()),
        };
        let sign = if flags.space && sign == "+" && !flags.plus { " " } else { sign };
        if body.starts_with(['I', 'N']) {
            // Only NaN goes without a sign.
            let signed =
                if body.starts_with('N') && !flags.space && !flags.plus { body } else { format!("{sign}{body}") };
            return self.pad_with(signed.as_bytes(), false);
        }
        if flags.sharp && verb != 'b' {
            body = with_point(&body, verb, precision);
        }
        if flags.plus || sign != "+" {
            // Zeros go between the sign and the number.
            let length = body.len() + 1;
            if let Some(width) = flags.width.filter(|width| flags.zero && !flags.minus && *width > length) {
                self.push_str(sign);
                self.padding(width - length, b'0');
                return self.push_str(&body);
            }
            return self.pad(format!("{sign}{body}").as_bytes());
        }
        self.pad(body.as_bytes());
    }
}

fn to_char(number: u64) -> char {
    u32::try_from(number).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The `#` flag: a decimal point always, and trailing zeros for `%g`. `body` has no sign.
fn with_point(body: &str, verb: char, precision: Option<usize>) -> String {
    let mut digits = match verb {
        'g' | 'G' | 'x' => i64::try_from(precision.unwrap_or(6)).unwrap_or(i64::MAX),
        _ => 0,
    };
    let exponent = |c: char| matches!(c, 'p' | 'P') || (matches!(c, 'e' | 'E') && !matches!(verb, 'x' | 'X'));
    let (number, tail) = body.split_at(body.find(exponent).unwrap_or(body.len()));
    let mut seen_nonzero = false;
    for c in number.chars().filter(|c| *c != '.') {
        seen_nonzero |= c != '0';
        digits -= i64::from(seen_nonzero);
    }
    let mut out = number.to_owned();
    if !number.contains('.') {
        if number == "0" {
            digits -= 1;
        }
        out.push('.');
    }
    out.extend(std::iter::repeat_n('0', usize::try_from(digits).unwrap_or(0)));
    out.push_str(tail);
    out
}
