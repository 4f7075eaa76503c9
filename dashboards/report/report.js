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
  // Tables sort by the column whose head is pressed; long ones can be searched.
  function key(cell) {
    var text = cell.textContent.trim().replace(/\u2212/g, "-").replace(/[,\u00a0 ]|%$|\u03c3$|^<|^\+/g, "");
    if (text === "" || text === "\u2014") { return null; }
    return /^-?\d*\.?\d+(e[-+]?\d+)?$/i.test(text) ? parseFloat(text) : cell.textContent.trim().toLowerCase();
  }
  function sort(table, column, down) {
    var body = table.tBodies[0];
    Array.from(body.rows).map(function (row) { return [key(row.cells[column]), row]; }).sort(function (a, b) {
      if (a[0] === null || b[0] === null) { return (a[0] === null) - (b[0] === null); }
      if (typeof a[0] !== typeof b[0]) { return typeof a[0] === "number" ? -1 : 1; }
      return (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0) * (down ? -1 : 1);
    }).forEach(function (pair) { body.appendChild(pair[1]); });
  }
  document.querySelectorAll("table").forEach(function (table) {
    var heads = Array.from(table.tHead ? table.tHead.rows[0].cells : []);
    if (table.tBodies.length === 0 || table.tBodies[0].rows.length < 3) { return; }
    heads.forEach(function (head, column) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.title = "Sort by this column";
      head.replaceChildren(button);
      button.addEventListener("click", function () {
        var down = head.getAttribute("aria-sort") !== "descending";
        heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        sort(table, column, down);
      });
    });
    if (table.tBodies[0].rows.length < 15) { return; }
    var search = document.createElement("input");
    search.type = "search";
    search.placeholder = "Search these rows";
    search.setAttribute("aria-label", "Search these rows");
    search.addEventListener("input", function () {
      var wanted = search.value.toLowerCase();
      Array.from(table.tBodies[0].rows).forEach(function (row) {
        row.hidden = row.textContent.toLowerCase().indexOf(wanted) < 0;
      });
    });
    table.closest(".scroll").before(search);
  });
})();
