"use strict";
// Tables can be sorted where scripts run. A link to a line opens the file that it is in, and all are open in print.
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") !== "descending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const text = (row) => row.cells[column].textContent;
        const order = (a, b) => text(a).localeCompare(text(b), undefined, { numeric: true });
        const rows = [...table.tBodies[0].rows].sort((a, b) => (down ? order(b, a) : order(a, b)));
        table.tBodies[0].append(...rows);
      });
    });
  }
  const open = () => {
    const file = document.getElementById(location.hash.slice(1))?.closest("details");
    if (file) file.open = true;
  };
  window.addEventListener("hashchange", open);
  open();
});
window.addEventListener("beforeprint", () => {
  for (const file of document.querySelectorAll("details.file")) file.open = true;
});
