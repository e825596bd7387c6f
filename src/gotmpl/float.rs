//! Floats as Go's `strconv.FormatFloat` writes them.

/// `strconv.FormatFloat(value, verb, precision, 64)`; no precision means as few digits as are needed. The verb is one
/// of `e E f g G b x X`.
pub(super) fn format_float(value: f64, verb: char, precision: Option<usize>) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let mut out = String::new();
    if value.is_sign_negative() {
        out.push('-');
    }
    let value = value.abs();
    match verb {
        'b' => binary(&mut out, value),
        'x' | 'X' => hexadecimal(&mut out, value, precision, verb == 'X'),
        'e' | 'E' => {
            let digits = Digits::significant(value, precision.map(|precision| precision + 1));
            let places = precision.unwrap_or_else(|| digits.text.len().saturating_sub(1));
            digits.write_exponent(&mut out, places, verb);
        }
        'f' => fixed(&mut out, value, precision),
        _ => general(&mut out, value, precision, if verb == 'G' { 'E' } else { 'e' }),
    }
    out
}

/// No float has more decimal digits than this behind its point, nor before it.
const MOST_DIGITS: usize = 1100;

/// Decimal digits: `0.DIGITS × 10^point`. Zero has none.
struct Digits {
    text: String,
    point: i32,
}

impl Digits {
    /// The given number of digits, correctly rounded, or as few as identify the value; without trailing zeros.
    fn significant(value: f64, count: Option<usize>) -> Digits {
        if value == 0.0 {
            return Digits { text: String::new(), point: 0 };
        }
        let written = match count {
            None => format!("{value:e}"),
            Some(count) => format!("{value:.*e}", count.clamp(1, MOST_DIGITS) - 1),
        };
        let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
        let mut text = mantissa.replace('.', "").trim_end_matches('0').to_owned();
        if count.is_none() {
            to_even(&mut text, value);
        }
        // The exponent was written by the standard library.
        let point = exponent.parse::<i32>().unwrap_or(0) + 1;
        Digits { text, point }
    }

    fn write_exponent(&self, out: &mut String, places: usize, letter: char) {
        out.push_str(self.text.get(..1).unwrap_or("0"));
        if places > 0 {
            out.push('.');
            let behind = self.text.get(1..).unwrap_or("");
            let shown = behind.len().min(places);
            out.push_str(&behind[..shown]);
            zeros(out, places - shown);
        }
        out.push(letter);
        let exponent = if self.text.is_empty() { 0 } else { self.point - 1 };
        out.push(if exponent < 0 { '-' } else { '+' });
        out.push_str(&format!("{:02}", exponent.abs()));
    }

    fn write_fixed(&self, out: &mut String, places: usize) {
        let whole = usize::try_from(self.point).unwrap_or(0);
        if whole == 0 {
            out.push('0');
        } else {
            let shown = whole.min(self.text.len());
            out.push_str(&self.text[..shown]);
            zeros(out, whole - shown);
        }
        if places > 0 {
            out.push('.');
            let leading = usize::try_from(-self.point).unwrap_or(0).min(places);
            zeros(out, leading);
            let behind = self.text.get(whole..).unwrap_or("");
            let shown = behind.len().min(places - leading);
            out.push_str(&behind[..shown]);
            zeros(out, places - leading - shown);
        }
    }
}

/// Where a value lies in the middle of two shortest forms, Go takes the one whose last digit is even; the standard
/// library takes either.
fn to_even(text: &mut String, value: f64) {
    let count = text.len();
    // With fewer digits, one more would have been exact and needed.
    if count < 15 {
        return;
    }
    let exact = format!("{value:.MOST_DIGITS$e}");
    let (mantissa, exponent) = exact.split_once('e').unwrap_or((&exact, "0"));
    let digits = mantissa.replace('.', "");
    let (kept, rest) = digits.split_at(count);
    let even = kept.bytes().last().is_some_and(|digit| digit % 2 == 0);
    if even && rest.trim_end_matches('0') == "5" && kept != text {
        let (first, others) = kept.split_at(1);
        // Next to a power of two the lower one may be another number.
        if format!("{first}.{others}e{exponent}").parse() == Ok(value) {
            *text = kept.to_owned();
        }
    }
}

fn zeros(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n('0', count));
}

fn fixed(out: &mut String, value: f64, precision: Option<usize>) {
    match precision {
        None => {
            let digits = Digits::significant(value, None);
            let behind = i32::try_from(digits.text.len()).unwrap_or(i32::MAX) - digits.point;
            digits.write_fixed(out, usize::try_from(behind).unwrap_or(0));
        }
        Some(precision) => {
            let places = precision.min(MOST_DIGITS);
            out.push_str(&format!("{value:.places$}"));
            zeros(out, precision - places);
        }
    }
}

fn general(out: &mut String, value: f64, precision: Option<usize>, letter: char) {
    let digits = Digits::significant(value, precision.map(|precision| precision.max(1)));
    let count = digits.text.len();
    let precision_given = precision.map(|precision| precision.max(1));
    let mut places = precision_given.unwrap_or(count);
    let point = i64::from(digits.point);
    let mut threshold = places;
    if threshold > count && count as i64 >= point {
        threshold = count;
    }
    if precision_given.is_none() {
        // Where as few digits as needed are asked for, Go decides as if six were.
        threshold = 6;
    }
    let exponent = point - 1;
    if exponent < -4 || exponent >= threshold as i64 {
        places = places.min(count);
        digits.write_exponent(out, places.saturating_sub(1), letter);
        return;
    }
    if places as i64 > point {
        places = count;
    }
    digits.write_fixed(out, usize::try_from(places as i64 - point).unwrap_or(0));
}

/// The mantissa and the binary exponent: `value = mantissa × 2^exponent`.
fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let exponent = i32::try_from(bits >> 52 & 0x7ff).unwrap_or(0);
    let mantissa = bits & ((1 << 52) - 1);
    if exponent == 0 { (mantissa, -1074) } else { (mantissa | 1 << 52, exponent - 1075) }
}

fn binary(out: &mut String, value: f64) {
    let (mantissa, exponent) = parts(value);
    out.push_str(&format!("{mantissa}p{exponent:+}"));
}

fn hexadecimal(out: &mut String, value: f64, precision: Option<usize>, upper: bool) {
    let (mut mantissa, mut exponent) = parts(value);
    exponent += 52;
    if mantissa == 0 {
        exponent = 0;
    } else {
        // The leading one goes to bit 60, so that whole hexadecimal digits follow it.
        let shift = mantissa.leading_zeros() - 3;
        mantissa <<= shift;
        exponent -= i32::try_from(shift).unwrap_or(0) - 8;
    }
    if let Some(precision @ 0..15) = precision {
        let shift = precision * 4;
        let extra = mantissa << shift & ((1 << 60) - 1);
        mantissa >>= 60 - shift;
        if extra | (mantissa & 1) > 1 << 59 {
            mantissa += 1;
        }
        mantissa <<= 60 - shift;
        if mantissa & 1 << 61 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let digits = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let mut written = format!("0x{}", mantissa >> 60 & 1);
    let fraction = match precision {
        None => digits.trim_end_matches('0').to_owned(),
        Some(precision) => {
            let shown = precision.min(digits.len());
            let mut fraction = digits[..shown].to_owned();
            zeros(&mut fraction, precision - shown);
            fraction
        }
    };
    if !fraction.is_empty() {
        written.push('.');
        written.push_str(&fraction);
    }
    written.push_str(&format!("p{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs()));
    if upper {
        written.make_ascii_uppercase();
    }
    out.push_str(&written);
}
