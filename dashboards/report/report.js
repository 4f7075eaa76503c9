(function () {
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var plots = Array.from(document.querySelectorAll(".js-plotly-plot"));
  function ink() {
    var colour = dark.matches ? "#a9b0bc" : "#565d69";
    plots.forEach(function (plot) {
      Plotly.relayout(plot, { "font.color": colour, "hoverlabel.bgcolor": dark.matches ? "#1c2027" : "#ffffff" });
    });
  }
  ink();
  dark.addEventListener("change", ink);
  // A chart is drawn before its neighbour stands beside it, so each follows the width of its own box.
  var watcher = new ResizeObserver(function (entries) {
    entries.forEach(function (entry) {
      var plot = entry.target.querySelector(".js-plotly-plot");
      var width = Math.floor(entry.contentRect.width);
      if (plot && width > 0 && plot._fullLayout && Math.abs(plot._fullLayout.width - width) > 1) {
        requestAnimationFrame(function () { Plotly.relayout(plot, { width: width }); });
      }
    });
  });
  document.querySelectorAll("figure").forEach(function (box) { watcher.observe(box); });
})();
