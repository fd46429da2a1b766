/* wasi:http's error-code, whose cases have the same order in 0.2 and 0.3. */
#ifndef MOCKET_HOSTS_ADAPTER_WASI_ERROR_CODE_H
#define MOCKET_HOSTS_ADAPTER_WASI_ERROR_CODE_H

/* The MOCKET_E... code for a case. */
int wasi_error_code(unsigned which);
#define WASI_INTERNAL_ERROR 38u /* the case internal-error */

#endif
