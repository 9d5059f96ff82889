" dfix on each save of a Dockerfile. For Vim 8.1 or newer and Neovim: put this file into ~/.vim/plugin/.

function! s:Format() abort
  let l:before = getline(1, '$')
  let l:after = systemlist('dfix --stdin-filename ' . shellescape(expand('%:p')) . ' -', l:before)
  if v:shell_error
    echohl WarningMsg | echomsg join(l:after) | echohl None
    return
  endif
  if l:after ==# l:before
    return
  endif
  let l:view = winsaveview()
  silent keepjumps call setline(1, l:after)
  if len(l:after) < line('$')
    silent keepjumps call deletebufline('%', len(l:after) + 1, '$')
  endif
  call winrestview(l:view)
endfunction

augroup dfix
  autocmd!
  autocmd BufWritePre * if &filetype ==# 'dockerfile' | call s:Format() | endif
augroup END
