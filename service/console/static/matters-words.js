// 三事清单: what was looked for is there again after an entry's own page, a reload, and a way back.
//
// Words may name a person, so they stand in no address: they stay in this tab alone, until signing out.

const NAME = "matters";
const byId = (id) => document.getElementById(id);
const who = () => byId("who").dataset.id;

function kept() {
  try {
    const found = JSON.parse(sessionStorage.getItem(NAME));
    if (found && found.who === who()) return found;
  } catch {
    // what cannot be read is nothing
  }
  return { words: "", search: "" };
}

function keep(more) {
  sessionStorage.setItem(NAME, JSON.stringify({ ...more, who: who() }));
}

/** Notes which part of the list is shown. */
export function keepWords() {
  keep({ words: byId("text").value, search: location.search });
}

/** Has a part of the list looked through for words once it opens. */
export function lookFor(words, search) {
  keep({ words, search, back: true });
}

/** On the list: looks for the words again, if it is the same part and somebody has come back to it. */
function lookAgain() {
  const { words, search, back } = kept();
  const came = back || performance.getEntriesByType("navigation")[0].type !== "navigate";
  if (!came || !words || search !== location.search) return keepWords();
  const cursor = new URLSearchParams(search).get("cursor");
  const found = byId("found");
  byId("text").value = words;
  found.setAttribute("aria-busy", "true");
  htmx
    .ajax("POST", "/matters/list", { source: "#filters", target: "#found", values: cursor ? { cursor } : {} })
    .finally(() => found.removeAttribute("aria-busy"));
}

/** On other pages: the way back leads to that part. */
function leadBack(link) {
  link.href = `/matters${kept().search}`;
  link.addEventListener("click", () => keep({ ...kept(), back: true }));
}

if (byId("found")) lookAgain();
if (byId("back")) leadBack(byId("back"));
