//! Forms of keys, as providers describe them, and the expressions that find them.
//!
//! A form is literal text with runs in angle brackets: `<alnum 36>` is 36 characters of an alphabet, `<hex 8-16>` 8 to 16, `<url 20->`
//! at least 20, `<live|test>` one of some words, `<uuid>` five groups of hexadecimal digits.

/// What may stand at an end of a value in code, configuration and commands.
const ENDS: &str = r#"[\s"'`;,)\]}<\\]"#;

/// An alphabet as the inside of a class; a dash comes last.
fn alphabet(name: &str) -> Option<&'static str> {
    Some(match name {
        "digit" => "0-9",
        "hex" => "0-9a-f",
        "xhex" => "0-9a-fA-F",
        "lower" => "0-9a-z",
        "upper" => "0-9A-Z",
        "base32" => "A-Z2-7",
        "alnum" => "0-9a-zA-Z",
        "base64" => "0-9a-zA-Z+/",
        "base64=" => "0-9a-zA-Z+/=",
        "alnum%" => "0-9a-zA-Z%",
        "url" => "0-9a-zA-Z_-",
        "url=" => "0-9a-zA-Z_=-",
        "url.=" => "0-9a-zA-Z_.=-",
        "url.~" => "0-9a-zA-Z_.~-",
        "url+/=" => "0-9a-zA-Z_+/=-",
        // Base64 of either kind as it stands within a quoted text.
        "url+/\\" => r"0-9a-zA-Z_+/\\-",
        _ => return None,
    })
}

/// A form, read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// The expression of the whole form.
    expression: String,
    /// The longest literal words in a fixed place: where none of them is, the form isn't.
    pub(super) words: Vec<String>,
    /// How many bytes of the form stand before them.
    pub(super) before: usize,
    /// The alphabet in which the form ends.
    last: &'static str,
    /// Whether it may go on: then its shortest kind is enough.
    open: bool,
}

impl Form {
    /// Reads a form; none where it isn't one.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut form = Self { expression: String::new(), words: Vec::new(), before: 0, last: "", open: false };
        let mut at = Some(0);
        for part in text.split_inclusive('>') {
            let (literal, run) = part.split_once('<').unwrap_or((part, ""));
            form.literal(literal, &mut at);
            if !run.is_empty() {
                form.run(run.strip_suffix('>')?, &mut at)?;
            }
        }
        Some(form)
    }

    fn literal(&mut self, text: &str, at: &mut Option<usize>) {
        if !text.is_empty() {
            self.expression.push_str(&regex::escape(text));
            (self.last, self.open) = ("", false);
            self.offer(vec![text.to_owned()], at);
        }
    }

    fn run(&mut self, run: &str, at: &mut Option<usize>) -> Option<()> {
        self.open = false;
        if run == "uuid" {
            self.expression.push_str("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
            self.last = "0-9a-fA-F";
            *at = at.map(|at| at + 36);
        } else if let Some((name, count)) = run.split_once(' ') {
            self.last = alphabet(name)?;
            let (from, to) = count.split_once('-').unwrap_or((count, count));
            let least: usize = from.parse().ok()?;
            self.open = to.is_empty();
            let count = if from == to { from.to_owned() } else { format!("{from},{to}") };
            self.expression.push_str(&format!("[{}]{{{count}}}", self.last));
            *at = at.filter(|_| from == to).map(|at| at + least);
        } else {
            let words: Vec<String> = run.split('|').map(str::to_owned).collect();
            self.expression.push_str(&format!(
                "(?:{})",
                words.iter().map(|word| regex::escape(word)).collect::<Vec<_>>().join("|")
            ));
            self.last = "";
            self.offer(words, at);
        }
        Some(())
    }

    /// Takes words for those to look for if they are longer than what was offered before.
    fn offer(&mut self, words: Vec<String>, at: &mut Option<usize>) {
        let shortest = |words: &[String]| words.iter().map(String::len).min().unwrap_or_default();
        let length = shortest(&words);
        let same = words.iter().all(|word| word.len() == length);
        if let Some(before) = *at
            && length > shortest(&self.words)
        {
            self.before = before;
            self.words = words;
        }
        *at = at.filter(|_| same).map(|at| at + length);
    }

    /// The expression of a token that stands by itself.
    pub(super) fn alone(&self) -> String {
        if self.open {
            return format!(r"\A({}}})", self.expression.trim_end_matches(",}"));
        }
        format!(r"\A({})(?:[^0-9a-zA-Z{}]|\z)", self.expression, self.last)
    }

    /// The expression of a value that something is set to; it begins behind the word that calls for it.
    pub(super) fn assigned(&self) -> String {
        let rest_of_name = r"[\w .\t-]{0,32}";
        let sign = r"(?:[:?]{0,3}=|=?>|:|,|\|\|)";
        format!(r#"\A{rest_of_name}['"\s]{{0,3}}{sign}[\s"'`=]{{0,6}}({})(?:{ENDS}|\z)"#, self.expression)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Vec<String>, usize) {
        let form = Form::read(text).unwrap();
        (form.expression, form.words, form.before)
    }

    #[test]
    fn a_form_becomes_an_expression_with_the_words_to_look_for() {
        let words = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(read("ab.c_<alnum 36>"), (r"ab\.c_[0-9a-zA-Z]{36}".into(), words(&["ab.c_"]), 0));
        assert_eq!(
            read("<hex 4>.middle.<hex 2->"),
            (r"[0-9a-f]{4}\.middle\.[0-9a-f]{2,}".into(), words(&[".middle."]), 4)
        );
        assert_eq!(read("a<digit 1-2>longer"), ("a[0-9]{1,2}longer".into(), words(&["a"]), 0), "its place isn't fixed");
        assert_eq!(read("<ab|cde>x<digit 1>"), ("(?:ab|cde)x[0-9]{1}".into(), words(&["ab", "cde"]), 0));
        assert_eq!(read("<uuid>@there.is").2, 36);
    }

    #[test]
    fn of_a_form_that_may_go_on_the_shortest_is_enough() {
        assert_eq!(Form::read("a_<hex 8->").unwrap().alone(), r"\A(a_[0-9a-f]{8})");
        assert_eq!(Form::read("a_<hex 8-9>").unwrap().alone(), r"\A(a_[0-9a-f]{8,9})(?:[^0-9a-zA-Z0-9a-f]|\z)");
    }

    #[test]
    fn what_is_no_form_is_none() {
        for text in ["<alnum 36", "<alnum x>", "<nothing 3>"] {
            assert_eq!(Form::read(text), None, "{text}");
        }
    }
}
