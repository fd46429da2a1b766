/* Templates that do not get in each other's way; those that would have an app of their own (template_*.c). */
#include "template.h"

int main(void)
{
    static const char *const templates[] = {
        "/api/:v/users/:id/posts/:p/comments/*",
        "/api/v1/**",
        "/files/*",
        "/a/**/z",
        "/s/**",
        "/search/:q",
        "/mid/**/x/:id",
        "/open/**/",
        "/both/:a/*",
        "/e//:x//y",
    };
    mocket_app *app = mocket_new();
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
        mocket_on(app, "GET", templates[i], show, (void *)templates[i]);
    return mocket_listen(app, ":4000");
}
