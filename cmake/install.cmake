# What `make install` and the packages contain, in two components: `command` (the program, the header, the guest library
# where `mocket build` looks, the package for JavaScript engines that `mocket bundle` copies from, the MoonBit sources
# that an app's author copies, man pages, documents, a systemd unit) and `library` (native apps: archive, pkg-config,
# CMake). Every place is relative to the prefix, because the program finds its parts relative to itself.
include_guard()
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME command)
set(CMAKE_INSTALL_MESSAGE NEVER) # tools/installed names the place and the number of files

install(TARGETS mocket-cli RUNTIME DESTINATION bin)
install(FILES include/mocket.h include/mocket_abi.h DESTINATION include)
install(FILES include/mocket.h include/mocket_abi.h DESTINATION lib/mocket/include) # for `mocket build`: cli/home.c
if(MOCKET_WASM)
    install(FILES ${MOCKET_GUEST_LIBRARY} DESTINATION lib/mocket/wasm32 OPTIONAL)
endif()
install(PROGRAMS tools/moonbit-build tools/setup-moonbit DESTINATION lib/mocket/tools)
install(DIRECTORY tools/moonbit DESTINATION lib/mocket/tools)
install(DIRECTORY hosts/js/src hosts/js/bundles hosts/js/types hosts/js/bin DESTINATION share/mocket/js
        USE_SOURCE_PERMISSIONS)
install(FILES hosts/js/package.json hosts/js/README.md LICENSE DESTINATION share/mocket/js)
install(FILES bindings/moonbit/README.md bindings/moonbit/mocket_exports.mbt DESTINATION share/mocket/moonbit)
install(DIRECTORY bindings/moonbit/backend DESTINATION share/mocket/moonbit)
foreach(part mocket cors header http standin) # the framework that apps of `mocket new --moonbit` import
    install(DIRECTORY bindings/moonbit/reference/${part} DESTINATION share/mocket/moonbit/reference)
endforeach()
install(FILES bindings/moonbit/reference/moon.mod DESTINATION share/mocket/moonbit/reference)

# ---- For native apps ----
install(TARGETS mocket ARCHIVE DESTINATION lib COMPONENT library)
set(MOCKET_PC_INCLUDE "\${prefix}/include")
set(MOCKET_PC_LIB "\${prefix}/lib")
configure_file(cmake/mocket.pc.in ${PROJECT_BINARY_DIR}/mocket.pc @ONLY)
string(REPLACE " " "\\ " MOCKET_PC_INCLUDE "${PROJECT_SOURCE_DIR}/include")
string(REPLACE " " "\\ " MOCKET_PC_LIB "${PROJECT_BINARY_DIR}")
configure_file(cmake/mocket.pc.in ${PROJECT_BINARY_DIR}/pkgconfig/mocket.pc @ONLY) # of the tree itself
install(FILES ${PROJECT_BINARY_DIR}/mocket.pc DESTINATION lib/pkgconfig COMPONENT library)
include(CMakePackageConfigHelpers)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/MocketConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/MocketConfig.cmake ${PROJECT_BINARY_DIR}/MocketConfigVersion.cmake DESTINATION lib/cmake/Mocket
        COMPONENT library)

# ---- Documents: links between them hold, because the folders keep their places ----
install(FILES README.md ARCHITECTURE.md STYLE.md CHANGELOG.md LICENSE DESTINATION share/doc/mocket)
file(GLOB papers CONFIGURE_DEPENDS CONTRIBUTING.md SECURITY.md RELEASING.md THIRD-PARTY.md)
install(FILES ${papers} DESTINATION share/doc/mocket)
install(DIRECTORY docs examples DESTINATION share/doc/mocket)
install(FILES packaging/debian/copyright DESTINATION share/doc/mocket)
install(FILES packaging/debian/copyright DESTINATION share/doc/libmocket-dev COMPONENT library)
install(DIRECTORY packaging/container DESTINATION share/doc/mocket/packaging)
install(FILES packaging/systemd/mocket@.service DESTINATION lib/systemd/system)

include(cmake/package.cmake)
