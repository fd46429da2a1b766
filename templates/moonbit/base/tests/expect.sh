# expect STATUS TEXT METHOD PATH [OPTIONS...]: sends a request to app.wasm, without a socket, and compares the status
# and a part of the answer.
MOCKET=${MOCKET:-mocket}
failures=0

expect() {
    status=$1 text=$2
    shift 2
    answer=$("$MOCKET" fetch app.wasm -i "$@")
    case $answer in
    "HTTP/1.1 $status "*"$text"*) return ;;
    esac
    printf '%s: expected %s and %s, got:\n%s\n' "$*" "$status" "$text" "$answer" >&2
    failures=$((failures + 1))
}

finish() {
    [ "$failures" -eq 0 ] && echo "all tests passed"
}
