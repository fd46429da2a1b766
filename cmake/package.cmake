# Two Debian packages, written by tools/package: `mocket` (the component `command`) and `libmocket-dev` (the component
# `library`). The time of every file in them is SOURCE_DATE_EPOCH.
include_guard()
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL command library)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/strip.cmake)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_BINARY_DIR}/cpack_objcopy.cmake)
file(WRITE ${PROJECT_BINARY_DIR}/cpack_objcopy.cmake "set(ENV{OBJCOPY} ${CMAKE_OBJCOPY})\n")
# The project has no address for mail: SECURITY.md says where reports go.
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "The maintainers of Mocket")
set(CPACK_DEBIAN_PACKAGE_SECTION web)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME mocket)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_COMMAND_PACKAGE_RECOMMENDS procps) # kill, for `systemctl reload`
# What `mocket build` runs; serving needs none of it.
set(CPACK_DEBIAN_COMMAND_PACKAGE_SUGGESTS "clang-22, lld-22, libclang-rt-22-dev-wasm32, wasi-libc, nodejs")
set(CPACK_DEBIAN_COMMAND_DESCRIPTION "web framework: one app, native or WebAssembly
The command mocket builds web apps in C or MoonBit to WebAssembly, serves them in a sandbox, and bundles them for \
JavaScript engines and for hosts of wasi:http. libmocket-dev has the library for native servers.")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libmocket-dev)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION "web framework: library for native servers
The static library with its files for pkg-config and CMake. The header is in the package mocket.")
# The libraries of the archive, as tools/setup installs them.
file(READ tools/packages.txt needed)
string(REGEX MATCHALL "\nnative +[^ ]+-dev " needed "${needed}")
list(TRANSFORM needed REPLACE "\nnative +([^ ]+) " "\\1")
list(REMOVE_ITEM needed libc6-dev)
list(JOIN needed ", " needed)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS "mocket (= ${PROJECT_VERSION}), ${needed}")
include(CPack)
