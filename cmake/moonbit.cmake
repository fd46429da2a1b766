# The MoonBit reference app and the twins of the contract's apps, for wasm and wasm-gc. ON only where the packaged compiler
# lies in the cache already (tools/setup-moonbit puts it there): a build fetches nothing, and needs no Node without it.
execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/setup-moonbit --find
    OUTPUT_VARIABLE MOCKET_MOONBIT_HOME OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE moonbit_missing ERROR_QUIET)
if(moonbit_missing)
    set(moonbit_default OFF)
else()
    set(moonbit_default ON)
endif()
option(MOCKET_MOONBIT "Build the MoonBit guests" ${moonbit_default})

if(MOCKET_MOONBIT)
    file(GLOB_RECURSE moonbit_sources CONFIGURE_DEPENDS
        ${CMAKE_SOURCE_DIR}/bindings/moonbit/*.mbt ${CMAKE_SOURCE_DIR}/bindings/moonbit/*/moon.pkg
        ${CMAKE_SOURCE_DIR}/tools/moonbit/*.mjs)
    set(moonbit_outputs)
    foreach(end "" "-gc")
        list(APPEND moonbit_outputs ${CMAKE_BINARY_DIR}/examples/moonbit-routes${end}.wasm)
        file(GLOB moonbit_twins CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bindings/moonbit/reference/contract/*)
        foreach(twin ${moonbit_twins})
            get_filename_component(name ${twin} NAME)
            list(APPEND moonbit_outputs ${CMAKE_BINARY_DIR}/contract/moonbit/${name}${end}.wasm)
        endforeach()
    endforeach()
    add_custom_command(OUTPUT ${moonbit_outputs}
        COMMAND ${CMAKE_SOURCE_DIR}/tools/moonbit-examples ${CMAKE_BINARY_DIR}
        DEPENDS ${moonbit_sources} ${CMAKE_SOURCE_DIR}/tools/moonbit-examples
        COMMENT "MoonBit guests" VERBATIM)
    add_custom_target(moonbit ALL DEPENDS ${moonbit_outputs})
    add_custom_target(moonbit-check DEPENDS ${moonbit_outputs}
        COMMAND ${CMAKE_COMMAND} -E env GUESTS=${CMAKE_BINARY_DIR}/examples
            ${MOCKET_MOONBIT_HOME}/bin/node --test ${CMAKE_SOURCE_DIR}/bindings/moonbit/test/backend.test.mjs)
endif()
