# Adapters (hosts/adapter): hosts of the guest ABI that are WebAssembly themselves. Freestanding C for wasm32, compiled
# by the clang of the guest library.
include_guard()

mocket_glob(adapter_core hosts/adapter/core/*.c)
list(FILTER adapter_core EXCLUDE REGEX "/(shared_memory|preview1|moonbit)\\.c$") # which of them, an adapter says
set(MOCKET_ADAPTER_CORE ${adapter_core} CACHE INTERNAL "")
set(adapter_shared
    src/abi/fetch.c src/abi/head.c src/abi/request.c src/abi/words.c src/base/account.c src/base/arena.c src/base/buf.c
    src/base/escape.c src/base/span.c src/http/fields.c src/http/method.c src/http/reason.c src/http/redirect.c
    src/http/byte.c src/http/url.c src/http/message.c hosts/c/guest/handle.c)
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

# ---- Templates of component targets: linked with the command ----

find_package(Python3 COMPONENTS Interpreter)

# mocket_component_template(NAME adapter.wasm world.wit [argument...]): sets NAME_template to a C file with the
# template. Without clang the file says that there is none.
function(mocket_component_template name adapter world)
    set(out ${PROJECT_BINARY_DIR}/adapter/${name}_template.c)
    set(${name}_template ${out} PARENT_SCOPE)
    if(NOT MOCKET_WASM OR NOT MOCKET_WASM_CC OR NOT Python3_FOUND)
        file(WRITE ${out} "#include \"cli/bundle/component.h\"\n"
             "const struct bundle_component bundle_component_${name} = { .len = 0 };\n")
        return()
    endif()
    mocket_glob(tables hosts/c/guest/wasi*.c hosts/c/guest/moonbit.c)
    set(tool ${PROJECT_SOURCE_DIR}/tools/component-template)
    add_custom_command(
        OUTPUT ${out}
        COMMAND ${Python3_EXECUTABLE} -B ${tool} --world ${world} --adapter ${adapter} --name ${name} --c ${out}
                --wasm ${PROJECT_BINARY_DIR}/adapter/${name}.template.wasm ${ARGN}
        DEPENDS ${tool} ${PROJECT_SOURCE_DIR}/tools/component.py ${PROJECT_SOURCE_DIR}/tools/wasm.py
                ${PROJECT_SOURCE_DIR}/tools/wit.py ${PROJECT_SOURCE_DIR}/tools/abi.py ${world} ${adapter} ${tables}
                ${PROJECT_SOURCE_DIR}/include/mocket_abi.h
        COMMENT "template ${name}"
        VERBATIM)
endfunction()

set(wasi_server ${PROJECT_BINARY_DIR}/adapter/wasi_server.wasm)
set(wasi_http ${PROJECT_BINARY_DIR}/adapter/wasi_http.wasm)
set(wasi_http3 ${PROJECT_BINARY_DIR}/adapter/wasi_http3.wasm)
if(MOCKET_WASM AND MOCKET_WASM_CC)
    mocket_glob(wasi hosts/adapter/wasi/*.c hosts/adapter/core/own_memory.S hosts/adapter/core/preview1.c
                hosts/adapter/core/moonbit.c)
    # hosts/adapter/wasi/version.h: each adapter names the version of WASI that it is for.
    mocket_glob(http hosts/adapter/wasi_http/*.c hosts/adapter/wasi2/*.c)
    mocket_adapter(wasi_http OUTPUT ${wasi_http} SOURCES ${http} ${wasi} COMPILE -DWASI_MINOR=2
                   LINK -Wl,--import-memory,--stack-first,-z,stack-size=16384)
    mocket_glob(http3 hosts/adapter/wasi_http3/*.c)
    mocket_adapter(wasi_http3 OUTPUT ${wasi_http3} SOURCES ${http3} ${wasi} COMPILE -DWASI_MINOR=3
                   LINK -Wl,--import-memory,--stack-first,-z,stack-size=16384)
    # llhttp calls by pointer: its functions are in the table behind those that the app imports.
    mocket_glob(server hosts/adapter/wasi_server/*.c hosts/adapter/wasi2/*.c src/wire/h1_*.c src/http/date.c)
    mocket_adapter(wasi_server OUTPUT ${wasi_server} SOURCES ${server} ${wasi}
                   COMPILE -DWASI_MINOR=2 -isystem ${MOCKET_LLHTTP} -isystem ${MOCKET_LLHTTP_INCLUDE}
                   LINK -Wl,--import-memory,--stack-first,--table-base=128,-z,stack-size=32768)
endif()
set(world ${PROJECT_SOURCE_DIR}/hosts/adapter/wasi_http/world.wit)
mocket_component_template(wasi_http ${wasi_http} ${world} --without wasi:cli/environment@0.2.0)
mocket_component_template(wasi_http_env ${wasi_http} ${world})
set(world ${PROJECT_SOURCE_DIR}/hosts/adapter/wasi_http3/world.wit)
mocket_component_template(wasi_http3 ${wasi_http3} ${world} --without wasi:cli/environment@0.3.0)
mocket_component_template(wasi_http3_env ${wasi_http3} ${world})
set(world ${PROJECT_SOURCE_DIR}/hosts/adapter/wasi_server/world.wit)
mocket_component_template(wasi_server ${wasi_server} ${world}
                          --without wasi:http/types@0.2.0 --without wasi:http/outgoing-handler@0.2.0)
mocket_component_template(wasi_server_fetch ${wasi_server} ${world})
set(MOCKET_TEMPLATES ${wasi_http_template} ${wasi_http_env_template} ${wasi_http3_template}
    ${wasi_http3_env_template} ${wasi_server_template} ${wasi_server_fetch_template})

# ---- Adapters that are merged into the app's module: linked with the command ----

# mocket_merged_adapter(NAME base source...): an adapter whose memory begins at the address base, above the app's, and
# in NAME_adapter a C file with its bytes. Without clang the file says that there is none.
function(mocket_merged_adapter name base)
    set(out ${PROJECT_BINARY_DIR}/adapter/${name}_adapter.c)
    set(wasm ${PROJECT_BINARY_DIR}/adapter/${name}.wasm)
    set(${name}_adapter ${out} PARENT_SCOPE)
    if(NOT MOCKET_WASM OR NOT MOCKET_WASM_CC)
        file(WRITE ${out} "#include \"cli/bundle/merged.h\"\n"
             "const struct bundle_adapter bundle_adapter_${name} = { .len = 0 };\n")
        return()
    endif()
    mocket_glob(sources hosts/adapter/merged/surroundings.c hosts/adapter/merged/output.c
                hosts/adapter/merged/moonbit_fs.S hosts/adapter/core/shared_memory.c hosts/adapter/core/moonbit.c
                hosts/adapter/${name}/*.c ${ARGN})
    mocket_adapter(${name} OUTPUT ${wasm} SOURCES ${sources} COMPILE -mreference-types
                   LINK -Wl,--no-stack-first,--global-base=${base},--export=__global_base,-z,stack-size=65536)
    set(embed ${PROJECT_SOURCE_DIR}/cmake/embed.cmake)
    add_custom_command(
        OUTPUT ${out}
        COMMAND ${CMAKE_COMMAND} -DIN=${wasm} -DOUT=${out} -DNAME=bundle_adapter_${name} -P ${embed}
        DEPENDS ${wasm} ${embed}
        VERBATIM)
endfunction()

mocket_merged_adapter(cgi 268435456 hosts/adapter/merged/no_fetch.c) # 256 MiB for the app, as under `mocket serve`
mocket_merged_adapter(fastly 100663296) # 96 MiB of the 128 MiB that the platform gives an instance
list(APPEND MOCKET_TEMPLATES ${cgi_adapter} ${fastly_adapter})
