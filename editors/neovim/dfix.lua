-- dfix as a language server, and on each save. For Neovim 0.9 or newer: put this file into ~/.config/nvim/plugin/.

local group = vim.api.nvim_create_augroup("dfix", {})

vim.api.nvim_create_autocmd("FileType", {
  group = group,
  pattern = "dockerfile",
  callback = function(event)
    vim.lsp.start({
      name = "dfix",
      cmd = { "dfix", "lsp" },
      root_dir = vim.fs.dirname(
        vim.fs.find({ ".git", "dfix.toml", ".dfix.toml" }, { upward = true, path = vim.fs.dirname(event.file) })[1]
          or vim.api.nvim_buf_get_name(event.buf)
      ),
      -- keys as in the settings files, and explain = true for hints on what is left alone
      settings = { dfix = vim.empty_dict() },
    }, { bufnr = event.buf })
  end,
})

vim.api.nvim_create_autocmd("BufWritePre", {
  group = group,
  callback = function(event)
    local clients = vim.lsp.get_clients or vim.lsp.get_active_clients
    if #clients({ bufnr = event.buf, name = "dfix" }) > 0 then
      vim.lsp.buf.format({ bufnr = event.buf, name = "dfix", timeout_ms = 2000 })
    end
  end,
})
