// Sends prepared HTTP requests over a number of connections and measures the answers; one thread, epoll.
//
//   load --port P [--port P]… --requests FILE [--connections N] [--rate PER_SECOND] [--seconds S]
//        [--count N] [--repeat]
//
// FILE holds requests as they go over the wire, each behind its length (32 bits, little-endian). They are
// sent in order, each once, or over and over with --repeat. Without --rate every connection sends as soon
// as it has its answer. With it requests are due at fixed times, and a latency counts from when the request
// was due, not from when a connection was free for it: a server that stalls cannot hide it.
//
// Several ports share the connections by turns. After S seconds nothing more is sent; what is under way is waited for, so that every request sent is
// counted. Prints one line of JSON.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    max_connections = 1024,
    // The kernel gives memory only to the pages that an answer reaches.
    answer_capacity = 1 << 24,
    max_ports = 16,
    // An answer that takes longer than this is not waited for.
    patience_seconds = 30,
};

static const uint64_t second = 1000000000;

struct connection {
    int fd;
    bool is_busy;
    // The rest of the request that is still to be sent.
    const char *rest;
    size_t rest_length;
    // When the request was due.
    uint64_t due;
    char *answer;
    size_t received;
};

static struct options {
    int ports[max_ports];
    int port_count;
    const char *requests;
    int connections;
    double rate;
    double seconds;
    uint64_t count;
    bool repeat;
} options = {.connections = 64, .seconds = 60, .count = UINT64_MAX};

static struct {
    const char *bytes;
    size_t *offsets;
    uint32_t *lengths;
    uint64_t count;
} requests;

static struct {
    uint64_t sent, ok, broken, reconnects, answer_bytes;
    uint64_t by_status[600];
    uint32_t *microseconds;
    size_t latencies, latency_capacity;
    uint64_t first_sent, last_answered;
} tally;

static struct connection connections[max_connections];
static int idle[max_connections];
static int idle_count;
static int poller;

static void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * second + (uint64_t)time.tv_nsec;
}

static void map_requests(const char *path) {
    int file = open(path, O_RDONLY);
    if (file < 0) fail(path);
    struct stat status;
    if (fstat(file, &status) < 0) fail(path);
    size_t size = (size_t)status.st_size;
    if (size == 0) errno = ENODATA, fail(path);
    // Read in before the first request, so that the disk has no part in what is measured.
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (bytes == MAP_FAILED) fail(path);
    close(file);

    requests.bytes = bytes;
    size_t capacity = 0;
    for (size_t at = 0; at + 4 <= size;) {
        uint32_t length;
        memcpy(&length, requests.bytes + at, 4);
        at += 4;
        if (length == 0 || length > size - at) errno = EBADMSG, fail(path);
        if (requests.count == capacity) {
            capacity = capacity ? 2 * capacity : 4096;
            requests.offsets = realloc(requests.offsets, capacity * sizeof *requests.offsets);
            requests.lengths = realloc(requests.lengths, capacity * sizeof *requests.lengths);
            if (!requests.offsets || !requests.lengths) fail("memory");
        }
        requests.offsets[requests.count] = at;
        requests.lengths[requests.count++] = length;
        at += length;
    }
}

static void open_connection(int index) {
    struct connection *connection = &connections[index];
    connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connection->fd < 0) fail("socket");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.ports[index % options.port_count])};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(connection->fd, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    int yes = 1;
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    fcntl(connection->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, connection->fd, &event) < 0) fail("epoll_ctl");
    connection->is_busy = false;
    connection->received = 0;
    idle[idle_count++] = index;
}

static void forget_idle(int index) {
    for (int i = 0; i < idle_count; i++) {
        if (idle[i] == index) {
            idle[i] = idle[--idle_count];
            return;
        }
    }
}

// The server closed the connection, or said something that is not an answer.
static void replace(int index) {
    struct connection *connection = &connections[index];
    if (connection->is_busy) {
        tally.broken++;
    } else {
        forget_idle(index);
    }
    close(connection->fd);
    tally.reconnects++;
    open_connection(index);
}

static void watch_for_writing(int index, bool wanted) {
    struct epoll_event event = {.data.u32 = (uint32_t)index};
    event.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN;
    epoll_ctl(poller, EPOLL_CTL_MOD, connections[index].fd, &event);
}

static void send_rest(int index, bool was_waiting) {
    struct connection *connection = &connections[index];
    ssize_t written = send(connection->fd, connection->rest, connection->rest_length, MSG_NOSIGNAL);
    if (written < 0 && errno != EAGAIN) {
        replace(index);
        return;
    }
    if (written > 0) {
        connection->rest += written;
        connection->rest_length -= (size_t)written;
    }
    bool is_waiting = connection->rest_length > 0;
    if (is_waiting != was_waiting) watch_for_writing(index, is_waiting);
}

static void send_request(uint64_t number, uint64_t due) {
    int index = idle[--idle_count];
    struct connection *connection = &connections[index];
    uint64_t which = number % requests.count;
    connection->rest = requests.bytes + requests.offsets[which];
    connection->rest_length = requests.lengths[which];
    connection->due = due;
    connection->is_busy = true;
    tally.sent++;
    send_rest(index, false);
}

// The value of a field in the head of an answer, or -1.
static long long content_length(const char *head, size_t length) {
    static const char name[] = "\r\ncontent-length:";
    for (size_t i = 0; i + sizeof name <= length; i++) {
        if (head[i] == '\r' && strncasecmp(head + i, name, sizeof name - 1) == 0) {
            return strtoll(head + i + sizeof name - 1, NULL, 10);
        }
    }
    return -1;
}

static void note_latency(uint64_t nanoseconds) {
    if (tally.latencies == tally.latency_capacity) {
        tally.latency_capacity = tally.latency_capacity ? 2 * tally.latency_capacity : 65536;
        tally.microseconds =
            realloc(tally.microseconds, tally.latency_capacity * sizeof *tally.microseconds);
        if (!tally.microseconds) fail("memory");
    }
    tally.microseconds[tally.latencies++] = (uint32_t)(nanoseconds / 1000);
}

static void receive(int index) {
    struct connection *connection = &connections[index];
    ssize_t count = recv(
        connection->fd, connection->answer + connection->received,
        answer_capacity - 1 - connection->received, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0 || !connection->is_busy) {
        replace(index);
        return;
    }
    connection->received += (size_t)count;
    connection->answer[connection->received] = 0;

    const char *end = memmem(connection->answer, connection->received, "\r\n\r\n", 4);
    if (!end) return;
    size_t head = (size_t)(end - connection->answer) + 4;
    long long body = content_length(connection->answer, head);
    // Only answers with a Content-Length are understood; all that are measured here have one.
    if (body < 0 || head + (size_t)body >= answer_capacity) {
        replace(index);
        return;
    }
    if (connection->received < head + (size_t)body) return;

    int status = atoi(connection->answer + sizeof "HTTP/1.1");
    if (status >= 100 && status < 600) tally.by_status[status]++;
    uint64_t time = now();
    tally.last_answered = time;
    tally.answer_bytes += connection->received;
    // A receipt is answered by a redirection.
    if (status >= 200 && status < 400) {
        tally.ok++;
        note_latency(time - connection->due);
    }
    connection->is_busy = false;
    connection->received = 0;
    idle[idle_count++] = index;
}

static void wait_for_events(uint64_t nanoseconds) {
    struct epoll_event events[256];
    struct timespec timeout = {
        .tv_sec = (time_t)(nanoseconds / second), .tv_nsec = (long)(nanoseconds % second)};
    int count = epoll_pwait2(poller, events, 256, &timeout, NULL);
    if (count < 0 && errno != EINTR) fail("epoll_pwait2");
    for (int i = 0; i < count; i++) {
        int index = (int)events[i].data.u32;
        if (events[i].events & EPOLLOUT) send_rest(index, true);
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(index);
    }
}

static void run(void) {
    uint64_t total = options.repeat ? UINT64_MAX : requests.count;
    if (options.count < total) total = options.count;
    uint64_t start = now();
    uint64_t deadline = start + (uint64_t)(options.seconds * (double)second);
    tally.first_sent = start;
    tally.last_answered = start;

    while (true) {
        uint64_t time = now();
        uint64_t wait = second;
        bool is_sending = time < deadline && tally.sent < total;
        while (is_sending && idle_count > 0) {
            uint64_t due = time;
            if (options.rate > 0) {
                due = start + (uint64_t)((double)tally.sent * (double)second / options.rate);
                if (due > time) {
                    wait = due - time;
                    break;
                }
            }
            send_request(tally.sent, due);
            is_sending = tally.sent < total;
        }
        if (!is_sending && idle_count == options.connections) return;
        if (!is_sending && time > deadline + patience_seconds * second) {
            tally.broken += (uint64_t)(options.connections - idle_count);
            return;
        }
        wait_for_events(wait);
    }
}

static int ascending(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static double percentile(double part) {
    if (tally.latencies == 0) return 0;
    size_t rank = (size_t)(part * (double)(tally.latencies - 1) + 0.5);
    return tally.microseconds[rank] / 1000.0;
}

static void report(void) {
    double seconds = (double)(tally.last_answered - tally.first_sent) / (double)second;
    if (tally.latencies) qsort(tally.microseconds, tally.latencies, sizeof(uint32_t), ascending);
    printf(
        "{\"sent\":%llu,\"ok\":%llu,\"broken\":%llu,\"reconnects\":%llu,\"seconds\":%.3f,"
        "\"per_second\":%.1f,\"answer_bytes\":%llu,",
        (unsigned long long)tally.sent, (unsigned long long)tally.ok, (unsigned long long)tally.broken,
        (unsigned long long)tally.reconnects, seconds, seconds > 0 ? (double)tally.ok / seconds : 0,
        (unsigned long long)tally.answer_bytes);
    printf(
        "\"p50_ms\":%.3f,\"p95_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,\"statuses\":{",
        percentile(0.5), percentile(0.95), percentile(0.99), percentile(1));
    bool is_first = true;
    for (int status = 100; status < 600; status++) {
        if (!tally.by_status[status]) continue;
        printf(
            "%s\"%d\":%llu", is_first ? "" : ",", status, (unsigned long long)tally.by_status[status]);
        is_first = false;
    }
    printf("}}\n");
}

static bool read_options(int count, char **words) {
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "--repeat") == 0) {
            options.repeat = true;
            continue;
        }
        if (i + 1 == count) return false;
        const char *name = words[i], *value = words[++i];
        if (strcmp(name, "--port") == 0) {
            if (options.port_count == max_ports) return false;
            options.ports[options.port_count++] = atoi(value);
        }
        else if (strcmp(name, "--requests") == 0) options.requests = value;
        else if (strcmp(name, "--connections") == 0) options.connections = atoi(value);
        else if (strcmp(name, "--rate") == 0) options.rate = atof(value);
        else if (strcmp(name, "--seconds") == 0) options.seconds = atof(value);
        else if (strcmp(name, "--count") == 0) options.count = strtoull(value, NULL, 10);
        else return false;
    }
    return options.requests && options.port_count > 0 && options.seconds > 0
        && options.connections > 0 && options.connections <= max_connections;
}

int main(int count, char **words) {
    if (!read_options(count, words)) {
        fprintf(
            stderr,
            "usage: load --port P [--port P]... --requests FILE [--connections N] [--rate PER_SECOND]\n"
            "            [--seconds S] [--count N] [--repeat]\n");
        return 64;
    }
    map_requests(options.requests);
    poller = epoll_create1(0);
    if (poller < 0) fail("epoll_create1");
    for (int i = 0; i < options.connections; i++) {
        connections[i].answer = malloc(answer_capacity);
        if (!connections[i].answer) fail("memory");
        open_connection(i);
    }
    run();
    report();
    return 0;
}
