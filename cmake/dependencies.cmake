# What the library is built from besides its own source: libuv, zlib, libcurl, OpenSSL, wslay, libmd, Boost.Context,
# llhttp and yyjson.
# Each may be pointed elsewhere on the command line of cmake (-DMOCKET_LLHTTP=DIR ...).
include_guard()
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(LIBUV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)

pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(LIBMD REQUIRED IMPORTED_TARGET libmd)

# Debian's package has no pkg-config file.
find_library(MOCKET_WSLAY NAMES wslay DOC "wslay, the WebSocket codec")
if(NOT MOCKET_WSLAY)
    message(FATAL_ERROR "wslay is missing (libwslay-dev): tools/setup installs it")
endif()

# Only apps that fetch need libcurl, and all that it brings along, at run time.
set(MOCKET_LINK_CURL -Wl,--push-state,--as-needed PkgConfig::CURL -Wl,--pop-state)

if(MOCKET_TLS)
    pkg_check_modules(OPENSSL IMPORTED_TARGET openssl>=3.0)
    if(NOT OPENSSL_FOUND)
        message(FATAL_ERROR "OpenSSL 3.0 is missing (libssl-dev): tools/setup installs it, or use -DMOCKET_TLS=OFF")
    endif()
    set(MOCKET_LINK_TLS PkgConfig::OPENSSL)
    set(MOCKET_PC_TLS "openssl")
endif()

# Static, because a program should not need it at run time: it is a few hundred bytes of it.
find_library(MOCKET_BOOST_CONTEXT NAMES libboost_context.a boost_context
             DOC "Boost.Context (its C entry points make_fcontext and jump_fcontext)")
if(NOT MOCKET_BOOST_CONTEXT)
    message(FATAL_ERROR "Boost.Context is missing (libboost-context-dev): tools/setup installs it")
endif()

# The package carries llhttp's C source in one folder and its header in another.
find_path(MOCKET_LLHTTP llhttp.c PATHS /usr/share/llhttp DOC "folder of llhttp.c, http.c and api.c")
find_path(MOCKET_LLHTTP_INCLUDE llhttp.h PATHS /usr/share/include/llhttp DOC "folder of llhttp.h")
if(NOT MOCKET_LLHTTP OR NOT MOCKET_LLHTTP_INCLUDE)
    message(FATAL_ERROR "llhttp's source is missing (node-llhttp): tools/setup installs it")
endif()

# yyjson comes from its own source package, checked by hash, and stays in a cache outside the tree.
if(NOT MOCKET_YYJSON OR NOT EXISTS "${MOCKET_YYJSON}/yyjson.c")
    execute_process(COMMAND ${PROJECT_SOURCE_DIR}/tools/fetch-yyjson
                    OUTPUT_VARIABLE yyjson RESULT_VARIABLE failed OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(failed)
        message(FATAL_ERROR "yyjson could not be had: the lines above say why")
    endif()
    set(MOCKET_YYJSON "${yyjson}" CACHE PATH "folder of yyjson.c and yyjson.h" FORCE)
endif()
