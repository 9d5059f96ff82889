import pathlib

import markdown

site = pathlib.Path("site")
site.mkdir()
(site / "index.html").write_text(markdown.markdown(pathlib.Path("pages/index.md").read_text()))
