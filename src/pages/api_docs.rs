//! The API's description for people: `openapi.json` as a list, without script.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::PageContext;
use super::frame::{Answer, Forms, Frame, respond};

const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "options", "head"];

/// An OpenAPI 3 document as a page. What the document lacks is left out, never an error.
#[derive(Clone, Debug)]
pub struct ApiDocs {
    /// The document.
    pub document: Value,
    /// Address of the document itself.
    pub source: String,
    /// The text and the address of the other part of the reference.
    pub other: (&'static str, String),
}

#[derive(Template)]
#[template(path = "pages/api_docs.html")]
struct ApiDocsPage<'a> {
    f: Frame<'a>,
    it: &'a ApiDocs,
    description: Option<&'a str>,
    groups: Vec<Group<'a>>,
}

struct Group<'a> {
    name: &'a str,
    operations: Vec<Operation<'a>>,
}

struct Operation<'a> {
    method: String,
    path: &'a str,
    summary: Option<&'a str>,
    description: Option<&'a str>,
    parameters: Vec<Parameter<'a>>,
    bodies: Vec<&'a str>,
    fields: Vec<Parameter<'a>>,
    answers: Vec<(&'a str, Option<&'a str>)>,
}

struct Parameter<'a> {
    name: &'a str,
    place: &'a str,
    required: bool,
    description: Option<&'a str>,
}

impl ApiDocs {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let document = &self.document;
        let mut f = Frame::new(ctx, String::new());
        f.wide = true;
        f.heading = match document.pointer("/info/title").and_then(Value::as_str) {
            Some(title) => f.t1("docs-title-of", "title", title),
            None => f.t("docs-title"),
        };
        let description = document
            .pointer("/info/description")
            .and_then(Value::as_str);
        let page = ApiDocsPage {
            f,
            it: self,
            description,
            groups: groups(document),
        };
        respond(ctx, &page, &Answer::new(StatusCode::OK, Forms::None))
    }
}

/// The operations by their first tag: tags as the document lists them, then in the order in which
/// they appear.
fn groups(document: &Value) -> Vec<Group<'_>> {
    let listed = document.get("tags").and_then(Value::as_array);
    let mut groups: Vec<Group<'_>> = listed
        .into_iter()
        .flatten()
        .filter_map(|tag| tag.get("name").and_then(Value::as_str))
        .map(|name| Group {
            name,
            operations: Vec::new(),
        })
        .collect();
    let paths = document
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    for (path, item) in paths {
        for method in METHODS {
            let Some(operation) = item.get(method) else {
                continue;
            };
            let name = operation
                .pointer("/tags/0")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let operation = read_operation(document, method, path, item, operation);
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
    groups
}

fn read_operation<'a>(
    document: &'a Value,
    method: &str,
    path: &'a str,
    item: &'a Value,
    operation: &'a Value,
) -> Operation<'a> {
    let text = |name: &str| operation.get(name).and_then(Value::as_str);
    let parameters = [item, operation]
        .into_iter()
        .filter_map(|holder| holder.get("parameters").and_then(Value::as_array))
        .flatten()
        .filter_map(|parameter| read_parameter(follow(document, parameter)))
        .collect();
    let body = operation
        .get("requestBody")
        .map(|body| follow(document, body));
    let content = body.and_then(|body| body.get("content").and_then(Value::as_object));
    let bodies = content
        .map(|content| content.keys().map(String::as_str).collect())
        .unwrap_or_default();
    let fields = content
        .and_then(|content| content.values().next()?.get("schema"))
        .map(|schema| read_members(follow(document, schema)))
        .unwrap_or_default();
    let answers = operation
        .get("responses")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let answers = answers.map(|(status, answer)| {
        let description = follow(document, answer)
            .get("description")
            .and_then(Value::as_str);
        (status.as_str(), description.filter(|text| !text.is_empty()))
    });
    Operation {
        method: method.to_uppercase(),
        path,
        summary: text("summary"),
        description: text("description"),
        parameters,
        bodies,
        fields,
        answers: answers.collect(),
    }
}

fn read_parameter(parameter: &Value) -> Option<Parameter<'_>> {
    let text = |name: &str| parameter.get(name).and_then(Value::as_str);
    Some(Parameter {
        name: text("name")?,
        place: text("in").unwrap_or_default(),
        required: parameter
            .get("required")
            .and_then(Value::as_bool)
            .unwrap_or_default(),
        description: text("description"),
    })
}

/// The members of an object's schema, the required ones first.
fn read_members(schema: &Value) -> Vec<Parameter<'_>> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| {
        required.is_some_and(|names| names.iter().any(|known| known.as_str() == Some(name)))
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut members: Vec<Parameter<'_>> = properties
        .into_iter()
        .flatten()
        .map(|(name, member)| Parameter {
            name,
            place: "",
            required: is_required(name),
            description: member.get("description").and_then(Value::as_str),
        })
        .collect();
    members.sort_by_key(|member| !member.required);
    members
}

/// The value that a `$ref` within the document points to, one step deep.
fn follow<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value.get("$ref").and_then(Value::as_str);
    let target = reference.and_then(|reference| reference.strip_prefix('#'));
    target
        .and_then(|pointer| document.pointer(pointer))
        .unwrap_or(value)
}
