//! The pieces that the lexer cuts a template into.

use super::quote::quote;

/// What kind of piece a token is. Keywords stand last, as [`Kind::is_keyword`] relies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Error,
    Bool,
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    Str,
    Text,
    Variable,
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl Kind {
    pub(super) fn is_keyword(self) -> bool {
        self >= Kind::Block
    }

    pub(super) fn of_word(word: &str) -> Kind {
        match word {
            "block" => Kind::Block,
            "break" => Kind::Break,
            "continue" => Kind::Continue,
            "define" => Kind::Define,
            "else" => Kind::Else,
            "end" => Kind::End,
            "if" => Kind::If,
            "range" => Kind::Range,
            "nil" => Kind::Nil,
            "template" => Kind::Template,
            "with" => Kind::With,
            "true" | "false" => Kind::Bool,
            _ => Kind::Identifier,
        }
    }
}

/// A piece of a template. What an error token says is kept by the lexer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) pos: usize,
    pub(super) value: &'t str,
    pub(super) line: usize,
}

impl Token<'_> {
    pub(super) fn none() -> Self {
        Token { kind: Kind::Eof, pos: 0, value: "", line: 0 }
    }

    /// The token as Go shows it in errors.
    pub(super) fn show(&self) -> String {
        match self.kind {
            Kind::Eof => "EOF".to_owned(),
            kind if kind.is_keyword() => format!("<{}>", self.value),
            _ if self.value.len() > 10 => {
                let end = self.value.char_indices().nth(10).map_or(self.value.len(), |(at, _)| at);
                format!("{}...", quote(&self.value.as_bytes()[..end]))
            }
            _ => quote(self.value.as_bytes()),
        }
    }
}
