// The page for signing in.

import { signIn } from "./session.js";
import { texts } from "./texts.js";

const byId = (id) => document.getElementById(id);

async function submit() {
  setBusy(true);
  byId("error").hidden = true;
  try {
    await signIn(byId("name").value, byId("password").value);
    location.assign(byId("form").dataset.next);
  } catch (error) {
    fail(error);
  }
}

function fail(error) {
  setBusy(false);
  byId("error").textContent = error.message;
  byId("error").hidden = false;
  byId("password").value = "";
  byId("password").focus();
}

function setBusy(busy) {
  byId("submit").setAttribute("aria-disabled", String(busy));
  byId("submit").textContent = busy ? texts.busy : texts.submit;
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (byId("submit").getAttribute("aria-disabled") !== "true") submit();
});
