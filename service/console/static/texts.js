// The page's words, as the server wrote them, and how numbers are put into words.

export const texts = JSON.parse(document.getElementById("texts").textContent);

/** Fills `{name}` in a text of the catalogue. */
export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** A probability as a percentage; never rounded to certainty. */
export function percent(probability) {
  if (probability < 0.01) return texts.percent_low;
  if (probability > 0.99) return texts.percent_high;
  return fill(texts.percent, { n: Math.round(probability * 100) });
}

/** A probability in a word. */
export function level(probability) {
  return texts.levels.find((step) => probability >= step.from).name;
}
