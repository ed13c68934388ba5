// A page that was left open goes to where one signs in, at its next event after the session ended.
"use strict";

(() => {
  // Gradio's document says that it is in English, whatever it is in; the address tells.
  document.documentElement.lang = window.location.pathname.split("/")[2];

  const fetchAsBefore = window.fetch.bind(window);
  window.fetch = async (...request) => {
    const answer = await fetchAsBefore(...request);
    if (answer.status === 401) window.location.assign("/sign-in?ended");
    return answer;
  };
})();
