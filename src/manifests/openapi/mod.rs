//! Whether an object has the structure that an API server's OpenAPI v3 schema asks for: fields, types, what must be there.
//!
//! Only what the schema says about structure is judged, so that nothing is refused that the server would take: patterns, ranges and
//! rules between fields are the server's own. A validator for JSON Schema would not do: Kubernetes' schemas leave objects open and
//! forbid unknown fields elsewhere, and mistakes are to be told at their place in the file as written.

mod check;
mod schema;
mod words;

pub use schema::{Document, Unreadable};

#[cfg(test)]
mod tests;
