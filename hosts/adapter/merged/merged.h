/* What a port of a merged adapter owes beside core/port.h. */
#ifndef MOCKET_HOSTS_ADAPTER_MERGED_MERGED_H
#define MOCKET_HOSTS_ADAPTER_MERGED_MERGED_H

/* The app has called exit. Answers 500 to a request that is not answered yet; the instance ends then. */
void port_exited(void);

#endif
