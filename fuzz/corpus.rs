//! What inputs are made of: files of the repository, words of each language, and changes at random.

use std::path::Path;

/// Words that a template is made of.
pub(crate) const TEMPLATE_WORDS: &[&str] = &[
    "{{",
    "}}",
    "{{- ",
    " -}}",
    "{{/*",
    "*/}}",
    "{{end}}",
    "{{else}}",
    "{{if .Env}}",
    "{{range .Strs}}",
    "{{range 3}}",
    "{{with .Link}}",
    "{{define \"a\"}}",
    "{{template \"a\" .}}",
    "{{block \"b\" .}}",
    "{{break}}",
    "{{continue}}",
    "$x",
    ":=",
    "=",
    "|",
    "(",
    ")",
    ".Env",
    ".Any",
    ".Link.Title",
    ".Now.Year",
    "index",
    "slice",
    "printf",
    "\"%v%+d%#x%08.3f%[2]*.[1]*q\"",
    "len",
    "eq",
    "and",
    "html",
    "js",
    "indent",
    "99999999999",
    "'\\x'",
    "0x1p-2",
    "1_000",
    "`",
    "\"",
    "\\",
    "é",
    "\u{2028}",
    "\0",
];

/// Words of YAML.
pub(crate) const YAML_WORDS: &[&str] = &[
    "\n",
    "\n  ",
    "\n- ",
    ": ",
    "- ",
    "? ",
    "&a ",
    "*a",
    "<<: *a",
    "!!str ",
    "!x ",
    "|\n",
    ">-\n",
    "'",
    "\"",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "#",
    " #",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "\t",
    "\r",
    "\r\n",
    "~",
    "0o7",
    "1e3",
    "2001-01-01",
    ".inf",
    "é",
    "\u{feff}",
    "\u{85}",
    "\\x41",
    "\0",
];

/// Words of stack files.
pub(crate) const SERVICES_WORDS: &[&str] = &[
    "\n",
    "\n  ",
    "\n  - ",
    ": ",
    "# {{- $x := \"1\" -}}\n",
    "'{{ $x }}'",
    "{{ .Slot }}",
    "{{ if eq .Env \"ai\" }}",
    "{{ end }}",
    "project: ",
    "versions: ",
    "environments: ",
    "from: ai",
    "namespace: ",
    "patterns: ",
    "services: ",
    "hooks: ",
    "run: ",
    "use: ",
    "with: ",
    "codex: ",
    "mcp: ",
    "publish: ",
    "true",
    "null",
    "-1",
    "90s",
    "4Gi",
    "[",
    "]",
    "{",
    "}",
    "'",
    "\"",
    "&a ",
    "*a",
    "<<: *a",
    "\t",
    "é",
];

/// Words of files of variables.
pub(crate) const VARS_WORDS: &[&str] = &[
    "\n", "\r\n", "=", ": ", "export ", "#", " #", "'", "\"", "\\n", "\\", "$", "${A}", "$A", ",", "A", "GH_TOKEN",
    "SLOT", "\u{feff}", "é", "\0",
];

/// Words of payloads.
pub(crate) const EVENT_WORDS: &[&str] = &[
    "\"action\":",
    "\"labeled\"",
    "\"issue\":",
    "\"label\":",
    "\"pull_request\":",
    "\"comment\":",
    "\"sender\":",
    "\"repository\":",
    "\"number\":",
    "null",
    "{}",
    "[]",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\ud800",
    "\\u0000",
    "-1",
    "1e999",
    "18446744073709551616",
    "true",
];

/// The templates of the vectors, and the example's.
pub(crate) fn templates() -> Vec<Vec<u8>> {
    let vectors = include_str!("../tests/gotmpl/vectors/vectors.jsonl");
    let template = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(line["t"].as_str()?.as_bytes().to_vec())
    };
    let mut found: Vec<_> = vectors.lines().filter_map(template).collect();
    found.extend(files("examples/shop", "yaml"));
    found
}

/// The example's manifests and stack files.
pub(crate) fn yaml() -> Vec<Vec<u8>> {
    let mut found = files("examples/shop", "yaml");
    found.extend(
        ["a: &a {x: 1}\nb: {<<: *a}\n", "a: 'one\ntwo'\nb: |2-\n   x\n", "--- >\n a\n...\n---\n? [a]\n: !!set {b}\n"]
            .map(bytes),
    );
    found
}

/// The example's stack files, and a small one.
pub(crate) fn services() -> Vec<Vec<u8>> {
    let mut found: Vec<_> =
        ["examples/shop/services.yaml", "examples/shop/older/services.yaml"].into_iter().map(file).collect();
    found.extend(
        ["project: shop\nservices: [{name: web}]\n", "# {{- $x := 1 -}}\nproject: shop\nversions: {a: '{{ $x }}'}\nnamespace: {patterns: {ai: '{{ $x }}-{{ .Slot }}'}}\n"]
            .map(bytes),
    );
    found
}

/// Files of variables.
pub(crate) fn vars() -> Vec<Vec<u8>> {
    let mut found = vec![file("examples/shop/deploy/shop.env")];
    found.extend(["A=1\nexport B='x' # c\nC=\"${A}\\n$B\"\n", "a: 1\nb: \"2\"\n", "A=1,B=2,SLOT=3"].map(bytes));
    found
}

/// The example's events.
pub(crate) fn events() -> Vec<Vec<u8>> {
    files("examples/shop/events", "json")
}

fn bytes(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

fn file(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a file of the repository")
}

/// The files below a folder of the repository, in the order of their names.
fn files(folder: &str, extension: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let found = ignore::WalkBuilder::new(root).sort_by_file_path(Ord::cmp).build().flatten();
    let wanted = found.filter(|entry| entry.path().extension().is_some_and(|found| found == extension));
    wanted.map(|entry| std::fs::read(entry.path()).expect("a file of the repository")).collect()
}

/// A sequence of numbers that depends on its seed alone (splitmix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((number ^ (number >> 31)) >> 1).unwrap_or(0) % end.max(1)
    }
}

/// Longest input that a change makes.
const LONGEST: usize = 8 << 10;

/// An input of the corpus, changed in some places.
pub(crate) fn mutated(random: &mut Random, corpus: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut input = piece(random, corpus, LONGEST);
    for _ in 0..=random.below(6) {
        let at = random.below(input.len() + 1);
        let end = (at + random.below(20)).min(input.len());
        match random.below(8) {
            0 => drop(input.drain(at..end)),
            1 => input.truncate(at),
            2 => {
                let copy = input[at..end].to_vec();
                input.splice(at..at, copy);
            }
            3 => {
                let other = piece(random, corpus, 200);
                input.splice(at..end, other);
            }
            4 if at < input.len() => input[at] = u8::try_from(random.below(256)).unwrap_or(0),
            _ => drop(input.splice(at..at, words[random.below(words.len())].bytes())),
        }
    }
    input.truncate(LONGEST);
    input
}

/// A part of an input of the corpus, of whole lines where it is cut.
fn piece(random: &mut Random, corpus: &[Vec<u8>], longest: usize) -> Vec<u8> {
    let input = &corpus[random.below(corpus.len())];
    if input.len() <= longest && random.below(4) > 0 {
        return input.clone();
    }
    let start = random.below(input.len() + 1);
    let start = input[..start].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let end = (start + random.below(longest)).min(input.len());
    input[start..end].to_vec()
}
