// Passkeys (Web Authentication). A form `data-passkey` is filled in by an authenticator: `create`
// makes a passkey and `get` uses one, with the options in `data-passkey-options`; `sign-in` uses
// whichever the person has, with options from the address in `data-passkey-from`, and lets the
// browser offer them where an address is typed in. The answer goes into the fields `ceremony` and
// `credential`, and the form is sent. Without scripts, or in a browser that knows no passkeys, the
// button stays hidden.
"use strict";
(() => {
  const form = document.querySelector("form[data-passkey]");
  if (!form || !window.PublicKeyCredential || !navigator.credentials) return;
  const kind = form.dataset.passkey;
  const part = (name) => form.querySelector(`[data-passkey-${name}]`);
  const button = part("go");
  // A challenge is good for five minutes: the one that autofill waits with is renewed before.
  const RENEW = 4 * 60 * 1000;
  let waiting = null;
  let busy = false;

  const bytes = (text) => {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (char) => char.charCodeAt(0));
  };
  const text = (buffer) => {
    const plain = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  };
  const credentials = (list) => (list || []).map((item) => ({ ...item, id: bytes(item.id) }));
  const decode = (options) => {
    const ready = { ...options, challenge: bytes(options.challenge) };
    if (options.user) ready.user = { ...options.user, id: bytes(options.user.id) };
    if (options.allowCredentials) ready.allowCredentials = credentials(options.allowCredentials);
    if (options.excludeCredentials) ready.excludeCredentials = credentials(options.excludeCredentials);
    return ready;
  };
  const encode = (credential) => {
    const { response } = credential;
    const answer = { clientDataJSON: text(response.clientDataJSON) };
    const extensions = {};
    if (response.attestationObject) {
      answer.attestationObject = text(response.attestationObject);
      if (response.getTransports) answer.transports = response.getTransports();
      const { credProps } = credential.getClientExtensionResults();
      if (credProps) extensions.credProps = credProps;
    } else {
      answer.authenticatorData = text(response.authenticatorData);
      answer.signature = text(response.signature);
      if (response.userHandle) answer.userHandle = text(response.userHandle);
    }
    const { id, type } = credential;
    return { id, rawId: text(credential.rawId), type, response: answer, extensions };
  };

  const show = (name, shown) => {
    const element = part(name);
    if (element) element.hidden = !shown;
  };
  const challenge = async () => {
    if (form.dataset.passkeyOptions) {
      return { ceremony: form.elements.ceremony.value, publicKey: JSON.parse(form.dataset.passkeyOptions) };
    }
    const body = new URLSearchParams({ csrf: form.elements.csrf.value });
    const ask = () => fetch(form.dataset.passkeyFrom, { method: "POST", body });
    let response = await ask();
    const seconds = Number(response.headers.get("Retry-After"));
    if (response.status === 429 && seconds <= 2) {
      // Many people are behind this address: a moment later there is one for this browser.
      await new Promise((resolve) => setTimeout(resolve, 1000 * (seconds + Math.random())));
      response = await ask();
    }
    if (!response.ok) throw new Error(`no challenge: ${response.status}`);
    return response.json();
  };
  const send = (ceremony, credential) => {
    form.elements.ceremony.value = ceremony;
    form.elements.credential.value = JSON.stringify(encode(credential));
    form.submit();
  };

  const stop = () => {
    if (waiting) waiting.abort();
    waiting = null;
  };
  // Until somebody chooses a passkey where the address is typed in.
  const wait = async () => {
    stop();
    const mine = new AbortController();
    waiting = mine;
    const renewal = setTimeout(() => waiting === mine && wait(), RENEW);
    try {
      const { ceremony, publicKey } = await challenge();
      if (mine.signal.aborted) return;
      const asked = { publicKey: decode(publicKey), mediation: "conditional", signal: mine.signal };
      const credential = await navigator.credentials.get(asked);
      if (credential) send(ceremony, credential);
    } catch {
      // Nobody chose one; the button and the other ways remain.
    } finally {
      clearTimeout(renewal);
    }
  };
  const canWait = async () =>
    kind === "sign-in" &&
    PublicKeyCredential.isConditionalMediationAvailable &&
    (await PublicKeyCredential.isConditionalMediationAvailable());

  // One ceremony at a time. The button stays as it is: a disabled one loses the focus, and says nothing
  // to whoever cannot see it.
  const engage = (on) => {
    busy = on;
    if (on) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
  };
  const go = async () => {
    if (busy) return;
    engage(true);
    stop();
    show("failed", false);
    show("known", false);
    try {
      const { ceremony, publicKey } = await challenge();
      const asked = { publicKey: decode(publicKey) };
      const credential =
        kind === "create" ? await navigator.credentials.create(asked) : await navigator.credentials.get(asked);
      send(ceremony, credential);
    } catch (error) {
      // InvalidStateError: this authenticator has a passkey for the account.
      show(error.name === "InvalidStateError" ? "known" : "failed", true);
      engage(false);
      if (await canWait()) wait();
    }
  };

  const begin = async () => {
    engage(false);
    if (await canWait()) wait();
  };
  show("missing", false);
  button.hidden = false;
  button.addEventListener("click", go);
  addEventListener("pagehide", stop);
  // Gone back to after a passkey was made, the page as it was would make another in its place, and
  // the challenge has been answered: only a new page knows what there is by now.
  const again = () => (kind === "create" ? location.replace(location.href) : begin());
  addEventListener("pageshow", (event) => event.persisted && again());
  begin();
})();
