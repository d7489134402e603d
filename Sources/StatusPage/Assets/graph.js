// SPDX-License-Identifier: MIT
// Completes the expression that is typed; without it the page is whole.
"use strict";

(() => {
  const box = document.getElementById("query");
  const list = document.getElementById("completions");
  let timer = 0;
  let asked = 0;

  async function complete() {
    const turn = ++asked;
    const answer = await fetch("/graph/completions?query=" + encodeURIComponent(box.value));
    if (!answer.ok || turn !== asked) return;
    const expressions = await answer.json();
    list.replaceChildren(...expressions.map((text) => {
      const option = document.createElement("option");
      option.value = text;
      return option;
    }));
  }

  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => complete().catch(() => {}), 120);
  });
  document.getElementById("span").addEventListener("change", () => {
    if (box.value) box.form.requestSubmit();
  });
})();
