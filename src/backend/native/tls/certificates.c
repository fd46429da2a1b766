/* From bytes of files to contexts of OpenSSL. A context has one certificate with its chain and key; all contexts of a
 * set have the same settings: those of Mozilla's "intermediate" configuration, without the cipher suites of
 * finite-field Diffie-Hellman, whose handshakes cost a server more than a client. */
#include "certificates.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "../../../base/memory.h"

#define CIPHERS                                                                                                        \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"                         \
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define GROUPS "X25519:prime256v1:secp384r1"
#define CLIENT_CHAIN_MAX 32768 /* bytes of the certificates that a client sends */

struct maker {
    const struct mocket_tls_opts *opts;
    struct mocket_tickets *tickets;
    struct mocket_certificates *set;
    char *problem;
};

/* Returns false. */
static bool fail(const struct maker *m, const char *path, const char *why)
{
    snprintf(m->problem, MOCKET_TLS_PROBLEM_LEN, "%s: %s", path, why);
    return false;
}

/* The library's own reason. */
static bool fail_inside(const struct maker *m, const char *path)
{
    const char *why = ERR_reason_error_string(ERR_peek_last_error());
    return fail(m, path, why ? why : "out of memory");
}

/* ---- One certificate ---- */

static int no_passphrase(char *out, int cap, int writing, void *asked)
{
    (void)out, (void)cap, (void)writing;
    *(bool *)asked = true;
    return -1;
}

static BIO *reader_of(const struct mocket_tls_file *file)
{
    return BIO_new_mem_buf(file->len > 0 ? file->bytes : "", (int)file->len);
}

static EVP_PKEY *read_key(const struct maker *m, const struct mocket_tls_file *file)
{
    bool encrypted = false;
    BIO *bio = reader_of(file);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &encrypted) : NULL;
    BIO_free(bio);
    if (!key)
        fail(m, file->path,
             encrypted ? "the key is encrypted: a key without a passphrase is needed"
                       : "there is no private key in PEM form");
    return key;
}

/* Returns all certificates of a file, NULL if there is none or one is malformed. */
static STACK_OF(X509) * read_chain(const struct maker *m, const struct mocket_tls_file *file)
{
    BIO *bio = reader_of(file);
    STACK_OF(X509) *chain = sk_X509_new_null();
    X509 *one = NULL;
    while (bio && chain && (one = PEM_read_bio_X509(bio, NULL, no_passphrase, &(bool){ false })))
        if (sk_X509_push(chain, one) == 0)
            X509_free(one);
    /* PEM_R_NO_START_LINE is how the file ends. */
    unsigned long error = ERR_peek_last_error();
    bool ended = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    BIO_free(bio);
    if (ended && sk_X509_num(chain) > 0) {
        ERR_clear_error();
        return chain;
    }
    fail(m, file->path, ended ? "there is no certificate in PEM form" : "a certificate is malformed");
    sk_X509_pop_free(chain, X509_free);
    return NULL;
}

static bool check_dates(const struct maker *m, const char *path, const X509 *leaf)
{
    if (X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0)
        return fail(m, path, "the certificate has expired");
    if (X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0)
        return fail(m, path, "the certificate is not valid yet");
    return true;
}

static bool use_pair(const struct maker *m, SSL_CTX *context, const struct mocket_tls_file pair[2],
                     STACK_OF(X509) * chain, EVP_PKEY *key)
{
    X509 *leaf = sk_X509_value(chain, 0);
    if (!check_dates(m, pair[0].path, leaf))
        return false;
    if (X509_check_private_key(leaf, key) != 1) {
        char why[MOCKET_TLS_PROBLEM_LEN / 2];
        snprintf(why, sizeof why, "the key does not belong to the certificate %s", pair[0].path);
        return fail(m, pair[1].path, why);
    }
    if (SSL_CTX_use_certificate(context, leaf) != 1)
        return fail_inside(m, pair[0].path);
    for (int i = 1; i < sk_X509_num(chain); i++)
        if (SSL_CTX_add1_chain_cert(context, sk_X509_value(chain, i)) != 1)
            return fail_inside(m, pair[0].path);
    return SSL_CTX_use_PrivateKey(context, key) == 1 || fail_inside(m, pair[1].path);
}

static bool load_pair(const struct maker *m, SSL_CTX *context, const struct mocket_tls_file pair[2])
{
    STACK_OF(X509) *chain = read_chain(m, &pair[0]);
    EVP_PKEY *key = chain ? read_key(m, &pair[1]) : NULL;
    bool ok = key && use_pair(m, context, pair, chain, key);
    EVP_PKEY_free(key);
    sk_X509_pop_free(chain, X509_free);
    return ok;
}

/* ---- Settings of a context ---- */

/* Each name of the list must be known: the library ignores unknown ones as long as one is known. */
static bool check_ciphers(const struct maker *m, SSL_CTX *context, const char *list)
{
    char name[64];
    for (const char *at = list; *at; at += strspn(at, ":")) {
        size_t len = strcspn(at, ":");
        snprintf(name, sizeof name, "%.*s", (int)len, at);
        if (len >= sizeof name || strpbrk(name, "!+-@ ,") == name || SSL_CTX_set_cipher_list(context, name) != 1)
            return fail(m, name, "this cipher suite of TLS 1.2 is unknown");
        at += len;
    }
    return true;
}

static bool set_ciphers(const struct maker *m, SSL_CTX *context)
{
    const char *list = m->opts->files->ciphers;
    if (list && !check_ciphers(m, context, list))
        return false;
    return SSL_CTX_set_cipher_list(context, list ? list : CIPHERS) == 1 || fail_inside(m, "cipher suites");
}

/* The first of our protocols that the client offers. A client that offers others only is refused (RFC 7301). */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *offered,
                   unsigned offered_len, void *data)
{
    const struct mocket_tls_opts *opts = data;
    (void)ssl;
    const char *name;
    for (size_t i = 0; (name = opts->protocol(i)) != NULL; i++) {
        size_t len = strlen(name);
        for (unsigned at = 0; at < offered_len; at += offered[at] + 1u)
            if (offered[at] == len && memcmp(offered + at + 1, name, len) == 0) {
                *out = offered + at + 1;
                *out_len = offered[at];
                return SSL_TLSEXT_ERR_OK;
            }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* A name with the dot of the DNS root behind it is the same name. RFC 6066 forbids that dot, and some clients send
 * it. */
static int on_name(SSL *ssl, int *alert, void *data)
{
    const struct mocket_certificates *set = data;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    size_t len = name ? strlen(name) : 0;
    (void)alert;
    if (len > 1 && name[len - 1] == '.')
        len--;
    for (size_t i = 0; name && i < set->count; i++)
        if (X509_check_host(SSL_CTX_get0_certificate(set->contexts[i]), name, len, 0, NULL) == 1) {
            if (i > 0)
                SSL_set_SSL_CTX(ssl, set->contexts[i]);
            return SSL_TLSEXT_ERR_OK;
        }
    return SSL_TLSEXT_ERR_NOACK;
}

/* Tickets are valid as long as the authorities are the same. */
static bool set_resumption(const struct maker *m, SSL_CTX *context, const struct mocket_tls_file *ca)
{
    unsigned char id[MOCKET_TLS_HASH];
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    mocket__tickets_use(m->tickets, context);
    return (EVP_Digest(ca ? ca->bytes : "", ca ? ca->len : 0, id, NULL, EVP_sha256(), NULL) == 1 &&
            SSL_CTX_set_session_id_context(context, id, sizeof id) == 1) ||
           fail_inside(m, "session tickets");
}

static bool set_client_ca(const struct maker *m, SSL_CTX *context, const struct mocket_tls_file *ca)
{
    STACK_OF(X509) *all = read_chain(m, ca);
    bool ok = all;
    for (int i = 0; ok && i < sk_X509_num(all); i++)
        ok = (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), sk_X509_value(all, i)) == 1 &&
              SSL_CTX_add_client_CA(context, sk_X509_value(all, i)) == 1) ||
             fail_inside(m, ca->path);
    sk_X509_pop_free(all, X509_free);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_max_cert_list(context, CLIENT_CHAIN_MAX);
    return ok;
}

static bool set_up(const struct maker *m, SSL_CTX *context, const struct mocket_tls_file *ca)
{
    int least = m->opts->files->least_version == 13 ? TLS1_3_VERSION : TLS1_2_VERSION;
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_tlsext_servername_callback(context, on_name);
    SSL_CTX_set_tlsext_servername_arg(context, m->set);
    SSL_CTX_set_alpn_select_cb(context, on_alpn, (void *)m->opts);
    if (SSL_CTX_set_min_proto_version(context, least) != 1 || SSL_CTX_set1_groups_list(context, GROUPS) != 1)
        return fail_inside(m, "TLS settings");
    return set_ciphers(m, context) && set_resumption(m, context, ca) && (!ca || set_client_ca(m, context, ca));
}

/* ---- The set ---- */

static bool check_files(const struct maker *m, const struct mocket_certificate_files *f)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->all[i].error != 0)
            return fail(m, f->all[i].path, strerror(f->all[i].error));
    return true;
}

static bool fill(const struct maker *m, const struct mocket_certificate_files *f)
{
    const struct mocket_tls_file *ca = m->opts->files->client_ca ? &f->all[f->count - 1] : NULL;
    for (size_t i = 0; i < f->count / 2; i++) {
        SSL_CTX *context = m->set->contexts[i] = SSL_CTX_new(TLS_server_method());
        if (!context)
            return fail(m, f->all[2 * i].path, "out of memory");
        m->set->count++;
        if (!set_up(m, context, ca) || !load_pair(m, context, &f->all[2 * i]))
            return false;
    }
    return true;
}

struct mocket_certificates *mocket__certificates_new(const struct mocket_certificate_files *f,
                                                     const struct mocket_tls_opts *opts, struct mocket_tickets *tickets,
                                                     char problem[MOCKET_TLS_PROBLEM_LEN])
{
    struct maker m = { .opts = opts, .tickets = tickets, .problem = problem };
    ERR_clear_error();
    if (!check_files(&m, f))
        return NULL;
    m.set = mocket__new(sizeof *m.set + f->count / 2 * sizeof m.set->contexts[0]);
    if (!m.set) {
        fail(&m, f->all[0].path, "out of memory");
        return NULL;
    }
    atomic_init(&m.set->users, 1);
    memcpy(m.set->hash, f->hash, sizeof m.set->hash);
    bool ok = fill(&m, f);
    ERR_clear_error();
    if (ok)
        return m.set;
    mocket__certificates_drop(m.set);
    return NULL;
}

void mocket__certificates_keep(struct mocket_certificates *set)
{
    atomic_fetch_add(&set->users, 1);
}

void mocket__certificates_drop(struct mocket_certificates *set)
{
    if (!set || atomic_fetch_sub(&set->users, 1) > 1)
        return;
    for (size_t i = 0; i < set->count; i++)
        SSL_CTX_free(set->contexts[i]);
    mocket__free(set);
}
