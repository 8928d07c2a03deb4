/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP, by libmicrohttpd in a thread of its own. What it can answer at once (files of this program, the state, streams)
 * it answers; the rest goes to the desk, and the connection is suspended until the answer is there.
 */
#include "web/page.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <microhttpd.h>

#include "page_files.h"
#include "service/tls_pair.h"
#include "web/certificate.h"
#include "web/desk.h"
#include "web/places.h"
#include "web/streams.h"

/* Limits of what clients may take. */
#define CONNECTIONS_MAX ((unsigned)PLACES_MAX)
#define CONNECTIONS_OF_ADDRESS_MAX 160u      /* unfinished requests, streams, and what the desk has to do */
#define CONNECTION_BYTES ((size_t)16 * 1024) /* for a request's line and headers */
#define BODY_MAX ((size_t)4 * 1024)          /* of a form: the longest has some hundred bytes */
#define IDLE_S 10u                           /* nothing comes */
#define HOST_SIZE 256

/* Under TLS a browser lets nobody but this host set the cookie, over TLS (RFC 6265bis, cookie name prefixes). */
#define COOKIE "imprint"
#define COOKIE_TLS "__Host-imprint"

/*
 * Everything comes from this server, as a file of its own: no inline script or style, no frame around the page, and
 * forms lead nowhere else.
 */
#define POLICY                                                                                                         \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "   \
    "form-action 'self'; frame-ancestors 'none'"

/* The users' file as it was when it was read last. */
struct seen {
    struct timespec changed;
    ino_t inode;
    off_t size;
};

struct page {
    struct page_settings settings;
    struct page_socket *sockets;
    char order[PAGE_TEXT_SIZE];
    struct MHD_Daemon *daemon;
    struct streams streams;
    struct desk desk;
    struct places places;
    struct seen seen, seen_next; /* the file of the users, and what it will be when a change is finished */
    struct web_certificate certificate;
    bool is_local; /* it listens at a loopback address */
};

/* One request. */
struct exchange {
    struct desk_job job; /* first: the desk gives its address back */
    struct MHD_Connection *connection;
    bool is_at_desk, is_too_long;
    size_t len;
    uint8_t body[BODY_MAX];
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
    {"/pages.css", "text/css; charset=utf-8", file_pages_css, sizeof file_pages_css},
    {"/scan.js", "text/javascript; charset=utf-8", file_scan_js, sizeof file_scan_js},
    {"/teach.js", "text/javascript; charset=utf-8", file_teach_js, sizeof file_teach_js},
    {"/icon.svg", "image/svg+xml", file_icon_svg, sizeof file_icon_svg},
    {"/favicon.ico", "image/svg+xml", file_icon_svg, sizeof file_icon_svg},
};

static const struct header {
    const char *name, *value;
} headers[] = {
    {"Content-Security-Policy", POLICY},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "same-origin"}, /* with no-referrer a browser sends its own forms with `Origin: null` */
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cache-Control", "no-store"},
};

/* The place of the connection; NULL: it has none. */
static struct place *place_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}

static void note_use(struct page *page, struct MHD_Connection *connection, enum place_use use)
{
    places_use(&page->places, place_of(connection), use, desk_now_ms());
}

/* Sends it, and lets it go. `response` NULL: no memory; the connection ends. */
static enum MHD_Result send_response(struct MHD_Connection *connection, unsigned status, const char *type,
                                     struct MHD_Response *response)
{
    bool ok = response != NULL && MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES;

    for (size_t i = 0; ok && i < sizeof headers / sizeof headers[0]; i++)
        ok = MHD_add_response_header(response, headers[i].name, headers[i].value) == MHD_YES;
    if (ok && status == MHD_HTTP_METHOD_NOT_ALLOWED)
        ok = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD, POST") == MHD_YES;
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

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* --- what the desk has answered --- */

/* PREFIX VALUE SUFFIX; nothing for a value of "". */
static bool add_header(struct MHD_Response *response, const char *name, const char *prefix, const char *value,
                       const char *suffix)
{
    char text[2 * REPLY_HEADER_SIZE];

    if (value[0] == '\0')
        return true;
    (void)snprintf(text, sizeof text, "%s%s%s", prefix, value, suffix);
    return MHD_add_response_header(response, name, text) == MHD_YES;
}

static bool add_cookie(struct MHD_Response *response, bool has_tls, const char *value)
{
    const bool ends = strcmp(value, "-") == 0;
    char attributes[80];

    (void)snprintf(attributes, sizeof attributes, "; Path=/; HttpOnly; SameSite=Strict%s%s", has_tls ? "; Secure" : "",
                   ends ? "; Max-Age=0" : "");
    return add_header(response, MHD_HTTP_HEADER_SET_COOKIE, has_tls ? COOKIE_TLS "=" : COOKIE "=", value, attributes);
}

/* The reply's body is given away. */
static enum MHD_Result send_reply(const struct page *page, struct MHD_Connection *connection, struct reply *reply)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(reply->len, reply->body, MHD_RESPMEM_MUST_FREE);
    char seconds[16] = "";

    if (response == NULL)
        return MHD_NO;
    reply->body = NULL;
    if (reply->retry_s != 0)
        (void)snprintf(seconds, sizeof seconds, "%u", reply->retry_s);
    if (!add_header(response, MHD_HTTP_HEADER_LOCATION, "", reply->location, "") ||
        !add_header(response, MHD_HTTP_HEADER_CONTENT_DISPOSITION, "attachment; filename=\"", reply->file_name, "\"") ||
        !add_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "", seconds, "") ||
        !add_cookie(response, page->settings.has_tls, reply->cookie)) {
        MHD_destroy_response(response);
        return MHD_NO;
    }
    return send_response(connection, reply->status, reply->type, response);
}

/* In the desk's thread. */
static void answered(struct desk_job *job)
{
    struct exchange *exchange = (struct exchange *)job;

    MHD_resume_connection(exchange->connection);
}

/* --- who asks, and from where --- */

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

/* "" where it is not known. */
static void address_of(struct MHD_Connection *connection, char address[static SESSIONS_ADDRESS_SIZE])
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *at = info != NULL ? info->client_addr : NULL;
    socklen_t len = at != NULL && at->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

    if (at == NULL ||
        getnameinfo(at, len, address, SESSIONS_ADDRESS_SIZE, NULL, 0, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        address[0] = '\0';
}

static void find_session(struct page *page, struct MHD_Connection *connection, struct call *call)
{
    char token[SESSIONS_TOKEN_SIZE];

    address_of(connection, call->address);
    call->session = (struct session){.id = 0};
    if (!request_cookie(header_of(connection, MHD_HTTP_HEADER_COOKIE), page->settings.has_tls ? COOKIE_TLS : COOKIE,
                        token, sizeof token))
        return;
    (void)pthread_mutex_lock(&page->desk.lock);
    if (sessions_find(&page->desk.sessions, token, call->address, desk_now_ms(), &call->session) != SESSIONS_FOUND)
        call->session = (struct session){.id = 0};
    (void)pthread_mutex_unlock(&page->desk.lock);
}

/* Whether a stream of this session goes on; one without a session is there because the tiles are open. */
static bool may_go_on(void *context, uint64_t session)
{
    struct page *page = context;
    bool is_alive;

    (void)pthread_mutex_lock(&page->desk.lock);
    is_alive = session == 0 || sessions_is_alive(&page->desk.sessions, session, desk_now_ms());
    (void)pthread_mutex_unlock(&page->desk.lock);
    return is_alive;
}

static bool is_from_own_page(const struct page *page, struct MHD_Connection *connection)
{
    const char *host = header_of(connection, MHD_HTTP_HEADER_HOST);
    char own[HOST_SIZE + 16];

    (void)snprintf(own, sizeof own, "http%s://%s", page->settings.has_tls ? "s" : "", host != NULL ? host : "");
    return request_is_own(header_of(connection, "Sec-Fetch-Site"), header_of(connection, MHD_HTTP_HEADER_ORIGIN), own);
}

/* --- answers at once --- */

static enum MHD_Result send_events(struct page *page, struct MHD_Connection *connection, uint64_t session)
{
    struct MHD_Response *response = streams_add(&page->streams, connection, session);

    if (response == NULL)
        return send_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                         "too many pages are open at this station: close some\n");
    note_use(page, connection, PLACE_STREAM);
    return send_response(connection, MHD_HTTP_OK, "text/event-stream", response);
}

/* The state once, for scripts. */
static enum MHD_Result send_state(struct page *page, struct MHD_Connection *connection)
{
    char *state = streams_state(&page->streams), *text = NULL;
    const int len = state != NULL ? asprintf(&text, "%s\n", state) : -1;

    free(state);
    if (len < 0)
        return MHD_NO;
    return send_response(connection, MHD_HTTP_OK, "application/json",
                         MHD_create_response_from_buffer((size_t)len, text, MHD_RESPMEM_MUST_FREE));
}

/* A person is shown where to log in, a script is told. */
static enum MHD_Result send_to_login(const struct page *page, struct MHD_Connection *connection, bool is_page)
{
    struct reply reply = {.status = 0};

    if (!is_page)
        return send_text(connection, MHD_HTTP_UNAUTHORIZED, "log in first: /login\n");
    reply_redirect(&reply, "/login");
    return send_reply(page, connection, &reply);
}

/* The sockets' page and what it is made of. True: `*result` is of the answer. */
static bool answer_tiles(struct page *page, struct exchange *exchange, const char *url, enum MHD_Result *result)
{
    const bool is_page = strcmp(url, "/") == 0, is_events = strcmp(url, "/events") == 0;

    if (!is_page && !is_events && strcmp(url, "/state") != 0)
        return false;
    if (exchange->job.call.session.id == 0 && !page->settings.open_tiles)
        *result = send_to_login(page, exchange->connection, is_page);
    else if (is_events)
        *result = send_events(page, exchange->connection, exchange->job.call.session.id);
    else if (is_page)
        *result = send_data(exchange->connection, MHD_HTTP_OK, files[0].type, files[0].data, files[0].len);
    else
        *result = send_state(page, exchange->connection);
    return true;
}

static const struct file *find_file(const char *url)
{
    for (size_t i = 1; i < sizeof files / sizeof files[0]; i++)
        if (strcmp(url, files[i].url) == 0)
            return &files[i];
    return NULL;
}

/* --- answers by the desk --- */

static enum MHD_Result add_query(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    if (value != NULL)
        request_form_add(context, name, value);
    return MHD_YES;
}

static enum MHD_Result hand_over(struct page *page, struct exchange *exchange)
{
    exchange->job.done = answered;
    exchange->is_at_desk = true;
    note_use(page, exchange->connection, PLACE_ASKED);
    MHD_suspend_connection(exchange->connection);
    if (desk_hand_over(&page->desk, &exchange->job))
        return MHD_YES;
    reply_text(&exchange->job.reply, MHD_HTTP_SERVICE_UNAVAILABLE, "too many people ask at once: try again");
    MHD_resume_connection(exchange->connection);
    return MHD_YES;
}

/* What is wrong with a form as such, before anybody reads it; NULL: nothing. */
static const char *find_fault(const struct page *page, struct exchange *exchange, unsigned *status)
{
    struct MHD_Connection *connection = exchange->connection;

    *status = MHD_HTTP_FORBIDDEN;
    if (!is_from_own_page(page, connection))
        return "this form comes from another site\n";
    *status = MHD_HTTP_CONTENT_TOO_LARGE;
    if (exchange->is_too_long)
        return "the form is too long\n";
    *status = MHD_HTTP_BAD_REQUEST;
    if (!request_is_form(header_of(connection, MHD_HTTP_HEADER_CONTENT_TYPE)) ||
        !request_form_read(bytes_of(exchange->body, exchange->len), &exchange->job.call.form))
        return "this is no form of the station's pages\n";
    return NULL;
}

static enum MHD_Result answer_by_desk(struct page *page, struct exchange *exchange, const char *method)
{
    const bool is_post = strcmp(method, MHD_HTTP_METHOD_POST) == 0;
    unsigned status;
    const char *fault = is_post ? find_fault(page, exchange, &status) : NULL;

    if (fault != NULL)
        return send_text(exchange->connection, status, fault);
    if (!is_post)
        (void)MHD_get_connection_values(exchange->connection, MHD_GET_ARGUMENT_KIND, add_query,
                                        &exchange->job.call.form);
    return hand_over(page, exchange);
}

/* --- requests --- */

static enum MHD_Result refuse_method(struct MHD_Connection *connection)
{
    return send_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "this page has no answer to that method\n");
}

static enum MHD_Result answer(struct page *page, struct exchange *exchange, const char *url, const char *method)
{
    struct MHD_Connection *connection = exchange->connection;
    const bool is_head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    const bool is_get = is_head || strcmp(method, MHD_HTTP_METHOD_GET) == 0;
    const struct file *file = find_file(url);
    enum MHD_Result result;
    bool other_method;

    if (page->is_local && !is_own_name(header_of(connection, MHD_HTTP_HEADER_HOST)))
        return send_text(connection, MHD_HTTP_MISDIRECTED_REQUEST, "this page is at 127.0.0.1 and localhost alone\n");
    find_session(page, connection, &exchange->job.call);
    exchange->job.call.route = desk_find_route(url, is_head ? MHD_HTTP_METHOD_GET : method, &other_method);
    if (exchange->job.call.route != NULL)
        return answer_by_desk(page, exchange, method);
    if (other_method || !is_get)
        return refuse_method(connection);
    if (file != NULL)
        return send_data(connection, MHD_HTTP_OK, file->type, file->data, file->len);
    if (!(is_head && strcmp(url, "/events") == 0) && answer_tiles(page, exchange, url, &result))
        return result;
    return send_text(connection, MHD_HTTP_NOT_FOUND, "nothing is here: the page is at /\n");
}

static bool is_known_method(const char *method)
{
    return strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0 ||
           strcmp(method, MHD_HTTP_METHOD_POST) == 0;
}

/* Keeps what fits of a form. */
static void take_body(struct exchange *exchange, const char *data, size_t len)
{
    if (len > sizeof exchange->body - exchange->len) {
        exchange->is_too_long = true;
        return;
    }
    memcpy(exchange->body + exchange->len, data, len);
    exchange->len += len;
}

/* libmicrohttpd calls it for the headers, for each piece of a body, at the end, and again after a suspension. */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *len, void **request)
{
    struct exchange *exchange = *request;

    (void)version;
    if (exchange == NULL) {
        if (!is_known_method(method))
            return refuse_method(connection);
        exchange = calloc(1, sizeof *exchange);
        if (exchange == NULL)
            return MHD_NO;
        exchange->connection = connection;
        *request = exchange;
        return MHD_YES;
    }
    if (*len != 0) {
        const bool is_form = strcmp(method, MHD_HTTP_METHOD_POST) == 0;

        if (is_form)
            take_body(exchange, data, *len);
        *len = 0;
        return is_form && !exchange->is_too_long ? MHD_YES : MHD_NO; /* nobody sends so much by mistake */
    }
    note_use(context, connection, PLACE_SENDING);
    return exchange->is_at_desk ? send_reply(context, connection, &exchange->job.reply)
                                : answer(context, exchange, url, method);
}

static void completed(void *context, struct MHD_Connection *connection, void **request,
                      enum MHD_RequestTerminationCode how)
{
    struct exchange *exchange = *request;

    (void)how;
    note_use(context, connection, PLACE_WAITING);
    if (exchange == NULL)
        return;
    reply_release(&exchange->job.reply);
    bytes_wipe(exchange, sizeof *exchange); /* passwords, tokens */
    free(exchange);
    *request = NULL;
}

/* --- connections --- */

/* libmicrohttpd finds it at its end then, and closes it. */
static void end_connection(int fd)
{
    (void)shutdown(fd, SHUT_RDWR);
}

static void connected(void *context, struct MHD_Connection *connection, void **place,
                      enum MHD_ConnectionNotificationCode what)
{
    struct page *page = context;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const int fd = info != NULL ? info->connect_fd : -1; /* the next call may use the same place for its answer */
    char address[SESSIONS_ADDRESS_SIZE];

    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        places_close(&page->places, *place);
        *place = NULL;
    } else if (fd >= 0) {
        address_of(connection, address);
        *place = places_open(&page->places, fd, address, desk_now_ms());
    }
}

/* The line of a request is there. What is returned is what handle() finds in `*request`. */
static void *begun(void *context, const char *uri, struct MHD_Connection *connection)
{
    (void)uri;
    note_use(context, connection, PLACE_READING);
    return NULL;
}

/* --- opening --- */

/* A name that begins like one of these is none of them: the colon ends it. */
static bool is_loopback_name(const char *place)
{
    static const char *const own[] = {"127.0.0.1:", "[::1]:", "localhost:"};

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strncmp(place, own[i], strlen(own[i])) == 0)
            return true;
    return false;
}

/* Other machines get the pages by TLS alone, and see nothing without a login. */
static bool check_address(const struct page_settings *settings, bool is_local, struct error *err)
{
    if (is_local || (settings->has_tls && !settings->open_tiles))
        return true;
    if (!settings->has_tls)
        error_set(err, ERROR_USAGE, "without TLS the page is served to this machine alone, at 127.0.0.1 or [::1]",
                  "add tls: true; or use page: '127.0.0.1:8080', and from another machine: "
                  "ssh -L 8080:127.0.0.1:8080 STATION");
    else
        error_set(err, ERROR_USAGE, "open_tiles shows the sockets to this machine alone, at 127.0.0.1 or [::1]",
                  "remove open_tiles from the station file");
    error_with_subject(err, settings->place);
    return false;
}

static bool check_users(const struct page_settings *settings, struct error *err)
{
    struct users *users = calloc(1, sizeof *users);
    bool ok = users != NULL && users_read(settings->users, users, err);

    if (ok && users->count == 0 && !settings->open_tiles) {
        error_set(err, ERROR_USAGE, "no login is possible: the station has no users",
                  "add one: imprint user add FILE NAME --role lead; or let everybody at this machine see the sockets: "
                  "open_tiles: true");
        error_with_subject(err, settings->users);
        ok = false;
    }
    if (users == NULL)
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
    free(users);
    return ok;
}

/* Files that the settings name; those that are made are not made by looking. */
static bool check_certificate(const struct page_settings *settings, struct error *err)
{
    struct web_certificate certificate = {.key = {.data = NULL}};
    bool ok;

    if (!settings->has_tls || settings->makes_certificate)
        return true;
    ok = web_certificate_get(&certificate, settings, err);
    web_certificate_release(&certificate);
    return ok;
}

bool page_check(const struct page_settings *settings, struct error *err)
{
    return check_address(settings, is_loopback_name(settings->place), err) && check_users(settings, err) &&
           check_certificate(settings, err);
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

/* It closes `fd` at its end. */
static struct MHD_Daemon *start(struct page *page, int fd)
{
    char priorities[] = TLS_PAIR_PRIORITIES; /* copied when it starts */
    const struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}};
    const struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, page->certificate.certificate.data},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, page->certificate.key.data},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, priorities},
        {MHD_OPTION_END, 0, NULL},
    };
    const bool has_tls = page->settings.has_tls;

    return MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | (has_tls ? MHD_USE_TLS : 0U), 0,
                            NULL, NULL, handle, page, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
                            CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT, CONNECTIONS_OF_ADDRESS_MAX,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
                            MHD_OPTION_NOTIFY_COMPLETED, completed, page, MHD_OPTION_NOTIFY_CONNECTION, connected, page,
                            MHD_OPTION_URI_LOG_CALLBACK, begun, page, MHD_OPTION_ARRAY, has_tls ? tls : plain,
                            MHD_OPTION_END);
}

static struct page *make_page(const struct page_settings *settings, struct error *err)
{
    struct page *page = calloc(1, sizeof *page);
    struct page_socket *sockets = calloc(PAGE_SOCKETS_MAX, sizeof *sockets);

    if (page == NULL || sockets == NULL) {
        free(page);
        free(sockets);
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return NULL;
    }
    page->settings = *settings;
    page->sockets = sockets;
    memcpy(sockets, settings->sockets, settings->socket_count * sizeof *sockets);
    page->settings.sockets = sockets;
    (void)snprintf(page->order, sizeof page->order, "%s", settings->order);
    page->settings.order = page->order;
    page->streams.context = page;
    page->streams.may_go_on = may_go_on;
    streams_init(&page->streams);
    places_init(&page->places, end_connection);
    page->desk.settings = &page->settings;
    page->desk.streams = &page->streams;
    desk_init(&page->desk);
    page->desk.sessions.lasts_ms = (int64_t)settings->session_h * 60 * 60 * 1000;
    return page;
}

/* Serves at the socket, which is closed where that fails. */
static bool serve(struct page *page, int fd, struct error *err)
{
    page->is_local = is_loopback(fd);
    if (check_address(&page->settings, page->is_local, err) &&
        (!page->settings.has_tls || web_certificate_get(&page->certificate, &page->settings, err)) &&
        desk_start(&page->desk, err))
        page->daemon = start(page, fd);
    if (page->daemon != NULL)
        return true;
    (void)close(fd);
    error_set(err, ERROR_UNEXPECTED, "the page cannot be served", NULL);
    return false;
}

bool page_open(const struct page_settings *settings, struct page **page, char address[static SERVICE_ADDRESS_SIZE],
               struct error *err)
{
    struct page *made;
    int fd;

    *page = NULL;
    if (!page_check(settings, err))
        return false;
    made = make_page(settings, err);
    if (made == NULL)
        return false;
    fd = service_listen(settings->place, address, err);
    if (fd < 0)
        error_with_subject(err, settings->place);
    if (fd >= 0 && serve(made, fd, err)) {
        *page = made;
        return true;
    }
    page_close(made);
    return false;
}

void page_close(struct page *page)
{
    if (page == NULL)
        return;
    desk_stop(&page->desk);
    streams_end(&page->streams);
    if (page->daemon != NULL)
        MHD_stop_daemon(page->daemon);
    streams_release(&page->streams);
    places_release(&page->places);
    desk_release(&page->desk);
    web_certificate_release(&page->certificate);
    free(page->sockets);
    free(page);
}

/* --- the panel's thread --- */

void page_publish(struct page *page, const char *state)
{
    streams_publish(&page->streams, state);
}

/* Whether the file is another one than when this was asked before. */
static bool has_changed(const char *path, struct seen *seen)
{
    struct stat status;
    struct seen now = {.inode = 0};

    if (stat(path, &status) == 0)
        now = (struct seen){.changed = status.st_mtim, .inode = status.st_ino, .size = status.st_size};
    if (now.inode == seen->inode && now.size == seen->size && now.changed.tv_sec == seen->changed.tv_sec &&
        now.changed.tv_nsec == seen->changed.tv_nsec)
        return false;
    *seen = now;
    return true;
}

/* A file that cannot be read logs everybody out: nobody knows any more who may stay. */
static void look_at_users(struct page *page)
{
    struct error ignored = {.reason = ERROR_NONE};
    char next[PATH_MAX] = "";
    const bool is_named = file_name_next(page->settings.users, next);
    const bool has_begun = is_named && has_changed(next, &page->seen_next);
    struct users *users = has_changed(page->settings.users, &page->seen) || has_begun ? calloc(1, sizeof *users) : NULL;

    if (users == NULL)
        return;
    (void)users_read(page->settings.users, users, &ignored);
    (void)pthread_mutex_lock(&page->desk.lock);
    sessions_compare(&page->desk.sessions, users);
    (void)pthread_mutex_unlock(&page->desk.lock);
    free(users);
}

void page_tend(struct page *page)
{
    if (page == NULL)
        return;
    look_at_users(page);
    streams_tend(&page->streams, desk_now_ms());
    places_tend(&page->places, desk_now_ms());
}

bool page_take_ask(struct page *page, struct page_ask *ask)
{
    return page != NULL && asks_take(&page->desk.asks, ask);
}

void page_set_order(struct page *page, const char *order)
{
    if (page == NULL)
        return;
    (void)pthread_mutex_lock(&page->desk.lock);
    (void)snprintf(page->order, sizeof page->order, "%s", order);
    (void)pthread_mutex_unlock(&page->desk.lock);
}

void page_add_socket(struct page *page, const struct page_socket *socket)
{
    if (page == NULL)
        return;
    (void)pthread_mutex_lock(&page->desk.lock);
    if (page->settings.socket_count < PAGE_SOCKETS_MAX)
        page->sockets[page->settings.socket_count++] = *socket;
    (void)pthread_mutex_unlock(&page->desk.lock);
}

bool page_operator(struct page *page, char name[static USERS_NAME_SIZE])
{
    char found[USERS_NAME_SIZE];

    if (page == NULL)
        return false;
    (void)pthread_mutex_lock(&page->desk.lock);
    sessions_operator(&page->desk.sessions, desk_now_ms(), found);
    (void)pthread_mutex_unlock(&page->desk.lock);
    if (found[0] != '\0')
        memcpy(name, found, sizeof found);
    return found[0] != '\0';
}
