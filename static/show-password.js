// A button beside a password that shows what was typed. Its name never changes: whether it is
// pressed says the rest (WAI-ARIA, aria-pressed). Without scripts there is no button.
"use strict";
for (const field of document.querySelectorAll("input[data-show]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "second";
  button.textContent = field.dataset.show;
  button.setAttribute("aria-label", field.dataset.showLabel);
  button.setAttribute("aria-controls", field.id);
  const show = (shown) => {
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  };
  button.addEventListener("click", () => show(field.type === "password"));
  // A browser remembers what is sent in a text field, and shows it again when one comes back.
  field.form.addEventListener("submit", () => show(false));
  addEventListener("pagehide", () => show(false));
  show(false);
  field.after(button);
}
