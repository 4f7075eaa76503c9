(function () {
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function ink() {
    var colour = dark.matches ? "#a9b0bc" : "#565d69";
    document.querySelectorAll(".js-plotly-plot").forEach(function (plot) {
      Plotly.relayout(plot, { "font.color": colour, "hoverlabel.bgcolor": dark.matches ? "#1c2027" : "#ffffff" });
    });
  }
  ink();
  dark.addEventListener("change", ink);
  document.querySelectorAll("details").forEach(function (box) {
    box.addEventListener("toggle", function () {
      box.querySelectorAll(".js-plotly-plot").forEach(function (plot) { Plotly.Plots.resize(plot); });
    });
  });
})();
