#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::{ProptestConfig, Strategy, any, proptest};
use proptest::sample::select;

use super::super::yaml_builder::Builder;
use super::*;

/// Whether the text is read here. What is read is what the parser makes of it.
fn reads(text: &str) -> bool {
    reads_within(text, &Limits::default())
}

fn reads_within(text: &str, limits: &Limits) -> bool {
    let Some(documents) = parse(text, limits) else { return false };
    let (parsed, _) = Builder::new(text, limits).run();
    assert_eq!(parsed.problems, [], "{text}");
    assert_eq!(documents, parsed.documents, "{text}");
    true
}

#[test]
fn what_manifests_are_made_of_is_read() {
    for text in [
        "",
        "# nothing\n",
        "a: b",
        "a: b  # c\nk:\n  x: \"q\"   \n  y:\n\n  # c\n  z: []\nl:\n- a\n- b: 1\n  c: 2\n-   - x\n    - y\n\n\nlast: 5\n",
        "# a\n---\na: b\n---  # c\n\nc: d\n# c",
        "- a\n- b:\n  - c\n  -   d: e\n      f:   # note\n\n      # c\n- g",
        "a:\n  b:\nc:   \nd:",
        "k: [a, b]\nl: {a: b, \"c\": [d, e, 'f g'], h: {}, i: j k}   # c\nm: [ a , b ]\nn: {a: b }\n",
        "k: \"a\\\"b\\\\c\\n\\td\"\nl: 'it''s'\nm: ''\nn: \"\"\n",
        "k: |\n  foo\n   bar\n\n  # in\n # out\n\n# c\nl: |-  \n    two\n\n\nm: 1\n",
        "a:\n  k: |\n    foo\n  \n    \n     \n    bar\n  l: 1",
        "a:\n  - |\n    x\n  - k: |\n      y\n    l: 1\nb:\n- |-\n  x\n",
        "x: &l\n  a: b\ny: &m   # c\n  - a\nz: *l\nw: &k\n-   a\nv: *m # c\nu: &s t\nr: [a]\nl:\n- *s\n-  *l\n",
        "команда: [запуск, \"проба\"]  # примечание — «здесь»\nя: ы\n",
        "image: a/b:c@sha256:0\nargs: [--a=b, -c]\nurl: http://a:1/?b&c#d\ntime: 1:30\n\"8080\": 1\n",
    ] {
        assert!(reads(text), "{text}");
    }
}

#[test]
fn everything_else_is_left_to_the_parser() {
    for text in [
        "a",
        "[]",
        "---\n",
        "a: b\n---\n",
        "a: b\n...\n",
        "%YAML 1.2\n---\na: b\n",
        "\u{feff}a: b",
        "a:\tb",
        "a: b\r\n",
        "a: \u{7f}",
        "a: \u{2028}",
        "a: b: c",
        "a: b\n  c",
        "a:\n  b",
        "a: b\n  c: d",
        "  a: b\n c: d",
        "a: 'b\n  c'",
        "a: 'b'c",
        "a: 'b'#c",
        "a: \"\\x41\"",
        "a: [b,\n  c]",
        "a: [b, c: d]",
        "a: [b, ]",
        "a: {b}",
        "a: {b: }",
        "a: [b]c",
        "a: >\n  b\n",
        "a: |+\n  b\n",
        "a: |2\n  b\n",
        "a: |\n\n  b\n",
        "a: |\nb: c\n",
        "a: |\n  b",
        "a: !!str b",
        "a: *b",
        "a: &b\n  c: *b\n",
        "a: &b c\nd: &e *b\n",
        "a: &b c\nd: &b e\nf: *b\n",
        "a:\n  &b c: d\n",
        "a:\n- &b c: d\n",
        "a: &b c\n<<: *b\n",
        "a: 1\na: 2\n",
        "1: a\n",
        "? a\n: b\n",
        "-\n- a\n",
        "- a\nb: c\n",
        "a: -\n",
        "a: @b\n",
        "a: {{ b }}\n",
    ] {
        assert!(!reads(text), "{text}");
    }
}

#[test]
fn limits_are_the_parsers_to_tell() {
    let limits = |nodes, depth, alias_nodes| Limits { nodes, depth, alias_nodes, ..Limits::default() };
    let text = "a: &a\n  b: [c]\nd: *a\n";
    assert!(reads_within(text, &limits(7, 3, 4)));
    for limits in [limits(6, 3, 4), limits(7, 2, 4), limits(7, 3, 3)] {
        assert!(!reads_within(text, &limits), "{limits:?}");
        assert!(!Builder::new(text, &limits).run().0.problems.is_empty(), "{limits:?}");
    }
    assert!(!reads(&format!("{}: b\n", "a".repeat(1025))));
    assert!(reads(&format!("a: {}\n", "b".repeat(2000))));
    assert!(!reads(&format!("a: {}\n", "б".repeat(1000))));
}

#[test]
fn the_files_of_this_repository_are_read_as_the_parser_reads_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> =
        ["benches", "examples", "tests", "templates", ".github"].map(|one| root.join(one)).into();
    let (mut all, mut read) = (0, 0);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
                let Ok(text) = fs::read_to_string(&path) else { continue };
                all += 1;
                // Templates in quotes stay; what else they are is a value.
                read += usize::from(reads(&text.replace("{{", "<").replace("}}", ">")));
            }
        }
    }
    assert!(read * 2 > all, "{read} of {all}");
}

/// Lines as manifests have them, and as they go wrong.
fn lines() -> impl Strategy<Value = String> {
    const HEADS: &[&str] = &["", "", "- ", "- ", "-  ", "- - ", "a: ", "b: ", "'c': ", "- a: ", "- d: ", "? ", "#"];
    const KEYS: &[&str] = &["a:", "b:", "c:", "\"d\":", "e :", "f: ", "1:", "<<:", "é:", ""];
    const VALUES: &[&str] = &[
        "",
        "",
        "",
        "x",
        "1",
        "~",
        "'y'",
        "\"z\\n\"",
        "|",
        "|-",
        "|+",
        ">",
        "[]",
        "{}",
        "[a, b]",
        "{a: b, c: [d]}",
        "[a: b]",
        "{a}",
        "[a,",
        "&k",
        "&k v",
        "*k",
        "# c",
        "v # c",
        "v#c",
        "'w' # c",
        "-",
        "--",
        "---",
        "-1",
        "...",
        "x: y",
        "x:",
        "!t v",
        "@",
        "é",
        ":x",
        "a b  ",
        "'it''s'",
        "\"\\q\"",
        "'",
        "\"",
        ", b",
        "{a: 'b', \"c\":d}",
        "[ a , -b ]",
        "% x",
        "{a: b}}",
    ];
    let line = (0..5_usize, select(HEADS), select(KEYS), any::<bool>(), select(VALUES)).prop_map(
        |(indent, head, key, gap, value)| {
            format!("{}{head}{key}{}{value}", "  ".repeat(indent), if gap { " " } else { "" })
        },
    );
    let whole = select(&["---", "", "   ", "# c", "  # c", " a: b", "a:", "- a"][..]).prop_map(str::to_owned);
    proptest::collection::vec(proptest::prop_oneof![6 => line, 1 => whole], 0..9).prop_map(|lines| lines.join("\n"))
}

/// A value and the ways in which it can be written.
#[derive(Debug, Clone)]
enum Tree {
    /// What stands on one line.
    Line(&'static str),
    /// The lines of a block.
    Block(Vec<&'static str>, bool),
    /// A list or a mapping, and what stands around it: an anchor and a comment, how far it is moved right.
    List(Vec<Tree>, bool, usize),
    Map(Vec<Tree>, bool, usize),
}

fn trees() -> impl Strategy<Value = Tree> {
    const LINES: &[&str] = &[
        "x",
        "a b",
        "1",
        "-1",
        "0x1f",
        "2026-01-02",
        "~",
        "''",
        "'it''s'",
        "\"a\\n\\\"\"",
        "[]",
        "{}",
        "[a, 'b', [c]]",
        "{a: b, \"c\": {d: e}}",
        "é",
        "a#b",
        "a:b",
        "x  # c",
        "'#' # c",
        "--a=b",
    ];
    const BLOCK: &[&str] = &["x", "y: z", "", "", "  ", "    w", "# no comment", "- v", "---"];
    let leaf = proptest::prop_oneof![
        4 => select(LINES).prop_map(Tree::Line),
        1 => (proptest::collection::vec(select(BLOCK), 0..5), any::<bool>()).prop_map(|(lines, strip)| Tree::Block(lines, strip)),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let parts = (proptest::collection::vec(inner, 1..5), any::<bool>(), 0..4_usize);
        (parts, any::<bool>()).prop_map(|((parts, anchor, right), list)| {
            if list { Tree::List(parts, anchor, right) } else { Tree::Map(parts, anchor, right) }
        })
    })
}

/// Writes what stands behind a `:` or `-` in a column.
fn write(out: &mut String, tree: &Tree, column: usize, key: bool) {
    match tree {
        Tree::Line(text) => out.push_str(&format!(" {text}\n")),
        Tree::Block(lines, strip) => {
            let pad = " ".repeat(column + 2);
            out.push_str(&format!(" |{}\n{pad}first\n", if *strip { "-" } else { "" }));
            lines.iter().for_each(|line| out.push_str(&format!("{pad}{line}\n")));
        }
        Tree::List(_, anchor, right) | Tree::Map(_, anchor, right) => {
            // Right behind a dash, or on the lines below.
            if !key && *right > 1 && !anchor {
                let column = column + right;
                out.push_str(&" ".repeat(right - 1));
                parts(out, tree, column, false);
            } else {
                let name = out.len();
                out.push_str(&if *anchor { format!(" &a{name} # c\n\n") } else { "\n".to_owned() });
                let flush = key && *right == 0 && matches!(tree, Tree::List(..));
                parts(out, tree, if flush { column } else { column + 1 + right }, true);
            }
        }
    }
}

fn parts(out: &mut String, tree: &Tree, column: usize, mut indent: bool) {
    let (Tree::List(parts, ..) | Tree::Map(parts, ..)) = tree else { return };
    for (index, part) in parts.iter().enumerate() {
        if indent {
            out.push_str(&" ".repeat(column));
        }
        indent = true;
        let key = matches!(tree, Tree::Map(..));
        out.push_str(&if key { format!("k{index}:") } else { "-".to_owned() });
        write(out, part, column, key);
    }
}

/// Two thousand random texts, or `PROPTEST_CASES` if that is more.
fn cases() -> ProptestConfig {
    let cases = ProptestConfig::default().cases.max(2000);
    ProptestConfig { failure_persistence: None, cases, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn no_text_is_read_other_than_by_the_parser(text in lines(), end in any::<bool>()) {
        reads(&if end { text + "\n" } else { text });
    }

    #[test]
    fn whatever_is_written_with_these_means_is_read(tree in trees(), more in any::<bool>()) {
        let mut text = String::new();
        parts(&mut text, &tree, 0, true);
        if more && matches!(tree, Tree::Map(..)) {
            let name = text.split_once('&').and_then(|(_, rest)| rest.split(' ').next());
            let alias = name.map_or("b".to_owned(), |name| format!("*{name}"));
            text.push_str(&format!("alias: {alias}\n---\nl: [x]\n"));
        }
        assert!(reads(&text), "{text}");
    }
}
