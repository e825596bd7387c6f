//! What a template is made into: for each definition a flat list of operations, so that neither deep nesting nor
//! recursion of templates can use up the stack.

use std::collections::HashMap;

use super::node::{Call, Pipe};

/// One step of a template.
#[derive(Debug)]
pub(super) enum Op {
    /// Copies the template's text from one offset to another.
    Text {
        from: usize,
        to: usize,
    },
    /// Evaluates a pipeline and prints its value unless it declares variables. `from` is the offset of its `{{`.
    Action {
        pipe: Pipe,
        from: usize,
    },
    /// Opens a scope; goes on when the pipeline's value is true, else at `otherwise`. `sets_dot` for `with`.
    If {
        pipe: Pipe,
        otherwise: usize,
        sets_dot: bool,
    },
    /// Opens a scope and goes through the pipeline's value; to `otherwise` when it is empty. `end` is the scope's end.
    Range {
        pipe: Pipe,
        otherwise: usize,
        end: usize,
    },
    /// The end of a range's body: back for the next element, or on to its end.
    Next,
    /// Goes on elsewhere.
    Jump(usize),
    /// Closes a scope.
    End,
    Break,
    Continue,
    /// Calls a template.
    Call(Call),
}

/// A template of a set.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) name: Vec<u8>,
    pub(super) ops: Vec<Op>,
    /// Whether it is nothing but spaces and comments: such a one gives way to another of its name.
    pub(super) is_empty: bool,
}

/// A set of templates.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) bodies: Vec<Body>,
    names: HashMap<Vec<u8>, usize>,
    /// The one to start with.
    pub(super) main: usize,
}

impl Program {
    pub(super) fn find(&self, name: &[u8]) -> Option<usize> {
        self.names.get(name).copied()
    }

    /// Adds a template; false where one of its name is there and neither of them is empty: an empty one gives way.
    pub(super) fn add(&mut self, body: Body) -> bool {
        let Some(known) = self.find(&body.name).and_then(|at| self.bodies.get_mut(at)) else {
            self.names.insert(body.name.clone(), self.bodies.len());
            self.bodies.push(body);
            return true;
        };
        if known.is_empty {
            *known = body;
            return true;
        }
        body.is_empty
    }
}
