;;; dfix-eglot.el --- dfix as a language server, and on each save  -*- lexical-binding: t -*-

;;; Commentary:
;; For Emacs 29 or newer: load this file from your init file.

;;; Code:

(defvar eglot-server-programs)
(declare-function eglot-format-buffer "eglot")

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               '((dockerfile-mode dockerfile-ts-mode) . ("dfix" "lsp"))))

(defun dfix-format-on-save ()
  "Format a Dockerfile with dfix before it is saved."
  (when (derived-mode-p 'dockerfile-mode 'dockerfile-ts-mode)
    (add-hook 'before-save-hook #'eglot-format-buffer nil t)))

(add-hook 'dockerfile-mode-hook #'eglot-ensure)
(add-hook 'dockerfile-ts-mode-hook #'eglot-ensure)
(add-hook 'eglot-managed-mode-hook #'dfix-format-on-save)

(provide 'dfix-eglot)
;;; dfix-eglot.el ends here
