#include "log.h"

#include "../core/log.h"

void port_log(int level, mocket_span line)
{
    wasi_log_write(level == ADAPTER_OUTPUT, adapter_log_written(level, line));
}
