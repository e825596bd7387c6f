//! Pieces of TOML: read with the places of their keys, and put over one another.

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::Block;
use super::error::{At, Error, Mistake};

/// A piece that could be read.
pub(super) struct Piece<'a> {
    /// What errors call it.
    pub(super) place: &'a str,
    /// What it says.
    pub(super) table: Table,
    text: &'a str,
    at: fn(usize, usize) -> At,
    index: usize,
}

impl<'a> Piece<'a> {
    /// Reads `codex.configTemplate`; all that is wrong with it goes into `told`.
    pub(super) fn template(block: &'a Block, told: &mut Vec<Mistake>) -> Option<Self> {
        Self::read(block, |_, byte| At::Template(byte), 0, told)
    }

    /// Reads an entry of `codex.configBlocks`.
    pub(super) fn block(block: &'a Block, index: usize, told: &mut Vec<Mistake>) -> Option<Self> {
        Self::read(block, At::Block, index, told)
    }

    fn read(block: &'a Block, at: fn(usize, usize) -> At, index: usize, told: &mut Vec<Mistake>) -> Option<Self> {
        match block.toml.parse::<Table>() {
            Ok(table) => Some(Self { place: &block.place, table, text: &block.toml, at, index }),
            Err(first) => {
                // The parser goes on behind a mistake when asked to; one that it tells as a whole stands alone.
                let (_, mut errors) = DeTable::parse_recoverable(&block.toml);
                if errors.is_empty() {
                    errors.push(first);
                }
                let mut line = None;
                for error in errors {
                    let byte = error.span().map_or(0, |span| span.start);
                    let own = block.toml.get(..byte).map(|before| before.matches('\n').count());
                    // What follows in the same line is mostly the same mistake again.
                    if line.is_some() && line == own {
                        continue;
                    }
                    line = own;
                    let reason = error.message().trim_end().to_owned();
                    told.push(Mistake {
                        at: at(index, byte),
                        error: Error::Toml { place: block.place.clone(), reason },
                    });
                }
                None
            }
        }
    }

    /// Where a key stands.
    pub(super) fn at(&self, path: &[&str]) -> At {
        (self.at)(self.index, self.offset(path).unwrap_or(0))
    }

    fn offset(&self, path: &[&str]) -> Option<usize> {
        let (last, tables) = path.split_last()?;
        let whole = DeTable::parse(self.text).ok()?;
        let mut table = whole.get_ref();
        for name in tables {
            table = entry(table, name)?.1.get_ref().as_table()?;
        }
        Some(entry(table, last)?.0.span().start)
    }

    /// Puts this piece over `table`: tables are merged, any other value takes the earlier one's place.
    pub(super) fn put_over(mut self, table: &mut Table, told: &mut Vec<Mistake>) {
        let own = std::mem::take(&mut self.table);
        self.merge(table, own, &[], told);
    }

    fn merge(&self, table: &mut Table, own: Table, path: &[&str], told: &mut Vec<Mistake>) {
        for (key, value) in own {
            let here: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
            match (table.get_mut(&key), value) {
                (Some(Value::Table(before)), Value::Table(inner)) => self.merge(before, inner, &here, told),
                (Some(before), value) if before.is_table() != value.is_table() => told.push(Mistake {
                    at: self.at(&here),
                    error: Error::Shape {
                        place: self.place.to_owned(),
                        key: here.join("."),
                        found: value.type_str(),
                        before: before.type_str(),
                    },
                }),
                (_, value) => {
                    table.insert(key, value);
                }
            }
        }
    }
}

type Entry<'a, 'i> = (&'a Spanned<toml::de::DeString<'i>>, &'a Spanned<DeValue<'i>>);

fn entry<'a, 'i>(table: &'a DeTable<'i>, name: &str) -> Option<Entry<'a, 'i>> {
    table.iter().find(|(key, _)| key.get_ref().as_ref() == name)
}

/// The table of this name, made where it is missing or something else.
pub(super) fn section<'a>(table: &'a mut Table, name: &str) -> &'a mut Table {
    let slot = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
    if !slot.is_table() {
        *slot = Value::Table(Table::new());
    }
    match slot {
        Value::Table(inner) => inner,
        _ => unreachable!("the line above made it a table"),
    }
}
