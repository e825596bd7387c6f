//! The OpenAPI v3 document of a group version, as an API server publishes it, cut down to what a structural check needs.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::Value;

/// The schemas of one group version (`/openapi/v3/apis/apps/v1`), found by kind.
#[derive(Debug, Clone, Default)]
pub struct Document {
    schemas: HashMap<String, Schema>,
    /// Group, version and kind of each schema that is an object of its own.
    kinds: HashMap<(String, String, String), String>,
}

/// Why a document can't be used.
#[derive(Debug, thiserror::Error)]
#[error("no OpenAPI document: {0}")]
pub struct Unreadable(#[from] serde_json::Error);

/// What Kubernetes and its custom resources use of OpenAPI's schemas.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Schema {
    #[serde(rename = "$ref")]
    pub(super) reference: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) format: Option<String>,
    pub(super) properties: BTreeMap<String, Self>,
    pub(super) required: Vec<String>,
    pub(super) items: Option<Box<Self>>,
    #[serde(rename = "additionalProperties")]
    pub(super) additional: Option<Additional>,
    #[serde(rename = "allOf")]
    pub(super) all_of: Vec<Self>,
    #[serde(rename = "oneOf")]
    pub(super) one_of: Vec<Self>,
    #[serde(rename = "anyOf")]
    pub(super) any_of: Vec<Self>,
    #[serde(rename = "enum")]
    pub(super) choices: Vec<Value>,
    pub(super) nullable: bool,
    pub(super) default: Option<Value>,
    #[serde(rename = "x-kubernetes-int-or-string")]
    pub(super) int_or_string: bool,
    #[serde(rename = "x-kubernetes-preserve-unknown-fields")]
    pub(super) preserve_unknown: bool,
    #[serde(rename = "x-kubernetes-embedded-resource")]
    pub(super) embedded: bool,
    /// The fields that tell the items of a list apart, where it is a list of that sort.
    #[serde(rename = "x-kubernetes-list-map-keys")]
    pub(super) map_keys: Vec<String>,
    #[serde(rename = "x-kubernetes-group-version-kind")]
    pub(super) names: Vec<Name>,
}

/// Fields beyond the named ones.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Additional {
    Any(bool),
    Of(Box<Schema>),
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Name {
    group: String,
    version: String,
    kind: String,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    components: Components,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Components {
    schemas: HashMap<String, Schema>,
}

/// Where the names of Kubernetes' own types begin. Those of custom resources begin with their group, turned round.
const OWN: [&str; 4] =
    ["io.k8s.api.", "io.k8s.apimachinery.", "io.k8s.apiextensions-apiserver.", "io.k8s.kube-aggregator."];

/// A schema with its references followed.
#[derive(Clone, Copy)]
pub(super) struct Found<'d> {
    pub(super) schema: &'d Schema,
    /// Whether it is of a custom resource: the server reads those by their schema, its own kinds by Go's types.
    pub(super) custom: bool,
}

impl Document {
    /// Reads the JSON of `/openapi/v3/…`.
    ///
    /// # Errors
    /// It is not an OpenAPI v3 document.
    pub fn read(json: &[u8]) -> Result<Self, Unreadable> {
        let raw: Raw = serde_json::from_slice(json)?;
        Ok(Self::of(raw.components.schemas))
    }

    /// A document of one custom resource, by the `openAPIV3Schema` of its definition.
    ///
    /// # Errors
    /// It is no schema.
    pub fn of_definition(group: &str, version: &str, kind: &str, schema: Value) -> Result<Self, Unreadable> {
        let mut schema: Schema = serde_json::from_value(schema)?;
        schema.names = vec![Name { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() }];
        // The server writes these into the schema itself when it publishes it.
        for (name, kind) in [("apiVersion", "string"), ("kind", "string"), ("metadata", "object")] {
            let open = kind == "object";
            let part = Schema { kind: Some(kind.to_owned()), preserve_unknown: open, ..Schema::default() };
            schema.properties.insert(name.to_owned(), part);
        }
        Ok(Self::of(HashMap::from([(format!("{group}.{version}.{kind}"), schema)])))
    }

    fn of(schemas: HashMap<String, Schema>) -> Self {
        let named = |(name, schema): (&String, &Schema)| {
            let own = schema.names.iter().map(|of| (of.group.clone(), of.version.clone(), of.kind.clone()));
            own.map(|of| (of, name.clone())).collect::<Vec<_>>()
        };
        let kinds = schemas.iter().flat_map(named).collect();
        Self { schemas, kinds }
    }

    /// Whether the document has a schema of a kind.
    pub fn knows(&self, group: &str, version: &str, kind: &str) -> bool {
        self.root(group, version, kind).is_some()
    }

    pub(super) fn root(&self, group: &str, version: &str, kind: &str) -> Option<Found<'_>> {
        let name = self.kinds.get(&(group.to_owned(), version.to_owned(), kind.to_owned()))?;
        self.named(name)
    }

    fn named(&self, name: &str) -> Option<Found<'_>> {
        let schema = self.schemas.get(name)?;
        Some(Found { schema, custom: !OWN.iter().any(|own| name.starts_with(own)) })
    }

    /// Follows a schema that only points to another: `$ref`, or `allOf` of one, which is how a reference gets a description.
    pub(super) fn follow<'d>(&'d self, found: Found<'d>) -> Found<'d> {
        let mut found = found;
        // References in a circle end somewhere, and so does this.
        for _ in 0..16 {
            let next = match (&found.schema.reference, &*found.schema.all_of) {
                (Some(reference), _) => reference.rsplit('/').next().and_then(|name| self.named(name)),
                (None, [one]) if found.schema.kind.is_none() && found.schema.properties.is_empty() => {
                    Some(Found { schema: one, ..found })
                }
                _ => None,
            };
            match next {
                Some(next) => found = next,
                None => break,
            }
        }
        found
    }
}
