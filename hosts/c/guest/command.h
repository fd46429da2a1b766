/* Recognises a C program that was linked as a command instead of a reactor. */
#ifndef MOCKET_HOSTS_C_GUEST_COMMAND_H
#define MOCKET_HOSTS_C_GUEST_COMMAND_H

#include "../../../src/base/buf.h"

/* Whether every export of this valid module that takes part in serving runs the program's constructors and destructors.
 * imported: how many functions it imports, which come first in the numbering of functions. */
bool guest_is_wrapped_command(mocket_span wasm, uint32_t imported);
/* Appends why such a module is refused. Returns MOCKET_EINVAL. */
int guest_command_refuse(struct mocket_buf *why);

#endif
