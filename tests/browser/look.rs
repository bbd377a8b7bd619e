//! Looking at a page as everybody may meet it: on a phone or a laptop, light or dark.

use serde_json::json;

use crate::chromium::Chromium;

/// Widths and heights: the narrowest phone that counts, and a laptop.
const SCREENS: [(u32, u32); 2] = [(360, 740), (1280, 800)];
const MAX_BYTES: f64 = 30.0 * 1024.0;
/// The reference of an API is read by those who program with it, at a desk.
const MAX_REFERENCE_BYTES: f64 = 64.0 * 1024.0;

/// Returns everything that is wrong with the page, in words.
const FAULTS: &str = r#"
const faults = [];
const all = css => [...document.querySelectorAll(css)];
const shown = css => all(css).filter(el => el.checkVisibility() && !el.closest('[aria-hidden]'));
const name = el => el.outerHTML.slice(0, 90);
const root = document.documentElement;
if (root.scrollWidth > innerWidth) faults.push(`${root.scrollWidth} px wide`);
if (!['en', 'fr'].includes(root.lang)) faults.push(`lang=${root.lang}`);
if (!document.title.trim()) faults.push('no title');
for (const css of ['h1', 'main']) {
  if (all(css).length !== 1) faults.push(`${all(css).length} times ${css}`);
}
const fields = ':is(input:not([type=hidden]), select, textarea)';
for (const el of shown(`button, .button, summary, ${fields}, footer a`)) {
  const { width, height } = el.getBoundingClientRect();
  if (height < 43.9 || width < 43.9) faults.push(`target ${width} × ${height}: ${name(el)}`);
}
for (const el of shown(fields)) {
  if (!el.labels.length) faults.push(`no label: ${name(el)}`);
  if (!el.autocomplete && !['checkbox', 'radio'].includes(el.type)) faults.push(`no autocomplete: ${name(el)}`);
}
for (const el of all('a, button, summary, h1, h2, h3')) {
  if (!el.textContent.trim()) faults.push(`says nothing: ${name(el)}`);
}
// No placeholder is a label, and what cannot be pressed yet says why when it is.
for (const el of all('[disabled], [placeholder]')) faults.push(`must not be: ${name(el)}`);
for (const el of all('img:not([alt]), [tabindex]:not([tabindex="-1"]), [style], [onclick]')) {
  faults.push(`must not be: ${name(el)}`);
}
for (const attribute of ['aria-controls', 'aria-describedby', 'aria-labelledby']) {
  for (const el of all(`[${attribute}]`)) {
    const ids = el.getAttribute(attribute).trim().split(/\s+/);
    if (!ids.every(id => document.getElementById(id))) faults.push(`dangling: ${name(el)}`);
  }
}
const ids = all('[id]').map(el => el.id);
if (new Set(ids).size !== ids.length) faults.push(`an id twice: ${ids}`);
const levels = all('main :is(h1, h2, h3)').map(el => Number(el.tagName[1]));
levels.forEach((level, i) => {
  if (i && level > levels[i - 1] + 1) faults.push(`headings skip a level: ${levels}`);
});
const outside = all('body *').filter(el => !el.closest('header, main, footer'));
if (outside.length) faults.push(`outside of the landmarks: ${name(outside[0])}`);
const dark = matchMedia('(prefers-color-scheme: dark)').matches;
const ground = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
if ((Math.max(...ground) < 128) !== dark) faults.push(`ground ${ground}, dark: ${dark}`);
return faults;
"#;

/// The page and all that it loads, as sent, though the browser may have had it already.
const BYTES: &str = "return [...performance.getEntriesByType('navigation'),
    ...performance.getEntriesByType('resource')].reduce((sum, it) => sum + it.encodedBodySize, 0)";

impl Chromium {
    /// Looks at the page that has the element: its layout, its weight, and what axe says of it.
    pub async fn look(&self, element: &str) {
        self.look_within(element, MAX_BYTES).await;
    }

    /// The same for a page of an API's reference, which may be longer.
    pub async fn look_at_reference(&self, element: &str) {
        self.look_within(element, MAX_REFERENCE_BYTES).await;
    }

    async fn look_within(&self, element: &str, most: f64) {
        self.find(element).await;
        let url = self.url().await;
        let bytes = self.run(BYTES).await.as_f64().unwrap();
        assert!(bytes > 0.0 && bytes <= most, "{url} has {bytes} bytes");
        for (width, height) in SCREENS {
            self.resize(width, height).await;
            for dark in [false, true] {
                self.prefer_dark(dark).await;
                let faults = self.run(FAULTS).await;
                assert_eq!(faults, json!([]), "{url} at {width} px, dark: {dark}");
                // What axe sees depends on the colours, and hardly on the width.
                if dark == (width < 600) {
                    self.check_accessibility().await;
                }
            }
        }
    }
}
