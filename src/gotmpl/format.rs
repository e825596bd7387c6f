//! Values printed by verbs and flags: the part of Go's `fmt` that knows the kinds of values.

use super::methods::stringer;
use super::quote::{can_backquote, count_chars, quote_with};
use super::runtime::{Data, Val};
use super::time::Time;
use super::types::Type;
use super::value::Value;

/// Flags, width and precision of a directive.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags {
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%+v` and `%#v`, which are verbs of their own.
    pub(super) plus_v: bool,
    pub(super) sharp_v: bool,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
}

/// Go prints a pointer's address; here it is always this one, so that what is printed never depends on the run.
const ADDRESS: u64 = 0xc000_0100_0000;

/// Writes values into a buffer.
#[derive(Debug)]
pub(super) struct Printer<'b> {
    out: &'b mut Vec<u8>,
    limit: usize,
    pub(super) flags: Flags,
    /// Whether a wrong verb is being reported; methods aren't asked then.
    reporting: bool,
}

impl<'b> Printer<'b> {
    /// A printer into a buffer that shall not grow far beyond the limit: who prints more than one value asks
    /// [`Printer::is_over_limit`] between them.
    pub(super) fn new(out: &'b mut Vec<u8>, limit: usize) -> Printer<'b> {
        Printer { out, limit, flags: Flags::default(), reporting: false }
    }

    pub(super) fn is_over_limit(&self) -> bool {
        self.out.len() > self.limit
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    pub(super) fn push_str(&mut self, text: &str) {
        self.push(text.as_bytes());
    }

    /// Prints an argument.
    pub(super) fn value(&mut self, value: &Val<'_>, verb: char) {
        match (&value.data, verb) {
            (Data::Invalid, 'T' | 'v') => self.pad(b"<nil>"),
            (Data::Invalid, _) => self.bad_verb(value, verb),
            (_, 'T') => self.text(value.concrete_type_name().as_bytes()),
            (_, 'p') => self.pointer(value, verb),
            (Data::Struct(_) | Data::List(_) | Data::Map(_) | Data::ZeroOf(_) | Data::Pointer(_), 'w') => {
                self.bad_verb(value, verb);
            }
            _ => {
                if !self.method(value, verb) {
                    self.plain(value, verb, 0);
                }
            }
        }
    }

    /// A wrong verb: `%!d(string=x)`.
    pub(super) fn bad_verb(&mut self, value: &Val<'_>, verb: char) {
        self.reporting = true;
        self.push_str(&format!("%!{verb}("));
        if matches!(value.data, Data::Invalid) {
            self.push_str("<nil>");
        } else {
            self.push_str(&value.concrete_type_name());
            self.push_str("=");
            self.plain(value, 'v', 0);
        }
        self.push_str(")");
        self.reporting = false;
    }

    /// Prints by the value's own `String` or `GoString`, where it has one and the verb asks for text.
    fn method(&mut self, value: &Val<'_>, verb: char) -> bool {
        if self.reporting {
            return false;
        }
        // A pointer to a time has the time's methods.
        if let Data::Pointer(Value::Time(time)) = &value.data
            && verb != 'w'
        {
            return self.method(&Val::from(Data::Time(*time)), verb);
        }
        match (&value.data, verb) {
            (Data::Time(_) | Data::Month(_) | Data::Weekday(_), 'w') => self.bad_verb(value, verb),
            (Data::ZeroOf(Type::Pointer(target)), 'v' | 's' | 'x' | 'X' | 'q') if **target == Type::Time => {
                self.push_str("<nil>");
            }
            (Data::Time(time), _) if self.flags.sharp_v => self.text(time.go_string().as_bytes()),
            (data, 'v' | 's' | 'x' | 'X' | 'q') if !self.flags.sharp_v => match stringer(data) {
                Some(text) => self.string(text.as_bytes(), value, verb),
                None => return false,
            },
            _ => return false,
        }
        true
    }

    /// Prints a value by its kind. Inside others (`depth` above 0), methods go first.
    fn plain(&mut self, value: &Val<'_>, verb: char, depth: usize) {
        if self.is_over_limit() || (depth > 0 && self.method(value, verb)) {
            return;
        }
        match &value.data {
            Data::Invalid if self.flags.sharp_v => self.push_str("interface {}(nil)"),
            Data::Invalid => self.push_str("<nil>"),
            Data::Bool(_) if !matches!(verb, 't' | 'v') => self.bad_verb(value, verb),
            Data::Bool(true) => self.pad(b"true"),
            Data::Bool(false) => self.pad(b"false"),
            Data::Int(number) | Data::Int64(number) | Data::Month(number) | Data::Weekday(number) => {
                self.integer(value, *number as u64, true, verb);
            }
            Data::Uint(number) | Data::Uint64(number) => self.integer(value, *number, false, verb),
            Data::Uint8(number) => self.integer(value, u64::from(*number), false, verb),
            Data::Float(number) => self.float(value, *number, verb),
            Data::Str(text) => self.string(text, value, verb),
            Data::Made(text) => self.string(text, value, verb),
            Data::List(list) => {
                let items = (0..list.len).filter_map(|index| list.get(index));
                self.sequence(value, items, verb, depth);
            }
            Data::Map(map) => {
                self.open_map(value);
                for (index, (key, entry)) in map.entries.iter().enumerate() {
                    self.separate(index);
                    self.plain(&Val::from(Data::Str(key.as_bytes())), verb, depth + 1);
                    self.push_str(":");
                    self.plain(&Val::element(entry, map.elem), verb, depth + 1);
                }
                self.push_str(if self.flags.sharp_v { "}" } else { "]" });
            }
            Data::Struct(fields) => {
                let values = fields.values.iter().zip(&fields.ty.fields);
                self.structure(
                    value,
                    values.map(|(value, (name, ty))| (&**name, Val::element(value, ty))),
                    verb,
                    depth,
                );
            }
            Data::Time(time) => self.structure(value, inside_time(time).into_iter(), verb, depth),
            Data::ZeroOf(Type::Struct(ty)) => {
                let values = ty.fields.iter().map(|(name, ty)| (&**name, Val::zero(ty)));
                self.structure(value, values, verb, depth);
            }
            Data::ZeroOf(Type::Slice(_)) if self.flags.sharp_v => self.nil_of(value),
            Data::ZeroOf(Type::Slice(_)) => self.push_str("[]"),
            Data::ZeroOf(Type::Dict { .. }) if self.flags.sharp_v => self.nil_of(value),
            Data::ZeroOf(Type::Dict { .. }) => self.push_str("map[]"),
            Data::Pointer(target) if depth == 0 && Val::new(target).has_parts() => {
                self.push_str("&");
                self.plain(&Val::new(target), verb, depth + 1);
            }
            Data::Pointer(_) | Data::ZeroOf(_) | Data::NilLocation => self.pointer(value, verb),
        }
    }

    fn nil_of(&mut self, value: &Val<'_>) {
        self.push_str(&value.concrete_type_name());
        self.push_str("(nil)");
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.push_str(if self.flags.sharp_v { ", " } else { " " });
        }
    }

    fn open_map(&mut self, value: &Val<'_>) {
        if self.flags.sharp_v {
            self.push_str(&value.concrete_type_name());
            self.push_str("{");
        } else {
            self.push_str("map[");
        }
    }

    fn sequence<'v>(&mut self, value: &Val<'_>, items: impl Iterator<Item = Val<'v>>, verb: char, depth: usize) {
        let (open, close) = if self.flags.sharp_v { ("{", "}") } else { ("[", "]") };
        if self.flags.sharp_v {
            self.push_str(&value.concrete_type_name());
        }
        self.push_str(open);
        for (index, item) in items.enumerate() {
            self.separate(index);
            self.plain(&item, verb, depth + 1);
        }
        self.push_str(close);
    }

    fn structure<'v>(
        &mut self,
        value: &Val<'_>,
        fields: impl Iterator<Item = (&'v str, Val<'v>)>,
        verb: char,
        depth: usize,
    ) {
        if self.flags.sharp_v {
            self.push_str(&value.concrete_type_name());
        }
        self.push_str("{");
        for (index, (name, field)) in fields.enumerate() {
            self.separate(index);
            if self.flags.plus_v || self.flags.sharp_v {
                self.push_str(name);
                self.push_str(":");
            }
            self.plain(&field, verb, depth + 1);
        }
        self.push_str("}");
    }

    fn pointer(&mut self, value: &Val<'_>, verb: char) {
        let address = match &value.data {
            Data::Pointer(_) | Data::List(_) | Data::Map(_) => ADDRESS,
            Data::ZeroOf(Type::Struct(_)) => return self.bad_verb(value, verb),
            Data::ZeroOf(_) | Data::NilLocation => 0,
            _ => return self.bad_verb(value, verb),
        };
        match verb {
            'v' if self.flags.sharp_v => {
                self.push_str(&format!("({})(", value.concrete_type_name()));
                if address == 0 {
                    self.push_str("nil");
                } else {
                    self.hex_number(address, true);
                }
                self.push_str(")");
            }
            'v' if address == 0 => self.pad(b"<nil>"),
            'v' | 'p' => self.hex_number(address, !self.flags.sharp),
            'b' | 'o' | 'd' | 'x' | 'X' => self.integer(value, address, false, verb),
            _ => self.bad_verb(value, verb),
        }
    }

    fn string(&mut self, text: &[u8], value: &Val<'_>, verb: char) {
        match verb {
            'v' if self.flags.sharp_v => self.quoted(text),
            'v' | 's' => self.text(text),
            'x' | 'X' => self.hex_bytes(text, verb == 'X'),
            'q' => self.quoted(text),
            _ => self.bad_verb(value, verb),
        }
    }

    fn text(&mut self, text: &[u8]) {
        let text = self.truncated(text);
        self.pad(text);
    }

    /// As many characters as the precision allows.
    fn truncated<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let Some(precision) = self.flags.precision else { return text };
        let mut end = 0;
        for _ in 0..precision {
            if end >= text.len() {
                break;
            }
            end += super::quote::decode(&text[end..]).map_or(1, |(_, length)| length);
        }
        &text[..end]
    }

    fn quoted(&mut self, text: &[u8]) {
        let text = self.truncated(text);
        if self.flags.sharp && can_backquote(text) {
            let quoted = [b"`", text, b"`"].concat();
            return self.pad(&quoted);
        }
        let quoted = quote_with(text, self.flags.plus);
        self.pad(quoted.as_bytes());
    }

    fn hex_bytes(&mut self, text: &[u8], upper: bool) {
        let flags = self.flags;
        let shown = &text[..flags.precision.unwrap_or(usize::MAX).min(text.len())];
        let prefix = if upper { "0X" } else { "0x" };
        let mut out = String::with_capacity(shown.len() * 3);
        for (index, byte) in shown.iter().enumerate() {
            if index > 0 && flags.space {
                out.push(' ');
            }
            if flags.sharp && (index == 0 || flags.space) {
                out.push_str(prefix);
            }
            out.push_str(&if upper { format!("{byte:02X}") } else { format!("{byte:02x}") });
        }
        self.pad(out.as_bytes());
    }

    pub(super) fn pad(&mut self, text: &[u8]) {
        self.pad_with(text, self.flags.zero);
    }

    /// Writes text, filled up to the width; with zeros on the left only.
    pub(super) fn pad_with(&mut self, text: &[u8], zero: bool) {
        let missing = self.flags.width.map_or(0, |width| width.saturating_sub(count_chars(text)));
        if self.flags.minus {
            self.push(text);
            self.padding(missing, b' ');
        } else {
            self.padding(missing, if zero { b'0' } else { b' ' });
            self.push(text);
        }
    }

    pub(super) fn spaces(&mut self, count: usize) {
        self.padding(count, b' ');
    }

    pub(super) fn padding(&mut self, count: usize, byte: u8) {
        self.out.resize(self.out.len() + count, byte);
    }
}

/// The fields of Go's `time.Time`, for verbs that don't ask for text.
fn inside_time(time: &Time) -> [(&'static str, Val<'static>); 3] {
    [
        ("wall", Val::from(Data::Uint64(u64::from(time.nanosecond())))),
        ("ext", Val::from(Data::Int64(time.internal_seconds()))),
        ("loc", Val::from(Data::NilLocation)),
    ]
}
