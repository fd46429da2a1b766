/* The least that an answer costs on this system: one thread waits with epoll, reads, and sends a constant for each head
 * that ends in what it read. It parses nothing. usage: floor PORT */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static const char ANSWER[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 12\r\n\r\n"
    "Hello world!";

static int open_listener(int port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 1024) < 0 ? -1 : fd;
}

static int add(int set, int fd)
{
    struct epoll_event wish = { .events = EPOLLIN, .data.fd = fd };
    return epoll_ctl(set, EPOLL_CTL_ADD, fd, &wish);
}

static void serve(int fd)
{
    char head[4096];
    ssize_t n = recv(fd, head, sizeof head, 0);
    if (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4) != 0 || send(fd, ANSWER, sizeof ANSWER - 1, MSG_NOSIGNAL) < 0)
        close(fd);
}

int main(int argc, char **argv)
{
    struct epoll_event ready[64];
    long port = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    int listener = port > 0 && port < 65536 ? open_listener((int)port) : -1, set = epoll_create1(0);
    if (listener < 0 || set < 0 || add(set, listener) < 0) {
        fprintf(stderr, "usage: floor PORT, a port that is free\n");
        return 2;
    }
    for (;;) {
        int count = epoll_wait(set, ready, 64, -1);
        for (int i = 0; i < count; i++) {
            if (ready[i].data.fd != listener) {
                serve(ready[i].data.fd);
                continue;
            }
            int fd = accept(listener, NULL, NULL);
            if (fd >= 0 && add(set, fd) < 0)
                close(fd);
        }
    }
}
