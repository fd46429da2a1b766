# Run by CPack on the staged files of each component: no debug information of the build machine and no build id, so that
# the same sources give the same bytes in every folder. Debug information of the guest library stays: it names files and
# lines in backtraces of apps.
file(GLOB programs ${CPACK_TEMPORARY_DIRECTORY}/*/usr/bin/mocket ${CPACK_TEMPORARY_DIRECTORY}/usr/bin/mocket)
file(GLOB archives ${CPACK_TEMPORARY_DIRECTORY}/*/usr/lib/libmocket.a ${CPACK_TEMPORARY_DIRECTORY}/usr/lib/libmocket.a)
foreach(file IN LISTS programs)
    execute_process(COMMAND $ENV{OBJCOPY} --strip-all --remove-section=.note.gnu.build-id --remove-section=.comment
                            ${file} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
foreach(file IN LISTS archives)
    execute_process(COMMAND $ENV{OBJCOPY} --strip-debug --enable-deterministic-archives ${file}
                    COMMAND_ERROR_IS_FATAL ANY)
endforeach()
