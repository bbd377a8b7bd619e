//! What the page of the API's description shows, read from an OpenAPI 3 document.
//!
//! Read once, into no more than is shown: the whole document as values takes megabytes, which the
//! allocator keeps.

use std::collections::BTreeMap;

use serde::Deserialize;

const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "options", "head"];

/// An API's operations, in groups. What a document lacks is left out, never an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub title: Option<String>,
    pub description: Option<String>,
    pub groups: Vec<Group>,
}

/// The operations of one tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    pub operations: Vec<Operation>,
}

/// One method at one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    pub method: String,
    pub path: String,
    pub summary: Option<String>,
    pub description: Option<String>,
    pub parameters: Vec<Parameter>,
    /// The media types of the body.
    pub bodies: Vec<String>,
    /// The members of the body, the required ones first.
    pub fields: Vec<Parameter>,
    /// By status.
    pub answers: Vec<(String, Option<String>)>,
}

/// A parameter, or a member of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Parameter {
    #[serde(rename = "$ref")]
    reference: Option<String>,
    pub name: String,
    /// `path`, `query`, `header` or `cookie`; empty for a member.
    #[serde(rename = "in")]
    pub place: String,
    pub required: bool,
    pub description: Option<String>,
}

/// As much of a document as the page shows (OpenAPI 3.1, section 4.8).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Document {
    info: Info,
    tags: Vec<Tag>,
    paths: BTreeMap<String, PathItem>,
    components: Components,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Info {
    title: Option<String>,
    description: Option<String>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PathItem {
    parameters: Vec<Parameter>,
    #[serde(flatten)]
    methods: Methods,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Methods {
    get: Option<Described>,
    post: Option<Described>,
    put: Option<Described>,
    patch: Option<Described>,
    delete: Option<Described>,
    options: Option<Described>,
    head: Option<Described>,
}

/// The Operation Object.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Described {
    tags: Vec<String>,
    summary: Option<String>,
    description: Option<String>,
    parameters: Vec<Parameter>,
    request_body: Option<Body>,
    responses: BTreeMap<String, Answer>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Body {
    #[serde(rename = "$ref")]
    reference: Option<String>,
    content: BTreeMap<String, Media>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Media {
    schema: Option<Schema>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Schema {
    #[serde(rename = "$ref")]
    reference: Option<String>,
    required: Vec<String>,
    properties: BTreeMap<String, Parameter>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Answer {
    #[serde(rename = "$ref")]
    reference: Option<String>,
    description: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Components {
    parameters: BTreeMap<String, Parameter>,
    request_bodies: BTreeMap<String, Body>,
    schemas: BTreeMap<String, Schema>,
    responses: BTreeMap<String, Answer>,
}

impl Reference {
    /// Reads a document's operations at the paths that are wanted. Tags come as the document lists
    /// them, then in the order in which they appear.
    ///
    /// # Errors
    /// When the text is not an OpenAPI document in JSON.
    pub fn read(json: &str, wanted: impl Fn(&str) -> bool) -> Result<Self, serde_json::Error> {
        let document: Document = serde_json::from_str(json)?;
        let mut groups: Vec<Group> = document.tags.into_iter().map(Group::of).collect();
        let components = document.components;
        for (path, item) in document.paths.into_iter().filter(|(path, _)| wanted(path)) {
            for (method, mut described) in METHODS.iter().zip(item.methods.in_order()) {
                let Some(described) = described.take() else {
                    continue;
                };
                let name = described.tags.first().cloned().unwrap_or_default();
                let operation =
                    components.operation(method, path.clone(), &item.parameters, described);
                match groups.iter_mut().find(|group| group.name == name) {
                    Some(group) => group.operations.push(operation),
                    None => groups.push(Group {
                        name,
                        operations: vec![operation],
                    }),
                }
            }
        }
        groups.retain(|group| !group.operations.is_empty());
        Ok(Self {
            title: document.info.title,
            description: document.info.description,
            groups,
        })
    }
}

impl Group {
    fn of(tag: Tag) -> Self {
        Self {
            name: tag.name,
            operations: Vec::new(),
        }
    }
}

impl Methods {
    /// As [`METHODS`].
    fn in_order(self) -> [Option<Described>; 7] {
        [
            self.get,
            self.post,
            self.put,
            self.patch,
            self.delete,
            self.options,
            self.head,
        ]
    }
}

impl Components {
    fn operation(
        &self,
        method: &str,
        path: String,
        shared: &[Parameter],
        described: Described,
    ) -> Operation {
        let parameters = shared.iter().chain(&described.parameters);
        let parameters = parameters.map(|it| follow(it, it.reference.as_ref(), &self.parameters));
        let content = described
            .request_body
            .map(|body| follow(&body, body.reference.as_ref(), &self.request_bodies).content)
            .unwrap_or_default();
        let schema = content.values().next().and_then(|it| it.schema.as_ref());
        let fields = schema.map(|it| members(follow(it, it.reference.as_ref(), &self.schemas)));
        let answers = described.responses.into_iter().map(|(status, answer)| {
            let answer = follow(&answer, answer.reference.as_ref(), &self.responses);
            (status, answer.description.filter(|text| !text.is_empty()))
        });
        Operation {
            method: method.to_uppercase(),
            path,
            summary: described.summary,
            description: described.description,
            parameters: parameters.filter(|it| !it.name.is_empty()).collect(),
            fields: fields.unwrap_or_default(),
            bodies: content.into_keys().collect(),
            answers: answers.collect(),
        }
    }
}

/// The object that a `$ref` points to among the components, one step deep.
fn follow<T: Clone>(it: &T, reference: Option<&String>, components: &BTreeMap<String, T>) -> T {
    let name = reference.and_then(|it| it.rsplit('/').next());
    name.and_then(|name| components.get(name))
        .unwrap_or(it)
        .clone()
}

/// The members of an object, the required ones first.
fn members(schema: Schema) -> Vec<Parameter> {
    let mut members: Vec<Parameter> = schema
        .properties
        .into_iter()
        .map(|(name, member)| Parameter {
            required: schema.required.contains(&name),
            name,
            description: member.description,
            ..Parameter::default()
        })
        .collect();
    members.sort_by_key(|member| !member.required);
    members
}
