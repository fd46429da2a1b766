# The manual page and the completions of shells, which the command prints from its tables. A command for another machine
# cannot run here, so a build for one has none.
include_guard()
if(NOT CMAKE_CROSSCOMPILING)
    set(pages ${PROJECT_BINARY_DIR}/pages)
    file(MAKE_DIRECTORY ${pages})
    add_custom_command(
        OUTPUT ${pages}/mocket.1 ${pages}/mocket.bash ${pages}/_mocket ${pages}/mocket.fish
        COMMAND mocket-cli help --man > ${pages}/mocket.1
        COMMAND mocket-cli help --completions bash > ${pages}/mocket.bash
        COMMAND mocket-cli help --completions zsh > ${pages}/_mocket
        COMMAND mocket-cli help --completions fish > ${pages}/mocket.fish
        DEPENDS mocket-cli
        COMMENT "manual page and completions"
        VERBATIM)
    add_custom_target(pages DEPENDS ${pages}/mocket.1)
    install(FILES ${pages}/mocket.1 DESTINATION share/man/man1 OPTIONAL)
    install(FILES ${pages}/mocket.bash DESTINATION share/bash-completion/completions RENAME mocket OPTIONAL)
    install(FILES ${pages}/_mocket DESTINATION share/zsh/site-functions OPTIONAL)
    install(FILES ${pages}/mocket.fish DESTINATION share/fish/vendor_completions.d OPTIONAL)
else()
    add_custom_target(pages)
endif()
