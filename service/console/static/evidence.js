// Cuts a message into pieces by the spans that spoke for a choice.

const STRENGTHS = 4;

/** Characters as the server counts them: Unicode code points, not UTF-16 units. */
export function codePoints(text) {
  return Array.from(text);
}

/**
 * Pieces of `text` in order, together the whole text: `{text, heads: {head: strength}}` with strengths 0 to 3,
 * relative to the strongest span of the same head. Where spans overlap, the stronger counts.
 */
export function pieces(text, evidence) {
  const characters = codePoints(text);
  const spans = withStrength(evidence, characters.length);
  const edges = new Set([0, characters.length]);
  spans.forEach((span) => edges.add(span.start).add(span.end));
  const cuts = Array.from(edges).sort((a, b) => a - b);
  return cuts.slice(1).map((end, n) => ({
    text: characters.slice(cuts[n], end).join(""),
    heads: headsAt(spans, cuts[n]),
  }));
}

function withStrength(evidence, length) {
  const strongest = {};
  evidence.forEach((span) => {
    strongest[span.for] = Math.max(strongest[span.for] || 0, span.weight);
  });
  return evidence
    .filter((span) => span.weight > 0 && span.start < span.end && span.end <= length)
    .map((span) => ({
      start: span.start,
      end: span.end,
      head: span.for,
      strength: Math.ceil((span.weight / strongest[span.for]) * STRENGTHS) - 1,
    }));
}

function headsAt(spans, position) {
  const heads = {};
  spans
    .filter((span) => span.start <= position && position < span.end)
    .forEach((span) => {
      heads[span.head] = Math.max(heads[span.head] === undefined ? 0 : heads[span.head], span.strength);
    });
  return heads;
}

/** The words of the evidence, the strongest first. */
export function evidenceWords(evidence) {
  const strongestFirst = evidence.slice().sort((a, b) => b.weight - a.weight);
  return Array.from(new Set(strongestFirst.map((span) => span.text)));
}

/** Spans of `before` where they stand in `after`; those that the change touched are left out. Until the next answer. */
export function carriedOver(evidence, before, after) {
  const [old, now] = [codePoints(before), codePoints(after)];
  const most = Math.min(old.length, now.length);
  let head = 0;
  while (head < most && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < most - head && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
  const moved = now.length - old.length;
  return evidence.flatMap((span) => {
    if (span.end <= head) return [span];
    if (span.start >= old.length - tail) return [{ ...span, start: span.start + moved, end: span.end + moved }];
    return [];
  });
}
