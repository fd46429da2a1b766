/* Component targets: an app is put into a template, a component that was made with the command
 * (tools/component-template). The app's module stays as it is, byte for byte, but for a start section
 * (src/wasm/start.h). */
#ifndef MOCKET_CLI_BUNDLE_COMPONENT_H
#define MOCKET_CLI_BUNDLE_COMPONENT_H

#include "../../src/base/buf.h"
#include "../../hosts/c/guest/app.h"

/* Exports that an app need not have. A function of the template stands in for each. */
#define BUNDLE_OPTIONAL_MAX 6

struct bundle_import {
    const char *module, *name, *type; /* type as in src/wasm/types.h */
};

struct bundle_component {
    const unsigned char *bytes;
    size_t len;
    size_t app_begin, app_end;           /* the section with the module in the app's place: the first module */
    unsigned char app_instance;          /* the index of the app's instance */
    size_t traits_at;                    /* where a padded number says what the app is: enum bundle_trait */
    const struct bundle_import *imports; /* what an app may import; the last one has no name */
    struct {
        const char *name;
        size_t at; /* of the instance's index, in the alias of this export */
    } optional[BUNDLE_OPTIONAL_MAX];
};

/* The templates. A build without clang for wasm has empty ones. */
extern const struct bundle_component bundle_component_wasi_http;     /* without an environment */
extern const struct bundle_component bundle_component_wasi_http_env; /* with wasi:cli/environment */
extern const struct bundle_component bundle_component_wasi_http3;    /* for wasi:http 0.3 */
extern const struct bundle_component bundle_component_wasi_http3_env;
extern const struct bundle_component bundle_component_wasi_server;
extern const struct bundle_component bundle_component_wasi_server_fetch; /* with wasi:http/outgoing-handler */

/* What an adapter has to know of an app: bits of enum app_trait. */
uint32_t bundle_app_traits(mocket_span app, const struct guest_app *facts);
/* Checks what the bytes of an app say of types: memory and exports. The app was read (guest_app_read). Returns 0, or
 * MOCKET_EINVAL with the reason appended to why. */
int bundle_app_check(mocket_span app, const struct guest_app *facts, struct mocket_buf *why);
/* The same, and checks that the component provides what the app imports. */
int bundle_component_check(const struct bundle_component *component, mocket_span app, const struct guest_app *facts,
                           struct mocket_buf *why);
/* Appends the component with the app in it. The status of out stores a failure. */
void bundle_component_splice(const struct bundle_component *component, mocket_span app, const struct guest_app *facts,
                             struct mocket_buf *out);

#endif
