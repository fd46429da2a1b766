/* Texts with a few words in them. Values are written as strings of the format, with what has a meaning there escaped:
 * TOML and YAML agree on backslashes, quotes and \uXXXX. */
#include "manifest.h"

#include <stdbool.h>

#include "../../src/base/span.h"

#define MANIFEST_NAME(name, ...) name,
#define MANIFEST_FILE(name, file, use) file,
#define MANIFEST_USE(name, file, use) use,
const char *const bundle_manifest_names[] = { BUNDLE_MANIFESTS(MANIFEST_NAME) NULL };
static const char *const files[] = { BUNDLE_MANIFESTS(MANIFEST_FILE) };
static const char *const uses[] = { BUNDLE_MANIFESTS(MANIFEST_USE) };

enum { SPIN, WASMCLOUD };

const char *bundle_manifest_file(int64_t which)
{
    return files[which];
}

const char *bundle_manifest_use(int64_t which)
{
    return uses[which];
}

static void put_string(struct mocket_buf *out, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    mocket__buf_text(out, "\"");
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        char escaped[] = { '\\', 'u', '0', '0', digits[c >> 4], digits[c & 15] };
        if (c < 0x20 || c == 0x7f)
            mocket__buf_add(out, escaped, sizeof escaped);
        else if (c == '"' || c == '\\')
            mocket__buf_add(out, (char[]){ '\\', *text }, 2);
        else
            mocket__buf_add(out, text, 1);
    }
    mocket__buf_text(out, "\"");
}

/* `key = "value"` or `key: "value"` on a line of its own. */
static void put_row(struct mocket_buf *out, const char *key, const char *value)
{
    if (!value)
        return;
    mocket__buf_text(out, key);
    put_string(out, value);
    mocket__buf_text(out, "\n");
}

static void write_spin(const struct bundle_manifest *m, struct mocket_buf *out)
{
    mocket__buf_text(out, "# Made by `mocket bundle`.\nspin_manifest_version = 2\n\n[application]\n");
    put_row(out, "name = ", m->name);
    put_row(out, "version = ", m->metadata->version ? m->metadata->version : "0.1.0");
    put_row(out, "description = ", m->metadata->description);
    mocket__buf_text(out, "\n[[trigger.http]]\nroute = \"/...\"\n");
    put_row(out, "component = ", m->name);
    mocket__buf_text(out, "\n[component.");
    mocket__buf_text(out, m->name); /* small letters, digits and `-` */
    mocket__buf_text(out, "]\n");
    put_row(out, "source = ", m->component);
    if (m->fetches)
        mocket__buf_text(out,
                         "# The app sends requests: name the servers, as in [\"https://api.example.com\"].\n"
                         "allowed_outbound_hosts = []\n");
}

static void write_wasmcloud(const struct bundle_manifest *m, struct mocket_buf *out)
{
    mocket__buf_text(out,
                     "# Made by `mocket bundle`. Push the component first, and write where it is to `image`:\n"
                     "#     wkg oci push ghcr.io/OWNER/");
    mocket__buf_text(out, m->name);
    mocket__buf_text(out, ":");
    mocket__buf_text(out, m->metadata->version ? m->metadata->version : "0.1.0");
    mocket__buf_text(out, " ");
    mocket__buf_text(out, m->component);
    mocket__buf_text(out, "\napiVersion: runtime.wasmcloud.dev/v1alpha1\nkind: WorkloadDeployment\nmetadata:\n");
    put_row(out, "  name: ", m->name);
    mocket__buf_text(out, "spec:\n  replicas: 1\n  template:\n    spec:\n      components:\n");
    put_row(out, "        - name: ", m->name);
    mocket__buf_text(out, "          image: \"ghcr.io/OWNER/");
    mocket__buf_text(out, m->name);
    mocket__buf_text(out, ":");
    mocket__buf_text(out, m->metadata->version ? m->metadata->version : "0.1.0");
    mocket__buf_text(out,
                     "\"\n      hostInterfaces:\n"
                     "        - namespace: wasi\n          package: http\n          interfaces:\n"
                     "            - incoming-handler\n");
    if (m->fetches)
        mocket__buf_text(out, "            - outgoing-handler\n");
    mocket__buf_text(out, "          config:\n            host: localhost\n");
}

void bundle_manifest_write(int64_t which, const struct bundle_manifest *m, struct mocket_buf *out)
{
    if (which == SPIN)
        write_spin(m, out);
    else
        write_wasmcloud(m, out);
}
