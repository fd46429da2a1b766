/* Plain loops over what registration made; nothing here runs while an app serves. */
#include "describe.h"

#include "../base/span.h"

static void add_text(struct mocket_buf *to, mocket_span text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        char escape[3] = { '%', digits[c >> 4], digits[c & 15] };
        bool control = c < 0x20 || c == 0x7f;
        mocket__buf_span(to, control ? (mocket_span){ escape, 3 } : mocket__span_slice(text, i, i + 1));
    }
    mocket__buf_text(to, "\t");
}

static void add_handler(struct mocket_buf *to, mocket_handler *fn)
{
    mocket__buf_decimal(to, (uint64_t)(uintptr_t)fn);
    mocket__buf_text(to, "\n");
}

void mocket__app_describe(const mocket_app *app, struct mocket_buf *text)
{
    const struct mocket_root *root = app->root;
    for (const struct mocket_route *r = root->router.first; r; r = r->next_registered) {
        mocket__buf_text(text, "route\t");
        add_text(text, r->method);
        add_text(text, r->template);
        add_handler(text, r->fn);
    }
    for (size_t i = 0; i < root->middleware_count; i++) {
        mocket__buf_text(text, "use\t");
        add_text(text, root->middlewares[i].raw);
        add_handler(text, root->middlewares[i].fn);
    }
}
