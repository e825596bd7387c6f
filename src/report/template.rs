//! Handlebars, as all our texts use it: templates compiled into the binary, each read when it is first used, and common helpers.
//!
//! Helpers beyond Handlebars' own (`eq ne gt lt and or not len lookup`):
//!
//! | helper | gives |
//! | --- | --- |
//! | `{{number n}}` | `1,234` |
//! | `{{plural n "file" "files"}}`, in Russian three forms | `3 files` |
//! | `{{duration ms}}` | `2m 5s` |
//! | `{{bytes n}}` | `4 MiB` |
//! | `{{code text}}` | a Markdown code span that its text can't leave |
//! | `{{cell text}}` | the same inside a table |
//! | `{{quote text}}` | a Markdown quotation |
//! | `{{join list ", "}}` | the list as one text |
//! | `{{codes list}}` | the list as code spans |

use std::sync::OnceLock;
use std::time::Duration;

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, JsonRender as _, Output, RenderContext, RenderError,
    RenderErrorReason, ScopedJson, TemplateErrorReason,
};
use serde::Serialize;
use serde_json::Value;

use super::lang::Lang;
use super::{untrusted, words};

/// Why a text could not be made. The message is `file:line:column: cause`, as compilers print it.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The template is no valid Handlebars.
    #[error("{name}{}: {reason}", shown(place))]
    Syntax {
        /// The template's file.
        name: String,
        /// Line and column, from 1.
        place: Option<(usize, usize)>,
        /// The cause.
        reason: String,
    },
    /// The template asks for something that isn't there.
    #[error("{name}{}: {reason}", shown(place))]
    Render {
        /// The template's file.
        name: String,
        /// Line and column, from 1.
        place: Option<(usize, usize)>,
        /// The cause.
        reason: String,
    },
}

fn shown(place: &Option<(usize, usize)>) -> String {
    place.map_or(String::new(), |(line, column)| format!(":{line}:{column}"))
}

/// A cause and its place.
#[derive(Debug, Clone)]
struct Mistake {
    place: Option<(usize, usize)>,
    reason: String,
}

/// What happens to a value that a template prints with two braces. With three, and in helpers that make Markdown, it stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// The text is a prompt: values stay as they are (untrusted ones are fenced before they get here).
    Nothing,
    /// The text is Markdown: a value can't be more than words in a line.
    Markdown,
}

/// A partial: the name that templates use and its source.
pub type Partial = (&'static str, &'static str);

/// A text that is compiled into the binary.
pub struct Text {
    name: &'static str,
    source: &'static str,
    partials: &'static [Partial],
    escape: Escape,
    lang: Lang,
    engine: OnceLock<Result<Handlebars<'static>, Mistake>>,
}

impl Text {
    /// A text by file name, source, and the partials that it uses.
    pub const fn new(
        name: &'static str,
        source: &'static str,
        partials: &'static [Partial],
        escape: Escape,
        lang: Lang,
    ) -> Self {
        Self { name, source, partials, escape, lang, engine: OnceLock::new() }
    }

    /// The partials that it may use.
    pub const fn partials(&self) -> &'static [Partial] {
        self.partials
    }

    /// The text with these values in it. Values are data: braces in them mean nothing.
    ///
    /// # Errors
    /// [`TextError`] where the template and its data don't fit, which for built-in texts the tests rule out.
    pub fn render<T: Serialize>(&self, data: &T) -> Result<String, TextError> {
        let engine = self
            .engine
            .get_or_init(|| engine(self.name, self.source, self.partials, self.escape, self.lang))
            .as_ref()
            .map_err(|mistake| wrong_syntax(self.name, mistake.clone()))?;
        run(engine, self.name, data)
    }
}

/// A text in all languages.
pub struct Texts {
    /// English.
    pub en: Text,
    /// Russian.
    pub ru: Text,
}

impl Texts {
    /// The text in this language.
    pub const fn of(&self, lang: Lang) -> &Text {
        match lang {
            Lang::En => &self.en,
            Lang::Ru => &self.ru,
        }
    }

    /// The same as [`Text::render`] in this language.
    ///
    /// # Errors
    /// As [`Text::render`].
    pub fn render<T: Serialize>(&self, lang: Lang, data: &T) -> Result<String, TextError> {
        self.of(lang).render(data)
    }
}

/// The text `templates/$folder/$name` with partials from the folder below, in all languages.
macro_rules! texts {
    (@file $($part:tt),*) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/", $($part,)* ".hbs"))
    };
    (@in $lang:ident $code:literal $folder:literal $name:literal $escape:expr, [$($partial:literal),*]) => {
        $crate::report::template::Text::new(
            concat!($folder, "/", $name, "_", $code, ".hbs"),
            $crate::report::template::texts!(@file $folder, "/", $name, "_", $code),
            &[$(($partial, $crate::report::template::texts!(@file $folder, "/partials/", $partial, "_", $code))),*],
            $escape,
            $crate::report::Lang::$lang,
        )
    };
    ($folder:literal, $name:literal, $escape:expr, $partials:tt) => {
        $crate::report::template::Texts {
            en: $crate::report::template::texts!(@in En "en" $folder $name $escape, $partials),
            ru: $crate::report::template::texts!(@in Ru "ru" $folder $name $escape, $partials),
        }
    };
}
pub(crate) use texts;

/// Renders a template that a project brings, with the built-in partials at hand.
///
/// # Errors
/// [`TextError`] with file, line and column.
pub fn render_project<T: Serialize>(
    name: &str,
    source: &str,
    partials: &[Partial],
    escape: Escape,
    lang: Lang,
    data: &T,
) -> Result<String, TextError> {
    let engine = engine(name, source, partials, escape, lang).map_err(|mistake| wrong_syntax(name, mistake))?;
    run(&engine, name, data)
}

fn wrong_syntax(name: &str, mistake: Mistake) -> TextError {
    TextError::Syntax { name: name.to_owned(), place: mistake.place, reason: mistake.reason }
}

fn run<T: Serialize>(engine: &Handlebars<'_>, name: &str, data: &T) -> Result<String, TextError> {
    engine.render(name, data).map_err(|error| {
        let data = serde_json::to_value(data).unwrap_or_default();
        let Mistake { place, reason } = mistake(&error, name, &data);
        TextError::Render { name: name.to_owned(), place, reason }
    })
}

fn mistake(error: &RenderError, own: &str, data: &Value) -> Mistake {
    let cause = match error.reason() {
        RenderErrorReason::MissingVariable(Some(path)) => format!("there is no `{path}`{}", instead(path, data)),
        RenderErrorReason::PartialNotFound(partial) => format!("there is no partial `{partial}`"),
        RenderErrorReason::HelperNotFound(helper) => format!("there is no helper `{helper}`"),
        other => other.to_string(),
    };
    let place = error.line_no.zip(error.column_no);
    match (error.template_name.as_deref().filter(|name| *name != own), place) {
        // A place in a partial is told with the partial's name, else the reader looks in the wrong file.
        (Some(partial), Some((line, column))) => Mistake {
            place: None,
            reason: format!("in the partial `{partial}`, line {line}, column {column}: {cause}"),
        },
        _ => Mistake { place, reason: cause },
    }
}

/// What a template may ask for instead of a path that isn't there.
fn instead(path: &str, data: &Value) -> String {
    let (head, inner) = path.split_once(['.', '/']).map_or((path, None), |(head, inner)| (head, Some(inner)));
    let names = |value: &Value| value.as_object().map(|names| names.keys().cloned().collect()).unwrap_or_default();
    let (wanted, prefix, names): (&str, String, Vec<String>) = match (inner, data.get(head)) {
        (Some(inner), Some(value)) if value.is_object() => (inner, format!("{head}."), names(value)),
        (Some(_), Some(Value::Null)) => {
            return format!(": there is no {head} here, so ask first: `{{{{#if {head}}}}}`");
        }
        _ => (head, String::new(), names(data)),
    };
    let likeness = |name: &String| strsim::jaro_winkler(name, wanted);
    match names.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).filter(|near| likeness(near) > 0.8) {
        Some(near) => format!("; did you mean `{prefix}{near}`?"),
        None if names.is_empty() => String::new(),
        None => {
            format!("; there are {}", names.iter().map(|name| format!("{prefix}{name}")).collect::<Vec<_>>().join(", "))
        }
    }
}

fn engine(
    name: &str,
    source: &str,
    partials: &[Partial],
    escape: Escape,
    lang: Lang,
) -> Result<Handlebars<'static>, Mistake> {
    let mut engine = Handlebars::new();
    // A name that isn't there is a mistake in the template, and worth more than an empty place in a text.
    engine.set_strict_mode(true);
    match escape {
        Escape::Nothing => engine.register_escape_fn(handlebars::no_escape),
        Escape::Markdown => engine.register_escape_fn(untrusted::inline),
    }
    engine.register_helper("number", Box::new(Words(lang, |args, lang| Ok(words::number(args.count(0)?, lang)))));
    engine.register_helper("plural", Box::new(Words(lang, plural)));
    engine.register_helper(
        "duration",
        Box::new(Words(lang, |args, lang| Ok(words::duration(Duration::from_millis(args.count(0)?), lang)))),
    );
    engine.register_helper("bytes", Box::new(Words(lang, |args, lang| Ok(words::bytes(args.count(0)?, lang)))));
    engine.register_helper("join", Box::new(Words(lang, |args, _| Ok(args.list(0)?.join(&args.text(1)?)))));
    engine.register_helper("code", Box::new(Markdown(|args| Ok(untrusted::code(&args.text(0)?)))));
    engine.register_helper(
        "codes",
        Box::new(Markdown(|args| {
            Ok(args.list(0)?.iter().map(|text| untrusted::code(text)).collect::<Vec<_>>().join(", "))
        })),
    );
    engine.register_helper("cell", Box::new(Markdown(|args| Ok(untrusted::code_cell(&args.text(0)?)))));
    engine.register_helper("quote", Box::new(Markdown(|args| Ok(untrusted::quote(&args.text(0)?)))));
    for (partial, source) in partials {
        engine.register_partial(partial, source).map_err(|error| {
            let Mistake { place, reason } = syntax(&error);
            Mistake { place: None, reason: format!("in the partial `{partial}`{}: {reason}", shown(&place)) }
        })?;
    }
    engine.register_template_string(name, source).map_err(|error| syntax(&error))?;
    Ok(engine)
}

fn syntax(error: &handlebars::TemplateError) -> Mistake {
    let reason = match error.reason() {
        // The parser lists every token that it would have taken, which helps nobody.
        TemplateErrorReason::InvalidSyntax(_) => {
            "this is no valid Handlebars: is a block not closed, or a brace missing?".to_owned()
        }
        other => other.to_string(),
    };
    Mistake { place: error.pos(), reason }
}

fn plural(args: &Args<'_, '_>, lang: Lang) -> Result<String, RenderErrorReason> {
    let (count, one, few) = (args.count(0)?, args.text(1)?, args.text(2)?);
    let many = if lang == Lang::Ru { args.text(3)? } else { few.clone() };
    Ok(format!("{} {}", words::number(count, lang), words::plural(count, &one, &few, &many, lang)))
}

/// A helper's arguments, with errors that name the helper.
struct Args<'a, 'rc>(&'a Helper<'rc>);

impl Args<'_, '_> {
    fn value(&self, at: usize) -> Result<&Value, RenderErrorReason> {
        self.0
            .param(at)
            .map(handlebars::PathAndJson::value)
            .ok_or_else(|| RenderErrorReason::ParamNotFoundForIndex("helper", at))
    }

    fn wrong(&self, at: usize, wanted: &str) -> RenderErrorReason {
        RenderErrorReason::Other(format!("`{}` wants {wanted} as its argument {}", self.0.name(), at + 1))
    }

    fn count(&self, at: usize) -> Result<u64, RenderErrorReason> {
        self.value(at)?.as_u64().ok_or_else(|| self.wrong(at, "a whole number"))
    }

    fn text(&self, at: usize) -> Result<String, RenderErrorReason> {
        Ok(self.value(at)?.render())
    }

    fn list(&self, at: usize) -> Result<Vec<String>, RenderErrorReason> {
        let list = self.value(at)?.as_array().ok_or_else(|| self.wrong(at, "a list"))?;
        Ok(list.iter().map(handlebars::JsonRender::render).collect())
    }
}

/// A helper whose result is words: it is escaped like any value.
struct Words(Lang, fn(&Args<'_, '_>, Lang) -> Result<String, RenderErrorReason>);

impl HelperDef for Words {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        Ok(ScopedJson::Derived(Value::String(self.1(&Args(helper), self.0)?)))
    }
}

/// A helper whose result is Markdown already.
struct Markdown(fn(&Args<'_, '_>) -> Result<String, RenderErrorReason>);

impl HelperDef for Markdown {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        out.write(&self.0(&Args(helper))?)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn try_render(source: &str, escape: Escape, lang: Lang, data: &Value) -> Result<String, TextError> {
        let partials: &[Partial] = &[("who", "You are {{name}}.")];
        render_project(".codexctl/prompts/dev_issue_en.hbs", source, partials, escape, lang, data)
    }

    fn render(source: &str, escape: Escape, lang: Lang, data: &Value) -> String {
        try_render(source, escape, lang, data).unwrap()
    }

    #[test]
    fn helpers_speak_the_language_of_the_text() {
        let source = r#"{{plural n "файл" "файла" "файлов"}}, {{duration ms}}, {{bytes size}}"#;
        let data = json!({"n": 3, "ms": 125_000, "size": 4_194_304});
        assert_eq!(render(source, Escape::Nothing, Lang::Ru, &data), "3 файла, 2\u{a0}мин 5\u{a0}с, 4 МиБ");
        let source = r#"{{plural n "file" "files"}}, {{number size}}, {{join list " and "}}"#;
        let data = json!({"n": 1, "size": 4_194_304, "list": ["a", "b"]});
        assert_eq!(render(source, Escape::Nothing, Lang::En, &data), "1 file, 4,194,304, a and b");
    }

    #[test]
    fn a_value_that_looks_like_a_template_is_printed_as_it_is() {
        let data = json!({"name": "{{name}} {{{name}}} {{> who}} {{#each x}}"});
        assert_eq!(render("{{name}}", Escape::Nothing, Lang::En, &data), "{{name}} {{{name}}} {{> who}} {{#each x}}");
        assert_eq!(
            render("{{> who}}", Escape::Nothing, Lang::En, &data),
            "You are {{name}} {{{name}}} {{> who}} {{#each x}}."
        );
    }

    #[test]
    fn markdown_values_are_words_unless_asked_otherwise() {
        let data = json!({"x": "**a** | <b>", "list": ["a`b", "c"]});
        assert_eq!(render("{{x}}", Escape::Markdown, Lang::En, &data), r"\*\*a\*\* \| &lt;b&gt;");
        assert_eq!(render("{{{x}}}", Escape::Markdown, Lang::En, &data), "**a** | <b>");
        assert_eq!(
            render("{{code x}} {{codes list}}", Escape::Markdown, Lang::En, &data),
            "`**a** | <b>` ``a`b``, `c`"
        );
    }

    #[test]
    fn a_mistake_in_a_project_template_is_told_with_its_place() {
        let error =
            |source| try_render(source, Escape::Nothing, Lang::En, &json!({"name": "x"})).unwrap_err().to_string();
        insta::assert_snapshot!(error("one\n{{#if name}}two"), @".codexctl/prompts/dev_issue_en.hbs:2:16: this is no valid Handlebars: is a block not closed, or a brace missing?");
        insta::assert_snapshot!(error("one\n{{nmae}}"), @".codexctl/prompts/dev_issue_en.hbs:2:1: there is no `nmae`; did you mean `name`?");
        insta::assert_snapshot!(error("{{> whom}}"), @".codexctl/prompts/dev_issue_en.hbs:1:1: there is no partial `whom`");
        insta::assert_snapshot!(error("{{plural name \"a\" \"b\"}}"), @".codexctl/prompts/dev_issue_en.hbs:1:1: `plural` wants a whole number as its argument 1");
        insta::assert_snapshot!(error("{{shout name}}"), @".codexctl/prompts/dev_issue_en.hbs:1:1: there is no helper `shout`");
    }
}
