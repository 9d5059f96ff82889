;;; dfix-apheleia.el --- dfix as a formatter of Apheleia  -*- lexical-binding: t -*-

;;; Commentary:
;; It is started on each save, and needs no language server.

;;; Code:

(defvar apheleia-formatters)
(defvar apheleia-mode-alist)

(with-eval-after-load 'apheleia
  (setf (alist-get 'dfix apheleia-formatters)
        '("dfix" "--stdin-filename" filepath "-"))
  (dolist (mode '(dockerfile-mode dockerfile-ts-mode))
    (setf (alist-get mode apheleia-mode-alist) 'dfix)))

(provide 'dfix-apheleia)
;;; dfix-apheleia.el ends here
