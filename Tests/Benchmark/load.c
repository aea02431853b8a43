// Sends each request of a file once, over some connections, and prints what came of it as JSON.
//
// Usage: load PORT FILE CONNECTIONS RATE
// FILE: the requests one after another, each behind its length (4 bytes, little-endian).
// RATE: requests a second, each sent at its time whatever became of the others (its latency counts from that time);
// 0: a connection sends the next request as soon as it has an answer.
// Linux only. Ends with 1 if a connection is refused or breaks.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct connection {
    int socket, is_busy;
    const char *request;
    size_t left;
    double since;
    char answer[16384];
    size_t received;
};

static const char *requests, *end, *next_request;
static double *latencies;
static size_t done, answered_200;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void send_some(struct connection *c, int poll) {
    while (c->left > 0) {
        ssize_t sent = send(c->socket, c->request, c->left, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) break;
        if (sent < 0) fail("send");
        c->request += sent;
        c->left -= (size_t)sent;
    }
    struct epoll_event event = {.events = EPOLLIN | (c->left > 0 ? EPOLLOUT : 0), .data.ptr = c};
    if (epoll_ctl(poll, EPOLL_CTL_MOD, c->socket, &event) < 0) fail("epoll_ctl");
}

static void begin(struct connection *c, int poll, double since) {
    uint32_t length;
    memcpy(&length, next_request, 4);
    c->request = next_request + 4;
    c->left = length;
    next_request += 4 + length;
    c->since = since;
    c->is_busy = 1;
    c->received = 0;
    send_some(c, poll);
}

// Whether the whole answer is there.
static int receive(struct connection *c) {
    ssize_t size = recv(c->socket, c->answer + c->received, sizeof c->answer - 1 - c->received, 0);
    if (size < 0 && errno == EAGAIN) return 0;
    if (size <= 0) fail("recv");
    c->received += (size_t)size;
    c->answer[c->received] = 0;
    char *body = strstr(c->answer, "\r\n\r\n");
    if (!body) return 0;
    char *length = strcasestr(c->answer, "\r\ncontent-length:");
    size_t whole = (size_t)(body - c->answer) + 4 + (length && length < body ? strtoul(length + 17, NULL, 10) : 0);
    if (c->received < whole) return 0;
    answered_200 += strncmp(c->answer, "HTTP/1.1 200", 12) == 0;
    return 1;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int count, char **arguments) {
    if (count != 5) {
        fprintf(stderr, "usage: load PORT FILE CONNECTIONS RATE\n");
        return 64;
    }
    int file = open(arguments[2], O_RDONLY), connections = atoi(arguments[3]);
    double rate = atof(arguments[4]);
    struct stat status;
    if (file < 0 || fstat(file, &status) < 0) fail(arguments[2]);
    requests = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (requests == MAP_FAILED) fail("mmap");
    end = requests + status.st_size;
    next_request = requests;
    size_t total = 0;
    for (const char *at = requests; at < end; total++) {
        uint32_t length;
        memcpy(&length, at, 4);
        at += 4 + length;
    }
    latencies = calloc(total, sizeof *latencies);

    int poll = epoll_create1(0);
    struct connection *all = calloc((size_t)connections, sizeof *all);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[1]))};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    for (int i = 0; i < connections; i++) {
        int on = 1;
        all[i].socket = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(all[i].socket, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
        setsockopt(all[i].socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        fcntl(all[i].socket, F_SETFL, O_NONBLOCK);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, all[i].socket, &event) < 0) fail("epoll_ctl");
    }

    double started = now();
    size_t begun = 0;
    int idle = 0;
    if (rate == 0)
        for (; idle < connections && next_request < end; idle++, begun++) begin(&all[idle], poll, now());
    struct epoll_event events[256];
    while (done < total) {
        int wait = -1;
        if (rate > 0) {
            // Requests that are due begin on free connections. The others wait, which counts as their latency.
            for (int i = 0; i < connections && next_request < end; i++) {
                double due = started + (double)begun / rate;
                if (all[i].is_busy) continue;
                if (due > now()) break;
                begin(&all[i], poll, due);
                begun++;
            }
            wait = next_request < end ? 0 : -1;
        }
        int ready = epoll_wait(poll, events, 256, wait);
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (events[i].events & EPOLLOUT) send_some(c, poll);
            if (!(events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) || !c->is_busy || !receive(c)) continue;
            latencies[done++] = now() - c->since;
            c->is_busy = 0;
            if (rate == 0 && next_request < end) begin(c, poll, now());
        }
    }
    double seconds = now() - started;
    qsort(latencies, done, sizeof *latencies, ascending);
    printf("{\"sent\":%zu,\"ok\":%zu,\"seconds\":%.6f,\"p50\":%.6f,\"p99\":%.6f,\"max\":%.6f}\n", done, answered_200, seconds,
           latencies[done / 2], latencies[done * 99 / 100], latencies[done - 1]);
    return 0;
}
