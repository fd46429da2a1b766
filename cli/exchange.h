/* One HTTP exchange over a Unix socket, by libcurl. */
#ifndef MOCKET_CLI_EXCHANGE_H
#define MOCKET_CLI_EXCHANGE_H

#include <mocket.h>
#include <stdio.h>

#define CLI_EXCHANGE_HEADERS_MAX 100

struct cli_exchange {
    const char *socket; /* path */
    const char *method;
    const char *target;                            /* as it is sent: /path?query */
    const char *headers[CLI_EXCHANGE_HEADERS_MAX]; /* "Name: value"; each has the colon */
    size_t header_count;
    mocket_span body; /* ptr NULL: none */
    bool show_head;   /* write status line and headers too */
    FILE *out;
    /* the result: */
    int status;        /* of the answer; 0: there is none */
    int write_error;   /* errno of writing to out */
    char problem[256]; /* why the exchange failed; "": it did not */
};

/* Sends the request, and writes the answer to out as it arrives. */
void mocket__cli_exchange(struct cli_exchange *x);

#endif
