/* The queue of unsent bytes, with a transport that takes as many bytes as the test says. */
#include "src/backend/native/server/output.h"
#include "src/backend/native/topics.h"
#include "src/core/socket.h"
#include "unit.h"

struct fake {
    struct mocket_transport transport;
    struct mocket_output out;
    char got[4096];
    size_t len;
    size_t room; /* bytes that the transport takes from now on */
    bool lost;
};

static ptrdiff_t fake_write(struct mocket_transport *s, struct iovec *parts, size_t count)
{
    struct fake *f = (struct fake *)s;
    size_t taken = 0;
    if (f->lost)
        return MOCKET_TRANSPORT_LOST;
    for (size_t i = 0; i < count && f->room > 0; i++) {
        size_t len = parts[i].iov_len < f->room ? parts[i].iov_len : f->room;
        memcpy(f->got + f->len, parts[i].iov_base, len);
        f->len += len;
        f->room -= len;
        taken += len;
    }
    return (ptrdiff_t)taken;
}

static size_t fake_pending(const struct mocket_transport *s)
{
    (void)s;
    return 3;
}

static struct fake *fake_new(size_t room)
{
    static const struct mocket_transport_ops ops = { .write = fake_write, .pending = fake_pending };
    struct fake *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->transport.ops = &ops;
    f->out.transport = &f->transport;
    f->room = room;
    return f;
}

static void fake_free(struct fake *f)
{
    mocket__output_drop(&f->out);
    mocket__output_check(&f->out);
    free(f);
}

static void got(struct fake *f, const char *want)
{
    mocket__output_check(&f->out);
    unit_same((mocket_span){ f->got, f->len }, mocket__span(want), 0);
}

static void test_what_is_not_taken_follows_in_order(void **state)
{
    struct fake *f = fake_new(3);
    struct mocket_unsent lent = { .at = "LENT", .left = 4 };
    (void)state;
    assert_int_equal(mocket__output_put(&f->out, MOCKET_SPAN("hello ")), 0);
    got(f, "hel");
    f->room = 100; /* nothing overtakes the queue */
    assert_int_equal(mocket__output_put(&f->out, MOCKET_SPAN("you ")), 0);
    assert_int_equal(mocket__output_lend(&f->out, MOCKET_SPAN("and "), &lent), 0);
    got(f, "hel");
    assert_false(lent.done);
    assert_int_equal(f->out.len, 3 + 4 + 4 + 4);
    f->room = 12;
    assert_int_equal(mocket__output_continue(&f->out), 0);
    got(f, "hello you and L");
    assert_false(lent.done);
    f->room = 100;
    assert_int_equal(mocket__output_push(&f->out), 0);
    got(f, "hello you and LENT");
    assert_true(lent.done);
    assert_int_equal(f->out.len, 0);
    assert_int_equal(mocket__output_taken(&f->out), 18 - 3);
    fake_free(f);
}

static void test_lent_bytes_that_are_taken_at_once(void **state)
{
    struct fake *f = fake_new(100);
    struct mocket_unsent lent = { .at = "body", .left = 4 };
    (void)state;
    assert_int_equal(mocket__output_lend(&f->out, MOCKET_SPAN("head "), &lent), 0);
    got(f, "head body");
    assert_true(lent.done);
    fake_free(f);
}

static void test_a_dropped_queue_gives_lent_bytes_back(void **state)
{
    struct fake *f = fake_new(2);
    struct mocket_unsent lent = { .at = "body", .left = 4 };
    (void)state;
    assert_int_equal(mocket__output_lend(&f->out, MOCKET_SPAN("head "), &lent), 0);
    assert_false(lent.done);
    mocket__output_drop(&f->out);
    assert_true(lent.done);
    assert_int_equal(f->out.len, 0);
    got(f, "he");
    fake_free(f);
}

static void test_a_lost_transport(void **state)
{
    struct fake *f = fake_new(2);
    struct mocket_unsent lent = { .at = "x", .left = 1 };
    (void)state;
    f->lost = true;
    assert_int_equal(mocket__output_put(&f->out, MOCKET_SPAN("a")), MOCKET_ECLOSED);
    assert_int_equal(mocket__output_lend(&f->out, MOCKET_SPAN("a"), &lent), MOCKET_ECLOSED);
    f->lost = false;
    assert_int_equal(mocket__output_put(&f->out, MOCKET_SPAN("abc")), 0);
    f->lost = true;
    assert_int_equal(mocket__output_continue(&f->out), MOCKET_ECLOSED);
    assert_int_equal(mocket__output_push(&f->out), MOCKET_ECLOSED);
    fake_free(f);
}

static struct mocket_published *published(size_t len)
{
    char text[2000];
    memset(text, 'p', sizeof text);
    return mocket__published_new(MOCKET_SPAN("t"), MOCKET_WS_TEXT, (mocket_span){ text, len }, 1);
}

/* Frames that have not begun to be sent can be taken back; the rest of one that has begun must follow. */
static void test_forget_keeps_what_has_begun(void **state)
{
    struct fake *f = fake_new(0);
    struct mocket_published *large = published(1500);
    (void)state;
    assert_int_equal(mocket__output_queue(&f->out, MOCKET_SPAN("H"), MOCKET_SPAN("one")), 0);
    assert_int_equal(mocket__output_share(&f->out, large), 0);
    assert_int_equal(mocket__output_queue(&f->out, MOCKET_SPAN("H"), MOCKET_SPAN("two")), 0);
    mocket__output_check(&f->out);
    f->room = 2;
    assert_int_equal(mocket__output_push(&f->out), 0);
    mocket__output_forget(&f->out);
    assert_int_equal(f->out.len, 2);
    f->room = 100;
    assert_int_equal(mocket__output_push(&f->out), 0);
    got(f, "Hone");
    mocket__output_forget(&f->out);
    got(f, "Hone");
    mocket__published_release(large);
    fake_free(f);
}

/* A close frame is queued although no more may be held; other frames are not. */
static void test_what_is_owed(void **state)
{
    struct fake *f = fake_new(0);
    struct mocket_account account = { 0 };
    (void)state;
    mocket__account_init(&account, 1);
    f->out.till = mocket__account_till(&account);
    f->out.part = MOCKET_CHARGE_SOCKETS;
    assert_int_equal(mocket__output_queue(&f->out, MOCKET_SPAN("H"), MOCKET_SPAN("one")), MOCKET_ELIMIT);
    assert_int_equal(mocket__output_queue_owed(&f->out, MOCKET_SPAN("H"), MOCKET_SPAN("close")), 0);
    mocket__till_check(f->out.till);
    f->room = 100;
    assert_int_equal(mocket__output_push(&f->out), 0);
    got(f, "Hclose");
    mocket__output_drop(&f->out);
    mocket__till_check(f->out.till);
    assert_int_equal(mocket__account_part(&account, MOCKET_CHARGE_SOCKETS), 0);
    mocket__till_close(f->out.till);
    fake_free(f);
    mocket__account_release(&account);
}

static int run_with_little_memory(void *arg)
{
    struct fake *f = fake_new(1);
    struct mocket_published *large = published(1500);
    int rc = large ? mocket__output_put(&f->out, MOCKET_SPAN("abc")) : MOCKET_ENOMEM;
    (void)arg;
    if (rc == 0)
        rc = mocket__output_queue(&f->out, MOCKET_SPAN("H"), MOCKET_SPAN("one"));
    if (rc == 0)
        rc = mocket__output_share(&f->out, large);
    mocket__output_check(&f->out);
    if (large)
        mocket__published_release(large);
    fake_free(f);
    return rc;
}

static void test_each_allocation_fails(void **state)
{
    (void)state;
    assert_true(unit_each_allocation_fails(run_with_little_memory, NULL) >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_not_taken_follows_in_order),
        cmocka_unit_test(test_lent_bytes_that_are_taken_at_once),
        cmocka_unit_test(test_a_dropped_queue_gives_lent_bytes_back),
        cmocka_unit_test(test_a_lost_transport),
        cmocka_unit_test(test_forget_keeps_what_has_begun),
        cmocka_unit_test(test_what_is_owed),
        cmocka_unit_test(test_each_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
