# What the wasm engine needs: a Rust compiler to build it, or an installed C API. tools/setup and tools/build-engine
# source this file.
#   find_rust   true when one was found; sets rust_folder (holds rustc and cargo) and rust_version.
#               Otherwise false; rust_version is that of the first older compiler, or "none".
#   MOCKET_RUST=DIR:DIR   folders to search (default: PATH, then ~/.cargo/bin, then /usr/bin)
rust_need=1.95
api_need=48.0.5 # of an installed C API: 48.0.4 corrected corruption of the host's heap by guests

# at_least VERSION MINIMUM: compares whole versions, number by number.
at_least() {
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

find_rust() {
    rust_version=none
    rust_rest=${MOCKET_RUST:-$PATH:${HOME:-/nonexistent}/.cargo/bin:/usr/bin}:
    while [ -n "$rust_rest" ]; do
        rust_folder=${rust_rest%%:*}
        rust_rest=${rust_rest#*:}
        [ -x "$rust_folder/rustc" ] && [ -x "$rust_folder/cargo" ] || continue
        rust_found=$("$rust_folder/rustc" --version 2>/dev/null | cut -d' ' -f2 || true)
        [ -n "$rust_found" ] || continue
        if at_least "$rust_found" "$rust_need"; then
            rust_version=$rust_found
            return 0
        fi
        [ "$rust_version" != none ] || rust_version=$rust_found
    done
    rust_folder=
    return 1
}
