// What axe asks for and the theme lacks.
document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
