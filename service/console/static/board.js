// Draws the board's charts, and saves their tables.

import { option } from "./board-charts.js";
import { lookFor } from "./matters-words.js";
import { fill, texts } from "./texts.js";
import { init } from "./vendor/echarts.js";

const figures = document.getElementById("figures");
const paper = matchMedia("print");
const drawn = new Map();

function draw() {
  figures.querySelectorAll("[data-chart]").forEach((place) => {
    if (!drawn.has(place)) drawn.set(place, init(place, null, { renderer: "svg" }));
    show(drawn.get(place), place);
  });
}

function show(chart, place) {
  chart.setOption(option(JSON.parse(place.dataset.chart), place.clientWidth), { notMerge: true });
  letScale(chart, place);
}

/** A picture of a fixed size would not fit the paper. */
function letScale(chart, place) {
  place.querySelector("svg").setAttribute("viewBox", `0 0 ${chart.getWidth()} ${chart.getHeight()}`);
}

function fit() {
  if (paper.matches) return;
  drawn.forEach((chart, place) => {
    if (place.clientWidth === chart.getWidth()) return;
    chart.resize();
    show(chart, place);
  });
}

/** Paper is white, whatever the screen is. */
function showOnPaper(isPaper) {
  if (isPaper) {
    document.documentElement.dataset.theme = "light";
    draw();
  } else {
    document.dispatchEvent(new Event("theme-chosen"));
  }
}

function toggleTables({ currentTarget: button }) {
  const open = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(open));
  button.textContent = open ? texts.close_tables : texts.open_tables;
  figures.querySelectorAll(".board-table").forEach((table) => {
    table.open = open;
  });
}

function saveTable(event) {
  const button = event.target.closest("[data-csv]");
  if (!button) return;
  const table = button.parentElement.querySelector("table");
  const lines = Array.from(table.rows, (row) => Array.from(row.cells, field).join(","));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", lines.join("\r\n"), "\r\n"], { type: "text/csv" }));
  link.download = fill(texts.file, { title: table.dataset.title, ...figures.dataset });
  link.click();
  URL.revokeObjectURL(link.href);
}

/** A name that begins like a formula stays a text in spreadsheets. */
function field(cell) {
  const value = cell.dataset.value === undefined ? cell.textContent : cell.dataset.value;
  const isNumber = value !== "" && !Number.isNaN(Number(value));
  const safe = !isNumber && /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Petitions are counted by department or by district. */
function insteadOfTheOther({ currentTarget: choice }) {
  const other = document.getElementById(choice.dataset.insteadOf);
  if (choice.value && other) other.value = "";
}

/** A word that rose is looked for in 三事清单; it stands in no address. */
function lookForWord(event) {
  const link = event.target.closest("[data-words]");
  if (link) lookFor(link.dataset.words, link.search);
}

function onFigures() {
  figures.setAttribute("aria-busy", "false");
  draw();
}

function onFailure() {
  figures.setAttribute("aria-busy", "false");
  figures.replaceChildren(document.getElementById("figures-failed").content.cloneNode(true));
}

if (figures.querySelector(".board-waiting") === null) onFigures();
figures.addEventListener("htmx:afterSwap", onFigures);
figures.addEventListener("htmx:responseError", onFailure);
new ResizeObserver(fit).observe(document.getElementById("main"));
document.addEventListener("theme-shown", draw);
paper.addEventListener("change", () => showOnPaper(paper.matches));
window.addEventListener("beforeprint", () => showOnPaper(true));
window.addEventListener("afterprint", () => showOnPaper(false));
document.getElementById("print").addEventListener("click", () => window.print());
document.getElementById("tables").addEventListener("click", toggleTables);
document.querySelectorAll("[data-instead-of]").forEach((choice) => choice.addEventListener("change", insteadOfTheOther));
document.addEventListener("click", saveTable);
document.addEventListener("click", lookForWord);
