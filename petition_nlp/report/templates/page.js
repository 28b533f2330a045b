"use strict";
(() => {
  const PRINT_WIDTH = 680;
  const options = JSON.parse(document.getElementById("chart-options").textContent);
  const percent = (value) => (value == null ? "—" : `${(value * 100).toFixed(1)}%`);
  const count = (value) => (value == null ? "—" : Number(value).toLocaleString("zh-CN"));
  const charts = [];
  for (const [id, option] of Object.entries(options)) {
    const place = document.getElementById(`chart-${id}`);
    const isPercent = option.tooltip.format === "percent";
    const write = isPercent ? percent : count;
    option.aria.label = { description: place.getAttribute("aria-label") };
    option.tooltip.valueFormatter = write;
    if (option.yAxis.format === "percent") {
      option.yAxis.axisLabel = { ...option.yAxis.axisLabel, formatter: (value) => `${Math.round(value * 1000) / 10}%` };
    } else if (option.yAxis.type === "value") {
      option.yAxis.axisLabel = { ...option.yAxis.axisLabel, formatter: count };
    }
    for (const series of option.series) {
      if (series.label) series.label.formatter = ({ value }) => count(value);
      if (series.type === "heatmap") {
        option.tooltip.formatter = ({ value }) =>
          echarts.format.encodeHTML(`${option.yAxis.data[value[1]]} ${option.xAxis.data[value[0]]}：${count(value[2])}`);
      }
    }
    const chart = echarts.init(place, null, { renderer: "svg" });
    chart.setOption(option);
    charts.push(chart);
  }
  const resize = (width) => {
    for (const chart of charts) {
      chart.resize({ width: width || "auto" });
      chart.getZr().flush(); // printing does not wait for the next frame
      const drawing = chart.getDom().querySelector("svg");
      if (width) drawing.setAttribute("viewBox", `0 0 ${chart.getWidth()} ${chart.getHeight()}`);
      else drawing.removeAttribute("viewBox");
    }
  };
  let waiting = 0;
  window.addEventListener("resize", () => {
    if (matchMedia("print").matches) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => resize(0), 150);
  });
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((part) => { part.open = true; });
    resize(PRINT_WIDTH);
  });
  window.addEventListener("afterprint", () => {
    closed.forEach((part) => { part.open = false; });
    resize(0);
  });
})();
