# cmake -DIN=file -DOUT=file.c -DNAME=name -P embed.cmake: the bytes of a file as `struct bundle_adapter NAME`.
file(READ ${IN} hex HEX)
string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUT} "#include \"cli/bundle/merged.h\"\n\nstatic const unsigned char bytes[] = {\n${bytes}\n};\n"
                  "const struct bundle_adapter ${NAME} = { bytes, sizeof bytes };\n")
