// Clicks in what the server drew, for which Gradio has no safe part: an entry's proof, an object's life, a search that is filled in.
// Static and same-origin, with one delegated listener: the policy of the pages allows no inline handler and no evaluation.
"use strict";

(() => {
  let count = 0; // so that the same click twice is two messages
  let bringIntoView = "";

  function tell(name, message) {
    const field = document.querySelector(`#picked-${name} textarea, #picked-${name} input`);
    field.value = JSON.stringify({ ...message, count: ++count });
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-entry], [data-life], [data-find]") : null;
    if (!button) return;
    if ("entry" in button.dataset) {
      bringIntoView = "#entry";
      tell("entry", { sequence: Number(button.dataset.entry) });
    } else if ("life" in button.dataset) {
      bringIntoView = "#parts";
      tell("life", { id: button.dataset.life });
    } else {
      bringIntoView = "#parts";
      tell("find", JSON.parse(button.dataset.find));
    }
  });

  // What was asked for is drawn some time after the click; then it is shown, once.
  new MutationObserver(() => {
    const place = bringIntoView && document.querySelector(`${bringIntoView} .proof, ${bringIntoView} .life, ${bringIntoView} .found`);
    if (!place || place.dataset.shown) return;
    place.dataset.shown = "yes";
    bringIntoView = "";
    place.scrollIntoView({ block: "start" });
    place.tabIndex = -1; // so that the keyboard and screen readers go on there
    place.focus({ preventScroll: true });
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
