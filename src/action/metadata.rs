//! `action.yml` and README's tables of inputs and outputs, made from what [`crate::settings::inputs`] and
//! [`crate::report::outputs`] declare.

use std::fmt::Write as _;

use crate::report::outputs::RUN_OUTPUTS;
use crate::settings::inputs::inputs;

/// Where the image has the entry point, and that of the post step.
const ENTRYPOINTS: [&str; 2] = ["/usr/local/bin/codexctl-action", "/usr/local/bin/codexctl-post"];

/// The text of `action.yml`. Source of its form: "Metadata syntax for GitHub Actions".
pub fn action_yml() -> String {
    let mut out = String::from(
        "# Made from the tables in src/settings and src/report/outputs.rs: CODEXCTL_RENEW_DOCS=1 cargo test --lib action::metadata\n\
         name: codexctl\n\
         author: codex-k8s\n",
    );
    let about = "Turns a labelled GitHub issue into reviewed work: runs the Codex agent, publishes commits, a pull request, comments";
    let _ = writeln!(out, "description: {}", quoted(about));
    out.push_str("branding:\n  icon: git-pull-request\n  color: purple\n\ninputs:\n");
    for input in inputs() {
        let _ = writeln!(out, "  {}:\n    description: {}\n    required: false", input.name, quoted(&input.help));
        if let Some(default) = input.default {
            let _ = writeln!(out, "    default: {}", quoted(default));
        }
    }
    out.push_str("\noutputs:\n");
    for output in RUN_OUTPUTS {
        let _ = writeln!(out, "  {}:\n    description: {}", output.name, quoted(output.help));
    }
    let [main, post] = ENTRYPOINTS;
    let _ = write!(
        out,
        "\nruns:\n  using: docker\n  image: Dockerfile\n  entrypoint: {main}\n  post-entrypoint: {post}\n  post-if: always()\n"
    );
    out
}

/// The table of inputs for README, as Markdown.
pub fn inputs_table() -> String {
    let rows = inputs().map(|input| {
        let default = input.default.map_or(String::new(), |default| format!(" (default `{default}`)"));
        format!("| `{}` | {}{default} |\n", input.name, cell(&input.help))
    });
    rows.fold("| input | what it does |\n| --- | --- |\n".to_owned(), |table, row| table + &row)
}

/// The table of outputs for README, as Markdown.
pub fn outputs_table() -> String {
    let rows = RUN_OUTPUTS.iter().map(|output| format!("| `{}` | {} |\n", output.name, cell(output.help)));
    rows.fold("| output | what it holds |\n| --- | --- |\n".to_owned(), |table, row| table + &row)
}

/// A text as a scalar in double quotes: JSON's strings are YAML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A text as it can stand in a table: nothing in it ends the cell or begins a tag.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn file(name: &str) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
    }

    /// Compares a file with what it has to be, or writes it where somebody asks for that.
    fn same(name: &str, made: &str) {
        if std::env::var_os("CODEXCTL_RENEW_DOCS").is_some() {
            std::fs::write(file(name), made).unwrap();
        }
        let kept = std::fs::read_to_string(file(name)).unwrap_or_default();
        assert!(kept == made, "{name} is stale; renew it: CODEXCTL_RENEW_DOCS=1 cargo test --lib action::metadata");
    }

    #[test]
    fn action_yml_is_what_the_tables_declare() {
        same("action.yml", &action_yml());
    }

    #[test]
    fn readme_has_the_tables_of_inputs_and_outputs() {
        let mut text = std::fs::read_to_string(file("README.md")).unwrap();
        for (name, table) in [("inputs", inputs_table()), ("outputs", outputs_table())] {
            let begin = format!("<!-- {name}: made by `CODEXCTL_RENEW_DOCS=1 cargo test --lib action::metadata` -->\n");
            let end = format!("<!-- end of {name} -->");
            let from = text.find(&begin).unwrap_or_else(|| panic!("README.md has no {begin}")) + begin.len();
            let to = from + text[from..].find(&end).unwrap_or_else(|| panic!("README.md has no {end}"));
            text.replace_range(from..to, &table);
        }
        same("README.md", &text);
    }

    #[test]
    fn a_name_is_declared_once_and_its_description_is_one_line() {
        let mut names: Vec<&str> = inputs().map(|input| input.name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        for help in inputs().map(|input| input.help).chain(RUN_OUTPUTS.map(|output| output.help.to_owned())) {
            assert!(!help.is_empty() && !help.contains('\n'), "{help}");
        }
    }
}
