/* WebSocket clients for bench/run, all in one thread.
 *
 *     ws_load echo PORT PATH SOCKETS SECONDS    each sends a message and waits for it to come back, again and again:
 *                                               prints `MESSAGES SECONDS`
 *     ws_load idle PORT PATH SOCKETS            prints `OPEN N` when all are open, or no more are let in; they stay
 *                                               until standard input ends
 *
 * It is the server that is measured, by its CPU time: this has to be quick enough, and to notice a wrong answer. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PAYLOAD "a message of thirty-two bytes..." /* 32 bytes */
#define PAYLOAD_LEN (sizeof PAYLOAD - 1)
#define HANDSHAKE_TIMEOUT_S 5

static char outgoing[2 + 4 + PAYLOAD_LEN]; /* masked */
static char incoming[2 + PAYLOAD_LEN];     /* what must come back */

struct client {
    int fd;
    size_t got; /* bytes of the message that comes back */
};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void make_frames(void)
{
    static const char mask[4] = { 0x37, 0x7a, 0x21, 0x3d };
    outgoing[0] = incoming[0] = (char)0x81;
    outgoing[1] = (char)(0x80 | PAYLOAD_LEN);
    incoming[1] = (char)PAYLOAD_LEN;
    memcpy(outgoing + 2, mask, 4);
    memcpy(incoming + 2, PAYLOAD, PAYLOAD_LEN);
    for (size_t i = 0; i < PAYLOAD_LEN; i++)
        outgoing[6 + i] = (char)(PAYLOAD[i] ^ mask[i % 4]);
}

/* A socket whose handshake is done, or -1. It may not have read a byte behind it. */
static int open_socket(int port, const char *path)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    struct timeval limit = { .tv_sec = HANDSHAKE_TIMEOUT_S };
    char text[1024];
    size_t len = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        goto bad;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    int n = snprintf(text, sizeof text,
                     "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                     path);
    if (send(fd, text, (size_t)n, MSG_NOSIGNAL) != n)
        goto bad;
    while (len < 4 || memcmp(text + len - 4, "\r\n\r\n", 4) != 0)
        if (len == sizeof text || recv(fd, text + len++, 1, 0) != 1)
            goto bad;
    if (memcmp(text, "HTTP/1.1 101", 12) == 0)
        return fd;
bad:
    if (fd >= 0)
        close(fd);
    return -1;
}

static int open_all(struct client *clients, int wanted, int port, const char *path)
{
    int count = 0;
    while (count < wanted && (clients[count].fd = open_socket(port, path)) >= 0)
        count++;
    return count;
}

/* 1 when a whole message is back, 0 when not yet, -1 when something else came. */
static int take(struct client *c)
{
    char buf[sizeof incoming];
    ssize_t n = recv(c->fd, buf, sizeof incoming - c->got, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return 0;
    if (n <= 0 || memcmp(buf, incoming + c->got, (size_t)n) != 0)
        return -1;
    c->got += (size_t)n;
    if (c->got < sizeof incoming)
        return 0;
    c->got = 0;
    return 1;
}

static int say(struct client *c)
{
    return send(c->fd, outgoing, sizeof outgoing, MSG_NOSIGNAL) == (ssize_t)sizeof outgoing ? 0 : -1;
}

static int echo(struct client *clients, int count, double seconds)
{
    struct epoll_event events[256];
    int set = epoll_create1(EPOLL_CLOEXEC), failed = 0;
    long messages = 0;
    double began = now_s();
    for (int i = 0; i < count; i++) {
        struct epoll_event wish = { .events = EPOLLIN, .data.ptr = &clients[i] };
        failed |= epoll_ctl(set, EPOLL_CTL_ADD, clients[i].fd, &wish) < 0 || say(&clients[i]) < 0;
    }
    while (!failed && now_s() - began < seconds) {
        int n = epoll_wait(set, events, 256, 1000);
        for (int i = 0; i < n && !failed; i++) {
            int got = take(events[i].data.ptr);
            messages += got > 0;
            failed = got < 0 || (got > 0 && say(events[i].data.ptr) < 0);
        }
    }
    if (failed)
        fprintf(stderr, "ws_load: a socket broke, or answered something else\n");
    printf("%ld %.3f\n", messages, now_s() - began);
    return failed || messages == 0;
}

static int idle(int count)
{
    char byte;
    printf("OPEN %d\n", count);
    fflush(stdout);
    while (read(0, &byte, 1) > 0)
        ;
    return 0;
}

static long number(const char *text, long least, long most)
{
    char *end;
    long n = strtol(text, &end, 10);
    if (end != text && !*end && n >= least && n <= most)
        return n;
    fprintf(stderr, "ws_load: %s is no number from %ld to %ld\n", text, least, most);
    exit(2);
}

int main(int argc, char **argv)
{
    struct rlimit files;
    if (argc < 5)
        return 2;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    make_frames();
    int wanted = (int)number(argv[4], 1, 1000000), port = (int)number(argv[2], 1, 65535);
    struct client *clients = calloc((size_t)wanted + 1, sizeof *clients);
    if (!clients)
        return 2;
    int count = open_all(clients, wanted, port, argv[3]);
    if (strcmp(argv[1], "idle") == 0)
        return idle(count);
    if (count < wanted) {
        fprintf(stderr, "ws_load: only %d of %d sockets were let in\n", count, wanted);
        return 1;
    }
    return echo(clients, count, argc > 5 ? (double)number(argv[5], 1, 3600) : 1);
}
