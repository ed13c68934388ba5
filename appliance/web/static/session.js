// A page that was left open goes to where one signs in, at its next event after the session ended.
"use strict";

(() => {
  const fetchAsBefore = window.fetch.bind(window);
  window.fetch = async (...request) => {
    const answer = await fetchAsBefore(...request);
    if (answer.status === 401) window.location.assign("/sign-in?ended");
    return answer;
  };
})();
