// Hands a card to the gateway's script and sends only the token it answers.
(() => {
  "use strict";
  const form = document.querySelector("form[data-card]");
  if (!form) return;
  const wanted = form.dataset;
  window.PAYMILL_PUBLIC_KEY = wanted.publicKey;
  const said = form.querySelector("[data-said]");
  const typed = (name) => (form.querySelector("#card-" + name) || { value: "" }).value.trim();
  const refuse = () => { said.textContent = wanted.refused; said.hidden = false; form.removeAttribute("data-busy"); };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    said.hidden = true;
    if (wanted.checksum) { window.paymill.createTransaction({ checksum: wanted.checksum }, refuse); return; }
    window.paymill.createToken({
      number: typed("number").replace(/\s/g, ""), exp_month: typed("month"), exp_year: typed("year"), cvc: typed("cvc"),
      cardholder: typed("holder"), amount_int: Number(wanted.amountInt), currency: wanted.currency,
    }, (error, result) => {
      if (error || !result || !result.token) { refuse(); return; }
      form.elements.token.value = result.token;
      form.submit();
    });
  });
})();
