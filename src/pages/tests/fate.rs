//! The pages of history, export and deletion.

use axum::response::Response;
use time::macros::datetime;

use super::gallery::render;
use crate::i18n::{Locale, t};
use crate::pages::account_area::{
    AreaView, DeletePage, ExportPage, HistoryItem, HistoryPage, TrailPage,
};
use crate::pages::{FormProblems, Notice, WayOn, WayOnLabel};

fn view(problems: FormProblems) -> AreaView {
    AreaView {
        email: "jeanne.antoinette.de-la-tour-du-pin-verclause@subdomain.university.example".into(),
        problems,
        ..AreaView::default()
    }
}

pub(super) fn gallery(locale: Locale) -> Vec<(String, Response)> {
    let mut pages: Vec<(String, Response)> = Vec::new();
    let mut add = |name: &str, response: Response| pages.push((name.to_owned(), response));
    let item = |text: &str, good: Option<bool>| HistoryItem {
        at: datetime!(2026-11-22 15:04 UTC),
        text: t(locale, text),
        outcome: good.map(|good| (t(locale, "history-refused"), good)),
        facts: vec!["Firefox on Linux · 2001:db8::7".into(), "<script>".into()],
    };
    let mut it = HistoryPage {
        view: view(FormProblems::default()),
        events: vec![
            item("history-signed_in", Some(true)),
            item("history-second_factor_refused", Some(false)),
            item("history-password_changed", None),
        ],
        sign_ins_only: false,
        reads_all: true,
        older: Some("/account/history?before=7".into()),
        newest: Some("/account/history".into()),
    };
    add("history", render(locale, |ctx| it.render(ctx)));
    it.events = (0..25)
        .map(|_| item("history-grant_revoked_by_replay", Some(false)))
        .collect();
    add("history-full", render(locale, |ctx| it.render(ctx)));
    it.events.clear();
    it.sign_ins_only = true;
    add("history-empty", render(locale, |ctx| it.render(ctx)));
    let it = TrailPage {
        view: view(FormProblems::at("who", "There is no such account".into())),
        values: [("who".to_owned(), "\"nobody".to_owned())].into(),
        kinds: vec![("signed_in".into(), "Signed in (signed_in)".into())],
        actors: vec![("self".into(), "the person".into())],
        events: vec![item("history-signed_in", None)],
        older: Some("/account/audit?before=7".into()),
    };
    add("trail", render(locale, |ctx| it.render(ctx)));
    for (name, problems) in [
        ("", FormProblems::default()),
        ("-expired", FormProblems::expired(locale)),
    ] {
        let it = ExportPage {
            view: view(problems.clone()),
        };
        let name = |page: &str| format!("{page}{name}");
        add(&name("export"), render(locale, |ctx| it.render(ctx)));
        let mut it = DeletePage {
            view: view(problems),
            undo_until: datetime!(2026-12-22 15:04 UTC),
            sure: true,
        };
        add(&name("delete-sure"), render(locale, |ctx| it.render(ctx)));
        it.sure = false;
        add(&name("delete"), render(locale, |ctx| it.render(ctx)));
    }
    let it = Notice {
        heading: t(locale, "restored-title"),
        text: vec![t(locale, "restored-text"), "<b>".into()],
        way_on: WayOn {
            label: WayOnLabel::SignIn,
            url: "/login".into(),
        },
    };
    add("notice", render(locale, |ctx| it.render(ctx)));
    pages
}
