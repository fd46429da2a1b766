/* What compiled code may expect of the processor. */
#ifndef MOCKET_HOSTS_C_ENGINE_CPU_H
#define MOCKET_HOSTS_C_ENGINE_CPU_H

#include "../../../src/base/buf.h"

/* Appends a text that differs between two processors whose instructions differ. */
void cpu_describe(struct mocket_buf *out);

#endif
