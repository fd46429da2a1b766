# Adapters (hosts/adapter): hosts of the guest ABI that are WebAssembly themselves. Freestanding C for wasm32, made by the
# clang that makes the guest library.
include_guard()

mocket_glob(adapter_core hosts/adapter/core/*.c)
list(FILTER adapter_core EXCLUDE REGEX "/(shared_memory|preview1|moonbit)\\.c$") # which of them, an adapter says
set(MOCKET_ADAPTER_CORE ${adapter_core} CACHE INTERNAL "")
set(adapter_shared
    src/abi/fetch.c src/abi/head.c src/abi/request.c src/abi/words.c src/base/account.c src/base/arena.c src/base/buf.c
    src/base/escape.c src/base/span.c src/http/fields.c src/http/method.c src/http/reason.c src/http/url.c
    hosts/c/guest/handle.c)
list(TRANSFORM adapter_shared PREPEND ${PROJECT_SOURCE_DIR}/)
set(MOCKET_ADAPTER_SHARED ${adapter_shared} CACHE INTERNAL "")

# mocket_adapter(NAME OUTPUT file [SOURCES file...] [COMPILE flag...] [LINK flag...]): the core and these sources as one
# core module. SOURCES name the port, and shared_memory.c or own_memory.S, preview1.c and moonbit.c if it needs them.
function(mocket_adapter name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "OUTPUT" "SOURCES;COMPILE;LINK")
    set(objects)
    foreach(source IN LISTS MOCKET_ADAPTER_CORE MOCKET_ADAPTER_SHARED arg_SOURCES)
        file(RELATIVE_PATH path ${PROJECT_SOURCE_DIR} ${source})
        set(object ${PROJECT_BINARY_DIR}/adapter/${name}/${path}.o)
        get_filename_component(folder ${object} DIRECTORY)
        file(MAKE_DIRECTORY ${folder})
        set(flags ${MOCKET_WASM_CFLAGS} -Wno-unused-command-line-argument)
        if(path MATCHES "/libc\\.c$")
            list(APPEND flags -fno-builtin)
        endif()
        add_custom_command(
            OUTPUT ${object}
            COMMAND ${MOCKET_WASM_CC} ${flags} -ffreestanding -mbulk-memory -mmultivalue ${arg_COMPILE}
                    -I${PROJECT_SOURCE_DIR}/include -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=
                    -fdebug-prefix-map=${PROJECT_SOURCE_DIR}=/mocket -MD -MF ${object}.d -c ${source} -o ${object}
            DEPENDS ${source}
            DEPFILE ${object}.d
            COMMENT "adapter ${name} ${path}"
            VERBATIM)
        list(APPEND objects ${object})
    endforeach()
    add_custom_command(
        OUTPUT ${arg_OUTPUT}
        COMMAND ${MOCKET_WASM_CC} --target=wasm32-wasi -Wno-deprecated -nostdlib --no-wasm-opt ${objects}
                -o ${arg_OUTPUT} -Wl,--no-entry,--gc-sections,--strip-all ${arg_LINK}
        DEPENDS ${objects}
        COMMENT "adapter ${name}"
        VERBATIM)
    add_custom_target(adapter-${name} DEPENDS ${arg_OUTPUT})
endfunction()
