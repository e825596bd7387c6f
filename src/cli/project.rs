//! services.yaml as a command finds it: which file, which variables, which environment, and how its mistakes are told.

use std::path::PathBuf;

use super::call::Call;
use super::{CommandError, Exit, Outcome};
use crate::clock::{Clock as _, SystemClock};
use crate::deploy::{Filter, Filters, Names};
use crate::secrets::{Secret, is_secret_name};
use crate::stack::{Decided, Diagnostic, LoadRequest, RawStack, StackError, VarsInput};
use crate::ui::{Level, Note};

/// Why a command does not go on.
pub(super) enum Refusal {
    /// Everything has been told at its place.
    Told(StackError),
    /// One sentence, still to be said.
    Says(CommandError),
}

impl<E: Into<CommandError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Says(error.into())
    }
}

impl Refusal {
    /// The same as a command ends with it.
    pub(super) fn outcome(self) -> Result<Outcome, CommandError> {
        match self {
            Self::Told(_) => Ok(Outcome { text: String::new(), exit: Exit::Usage }),
            Self::Says(error) => Err(error),
        }
    }
}

/// A stack file, with the settings that its variables brought.
pub(super) struct Project {
    /// The file as it stands.
    pub(super) raw: RawStack,
    request: LoadRequest,
}

impl Project {
    /// Reads the file that `--config` names, and merges its variables into the settings. Secrets among them are masked from here on.
    ///
    /// # Errors
    /// The file or one of its files of variables can't be read, or a setting does not parse.
    pub(super) fn read(call: &mut Call) -> Result<Self, Refusal> {
        let raw = Self::file(call)?;
        Self::of(call, raw)
    }

    /// The same, but goes on without the files of `envFiles` that can't be used: what is wrong with them comes along.
    ///
    /// # Errors
    /// As [`Project::read`].
    pub(super) fn read_all(call: &mut Call) -> Result<(Self, Vec<Diagnostic>), Refusal> {
        let (raw, broken) = Self::file(call)?.without_broken_env_files();
        Ok((Self::of(call, raw)?, broken))
    }

    fn file(call: &Call) -> Result<RawStack, Refusal> {
        for warning in call.settings.older_names_in_use() {
            call.ui.note(&Note::new(Level::Warning, warning));
        }
        RawStack::read(&config(call)).map_err(|error| told(call, &error))
    }

    fn of(call: &mut Call, raw: RawStack) -> Result<Self, Refusal> {
        let vars = VarsInput {
            process: call.settings.process().clone(),
            var_file: call.settings.text("var-file").map(PathBuf::from),
            vars: call.settings.text("vars"),
        };
        // What is only a warning is told again, and then shown, when the file is loaded.
        let (merged, _) = raw.vars(&vars).map_err(|error| told(call, &error))?;
        for (_, value) in merged.iter().filter(|(name, _)| is_secret_name(name)) {
            let secret = Secret::new(value.to_owned());
            call.redactor.add(&secret);
            call.ui.mask(&secret);
        }
        call.settings.merge(merged.iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
        let settings = &call.settings;
        let slot = settings.number("slot")?.map(u32::try_from).transpose();
        let slot = slot.map_err(|_| CommandError::new(format!("--slot: a slot's number is at most {}", u32::MAX)))?;
        let request = LoadRequest {
            path: config(call),
            env: settings.text("env").unwrap_or_default(),
            namespace: settings.text("namespace"),
            vars,
            decided: Decided {
                slot,
                issue: settings.number("issue")?,
                pr: settings.number("pr")?,
                repo: settings.text("repo"),
                lang: settings.choice("lang")?.map(str::to_owned),
                ..Decided::default()
            },
            now: SystemClock.now(),
        };
        Ok(Self { raw, request })
    }

    /// What the file is loaded for; none where nobody named an environment.
    pub(super) fn request(&self) -> Option<LoadRequest> {
        Some(self.request.clone()).filter(|request| !request.env.is_empty())
    }

    /// The same for an environment of the command's choice.
    pub(super) fn request_for(&self, env: &str) -> LoadRequest {
        LoadRequest { env: env.to_owned(), ..self.request.clone() }
    }
}

fn config(call: &Call) -> PathBuf {
    PathBuf::from(call.settings.text("config").unwrap_or_default())
}

/// Tells every mistake at its place.
pub(super) fn told(call: &Call, error: &StackError) -> Refusal {
    for one in &error.diagnostics {
        call.ui.note(&Note::about(one, error.picture(one)));
    }
    Refusal::Told(error.clone())
}

/// The filters that were given.
pub(super) fn filters(call: &Call) -> Filters {
    let names = |flag| call.settings.raw(flag).and_then(|(list, source)| Names::parse(source.to_string(), &list));
    Filters {
        infrastructure: Filter { only: names("only-infra"), skip: names("skip-infra") },
        services: Filter { only: names("only-services"), skip: names("skip-services") },
    }
}
