//! The source map: every byte of the output leads back to where it came from.

use codexctl_action::gotmpl::{Place, Value};

use crate::render;

/// For every byte of the output, the offset in the template it comes from.
fn origins(template: &str, data: &Value) -> (String, Vec<usize>) {
    let rendered = render(template, data).expect("a template that renders");
    let offsets = (0..rendered.text.len()).map(|at| rendered.map.origin(at).offset).collect();
    (rendered.text, offsets)
}

#[test]
fn text_maps_to_itself() {
    let (text, offsets) = origins("ab\ncd", &Value::Nil);
    assert_eq!(text, "ab\ncd");
    assert_eq!(offsets, [0, 1, 2, 3, 4]);
}

#[test]
fn what_an_action_prints_maps_to_the_action() {
    let (text, offsets) = origins("x {{ 12345 }} y", &Value::Nil);
    assert_eq!(text, "x 12345 y");
    assert_eq!(offsets, [0, 1, 2, 2, 2, 2, 2, 13, 14]);
}

#[test]
fn trimmed_text_keeps_the_place_of_what_is_left() {
    let (text, offsets) = origins("a  {{- 1 -}}\n  b", &Value::Nil);
    assert_eq!(text, "a1b");
    assert_eq!(offsets, [0, 3, 15]);
}

#[test]
fn every_round_of_a_range_maps_to_the_same_text() {
    let list = Value::strings(["p", "q"]);
    let (text, offsets) = origins("{{range .}}-{{.}}{{end}}", &list);
    assert_eq!(text, "-p-q");
    assert_eq!(offsets, [11, 12, 11, 12]);
}

#[test]
fn a_called_template_maps_to_its_definition() {
    let (text, offsets) = origins("{{define \"a\"}}in{{end}}<{{template \"a\"}}>", &Value::Nil);
    assert_eq!(text, "<in>");
    assert_eq!(offsets, [23, 14, 15, 40]);
}

#[test]
fn actions_that_print_nothing_take_no_place() {
    let (text, offsets) = origins("a{{$x := 1}}{{\"\"}}{{/* c */}}b{{print}}", &Value::Nil);
    assert_eq!(text, "ab");
    assert_eq!(offsets, [0, 29]);
}

#[test]
fn places_count_lines_and_characters() {
    let template = "первая\nключ: {{ .Env }}!\n";
    let data = Value::Map([("Env".to_owned(), Value::from("dev"))].into());
    let rendered = render(template, &data).expect("a template that renders");
    assert_eq!(rendered.text, "первая\nключ: dev!\n");
    let at = |needle: &str| rendered.map.origin(rendered.text.find(needle).expect("a part of the output"));
    assert_eq!(at("ключ"), Place { line: 2, column: 1, offset: 13 });
    assert_eq!(at("dev"), Place { line: 2, column: 7, offset: 23 });
    assert_eq!(at("ev"), at("dev"));
    assert_eq!(at("!"), Place { line: 2, column: 17, offset: 33 });
    assert_eq!(at("dev").to_string(), "2:7");
}

#[test]
fn a_byte_inside_a_character_has_the_place_of_the_character() {
    let rendered = render("éx", &Value::Nil).expect("a template that renders");
    assert_eq!(rendered.map.origin(1), rendered.map.origin(0));
    assert_eq!(rendered.map.origin(2), Place { line: 1, column: 2, offset: 2 });
}

#[test]
fn the_end_is_behind_the_last_byte() {
    let rendered = render("ab\n", &Value::Nil).expect("a template that renders");
    let end = Place { line: 2, column: 1, offset: 3 };
    assert_eq!(rendered.map.origin(3), end);
    assert_eq!(rendered.map.origin(usize::MAX), end);
    let printed = render("a{{1}}", &Value::Nil).expect("a template that renders");
    assert_eq!(printed.map.origin(2).offset, 1);
    let nothing = render("{{/* only a comment */}}", &Value::Nil).expect("a template that renders");
    assert_eq!(nothing.map.origin(0), Place { line: 1, column: 1, offset: 0 });
}

#[test]
fn mended_bytes_do_not_shift_what_follows() {
    let (text, offsets) = origins("a{{\"\\xff\\xfe\"}}b{{slice \"é\" 0 1}}{{slice \"é\" 1 2}}c", &Value::Nil);
    assert_eq!(text, "a\u{fffd}\u{fffd}béc");
    // Each bad byte is three bytes of output; é is put together from the bytes of two actions.
    assert_eq!(offsets, [0, 1, 1, 1, 1, 1, 1, 15, 16, 34, 52]);
}

#[test]
fn a_guide_leads_to_the_places_of_the_map_in_any_order() {
    let data = Value::Map([("Env".to_owned(), Value::from("dev\nя"))].into());
    for template in [
        "a: b\nключ: {{ .Env }} c\nd:\n  e: f {{ .Env }}\n",
        "{{ .Env }}{{ .Env }} x\ny {{- .Env }}\n\n",
        "{{ define \"two\" }}u\nv\n{{ end }}a\n{{ template \"two\" }}b\n{{ template \"two\" }}c\n",
        "{{ range 3 }}{{ . }}\nк\n  r\n{{ end }}",
        "a\rb\r\nc\n{{ .Env }}\rd\n",
    ] {
        let rendered = render(template, &data).expect("a template that renders");
        let (text, map) = (&rendered.text, &rendered.map);
        let mut line_start = (0, 1);
        let mut places: Vec<_> = text
            .char_indices()
            .map(|(offset, char)| {
                let (start, line) = line_start;
                if char == '\n' {
                    line_start = (offset + 1, line + 1);
                }
                Place { line, column: text[start..offset].chars().count() + 1, offset }
            })
            .collect();
        places.push(Place { line: line_start.1, column: text[line_start.0..].chars().count() + 1, offset: text.len() });
        // Forward, backward, and here and there.
        let here_and_there = (0..places.len()).map(|at| places[at * 7 % places.len()]);
        let all: Vec<_> = places.iter().copied().chain(places.iter().rev().copied()).chain(here_and_there).collect();
        let mut guide = map.guide();
        for place in all {
            assert_eq!(guide.origin(place), map.origin(place.offset), "{template:?} {place:?}");
            for offset in [place.offset, place.offset + 1, text.len() / 2] {
                assert_eq!(guide.origin_offset(offset), map.origin_offset(offset), "{template:?} {offset}");
            }
        }
    }
}
