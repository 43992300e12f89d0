// Saves time only: every page works without it.
(() => {
  "use strict";
  const all = (what, where = document) => where.querySelectorAll(what);
  const said = document.getElementById("said");
  const say = (words) => { if (said) said.textContent = words; };

  // A form is sent once; a second press within five seconds does nothing.
  const AGAIN = 5000;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.once === undefined) return;
    const now = Date.now();
    if (now - Number(form.dataset.sent || 0) < AGAIN) { event.preventDefault(); return; }
    form.dataset.sent = now;
    const button = event.submitter;
    if (!button || button.dataset.swap || !button.classList.contains("large")) return;
    say(form.dataset.once);
    const words = button.textContent;
    setTimeout(() => { button.textContent = form.dataset.once; }, 0);
    setTimeout(() => { button.textContent = words; }, AGAIN);
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) all("form[data-sent]").forEach((form) => form.removeAttribute("data-sent"));
  });

  // The page on the way to a gateway presses its own button, once, and never after Back.
  const auto = document.querySelector("form[data-auto]");
  if (auto) {
    const mark = "sent:" + location.pathname;
    const visit = performance.getEntriesByType("navigation")[0];
    let before = visit && visit.type === "back_forward";
    try { before = before || sessionStorage.getItem(mark); sessionStorage.setItem(mark, "1"); } catch { /* storage is off */ }
    if (!before) auto.requestSubmit();
  }

  // A waiting page asks after 2, 3, 5, 8, then every 10 seconds while somebody looks at it.
  const live = document.querySelector("[data-status]");
  if (live && !new URLSearchParams(location.search).has("auto")) {
    const pauses = [2, 3, 5, 8];
    const busy = () => document.activeElement && document.activeElement.matches("input, select, textarea, button, main a");
    const ask = async () => {
      if (!document.hidden) {
        try {
          const answer = await fetch(live.dataset.status, { headers: { Accept: "application/json" }, cache: "no-store" });
          const news = answer.ok ? await answer.json() : {};
          if (news.state && news.state !== live.dataset.state) {
            if (!busy()) { location.reload(); return; }
            if (news.text && live.textContent !== news.text) live.textContent = news.text;
          }
        } catch { /* offline: the next question may be heard */ }
      }
      setTimeout(ask, (pauses.shift() || 10) * 1000);
    };
    setTimeout(ask, pauses.shift() * 1000);
  }

  // Values to take elsewhere get a button each.
  all("[data-copy]").forEach((box) => {
    const input = box.querySelector("input");
    const button = document.createElement("button");
    const name = document.createElement("span");
    button.type = "button";
    button.textContent = box.dataset.copy;
    name.className = "vh";
    name.textContent = " " + box.dataset.what;
    button.append(name);
    button.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(input.value); } catch { input.select(); document.execCommand("copy"); }
      say(box.dataset.copied + ": " + box.dataset.what);
      button.firstChild.textContent = box.dataset.copied;
      setTimeout(() => { button.firstChild.textContent = box.dataset.copy; }, 2000);
    });
    box.append(button);
  });
  all("[data-print]").forEach((place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button second";
    button.textContent = place.dataset.print;
    button.addEventListener("click", () => print());
    place.append(button);
  });

  // "Update fields" of an address: the same answer, put in place.
  all("button[data-swap]").forEach((button) => button.addEventListener("click", async (event) => {
    event.preventDefault();
    const form = button.form;
    const id = button.dataset.swap;
    const body = new URLSearchParams(new FormData(form, button));
    try {
      const answer = await fetch(form.action || location.href, { method: "POST", body });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.getElementById(id).replaceWith(document.importNode(page.getElementById(id), true));
      say(page.getElementById("said-after-swap")?.textContent || button.dataset.said || "");
    } catch { form.removeAttribute("data-sent"); form.submit(); }
  }));
})();
