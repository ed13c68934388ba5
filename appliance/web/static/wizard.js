// Behaviour of the wizard that Gradio has no safe part for: the streaming upload, and beginning a step at its top.
// Static and same-origin, with delegated listeners: the policy of the pages allows no inline handler and no evaluation.
"use strict";

(() => {
  const part = (id) => document.getElementById(id);
  let sending = null;

  // The sentences are in the page's language, and stand at the area for files; "{name}" is the file's.
  const sentence = (key, name) => part("drop").dataset[key].replace("{name}", () => name || "");

  function say(sentence, bad) {
    const status = part("drop-status");
    status.textContent = sentence;
    status.classList.toggle("bad", Boolean(bad));
  }

  function received(id, name) {
    const field = document.querySelector("#upload-received textarea, #upload-received input");
    field.value = JSON.stringify({ id, name });
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function sentenceOf(request) {
    try {
      return JSON.parse(request.responseText).error.sentence;
    } catch {
      return sentence("failed");
    }
  }

  function send(file) {
    if (!file || sending) return;
    const bar = part("drop-progress");
    const request = new XMLHttpRequest();
    sending = request;
    request.open("PUT", "/upload?name=" + encodeURIComponent(file.name.slice(-255)));
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = Math.round((100 * event.loaded) / event.total);
    });
    request.addEventListener("loadend", () => {
      sending = null;
      bar.hidden = true;
      if (request.status === 401) window.location.assign("/sign-in?ended");
      else if (request.status === 200) {
        say(sentence("received", file.name));
        received(JSON.parse(request.responseText).id, file.name);
      } else say(sentenceOf(request), true);
      part("drop-file").value = "";
    });
    bar.value = 0;
    bar.hidden = false;
    say(sentence("sending", file.name));
    request.send(file);
  }

  document.addEventListener("change", (event) => {
    if (event.target.id === "drop-file") send(event.target.files[0]);
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const area = event.target instanceof Element ? event.target.closest("#drop") : null;
      if (kind !== "dragleave") event.preventDefault(); // a file dropped beside the area must not replace the page
      if (part("drop")) part("drop").classList.toggle("over", kind === "dragover" && area !== null);
      if (kind === "drop" && area) send(event.dataTransfer.files[0]);
    });
  }

  // Another step begins at its top, wherever the button onward was; its heading gets the focus, so that it is announced.
  // The page changes a few times before the step does, so the heading that somebody leaves is remembered.
  let leaving = null;
  const stepHeading = () => [...document.querySelectorAll("#steps h2")].find((each) => each.offsetParent !== null);
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest(".onward button") : null;
    if (!button || button.disabled) return;
    leaving = stepHeading();
    window.scrollTo({ top: 0 });
  });
  function announceStep() {
    const heading = stepHeading();
    if (!leaving || !heading || heading === leaving) return;
    leaving = null;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }

  // Starting a training folds away the button that was pressed: whoever uses the keyboard goes on at the fold.
  let pressed = null;
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("#new-training button") : null;
    if (button) pressed = button;
  });
  function keepFocus() {
    if (!pressed || pressed.offsetParent !== null) return;
    pressed = null;
    part("new-training").querySelector("button.label-wrap").focus();
  }

  // On a narrow screen Gradio draws the steps without their names, and what folds does not say whether it is open: screen readers need both.
  // Their names are listed in the page, in its language; the label begins with the number, which is what is seen.
  new MutationObserver(() => {
    const names = document.querySelectorAll("#step-names li");
    for (const tab of document.querySelectorAll('#steps [role="tab"]')) {
      const name = names[tab.dataset.tabId - 1];
      const label = name ? `${tab.dataset.tabId} ${name.textContent}` : "";
      if (label && tab.getAttribute("aria-label") !== label) tab.setAttribute("aria-label", label);
    }
    keepFocus();
    announceStep();
    for (const fold of document.querySelectorAll("button.label-wrap")) fold.ariaExpanded = fold.classList.contains("open");
  }).observe(document.documentElement, { childList: true, subtree: true, attributeFilter: ["class"] });
})();
