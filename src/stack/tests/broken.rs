//! Files that can't be read as YAML or as a template, and what their authors read.

use super::super::{RawStack, StackError};
use super::{load, said};

/// What the reader of a file with these bytes reads, the folder's own path taken out.
fn said_of_file(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("services.yaml");
    std::fs::write(&path, bytes).unwrap();
    let mut request = super::request("dev");
    request.path.clone_from(&path);
    let text = match super::super::load(&request) {
        Err(error) => error.to_string(),
        Ok(loaded) => format!("{} in {}", loaded.stack.project, loaded.namespace),
    };
    text.replace(&*path.to_string_lossy(), "services.yaml")
}

#[test]
fn a_missing_file_is_named_with_what_names_another() {
    let error: StackError = RawStack::read("no/such/services.yaml".as_ref()).unwrap_err();
    insta::assert_snapshot!(error, @"
    no/such/services.yaml: can't be read: there is no such file
      hint: `codexctl init` writes a first one; --config or CODEXCTL_CONFIG names another file
    ");
}

#[test]
fn an_empty_file_and_one_of_comments_say_what_is_the_least() {
    insta::assert_snapshot!(said_of_file(b""), @r"
    services.yaml: there is nothing in the file
      hint: the least it can say is `project: NAME`
    ");
    insta::assert_snapshot!(said_of_file(b"# later\n\n"), @r"
    services.yaml: there is nothing in the file
      hint: the least it can say is `project: NAME`
    ");
}

#[test]
fn a_file_that_is_not_utf_8_names_the_byte() {
    insta::assert_snapshot!(said_of_file(b"project: shop\nregistry: caf\xe9\n"), @r"
    services.yaml:2:14: byte 0xe9 is not UTF-8
      hint: save the file as UTF-8
    ");
    insta::assert_snapshot!(said_of_file(b"\xff\xfep\0r\0"), @r"
    services.yaml: the file is UTF-16
      hint: save it as UTF-8
    ");
}

#[test]
fn byte_order_mark_and_windows_line_ends_change_nothing() {
    assert_eq!(said_of_file(b"\xef\xbb\xbfproject: shop\r\nenvironments:\r\n  dev: {}\r\n"), "shop in shop-dev");
    insta::assert_snapshot!(said_of_file(b"\xef\xbb\xbfproject: shop\r\nmaxSlots: few\r\n"), @r"
    services.yaml:2:11: `maxSlots` must be a whole number, not `few`
      hint: 0 or more
    ");
}

#[test]
fn a_tab_is_told_where_it_stands() {
    insta::assert_snapshot!(said("project: shop\nstate:\n\tbackend: file\n"), @r"
    services.yaml:3:2: a tab stands where YAML wants spaces
      hint: indent with spaces
    ");
}

#[test]
fn keys_that_are_set_twice_are_all_told() {
    insta::assert_snapshot!(said("project: shop\nregistry: a\nregistry: b\nstate:\n  dir: x\n  dir: y\n"), @r"
    services.yaml:3:1: `registry` is set twice (first on line 2)
    services.yaml:6:3: `dir` is set twice (first on line 5)
    ");
}

#[test]
fn syntax_errors_say_what_to_do() {
    insta::assert_snapshot!(said("project: shop\nregistry: \"open\nmaxSlots: 1\n"), @r"
    services.yaml:3:1: this line belongs to a quoted text that starts above it
      hint: close the quote there
    ");
    insta::assert_snapshot!(said("project: shop\nregistry: [a, b\nmaxSlots: 1\n"), @r"
    services.yaml:3:9: this `:` stands inside a `[` or `{` that is not closed
      hint: close it, or quote the text it is part of
    ");
    insta::assert_snapshot!(said("project: shop\nmaxSlots: [\nversions:\n  a: x\n"), @"
    services.yaml:2:11: `[` is not closed
      hint: close it with `]`
    ");
    insta::assert_snapshot!(said("project: shop\nversions: {a: b\n"), @"
    services.yaml:2:11: `{` is not closed
      hint: close it with `}`
    ");
    insta::assert_snapshot!(said("project: shop\n  registry: a\n"), @r"
    services.yaml:2:11: a `:` stands where no key can be
      hint: quote text that has `: ` in it; keys of one mapping start in the same column
    ");
    insta::assert_snapshot!(said("project: shop\nregistry: a: b\n"), @r"
    services.yaml:2:12: a `:` stands where no key can be
      hint: quote text that has `: ` in it; keys of one mapping start in the same column
    ");
    insta::assert_snapshot!(said("project: shop\nregistry: 'it's'\n"), @r"
    services.yaml:2:15: text follows the closing quote
      hint: inside '…' write a quote as ''
    ");
    insta::assert_snapshot!(said("project: shop\n  - a\nx\n"), @r"
    services.yaml:3:1: a `:` is missing after the key
      hint: write `key: value`
    ");
}

#[test]
fn anchors_that_are_not_there_or_hold_themselves_are_told() {
    insta::assert_snapshot!(said("project: shop\nx-a: *nowhere\nx-b: &b [*b]\n"), @r"
    services.yaml:2:6: there is no anchor `&nowhere` before this
    services.yaml:3:10: anchor `&b` contains itself
    ");
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut bomb = String::from("project: shop\nx-0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]\n");
    for level in 1..9 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("x-{level}: &a{level} [{aliases}]\n"));
    }
    insta::assert_snapshot!(said(&bomb), @r"
    services.yaml:7:11: aliases make the document too big
      hint: aliases may add 100000 values and 16777216 bytes; `*a4` goes over it
    ");
}

#[test]
fn deep_nesting_is_refused() {
    insta::assert_snapshot!(said(&format!("project: shop\nx-deep: {}{}\n", "[".repeat(5000), "]".repeat(5000))), @"services.yaml:2:211: nested deeper than 200 levels");
    let block: String = (0..400).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    insta::assert_snapshot!(said(&format!("project: shop\nx-deep:\n{}", block.replace("\na", "\n a"))), @"services.yaml:203:201: nested deeper than 200 levels");
}

#[test]
fn nesting_of_ten_thousand_levels_is_refused_in_every_form() {
    let levels = 10_000;
    let flow = format!("project: shop\nx: {}{}\n", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(said(&flow), "services.yaml:2:206: nested deeper than 200 levels");
    let maps = format!("project: shop\nx: {}1{}\n", "{a: ".repeat(levels), "}".repeat(levels));
    insta::assert_snapshot!(said(&maps), @"services.yaml:2:800: nested deeper than 200 levels");
    let items = format!("project: shop\nx:\n{}1\n", "- ".repeat(levels));
    insta::assert_snapshot!(said(&items), @"services.yaml:3:399: nested deeper than 200 levels");
    let open = format!("project: shop\nx: {}\n", "[".repeat(levels));
    insta::assert_snapshot!(said(&open), @"services.yaml:2:206: nested deeper than 200 levels");
    let template =
        format!("project: shop\nregistry: '{{{{ print {}1{} }}}}'\n", "(".repeat(levels), ")".repeat(levels));
    insta::assert_snapshot!(said(&template), @"services.yaml:2:121: template: max expression depth exceeded");
}

#[test]
fn bytes_that_no_text_has_are_told_where_they_stand() {
    insta::assert_snapshot!(said_of_file(b"project: shop\nregistry: a\0b\n"), @r"
    services.yaml:2:12: the character U+0000 can't stand in a text file
      hint: save it as UTF-8 text; in double quotes it can be written as \xNN
    ");
    insta::assert_snapshot!(said_of_file(b"project: shop\nregistry: a\x1b[0m\n"), @r"
    services.yaml:2:11: the character U+001B can't stand in a text file
      hint: save it as UTF-8 text; in double quotes it can be written as \xNN
    ");
    insta::assert_snapshot!(said_of_file(b"\xfe\xff\0p\0r"), @"
    services.yaml: the file is UTF-16
      hint: save it as UTF-8
    ");
    insta::assert_snapshot!(said_of_file(b"p\0r\0o\0j\0"), @r"
    services.yaml:1:2: the character U+0000 can't stand in a text file
      hint: save it as UTF-8 text; in double quotes it can be written as \xNN
    ");
    insta::assert_snapshot!(said_of_file(b"project: shop\n# \xd0\xbf\xd1\x80 \xc3\n"), @"
    services.yaml:2:6: byte 0xc3 is not UTF-8
      hint: save the file as UTF-8
    ");
    insta::assert_snapshot!(said_of_file(b"\x7fELF\x02\x01\x01\0\0\0"), @r"
    services.yaml:1:1: the character U+007F can't stand in a text file
      hint: save it as UTF-8 text; in double quotes it can be written as \xNN
    ");
    insta::assert_snapshot!(said_of_file(b"project: shop\nregistry: \xef\xbb\xbfa\n"), @"
    services.yaml:2:11: a byte order mark stands in the middle of the file
      hint: take it out; it may stand at the start only
    ");
}

#[test]
fn a_folder_or_a_file_of_blanks_is_no_stack_file() {
    let folder = tempfile::tempdir().unwrap();
    let error = RawStack::read_as(folder.path(), "services.yaml".as_ref()).unwrap_err();
    insta::assert_snapshot!(error, @"
    services.yaml: can't be read: it is a folder
      hint: --config or CODEXCTL_CONFIG names another file
    ");
    insta::assert_snapshot!(said_of_file(b" \n\t\n\r\n"), @"
    services.yaml: there is nothing in the file
      hint: the least it can say is `project: NAME`
    ");
    insta::assert_snapshot!(said_of_file(b"---\n...\n"), @"services.yaml:1:4: `project` is missing");
    insta::assert_snapshot!(said_of_file(b"just text\n"), @"
    services.yaml:1:1: the file must be a mapping, not text
      hint: write its fields below it: `name: value`
    ");
    insta::assert_snapshot!(said_of_file(b"[a, b]\n"), @"
    services.yaml:1:1: the file must be a mapping, not a list
      hint: write its fields below it: `name: value`
    ");
    insta::assert_snapshot!(said_of_file(b"null\n"), @"services.yaml:1:1: `project` is missing");
}

#[test]
fn a_line_of_a_megabyte_is_read_and_its_mistakes_are_placed() {
    let names: String = (0..60_000).map(|at| format!("'{{{{ .Env }}}}-é{at}', ")).collect();
    let text =
        format!("project: shop\nx-names: [{names}]\nservices: [{{name: a, {}imge: {{}}}}]\n", " ".repeat(1_000_000));
    insta::assert_snapshot!(said(&text), @"
    services.yaml:3:1000022: warning: unknown field `services[0].imge`
      hint: did you mean `image`?
    ");
}

#[test]
fn a_file_of_fifty_megabytes_loads_and_one_that_is_too_big_says_so() {
    let line = "# a comment of sixty-four bytes, so that a million make the file.\n";
    let text = format!("project: shop\n{}maxSlots: few\n", line.repeat((50 << 20) / line.len()));
    insta::assert_snapshot!(said(&text), @"
    services.yaml:794377:11: `maxSlots` must be a whole number, not `few`
      hint: 0 or more
    ");
    let mut bytes = b"project: shop\n".to_vec();
    bytes.resize((64 << 20) + 1, b'#');
    insta::assert_snapshot!(said_of_file(&bytes), @"services.yaml: the file has 67108865 bytes, more than the limit of 67108864");
}

#[test]
fn wrong_templates_of_several_values_are_told_together() {
    insta::assert_snapshot!(
        said("project: shop\nregistry: '{{ envOR \"A\" \"b\" }}'\nversions:\n  a: '{{- .Sloot -}}'\n  b: '{{ index .Versions 1 }}-{{ .Sloot }}'\n  c: '{{ .Env }}'\n"),
        @r#"
    services.yaml:2:15: template: function "envOR" not defined
      hint: did you mean `envOr`?
    services.yaml:4:11: template: can't evaluate field Sloot in type config.TemplateContext in `.Sloot`
      hint: did you mean `.Slot`?
    services.yaml:5:10: template: error calling index: value has type int; should be string in `index .Versions 1`
    services.yaml:5:34: template: can't evaluate field Sloot in type config.TemplateContext in `.Sloot`
      hint: did you mean `.Slot`?
    "#
    );
}

#[test]
fn errors_of_several_layers_are_told_together() {
    insta::assert_snapshot!(
        said("project: Shop\nmaxSlots: few\nregistry: a\nregistry: b\nx: *nope\nenvironments:\n  ai: {from: dve}\n  dev: {from: dev}\nservices: [{image: 1}]\n"),
        @"
    services.yaml: project and environment give the namespace `Shop-dev-3`, which can't be one: it may have lower-case letters, digits and `-` only
      hint: set `namespace.patterns.ai`
    services.yaml:2:11: `maxSlots` must be a whole number, not `few`
      hint: 0 or more
    services.yaml:4:1: `registry` is set twice (first on line 3)
    services.yaml:5:4: there is no anchor `&nope` before this
    services.yaml:7:14: environment `ai` is made from `dve`, which is not there: ai → dve
      hint: did you mean `dev`? The file has ai, dev
    services.yaml:8:15: environments inherit in a circle: dev → dev
      hint: take one `from` of them away
    services.yaml:9:12: `services[0].name` is missing
    services.yaml:9:20: `services[0].image` must be a mapping, not `1`
      hint: write its fields below it: `name: value`
    services.yaml:5:1: warning: unknown field `x`
      hint: known here: project, envFiles, registry, versions, maxSlots, baseDomain, namespace, environments, state, storage, dataPaths, images, infrastructure, services, hooks, codex, publish
    "
    );
}

#[test]
fn a_wrong_template_is_told_at_its_place() {
    insta::assert_snapshot!(said("project: shop\nregistry: '{{ envOr \"A\" }'\n"), @r#"
    services.yaml:2:25: template: unexpected "}" in operand
      hint: a template ends in `}}`
    "#);
    insta::assert_snapshot!(said("project: shop\nregistry: '{{ envOR \"A\" \"b\" }}'\n"), @r#"
    services.yaml:2:15: template: function "envOR" not defined
      hint: did you mean `envOr`?
    "#);
    insta::assert_snapshot!(said("project: shop\nregistry: '{{ $registry }}'\n"), @r#"
    services.yaml:2:15: template: undefined variable "$registry"
      hint: set it above, in a comment line: `# {{- $name := envOr "NAME" "" -}}`
    "#);
    insta::assert_snapshot!(said("project: shop\nregistry: '{{ .Sloot }}'\n"), @r"
    services.yaml:2:15: template: can't evaluate field Sloot in type config.TemplateContext in `.Sloot`
      hint: did you mean `.Slot`?
    ");
    insta::assert_snapshot!(said("project: shop\nregistry: '{{ index .Versions 1 }}'\n"), @"services.yaml:2:15: template: error calling index: value has type int; should be string in `index .Versions 1`");
    insta::assert_snapshot!(said("project: shop\n# {{ if true }}\nregistry: a\n"), @r"
    services.yaml:4:1: template: unexpected EOF
      hint: an `if`, `range`, `with` or `define` has no `{{ end }}`
    ");
}

#[test]
fn a_value_that_a_template_gave_is_told_where_the_template_stands() {
    insta::assert_snapshot!(
        said("# {{- $slots := envOr \"X\" \"many\" -}}\n\nproject: shop\nregistry: a\nmaxSlots: '{{ $slots }}'\n"),
        @r"
    services.yaml:5:11: `maxSlots` must be a whole number, not `many`
      hint: 0 or more
    "
    );
}

#[test]
fn the_graphical_form_shows_the_line() {
    let error = load("project: shop\nmaxSlots: few\ncodex:\n  timeouts:\n    exec: soon\n  modle: x\n").unwrap_err();
    insta::assert_snapshot!(error.graphical(false, 80), @r"
     × `maxSlots` must be a whole number, not `few`
      ╭─[services.yaml:2:11]
    1 │ project: shop
    2 │ maxSlots: few
      ·           ───
    3 │ codex:
      ╰────
     help: 0 or more

     × `codex.timeouts.exec` must be a duration, not `soon`
      ╭─[services.yaml:5:11]
    4 │   timeouts:
    5 │     exec: soon
      ·           ────
    6 │   modle: x
      ╰────
     help: write it as Go does: 90s, 45m, 1h30m

     ⚠ unknown field `codex.modle`
      ╭─[services.yaml:6:3]
    5 │     exec: soon
    6 │   modle: x
      ·   ─────
      ╰────
     help: did you mean `model`?
    ");
    assert!(error.graphical(true, 80).contains("\u{1b}["), "colours where they are wanted");
}

#[test]
fn only_the_first_document_counts_and_that_is_said() {
    insta::assert_snapshot!(said("project: shop\n---\nproject: other\n"), @"services.yaml:3:1: warning: a second document starts here: only the first one counts");
}

#[test]
fn no_damage_to_the_example_makes_the_loader_panic() {
    use proptest::prelude::{ProptestConfig, any, proptest};
    let path = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/shop/services.yaml");
    let whole = std::fs::read_to_string(path).unwrap();
    proptest!(ProptestConfig::with_cases(60), |(cut in 0..whole.len(), at in 0..whole.len(), junk in any::<char>(), keep in any::<bool>())| {
        let mut text: String = if keep { whole.clone() } else { whole.chars().take(cut).collect() };
        let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        text.insert(at, junk);
        if let Err(error) = load(&text) {
            assert!(!error.graphical(false, 100).is_empty());
            let lines = text.lines().count() + 1;
            assert!(error.diagnostics.iter().all(|one| one.line <= lines), "{error}");
        }
    });
}
