/* The callback of OpenSSL finds the keys through the context. Each key is copied out under the lock, so that another
 * thread may rotate the keys meanwhile. */
#include "tickets.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "../../../base/deadline.h"

bool mocket__tickets_init(struct mocket_tickets *t)
{
    memset(t->keys, 0, sizeof t->keys);
    return uv_mutex_init(&t->lock) == 0;
}

void mocket__tickets_release(struct mocket_tickets *t)
{
    OPENSSL_cleanse(t->keys, sizeof t->keys);
    uv_mutex_destroy(&t->lock);
}

static bool rotate(struct mocket_tickets *t, uint64_t now_s)
{
    struct mocket_ticket_key fresh = { .made_s = now_s };
    if (RAND_bytes(fresh.name, sizeof fresh.name) != 1 || RAND_priv_bytes(fresh.cipher, sizeof fresh.cipher) != 1 ||
        RAND_priv_bytes(fresh.mac, sizeof fresh.mac) != 1)
        return false;
    memmove(&t->keys[1], &t->keys[0], sizeof t->keys - sizeof t->keys[0]);
    t->keys[0] = fresh;
    OPENSSL_cleanse(&fresh, sizeof fresh);
    return true;
}

bool mocket__tickets_present(struct mocket_tickets *t, uint64_t now_s, struct mocket_ticket_key *out)
{
    uv_mutex_lock(&t->lock);
    bool fresh = t->keys[0].made_s != 0 && now_s - t->keys[0].made_s < MOCKET_TICKET_KEY_S;
    bool ok = fresh || rotate(t, now_s);
    *out = t->keys[0];
    uv_mutex_unlock(&t->lock);
    return ok;
}

/* A ticket of this key may live: the last one was made just before the key was replaced. */
static bool is_alive(const struct mocket_ticket_key *key, uint64_t now_s)
{
    return key->made_s != 0 && now_s - key->made_s < MOCKET_TICKET_KEY_S + MOCKET_TICKET_LIFE_S;
}

enum mocket_ticket_age mocket__tickets_find(struct mocket_tickets *t, uint64_t now_s,
                                            const unsigned char name[MOCKET_TICKET_NAME], struct mocket_ticket_key *out)
{
    enum mocket_ticket_age age = MOCKET_TICKET_UNKNOWN;
    uv_mutex_lock(&t->lock);
    for (size_t i = 0; i < MOCKET_TICKET_KEYS; i++) {
        struct mocket_ticket_key *key = &t->keys[i];
        if (!is_alive(key, now_s)) {
            OPENSSL_cleanse(key, sizeof *key);
        } else if (memcmp(key->name, name, sizeof key->name) == 0) {
            *out = *key;
            age = i == 0 && now_s - key->made_s < MOCKET_TICKET_KEY_S ? MOCKET_TICKET_PRESENT : MOCKET_TICKET_OLD;
        }
    }
    uv_mutex_unlock(&t->lock);
    return age;
}

/* ---- What OpenSSL calls ---- */

static bool set_mac(EVP_MAC_CTX *mac, const struct mocket_ticket_key *key)
{
    char digest[] = "SHA256";
    unsigned char bytes[sizeof key->mac];
    memcpy(bytes, key->mac, sizeof bytes);
    OSSL_PARAM params[] = { OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, bytes, sizeof bytes),
                            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                            OSSL_PARAM_construct_end() };
    int rc = EVP_MAC_CTX_set_params(mac, params);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return rc == 1;
}

static int seal(struct mocket_tickets *t, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                EVP_MAC_CTX *mac)
{
    struct mocket_ticket_key key;
    int rc = -1;
    if (mocket__tickets_present(t, uv_hrtime() / MOCKET_SECOND_NS + 1, &key) &&
        RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1 &&
        EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key.cipher, iv) == 1 && set_mac(mac, &key)) {
        memcpy(name, key.name, sizeof key.name);
        rc = 1;
    }
    OPENSSL_cleanse(&key, sizeof key);
    return rc;
}

/* A client gets a new ticket for an old one, and with TLS 1.3 for each: a ticket that is used twice could be linked. */
static int unseal(SSL *ssl, struct mocket_tickets *t, const unsigned char *name, const unsigned char *iv,
                  EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
    struct mocket_ticket_key key;
    enum mocket_ticket_age age = mocket__tickets_find(t, uv_hrtime() / MOCKET_SECOND_NS + 1, name, &key);
    if (age == MOCKET_TICKET_UNKNOWN)
        return 0;
    bool ok = EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key.cipher, iv) == 1 && set_mac(mac, &key);
    OPENSSL_cleanse(&key, sizeof key);
    return !ok ? -1 : age == MOCKET_TICKET_OLD || SSL_version(ssl) >= TLS1_3_VERSION ? 2 : 1;
}

static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                     int sealing)
{
    struct mocket_tickets *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    return sealing ? seal(t, name, iv, cipher, mac) : unseal(ssl, t, name, iv, cipher, mac);
}

void mocket__tickets_use(struct mocket_tickets *t, SSL_CTX *context)
{
    SSL_CTX_set_app_data(context, t);
    SSL_CTX_set_timeout(context, MOCKET_TICKET_LIFE_S);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket);
}
