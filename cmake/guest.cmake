# The guest side: clang for wasm32-wasi beside the native compiler of the same build, one command per file.
include_guard()

if(DEFINED ENV{WASI_SDK_PATH})
    set(guest_paths "$ENV{WASI_SDK_PATH}/bin")
endif()
find_program(MOCKET_WASM_CC NAMES clang-22 clang-23 clang-24 clang-21 clang-20 clang-19 clang HINTS ${guest_paths}
             DOC "clang that compiles for wasm32-wasi")
find_program(MOCKET_WASM_AR NAMES llvm-ar-22 llvm-ar-23 llvm-ar-24 llvm-ar-21 llvm-ar-20 llvm-ar-19 llvm-ar
             HINTS ${guest_paths} DOC "llvm-ar")

# -Os: as fast as -O2 within what bench/run can tell, and a tenth smaller (hello.wasm: 42 KB, not 46). Sections, so that
# an app carries only what it calls. NDEBUG: assertions stand in functions that only tests call, but their name would
# bring stdio into every app. What only assertions use is unused then.
set(MOCKET_WASM_CFLAGS --target=wasm32-wasi -Wno-deprecated -std=c17 -D_GNU_SOURCE -Os -g -DNDEBUG -ffunction-sections
    -fdata-sections -fvisibility=hidden ${MOCKET_WARNINGS} -Wno-unused
    -Wno-unused-parameter -Werror CACHE STRING "" FORCE)

# WASI's headers and clang's own, never this system's: as in cli/clang.c. A WASI SDK searches no others.
if(EXISTS /usr/include/wasm32-wasi/stdio.h AND NOT DEFINED ENV{WASI_SDK_PATH})
    list(APPEND MOCKET_WASM_CFLAGS -nostdlibinc -idirafter /usr/include/wasm32-wasi)
endif()

# mocket_guest_archive(NAME OUTPUT file... ): compiles the files and archives the objects. Headers are followed.
function(mocket_guest_archive name output)
    # `make native` gets by without clang; whoever wants wasm is told when it is built.
    if(NOT MOCKET_WASM_CC OR NOT MOCKET_WASM_AR)
        add_custom_command(OUTPUT ${output} VERBATIM COMMAND ${CMAKE_COMMAND} -E echo
            "wasm needs clang 19 or later, lld, llvm-ar and wasi-libc, or WASI_SDK_PATH: tools/setup installs them"
            COMMAND ${CMAKE_COMMAND} -E false)
        add_custom_target(${name} DEPENDS ${output})
        return()
    endif()
    set(objects)
    foreach(source IN LISTS ARGN)
        file(RELATIVE_PATH path ${PROJECT_SOURCE_DIR} ${source})
        set(object ${PROJECT_BINARY_DIR}/wasm/objects/${path}.o)
        get_filename_component(folder ${object} DIRECTORY)
        file(MAKE_DIRECTORY ${folder})
        add_custom_command(
            OUTPUT ${object}
            COMMAND ${MOCKET_WASM_CC} ${MOCKET_WASM_CFLAGS} -I${PROJECT_SOURCE_DIR}/include -isystem ${MOCKET_YYJSON}
                    -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=
                    -fdebug-prefix-map=${PROJECT_SOURCE_DIR}=/mocket -fdebug-prefix-map=${MOCKET_YYJSON}=/yyjson
                    -MD -MF ${object}.d -c ${source} -o ${object}
            DEPENDS ${source}
            DEPFILE ${object}.d
            COMMENT "wasm ${path}"
            VERBATIM)
        list(APPEND objects ${object})
    endforeach()
    add_custom_command(
        OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -E rm -f ${output}
        COMMAND ${MOCKET_WASM_AR} qcs ${output} ${objects}
        DEPENDS ${objects}
        COMMENT "wasm ${name}"
        VERBATIM)
    add_custom_target(${name} DEPENDS ${output})
endfunction()

# mocket_guest_app(TARGET OUTPUT source [flag...]): an app as wasm, by `mocket build` like anybody's.
function(mocket_guest_app target output source)
    file(RELATIVE_PATH path ${PROJECT_BINARY_DIR} ${output})
    get_filename_component(folder ${output} DIRECTORY)
    file(MAKE_DIRECTORY ${folder})
    add_custom_command(
        OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -E env --unset=MOCKET_HOME
                $<TARGET_FILE:mocket-cli> build ${source} -o ${output} -Wall -Wextra ${ARGN}
        DEPENDS ${MOCKET_GUEST_LIBRARY} ${source} ${PROJECT_SOURCE_DIR}/include/mocket.h
                ${PROJECT_SOURCE_DIR}/cli/build.c
        COMMENT "wasm ${path}"
        VERBATIM)
    add_custom_target(${target} DEPENDS ${output})
    # In this order, but a new CLI alone is no reason to compile the app again.
    add_dependencies(${target} mocket-cli)
endfunction()
