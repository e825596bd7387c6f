//! As much of GraphQL's language as questions to GitHub need: operations, variables, arguments, fragments.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// One thing in braces.
#[derive(Debug, Clone)]
pub(super) enum Selection {
    Field { alias: String, name: String, args: Vec<(String, Arg)>, set: Vec<Selection> },
    Spread(String),
    Inline { on: String, set: Vec<Selection> },
}

#[derive(Debug, Clone)]
pub(super) enum Arg {
    Variable(String),
    Literal(Value),
    Object(Vec<(String, Arg)>),
    List(Vec<Arg>),
}

/// A question.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// Whether it is told to do something.
    pub(super) mutation: bool,
    /// Name and type; one that ends in `!` must be given.
    pub(super) variables: Vec<(String, String)>,
    pub(super) set: Vec<Selection>,
    /// Type and content by name.
    pub(super) fragments: BTreeMap<String, (String, Vec<Selection>)>,
}

impl Arg {
    pub(super) fn value(&self, variables: &Map<String, Value>) -> Value {
        match self {
            Self::Variable(name) => variables.get(name).cloned().unwrap_or_default(),
            Self::Literal(value) => value.clone(),
            Self::Object(fields) => {
                Value::Object(fields.iter().map(|(name, arg)| (name.clone(), arg.value(variables))).collect())
            }
            Self::List(items) => items.iter().map(|arg| arg.value(variables)).collect(),
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Document, String> {
    let mut tokens = Tokens(scan(text)?);
    let mut document = Document::default();
    while let Some(word) = tokens.0.first().cloned() {
        match word.as_str() {
            "query" | "mutation" => {
                document.mutation = tokens.next()? == "mutation";
                if !["(", "{"].contains(&tokens.peek()) {
                    tokens.next()?;
                }
                if tokens.peek() == "(" {
                    document.variables = tokens.variables()?;
                }
                document.set = tokens.set()?;
            }
            "fragment" => {
                tokens.next()?;
                let name = tokens.next()?;
                tokens.expect("on")?;
                let on = tokens.next()?;
                document.fragments.insert(name, (on, tokens.set()?));
            }
            "{" => document.set = tokens.set()?,
            other => return Err(format!("Expected a query, got {other}")),
        }
    }
    Ok(document)
}

struct Tokens(Vec<String>);

impl Tokens {
    fn peek(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    fn next(&mut self) -> Result<String, String> {
        if self.0.is_empty() { Err("Unexpected end of document".to_owned()) } else { Ok(self.0.remove(0)) }
    }

    fn expect(&mut self, wanted: &str) -> Result<(), String> {
        let found = self.next()?;
        if found == wanted { Ok(()) } else { Err(format!("Expected {wanted}, got {found}")) }
    }

    fn variables(&mut self) -> Result<Vec<(String, String)>, String> {
        let mut all = Vec::new();
        self.expect("(")?;
        while self.peek() != ")" {
            self.expect("$")?;
            let name = self.next()?;
            self.expect(":")?;
            let mut kind = String::new();
            while !["$", ")"].contains(&self.peek()) {
                kind += &self.next()?;
            }
            all.push((name, kind));
        }
        self.expect(")")?;
        Ok(all)
    }

    /// `name: value` until a bracket closes.
    fn args(&mut self, end: &str) -> Result<Vec<(String, Arg)>, String> {
        let mut args = Vec::new();
        while self.peek() != end {
            let key = self.next()?;
            self.expect(":")?;
            args.push((key, self.arg()?));
        }
        self.expect(end)?;
        Ok(args)
    }

    fn arg(&mut self) -> Result<Arg, String> {
        let first = self.next()?;
        match first.as_str() {
            "$" => self.next().map(Arg::Variable),
            "{" => self.args("}").map(Arg::Object),
            "[" => {
                let mut items = Vec::new();
                while self.peek() != "]" {
                    items.push(self.arg()?);
                }
                self.expect("]")?;
                Ok(Arg::List(items))
            }
            word => Ok(Arg::Literal(literal(word))),
        }
    }

    fn set(&mut self) -> Result<Vec<Selection>, String> {
        let mut all = Vec::new();
        self.expect("{")?;
        while self.peek() != "}" {
            if self.peek() == "..." {
                self.next()?;
                let word = self.next()?;
                all.push(if word == "on" {
                    Selection::Inline { on: self.next()?, set: self.set()? }
                } else {
                    Selection::Spread(word)
                });
                continue;
            }
            let mut name = self.next()?;
            let mut alias = name.clone();
            if self.peek() == ":" {
                self.next()?;
                name = self.next()?;
            } else {
                alias.clone_from(&name);
            }
            let args = if self.peek() == "(" {
                self.next()?;
                self.args(")")?
            } else {
                Vec::new()
            };
            let set = if self.peek() == "{" { self.set()? } else { Vec::new() };
            all.push(Selection::Field { alias, name, args, set });
        }
        self.expect("}")?;
        if all.is_empty() { Err("Expected a field, got }".to_owned()) } else { Ok(all) }
    }
}

/// Numbers, strings, booleans; enum values as strings.
fn literal(word: &str) -> Value {
    serde_json::from_str(word).unwrap_or_else(|_| Value::String(word.to_owned()))
}

fn scan(text: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start_matches([' ', '\n', '\t', '\r', ',']);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            _ if rest.starts_with("...") => 3,
            '{' | '}' | '(' | ')' | ':' | '$' | '!' | '[' | ']' => 1,
            '"' => 2 + rest[1..].find('"').ok_or("Unterminated string")?,
            _ => {
                let end =
                    rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
                if end == 0 {
                    return Err(format!("Unexpected {first}"));
                }
                end
            }
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start_matches([' ', '\n', '\t', '\r', ',']);
    }
    Ok(tokens)
}
