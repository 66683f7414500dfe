# std::ios_base_library_init(), which libstdc++ has since GCC 13. Programs linked by GCC 13 ask for it so that the library that
# initialises the standard streams is loaded; an older library does so by itself when it is loaded, and this has nothing to do.
    .globl  _ZSt21ios_base_library_initv
    .type   _ZSt21ios_base_library_initv, @function
_ZSt21ios_base_library_initv:
    ret
    .size   _ZSt21ios_base_library_initv, . - _ZSt21ios_base_library_initv
    .section .note.GNU-stack, "", @progbits
