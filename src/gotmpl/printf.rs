//! `print`, `println` and `printf`: Go's `fmt` with its directives, and its words for directives that are wrong.

use super::format::{Flags, Printer};
use super::quote::decode;
use super::runtime::{Data, Val};

/// Widths and precisions beyond this are taken for mistakes.
const LARGEST: i64 = 1_000_000;

impl Printer<'_> {
    /// `fmt.Sprint`: spaces between two arguments that aren't strings.
    pub(super) fn print(&mut self, args: &[Val<'_>]) {
        let mut after_text = true;
        for (index, arg) in args.iter().enumerate() {
            let is_text = arg.as_bytes().is_some();
            if index > 0 && !is_text && !after_text {
                self.push_str(" ");
            }
            self.value(arg, 'v');
            after_text = is_text;
            if self.is_over_limit() {
                return;
            }
        }
    }

    /// `fmt.Sprintln`
    pub(super) fn println(&mut self, args: &[Val<'_>]) {
        for (index, arg) in args.iter().enumerate() {
            if index > 0 {
                self.push_str(" ");
            }
            self.value(arg, 'v');
            if self.is_over_limit() {
                return;
            }
        }
        self.push_str("\n");
    }

    /// `fmt.Sprintf`
    pub(super) fn printf(&mut self, format: &[u8], args: &[Val<'_>]) {
        let mut directives = Directives { format, at: 0, args, next: 0, reordered: false, good_index: true };
        while !self.is_over_limit() && directives.step(self) {}
        let Directives { next, reordered, .. } = directives;
        // After an explicit index it isn't known which arguments were left out.
        if reordered || next >= args.len() || self.is_over_limit() {
            return;
        }
        self.flags = Flags::default();
        self.push_str("%!(EXTRA ");
        for (index, arg) in args[next..].iter().enumerate() {
            if index > 0 {
                self.push_str(", ");
            }
            if matches!(arg.data, Data::Invalid) {
                self.push_str("<nil>");
            } else {
                self.push_str(&arg.concrete_type_name());
                self.push_str("=");
                self.value(arg, 'v');
            }
        }
        self.push_str(")");
    }
}

/// A format and its arguments, being gone through.
struct Directives<'f, 'a> {
    format: &'f [u8],
    at: usize,
    args: &'f [Val<'a>],
    /// The argument that is next.
    next: usize,
    /// Whether an explicit index was met.
    reordered: bool,
    /// Whether the indexes of this directive are right.
    good_index: bool,
}

impl Directives<'_, '_> {
    fn byte(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    /// Writes text and one directive; false at the end of the format.
    fn step(&mut self, out: &mut Printer<'_>) -> bool {
        self.good_index = true;
        let rest = &self.format[self.at..];
        let text = rest.iter().position(|byte| *byte == b'%').unwrap_or(rest.len());
        out.push(&rest[..text]);
        self.at += text;
        if self.at >= self.format.len() {
            return false;
        }
        self.at += 1;
        out.flags = Flags::default();
        self.flags(&mut out.flags);
        let mut after_index = self.index();
        after_index = self.width(out, after_index);
        after_index = self.precision(out, after_index);
        if !after_index {
            self.index();
        }
        let Some(rest) = self.format.get(self.at..).filter(|rest| !rest.is_empty()) else {
            out.push_str("%!(NOVERB)");
            return false;
        };
        let (verb, length) = decode(rest).unwrap_or((char::REPLACEMENT_CHARACTER, 1));
        self.at += length;
        self.verb(out, verb);
        true
    }

    fn flags(&mut self, flags: &mut Flags) {
        while let Some(byte) = self.byte() {
            match byte {
                b'#' => flags.sharp = true,
                b'0' => flags.zero = true,
                b'+' => flags.plus = true,
                b'-' => flags.minus = true,
                b' ' => flags.space = true,
                _ => return,
            }
            self.at += 1;
        }
    }

    fn verb(&mut self, out: &mut Printer<'_>, verb: char) {
        if verb == '%' {
            out.push_str("%");
        } else if !self.good_index {
            out.push_str(&format!("%!{verb}(BADINDEX)"));
        } else if let Some(arg) = self.args.get(self.next) {
            if matches!(verb, 'v' | 'w') {
                let flags = &mut out.flags;
                flags.sharp_v = std::mem::take(&mut flags.sharp);
                flags.plus_v = std::mem::take(&mut flags.plus);
            }
            out.value(arg, verb);
            self.next += 1;
        } else {
            out.push_str(&format!("%!{verb}(MISSING)"));
        }
    }

    /// An explicit index such as `[3]`, if there is one; whether it is a number.
    fn index(&mut self) -> bool {
        if self.byte() != Some(b'[') {
            return false;
        }
        self.reordered = true;
        let rest = &self.format[self.at..];
        let close = if rest.len() < 3 { None } else { rest.iter().position(|byte| *byte == b']') };
        let Some(close) = close else {
            self.at += 1;
            self.good_index = false;
            return false;
        };
        let (number, end) = parse_number(rest, 1, close);
        self.at += close + 1;
        let Some(number) = number.filter(|_| end == close) else {
            self.good_index = false;
            return false;
        };
        match usize::try_from(number - 1) {
            Ok(index) if index < self.args.len() => self.next = index,
            _ => self.good_index = false,
        }
        true
    }

    fn width(&mut self, out: &mut Printer<'_>, after_index: bool) -> bool {
        if self.byte() == Some(b'*') {
            self.at += 1;
            match self.int_argument() {
                Some(width) => {
                    if width < 0 {
                        out.flags.minus = true;
                        out.flags.zero = false;
                    }
                    out.flags.width = usize::try_from(width.unsigned_abs()).ok();
                }
                None => out.push_str("%!(BADWIDTH)"),
            }
            return false;
        }
        let (width, end) = parse_number(self.format, self.at, self.format.len());
        self.at = end;
        out.flags.width = width.and_then(|width| usize::try_from(width).ok());
        if after_index && width.is_some() {
            self.good_index = false;
        }
        after_index
    }

    fn precision(&mut self, out: &mut Printer<'_>, after_index: bool) -> bool {
        // A point at the very end is no precision but the verb.
        if self.byte() != Some(b'.') || self.at + 1 >= self.format.len() {
            return after_index;
        }
        self.at += 1;
        if after_index {
            self.good_index = false;
        }
        let after_index = self.index();
        if self.byte() == Some(b'*') {
            self.at += 1;
            out.flags.precision = self.int_argument().and_then(|precision| usize::try_from(precision).ok());
            if out.flags.precision.is_none() {
                out.push_str("%!(BADPREC)");
            }
            return false;
        }
        let (precision, end) = parse_number(self.format, self.at, self.format.len());
        self.at = end;
        out.flags.precision = Some(precision.and_then(|precision| usize::try_from(precision).ok()).unwrap_or(0));
        after_index
    }

    /// The next argument as the number for a `*`.
    fn int_argument(&mut self) -> Option<i64> {
        let arg = self.args.get(self.next)?;
        self.next += 1;
        let number = arg.as_int().or_else(|| arg.as_uint().and_then(|number| i64::try_from(number).ok()))?;
        (-LARGEST..=LARGEST).contains(&number).then_some(number)
    }
}

/// A decimal number from `start`, before `end`: the number if there is one, and where it ends. One that is too large
/// swallows all to the end.
fn parse_number(text: &[u8], start: usize, end: usize) -> (Option<i64>, usize) {
    let mut number = None;
    let mut at = start;
    while at < end && text[at].is_ascii_digit() {
        let before = number.unwrap_or(0);
        if before > LARGEST {
            return (None, end);
        }
        number = Some(before * 10 + i64::from(text[at] - b'0'));
        at += 1;
    }
    (number, at)
}
