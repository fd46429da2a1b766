/* Bearer tokens (RFC 6750). A client with a token has access, so trying must reveal nothing about the tokens: a wrong
 * token is compared with all of them completely. */
#include <mocket.h>

#include <string.h>

struct bearer {
    struct mocket_bearer_auth_opts opts;
    const char *challenge; /* Bearer realm="..." */
};

/* ---- Comparing ---- */

static bool is_known(const char *const *tokens, const char *token)
{
    bool known = false;
    for (; tokens && *tokens; tokens++)
        known |= mocket_same_secret(token, *tokens);
    return known;
}

/* b64token */
static bool is_token(const char *text)
{
    size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/");
    return len > 0 && text[len + strspn(text + len, "=")] == '\0';
}

/* ---- A request ---- */

static int refuse(mocket_event *e, int status, const char *reason)
{
    const struct bearer *bearer = mocket_data(e);
    const char *challenge = bearer->challenge;
    if (reason)
        challenge = mocket_format(e, "%s, error=\"%s\"", challenge, reason);
    mocket_header_set(e, "WWW-Authenticate", challenge);
    return status;
}

static int bearer_auth(mocket_event *e)
{
    const struct bearer *bearer = mocket_data(e);
    const char *token = mocket_authorization(e, "Bearer");
    if (!token)
        return refuse(e, 401, NULL);
    if (!is_token(token))
        return refuse(e, 400, "invalid_request");
    if (is_known(bearer->opts.tokens, token))
        return mocket_next(e);
    if (bearer->opts.verify && bearer->opts.verify(e, token, bearer->opts.data))
        return mocket_next(e);
    return refuse(e, 401, "invalid_token");
}

/* ---- Set-up ---- */

static const char *const *copy_tokens(mocket_app *app, const char *const *tokens)
{
    size_t count = 0;
    while (tokens && tokens[count])
        if (!is_token(tokens[count++]))
            mocket_mistake(app, "mocket_bearer_auth: a token has a character other than A-Z a-z 0-9 - . _ ~ + / =");
    const char **copy = mocket_app_mem(app, (count + 1) * sizeof *copy);
    for (size_t i = 0; copy && i < count; i++)
        copy[i] = mocket_app_text(app, tokens[i]);
    return copy;
}

static const char *challenge_of(mocket_app *app, const char *realm)
{
    static const char before[] = "Bearer realm=\"";
    realm = realm ? realm : "";
    if (strpbrk(realm, "\"\\") || !mocket_is_header_value(realm))
        mocket_mistake(app, "mocket_bearer_auth: the realm contains a quote, a backslash or a control byte");
    char *text = mocket_app_mem(app, sizeof before + strlen(realm) + 1);
    if (text) {
        memcpy(text, before, sizeof before - 1);
        memcpy(text + sizeof before - 1, realm, strlen(realm));
        text[sizeof before - 1 + strlen(realm)] = '"';
    }
    return text;
}

void mocket_bearer_auth(mocket_app *app, const char *scope, const struct mocket_bearer_auth_opts *opts)
{
    struct bearer *bearer = mocket_app_mem(app, sizeof *bearer);
    if (!bearer)
        return;
    struct mocket_bearer_auth_opts *o = &bearer->opts;
    mocket_opts_read(o, sizeof *o, opts);
    if (!(o->tokens && o->tokens[0]) && !o->verify)
        mocket_mistake(app, "mocket_bearer_auth: give tokens or verify");
    o->tokens = copy_tokens(app, o->tokens);
    bearer->challenge = challenge_of(app, o->realm);
    mocket_use(app, scope, bearer_auth, bearer);
}
