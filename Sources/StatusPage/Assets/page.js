// SPDX-License-Identifier: MIT
// Keeps an open page up to date. Without it the page is whole and loads itself anew.
"use strict";

(() => {
  const main = document.getElementById("main");
  const stale = document.getElementById("stale");
  const kind = main.dataset.kind;
  // The daemon's clock minus ours, and when anything came last, both by our clock: a page that
  // slept, or whose daemon is gone, must not pass for fresh.
  let offset = Number(main.dataset.time) - Date.now();
  let heardAt = Date.now();
  let failures = 0;

  function span(milliseconds) {
    const whole = Math.max(0, Math.floor(milliseconds / 1000));
    if (whole < 60) return whole + "s";
    if (whole < 3600) return Math.floor(whole / 60) + "m";
    if (whole < 86400) {
      return Math.floor(whole / 3600) + "h" + String(Math.floor(whole % 3600 / 60)).padStart(2, "0");
    }
    return Math.floor(whole / 86400) + "d";
  }

  function tick() {
    const now = Date.now() + offset;
    for (const element of document.querySelectorAll("time[data-age]")) {
      const text = span(now - Date.parse(element.dateTime));
      if (element.textContent !== text) element.textContent = text;
    }
    for (const element of document.querySelectorAll("time[data-clock]")) {
      if (element.dataset.clock === "here") continue;
      element.dataset.clock = "here";
      element.textContent =
        new Date(element.dateTime).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    }
    document.getElementById("clock").textContent = new Date(now).toLocaleTimeString();
    const silent = Date.now() - heardAt;
    const freshness = document.querySelector(".freshness");
    if (freshness) freshness.classList.toggle("old", silent > 10000);
    stale.hidden = silent < 60000 && failures < 4;
    stale.querySelector("b").textContent = span(silent);
  }

  function heard(time) {
    offset = time - Date.now();
    heardAt = Date.now();
    failures = 0;
    document.getElementById("beat").classList.toggle("on");
  }

  function show(page) {
    const open = new Map();
    for (const details of main.querySelectorAll("details[id]")) open.set(details.id, details.open);
    const focused = document.activeElement && document.activeElement.closest("details[id]");
    // The daemon escapes every text that is not its own, and no script runs from here.
    main.innerHTML = page.html;
    for (const details of main.querySelectorAll("details[id]")) {
      if (open.has(details.id)) details.open = open.get(details.id);
    }
    if (focused) {
      const again = document.getElementById(focused.id);
      if (again) again.querySelector("summary").focus();
    }
    document.title = page.title;
    document.getElementById("icon").href = "/assets/" + page.level + ".svg";
    main.dataset.level = page.level;
  }

  function listen() {
    const events = new EventSource("/events?kind=" + kind);
    events.addEventListener("page", (event) => {
      const page = JSON.parse(event.data);
      show(page);
      heard(page.time);
      tick();
    });
    events.addEventListener("beat", (event) => {
      const beat = JSON.parse(event.data);
      heard(beat.time);
      const age = main.querySelector(".freshness time[data-age]");
      if (age && beat.age !== null) age.dateTime = new Date(beat.time - beat.age).toISOString();
    });
    events.onerror = () => {
      failures += 1;
      if (events.readyState === EventSource.CLOSED) setTimeout(listenAgain, 3000);
    };
  }

  // Asks for the page itself, which keeps a reader's cookie from ending while the page is open.
  function renew() {
    return fetch(location.pathname, {
      headers: { Accept: "text/html" }, redirect: "manual", cache: "no-store",
    });
  }

  // Refused: the daemon is busy or gone, or the cookie is over, and then the page leads to the login.
  async function listenAgain() {
    const answer = await renew().catch(() => null);
    if (answer && answer.type === "opaqueredirect") location.reload();
    else listen();
  }

  tick();
  setInterval(tick, 1000);
  setInterval(() => renew().catch(() => {}), 3600000);
  listen();
})();
