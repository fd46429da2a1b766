#include <uv.h>

#include "src/core/socket.h"
#include "src/backend/native/topics.h"
#include "unit.h"

/* A socket of this test: what it got. */
struct member {
    struct mocket_subscriber subscriber;
    struct mocket_buf got;
};

static void deliver(struct mocket_subscriber *s, struct mocket_published *p)
{
    struct member *m = (struct member *)s;
    mocket__buf_span(&m->got, mocket__span_slice(p->frame, p->frame.len - p->payload_len, p->frame.len));
    mocket__buf_text(&m->got, " ");
}

static void publish(struct mocket_topics *t, const char *topic, const char *text)
{
    struct mocket_published *p = mocket__published_new(mocket__span(topic), MOCKET_WS_TEXT, mocket__span(text), 1);
    assert_non_null(p);
    assert_true(mocket__topics_reserve(t, p));
    mocket__topics_post(t, p, &p->mails[0]);
    mocket__published_release(p);
}

static int subscribe(struct mocket_topics *t, struct member *m, const char *topic)
{
    return mocket__topics_subscribe(t, &m->subscriber, mocket__span(topic));
}

static void got(struct member *m, const char *want, size_t row)
{
    unit_same(mocket__buf_view(&m->got), mocket__span(want), row);
    mocket__buf_reset(&m->got);
}

static void test_who_gets_what(void **state)
{
    struct mocket_topics t;
    struct member a = { 0 }, b = { 0 };
    (void)state;
    assert_int_equal(mocket__topics_init(&t), 0);
    assert_false(mocket__topics_wanted(&t));
    publish(&t, "x", "nobody");
    assert_int_equal(subscribe(&t, &a, "x"), 0);
    assert_int_equal(subscribe(&t, &a, "x"), 0);
    assert_int_equal(subscribe(&t, &a, "y"), 0);
    assert_int_equal(subscribe(&t, &b, "x"), 0);
    assert_int_equal(a.subscriber.count, 2);
    publish(&t, "x", "1");
    publish(&t, "y", "2");
    publish(&t, "z", "3");
    publish(&t, "x", "4");
    assert_true(mocket__topics_have_mail(&t));
    mocket__topics_deliver(&t, deliver);
    assert_false(mocket__topics_have_mail(&t));
    got(&a, "1 2 4 ", 0);
    got(&b, "1 4 ", 1);
    publish(&t, "x", "5"); /* under way when one leaves and one comes */
    mocket__topics_unsubscribe(&t, &a.subscriber, MOCKET_SPAN("x"));
    mocket__topics_unsubscribe(&t, &a.subscriber, MOCKET_SPAN("never"));
    assert_int_equal(subscribe(&t, &a, "x"), 0);
    publish(&t, "x", "6");
    mocket__topics_deliver(&t, deliver);
    got(&a, "6 ", 2);
    got(&b, "5 6 ", 3);
    mocket__topics_leave(&t, &a.subscriber);
    mocket__topics_leave(&t, &b.subscriber);
    assert_false(mocket__topics_wanted(&t));
    assert_int_equal(t.topic_count, 0);
    publish(&t, "x", "left over");
    mocket__topics_release(&t);
    mocket__buf_release(&a.got);
    mocket__buf_release(&b.got);
}

static void test_many_topics(void **state)
{
    struct mocket_topics t;
    struct member members[2] = { 0 };
    char name[16];
    (void)state;
    assert_int_equal(mocket__topics_init(&t), 0);
    for (size_t m = 0; m < 2; m++) {
        for (int i = 0; i < MOCKET_TOPICS_MAX; i++) {
            snprintf(name, sizeof name, "t%d", i);
            assert_int_equal(subscribe(&t, &members[m], name), 0);
        }
        assert_int_equal(subscribe(&t, &members[m], "one more"), MOCKET_ELIMIT);
        assert_int_equal(subscribe(&t, &members[m], "t5"), 0);
    }
    assert_int_equal(t.topic_count, MOCKET_TOPICS_MAX);
    publish(&t, "t0", "a");
    publish(&t, "t1023", "b");
    mocket__topics_deliver(&t, deliver);
    for (size_t m = 0; m < 2; m++) {
        got(&members[m], "a b ", m);
        mocket__topics_leave(&t, &members[m].subscriber);
        mocket__buf_release(&members[m].got);
    }
    assert_int_equal(t.topic_count, 0);
    mocket__topics_release(&t);
}

static void test_bytes(void **state)
{
    struct mocket_topics t;
    struct member m = { 0 }, other = { 0 };
    struct mocket_account a = { 0 };
    char name[MOCKET_TOPIC_MAX + 1];
    int count = 0;
    (void)state;
    mocket__account_init(&a, 1 << 20);
    assert_int_equal(mocket__topics_init(&t), 0);
    t.till = mocket__account_till(&a);
    for (;; count++) {
        snprintf(name, sizeof name, "%0*d", MOCKET_TOPIC_MAX, count);
        if (subscribe(&t, &m, name) < 0)
            break;
    }
    assert_int_equal(count, MOCKET_TOPIC_NAMES_MAX / MOCKET_TOPIC_MAX);
    assert_int_equal(m.subscriber.names_len, count * MOCKET_TOPIC_MAX);
    assert_int_equal(subscribe(&t, &m, "x"), 0);
    uint64_t one = mocket__account_held(&a);
    assert_true(one > (uint64_t)count * MOCKET_TOPIC_MAX);
    assert_int_equal(subscribe(&t, &other, "x"), 0);
    assert_true(mocket__account_held(&a) > one && mocket__account_held(&a) < one + 200);
    uint64_t others = 0;
    while (mocket__till_take(t.till, MOCKET_CHARGE_SOCKETS, 50))
        others += 50;
    assert_int_equal(subscribe(&t, &other, "y"), MOCKET_ELIMIT);
    assert_int_equal(t.topic_count, count + 1);
    mocket__till_give(t.till, MOCKET_CHARGE_SOCKETS, others);
    mocket__topics_leave(&t, &m.subscriber);
    mocket__topics_leave(&t, &other.subscriber);
    assert_int_equal(m.subscriber.names_len, 0);
    assert_int_equal(mocket__account_held(&a), 0);
    mocket__topics_release(&t);
    mocket__account_release(&a);
}

static void test_full_mailbox(void **state)
{
    struct mocket_topics t;
    struct member m = { 0 };
    static char text[1 << 20];
    size_t posted = 0;
    (void)state;
    assert_int_equal(mocket__topics_init(&t), 0);
    assert_int_equal(subscribe(&t, &m, "x"), 0);
    while (posted < 100) {
        struct mocket_published *p =
            mocket__published_new(MOCKET_SPAN("x"), MOCKET_WS_BINARY, (mocket_span){ text, sizeof text }, 1);
        bool room = mocket__topics_reserve(&t, p);
        if (room)
            mocket__topics_post(&t, p, &p->mails[0]);
        mocket__published_release(p);
        if (!room)
            break;
        posted++;
    }
    assert_int_equal(posted, MOCKET_MAILBOX_MAX / sizeof text - 1); /* a message weighs a little more than its bytes */
    mocket__topics_deliver(&t, NULL);
    publish(&t, "x", "room again");
    mocket__topics_deliver(&t, deliver);
    got(&m, "room again ", 0);
    mocket__topics_leave(&t, &m.subscriber);
    mocket__topics_release(&t);
    mocket__buf_release(&m.got);
}

static int use(void *context)
{
    struct mocket_topics t;
    struct member m = { 0 };
    (void)context;
    assert_int_equal(mocket__topics_init(&t), 0);
    int rc = subscribe(&t, &m, "x");
    struct mocket_published *p =
        rc == 0 ? mocket__published_new(MOCKET_SPAN("x"), MOCKET_WS_TEXT, MOCKET_SPAN("a"), 3) : NULL;
    if (p != NULL)
        mocket__published_release(p);
    rc = rc == 0 && p == NULL ? MOCKET_ENOMEM : rc;
    assert_int_equal(t.topic_count, rc == 0 || m.subscriber.count > 0);
    mocket__topics_leave(&t, &m.subscriber);
    mocket__topics_release(&t);
    return rc;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_int_equal(unit_each_allocation_fails(use, NULL), 4);
}

/* ---- Threads ---- */

#define SENDERS 4
#define EACH 2000

struct sender {
    struct mocket_topics *topics;
    uv_thread_t thread;
    int number;
};

static void send_all(void *arg)
{
    struct sender *s = arg;
    char text[32];
    for (int n = 0; n < EACH; n++) {
        snprintf(text, sizeof text, "%d:%d", s->number, n);
        publish(s->topics, "x", text);
    }
}

static int next_of[SENDERS], total; /* of test_order; one thread reads */

static void check_order(struct mocket_subscriber *s, struct mocket_published *p)
{
    char text[32] = "";
    int number, n;
    (void)s;
    memcpy(text, p->frame.ptr + p->frame.len - p->payload_len, p->payload_len);
    assert_int_equal(sscanf(text, "%d:%d", &number, &n), 2);
    assert_int_equal(n, next_of[number]++);
    total++;
}

static void test_order(void **state)
{
    struct mocket_topics t;
    struct member m = { 0 };
    struct sender senders[SENDERS];
    (void)state;
    assert_int_equal(mocket__topics_init(&t), 0);
    assert_int_equal(subscribe(&t, &m, "x"), 0);
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){ .topics = &t, .number = i };
        assert_int_equal(uv_thread_create(&senders[i].thread, send_all, &senders[i]), 0);
    }
    while (total < SENDERS * EACH)
        mocket__topics_deliver(&t, check_order);
    for (int i = 0; i < SENDERS; i++)
        uv_thread_join(&senders[i].thread);
    mocket__topics_leave(&t, &m.subscriber);
    mocket__topics_release(&t);
}

/* A flood is delivered in portions, in order, and those who leave between two get nothing more. */
static void test_portions(void **state)
{
    struct mocket_topics t;
    struct member a = { 0 }, b = { 0 };
    (void)state;
    assert_int_equal(mocket__topics_init(&t), 0);
    assert_int_equal(subscribe(&t, &a, "x"), 0);
    assert_int_equal(subscribe(&t, &b, "x"), 0);
    for (int i = 0; i < MOCKET_MAIL_PORTION; i++)
        publish(&t, "x", "m");
    mocket__topics_deliver(&t, deliver);
    size_t first = a.got.len / 2;
    assert_true(first > 0 && first <= MOCKET_MAIL_PORTION / 2);
    assert_true(mocket__topics_have_mail(&t));
    mocket__topics_leave(&t, &b.subscriber);
    publish(&t, "x", "last");
    for (int i = 0; i < 4 && mocket__topics_have_mail(&t); i++)
        mocket__topics_deliver(&t, deliver);
    assert_false(mocket__topics_have_mail(&t));
    assert_int_equal(b.got.len, first * 2);
    assert_int_equal(a.got.len, 2 * MOCKET_MAIL_PORTION + 5);
    assert_memory_equal(a.got.ptr + a.got.len - 7, "m last ", 7);
    for (int i = 0; i < MOCKET_MAIL_PORTION; i++)
        publish(&t, "x", "left over");
    mocket__topics_deliver(&t, deliver);
    mocket__topics_leave(&t, &a.subscriber);
    mocket__buf_release(&a.got);
    mocket__buf_release(&b.got);
    mocket__topics_release(&t); /* also what was taken and not delivered */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_gets_what), cmocka_unit_test(test_portions),     cmocka_unit_test(test_many_topics),
        cmocka_unit_test(test_bytes),         cmocka_unit_test(test_full_mailbox), cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
