/* Contents first, meaning later: a set is made of what was read at one time, and two readings compare by their hash. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../base/buf.h"
#include "../../../base/memory.h"
#include "certificates.h"

#define FILE_MAX (1u << 20)

/* Returns 0 or the error number. */
static int read_bytes(int fd, struct mocket_buf *out)
{
    for (;;) {
        char *room = mocket__buf_room(out, 4096);
        ssize_t n = room ? read(fd, room, 4096) : -1;
        if (!room)
            return out->status == MOCKET_ETOOBIG ? EFBIG : ENOMEM;
        if (n == 0)
            return 0;
        if (n > 0)
            out->len += (size_t)n;
        else if (errno != EINTR)
            return errno;
    }
}

/* A pipe without a writer must not hold the caller up. */
static void read_file(struct mocket_tls_file *file)
{
    struct mocket_buf bytes = { .max_len = FILE_MAX };
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    file->error = fd < 0 ? errno : read_bytes(fd, &bytes);
    if (fd >= 0)
        close(fd);
    file->bytes = bytes.ptr;
    file->len = file->error == 0 ? bytes.len : 0;
}

static bool add_to_hash(EVP_MD_CTX *hash, const struct mocket_tls_file *file)
{
    return EVP_DigestUpdate(hash, &file->error, sizeof file->error) == 1 &&
           EVP_DigestUpdate(hash, &file->len, sizeof file->len) == 1 &&
           EVP_DigestUpdate(hash, file->len > 0 ? file->bytes : "", file->len) == 1;
}

static int hash_files(struct mocket_certificate_files *f)
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool ok = hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; ok && i < f->count; i++)
        ok = add_to_hash(hash, &f->all[i]);
    ok = ok && EVP_DigestFinal_ex(hash, f->hash, NULL) == 1;
    EVP_MD_CTX_free(hash);
    return ok ? 0 : MOCKET_ENOMEM;
}

int mocket__certificate_files_read(struct mocket_certificate_files *f, const struct mocket_native_tls *names)
{
    *f = (struct mocket_certificate_files){ .count = names->client_ca ? 1 : 0 };
    for (const struct mocket_certificate *c = names->certificates; c; c = c->next)
        f->count += 2;
    f->all = mocket__new(f->count * sizeof *f->all);
    if (!f->all) {
        f->count = 0;
        return MOCKET_ENOMEM;
    }
    struct mocket_tls_file *at = f->all;
    for (const struct mocket_certificate *c = names->certificates; c; c = c->next) {
        at++->path = c->certificate;
        at++->path = c->key;
    }
    if (names->client_ca)
        at->path = names->client_ca;
    for (size_t i = 0; i < f->count; i++)
        read_file(&f->all[i]);
    return hash_files(f);
}

void mocket__certificate_files_release(struct mocket_certificate_files *f)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->all[i].bytes)
            OPENSSL_cleanse(f->all[i].bytes, f->all[i].len);
        mocket__free(f->all[i].bytes);
    }
    mocket__free(f->all);
    *f = (struct mocket_certificate_files){ 0 };
}
