/* The address space and the memory mappings that the machine has for instances. */
#ifndef MOCKET_HOSTS_C_ENGINE_ROOM_H
#define MOCKET_HOSTS_C_ENGINE_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether len bytes of address space can be had in one piece now. Nothing stays reserved. */
bool room_address(uint64_t len);

/* The same of memory that may be written: `ulimit -d` and strict overcommit bound it. */
bool room_data(uint64_t len);

/* How many instances of maps_each mappings fit under the process's limit, half of which is left to everything else. */
uint32_t room_mappings(uint32_t maps_each);

#endif
