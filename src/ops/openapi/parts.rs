//! The words in which the other files describe the interface.

use serde_json::{Value, json};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{
    Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Required, Response, ResponseBuilder};

pub use super::member::{Kind, Member, input, may, must, object};

pub const FORM: &str = "application/x-www-form-urlencoded";
pub const JSON: &str = "application/json";

fn parameter(place: ParameterIn, member: &Member) -> Parameter {
    let required = member.required || matches!(place, ParameterIn::Path);
    ParameterBuilder::new()
        .name(member.name)
        .parameter_in(place)
        .required(if required {
            Required::True
        } else {
            Required::False
        })
        .description(Some(member.description))
        .schema(Some(member.schema(None)))
        .example(member.example.clone())
        .build()
}

/// Parameters of the query.
pub fn query(members: &[Member]) -> Vec<Parameter> {
    members
        .iter()
        .map(|member| parameter(ParameterIn::Query, member))
        .collect()
}

/// A parameter in the path.
pub fn in_path(member: &Member) -> Parameter {
    parameter(ParameterIn::Path, member)
}

/// A parameter in a header.
pub fn in_header(member: &Member) -> Parameter {
    parameter(ParameterIn::Header, member)
}

/// A form body with its fields, and requests that show its use.
pub fn form(members: &[Member], examples: &[(&str, &str, Value)]) -> RequestBody {
    let content = ContentBuilder::new()
        .schema(Some(object(members, true)))
        .examples_from_iter(examples.iter().map(|(name, summary, value)| {
            let example = ExampleBuilder::new().summary(*summary);
            (*name, example.value(Some(value.clone())).build())
        }));
    RequestBodyBuilder::new()
        .required(Some(Required::True))
        .content(FORM, content.build())
        .build()
}

/// A JSON body of a component, with an example.
pub fn json_body(component: &str, example: Value) -> RequestBody {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(component)))
        .example(Some(example));
    RequestBodyBuilder::new()
        .required(Some(Required::True))
        .content(JSON, content.build())
        .build()
}

/// An operation without answers yet.
pub fn operation(tag: &str, id: &str, summary: &str, description: &str) -> OperationBuilder {
    OperationBuilder::new()
        .tag(tag)
        .operation_id(Some(id))
        .summary(Some(summary))
        .description(Some(description))
}

/// An answer without a body.
pub fn empty(description: &str) -> ResponseBuilder {
    ResponseBuilder::new().description(description)
}

/// An answer with a JSON component, and an example.
pub fn answer(description: &str, component: &str, example: Value) -> ResponseBuilder {
    answer_as(JSON, description, component, example)
}

/// An answer with a JSON component in a media type of its own, and an example.
pub fn answer_as(
    media_type: &str,
    description: &str,
    component: &str,
    example: Value,
) -> ResponseBuilder {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(component)))
        .example(Some(example));
    empty(description).content(media_type, content.build())
}

/// An answer with text of a media type.
pub fn text(description: &str, media_type: &str, example: Option<&str>) -> ResponseBuilder {
    let schema = ObjectBuilder::new().schema_type(Type::String);
    let content = ContentBuilder::new()
        .schema(Some(schema.build()))
        .example(example.map(|text| json!(text)));
    empty(description).content(media_type, content.build())
}

/// A page for a person.
pub fn page(description: &str) -> ResponseBuilder {
    text(description, "text/html", None)
}

/// An OAuth error (RFC 6749, section 5.2), with each code that may come and what it may say.
pub fn errors(description: &str, codes: &[(&str, &str)]) -> ResponseBuilder {
    let examples = codes.iter().map(|(code, why)| {
        let body = json!({"error": code, "error_description": why});
        (*code, ExampleBuilder::new().value(Some(body)).build())
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Error")))
        .examples_from_iter(examples);
    empty(description).content(JSON, content.build())
}

/// A header of an answer.
pub fn header(description: &str, example: &str) -> Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .description(Some(description))
        .example(Some(json!(example)))
        .build()
}

/// RFC 6749, section 5.1.
pub fn no_store(response: ResponseBuilder) -> ResponseBuilder {
    response.header(
        "Cache-Control",
        header("The answer is never cached", "no-store"),
    )
}

/// Adds answers that are described once.
pub fn with_shared(mut operation: OperationBuilder, shared: &[(&str, &str)]) -> Operation {
    for (status, name) in shared {
        operation = operation.response(
            *status,
            RefOr::<Response>::Ref(Ref::from_response_name(*name)),
        );
    }
    operation.build()
}
