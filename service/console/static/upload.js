// Sends a file and shows how far it is; after a lost connection it is sent again, and kept once.

import { connectionLost } from "./connection.js";
import { notice } from "./notices.js";
import { csrfHeader, signInAgain } from "./session.js";
import { fill, texts } from "./texts.js";

const MOST_TRIES = 5;

export const byId = (id) => document.getElementById(id);

export class Upload {
  isBusy = false;

  /**
   * @param path address that takes the file, below which `/check` says beforehand whether it would.
   * @param type media type of what it takes. @param taken called with what was made of the file.
   */
  constructor({ path, type, taken }) {
    Object.assign(this, { path, type, taken });
    document.addEventListener("connection-back", () => this.waits && this.send());
  }

  /** Takes a file that somebody has chosen. */
  begin(file) {
    if (this.isBusy) return;
    this.file = file;
    this.key = randomKey();
    this.tries = 0;
    this.send();
    byId("upload-stop").focus();
  }

  /** Sends the file, for the first time or again. */
  async send() {
    this.show(texts.checking);
    const form = new URLSearchParams({ name: this.file.name, size: this.file.size });
    const type = "application/x-www-form-urlencoded";
    const answer = await this.post(`${this.path}/check`, form, { "Content-Type": type });
    if (!answer || answer.status !== 204) return this.end(answer);
    if (!this.isBusy) return undefined;
    this.show(texts.uploading);
    return this.end(
      await this.post(this.path, this.file, {
        "Content-Type": this.type,
        "X-File-Name": encodeURIComponent(this.file.name),
        "Idempotency-Key": this.key,
      }),
    );
  }

  /** Ends it without a job. */
  stop() {
    if (this.request) this.request.abort();
    this.rest();
  }

  /** The answer to a request; null if none came, undefined if nobody waits for one. */
  async post(path, body, headers) {
    const answer = await new Promise((resolve) => {
      const request = new XMLHttpRequest();
      this.request = request;
      this.began = performance.now();
      request.upload.addEventListener("progress", (event) => body === this.file && this.progress(event));
      request.addEventListener("load", () => resolve(request));
      request.addEventListener("error", () => resolve(null));
      request.addEventListener("abort", () => resolve(undefined));
      request.open("POST", path);
      for (const [name, value] of Object.entries({ "HX-Request": "true", ...csrfHeader(), ...headers })) {
        request.setRequestHeader(name, value);
      }
      request.send(body);
    });
    if (answer && answer.status === 401 && (await signInAgain())) return this.post(path, body, headers);
    return answer;
  }

  progress({ loaded, total }) {
    byId("upload-bar").value = total ? loaded / total : 1;
    if (loaded === total) {
      this.show(texts.looking);
      byId("upload-bar").removeAttribute("value");
      return;
    }
    const rate = loaded / ((performance.now() - this.began) / 1000);
    const told = { sent: size(loaded), size: size(total), rate: size(rate), left: duration((total - loaded) / rate) };
    byId("upload-figures").textContent = fill(texts.sending, told);
  }

  end(answer) {
    if (answer === undefined) return;
    if (answer === null) {
      this.lost();
    } else if (answer.status === 201) {
      this.isBusy = false;
      this.taken(JSON.parse(answer.responseText));
    } else {
      this.fail(answer);
    }
  }

  /** Waits until the service can be reached; gives up if it never takes the file. */
  lost() {
    this.tries += 1;
    if (this.tries < MOST_TRIES) {
      this.show(texts.waiting);
      this.waits = true;
      connectionLost();
      return;
    }
    this.rest();
    this.tell(`${texts.lost}。${texts.lost_text}`);
    byId("upload-again").hidden = false;
  }

  fail(answer) {
    this.rest();
    const made = document.createElement("template");
    made.innerHTML = answer.responseText;
    this.tell(made.content.querySelector(".notice") || texts.lost);
    byId("upload-again").hidden = answer.status < 500 && answer.status !== 401;
  }

  tell(what) {
    byId("upload-told").replaceChildren(what);
    byId("upload-problem").hidden = false;
    (byId("upload-again").hidden ? byId("choose") : byId("upload-again")).focus();
  }

  show(step) {
    this.isBusy = true;
    this.waits = false;
    byId("upload-choose").hidden = true;
    byId("upload-problem").hidden = true;
    byId("upload-again").hidden = true;
    byId("upload-progress").hidden = false;
    byId("upload-step").textContent = step;
    byId("upload-name").textContent = this.file.name;
    byId("upload-figures").textContent = "";
    byId("upload-bar").value = 0;
  }

  rest() {
    this.isBusy = false;
    this.waits = false;
    byId("upload-progress").hidden = true;
    byId("upload-choose").hidden = false;
    byId("choose").focus();
  }
}

/** Lets people choose a file or drop it anywhere on the page. */
export function listenToUploads(upload) {
  const choose = byId("file");
  byId("choose").addEventListener("click", () => choose.click());
  choose.addEventListener("change", () => {
    if (choose.files.length) upload.begin(choose.files[0]);
    choose.value = "";
  });
  byId("upload-stop").addEventListener("click", () => upload.stop());
  byId("upload-again").addEventListener("click", () => upload.send());
  document.addEventListener("dragover", (event) => mark(event, true));
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && mark(event, false));
  document.addEventListener("drop", (event) => {
    mark(event, false);
    drop(event.dataTransfer.files, upload);
  });
  window.addEventListener("beforeunload", (event) => upload.isBusy && event.preventDefault());
}

function mark(event, over) {
  event.preventDefault();
  byId("upload").classList.toggle("over", over);
}

function drop(files, upload) {
  if (files.length === 0 || upload.isBusy) return;
  if (files.length > 1) notice(texts.one_file, { text: texts.one_file_text, kind: "look" });
  else upload.begin(files[0]);
}

/** Not crypto.randomUUID, which pages on plain HTTP do not have. */
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function size(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} KB` : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

function duration(seconds) {
  return seconds < 60
    ? fill(texts.seconds, { n: Math.ceil(seconds) })
    : fill(texts.minutes, { n: Math.round(seconds / 60) });
}
