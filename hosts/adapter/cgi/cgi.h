/* The one request of a run: CGI/1.1 (RFC 3875) by environment, standard input and standard output. */
#ifndef MOCKET_HOSTS_ADAPTER_CGI_CGI_H
#define MOCKET_HOSTS_ADAPTER_CGI_CGI_H

#include "../core/port.h"

/*     UNANSWERED -> ANSWERED (the head was written) -> FAILED (the server takes no more, or the body was cut) */
enum cgi_output { CGI_UNANSWERED, CGI_ANSWERED, CGI_FAILED };

struct cgi {
    int64_t left;   /* bytes of the body that are still to be read; -1: up to the end of standard input */
    bool malformed; /* CONTENT_LENGTH is not a number */
    bool readable;  /* port_wait has seen that standard input can be read */
    enum cgi_output output;
};

/* The run's request; its port data is the struct cgi. */
struct cgi *cgi_here(void);

/* Fills the message from the environment. False: this is not CGI, no request is described. */
bool cgi_request_read(struct adapter_exchange *x, struct cgi *c);

/* Writes a head and a whole body of the adapter's own. */
void cgi_answer_write(struct cgi *c, int status);

#endif
