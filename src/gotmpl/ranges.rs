//! `range`: what it goes through, round by round, and its variables.

use std::collections::btree_map;

use super::error::Error;
use super::exec::{Frame, FrameKind, Run};
use super::funcs::show;
use super::node::Pipe;
use super::runtime::{Data, Kind, List, Val};
use super::types::Type;
use super::value::Value;

/// A range under way.
pub(super) struct Range<'a> {
    pipe: &'a Pipe,
    items: Items<'a>,
    /// First operation of the body, and the end of the scope.
    start: usize,
    end: usize,
    /// How many variables there are at the start of each round.
    vars: usize,
}

enum Items<'a> {
    List { list: List<'a>, next: usize },
    Map { entries: btree_map::Iter<'a, String, Value>, elem: &'a Type },
    Count { like: Data<'a>, next: u64, end: u64 },
}

impl<'a> Items<'a> {
    /// The next index or key, and element.
    fn next(&mut self) -> Option<(Val<'a>, Val<'a>)> {
        match self {
            Items::List { list, next } => {
                let element = list.get(*next)?;
                *next += 1;
                Some((Val::from(Data::Int(*next as i64 - 1)), element))
            }
            Items::Map { entries, elem } => {
                let (key, value) = entries.next()?;
                Some((Val::from(Data::Str(key.as_bytes())), Val::element(value, elem)))
            }
            Items::Count { like, next, end } => {
                if next >= end {
                    return None;
                }
                let count = *next;
                *next += 1;
                let element = match like {
                    Data::Int64(_) => Data::Int64(count as i64),
                    Data::Uint(_) => Data::Uint(count),
                    Data::Uint8(_) => Data::Uint8(count as u8),
                    Data::Uint64(_) => Data::Uint64(count),
                    Data::Month(_) => Data::Month(count as i64),
                    Data::Weekday(_) => Data::Weekday(count as i64),
                    _ => Data::Int(count as i64),
                };
                Some((Val::INVALID, Val::from(element)))
            }
        }
    }
}

impl<'a> Run<'a> {
    /// Begins a range: the dot of its first round, or nothing when there is none. The scope is already open.
    pub(super) fn start_range(
        &mut self,
        dot: &Val<'a>,
        pipe: &'a Pipe,
        start: usize,
        end: usize,
    ) -> Result<Option<Val<'a>>, Error> {
        let value = self.pipeline(dot, pipe)?.indirect().0;
        let items = match (&value.data, value.kind()) {
            (_, Kind::Int | Kind::Uint) => {
                if pipe.decl.len() > 1 {
                    let shown = show(&value, 'v');
                    return Err(self.error(format!("can't use {shown} to iterate over more than one variable")));
                }
                let end = value.as_uint().unwrap_or_else(|| value.as_int().unwrap_or(0).max(0).unsigned_abs());
                Items::Count { like: value.data, next: 0, end }
            }
            (Data::List(list), _) => Items::List { list: *list, next: 0 },
            (Data::Map(map), _) => Items::Map { entries: map.entries.iter(), elem: map.elem },
            (Data::Invalid, _) | (Data::ZeroOf(_), Kind::Slice | Kind::Map) => return Ok(None),
            _ => return Err(self.error(format!("range can't iterate over {}", show(&value, 'v')))),
        };
        let mut range = Range { pipe, items, start, end, vars: self.vars.len() };
        let Some((index, element)) = range.items.next() else { return Ok(None) };
        self.step()?;
        self.set_range_vars(pipe, index, &element)?;
        if let Some(frame) = self.frames.last_mut() {
            frame.kind = FrameKind::Range(Box::new(range));
        }
        Ok(Some(element))
    }

    /// Sets the variables of a range for a round: with one it is the element, with two the first is the index.
    fn set_range_vars(&mut self, pipe: &'a Pipe, index: Val<'a>, element: &Val<'a>) -> Result<(), Error> {
        let (first, second) = (pipe.decl.first(), pipe.decl.get(1));
        if pipe.is_assign {
            match (first, second) {
                (Some(first), Some(second)) => {
                    self.set_var(&first.name, index)?;
                    self.set_var(&second.name, element.clone())?;
                }
                (Some(first), None) => self.set_var(&first.name, element.clone())?,
                _ => {}
            }
            return Ok(());
        }
        // The pipeline has just pushed them.
        let top = self.vars.len();
        if first.is_some() {
            self.vars[top - 1].1 = element.clone();
        }
        if second.is_some() {
            self.vars[top - 2].1 = index;
        }
        Ok(())
    }

    /// Leaves the round of the innermost range: where to go on, and with what dot.
    pub(super) fn next_round(&mut self, leave: bool) -> Result<(usize, Val<'a>), Error> {
        // The parser lets break and continue stand in a range of the same template only.
        while let Some(frame) = self.frames.last() {
            match frame.kind {
                FrameKind::RangeElse { end } if leave => return Ok((end, frame.dot.clone())),
                FrameKind::Scope | FrameKind::RangeElse { .. } => self.frames.pop(),
                _ => break,
            };
        }
        let Some(Frame { kind: FrameKind::Range(range), dot, .. }) = self.frames.last_mut() else {
            return Ok((usize::MAX, Val::INVALID));
        };
        if leave {
            return Ok((range.end, dot.clone()));
        }
        let (pipe, start, end, vars) = (range.pipe, range.start, range.end, range.vars);
        let Some((index, element)) = range.items.next() else { return Ok((end, dot.clone())) };
        self.vars.truncate(vars);
        self.set_range_vars(pipe, index, &element)?;
        Ok((start, element))
    }
}
