//! `codexctl validate`: services.yaml and all that it names, for every environment.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::call::Call;
use super::cluster;
use super::project::{Project, Refusal, filters};
use super::{CommandError, Exit, Outcome};
use crate::cluster::Patience;
use crate::deploy::{self, Checker, Clusters, Survey, Told};
use crate::flows;
use crate::stack::{Decided, LoadRequest, Loaded, StackError};
use crate::ui::{Level, Note};

/// Runs the command.
pub(super) fn validate(call: &mut Call) -> Result<Outcome, CommandError> {
    let (project, broken) = match Project::read_all(call) {
        Ok(found) => found,
        // Programs get their object of every file; people have read it all.
        Err(Refusal::Told(error)) if matches!(call.settings.choice("output")?, Some("json" | "kv")) => {
            return Ok(Outcome { text: summary(call, &Survey::refused(error))?, exit: Exit::Usage });
        }
        Err(refusal) => return refusal.outcome(),
    };
    let environments = match project.request() {
        Some(request) => vec![request.env],
        None => deploy::environments(&project.raw),
    };
    let request = |env: &str| {
        let request = project.request_for(env);
        // Any slot will do to see whether its stack holds together.
        let decided = Decided { slot: request.decided.slot.or(Some(1)), ..request.decided };
        LoadRequest { decided, ..request }
    };
    let mut clusters = Clusters::new(Patience::default())?;
    let mut checker =
        |loaded: &Loaded| -> Box<dyn Checker> { Box::new(clusters.checker(&cluster::places(call, loaded))) };
    let mut survey =
        deploy::survey(&project.raw, environments, &request, &filters(call), &mut checker, &flows::agent_mistakes);
    survey.add(StackError::new(broken, [(project.raw.path().to_owned(), Arc::clone(project.raw.text()))].into()));
    tell(call, &survey);
    let exit = if survey.count(Level::Error) > 0 { Exit::Usage } else { Exit::Done };
    Ok(Outcome { text: summary(call, &survey)?, exit })
}

/// Everything at its place, errors first. Notices that say the same of many places are one.
fn tell(call: &Call, survey: &Survey) {
    let pictures = StackError::new(Vec::new(), survey.sources.clone());
    let (notices, wrong): (Vec<&Told>, Vec<_>) = survey.told.iter().partition(|one| one.level == Level::Notice);
    for one in wrong {
        let about = survey.wording(one);
        let picture = pictures.picture(&about);
        call.ui.note(&Note { level: one.level, ..Note::about(&about, picture) });
    }
    let mut groups: Vec<(&str, Vec<&Told>)> = Vec::new();
    for one in notices {
        match groups.iter_mut().find(|(text, _)| *text == one.about.text) {
            Some((_, group)) => group.push(one),
            None => groups.push((&one.about.text, vec![one])),
        }
    }
    for (text, group) in groups {
        match group.as_slice() {
            [one] => {
                let note = Note::about(&survey.wording(one), String::new());
                call.ui.note(&Note { level: Level::Notice, picture: None, ..note });
            }
            many => {
                let text = format!("{text}\n{} places: {}", many.len(), places(many));
                call.ui.note(&Note::new(Level::Notice, text));
            }
        }
    }
}

/// The first few places of a group, each file once with its lines.
fn places(group: &[&Told]) -> String {
    const MOST: usize = 8;
    let mut shown: Vec<String> = Vec::new();
    let mut last = None;
    for one in group.iter().take(MOST) {
        match (&one.about.file, &last) {
            (Some(file), Some(before)) if *before == file => shown.push(one.about.line.to_string()),
            (Some(file), _) => shown.push(format!("{}:{}", file.display(), one.about.line)),
            (None, _) => {}
        }
        last = one.about.file.as_ref();
    }
    let more = group.len().saturating_sub(MOST);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", shown.join(", "))
}

/// The result: a line for people, an object or keys for programs.
fn summary(call: &Call, survey: &Survey) -> Result<String, CommandError> {
    let (errors, warnings, notes) =
        (survey.count(Level::Error), survey.count(Level::Warning), survey.count(Level::Notice));
    match call.settings.choice("output")? {
        Some("json") => {
            let problems: Vec<Value> = survey.told.iter().map(problem).collect();
            let whole = json!({
                "environments": survey.environments,
                "manifests": survey.files,
                "objects": survey.objects,
                "errors": errors,
                "warnings": warnings,
                "notices": notes,
                "problems": problems,
            });
            let text = serde_json::to_string_pretty(&whole).map_err(CommandError::new)? + "\n";
            Ok(call.redactor.redact(&text).into_owned())
        }
        Some("kv") => Ok(format!(
            "environments={}\nmanifests={}\nobjects={}\nerrors={errors}\nwarnings={warnings}\nnotices={notes}\n",
            survey.environments.join(","),
            survey.files,
            survey.objects
        )),
        _ => {
            // People see one note for many places.
            let texts = survey.told.iter().filter(|one| one.level == Level::Notice).map(|one| &one.about.text);
            let notes = texts.collect::<BTreeSet<_>>().len();
            let notes = if notes == 0 { String::new() } else { format!(", {}", count(notes, "note")) };
            Ok(format!(
                "{}, {}, {}: {}, {}{notes}\n",
                count(survey.environments.len(), "environment"),
                count(survey.files, "manifest"),
                count(survey.objects, "object"),
                count(errors, "error"),
                count(warnings, "warning")
            ))
        }
    }
}

fn problem(one: &Told) -> Value {
    let number = |number: usize| Some(number).filter(|number| *number > 0);
    json!({
        "severity": one.level,
        "file": one.about.file.as_ref().map(|file| file.display().to_string()),
        "line": number(one.about.line),
        "column": number(one.about.column),
        "text": one.about.text,
        "hint": one.about.hint,
        "environments": one.environments,
    })
}

fn count(number: usize, what: &str) -> String {
    match number {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}
