// The page for signing in.

import { Problem, signIn } from "./api.js";
import { texts } from "./texts.js";

const byId = (id) => document.getElementById(id);

async function submit() {
  setBusy(true);
  byId("error").hidden = true;
  try {
    await signIn(byId("name").value, byId("password").value);
    location.assign("/");
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    fail(error);
  }
}

function fail(problem) {
  setBusy(false);
  byId("error").textContent = problem.detail;
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
