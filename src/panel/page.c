/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmicrohttpd calls back in its own thread; the panel's thread publishes. A stream with nothing to say is suspended:
 * answering 0 bytes instead would keep a processor busy. While it is suspended a client's leaving is not noticed, so
 * the beat wakes each stream.
 */
#include "panel/page.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "page_files.h"

/* Limits of what clients may take. */
#define CONNECTIONS_MAX 128u
#define STREAMS_MAX 48u
#define CONNECTION_BYTES ((size_t)16 * 1024) /* for a request's line and headers */
#define IDLE_S 10u                           /* nothing comes */
#define STREAM_IDLE_S 60u                    /* nothing can be sent */
#define STREAM_BLOCK ((size_t)16 * 1024)
#define BEAT_MS 5000 /* page.js takes a page for blind after 12 s */

/*
 * Everything comes from this server, as a file of its own: no inline script or style, no frame around the page, and
 * forms lead nowhere.
 */
#define POLICY                                                                                                         \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "   \
    "form-action 'none'; frame-ancestors 'none'"

struct state {
    char *text; /* for free() */
    size_t len;
};

/* One page that is open. */
struct stream {
    struct stream *next;
    struct page *page;
    struct MHD_Connection *connection;
    uint64_t generation, beat; /* of what it was sent last */
    struct state out;          /* what is being sent */
    size_t sent;
    bool is_suspended;
};

struct page {
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock; /* of all below */
    struct stream *streams;
    unsigned stream_count;
    struct state state;
    uint64_t generation, beat;
    int64_t beat_ms;
    bool is_closing;
};

/* --- the files --- */

static const struct file {
    const char *url, *type;
    const uint8_t *data;
    size_t len;
} files[] = {
    {"/", "text/html; charset=utf-8", file_index_html, sizeof file_index_html},
    {"/page.css", "text/css; charset=utf-8", file_page_css, sizeof file_page_css},
    {"/page.js", "text/javascript; charset=utf-8", file_page_js, sizeof file_page_js},
    {"/icon.svg", "image/svg+xml", file_icon_svg, sizeof file_icon_svg},
    {"/favicon.ico", "image/svg+xml", file_icon_svg, sizeof file_icon_svg},
};

static const struct header {
    const char *name, *value;
} headers[] = {
    {"Content-Security-Policy", POLICY},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cache-Control", "no-store"},
};

/* Sends it, and lets it go. `response` NULL: no memory; the connection ends. */
static enum MHD_Result send_response(struct MHD_Connection *connection, unsigned status, const char *type,
                                     struct MHD_Response *response)
{
    bool ok = response != NULL && MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES;

    for (size_t i = 0; ok && i < sizeof headers / sizeof headers[0]; i++)
        ok = MHD_add_response_header(response, headers[i].name, headers[i].value) == MHD_YES;
    if (ok && status == MHD_HTTP_METHOD_NOT_ALLOWED)
        ok = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD") == MHD_YES;
    ok = ok && MHD_queue_response(connection, status, response) == MHD_YES;
    if (response != NULL)
        MHD_destroy_response(response);
    return ok ? MHD_YES : MHD_NO;
}

/* `data` stays as it is for ever. */
static enum MHD_Result send_data(struct MHD_Connection *connection, unsigned status, const char *type, const void *data,
                                 size_t len)
{
    void *kept;

    memcpy((void *)&kept, (const void *)&data, sizeof kept); /* libmicrohttpd reads it only */
    return send_response(connection, status, type, MHD_create_response_from_buffer(len, kept, MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result send_text(struct MHD_Connection *connection, unsigned status, const char *text)
{
    return send_data(connection, status, "text/plain; charset=utf-8", text, strlen(text));
}

/* --- the stream --- */

/* The next thing to send: the state as it is now, or a beat. False: there is none. */
static bool next_event(struct stream *stream)
{
    const struct page *page = stream->page;
    int len = 0;

    free(stream->out.text);
    stream->out = (struct state){.text = NULL};
    stream->sent = 0;
    if (stream->generation != page->generation && page->state.text != NULL)
        len = asprintf(&stream->out.text, "event: state\ndata: %s\n\n", page->state.text);
    else if (stream->beat != page->beat)
        len = asprintf(&stream->out.text, "event: beat\ndata: %llu\n\n", (unsigned long long)page->beat);
    else
        return false;
    stream->generation = page->generation;
    stream->beat = page->beat;
    if (len < 0)
        stream->out.text = NULL;
    stream->out.len = len > 0 ? (size_t)len : 0;
    return stream->out.len != 0;
}

static ssize_t read_stream(void *context, uint64_t position, char *buffer, size_t most)
{
    struct stream *stream = context;
    ssize_t len = 0;

    (void)position;
    (void)pthread_mutex_lock(&stream->page->lock);
    if (stream->page->is_closing) {
        len = MHD_CONTENT_READER_END_OF_STREAM;
    } else if (stream->sent < stream->out.len || next_event(stream)) {
        const size_t left = stream->out.len - stream->sent;

        len = (ssize_t)(left < most ? left : most);
        memcpy(buffer, stream->out.text + stream->sent, (size_t)len);
        stream->sent += (size_t)len;
    } else {
        stream->is_suspended = true;
        MHD_suspend_connection(stream->connection);
    }
    (void)pthread_mutex_unlock(&stream->page->lock);
    return len;
}

/* The client has left, or the server ends. */
static void end_stream(void *context)
{
    struct stream *stream = context;
    struct page *page = stream->page;

    (void)pthread_mutex_lock(&page->lock);
    for (struct stream **at = &page->streams; *at != NULL; at = &(*at)->next) {
        if (*at == stream) {
            *at = stream->next;
            page->stream_count--;
            break;
        }
    }
    (void)pthread_mutex_unlock(&page->lock);
    free(stream->out.text);
    free(stream);
}

/* The caller holds the lock. */
static void wake_streams(struct page *page)
{
    for (struct stream *stream = page->streams; stream != NULL; stream = stream->next) {
        if (!stream->is_suspended)
            continue;
        stream->is_suspended = false;
        MHD_resume_connection(stream->connection);
    }
}

/* NULL: there are too many, or no memory. */
static struct stream *add_stream(struct page *page, struct MHD_Connection *connection)
{
    struct stream *stream = calloc(1, sizeof *stream);

    if (stream == NULL)
        return NULL;
    *stream = (struct stream){.page = page, .connection = connection};
    (void)pthread_mutex_lock(&page->lock);
    if (page->stream_count < STREAMS_MAX && !page->is_closing) {
        stream->beat = page->beat;
        stream->next = page->streams;
        page->streams = stream;
        page->stream_count++;
    } else {
        free(stream);
        stream = NULL;
    }
    (void)pthread_mutex_unlock(&page->lock);
    return stream;
}

static enum MHD_Result send_events(struct page *page, struct MHD_Connection *connection)
{
    struct stream *stream = add_stream(page, connection);
    struct MHD_Response *response;

    if (stream == NULL)
        return send_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                         "too many pages are open at this station: close some\n");
    (void)MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, STREAM_IDLE_S);
    response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream, stream, end_stream);
    if (response == NULL)
        end_stream(stream);
    return send_response(connection, MHD_HTTP_OK, "text/event-stream", response);
}

/* The state once, for scripts. */
static enum MHD_Result send_state(struct page *page, struct MHD_Connection *connection)
{
    char *text = NULL;
    int len;

    (void)pthread_mutex_lock(&page->lock);
    len = asprintf(&text, "%s\n", page->state.text != NULL ? page->state.text : "{}");
    (void)pthread_mutex_unlock(&page->lock);
    if (len < 0)
        return MHD_NO;
    return send_response(connection, MHD_HTTP_OK, "application/json",
                         MHD_create_response_from_buffer((size_t)len, text, MHD_RESPMEM_MUST_FREE));
}

/* --- requests --- */

/*
 * A name of this machine itself. Any other name that leads here was given to it by somebody else's name server, to have
 * a browser take the page for theirs.
 */
static bool is_own_name(const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};

    for (size_t i = 0; host != NULL && i < sizeof names / sizeof names[0]; i++) {
        const size_t len = strlen(names[i]);

        if (strncasecmp(host, names[i], len) == 0 && (host[len] == '\0' || host[len] == ':'))
            return true;
    }
    return false;
}

static bool is_allowed(const char *method)
{
    return strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
}

static enum MHD_Result answer(struct page *page, struct MHD_Connection *connection, const char *url, const char *method)
{
    if (!is_own_name(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST)))
        return send_text(connection, MHD_HTTP_MISDIRECTED_REQUEST, "this page is at 127.0.0.1 and localhost alone\n");
    if (!is_allowed(method))
        return send_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                         "this page shows only: nothing can be done here without a login\n");
    if (strcmp(url, "/events") == 0 && strcmp(method, MHD_HTTP_METHOD_GET) == 0)
        return send_events(page, connection);
    if (strcmp(url, "/state") == 0)
        return send_state(page, connection);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (strcmp(url, files[i].url) == 0)
            return send_data(connection, MHD_HTTP_OK, files[i].type, files[i].data, files[i].len);
    return send_text(connection, MHD_HTTP_NOT_FOUND, "nothing is here: the page is at /\n");
}

/* No answer needs a body: a request that is allowed and has one ends with its connection. */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *len, void **request)
{
    (void)version;
    (void)data;
    if (*request == NULL) {
        *request = context; /* libmicrohttpd calls again, with the body or without one */
        return is_allowed(method) ? MHD_YES : answer(context, connection, url, method);
    }
    if (*len != 0) {
        *len = 0;
        return MHD_NO;
    }
    return answer(context, connection, url, method);
}

/* --- opening --- */

static bool refuse_address(struct error *err)
{
    error_set(err, ERROR_USAGE,
              "the page has no login yet: it is served to this machine alone, at 127.0.0.1 or [::1], and shows only",
              "use page: '127.0.0.1:8080'; from another machine: ssh -L 8080:127.0.0.1:8080 STATION");
    return false;
}

/* A name that begins like one of these is none of them: the colon ends it. */
bool page_may_listen(const char *place, struct error *err)
{
    static const char *const own[] = {"127.0.0.1:", "[::1]:", "localhost:"};

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strncmp(place, own[i], strlen(own[i])) == 0)
            return true;
    (void)refuse_address(err);
    error_with_subject(err, place);
    return false;
}

/* What the name localhost leads to is checked, too. */
static bool is_loopback(int fd)
{
    struct sockaddr_storage at = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof at;

    if (getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        return false;
    if (at.ss_family == AF_INET)
        return (ntohl(((const struct sockaddr_in *)&at)->sin_addr.s_addr) >> 24) == 127;
    return at.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)&at)->sin6_addr);
}

static struct MHD_Daemon *start(struct page *page, int fd)
{
    return MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, page,
                            MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
                            MHD_OPTION_END);
}

bool page_open(const char *place, struct page **page, char address[static SERVICE_ADDRESS_SIZE], struct error *err)
{
    struct page *made = NULL;
    int fd;

    *page = NULL;
    if (!page_may_listen(place, err))
        return false;
    fd = service_listen(place, address, err);
    if (fd < 0) {
        error_with_subject(err, place);
        return false;
    }
    if (!is_loopback(fd)) {
        (void)close(fd);
        return refuse_address(err);
    }
    made = calloc(1, sizeof *made);
    if (made != NULL) {
        (void)pthread_mutex_init(&made->lock, NULL);
        made->daemon = start(made, fd); /* it closes the socket at its end */
    }
    if (made != NULL && made->daemon != NULL) {
        *page = made;
        return true;
    }
    (void)close(fd);
    free(made);
    error_set(err, ERROR_UNEXPECTED, "the page cannot be served", NULL);
    return false;
}

void page_close(struct page *page)
{
    if (page == NULL)
        return;
    (void)pthread_mutex_lock(&page->lock);
    page->is_closing = true;
    wake_streams(page); /* libmicrohttpd stops only when nothing is suspended */
    (void)pthread_mutex_unlock(&page->lock);
    MHD_stop_daemon(page->daemon);
    (void)pthread_mutex_destroy(&page->lock);
    free(page->state.text);
    free(page);
}

void page_publish(struct page *page, const char *state)
{
    char *copy = strdup(state);

    if (copy == NULL)
        return;
    (void)pthread_mutex_lock(&page->lock);
    free(page->state.text);
    page->state = (struct state){.text = copy, .len = strlen(copy)};
    page->generation++;
    wake_streams(page);
    (void)pthread_mutex_unlock(&page->lock);
}

void page_tend(struct page *page)
{
    struct timespec now;
    int64_t ms;

    if (page == NULL)
        return;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    (void)pthread_mutex_lock(&page->lock);
    if (ms - page->beat_ms >= BEAT_MS) {
        page->beat_ms = ms;
        page->beat++;
        wake_streams(page);
    }
    (void)pthread_mutex_unlock(&page->lock);
}
