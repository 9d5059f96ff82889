-- dfix as a formatter of conform.nvim: it is started on each save, and needs no language server.

require("conform").setup({
  formatters_by_ft = { dockerfile = { "dfix" } },
  formatters = {
    dfix = { command = "dfix", args = { "--stdin-filename", "$FILENAME", "-" }, stdin = true },
  },
  format_on_save = { timeout_ms = 2000 },
})
