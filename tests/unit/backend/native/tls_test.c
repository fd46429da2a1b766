/* Transports over TLS on a pair of local sockets, without a server: OpenSSL is the client. Handshakes whose bytes are
 * changed, cut and doubled; bytes that stay unsent; files of certificates; keys of tickets. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "src/backend/native/tls/inside.h"
#include "src/core/app.h"
#include "unit.h"

/* ---- Certificates ---- */

struct files {
    char folder[32], pem[64], key[64];
    struct mocket_certificate pair;
    struct mocket_native_tls tls;
    struct mocket_tls_opts opts;
    char logged[200];
};

static void make_certificate(const struct files *f)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    FILE *out = fopen(f->pem, "w");
    assert_true(key && x && out);
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -60);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"a", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    assert_true(X509_sign(x, key, EVP_sha256()) > 0 && PEM_write_X509(out, x) == 1);
    fclose(out);
    out = fopen(f->key, "w");
    assert_true(out && PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1);
    fclose(out);
    X509_free(x);
    EVP_PKEY_free(key);
}

static void on_log(void *data, int level, mocket_span line)
{
    struct files *f = data;
    (void)level;
    snprintf(f->logged, sizeof f->logged, "%.*s", (int)line.len, line.ptr);
}

static const char *protocol_name(size_t i)
{
    static const char *const names[] = { "best", "other", NULL };
    return names[i];
}

static void files_make(struct files *f)
{
    *f = (struct files){ .folder = "/tmp/mocket-tls-XXXXXX" };
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->pem, sizeof f->pem, "%s/c.pem", f->folder);
    snprintf(f->key, sizeof f->key, "%s/k.pem", f->folder);
    make_certificate(f);
    f->pair = (struct mocket_certificate){ f->pem, f->key, NULL };
    f->tls.certificates = &f->pair;
    f->opts = (struct mocket_tls_opts){ .files = &f->tls, .protocol = protocol_name, .log = on_log, .data = f };
}

static void files_remove(const struct files *f)
{
    unlink(f->pem);
    unlink(f->key);
    rmdir(f->folder);
}

/* ---- Both ends ---- */

struct fixture {
    struct files files;
    struct mocket_account account;
    struct mocket_till *till;
    struct mocket_tls *tls;
    struct mocket_tls_lane *lane;
    struct mocket_transport server;
    SSL_CTX *context;
    SSL *client;
    int fd; /* the client's */
};

static void ends_open(struct fixture *f)
{
    int fds[2];
    static const int room = 4096;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    f->fd = fds[0];
    f->server.local = true;
    assert_true(mocket__transport_tls(&f->server, f->tls, f->lane, fds[1]));
    assert_true(f->server.secure);
    f->client = SSL_new(f->context);
    SSL_set_fd(f->client, f->fd);
    SSL_set_connect_state(f->client);
}

static void ends_close(struct fixture *f, bool reset)
{
    if (f->server.state)
        f->server.ops->close(&f->server, reset);
    SSL_free(f->client);
    f->client = NULL;
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
    mocket__till_check(f->till);
    assert_int_equal(f->till->used, 0);
}

static struct fixture *fixture_new(void)
{
    struct fixture *f = calloc(1, sizeof *f);
    char problem[MOCKET_TLS_PROBLEM_LEN];
    assert_non_null(f);
    files_make(&f->files);
    mocket__account_init(&f->account, 1u << 24);
    f->till = mocket__account_till(&f->account);
    f->tls = mocket__tls_new(&f->files.opts, problem);
    f->lane = mocket__tls_lane_new(f->till);
    f->context = SSL_CTX_new(TLS_client_method());
    assert_true(f->tls && f->lane && f->context);
    ends_open(f);
    return f;
}

static void fixture_free(struct fixture *f)
{
    ends_close(f, false);
    SSL_CTX_free(f->context);
    mocket__tls_lane_free(f->lane);
    mocket__tls_free(f->tls);
    mocket__account_release(&f->account);
    files_remove(&f->files);
    free(f);
}

static int begin(struct fixture *f)
{
    int rc = f->server.ops->begin(&f->server);
    mocket__transport_tls_check(&f->server);
    return rc;
}

static void shake_hands(struct fixture *f)
{
    int client = 0, server = 0;
    for (int i = 0; i < 20 && (client != 1 || server == 0); i++) {
        if (client != 1)
            client = SSL_do_handshake(f->client);
        if (server == 0)
            server = begin(f);
        if (f->server.unsent > 0)
            assert_true(f->server.ops->push(&f->server));
    }
    assert_true(client == 1 && server == 1);
}

static ptrdiff_t server_read(struct fixture *f, void *buf, size_t cap)
{
    ptrdiff_t n = f->server.ops->read(&f->server, buf, cap);
    mocket__transport_tls_check(&f->server);
    return n;
}

static ptrdiff_t server_write(struct fixture *f, struct iovec *parts, size_t count)
{
    ptrdiff_t n = f->server.ops->write(&f->server, parts, count);
    mocket__transport_tls_check(&f->server);
    return n;
}

/* ---- Bytes both ways ---- */

static void test_there_and_back(void **state)
{
    struct fixture *f = fixture_new();
    char got[100000];
    (void)state;
    assert_int_equal(f->till->used, 49152); /* a handshake */
    assert_int_equal(begin(f), 0);
    shake_hands(f);
    assert_int_equal(f->till->used, 14336);
    assert_int_equal(f->server.ops->chosen(&f->server).len, 0);
    assert_int_equal(server_read(f, got, sizeof got), 0);
    assert_int_equal(SSL_write(f->client, "question", 8), 8);
    assert_int_equal(server_read(f, got, sizeof got), 8);
    assert_memory_equal(got, "question", 8);
    struct iovec parts[] = { { "an", 2 }, { "", 0 }, { "swer", 4 }, { " and more", 9 } };
    assert_int_equal(server_write(f, parts, 4), 15);
    assert_int_equal(SSL_read(f->client, got, sizeof got), 15); /* one record */
    assert_memory_equal(got, "answer and more", 15);
    fixture_free(f);
}

/* What OpenSSL holds is told of, because the descriptor shows nothing. */
static void test_bytes_that_nobody_sees(void **state)
{
    struct fixture *f = fixture_new();
    char got[4000];
    (void)state;
    shake_hands(f);
    for (int i = 0; i < 3; i++)
        assert_int_equal(SSL_write(f->client, (char[1000]){ 0 }, 1000), 1000);
    assert_int_equal(server_read(f, got, 100), 100);
    assert_true(f->server.has_more);
    assert_int_equal(server_read(f, got, 2000), 2000);
    assert_true(f->server.has_more);
    assert_int_equal(server_read(f, got, 900), 900);
    assert_false(f->server.has_more);
    /* Bytes and an end that came together: the bytes first. */
    assert_int_equal(SSL_write(f->client, "last", 4), 4);
    assert_int_equal(SSL_shutdown(f->client), 0);
    assert_int_equal(server_read(f, got, sizeof got), 4);
    assert_true(f->server.has_more);
    assert_int_equal(server_read(f, got, sizeof got), MOCKET_TRANSPORT_ENDED);
    assert_false(f->server.has_more);
    fixture_free(f);
}

static void test_an_end_without_words(void **state)
{
    struct fixture *f = fixture_new();
    char got[10];
    (void)state;
    shake_hands(f);
    shutdown(f->fd, SHUT_WR);
    assert_int_equal(server_read(f, got, sizeof got), MOCKET_TRANSPORT_ENDED);
    struct iovec part = { "answer", 6 };
    assert_int_equal(server_write(f, &part, 1), 6); /* the other direction is open */
    fixture_free(f);
}

static size_t client_takes(struct fixture *f, char *to, size_t cap)
{
    size_t len = 0;
    int n;
    while (len < cap && (n = SSL_read(f->client, to + len, (int)(cap - len))) > 0)
        len += (size_t)n;
    return len;
}

/* A socket that takes little: the transport keeps part of what it took, and takes no more until that is sent. */
static void test_a_client_that_reads_slowly(void **state)
{
    struct fixture *f = fixture_new();
    enum { LEN = 600000 };
    char *sent = malloc(LEN), *got = malloc(LEN);
    size_t taken = 0, len = 0;
    (void)state;
    shake_hands(f);
    client_takes(f, got, 1); /* tickets */
    for (size_t i = 0; i < LEN; i++)
        sent[i] = (char)(i * 7 + i / 999);
    while (taken < LEN) {
        struct iovec part = { sent + taken, LEN - taken };
        ptrdiff_t n = server_write(f, &part, 1);
        assert_true(n >= 0);
        taken += (size_t)n;
        if (taken < LEN) {
            assert_true(f->server.unsent > 0 && f->server.unsent < 100000);
            part = (struct iovec){ "x", 1 };
            assert_int_equal(server_write(f, &part, 1), 0);
        }
        assert_true(f->server.ops->pending(&f->server) >= f->server.unsent);
        while (f->server.unsent > 0) {
            len += client_takes(f, got + len, LEN - len);
            assert_true(f->server.ops->push(&f->server));
            mocket__transport_tls_check(&f->server);
        }
    }
    len += client_takes(f, got + len, LEN - len);
    assert_int_equal(len, LEN);
    assert_memory_equal(sent, got, LEN);
    free(sent);
    free(got);
    fixture_free(f);
}

/* ---- What a client may take ---- */

static long readable(int fd)
{
    int len = 0;
    assert_int_equal(ioctl(fd, FIONREAD, &len), 0);
    return len;
}

/* What the client sends is in memory from now on. */
static BIO *seal_into_memory(const struct fixture *f)
{
    BIO *memory = BIO_new(BIO_s_mem());
    assert_non_null(memory);
    BIO_up_ref(memory);
    SSL_set0_wbio(f->client, memory);
    return memory;
}

/* New keys bring no bytes: a call reads some of them, not all that there are. */
static void test_new_keys_without_end(void **state)
{
    struct fixture *f = fixture_new();
    char got[1000];
    char *sealed;
    int calls = 0;
    (void)state;
    shake_hands(f);
    BIO *memory = seal_into_memory(f);
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(SSL_key_update(f->client, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
        assert_int_equal(SSL_do_handshake(f->client), 1);
    }
    assert_int_equal(SSL_write(f->client, "question", 8), 8);
    long all = BIO_get_mem_data(memory, &sealed);
    assert_int_equal(send(f->fd, sealed, (size_t)all, 0), all);
    assert_int_equal(server_read(f, got, sizeof got), 0);
    assert_true(all > 50000 && readable(f->server.fd) > all / 2);
    while (server_read(f, got, sizeof got) == 0)
        assert_true(++calls < 10);
    assert_memory_equal(got, "question", 8);
    BIO_free(memory);
    fixture_free(f);
}

/* A client that reads as fast as bytes are encrypted gets them a turn at a time. */
static void test_a_client_that_takes_everything(void **state)
{
    static char body[1 << 20];
    struct fixture *f = fixture_new();
    static const int room = 1 << 20;
    (void)state;
    shake_hands(f);
    /* More than the usual limit: what the test is about is seen only where the system grants it. */
    if (setsockopt(f->server.fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) < 0)
        setsockopt(f->server.fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    struct iovec part = { body, sizeof body };
    ptrdiff_t n = server_write(f, &part, 1);
    assert_true(n > 0 && n < 300000);
    fixture_free(f);
}

/* Memory beside that of an open connection: part of a record, and what the client does not take. */
static void test_memory_is_charged(void **state)
{
    static char body[65536];
    struct fixture *f = fixture_new();
    char got[1000], sealed[2000];
    (void)state;
    shake_hands(f);
    client_takes(f, got, 1); /* tickets */
    uint64_t least = f->till->used;
    BIO *memory = seal_into_memory(f);
    assert_int_equal(SSL_write(f->client, (char[1000]){ 0 }, 1000), 1000);
    int len = BIO_read(memory, sealed, sizeof sealed);
    assert_true(len > 1000);
    assert_int_equal(send(f->fd, sealed, 500, 0), 500);
    assert_int_equal(server_read(f, got, sizeof got), 0);
    assert_true(f->till->used >= least + 16384);
    assert_int_equal(send(f->fd, sealed + 500, (size_t)len - 500, 0), len - 500);
    assert_int_equal(server_read(f, got, sizeof got), 1000);
    assert_int_equal(server_read(f, got, sizeof got), 0);
    assert_int_equal(f->till->used, least);
    struct iovec part = { body, sizeof body };
    assert_true(server_write(f, &part, 1) > 0 && f->server.unsent > 0);
    assert_true(f->till->used >= least + f->server.unsent);
    BIO_free(memory);
    fixture_free(f);
}

/* ---- Ends ---- */

static int client_end(struct fixture *f)
{
    char byte;
    return SSL_get_error(f->client, SSL_read(f->client, &byte, 1));
}

static void test_ends(void **state)
{
    struct fixture *f = fixture_new();
    char got[10];
    (void)state;
    shake_hands(f);
    assert_true(f->server.ops->shut(&f->server));
    mocket__transport_tls_check(&f->server);
    assert_int_equal(f->till->used, 0);
    assert_int_equal(client_end(f), SSL_ERROR_ZERO_RETURN);
    assert_int_equal(SSL_write(f->client, "late", 4), 4);
    assert_true(server_read(f, got, sizeof got) > 0); /* thrown away: not decrypted */
    assert_int_equal(server_write(f, &(struct iovec){ "x", 1 }, 1), MOCKET_TRANSPORT_LOST);
    for (int reset = 0; reset < 2; reset++) {
        ends_close(f, false);
        ends_open(f);
        shake_hands(f);
        f->server.ops->close(&f->server, reset);
        assert_int_equal(client_end(f), reset ? SSL_ERROR_SSL : SSL_ERROR_ZERO_RETURN);
    }
    fixture_free(f);
}

/* The end comes behind everything that is unsent. */
static void test_the_end_of_a_slow_client(void **state)
{
    struct fixture *f = fixture_new();
    static char body[65536], got[65536];
    size_t len = 0;
    (void)state;
    shake_hands(f);
    struct iovec part = { body, sizeof body };
    ptrdiff_t taken = server_write(f, &part, 1);
    assert_true(taken > 0 && f->server.unsent > 0);
    assert_true(f->server.ops->shut(&f->server));
    assert_true(f->server.unsent > 0);
    while (f->server.unsent > 0) {
        len += client_takes(f, got + len, sizeof got - len);
        assert_true(f->server.ops->push(&f->server));
    }
    len += client_takes(f, got + len, sizeof got - len);
    assert_int_equal(len, taken);
    assert_int_equal(client_end(f), SSL_ERROR_ZERO_RETURN);
    char byte;
    assert_int_equal(recv(f->fd, &byte, 1, 0), 0); /* the socket's end too */
    fixture_free(f);
}

/* ---- Handshakes that fail ---- */

static void test_plain_http(void **state)
{
    struct fixture *f = fixture_new();
    char got[300] = "";
    (void)state;
    assert_int_equal(send(f->fd, "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
    assert_int_equal(begin(f), MOCKET_TRANSPORT_REFUSED);
    assert_string_equal(f->server.ops->problem(&f->server), "http request");
    assert_true(f->server.ops->shut(&f->server));
    assert_true(recv(f->fd, got, sizeof got - 1, 0) > 0);
    assert_non_null(strstr(got, "HTTP/1.1 400 "));
    fixture_free(f);
}

/* Some bytes are answered, but never too many of them. */
static void test_too_many_bytes(void **state)
{
    static const char record[] = "\x16\x03\x01\x00\x04\x01\x01\xff\xb8"; /* a hello of 131,000 bytes begins */
    struct fixture *f = fixture_new();
    char more[5 + 1000] = "\x16\x03\x01\x03\xe8";
    int rc = 0;
    (void)state;
    assert_int_equal(send(f->fd, record, sizeof record - 1, 0), sizeof record - 1);
    for (int i = 0; i < 80 && rc == 0; i++) {
        ssize_t n = send(f->fd, more, sizeof more, MSG_NOSIGNAL);
        assert_true(n == sizeof more || i > 0);
        rc = begin(f);
    }
    assert_true(rc < 0);
    fixture_free(f);
}

static void test_a_choice_of_protocols(void **state)
{
    static const struct {
        const char *offered;
        const char *chosen; /* NULL: refused */
    } rows[] = { { "\x05other\x04"
                   "best",
                   "best" },
                 { "\x02zz\x05other", "other" },
                 { "\x02zz", NULL },
                 { "\x03"
                   "bes",
                   NULL } };
    struct fixture *f = fixture_new();
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
        ends_close(f, false);
        ends_open(f);
        SSL_set_alpn_protos(f->client, (const unsigned char *)rows[i].offered, (unsigned)strlen(rows[i].offered));
        if (rows[i].chosen) {
            shake_hands(f);
            unit_same(f->server.ops->chosen(&f->server), mocket__span(rows[i].chosen), i);
        } else {
            SSL_do_handshake(f->client);
            unit_equal(begin(f), MOCKET_TRANSPORT_REFUSED, i);
            assert_string_equal(f->server.ops->problem(&f->server), "no application protocol");
        }
    }
    fixture_free(f);
}

/* ---- Random faults ---- */

/* Changes, drops or doubles something of a client's bytes. */
static size_t spoil(unsigned char *bytes, size_t len, size_t cap, uint32_t *seed)
{
    size_t at = len > 0 ? unit_random(seed) % len : 0;
    size_t part = len > at ? 1 + unit_random(seed) % (len - at) : 0;
    switch (unit_random(seed) % 4) {
    case 0:
        bytes[at] = (unsigned char)unit_random(seed);
        return len;
    case 1:
        bytes[at] ^= (unsigned char)(1u << unit_random(seed) % 8);
        return len;
    case 2:
        memmove(bytes + at, bytes + at + part, len - at - part);
        return len - part;
    default:
        part = len + part > cap ? 0 : part;
        memmove(bytes + at + part, bytes + at, len - at);
        return len + part;
    }
}

/* The client writes into memory; its bytes reach the server after one of its flights was spoilt. */
static void carry(struct fixture *f, BIO *from_client, bool spoilt, uint32_t *seed)
{
    unsigned char bytes[16384];
    int n = BIO_read(from_client, bytes, sizeof bytes / 2);
    size_t len = n > 0 ? (size_t)n : 0;
    if (spoilt && len > 0)
        len = spoil(bytes, len, sizeof bytes, seed);
    if (len > 0)
        assert_true(send(f->fd, bytes, len, MSG_NOSIGNAL) > 0);
}

static void run_spoilt(struct fixture *f, uint32_t *seed)
{
    unsigned flight = unit_random(seed) % 3;
    char buf[4096];
    int server = 0;
    BIO *from_client = BIO_new(BIO_s_mem());
    SSL_set0_wbio(f->client, from_client);
    SSL_set_max_proto_version(f->client, unit_random(seed) % 2 ? TLS1_2_VERSION : TLS1_3_VERSION);
    for (unsigned i = 0; i < 4 && server == 0; i++) {
        SSL_do_handshake(f->client);
        carry(f, from_client, i == flight, seed);
        server = begin(f);
    }
    if (server == 1) {
        SSL_write(f->client, "question", 8);
        carry(f, from_client, flight == 2, seed);
        ptrdiff_t n = server_read(f, buf, sizeof buf);
        assert_true(n == 8 || n <= 0);
        struct iovec part = { "answer", 6 };
        assert_true(server_write(f, &part, 1) == (n == MOCKET_TRANSPORT_LOST ? n : 6));
    } else if (server == MOCKET_TRANSPORT_REFUSED && unit_random(seed) % 2) {
        f->server.ops->shut(&f->server);
        server_read(f, buf, sizeof buf);
    }
    ERR_clear_error();
}

static void test_spoilt_handshakes(void **state)
{
    struct fixture *f = fixture_new();
    uint32_t seed = 1;
    (void)state;
    for (int i = 0; i < 1500; i++) {
        ends_close(f, unit_random(&seed) % 2);
        ends_open(f);
        run_spoilt(f, &seed);
    }
    fixture_free(f);
}

/* ---- Memory ---- */

static int session(void *context)
{
    struct fixture *f = context;
    char problem[MOCKET_TLS_PROBLEM_LEN], body[20000] = "";
    struct mocket_tls_opts opts = f->files.opts;
    struct mocket_tls *tls = mocket__tls_new(&opts, problem);
    struct mocket_transport s = { .local = true };
    int fds[2], rc = tls ? 0 : MOCKET_ENOMEM;
    static const int room = 4096;
    if (rc < 0)
        return rc;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    SSL *client = SSL_new(f->context);
    SSL_set_fd(client, fds[0]);
    SSL_set_connect_state(client);
    struct mocket_tls_lane *lane = mocket__tls_lane_new(NULL);
    if (!lane || !mocket__transport_tls(&s, tls, lane, fds[1])) {
        rc = MOCKET_ENOMEM;
        close(fds[1]);
    }
    for (int i = 0, done = 0; rc == 0 && i < 4 && !done; i++) {
        SSL_do_handshake(client);
        done = s.ops->begin(&s);
        rc = done < 0 ? MOCKET_ENOMEM : 0;
    }
    struct iovec part = { body, sizeof body };
    if (rc == 0 && s.ops->write(&s, &part, 1) < 0)
        rc = MOCKET_ENOMEM;
    if (s.state)
        s.ops->close(&s, true);
    SSL_free(client);
    close(fds[0]);
    mocket__tls_lane_free(lane);
    mocket__tls_free(tls);
    return rc;
}

static void test_each_allocation_fails(void **state)
{
    struct fixture *f = fixture_new();
    (void)state;
    assert_true(unit_each_allocation_fails(session, f) > 8);
    fixture_free(f);
}

static void test_no_more_memory_may_be_held(void **state)
{
    struct fixture *f = fixture_new();
    struct mocket_account tight = { 0 };
    struct mocket_transport s = { .local = true };
    (void)state;
    mocket__account_init(&tight, 1000);
    struct mocket_tls_lane *lane = mocket__tls_lane_new(mocket__account_till(&tight));
    assert_false(mocket__transport_tls(&s, f->tls, lane, -1));
    mocket__tls_lane_free(lane);
    mocket__account_release(&tight);
    fixture_free(f);
}

/* ---- Tickets ---- */

static void test_ticket_keys(void **state)
{
    static struct mocket_tickets t;
    struct mocket_ticket_key first, again, second, found;
    enum { HOUR = MOCKET_TICKET_KEY_S, LIFE = MOCKET_TICKET_LIFE_S };
    (void)state;
    assert_true(mocket__tickets_init(&t));
    assert_true(mocket__tickets_present(&t, 100, &first));
    assert_true(mocket__tickets_present(&t, 99 + HOUR, &again));
    assert_memory_equal(&first, &again, sizeof first);
    assert_int_equal(mocket__tickets_find(&t, 101, first.name, &found), MOCKET_TICKET_PRESENT);
    assert_memory_equal(&first, &found, sizeof first);
    assert_true(mocket__tickets_present(&t, 100 + HOUR, &second));
    assert_true(memcmp(first.name, second.name, sizeof first.name) != 0);
    assert_true(memcmp(first.cipher, second.cipher, sizeof first.cipher) != 0);
    assert_int_equal(mocket__tickets_find(&t, 101 + HOUR, first.name, &found), MOCKET_TICKET_OLD);
    assert_int_equal(mocket__tickets_find(&t, 101 + HOUR, second.name, &found), MOCKET_TICKET_PRESENT);
    /* The last ticket of the first key has lived. */
    assert_int_equal(mocket__tickets_find(&t, 99 + HOUR + LIFE, first.name, &found), MOCKET_TICKET_OLD);
    assert_int_equal(mocket__tickets_find(&t, 100 + HOUR + LIFE, first.name, &found), MOCKET_TICKET_UNKNOWN);
    assert_int_equal(mocket__tickets_find(&t, 101, first.name, &found), MOCKET_TICKET_UNKNOWN); /* it is gone */
    assert_int_equal(mocket__tickets_find(&t, 101, (const unsigned char *)"0123456789abcdef", &found),
                     MOCKET_TICKET_UNKNOWN);
    mocket__tickets_release(&t);
}

/* ---- Files ---- */

static void wait_for_line(const struct files *f, const char *text)
{
    for (int i = 0; i < 3000 && !strstr(f->logged, text); i++)
        usleep(10000);
    assert_non_null(strstr(f->logged, text));
}

static void test_files_are_read_again(void **state)
{
    struct fixture *f = fixture_new();
    struct mocket_certificates *first = mocket__tls_certificates(f->tls);
    (void)state;
    make_certificate(&f->files);
    wait_for_line(&f->files, "reloaded");
    struct mocket_certificates *second = mocket__tls_certificates(f->tls);
    assert_ptr_not_equal(first, second);
    assert_int_equal(first->users, 2); /* ours, and the transport's, which began with it */
    shake_hands(f);
    assert_int_equal(first->users, 1);
    unlink(f->files.key);
    wait_for_line(&f->files, "k.pem: No such file or directory");
    struct mocket_certificates *third = mocket__tls_certificates(f->tls);
    assert_ptr_equal(second, third);
    f->files.logged[0] = '\0';
    mocket__tls_reload(f->tls);
    wait_for_line(&f->files, "k.pem: No such file or directory"); /* whoever asks is told again */
    mocket__certificates_drop(first);
    mocket__certificates_drop(second);
    mocket__certificates_drop(third);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_bytes_that_nobody_sees),
        cmocka_unit_test(test_an_end_without_words),
        cmocka_unit_test(test_a_client_that_reads_slowly),
        cmocka_unit_test(test_new_keys_without_end),
        cmocka_unit_test(test_a_client_that_takes_everything),
        cmocka_unit_test(test_memory_is_charged),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_the_end_of_a_slow_client),
        cmocka_unit_test(test_plain_http),
        cmocka_unit_test(test_too_many_bytes),
        cmocka_unit_test(test_a_choice_of_protocols),
        cmocka_unit_test(test_spoilt_handshakes),
        cmocka_unit_test(test_each_allocation_fails),
        cmocka_unit_test(test_no_more_memory_may_be_held),
        cmocka_unit_test(test_ticket_keys),
        cmocka_unit_test(test_files_are_read_again),
    };
    signal(SIGPIPE, SIG_IGN); /* the client's: as programs that serve do */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
