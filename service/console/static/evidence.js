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
