/* The guest ABI's messages: round trips, and hostile bytes: every word of a message replaced by every odd number. Their
 * bytes are golden_test.c's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/codec.h"
#include "base/span.h"

static struct mocket_message example(struct mocket_field rows[3])
{
    rows[0] = (struct mocket_field){ MOCKET_SPAN("Host"), MOCKET_SPAN("example.org") };
    rows[1] = (struct mocket_field){ MOCKET_SPAN("X-Two"), MOCKET_SPAN("b") };
    rows[2] = (struct mocket_field){ MOCKET_SPAN("x-two"), MOCKET_SPAN("") };
    return (struct mocket_message){
        .method = MOCKET_METHOD_POST,
        .flags = MOCKET_MESSAGE_TLS,
        .method_text = MOCKET_SPAN("POST"),
        .target = MOCKET_SPAN("/a?b=c"),
        .authority = MOCKET_SPAN("example.org"),
        .peer = MOCKET_SPAN("::1"),
        .fields = { rows, 3, 3 },
        .body_len = 4,
    };
}

static void assert_span(mocket_span got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.ptr, want, got.len);
}

static void test_request(void **state)
{
    (void)state;
    struct mocket_field rows[3];
    struct mocket_message msg = example(rows), back;
    struct mocket_arena a;
    mocket_span body = MOCKET_SPAN("body"), got;
    mocket__arena_init(&a, 0);
    size_t size = mocket__abi_request_size(&msg, body);
    void *bytes = malloc(size);
    mocket__abi_request_encode(&msg, body, true, 0, bytes);
    assert_int_equal(mocket__abi_request_decode((mocket_span){ bytes, size }, &a, &back, &got), 0);
    assert_int_equal(back.method, MOCKET_METHOD_POST);
    assert_int_equal(back.flags, MOCKET_MESSAGE_TLS);
    assert_int_equal(back.body_len, 4);
    assert_span(back.method_text, "POST");
    assert_span(back.target, "/a?b=c");
    assert_span(back.authority, "example.org");
    assert_span(back.peer, "::1");
    assert_int_equal(back.fields.count, 3);
    assert_span(back.fields.rows[1].name, "x-two"); /* names are lower case on the way */
    assert_span(back.fields.rows[2].value, "");
    assert_span(got, "body");
    assert_ptr_equal(got.ptr + got.len, (char *)bytes + size); /* an inline body ends the message */
    free(bytes);
    mocket__arena_release(&a);
}

static void test_request_without_body(void **state)
{
    (void)state;
    struct mocket_field rows[3];
    struct mocket_message msg = example(rows), back;
    struct mocket_arena a;
    mocket_span got;
    mocket__arena_init(&a, 0);
    size_t size = mocket__abi_request_size(&msg, (mocket_span){ NULL, 0 });
    void *bytes = malloc(size);
    mocket__abi_request_encode(&msg, (mocket_span){ NULL, 0 }, false, MOCKET_ABI_UNKNOWN_LENGTH, bytes);
    assert_int_equal(mocket__abi_request_decode((mocket_span){ bytes, size }, &a, &back, &got), 0);
    assert_int_equal(back.body_len, -1);
    assert_null(got.ptr);
    free(bytes);
    mocket__arena_release(&a);
}

/* Word 15: why the host has no body. A number that is no code is malformed. */
static void test_request_whose_body_failed(void **state)
{
    (void)state;
    struct mocket_field rows[3];
    struct mocket_message msg = example(rows), back;
    struct mocket_arena a;
    mocket_span got, none = { NULL, 0 };
    mocket__arena_init(&a, 0);
    msg.body_error = MOCKET_ETOOBIG;
    size_t size = mocket__abi_request_size(&msg, none);
    uint32_t *words = malloc(size);
    mocket__abi_request_encode(&msg, none, false, 4, words);
    assert_int_equal(mocket__abi_request_decode((mocket_span){ (char *)words, size }, &a, &back, &got), 0);
    assert_int_equal(back.body_error, MOCKET_ETOOBIG);
    assert_int_equal(back.body_len, 4);
    assert_null(got.ptr);
    words[MOCKET_ABI_REQ_BODY_ERROR] = 1;
    assert_int_equal(mocket__abi_request_decode((mocket_span){ (char *)words, size }, &a, &back, &got), MOCKET_EINVAL);
    mocket__abi_request_encode(&msg, none, true, 0, words); /* a body that is here has not failed */
    assert_int_equal(words[MOCKET_ABI_REQ_BODY_ERROR], 0);
    free(words);
    mocket__arena_release(&a);
}

static void test_head(void **state)
{
    (void)state;
    struct mocket_field rows[2] = { { MOCKET_SPAN("Content-Type"), MOCKET_SPAN("text/plain") },
                                    { MOCKET_SPAN("X-Empty"), MOCKET_SPAN("") } };
    struct mocket_fields fields = { rows, 2, 2 }, back;
    struct mocket_arena a;
    int status = 0;
    mocket__arena_init(&a, 0);
    size_t size = mocket__abi_head_size(&fields);
    void *bytes = malloc(size);
    mocket__abi_head_encode(201, &fields, false, bytes);
    assert_int_equal(mocket__abi_head_decode((mocket_span){ bytes, size }, MOCKET_ABI_ANSWER, &a, &status, &back), 0);
    assert_int_equal(status, 201);
    assert_int_equal(back.count, 2);
    assert_span(back.rows[0].name, "Content-Type");
    assert_span(back.rows[0].value, "text/plain");
    free(bytes);
    mocket__arena_release(&a);
}

static int decode_head(const struct mocket_fields *fields, int status, enum mocket_abi_head_kind kind)
{
    struct mocket_arena a;
    struct mocket_fields back;
    int got;
    mocket__arena_init(&a, 0);
    size_t size = mocket__abi_head_size(fields);
    void *bytes = malloc(size);
    mocket__abi_head_encode(status, fields, false, bytes);
    int rc = mocket__abi_head_decode((mocket_span){ bytes, size }, kind, &a, &got, &back);
    free(bytes);
    mocket__arena_release(&a);
    return rc;
}

static void test_head_rules(void **state)
{
    (void)state;
    struct mocket_fields none = { 0 };
    assert_int_equal(decode_head(&none, 200, MOCKET_ABI_ANSWER), 0);
    assert_int_equal(decode_head(&none, 599, MOCKET_ABI_ANSWER), 0);
    assert_int_equal(decode_head(&none, 199, MOCKET_ABI_ANSWER), MOCKET_EINVAL);
    assert_int_equal(decode_head(&none, 600, MOCKET_ABI_ANSWER), MOCKET_EINVAL);
    assert_int_equal(decode_head(&none, 101, MOCKET_ABI_ANSWER), MOCKET_EINVAL);
    assert_int_equal(decode_head(&none, 101, MOCKET_ABI_HANDSHAKE), 0);
    assert_int_equal(decode_head(&none, 200, MOCKET_ABI_HANDSHAKE), MOCKET_EINVAL);
    assert_int_equal(decode_head(&none, 999, MOCKET_ABI_FETCHED), 0);
    assert_int_equal(decode_head(&none, 1000, MOCKET_ABI_FETCHED), MOCKET_EINVAL);
    assert_int_equal(decode_head(&none, 101, MOCKET_ABI_FETCHED), MOCKET_EINVAL);
    static const struct mocket_field bad[] = {
        { { "", 0 }, { "v", 1 } },     { { "a b", 3 }, { "v", 1 } },  { { "a:", 2 }, { "v", 1 } },
        { { "n", 1 }, { "a\rb", 3 } }, { { "n", 1 }, { "a\nb", 3 } }, { { "n", 1 }, { "a\0b", 3 } },
        { { "n\0", 2 }, { "v", 1 } },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct mocket_field row = bad[i];
        struct mocket_fields one = { &row, 1, 1 };
        assert_int_equal(decode_head(&one, 200, MOCKET_ABI_ANSWER), MOCKET_EINVAL);
    }
    struct mocket_field control = { { "n", 1 }, { "a\x01\x7f", 3 } };
    struct mocket_fields one = { &control, 1, 1 };
    assert_int_equal(decode_head(&one, 200, MOCKET_ABI_ANSWER), MOCKET_EINVAL);
    assert_int_equal(decode_head(&one, 101, MOCKET_ABI_HANDSHAKE), MOCKET_EINVAL);
    assert_int_equal(decode_head(&one, 200, MOCKET_ABI_FETCHED), 0); /* as servers send it */
}

/* Rows that all name the same bytes: 64 KiB on the wire must not become hundreds of megabytes. */
static void test_head_shared_bytes(void **state)
{
    (void)state;
    struct mocket_arena a;
    struct mocket_fields back;
    int status;
    mocket__arena_init(&a, 0);
    size_t rows = 1000, size = 60000;
    uint32_t *words = calloc(1, size);
    memset(words, 'x', size);
    words[0] = 200, words[1] = 0, words[2] = (uint32_t)rows, words[3] = 16;
    for (size_t i = 0; i < rows; i++)
        words[4 + i * 4] = 20000, words[5 + i * 4] = 1, words[6 + i * 4] = 20000, words[7 + i * 4] = 40000;
    assert_int_equal(
        mocket__abi_head_decode((mocket_span){ (char *)words, size }, MOCKET_ABI_ANSWER, &a, &status, &back),
        MOCKET_EINVAL);
    free(words);
    mocket__arena_release(&a);
}

/* Reads every byte that a decoded message shows: sanitizers see a view that reaches outside. */
static unsigned touch(mocket_span s)
{
    unsigned sum = 0;
    for (size_t i = 0; i < s.len; i++)
        sum += (unsigned char)s.ptr[i];
    return sum;
}

static unsigned touch_message(const struct mocket_message *msg, mocket_span body)
{
    unsigned sum =
        touch(msg->method_text) + touch(msg->target) + touch(msg->authority) + touch(msg->peer) + touch(body);
    for (size_t i = 0; i < msg->fields.count; i++)
        sum += touch(msg->fields.rows[i].name) + touch(msg->fields.rows[i].value);
    return sum;
}

static void test_hostile_words(void **state)
{
    (void)state;
    static const uint32_t odd[] = { 0, 1, 3, 4, 60, 64, 100, 160, 161, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF };
    struct mocket_field rows[3];
    struct mocket_message msg = example(rows), back;
    mocket_span body = MOCKET_SPAN("body"), got;
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    size_t size = mocket__abi_request_size(&msg, body);
    unsigned sum = 0;
    for (size_t word = 0; word < MOCKET_ABI_REQ_WORDS + 12; word++) {
        for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
            unsigned char *bytes = malloc(size);
            mocket__abi_request_encode(&msg, body, true, 0, bytes);
            memcpy(bytes + word * 4, &odd[i], 4);
            if (mocket__abi_request_decode((mocket_span){ (char *)bytes, size }, &a, &back, &got) == 0)
                sum += touch_message(&back, got);
            mocket__arena_reset(&a);
            free(bytes);
        }
    }
    assert_true(sum > 0);
    mocket__arena_release(&a);
}

/* What a guest asks to be fetched: encoded as guests do, then with one word or one row replaced. */
static int decode_fetch(const struct mocket_field *row, size_t word, uint32_t value, struct mocket_abi_fetch *out)
{
    struct mocket_field rows[] = { { MOCKET_SPAN("Accept"), MOCKET_SPAN("*/*") },
                                   { MOCKET_SPAN("host"), MOCKET_SPAN("other.example") },
                                   { MOCKET_SPAN("connection"), MOCKET_SPAN("close") },
                                   { MOCKET_SPAN("content-length"), MOCKET_SPAN("5") },
                                   row ? *row : (struct mocket_field){ MOCKET_SPAN("x"), MOCKET_SPAN("y") } };
    struct mocket_message msg = { .method = MOCKET_METHOD_PUT,
                                  .flags = MOCKET_ABI_FOLLOW,
                                  .method_text = MOCKET_SPAN("PUT"),
                                  .target = MOCKET_SPAN("http://example.org/"),
                                  .fields = { rows, 5, 5 } };
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    size_t size = mocket__abi_request_size(&msg, (mocket_span){ NULL, 0 });
    unsigned char *bytes = malloc(size);
    mocket__abi_request_encode(&msg, (mocket_span){ NULL, 0 }, false, 250, bytes);
    if (word < SIZE_MAX)
        memcpy(bytes + word * 4, &value, 4);
    int rc = mocket__abi_fetch_decode((mocket_span){ (char *)bytes, size }, &a, out);
    unsigned sum = rc < 0 ? 0 : touch(out->method) + touch(out->url);
    for (size_t i = 0; rc == 0 && i < out->fields.count; i++)
        sum += touch(out->fields.rows[i].name) + touch(out->fields.rows[i].value);
    if (rc == 0 && word == SIZE_MAX) {
        assert_true(sum > 0);
        assert_span(out->method, "PUT");
        assert_span(out->url, "http://example.org/");
        assert_span(out->fields.rows[0].name, "accept");
    }
    free(bytes);
    mocket__arena_release(&a);
    return rc;
}

static void test_fetch(void **state)
{
    (void)state;
    struct mocket_abi_fetch f;
    assert_int_equal(decode_fetch(NULL, SIZE_MAX, 0, &f), 0);
    assert_int_equal(f.fields.count, 2); /* the connection's fields and Host are the host's to make */
    assert_int_equal(f.body_len, 5);
    assert_int_equal(f.timeout_ms, 250);
    assert_true(f.follow);
    assert_false(f.retry);
    assert_int_equal(decode_fetch(NULL, MOCKET_ABI_REQ_FLAGS, MOCKET_ABI_RETRY, &f), 0);
    assert_true(f.retry && !f.follow);
    static const struct mocket_field bad[] = {
        { { "", 0 }, { "v", 1 } },
        { { "a b", 3 }, { "v", 1 } },
        { { "a:", 2 }, { "v", 1 } },
        { { "n", 1 }, { "a\rb", 3 } },
        { { "n", 1 }, { "a\nb", 3 } },
        { { "n", 1 }, { "a\0b", 3 } },
        { { "content-length", 14 }, { "6", 1 } },
        { { "Content-Length", 14 }, { "-5", 2 } },
        { { "content-length", 14 }, { "", 0 } },
        { { "content-length", 14 }, { "99999999999999999999", 20 } },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(decode_fetch(&bad[i], SIZE_MAX, 0, &f), MOCKET_EINVAL);
    struct mocket_field same = { MOCKET_SPAN("content-length"), MOCKET_SPAN("5") };
    assert_int_equal(decode_fetch(&same, SIZE_MAX, 0, &f), 0);
    for (uint32_t method = 0; method < 12; method++) /* another one than the text says */
        assert_int_equal(decode_fetch(NULL, 0, method, &f), method == MOCKET_METHOD_PUT ? 0 : MOCKET_EINVAL);
    static const uint32_t odd[] = { 0, 1, 3, 4, 60, 64, 100, 160, 161, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF };
    for (size_t word = 0; word < MOCKET_ABI_REQ_WORDS + 20; word++)
        for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
            decode_fetch(NULL, word, odd[i], &f);
    char short_message[MOCKET_ABI_REQ_WORDS * 4 - 1] = { 1 };
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    assert_int_equal(mocket__abi_fetch_decode((mocket_span){ short_message, sizeof short_message }, &a, &f),
                     MOCKET_EINVAL);
    mocket__arena_release(&a);
}

static void test_short_messages(void **state)
{
    (void)state;
    struct mocket_field rows[3];
    struct mocket_message msg = example(rows), back;
    mocket_span got;
    struct mocket_arena a;
    mocket__arena_init(&a, 0);
    size_t size = mocket__abi_request_size(&msg, MOCKET_SPAN("body"));
    char *whole = malloc(size);
    mocket__abi_request_encode(&msg, MOCKET_SPAN("body"), true, 0, whole);
    for (size_t len = 0; len < size; len++) {
        char *cut = malloc(len ? len : 1);
        memcpy(cut, whole, len);
        assert_int_equal(mocket__abi_request_decode((mocket_span){ cut, len }, &a, &back, &got), MOCKET_EINVAL);
        free(cut);
        mocket__arena_reset(&a);
    }
    free(whole);
    mocket__arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_request_without_body),
        cmocka_unit_test(test_request_whose_body_failed),
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_head_rules),
        cmocka_unit_test(test_head_shared_bytes),
        cmocka_unit_test(test_hostile_words),
        cmocka_unit_test(test_fetch),
        cmocka_unit_test(test_short_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
