# cmake -DFOLDER=folder -DOUT=file.c -P templates.cmake: the files below the folder as the table mocket__cli_templates
# (cli/template.h). A name that begins with `dot.` stands for a hidden file.
file(GLOB_RECURSE files RELATIVE ${FOLDER} ${FOLDER}/*)
list(SORT files)
set(arrays "")
set(rows "")
set(count 0)
foreach(name IN LISTS files)
    file(READ ${FOLDER}/${name} hex HEX)
    string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(REPLACE "/dot." "/." path "/${name}")
    string(SUBSTRING "${path}" 1 -1 path)
    string(APPEND arrays "static const unsigned char file${count}[] = {\n${bytes}\n};\n")
    string(APPEND rows "    { \"${path}\", (const char *)file${count}, sizeof file${count} },\n")
    math(EXPR count "${count} + 1")
endforeach()
file(WRITE ${OUT} "#include \"cli/template.h\"\n\n${arrays}const struct cli_template mocket__cli_templates[] = {\n"
                  "${rows}    { NULL, NULL, 0 },\n};\n")
