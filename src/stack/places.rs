//! Places of fields and of what stands in them, for mistakes that show only when a field is used.

use super::load::Loaded;
use super::yaml::{self, Node, Place};

impl Loaded {
    /// The field at a path of keys and 0-based indexes: `["codex", "configBlocks", "0", "toml"]`. Its places are those of the file
    /// as written.
    pub fn field(&self, path: &[&str]) -> Option<&Node> {
        follow(self.node(), path)
    }

    /// The place, in the file as written, of a byte of the text that a field has after rendering; where that can't be told, the place
    /// of the field.
    pub fn place_inside(&self, path: &[&str], byte: usize) -> Option<Place> {
        let field = self.field(path)?;
        let exact = || {
            let document = yaml::parse(&self.rendered, &yaml::Limits::default()).documents.into_iter().next()?;
            let at = offset_inside(&self.rendered, follow(&document, path)?, byte)?;
            let place = self.map.origin(at);
            Some(Place { line: place.line, column: place.column, offset: place.offset })
        };
        Some(exact().unwrap_or(field.place))
    }
}

fn follow<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, step| match node.items() {
        Some(items) => items.get(step.parse::<usize>().ok()?),
        None => node.get(step),
    })
}

/// Where a byte of a text stands in the YAML that it was read from; none where lines were folded or characters escaped.
///
/// Line by line, as in a `|` block: each line has its indentation before it, the only line of a quoted text its quote.
fn offset_inside(yaml: &str, node: &Node, byte: usize) -> Option<usize> {
    let text = node.as_str()?;
    let mut start = node.place.offset;
    let mut raw_lines = yaml.get(start..node.end)?.split_inclusive('\n');
    let mut passed = 0;
    for line in text.split_inclusive('\n') {
        let raw = raw_lines.next()?;
        let body = line.trim_end_matches(['\r', '\n']);
        let found = raw.find(body)?;
        let is_last = passed + line.len() == text.len();
        if is_last || byte < passed + line.len() {
            return Some(start + found + byte.saturating_sub(passed).min(body.len()));
        }
        passed += line.len();
        start += raw.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The place of `needle` in the text of `toml`, led back into the YAML.
    fn found(yaml: &str, needle: &str) -> Option<(usize, usize)> {
        let document = yaml::parse(yaml, &yaml::Limits::default()).documents.remove(0);
        let node = follow(&document, &["blocks", "0", "toml"]).unwrap();
        let at = offset_inside(yaml, node, node.as_str().unwrap().find(needle).unwrap())?;
        let place = yaml::place_of(yaml, at);
        Some((place.line, place.column))
    }

    #[test]
    fn a_byte_of_a_block_is_found_in_its_line_and_one_of_a_quoted_text_behind_its_quote() {
        let block = "blocks:\n  - toml: |\n      a = 1\n\n        b = 2\n      c = 3\n";
        assert_eq!(found(block, "a ="), Some((3, 7)));
        assert_eq!(found(block, "2"), Some((5, 13)));
        assert_eq!(found(block, "c"), Some((6, 7)));
        assert_eq!(found("blocks:\n  - {toml: 'a = 1'}\n", "1"), Some((2, 17)));
        assert_eq!(found("blocks:\n  - toml: a = 1\n", "1"), Some((2, 15)));
    }

    #[test]
    fn folded_and_escaped_texts_have_no_exact_place() {
        assert_eq!(found("blocks:\n  - toml: >\n      a =\n      1\n", "1"), None);
        assert_eq!(found("blocks:\n  - toml: \"a = \\u0031\"\n", "1"), None);
    }

    #[test]
    fn a_path_goes_through_mappings_and_lists() {
        let document = yaml::parse("a: [{b: 1}]", &yaml::Limits::default()).documents.remove(0);
        assert_eq!(follow(&document, &["a", "0", "b"]).and_then(Node::as_str), Some("1"));
        for path in [&["a", "1"][..], &["a", "b"], &["c"]] {
            assert!(follow(&document, path).is_none(), "{path:?}");
        }
    }
}
