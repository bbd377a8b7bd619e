//! What the pages' Content-Security-Policy lets through.

use super::super::*;
use super::gallery::{body, policy, render, sign_in};
use crate::i18n::Locale;

#[test]
fn form_action_follows_the_flow_and_nothing_else() {
    let page = render(Locale::En, |ctx| sign_in(None).render(ctx));
    let allowed = "form-action 'self' https: com.example.app:; frame-ancestors";
    assert!(policy(&page).contains(allowed), "{}", policy(&page));
    let page = render(Locale::En, |ctx| Welcome::default().render(ctx));
    assert!(
        policy(&page).contains("form-action 'none';"),
        "{}",
        policy(&page)
    );
    let it = FormPost {
        action: "https://rp.example:8443/cb?x=1".into(),
        fields: Vec::new(),
    };
    let page = render(Locale::En, |ctx| it.render(ctx));
    assert!(
        policy(&page).contains("form-action https:;"),
        "{}",
        policy(&page)
    );
    let it = SignedOut {
        front_channel: vec!["https://rp.example/fc?sid=1".into()],
        ..SignedOut::default()
    };
    let page = render(Locale::En, |ctx| it.render(ctx));
    assert!(
        policy(&page).ends_with("; frame-src https://rp.example"),
        "{}",
        policy(&page)
    );
}

#[test]
fn the_script_of_form_post_is_the_one_that_its_policy_allows() {
    use base64::Engine as _;

    let it = FormPost {
        action: "https://rp.example/cb".into(),
        fields: Vec::new(),
    };
    let page = render(Locale::En, |ctx| it.render(ctx));
    let policy = policy(&page);
    let html = body(page);
    let script = html
        .split("<script>")
        .nth(1)
        .unwrap()
        .split("</script>")
        .next()
        .unwrap();
    let hash = crate::foundation::secret::sha256(script.as_bytes());
    let hash = base64::engine::general_purpose::STANDARD.encode(hash);
    assert!(
        policy.contains(&format!("script-src 'sha256-{hash}'")),
        "{policy}"
    );
}

#[test]
fn the_scripts_of_the_sign_in_page_are_files_of_ours() {
    let page = render(Locale::En, |ctx| sign_in(None).render(ctx));
    let policy = policy(&page);
    // One asks this server for a challenge.
    let expected = "; script-src 'self'; connect-src 'self'";
    assert!(policy.ends_with(expected), "{policy}");
    let brand = Brand::default();
    let assets = brand.assets();
    let html = body(page);
    assert_eq!(html.matches("<script").count(), 2);
    for path in [assets.script_path(), assets.webauthn_path()] {
        let script = format!("<script src=\"{path}\" defer></script>");
        assert!(html.contains(&script), "{script} is not in {html}");
    }
    // Without scripts no button is seen that would do nothing.
    for button in html.split("<button type=\"button\"").skip(1) {
        let attributes = button.split('>').next().unwrap_or_default();
        assert!(attributes.ends_with(" hidden"), "{attributes}");
    }
}
