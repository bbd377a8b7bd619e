//! The JSON API of accounts, below `/api/auth`.

mod factors;
mod life;
mod me;
mod objects;
mod problems;
mod sign_in;

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::path::{HttpMethod, Parameter, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::ComponentsBuilder;
use utoipa::openapi::{
    ContentBuilder, PathItem, Ref, RefOr, Required, Response, ResponseBuilder, SecurityRequirement,
};

use super::Tag;
use super::components::only;
use super::parts::{JSON, Kind, Member, in_path, input, no_store, operation};
use crate::account::json::BASE_PATH;
use crate::http::problem::Kind as Problem;

pub fn paths(paths: PathsBuilder) -> PathsBuilder {
    calls().fold(paths, |paths, call| call.add_to(paths))
}

pub fn components(components: ComponentsBuilder, issuer: &str) -> ComponentsBuilder {
    let refusals = calls().flat_map(|call| call.refusals().into_values());
    problems::all(objects::all(components), refusals, issuer)
}

fn calls() -> impl Iterator<Item = Call> {
    let calls = [
        sign_in::calls(),
        life::calls(),
        me::calls(),
        factors::calls(),
    ];
    calls.into_iter().flatten()
}

/// Who may call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Anyone.
    Anyone,
    /// A client of the platform: a public one names itself, another one authenticates.
    Client,
    /// A person, by an access token with the scope `account`; with a second factor in it where the
    /// role demands one.
    Person,
    /// The same, not long after a sign-in by all that the account has (RFC 9470).
    Confirmed,
}

/// A call, as it is described here.
struct Call {
    method: HttpMethod,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    description: &'static str,
    who: Who,
    parameters: Vec<Parameter>,
    body: Option<(Vec<Member>, Value)>,
    answers: Vec<(&'static str, ResponseBuilder)>,
    problems: Vec<Problem>,
}

/// A call without answers yet.
fn call(
    method: HttpMethod,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    description: &'static str,
) -> Call {
    Call {
        method,
        path,
        id,
        summary,
        description,
        who: Who::Anyone,
        parameters: Vec::new(),
        body: None,
        answers: Vec::new(),
        problems: Vec::new(),
    }
}

impl Call {
    fn by(mut self, who: Who) -> Self {
        self.who = who;
        self
    }

    /// The body's members, and an example.
    fn taking(mut self, members: impl IntoIterator<Item = Member>, example: Value) -> Self {
        self.body = Some((members.into_iter().collect(), example));
        self
    }

    fn with(mut self, parameters: impl IntoIterator<Item = Parameter>) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// An identifier in the path.
    fn naming(self, name: &'static str, kind: Kind, description: &'static str) -> Self {
        let member = super::parts::must(name, kind, description);
        self.with([in_path(&member)]).or(&[Problem::NOT_FOUND])
    }

    fn answering(mut self, status: &'static str, response: ResponseBuilder) -> Self {
        self.answers.push((status, no_store(response)));
        self
    }

    /// Problems of this call, beside those of its kind.
    fn or(mut self, problems: &[Problem]) -> Self {
        self.problems.extend(problems);
        self
    }

    /// All problems, by status.
    fn refusals(&self) -> BTreeMap<u16, Vec<Problem>> {
        let mut all = self.problems.clone();
        all.extend([
            Problem::METHOD_NOT_ALLOWED,
            Problem::SERVER_ERROR,
            Problem::TEMPORARILY_UNAVAILABLE,
        ]);
        if self.body.is_some() {
            all.extend([
                Problem::INVALID_REQUEST,
                Problem::TOO_SLOW,
                Problem::TOO_LARGE,
                Problem::UNSUPPORTED_MEDIA_TYPE,
                Problem::INVALID_INPUT,
            ]);
        }
        all.extend(match self.who {
            Who::Anyone => &[][..],
            Who::Client => &[Problem::INVALID_CLIENT, Problem::UNAUTHORIZED_CLIENT],
            Who::Person | Who::Confirmed => &[
                Problem::INVALID_REQUEST,
                Problem::INVALID_TOKEN,
                Problem::INSUFFICIENT_USER_AUTHENTICATION,
                Problem::INSUFFICIENT_SCOPE,
                Problem::UNAUTHORIZED_CLIENT,
            ],
        });
        let mut by_status: BTreeMap<u16, Vec<Problem>> = BTreeMap::new();
        for kind in all {
            let same = by_status.entry(kind.status.as_u16()).or_default();
            if !same.contains(&kind) {
                same.push(kind);
            }
        }
        by_status
    }

    fn add_to(self, paths: PathsBuilder) -> PathsBuilder {
        let refusals = self.refusals();
        let mut operation = operation(
            Tag::Accounts.as_str(),
            self.id,
            self.summary,
            self.description,
        );
        operation = match self.who {
            Who::Anyone => operation,
            Who::Client => operation.securities(Some([
                SecurityRequirement::new("client_secret_basic", [] as [&str; 0]),
                SecurityRequirement::default(),
            ])),
            Who::Person | Who::Confirmed => operation.securities(Some(only("account"))),
        };
        if !self.parameters.is_empty() {
            operation = operation.parameters(Some(self.parameters));
        }
        if let Some((members, example)) = self.body {
            let content = ContentBuilder::new()
                .schema(Some(input(&members)))
                .example(Some(example));
            // A call without any body means an empty object.
            let required = if members.iter().any(Member::is_required) {
                Required::True
            } else {
                Required::False
            };
            let body = RequestBodyBuilder::new().required(Some(required));
            operation = operation.request_body(Some(body.content(JSON, content.build()).build()));
        }
        for (status, response) in self.answers {
            operation = operation.response(status, response);
        }
        for (status, kinds) in refusals {
            let response: RefOr<Response> = Ref::from_response_name(problems::name(&kinds)).into();
            operation = operation.response(status.to_string(), response);
        }
        let path = format!("{BASE_PATH}{}", self.path);
        paths.path(path, PathItem::new(self.method, operation))
    }
}
