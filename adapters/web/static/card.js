// Hands a card to the gateway's script and sends only the token it answers.
(() => {
  "use strict";
  const form = document.querySelector("form[data-card]");
  if (!form) return;
  const wanted = form.dataset;
  const [said, button] = ["[data-said]", "button"].map((what) => form.querySelector(what));
  const words = button.textContent;
  const field = (name) => document.getElementById("card-" + name);
  const typed = (name) => field(name).value.replace(/\s/g, "");
  const rest = () => { button.textContent = words; delete wanted.busy; };
  const refuse = (name, why = wanted.refused) => {
    rest();
    said.textContent = why;
    said.hidden = false;
    field(name)?.focus();
  };
  window.PAYMILL_PUBLIC_KEY = wanted.publicKey;
  addEventListener("pageshow", rest);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (wanted.busy) return;
    const { paymill } = window;
    if (!paymill) { refuse("", wanted.down); return; }
    const missing = !wanted.checksum && ["number", "month", "year", "cvc"].find((name) => !typed(name));
    if (missing) { refuse(missing); return; }
    said.hidden = wanted.busy = true;
    button.textContent = wanted.sending;
    if (wanted.checksum) { paymill.createTransaction({ checksum: wanted.checksum }, () => refuse("")); return; }
    paymill.createToken({
      number: typed("number"), exp_month: typed("month"), exp_year: typed("year").replace(/^\d\d$/, "20$&"),
      cvc: typed("cvc"), cardholder: field("holder").value.trim(),
      amount_int: Number(wanted.amountInt), currency: wanted.currency,
    }, (error, result) => {
      if (error || !result?.token) { refuse("number"); return; }
      form.elements.token.value = result.token;
      form.submit();
    });
  });
})();
