// Finds the city's own units by what somebody types: a name or a code.

import { request } from "./api.js";

/** All units. */
export async function allUnits() {
  return (await request("/review/units")).units;
}

/** Of `known` units those that fit, those of a department first; without a word, those of the department alone. */
export function unitsLike(known, typed, department) {
  const fitting = known.filter((one) => (typed ? rank(one, typed) < Infinity : one.department === department));
  const own = (one) => (one.department === department ? 0 : 1);
  return fitting.sort((a, b) => rank(a, typed) - rank(b, typed) || own(a) - own(b));
}

/** The unit that a form calls so. */
export function unitNamed(known, name) {
  return known.find((one) => one.given === name || one.code === name);
}

function rank(unit, typed) {
  if (unit.name.startsWith(typed)) return 0;
  if (unit.name.includes(typed)) return 1;
  return unit.code.includes(typed) ? 2 : Infinity;
}
