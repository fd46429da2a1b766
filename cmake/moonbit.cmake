# The MoonBit reference app and the twins of the contract's apps, for wasm and wasm-gc. Only where the packaged
# compiler lies
# in the cache already (tools/setup-moonbit puts it there): a build fetches nothing, and needs no Node without it. No
# part of
# what `make` builds: tests and measurements that need the guests ask for them.
include_guard()
set(MOCKET_MOONBIT AUTO CACHE STRING "MoonBit guests: ON, OFF, or AUTO, where tools/setup-moonbit has been run")
execute_process(COMMAND ${PROJECT_SOURCE_DIR}/tools/setup-moonbit --find
                OUTPUT_VARIABLE moonbit_home OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE moonbit_missing
                    ERROR_QUIET)
if(NOT MOCKET_MOONBIT OR (MOCKET_MOONBIT STREQUAL AUTO AND moonbit_missing))
    return()
endif()

set(moonbit_reference ${PROJECT_SOURCE_DIR}/bindings/moonbit/reference)
file(GLOB_RECURSE moonbit_sources CONFIGURE_DEPENDS
     ${PROJECT_SOURCE_DIR}/bindings/moonbit/*.mbt ${moonbit_reference}/*.pkg ${moonbit_reference}/*.mod
     ${PROJECT_SOURCE_DIR}/tools/moonbit/*.mjs)
file(GLOB moonbit_twins CONFIGURE_DEPENDS ${moonbit_reference}/contract/*)

# One command for each target: the framework is compiled once in it.
set(moonbit_guests)
foreach(target wasm wasm-gc)
    string(REPLACE "wasm" "" end ${target})
    set(outputs ${PROJECT_BINARY_DIR}/examples/moonbit-routes${end}.wasm
        ${PROJECT_BINARY_DIR}/examples/moonbit-realtime${end}.wasm
        ${PROJECT_BINARY_DIR}/abi/moonbit-mirror${end}.wasm)
    foreach(twin IN LISTS moonbit_twins)
        get_filename_component(name ${twin} NAME)
        list(APPEND outputs ${PROJECT_BINARY_DIR}/contract/moonbit/${name}${end}.wasm)
    endforeach()
    add_custom_command(OUTPUT ${outputs}
        COMMAND ${PROJECT_SOURCE_DIR}/tools/moonbit-examples --target ${target} ${PROJECT_BINARY_DIR}
        DEPENDS ${moonbit_sources} ${PROJECT_SOURCE_DIR}/tools/moonbit-examples
        COMMENT "MoonBit guests for ${target}" VERBATIM)
    list(APPEND moonbit_guests ${outputs})
endforeach()
add_custom_target(moonbit DEPENDS ${moonbit_guests})
add_dependencies(contract-apps moonbit)
add_dependencies(moonbit wasm-abi-mirror)
add_dependencies(bench-apps moonbit)
