# find_package(Mocket 0.1 REQUIRED)
#
#     add_executable(shop app.c)
#     target_link_libraries(shop PRIVATE Mocket::mocket)    # the native library, and the libraries that it needs
#     mocket_add_wasm(shop-wasm app.c)                      # builds app.wasm by `mocket build`
#
# The libraries that the archive needs are listed once, in mocket.pc.
include_guard()
include(CMakeFindDependencyMacro)
find_dependency(PkgConfig)
get_filename_component(MOCKET_PREFIX "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

block(SCOPE_FOR VARIABLES PROPAGATE MOCKET_PKG_LDFLAGS MOCKET_PKG_FOUND)
    set(ENV{PKG_CONFIG_PATH} "${MOCKET_PREFIX}/lib/pkgconfig:$ENV{PKG_CONFIG_PATH}")
    pkg_check_modules(MOCKET_PKG REQUIRED mocket)
endblock()

# The archive by its path, which may have blanks.
list(FILTER MOCKET_PKG_LDFLAGS EXCLUDE REGEX "^-lmocket$|/pkgconfig/\\.\\./\\.\\./lib$")
find_package(Threads REQUIRED)
add_library(Mocket::mocket INTERFACE IMPORTED)
set_target_properties(Mocket::mocket PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${MOCKET_PREFIX}/include"
    INTERFACE_LINK_LIBRARIES "${MOCKET_PREFIX}/lib/libmocket.a;${MOCKET_PKG_LDFLAGS};Threads::Threads")

find_program(MOCKET_COMMAND mocket HINTS "${MOCKET_PREFIX}/bin" NO_CACHE DOC "the command mocket")

# mocket_add_wasm(TARGET source [OUTPUT file] [OPTIONS option...]): the app as wasm. OUTPUT: by default the source's
# name with .wasm, in the build folder. OPTIONS: passed to `mocket build`.
function(mocket_add_wasm target source)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "OUTPUT" "OPTIONS")
    if(NOT MOCKET_COMMAND)
        message(FATAL_ERROR "mocket_add_wasm(${target}): the command mocket was not found in ${MOCKET_PREFIX}/bin nor "
                            "on PATH; install it, or set MOCKET_COMMAND")
    endif()
    get_filename_component(name ${source} NAME_WE)
    if(NOT arg_OUTPUT)
        set(arg_OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}.wasm)
    endif()
    get_filename_component(source ${source} ABSOLUTE)
    add_custom_command(OUTPUT ${arg_OUTPUT} DEPENDS ${source} VERBATIM
        COMMAND ${MOCKET_COMMAND} build ${source} -o ${arg_OUTPUT} ${arg_OPTIONS})
    add_custom_target(${target} ALL DEPENDS ${arg_OUTPUT})
endfunction()
