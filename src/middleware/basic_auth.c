/* Basic authentication (RFC 7617): name and password with each request, in base64, so it needs TLS around it. A wrong
 * pair is compared with all users completely, so the time of a refusal reveals nothing. */
#include <mocket.h>

#include <string.h>

static const char user_key;

struct basic {
    struct mocket_basic_auth_opts opts;
    size_t user_count;
    const char *challenge;
};

/* ---- Comparing ---- */

static bool is_known(const struct basic *basic, const char *name, const char *password)
{
    bool known = false;
    for (size_t i = 0; i < basic->user_count; i++) {
        bool same_name = mocket_same_secret(name, basic->opts.users[i].name);
        bool same_password = mocket_same_secret(password, basic->opts.users[i].password);
        known |= same_name & same_password;
    }
    return known;
}

/* ---- Authorization ---- */

static int sextet(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Base64 (RFC 4648, section 4), with or without its padding, to a C string. NULL: malformed, or it holds a NUL. */
static char *decode(mocket_event *e, const char *text)
{
    size_t len = strlen(text), padding = len;
    while (len > 0 && padding - len < 2 && text[len - 1] == '=')
        len--;
    if (len % 4 == 1 || (padding > len && padding % 4 != 0))
        return NULL;
    char *out = mocket_mem(e, len / 4 * 3 + 4), *to = out;
    unsigned bits = 0;
    for (size_t i = 0; out && i < len; i++) {
        int six = sextet(text[i]);
        if (six < 0)
            return NULL;
        bits = bits << 6 | (unsigned)six;
        if (i % 4 == 0)
            continue;
        *to++ = (char)(bits >> (6 - 2 * (i % 4)) & 0xFF);
        if (to[-1] == '\0')
            return NULL;
    }
    return out;
}

/* "name:password", cut in two; false when there is none. */
static bool split(mocket_event *e, char **name, char **password)
{
    const char *credentials = mocket_authorization(e, "Basic");
    *name = credentials ? decode(e, credentials) : NULL;
    *password = *name ? strchr(*name, ':') : NULL;
    if (!*password)
        return false;
    *(*password)++ = '\0';
    return true;
}

static int basic_auth(mocket_event *e)
{
    const struct basic *basic = mocket_data(e);
    char *name, *password;
    bool known = false;
    if (split(e, &name, &password)) {
        known = is_known(basic, name, password);
        if (!known && basic->opts.verify)
            known = basic->opts.verify(e, name, password, basic->opts.data);
    }
    if (!known) {
        mocket_header_set(e, "WWW-Authenticate", basic->challenge);
        return 401;
    }
    mocket_local_set(e, &user_key, name);
    return mocket_next(e);
}

const char *mocket_auth_user(mocket_event *e)
{
    return mocket_local(e, &user_key);
}

/* ---- Set-up ---- */

static const struct mocket_user *copy_users(mocket_app *app, const struct mocket_user *users, size_t *count)
{
    *count = 0;
    while (users && users[*count].name)
        (*count)++;
    struct mocket_user *copy = mocket_app_mem(app, (*count + 1) * sizeof *copy);
    for (size_t i = 0; copy && i < *count; i++) {
        if (!users[i].name[0] || strchr(users[i].name, ':') || !users[i].password)
            mocket_mistake(app,
                           "mocket_basic_auth: a user's name is empty or contains a colon, or the password is NULL");
        copy[i].name = mocket_app_text(app, users[i].name);
        copy[i].password = mocket_app_text(app, users[i].password);
    }
    return copy;
}

static const char *challenge_of(mocket_app *app, const char *realm)
{
    static const char before[] = "Basic realm=\"", behind[] = "\", charset=\"UTF-8\"";
    if (strpbrk(realm, "\"\\") || !mocket_is_header_value(realm))
        mocket_mistake(app, "mocket_basic_auth: the realm contains a quote, a backslash or a control byte");
    char *text = mocket_app_mem(app, sizeof before + strlen(realm) + sizeof behind);
    if (text) {
        memcpy(text, before, sizeof before - 1);
        memcpy(text + sizeof before - 1, realm, strlen(realm));
        memcpy(text + sizeof before - 1 + strlen(realm), behind, sizeof behind);
    }
    return text;
}

void mocket_basic_auth(mocket_app *app, const char *scope, const struct mocket_basic_auth_opts *opts)
{
    struct basic *basic = mocket_app_mem(app, sizeof *basic);
    if (!basic)
        return;
    struct mocket_basic_auth_opts *o = &basic->opts;
    mocket_opts_read(o, sizeof *o, opts);
    o->users = copy_users(app, o->users, &basic->user_count);
    if (basic->user_count == 0 && !o->verify)
        mocket_mistake(app, "mocket_basic_auth: give users or verify");
    basic->challenge = challenge_of(app, o->realm ? o->realm : "Secure Area");
    mocket_use(app, scope, basic_auth, basic);
}
