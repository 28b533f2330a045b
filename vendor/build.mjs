// Copies and builds what others wrote, with licences, sizes and digests. Run by `npm run build` in this folder.

import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const PAGES = "../service/console/static/vendor";
const TESTS = "../tests/browser/vendor";

const ECHARTS = ["echarts", "zrender", "tslib"];
const FILES = [
  { folder: PAGES, file: "htmx.min.js", packages: ["htmx.org"] },
  { folder: PAGES, file: "echarts.js", packages: ECHARTS },
  { folder: TESTS, file: "axe.min.js", packages: ["axe-core"] },
];

const HEADS = {
  [PAGES]: `# What others wrote

The pages load these files and nothing else that is not ours; they come with the service, from no other server.
`,
  [TESTS]: `# What others wrote

For the tests alone: it looks at the pages for what keeps people out.
`,
};

const TAIL = `
To renew: change the version in \`vendor/package.json\`, then \`npm install && npm run build\` in \`vendor/\`. This file is
written by that command; \`vendor/echarts.js\` names the parts of ECharts that are in the build.
`;

async function packageOf(name) {
  return JSON.parse(await readFile(`node_modules/${name}/package.json`, "utf8"));
}

async function row({ folder, file, packages }) {
  const content = await readFile(`${folder}/${file}`);
  const found = await Promise.all(packages.map(packageOf));
  const digest = createHash("sha256").update(content).digest("hex");
  const names = found.map(({ name, version }) => `${name} ${version}`).join(", ");
  const licences = found.map(({ license }) => license).join(", ");
  return `| \`${file}\` | ${names} | ${licences} | ${Math.round(content.length / 1024)} KB | \`${digest}\` |`;
}

/** The licence, and what it asks to be passed on with it. */
async function licence(name) {
  const names = ["LICENSE", "LICENSE.txt", "NOTICE", "LICENSE-3RD-PARTY.txt"];
  const texts = await Promise.all(names.map((file) => readFile(`node_modules/${name}/${file}`, "utf8").catch(() => "")));
  const whole = texts.filter(Boolean).map((text) => text.trim()).join("\n\n");
  if (!whole) throw new Error(`${name} has no licence`);
  return `${whole}\n`;
}

async function describe(folder) {
  const own = FILES.filter((file) => file.folder === folder);
  const rows = await Promise.all(own.map(row));
  const table = ["| file | from | licence | size | SHA-256 |", "| --- | --- | --- | --- | --- |", ...rows].join("\n");
  await writeFile(`${folder}/README.md`, `${HEADS[folder]}\n${table}\n${TAIL}`);
  for (const name of own.flatMap((file) => file.packages)) {
    await writeFile(`${folder}/LICENSES/${name}.txt`, await licence(name));
  }
}

for (const folder of [PAGES, TESTS]) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(`${folder}/LICENSES`, { recursive: true });
}
await copyFile("node_modules/htmx.org/dist/htmx.min.js", `${PAGES}/htmx.min.js`);
await copyFile("node_modules/axe-core/axe.min.js", `${TESTS}/axe.min.js`);
await build({
  entryPoints: ["echarts.js"],
  outfile: `${PAGES}/echarts.js`,
  bundle: true,
  minify: true,
  format: "esm",
  legalComments: "inline",
});
await Promise.all([describe(PAGES), describe(TESTS)]);
