/* Registering compression: the options, checked alike on every backend. */
#include "compress.h"

#define LEVEL 6
#define MIN_BYTES 1024

static const char *const *copy_types(mocket_app *app, const char *const *types)
{
    size_t count = 0;
    while (types && types[count])
        count++;
    const char **copy = types ? mocket_app_mem(app, (count + 1) * sizeof *copy) : NULL;
    for (size_t i = 0; copy && i < count; i++)
        copy[i] = mocket_app_text(app, types[i]);
    return copy;
}

void mocket_compress(mocket_app *app, const char *scope, const struct mocket_compress_opts *opts)
{
    struct mocket_compress_opts *o = mocket_app_mem(app, sizeof *o);
    if (!o)
        return;
    mocket_opts_read(o, sizeof *o, opts);
    if (o->level < 0 || o->level > 9)
        mocket_mistake(app, "mocket_compress: level must be 1 to 9");
    if (o->min_bytes < 0)
        mocket_mistake(app, "mocket_compress: min_bytes is below 0");
    o->level = o->level ? o->level : LEVEL;
    o->min_bytes = o->min_bytes ? o->min_bytes : MIN_BYTES;
    o->types = copy_types(app, o->types);
    mocket__compress_use(app, scope, o);
}
