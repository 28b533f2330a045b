// What ECharts is told of a chart; the colours are those of the theme that is shown.

import { fill, texts } from "./texts.js";

const FEW_PIXELS = 480;
const THIN = 8;
const DAY = "2026-11-30";
const CODES = { government: 1, community: 2, private: 3, other: 5 };
const DASHES = { 1: "solid", 4: "dashed" };
const SIGNS = { 1: "circle", 4: "triangle" };

/** The option of a chart as `service.console.board_tables` writes it, for a place of this width. */
export function option(chart, width) {
  const look = { ...colours(), narrow: width < FEW_PIXELS, thin: chart.kind === "columns" && width / chart.labels.length < THIN };
  return { ...KINDS[chart.kind](chart, look), ...common(look) };
}

const KINDS = { columns, bars, lines, heat };

function colours() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: token("ink"),
    soft: token("ink-soft"),
    line: token("line"),
    faint: token("line-soft"),
    card: token("card"),
    raised: token("raised"),
    low: token("heat-low"),
    high: token("heat-high"),
    of: (code) => token(`chart-${CODES[code] || code}`),
  };
}

function common(look) {
  return {
    animation: false,
    aria: { enabled: false },
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: look.ink },
  };
}

function columns(chart, look) {
  return {
    grid: { left: 4, right: 8, top: 34, bottom: 4, containLabel: true },
    legend: legend(look),
    tooltip: tooltip(look),
    xAxis: category(chart.labels, look),
    yAxis: values(look, number),
    series: chart.series.map((part) => stacked(part, look)),
  };
}

function bars(chart, look) {
  const many = chart.series.length > 1;
  return {
    grid: { left: 4, right: 44, top: many ? 34 : 6, bottom: 4, containLabel: true },
    legend: many ? legend(look) : undefined,
    tooltip: tooltip(look),
    xAxis: { ...values(look, number), minInterval: 1 },
    yAxis: names(chart.labels, look, look.narrow ? 96 : 180),
    series: chart.series.map((part, place) => ({
      ...stacked(part, look),
      barMaxWidth: 18,
      label: place === chart.series.length - 1 ? sums(chart, look) : undefined,
    })),
  };
}

/** The sum of a stack stands behind it. */
function sums(chart, look) {
  const sum = (place) => chart.series.reduce((total, part) => total + part.data[place], 0);
  return { show: true, position: "right", color: look.ink, formatter: ({ dataIndex }) => number(sum(dataIndex)) };
}

function lines(chart, look) {
  return {
    grid: { left: 4, right: 16, top: 34, bottom: 4, containLabel: true },
    legend: legend(look),
    tooltip: { ...tooltip(look), valueFormatter: percent },
    xAxis: category(chart.labels, look),
    yAxis: { ...values(look, (share) => `${Math.round(share * 100)}%`), max: 1 },
    series: chart.series.map(({ name, code, data }) => ({
      type: "line",
      name,
      data,
      symbol: SIGNS[code],
      symbolSize: 8,
      lineStyle: { width: 2, type: DASHES[code], color: look.of(code) },
      itemStyle: { color: look.of(code) },
    })),
  };
}

function heat(chart, look) {
  const most = Math.max(...chart.cells.map(([, , value]) => value));
  const long = chart.down[0].length > 2;
  return {
    grid: { left: 4, right: 8, top: 30, bottom: 4, containLabel: true },
    tooltip: { ...tooltip(look), trigger: "item", formatter: ({ value }) => cellText(chart, value) },
    xAxis: { ...category(chart.across, look), axisLabel: acrossLabel(look, long), splitArea: { show: false } },
    yAxis: names(chart.down, look, 180),
    visualMap: {
      min: 0,
      max: most,
      orient: "horizontal",
      right: 0,
      top: 0,
      itemWidth: 10,
      itemHeight: 90,
      padding: 0,
      text: [fill(chart.name, { n: number(most) }), "0"],
      textStyle: { color: look.soft },
      inRange: { color: [look.low, look.high] },
      hoverLink: false,
    },
    series: [
      {
        type: "heatmap",
        data: chart.cells.map((value) => ({ value, label: { color: value[2] > most * 0.45 ? look.card : look.ink } })),
        label: { show: long, formatter: ({ value }) => number(value[2]) },
        itemStyle: { borderColor: look.card, borderWidth: 1 },
        emphasis: { itemStyle: { borderColor: look.ink, borderWidth: 2 } },
      },
    ],
  };
}

function cellText(chart, [x, y, value]) {
  const template = chart.down.length === chart.across.length ? texts.moved : texts.cell;
  return fill(template, { x: chart.across[x], y: chart.down[y], value: fill(chart.name, { n: number(value) }) });
}

function acrossLabel(look, long) {
  const own = { color: look.soft, interval: long ? 0 : "auto", hideOverlap: !long };
  return long ? { ...own, rotate: 40, width: 110, overflow: "truncate" } : own;
}

function stacked({ name, code, data }, look) {
  return {
    type: "bar",
    stack: "all",
    name,
    data,
    barMaxWidth: 40,
    itemStyle: { color: look.of(code), ...edges(code, look) },
    emphasis: { disabled: true },
  };
}

/** Columns of a few pixels would be nothing but edge. */
function edges(code, look) {
  return look.thin ? {} : { borderColor: look.card, borderWidth: 0.5, decal: decal(code) };
}

/** Hatched: what else would differ by colour alone. */
function decal(code) {
  const colour = "rgba(255, 255, 255, .4)";
  if (code === "private" || code === "2") {
    return { symbol: "rect", color: colour, dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4 };
  }
  if (code === "other" || code === "4") {
    return { symbol: "circle", color: colour, dashArrayX: [[5, 5], [0, 5, 5, 0]], dashArrayY: [5, 0], symbolSize: 0.7 };
  }
  return { symbol: "none" };
}

function category(labels, look) {
  return {
    type: "category",
    data: labels,
    axisLabel: { color: look.soft, hideOverlap: true, formatter: look.narrow ? withoutYear : undefined },
    axisLine: { lineStyle: { color: look.line } },
    axisTick: { show: false },
  };
}

function withoutYear(label) {
  return label.length === DAY.length ? label.slice(DAY.indexOf("-") + 1) : label;
}

function names(labels, look, width) {
  return {
    type: "category",
    data: labels,
    inverse: true,
    axisLabel: { color: look.ink, width, overflow: "truncate", interval: 0 },
    axisLine: { lineStyle: { color: look.line } },
    axisTick: { show: false },
  };
}

function values(look, formatter) {
  return {
    type: "value",
    minInterval: formatter === number ? 1 : undefined,
    axisLabel: { color: look.soft, formatter, hideOverlap: true },
    splitLine: { lineStyle: { color: look.faint } },
  };
}

function legend(look) {
  return { top: 0, right: 0, itemWidth: 18, itemHeight: 10, textStyle: { color: look.soft }, selectedMode: false };
}

/** Not HTML, whose style attributes the content policy forbids. */
function tooltip(look) {
  return {
    trigger: "axis",
    renderMode: "richText",
    confine: true,
    transitionDuration: 0,
    backgroundColor: look.raised,
    borderColor: look.line,
    textStyle: { color: look.ink, fontSize: 13 },
    axisPointer: { type: "shadow", shadowStyle: { color: look.faint, opacity: 0.5 } },
  };
}

function number(value) {
  return value.toLocaleString("en-US");
}

function percent(share) {
  return share === null || share === undefined ? "–" : `${(share * 100).toFixed(1)}%`;
}
