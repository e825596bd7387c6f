//! Go's `text/template`, exactly: existing projects are written in it, so each rule, message and quirk is Go's
//! own (<https://pkg.go.dev/text/template>, Go 1.26), checked against Go by `tests/gotmpl`.
//!
//! The module is pure: it reads no clock, file or environment. What a template may see comes in as [`Value`]s and
//! [`Funcs`]; what comes out is text and a [`SourceMap`] that leads each byte of it back to the template.
//!
//! Known differences from Go, each on purpose:
//! * complex constants (`1i`) are refused;
//! * the address of a value (`%p`, or a pointer inside another value) is always printed as the same number;
//! * output that isn't UTF-8 is mended with U+FFFD, one for each bad byte;
//! * of the methods of `time.Time`, those that deal in zones, durations and encodings are not there;
//! * [`Limits`] end templates that would run or grow without bound, and parentheses nest no deeper than
//!   [`MAX_PARENTHESES`].

mod compare;
mod digits;
mod error;
mod escape;
mod eval;
mod exec;
mod float;
mod format;
mod funcs;
mod helpers;
mod layout;
mod lex;
mod map;
mod methods;
mod node;
mod number;
mod parse;
mod pipeline;
mod printf;
mod program;
mod quote;
mod ranges;
mod runtime;
mod several;
mod time;
mod token;
mod types;
mod unicode;
mod value;

pub use error::{Error, ErrorKind};
pub use exec::{Limits, Rendered, Template};
pub use helpers::Funcs;
pub use map::{Guide, Place, SourceMap};
pub use pipeline::MAX_PARENTHESES;
pub use several::render;
pub use time::Time;
pub use types::{StructType, Type};
pub use value::{Dict, Slice, Struct, StructBuilder, Value};
