// Tells when the service is out of reach, and when it is back: the document gets the event `connection-back`.

const SECONDS = 2;

let waiting = false;

/** A request did not arrive: shows the banner and asks until the service answers. */
export function connectionLost() {
  if (waiting) return;
  waiting = true;
  banner().hidden = false;
  setTimeout(ask, SECONDS * 1000);
}

async function ask() {
  const there = await fetch("/healthz", { cache: "no-store" }).then((answer) => answer.ok, () => false);
  if (!there) {
    setTimeout(ask, SECONDS * 1000);
    return;
  }
  waiting = false;
  banner().hidden = true;
  document.dispatchEvent(new Event("connection-back"));
}

function banner() {
  return document.getElementById("offline");
}
