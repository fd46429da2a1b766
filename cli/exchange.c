/* libcurl sends exactly what the caller says, with Host: localhost unless a header replaces it. It adds no Expect. A
 * Content-Type comes by -H only, because a guessed type would hide an app's mistake. */
#include "exchange.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>

#include "../src/base/buf.h"

static size_t on_body(char *bytes, size_t one, size_t len, void *arg)
{
    struct cli_exchange *x = arg;
    (void)one;
    if (fwrite(bytes, 1, len, x->out) == len && fflush(x->out) == 0)
        return len;
    x->write_error = errno;
    return 0; /* ends the exchange with an error */
}

static size_t on_head(char *bytes, size_t one, size_t len, void *arg)
{
    return ((struct cli_exchange *)arg)->show_head ? on_body(bytes, one, len, arg) : len;
}

/* A header without a value is "Name;" in libcurl, where "Name:" removes the header. False: no memory. */
static bool add_header(struct curl_slist **list, const char *line)
{
    struct mocket_buf form = { 0 };
    size_t name_len = strcspn(line, ":");
    if (line[name_len + 1 + strspn(line + name_len + 1, " \t")] == '\0') {
        mocket__buf_span(&form, (mocket_span){ line, name_len });
        mocket__buf_span(&form, (mocket_span){ ";", 2 }); /* with the NUL */
        line = form.ptr;
    }
    struct curl_slist *longer = mocket__buf_status(&form) == 0 ? curl_slist_append(*list, line) : NULL;
    *list = longer ? longer : *list;
    mocket__buf_release(&form);
    return longer;
}

static struct curl_slist *make_headers(const struct cli_exchange *x, bool *complete)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* this form removes it */
    *complete = list && curl_slist_append(list, "Content-Type:");
    for (size_t i = 0; *complete && i < x->header_count; i++)
        *complete = add_header(&list, x->headers[i]);
    return list;
}

static void set_request(CURL *curl, const struct cli_exchange *x)
{
    curl_easy_setopt(curl, CURLOPT_URL, "http://localhost/");
    curl_easy_setopt(curl, CURLOPT_REQUEST_TARGET, x->target);
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, x->socket);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    if (x->body.ptr) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, x->body.ptr);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body.len);
    }
    if (strcmp(x->method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, x->method);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, x);
}

void mocket__cli_exchange(struct cli_exchange *x)
{
    bool complete;
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = make_headers(x, &complete);
    x->status = 0;
    snprintf(x->problem, sizeof x->problem, "out of memory");
    if (curl && complete) {
        char agent[64];
        long status = 0;
        snprintf(agent, sizeof agent, "mocket/%s", mocket_version());
        set_request(curl, x);
        curl_easy_setopt(curl, CURLOPT_USERAGENT, agent);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        CURLcode rc = curl_easy_perform(curl);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        x->status = (int)status;
        const char *why = x->write_error ? strerror(x->write_error) : curl_easy_strerror(rc);
        snprintf(x->problem, sizeof x->problem, "%s", rc == CURLE_OK ? "" : why);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
}
