//! The lexer: cuts a template into text, delimiters and words, in the same pieces and with the same errors as Go's.

use super::quote::quote;
use super::token::{Kind, Token};
use super::unicode::{is_digit, is_letter, is_print};

const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

fn is_space(c: char) -> bool {
    SPACES.contains(&c)
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || is_letter(c) || is_digit(c)
}

fn has_left_trim_marker(text: &[u8]) -> bool {
    text.len() >= 2 && text[0] == b'-' && is_space(char::from(text[1]))
}

fn has_right_trim_marker(text: &[u8]) -> bool {
    text.len() >= 2 && is_space(char::from(text[0])) && text[1] == b'-'
}

/// Cuts a template into tokens, one by one.
#[derive(Debug)]
pub(super) struct Lexer<'t> {
    input: &'t str,
    pos: usize,
    start: usize,
    line: usize,
    start_line: usize,
    paren_depth: usize,
    inside_action: bool,
    /// What is wrong with the template, once an error token was met.
    problem: String,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(input: &'t str) -> Lexer<'t> {
        Lexer {
            input,
            pos: 0,
            start: 0,
            line: 1,
            start_line: 1,
            paren_depth: 0,
            inside_action: false,
            problem: String::new(),
        }
    }

    /// The next token; [`Kind::Eof`] again and again at the end. After an error nothing of the text is left.
    pub(super) fn next_token(&mut self) -> Token<'t> {
        if self.inside_action { self.in_action() } else { self.in_text() }
    }

    /// What an error token stands for. The parser stops at the first.
    pub(super) fn problem(&self) -> &str {
        &self.problem
    }

    fn rest(&self) -> &'t str {
        &self.input[self.pos..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn advance(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.pos += c.len_utf8();
        if c == '\n' {
            self.line += 1;
        }
        Some(c)
    }

    fn take(&mut self, kind: Kind) -> Token<'t> {
        let token = Token { kind, pos: self.start, value: &self.input[self.start..self.pos], line: self.start_line };
        self.start = self.pos;
        self.start_line = self.line;
        token
    }

    /// Passes over text that [`Lexer::advance`] didn't count.
    fn ignore(&mut self) {
        self.count_lines();
        self.start = self.pos;
        self.start_line = self.line;
    }

    fn count_lines(&mut self) {
        self.line += self.input[self.start..self.pos].bytes().filter(|byte| *byte == b'\n').count();
    }

    fn error(&mut self, message: String) -> Token<'t> {
        let token = Token { kind: Kind::Error, pos: self.start, value: "", line: self.start_line };
        if self.problem.is_empty() {
            self.problem = message;
        }
        self.start = 0;
        self.pos = 0;
        self.input = "";
        token
    }

    fn in_text(&mut self) -> Token<'t> {
        loop {
            let Some(length) = find_delim(self.rest()) else {
                self.pos = self.input.len();
                if self.pos > self.start {
                    self.count_lines();
                    return self.take(Kind::Text);
                }
                return Token { kind: Kind::Eof, pos: self.pos, value: "", line: self.start_line };
            };
            let delim = self.pos + length;
            if length > 0 {
                self.pos = delim;
                if has_left_trim_marker(&self.input.as_bytes()[delim + 2..]) {
                    self.pos = self.start + self.input[self.start..delim].trim_end_matches(SPACES).len();
                }
                self.count_lines();
                let text = self.take(Kind::Text);
                self.pos = delim;
                self.ignore();
                if !text.value.is_empty() {
                    return text;
                }
            }
            if let Some(token) = self.left_delim() {
                return token;
            }
        }
    }

    /// A left delimiter or an error; nothing when it opens a comment, which is passed over.
    fn left_delim(&mut self) -> Option<Token<'t>> {
        self.pos += 2;
        let after_marker = if has_left_trim_marker(self.rest().as_bytes()) { 2 } else { 0 };
        if self.rest()[after_marker..].starts_with("/*") {
            self.pos += after_marker;
            self.ignore();
            return self.comment();
        }
        let token = self.take(Kind::LeftDelim);
        self.inside_action = true;
        self.pos += after_marker;
        self.ignore();
        self.paren_depth = 0;
        Some(token)
    }

    fn comment(&mut self) -> Option<Token<'t>> {
        self.pos += 2;
        let Some(length) = self.rest().find("*/") else {
            return Some(self.error("unclosed comment".to_owned()));
        };
        self.pos += length + 2;
        let Some(trim) = self.right_delim_ahead() else {
            return Some(self.error("comment ends before closing delimiter".to_owned()));
        };
        self.pos += if trim { 4 } else { 2 };
        if trim {
            self.skip_spaces();
        }
        self.ignore();
        None
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.pos += rest.len() - rest.trim_start_matches(SPACES).len();
    }

    /// Whether a right delimiter is ahead, and whether it trims.
    fn right_delim_ahead(&self) -> Option<bool> {
        let rest = self.rest();
        if has_right_trim_marker(rest.as_bytes()) && rest[2..].starts_with("}}") {
            Some(true)
        } else if rest.starts_with("}}") {
            Some(false)
        } else {
            None
        }
    }

    fn right_delim(&mut self, trim: bool) -> Token<'t> {
        if trim {
            self.pos += 2;
            self.ignore();
        }
        self.pos += 2;
        let token = self.take(Kind::RightDelim);
        if trim {
            self.skip_spaces();
            self.ignore();
        }
        self.inside_action = false;
        token
    }

    fn in_action(&mut self) -> Token<'t> {
        if let Some(trim) = self.right_delim_ahead() {
            if self.paren_depth == 0 {
                return self.right_delim(trim);
            }
            return self.error("unclosed left paren".to_owned());
        }
        let Some(c) = self.peek() else {
            return self.error("unclosed action".to_owned());
        };
        if is_space(c) {
            return self.space();
        }
        match c {
            '+' | '-' | '0'..='9' => return self.number(),
            '.' if self.rest().as_bytes().get(1).is_some_and(u8::is_ascii_digit) => return self.number(),
            '.' if self.rest().len() == 1 => return self.number(),
            c if is_alphanumeric(c) => return self.identifier(),
            _ => {}
        }
        self.advance();
        match c {
            '=' => self.take(Kind::Assign),
            ':' => {
                if self.advance() != Some('=') {
                    return self.error("expected :=".to_owned());
                }
                self.take(Kind::Declare)
            }
            '|' => self.take(Kind::Pipe),
            '"' => self.quoted('"', Kind::Str, "unterminated quoted string"),
            '\'' => self.quoted('\'', Kind::CharConstant, "unterminated character constant"),
            '`' => self.raw_quoted(),
            '$' => self.field_or_variable(Kind::Variable, Kind::Variable),
            '.' => self.field_or_variable(Kind::Field, Kind::Dot),
            '(' => {
                self.paren_depth += 1;
                self.take(Kind::LeftParen)
            }
            ')' => {
                let Some(depth) = self.paren_depth.checked_sub(1) else {
                    return self.error("unexpected right paren".to_owned());
                };
                self.paren_depth = depth;
                self.take(Kind::RightParen)
            }
            c if c.is_ascii() && is_print(c) => self.take(Kind::Char),
            c => self.error(format!("unrecognized character in action: {}", show_char(Some(c)))),
        }
    }

    /// A run of spaces, but for the last one when that belongs to a trimming right delimiter.
    fn space(&mut self) -> Token<'t> {
        let mut count = 0;
        let mut before_last = (self.pos, self.line);
        while self.peek().is_some_and(is_space) {
            before_last = (self.pos, self.line);
            self.advance();
            count += 1;
        }
        let last = &self.input[before_last.0..];
        if has_right_trim_marker(last.as_bytes()) && last[2..].starts_with("}}") {
            (self.pos, self.line) = before_last;
            if count == 1 {
                return self.right_delim(true);
            }
        }
        self.take(Kind::Space)
    }

    fn identifier(&mut self) -> Token<'t> {
        while self.peek().is_some_and(is_alphanumeric) {
            self.advance();
        }
        if !self.at_terminator() {
            return self.bad_character();
        }
        self.take(Kind::of_word(&self.input[self.start..self.pos]))
    }

    /// A field or variable whose `.` or `$` has been read; `bare` when no name follows.
    fn field_or_variable(&mut self, kind: Kind, bare: Kind) -> Token<'t> {
        if self.at_terminator() {
            return self.take(bare);
        }
        while self.peek().is_some_and(is_alphanumeric) {
            self.advance();
        }
        if !self.at_terminator() {
            return self.bad_character();
        }
        self.take(kind)
    }

    fn bad_character(&mut self) -> Token<'t> {
        let message = format!("bad character {}", show_char(self.peek()));
        self.error(message)
    }

    /// Whether a word may end here; keeps `$x+2` from being read as two words.
    fn at_terminator(&self) -> bool {
        match self.peek() {
            None | Some('.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(c) => is_space(c) || self.rest().starts_with("}}"),
        }
    }

    fn quoted(&mut self, quote: char, kind: Kind, unterminated: &str) -> Token<'t> {
        loop {
            let mut c = self.advance();
            if c == Some('\\') {
                c = self.advance();
                if !matches!(c, None | Some('\n')) {
                    continue;
                }
            }
            match c {
                None | Some('\n') => return self.error(unterminated.to_owned()),
                Some(c) if c == quote => return self.take(kind),
                Some(_) => {}
            }
        }
    }

    fn raw_quoted(&mut self) -> Token<'t> {
        loop {
            match self.advance() {
                None => return self.error("unterminated raw quoted string".to_owned()),
                Some('`') => return self.take(Kind::RawString),
                Some(_) => {}
            }
        }
    }

    fn number(&mut self) -> Token<'t> {
        if !self.scan_number() {
            return self.bad_number();
        }
        if matches!(self.peek(), Some('+' | '-')) {
            // The second half of a complex constant: `1+2i`.
            if !self.scan_number() || !self.input[..self.pos].ends_with('i') {
                return self.bad_number();
            }
            return self.take(Kind::Complex);
        }
        self.take(Kind::Number)
    }

    fn bad_number(&mut self) -> Token<'t> {
        let message = format!("bad number syntax: {}", quote(&self.input.as_bytes()[self.start..self.pos]));
        self.error(message)
    }

    /// Reads anything that looks like a number; whether it is one is found out when its value is needed.
    fn scan_number(&mut self) -> bool {
        self.accept("+-");
        let mut digits = "0123456789_";
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        while self.accept(digits) {}
        if self.accept(".") {
            while self.accept(digits) {}
        }
        let exponent = match digits.len() {
            11 => "eE",
            23 => "pP",
            _ => "",
        };
        if self.accept(exponent) {
            self.accept("+-");
            while self.accept("0123456789_") {}
        }
        self.accept("i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.advance();
            return false;
        }
        true
    }

    fn accept(&mut self, valid: &str) -> bool {
        let accepted = self.peek().is_some_and(|c| valid.contains(c));
        if accepted {
            self.advance();
        }
        accepted
    }
}

/// Where the next left delimiter is. Most of a template is text, and a search for one byte is the fastest there is.
fn find_delim(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find('{')?;
        if text.as_bytes().get(at + 1) == Some(&b'{') {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Go's `%#U`; the end of the text is the code point -1.
fn show_char(c: Option<char>) -> String {
    match c {
        None => "U+FFFFFFFFFFFFFFFF".to_owned(),
        Some(c) if is_print(c) => format!("U+{:04X} '{c}'", u32::from(c)),
        Some(c) => format!("U+{:04X}", u32::from(c)),
    }
}
