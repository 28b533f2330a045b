// Finds departments by what somebody types: a name, a short or former one, or a typical matter.

/** Of `known` departments those that fit, the closest first; without a word, `likely` codes. */
export function departmentsLike(known, typed, likely = []) {
  if (!typed) return likely.map((code) => known.find((one) => one.code === code)).filter(Boolean);
  const ranked = known.map((one) => ({ one, rank: rank(one, typed) })).filter(({ rank: found }) => found < Infinity);
  return ranked.sort((a, b) => a.rank - b.rank).map(({ one }) => ({ ...one, hint: hintOf(one, typed) }));
}

/** The department that is called so. */
export function departmentNamed(known, name) {
  return known.find((one) => namesOf(one).includes(name));
}

function namesOf(department) {
  return [department.name, ...department.aliases, ...department.former_names];
}

function rank(department, typed) {
  const names = namesOf(department);
  if (names.some((name) => name.startsWith(typed))) return 0;
  if (names.some((name) => name.includes(typed))) return 1;
  return department.typical.some((matter) => matter.includes(typed)) ? 2 : Infinity;
}

function hintOf(department, typed) {
  if (department.name.includes(typed)) return "";
  return [...namesOf(department), ...department.typical].find((name) => name.includes(typed)) || "";
}
