//! Texts for people: comments on GitHub, the job summary, the plan of a dry run, outputs. It renders; others write.
//!
//! Sentences that stand on GitHub, and prompts, are Handlebars files under `templates/`, in English and Russian. A dry run's
//! plan and outputs are read in a terminal or by programs and are English.

pub mod comments; // progress, environment, pull request body
pub mod lang; // en | ru
pub mod outputs; // ordered keys and values: json, kv, plain, GITHUB_OUTPUT
pub mod phrases; // sentences of gates and steps in Russian
pub mod plan; // what a dry run would do, as a tree and as JSON
pub mod summary; // the job summary
pub mod template; // Handlebars, as all our texts use it
pub mod untrusted; // what text of others goes through before it stands in a text of ours
pub mod words; // durations, sizes, counts and plurals in both languages

pub use lang::Lang;
pub use template::TextError;
