/* A transport that is TLS on a socket.
 *
 * OpenSSL reads from the socket and writes into the lane's buffer, which is sent at the end of each call: several
 * records leave in one system call. What the socket does not take is kept as unsent bytes; until they are sent, write
 * takes nothing. So a record is never offered to OpenSSL twice, and what a caller may drop from its queue was never
 * encrypted.
 *
 *     SHAKING -> OPEN ----> SHUT     our end was announced (close_notify)
 *        |         |          ^
 *        '---> REFUSED -------'      the handshake has failed, and the peer was sent an alert
 *        '---------'-------> LOST    nothing more is done
 *
 * SHAKING holds the certificates that its handshake uses. In SHUT and LOST there is no SSL object any more, or it is
 * not used. */
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../../base/check.h"
#include "../../../base/memory.h"
#include "../../../base/span.h"
#include "inside.h"

#define RECORD_MAX 16384               /* bytes in a record */
#define RECORD_ROOM (RECORD_MAX + 512) /* memory of a record, and what encryption adds to it */
#define LANE_LEN 73728                 /* four records and what encryption adds to them */
#define TURN_MAX 262144                /* bytes that one call sends, however much the socket takes */
#define UNSENT_MAX 262144              /* a peer that makes us answer and does not read */
#define HANDSHAKE_MAX 65536            /* bytes of a peer during its handshake */
#define OPEN_BYTES 14336               /* memory of an open connection, charged */
#define SHAKING_BYTES 49152            /* memory during the handshake, charged */

enum state { SHAKING, OPEN, REFUSED, SHUT, LOST };

struct mocket_tls_lane {
    struct mocket_till *till;
    size_t len;
    unsigned char out[LANE_LEN];      /* empty between two calls of the transports */
    unsigned char record[RECORD_MAX]; /* small parts, gathered */
};

struct tls {
    SSL *ssl;
    struct mocket_tls_lane *lane;
    struct mocket_certificates *certificates; /* until the handshake is over */
    unsigned char *unsent, *unsent_at;        /* the memory, and the first byte in it; transport->unsent counts */
    const char *why;                          /* the handshake failed */
    char *client;                             /* the client's certificate as a field value; NULL */
    size_t received;                          /* bytes of the handshake */
    size_t readable;                          /* bytes that may be read of the socket until read returns */
    size_t kept;                              /* size of the unsent bytes' memory, charged */
    size_t charged;
    enum state state;
    bool shut_wanted; /* the socket's sending side is to be shut when all bytes are sent */
};

static struct tls *of(const struct mocket_transport *s)
{
    return s->state;
}

void mocket__transport_tls_check(const struct mocket_transport *s)
{
    const struct tls *t = of(s);
    assert(t->lane->len == 0);
    assert((s->unsent > 0) == !!t->unsent);
    assert((t->state == SHAKING) == !!t->certificates);
    assert(t->state != OPEN || t->ssl);
}

/* ---- Bytes to the socket ---- */

static bool is_for_now(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
}

/* Returns how many bytes the socket took, or below zero. */
static ssize_t send_bytes(const struct mocket_transport *s, const void *bytes, size_t len)
{
    ssize_t n;
    do
        n = send(s->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n >= 0 ? n : is_for_now(errno) ? 0 : -1;
}

/* Charges more bytes of unsent memory, if need be. */
static bool charge_unsent(struct tls *t, size_t bytes)
{
    if (bytes > t->kept && !mocket__till_take(t->lane->till, MOCKET_CHARGE_TLS, bytes - t->kept))
        return false;
    t->kept = bytes > t->kept ? bytes : t->kept;
    return true;
}

/* Behind what is unsent already. */
static bool keep(struct mocket_transport *s, const unsigned char *bytes, size_t len)
{
    struct tls *t = of(s);
    if (s->unsent + len > UNSENT_MAX || !charge_unsent(t, s->unsent + len))
        return false;
    if (s->unsent > 0)
        memmove(t->unsent, t->unsent_at, s->unsent);
    unsigned char *more = mocket__realloc(t->unsent, s->unsent + len);
    if (more)
        t->unsent = more;
    t->unsent_at = t->unsent;
    if (!more)
        return false;
    memcpy(more + s->unsent, bytes, len);
    s->unsent += len;
    return true;
}

static bool send_lane(struct mocket_transport *s)
{
    struct mocket_tls_lane *lane = of(s)->lane;
    size_t len = lane->len;
    lane->len = 0;
    if (len == 0)
        return true;
    ssize_t n = s->unsent > 0 ? 0 : send_bytes(s, lane->out, len);
    return n >= 0 && ((size_t)n == len || keep(s, lane->out + n, len - (size_t)n));
}

static void drop_unsent(struct mocket_transport *s)
{
    struct tls *t = of(s);
    mocket__till_give(t->lane->till, MOCKET_CHARGE_TLS, t->kept);
    mocket__free(t->unsent);
    t->unsent = t->unsent_at = NULL;
    t->kept = s->unsent = 0;
}

static bool push(struct mocket_transport *s)
{
    struct tls *t = of(s);
    ssize_t n = s->unsent > 0 ? send_bytes(s, t->unsent_at, s->unsent) : 0;
    if (n < 0)
        return false;
    t->unsent_at += n;
    s->unsent -= (size_t)n;
    if (s->unsent > 0)
        return true;
    drop_unsent(s);
    return !t->shut_wanted || shutdown(s->fd, SHUT_WR) == 0;
}

/* ---- What OpenSSL calls ---- */

/* OpenSSL reads on while records bring no bytes for the caller: new keys, say. So there is an end to what one call may
 * read, or a peer that sends such records would keep the thread to itself. */
static int bio_read(BIO *bio, char *out, int cap)
{
    struct mocket_transport *s = BIO_get_data(bio);
    struct tls *t = of(s);
    BIO_clear_retry_flags(bio);
    if (t->state == SHAKING && t->received > HANDSHAKE_MAX) {
        t->why = "the client sends too much";
        return -1;
    }
    size_t most = t->state == OPEN && t->readable < (size_t)cap ? t->readable : (size_t)cap;
    if (most == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    ssize_t n = recv(s->fd, out, most, 0);
    if (n < 0 && (errno == EINTR || is_for_now(errno)))
        BIO_set_retry_read(bio);
    t->readable -= t->state == OPEN && n > 0 ? (size_t)n : 0;
    if (n == 0)
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    t->received += t->state == SHAKING && n > 0 ? (size_t)n : 0;
    return (int)n;
}

static int bio_write(BIO *bio, const char *bytes, int len)
{
    struct mocket_transport *s = BIO_get_data(bio);
    struct mocket_tls_lane *lane = of(s)->lane;
    BIO_clear_retry_flags(bio);
    if (lane->len + (size_t)len > sizeof lane->out && !send_lane(s))
        return -1;
    if (lane->len + (size_t)len > sizeof lane->out)
        return keep(s, (const unsigned char *)bytes, (size_t)len) ? len : -1;
    memcpy(lane->out + lane->len, bytes, (size_t)len);
    lane->len += (size_t)len;
    return len;
}

static long bio_control(BIO *bio, int what, long number, void *pointer)
{
    (void)number, (void)pointer;
    if (what == BIO_CTRL_EOF)
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    return what == BIO_CTRL_FLUSH;
}

static int bio_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

BIO_METHOD *mocket__transport_tls_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "mocket transport");
    if (method && BIO_meth_set_read(method, bio_read) == 1 && BIO_meth_set_write(method, bio_write) == 1 &&
        BIO_meth_set_ctrl(method, bio_control) == 1 && BIO_meth_set_create(method, bio_create) == 1)
        return method;
    BIO_meth_free(method);
    return NULL;
}

/* ---- States ---- */

/* Returns false if there is no room for so much. */
static bool charge(struct tls *t, size_t bytes)
{
    if (bytes > t->charged && !mocket__till_take(t->lane->till, MOCKET_CHARGE_TLS, bytes - t->charged))
        return false;
    if (bytes < t->charged)
        mocket__till_give(t->lane->till, MOCKET_CHARGE_TLS, t->charged - bytes);
    t->charged = bytes;
    return true;
}

/* OpenSSL has memory for a record only while a part of one is there. */
static bool charge_open(struct tls *t)
{
    return charge(t, OPEN_BYTES + (SSL_has_pending(t->ssl) ? RECORD_ROOM : 0));
}

/* The handshake is over, or will never be. */
static void leave_handshake(struct tls *t, enum state state)
{
    mocket__certificates_drop(t->certificates);
    t->certificates = NULL;
    t->state = state;
}

static ptrdiff_t lose(struct mocket_transport *s)
{
    leave_handshake(of(s), LOST);
    s->has_more = false;
    return MOCKET_TRANSPORT_LOST;
}

/* ---- The handshake ---- */

/* The certificate as a byte sequence of structured fields: `:base64:`. */
static bool describe_client(struct tls *t)
{
    X509 *leaf = SSL_get1_peer_certificate(t->ssl);
    unsigned char *der = NULL;
    int len = leaf ? i2d_X509(leaf, &der) : 0;
    X509_free(leaf);
    if (len <= 0)
        return !leaf;
    t->client = mocket__new((size_t)(len + 2) / 3 * 4 + 3);
    if (t->client) {
        t->client[0] = ':';
        int text_len = EVP_EncodeBlock((unsigned char *)t->client + 1, der, len);
        t->client[text_len + 1] = ':';
    }
    OPENSSL_free(der);
    return t->client;
}

static int open_transport(struct mocket_transport *s)
{
    struct tls *t = of(s);
    if (!describe_client(t))
        return (int)lose(s);
    leave_handshake(t, OPEN);
    if (!charge_open(t))
        return (int)lose(s);
    s->has_more = SSL_has_pending(t->ssl);
    return 1;
}

/* The peer speaks HTTP without TLS, which is a mistake that its user can be told. */
static void answer_plainly(struct mocket_transport *s)
{
    static const char answer[] =
        "HTTP/1.1 400 Bad Request\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 31\r\n"
        "Connection: close\r\n"
        "\r\n"
        "This port needs https, not http";
    send_bytes(s, answer, sizeof answer - 1);
}

static int fail_handshake(struct mocket_transport *s, int error)
{
    struct tls *t = of(s);
    unsigned long reason = ERR_peek_error();
    const char *text = ERR_reason_error_string(reason);
    if (!t->why)
        t->why = text ? text : "the client has left";
    if (error != SSL_ERROR_SSL || !send_lane(s))
        return (int)lose(s);
    if (ERR_GET_REASON(reason) == SSL_R_HTTP_REQUEST)
        answer_plainly(s);
    leave_handshake(t, REFUSED);
    s->has_more = false;
    return MOCKET_TRANSPORT_REFUSED;
}

static int begin(struct mocket_transport *s)
{
    struct tls *t = of(s);
    ERR_clear_error();
    int rc = SSL_accept(t->ssl), error = rc == 1 ? 0 : SSL_get_error(t->ssl, rc);
    bool waits = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
    if (rc != 1 && !waits)
        rc = fail_handshake(s, error);
    else if (!send_lane(s))
        rc = (int)lose(s);
    else
        rc = waits ? 0 : open_transport(s);
    t->lane->len = 0;
    ERR_clear_error();
    MOCKET_CHECK_CALL(mocket__transport_tls_check(s));
    return rc;
}

static mocket_span chosen(const struct mocket_transport *s)
{
    const unsigned char *name;
    unsigned len;
    SSL_get0_alpn_selected(of(s)->ssl, &name, &len);
    return (mocket_span){ len > 0 ? (const char *)name : "", len };
}

static const char *problem(const struct mocket_transport *s)
{
    return of(s)->why ? of(s)->why : "the connection was lost";
}

/* ---- Reading ---- */

/* Bytes that nobody wants, as they are. A client whose handshake has failed may not send more of them than in a
 * handshake. */
static ptrdiff_t discard(const struct mocket_transport *s, void *buf, size_t cap)
{
    struct tls *t = of(s);
    ssize_t n = recv(s->fd, buf, cap, 0);
    t->received += n > 0 && t->why ? (size_t)n : 0;
    if (t->why && t->received > HANDSHAKE_MAX)
        return MOCKET_TRANSPORT_LOST;
    if (n > 0)
        return n;
    if (n == 0)
        return MOCKET_TRANSPORT_ENDED;
    return errno == EINTR || is_for_now(errno) ? 0 : MOCKET_TRANSPORT_LOST;
}

/* What a read that returned nothing means. */
static ptrdiff_t no_bytes(struct mocket_transport *s)
{
    s->has_more = false;
    switch (SSL_get_error(of(s)->ssl, 0)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return 0;
    case SSL_ERROR_ZERO_RETURN:
        return MOCKET_TRANSPORT_ENDED;
    default:
        return lose(s);
    }
}

/* As many records as there is room for. has_more: OpenSSL has bytes that were not read, perhaps of an incomplete
 * record. */
static ptrdiff_t read_records(struct mocket_transport *s, char *buf, size_t cap)
{
    SSL *ssl = of(s)->ssl;
    size_t len = 0, n;
    s->has_more = true;
    while (len < cap && s->has_more) {
        if (SSL_read_ex(ssl, buf + len, cap - len, &n) != 1) {
            ptrdiff_t nothing = no_bytes(s);
            if (len == 0)
                return nothing;
            /* The next read finds the end again. */
            s->has_more = nothing < 0 && of(s)->state == OPEN;
            return of(s)->state == OPEN ? (ptrdiff_t)len : nothing;
        }
        len += n;
        s->has_more = SSL_has_pending(ssl);
    }
    return (ptrdiff_t)len;
}

static ptrdiff_t read_bytes(struct mocket_transport *s, void *buf, size_t cap)
{
    if (of(s)->state != OPEN)
        return of(s)->state == LOST ? MOCKET_TRANSPORT_LOST : discard(s, buf, cap);
    ERR_clear_error();
    of(s)->readable = cap + RECORD_ROOM;
    ptrdiff_t n = read_records(s, buf, cap);
    if (!send_lane(s) || (of(s)->state == OPEN && !charge_open(of(s))))
        n = lose(s);
    MOCKET_CHECK_CALL(mocket__transport_tls_check(s));
    return n;
}

/* ---- Writing ---- */

/* Encrypts bytes of one record at most. Returns how many, 0 when the transport is lost. */
static size_t encrypt(struct mocket_transport *s, const void *bytes, size_t len)
{
    size_t n = 0;
    ERR_clear_error();
    if (SSL_write_ex(of(s)->ssl, bytes, len < RECORD_MAX ? len : RECORD_MAX, &n) == 1)
        return n;
    lose(s);
    return 0;
}

/* Parts that fit into one record share it. Returns how many parts, and their bytes in the lane. */
static size_t gather(struct mocket_tls_lane *lane, const struct iovec *parts, size_t count, size_t *len)
{
    size_t used = 0;
    for (*len = 0; used < count && parts[used].iov_len <= RECORD_MAX - *len; used++) {
        if (parts[used].iov_len > 0)
            memcpy(lane->record + *len, parts[used].iov_base, parts[used].iov_len);
        *len += parts[used].iov_len;
    }
    return used;
}

/* Returns false when no more can be written now. */
static bool write_part(struct mocket_transport *s, const char *bytes, size_t len, size_t *total)
{
    struct mocket_tls_lane *lane = of(s)->lane;
    for (size_t at = 0; at < len;) {
        size_t n = encrypt(s, bytes + at, len - at);
        if (n == 0)
            return false;
        at += n;
        *total += n;
        /* Another record may not fit. */
        if (lane->len + RECORD_ROOM > sizeof lane->out && !send_lane(s))
            lose(s);
        if (s->unsent > 0 || of(s)->state != OPEN || *total >= TURN_MAX)
            return false;
    }
    return true;
}

static ptrdiff_t write_bytes(struct mocket_transport *s, struct iovec *parts, size_t count)
{
    struct tls *t = of(s);
    size_t total = 0, len;
    bool more = t->state == OPEN && s->unsent == 0;
    while (more && count > 0) {
        size_t used = count > 1 ? gather(t->lane, parts, count, &len) : 0;
        if (used > 1) {
            more = write_part(s, (const char *)t->lane->record, len, &total);
        } else {
            used = 1;
            more = write_part(s, parts->iov_base, parts->iov_len, &total);
        }
        parts += used;
        count -= used;
    }
    if (t->state == OPEN && !send_lane(s))
        lose(s);
    t->lane->len = 0;
    MOCKET_CHECK_CALL(mocket__transport_tls_check(s));
    return t->state == OPEN ? (ptrdiff_t)total : MOCKET_TRANSPORT_LOST;
}

static size_t pending(const struct mocket_transport *s)
{
    int queued = 0;
    return s->unsent + (ioctl(s->fd, SIOCOUTQ, &queued) == 0 && queued > 0 ? (size_t)queued : 0);
}

/* ---- The end ---- */

static void say_end(struct mocket_transport *s)
{
    ERR_clear_error();
    SSL_shutdown(of(s)->ssl);
    ERR_clear_error();
}

static bool shut(struct mocket_transport *s)
{
    struct tls *t = of(s);
    if (t->state == OPEN)
        say_end(s);
    bool ok = t->state != LOST && send_lane(s);
    leave_handshake(t, SHUT);
    SSL_free(t->ssl);
    t->ssl = NULL;
    charge(t, 0);
    s->has_more = false;
    t->shut_wanted = s->unsent > 0;
    MOCKET_CHECK_CALL(mocket__transport_tls_check(s));
    return ok && (t->shut_wanted || shutdown(s->fd, SHUT_WR) == 0);
}

static void forget(struct mocket_transport *s)
{
    struct tls *t = of(s);
    leave_handshake(t, LOST);
    drop_unsent(s);
    charge(t, 0);
    SSL_free(t->ssl);
    mocket__free(t->client);
    mocket__free(t);
    s->state = NULL;
    s->has_more = false;
}

static void close_transport(struct mocket_transport *s, bool reset)
{
    static const struct linger at_once = { .l_onoff = 1 };
    struct tls *t = of(s);
    if (t->state == OPEN && !reset && s->unsent == 0)
        say_end(s);
    if (t->lane->len > 0)
        send_bytes(s, t->lane->out, t->lane->len);
    t->lane->len = 0;
    forget(s);
    if (reset && !s->local)
        setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(s->fd);
    s->fd = -1;
}

/* ---- The promises of the header ---- */

mocket_span mocket__transport_tls_client(const struct mocket_transport *s)
{
    return mocket__span(of(s)->client ? of(s)->client : "");
}

/* Gives a new transport its SSL object. */
static bool add_ssl(struct mocket_transport *s, struct mocket_tls *tls)
{
    struct tls *t = of(s);
    t->certificates = mocket__tls_certificates(tls);
    t->ssl = SSL_new(t->certificates->contexts[0]);
    BIO *bio = t->ssl ? BIO_new(tls->method) : NULL;
    if (!bio)
        return false;
    BIO_set_data(bio, s);
    SSL_set_bio(t->ssl, bio, bio);
    return true;
}

bool mocket__transport_tls(struct mocket_transport *s, struct mocket_tls *tls, struct mocket_tls_lane *lane, int fd)
{
    static const struct mocket_transport_ops ops = { .begin = begin,
                                                     .chosen = chosen,
                                                     .problem = problem,
                                                     .read = read_bytes,
                                                     .write = write_bytes,
                                                     .push = push,
                                                     .pending = pending,
                                                     .shut = shut,
                                                     .close = close_transport,
                                                     .forget = forget };
    if (!mocket__till_take(lane->till, MOCKET_CHARGE_TLS, SHAKING_BYTES))
        return false;
    struct tls *t = mocket__new(sizeof *t);
    if (!t) {
        mocket__till_give(lane->till, MOCKET_CHARGE_TLS, SHAKING_BYTES);
        return false;
    }
    t->lane = lane;
    t->charged = SHAKING_BYTES;
    *s = (struct mocket_transport){ .ops = &ops, .state = t, .fd = fd, .local = s->local, .secure = true };
    ERR_clear_error();
    if (add_ssl(s, tls))
        return true;
    forget(s);
    return false;
}

struct mocket_tls_lane *mocket__tls_lane_new(struct mocket_till *till)
{
    struct mocket_tls_lane *lane = mocket__new(sizeof *lane);
    if (lane)
        lane->till = till;
    return lane;
}

void mocket__tls_lane_free(struct mocket_tls_lane *lane)
{
    mocket__free(lane);
}
