//! `codexctl` turns a labelled GitHub issue into reviewed work. This is the map of its rooms; data goes from top to bottom.

pub mod cli; // the command tree: settings in, one call out, result printed
pub mod settings; // flag ↔ variable, and where each value came from: the only reader of the environment

pub mod action; // the container action: what GitHub's runner hands over
pub mod doctor; // what a run needs, looked at one by one, each with the way out
pub mod init; // what a new repository needs: services.yaml, the caller workflow

pub mod event; // webhook payloads → one Event
pub mod policy; // pure decisions: triggers, gates, models and labels, publish policy
pub mod flows; // what each flow does: a list of steps over one context

pub mod stack; // services.yaml: load, environments, namespace, validate
pub mod gotmpl; // Go's text/template
pub mod manifests; // documents of manifests: read, shaped for an environment, printed
pub mod deploy; // the verbs above stack and manifests: select, render, validate
pub mod cluster; // a Kubernetes cluster: which one is meant, the connection, what it knows
pub mod slots; // records and leases of slots
pub mod agent; // prompt, config, proxy, place, events, verdict
pub mod publish; // what leaves a run: collect, scan, commit, push
pub mod git; // the git program, with nothing of the user's or the agent's configuration
pub mod report; // texts for people: comments, summary, plan, outputs
pub mod github; // GitHub itself, an outbox in its place, or a dry hand
pub mod ui; // how a run speaks: terminal, plain lines, GitHub's log, JSON

pub mod answer; // what a question to the outside gave: known, or unknown and why
pub mod blocked; // what stands in a path's way, and the way out
mod group; // groups of processes: what a program started goes with it
pub mod clock; // the time, as a thing that can be handed in
pub mod rights; // as whom this process works: a workspace's owner, and root again for a moment
pub mod secrets; // what a secret is, a type that can't be printed, the redactor
