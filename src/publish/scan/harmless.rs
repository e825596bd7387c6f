//! What tells an example from a key.

use std::ops::Range;

/// Shannon's, in bits a byte.
pub(super) fn entropy(value: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value {
        counts[usize::from(*byte)] += 1;
    }
    let length = value.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|part| -part * part.log2())
        .sum()
}

/// Whether a value is one that documentation prints: it says so, or it counts up as nobody's dice would.
pub(super) fn is_example(value: &[u8]) -> bool {
    let rising = value.windows(2).scan(1, |run, pair| {
        *run = if pair[1] == pair[0].wrapping_add(1) { *run + 1 } else { 1 };
        Some(*run)
    });
    rising.max().is_some_and(|longest| longest >= 9) || has_word(value, &["example"])
}

/// Whether a value has no digit or no letter: names are such, keys are not.
pub(super) fn is_word(value: &[u8]) -> bool {
    !(value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic))
}

/// Whether a value of 24 characters or so reads like the name of a function: capitals and digits begin words in it, or there are hardly
/// any. Of random ones 4 in 100 do.
pub(super) fn is_name(value: &[u8]) -> bool {
    let kind = |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
    let changes = value.windows(2).filter(|pair| kind(pair[0]) != kind(pair[1])).count();
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    digits == 0 || if value.iter().any(u8::is_ascii_uppercase) { changes < 10 } else { digits < 3 }
}

/// Whether a value could be a checksum or the id of a commit.
pub(super) fn is_hex(value: &[u8]) -> bool {
    value.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether a value stands within base64, by what is before and behind it: a mark of that alphabet, a padding, the word that announces
/// it, or a line of it.
pub(super) fn is_part_of_base64(text: &[u8], value: Range<usize>) -> bool {
    let (before, behind) = (&text[..value.start], &text[value.end..]);
    let announced = || ["base64,", "base64:", "base64 "].iter().any(|word| before.ends_with(word.as_bytes()));
    before.last().is_some_and(|byte| b"+/-_".contains(byte))
        || behind.first().is_some_and(|byte| b"+/=-_".contains(byte))
        || behind.starts_with(b"\\/")
        || announced()
        || before
            .strip_suffix(b"\n")
            .is_some_and(|before| is_line_of_base64(before.rsplit(|byte| *byte == b'\n').next()))
        || behind
            .strip_prefix(b"\n")
            .is_some_and(|behind| is_line_of_base64(behind.split(|byte| *byte == b'\n').next()))
}

/// Whether a line is long and nothing but base64, as in mail and in certificates.
fn is_line_of_base64(line: Option<&[u8]>) -> bool {
    let line = line.unwrap_or_default().trim_ascii();
    line.len() >= 60 && line.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte))
}

/// Whether somebody is to put a value in the place of this text.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        "your", "token", "secret", "passw", "change", "xxxx", "***", "...", "api_key", "api-key", "apikey", "here",
        "dummy",
    ];
    // Of a user and a password, the password.
    let (user, password) = match value.iter().position(|byte| *byte == b':') {
        Some(at) if at + 1 < value.len() => (Some(&value[..at]), &value[at + 1..]),
        _ => (None, value),
    };
    let bare = |text: &[u8]| text.iter().copied().find(|byte| !matches!(byte, b'"' | b'\'' | b' '));
    let filled = |text: &[u8]| bare(text).is_none_or(|first| text.len() > 1 && b"$<{[(%".contains(&first));
    filled(password) || user.is_some_and(|user| bare(user) == Some(b'<')) || has_word(value, WORDS)
}

fn has_word(value: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| value.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_counts_bits() {
        assert!((entropy(b"aabb") - 1.0).abs() < 1e-9 && entropy(b"") == 0.0 && entropy(b"aaaa") == 0.0);
    }

    #[test]
    fn examples_names_checksums_and_placeholders_are_known() {
        assert!(is_example(b"AKIAIOSFODNN7EXAMPLE") && is_example(b"key-1234567890abcdef"));
        assert!(!is_example(b"q7Rz2Kp9Vx4Lw8Tn1Ybm5Hc3JdG6sF"));
        assert!(is_word(b"somethingLong") && is_word(b"1234") && !is_word(b"a1"));
        assert!(
            is_name(b"ReadUint16LengthPrefixed")
                && is_name(b"setUserArenaChunkToFault")
                && !is_name(b"q7Rz2Kp9Vx4Lw8Tn1Ybm5Hc3")
        );
        assert!(is_hex(b"9f86d081884c") && !is_hex(b"9f86g"));
        for text in
            ["YOUR_API_KEY", "$TOKEN", "\"${TOKEN}\"", "<key>", "{{ token }}", "xxxxxxxx", "", "admin:${PASSWORD}"]
        {
            assert!(is_placeholder(text.as_bytes()), "{text}");
        }
        assert!(!is_placeholder(b"q7Rz2Kp9Vx4L") && !is_placeholder(b"admin:q7Rz2Kp9Vx4L"));
    }
}
