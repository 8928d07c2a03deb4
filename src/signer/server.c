/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP and TLS, by libmicrohttpd with GnuTLS: one thread answers everything, one request after the other, so that
 * database and issuers have one user. A client without a certificate that leads to `tls.clients` does not get beyond
 * the handshake of TLS.
 */
#include "signer/signer.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "base/error_format.h"
#include "base/hex.h"
#include "service/tls_pair.h"
#include "signer/message.h"
#include "signer/stations.h"
#include "signer/tls_files.h"

#define WELL_KNOWN "/.well-known/est/"
#define LABEL_MAX PROFILE_NAME_MAX

/* Limits of what clients may take. A request has about 1 KiB. */
#define BODY_MAX ((size_t)8 * 1024)          /* of a request that is read */
#define BODY_ENDURED ((size_t)256 * 1024)    /* a longer one gets no answer at all: its connection ends */
#define CONNECTIONS_MAX 64u                  /* all together */
#define CONNECTIONS_OF_ADDRESS_MAX 16u       /* from one address */
#define CONNECTION_BYTES ((size_t)16 * 1024) /* for a request's line and headers */
#define IDLE_S 10u                           /* nothing comes */
#define DEADLINE_MS (20 * 1000)              /* from connecting, or from the last answer, to the end of a request */
#define BUSY_RETRY_S 10u                     /* what a client is told to wait after 429 and 503 */
#define NOTICE_MS 1000                       /* at least so long between two notices */

/* One connection. */
struct client {
    struct client *next;
    int fd;
    int64_t since_ms;
    gnutls_session_t session;
    unsigned verdict; /* of GnuTLS about its certificate: 0, or what is wrong */
    bool is_verified; /* it has shown a certificate, and the verdict is 0 */
    bool has_asked;   /* a request came */
    char address[SERVICE_ADDRESS_SIZE];
};

struct signer {
    struct signer_rules *rules;
    struct signer_authority authority;
    struct signer_stations stations;
    struct tls_files tls;
    struct database database;
    struct signer_log log;
    struct signer_events events;
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock; /* of the list */
    struct client *clients;
    int64_t noticed_ms;
    unsigned unnoticed; /* notices left out since then */
};

/* One request: its body as far as it has come. */
struct exchange {
    size_t len;
    uint8_t body[BODY_MAX];
};

/* What is answered. */
struct reply {
    unsigned status;
    const char *type;
    bool is_base64, retry;
    const char *allow; /* of 405 */
    char *body;        /* for free() */
    size_t len;
};

/* --- notices --- */

/* A client can cause as many as it likes: one a second is passed on. */
static void notice(struct signer *signer, const char *what, const char *who)
{
    const int64_t now = clock_now_ms();
    char text[512];

    if (signer->noticed_ms != 0 && now - signer->noticed_ms < NOTICE_MS) {
        signer->unnoticed++;
        return;
    }
    if (signer->unnoticed != 0)
        (void)snprintf(text, sizeof text, "%s: %s (and %u more like this)", who, what, signer->unnoticed);
    else
        (void)snprintf(text, sizeof text, "%s: %s", who, what);
    signer->noticed_ms = now;
    signer->unnoticed = 0;
    signer->events.noticed(signer->events.context, text);
}

/* --- connections --- */

static void put_address(struct MHD_Connection *connection, char address[static SERVICE_ADDRESS_SIZE])
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct sockaddr_storage at;
    socklen_t len;
    char host[64], port[16];

    (void)snprintf(address, SERVICE_ADDRESS_SIZE, "?");
    if (info == NULL || info->client_addr == NULL)
        return;
    len = info->client_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    memcpy(&at, info->client_addr, len);
    if (getnameinfo((struct sockaddr *)&at, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        (void)snprintf(address, SERVICE_ADDRESS_SIZE, "%s port %s", host, port);
}

/*
 * Says why before the connection ends, which libmicrohttpd does not. What the client has sent meanwhile is read, for a
 * close with unread data is a reset, which can overtake the alert.
 */
static int refuse_client(const struct client *client, gnutls_alert_description_t why)
{
    char rest[4096];

    (void)gnutls_alert_send(client->session, GNUTLS_AL_FATAL, why);
    (void)shutdown(client->fd, SHUT_WR);
    while (recv(client->fd, rest, sizeof rest, MSG_DONTWAIT) > 0) {
        /* reads on */
    }
    return GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
}

/* Called within the handshake, with or without a certificate: any result but 0 ends it. */
static int verify_client(gnutls_session_t session)
{
    unsigned char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st demanded = {.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = purpose};
    struct client *client = gnutls_session_get_ptr(session);
    unsigned count = 0;

    if (client == NULL)
        return GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
    if (gnutls_certificate_get_peers(session, &count) == NULL || count == 0)
        return refuse_client(client, gnutls_protocol_get_version(session) == GNUTLS_TLS1_3
                                         ? GNUTLS_A_CERTIFICATE_REQUIRED
                                         : GNUTLS_A_HANDSHAKE_FAILURE);
    if (gnutls_certificate_verify_peers(session, &demanded, 1, &client->verdict) < 0)
        client->verdict = GNUTLS_CERT_INVALID;
    client->is_verified = client->verdict == 0;
    if (client->is_verified)
        return 0;
    return refuse_client(client, (client->verdict & GNUTLS_CERT_EXPIRED) != 0 ? GNUTLS_A_CERTIFICATE_EXPIRED
                                                                              : GNUTLS_A_BAD_CERTIFICATE);
}

/* What libmicrohttpd says of a connection may lie in one place for all questions: each answer is taken at once. */
static int socket_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    return info != NULL ? info->connect_fd : -1;
}

static gnutls_session_t session_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);

    return info != NULL ? info->tls_session : NULL;
}

static void begin_client(struct signer *signer, struct MHD_Connection *connection, void **context)
{
    struct client *client = calloc(1, sizeof *client);
    gnutls_session_t session = session_of(connection);

    *context = client;
    if (session != NULL) {
        gnutls_session_set_ptr(session, client);
        gnutls_session_set_verify_function(session, verify_client);
    }
    if (client == NULL)
        return;
    client->fd = socket_of(connection);
    client->session = session;
    client->since_ms = clock_now_ms();
    put_address(connection, client->address);
    (void)pthread_mutex_lock(&signer->lock);
    client->next = signer->clients;
    signer->clients = client;
    (void)pthread_mutex_unlock(&signer->lock);
}

/* Why a client was not let in, as far as it can be known. */
static void notice_refused(struct signer *signer, const struct client *client)
{
    gnutls_datum_t text = {.data = NULL};
    char what[256];

    if (client->verdict != 0 &&
        gnutls_certificate_verification_status_print(client->verdict, GNUTLS_CRT_X509, &text, 0) == GNUTLS_E_SUCCESS)
        (void)snprintf(what, sizeof what, "its certificate is refused: %s", (const char *)text.data);
    else
        (void)snprintf(what, sizeof what,
                       "it ended the connection, or showed no certificate, before it asked anything");
    gnutls_free(text.data);
    notice(signer, what, client->address);
}

static void end_client(struct signer *signer, struct client *client)
{
    (void)pthread_mutex_lock(&signer->lock);
    for (struct client **at = &signer->clients; *at != NULL; at = &(*at)->next) {
        if (*at == client) {
            *at = client->next;
            break;
        }
    }
    (void)pthread_mutex_unlock(&signer->lock);
    if (!client->has_asked)
        notice_refused(signer, client);
    free(client);
}

/* libmicrohttpd calls this before it closes the socket, so that signer_tend() never ends another connection. */
static void connection_changed(void *context, struct MHD_Connection *connection, void **client,
                               enum MHD_ConnectionNotificationCode what)
{
    struct signer *signer = context;

    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        begin_client(signer, connection, client);
    else if (*client != NULL)
        end_client(signer, *client);
}

void signer_tend(struct signer *signer)
{
    const int64_t now = clock_now_ms();

    (void)pthread_mutex_lock(&signer->lock);
    for (struct client *client = signer->clients; client != NULL; client = client->next)
        if (now - client->since_ms > DEADLINE_MS && client->fd >= 0)
            (void)shutdown(client->fd, SHUT_RDWR);
    (void)pthread_mutex_unlock(&signer->lock);
}

/* --- answers --- */

static void say(struct reply *reply, unsigned status, const char *text)
{
    reply->status = status;
    reply->type = "text/plain";
    reply->body = NULL;
    reply->len = 0;
    if (asprintf(&reply->body, "%s\n", text) >= 0)
        reply->len = strlen(reply->body);
    else
        reply->body = NULL;
}

static void give_certificates(struct reply *reply, const struct bytes *certificates, size_t count, const char *type)
{
    reply->body = signer_message_certificates(certificates, count, &reply->len);
    reply->status = 200;
    reply->type = type;
    reply->is_base64 = true;
    if (reply->body == NULL)
        say(reply, 500, "out of memory");
}

static bool add_headers(struct MHD_Response *response, const struct reply *reply)
{
    char seconds[16];

    (void)snprintf(seconds, sizeof seconds, "%u", BUSY_RETRY_S);
    return MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type) == MHD_YES &&
           (!reply->is_base64 || MHD_add_response_header(response, "Content-Transfer-Encoding", "base64") == MHD_YES) &&
           (!reply->retry || MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds) == MHD_YES) &&
           (reply->allow == NULL || MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, reply->allow) == MHD_YES);
}

/* The reply's body is given away. `version`: libest's client knows HTTP/1.0 alone, and no answer of 1.1. */
static enum MHD_Result send_reply(struct MHD_Connection *connection, struct reply *reply, const char *version)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(reply->len, reply->body, MHD_RESPMEM_MUST_FREE);
    enum MHD_Result result = MHD_NO;

    if (response == NULL) {
        free(reply->body);
        return MHD_NO;
    }
    if (strcmp(version, MHD_HTTP_VERSION_1_0) == 0)
        (void)MHD_set_response_options(response, MHD_RF_HTTP_1_0_SERVER, MHD_RO_END);
    if (add_headers(response, reply))
        result = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return result;
}

/* --- operations --- */

/* One request, with all that an operation needs. */
struct call {
    struct signer *signer;
    struct client *client;
    const struct exchange *exchange;
    size_t station; /* index in the rule file; their count: a stranger */
    uint8_t id[SIGNER_KEY_ID_BYTES];
    char label[LABEL_MAX]; /* empty: none */
};

/* The label that was given; NULL: none. */
static const char *label_of(const struct call *call)
{
    return call->label[0] != '\0' ? call->label : NULL;
}

static void answer_cacerts(const struct call *call, struct reply *reply)
{
    const struct signer_order *order = signer_find_order(call->signer->rules, label_of(call));
    struct bytes chain[ISSUER_CHAIN_MAX];
    size_t count = 0;

    if (order == NULL) {
        say(reply, 404, "the signer has no such order: name one as label");
        return;
    }
    while (count < ISSUER_CHAIN_MAX) {
        chain[count] = issuer_chain(signer_authority_of(&call->signer->authority, order)->issuer, count);
        if (chain[count].len == 0)
            break;
        count++;
    }
    give_certificates(reply, chain, count, "application/pkcs7-mime");
}

static void answer_csrattrs(const struct call *call, struct reply *reply)
{
    if (signer_find_order(call->signer->rules, label_of(call)) == NULL) {
        say(reply, 404, "the signer has no such order: name one as label");
        return;
    }
    reply->body = strdup(signer_message_attributes());
    reply->len = reply->body != NULL ? strlen(reply->body) : 0;
    reply->status = 200;
    reply->type = "application/csrattrs";
    reply->is_base64 = true;
}

static void enroll(const struct call *call, bool again, struct reply *reply)
{
    struct signer *signer = call->signer;
    const bool is_known = call->station < signer->stations.count;
    const struct signer_desk desk = {
        .rules = signer->rules, .authority = &signer->authority, .database = &signer->database, .log = &signer->log};
    char stranger[HEX_SIZE(SIGNER_KEY_ID_BYTES) + 16] = "key ";
    const struct signer_ask ask = {.station = is_known ? signer->rules->stations[call->station].name : NULL,
                                   .stranger = stranger,
                                   .label = label_of(call),
                                   .again = again,
                                   .body = bytes_of(call->exchange->body, call->exchange->len),
                                   .now = time(NULL)};
    struct signer_answer answer;
    struct bytes der;

    hex_encode(bytes_of(call->id, sizeof call->id), stranger + strlen(stranger));
    signer_decide(&desk, &ask, &answer);
    signer->events.decided(signer->events.context, &answer, call->client->address);
    der = bytes_of(answer.der, answer.len);
    reply->retry = answer.status == 503;
    if (answer.len != 0)
        give_certificates(reply, &der, 1, "application/pkcs7-mime; smime-type=certs-only");
    else
        say(reply, answer.status, answer.text);
}

static void answer_simpleenroll(const struct call *call, struct reply *reply)
{
    enroll(call, false, reply);
}

static void answer_simplereenroll(const struct call *call, struct reply *reply)
{
    enroll(call, true, reply);
}

static const struct operation {
    const char *name, *method;
    const char *type; /* of the body; NULL: it has none */
    void (*answer)(const struct call *call, struct reply *reply);
} operations[] = {
    {"cacerts", "GET", NULL, answer_cacerts},
    {"csrattrs", "GET", NULL, answer_csrattrs},
    {"simpleenroll", "POST", "application/pkcs10", answer_simpleenroll},
    {"simplereenroll", "POST", "application/pkcs10", answer_simplereenroll},
};

/* The operation of a path, and its label, "" for none. NULL: there is nothing at this path. */
static const struct operation *find_operation(const char *url, char label[static LABEL_MAX])
{
    const char *name, *slash;

    label[0] = '\0';
    if (strncmp(url, WELL_KNOWN, strlen(WELL_KNOWN)) != 0)
        return NULL;
    name = url + strlen(WELL_KNOWN);
    slash = strchr(name, '/');
    if (slash != NULL) {
        if (slash == name || slash - name >= LABEL_MAX)
            return NULL;
        (void)snprintf(label, LABEL_MAX, "%.*s", (int)(slash - name), name);
        name = slash + 1;
    }
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    return NULL;
}

/* Whether the header names the type, whatever its parameters. */
static bool has_type(struct MHD_Connection *connection, const char *type)
{
    const char *found = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
    const size_t len = strlen(type);

    return found != NULL && strncasecmp(found, type, len) == 0 &&
           (found[len] == '\0' || found[len] == ';' || found[len] == ' ');
}

/* Who asks. False: no good certificate, which the handshake does not let happen. */
static bool find_station(struct call *call)
{
    unsigned count = 0;
    const gnutls_datum_t *peers =
        call->client->is_verified ? gnutls_certificate_get_peers(call->client->session, &count) : NULL;

    if (peers == NULL || count == 0)
        return false;
    call->station = signer_stations_find(&call->signer->stations, &peers[0], call->id);
    return true;
}

/* A request that has come whole. */
static void answer_call(struct call *call, struct MHD_Connection *connection, const char *url, const char *method,
                        struct reply *reply)
{
    const struct operation *operation = find_operation(url, call->label);

    if (!find_station(call)) {
        say(reply, 401, "a station shows a client certificate");
    } else if (!signer_stations_take(&call->signer->stations, call->station, clock_now_ms())) {
        notice(call->signer, "it asks more often than the rule file lets it", call->client->address);
        say(reply, 429, "too many requests: ask again later");
        reply->retry = true;
    } else if (operation == NULL) {
        say(reply, 404, "nothing is here: /.well-known/est/ORDER/simpleenroll is");
    } else if (strcmp(method, operation->method) != 0) {
        say(reply, 405, "another method is needed");
        reply->allow = operation->method;
    } else if (call->exchange->len > BODY_MAX) {
        say(reply, 413, "the request is too long");
    } else if (operation->type != NULL && !has_type(connection, operation->type)) {
        say(reply, 415, "the body must be application/pkcs10");
    } else {
        operation->answer(call, reply);
    }
}

/* --- requests as they come --- */

/* Keeps what fits; what is too long is only counted. False: longer than is endured. */
static bool take_body(struct exchange *exchange, const char *data, size_t len)
{
    if (exchange->len < BODY_MAX)
        memcpy(exchange->body + exchange->len, data, len < BODY_MAX - exchange->len ? len : BODY_MAX - exchange->len);
    exchange->len += len;
    return exchange->len <= BODY_ENDURED;
}

/* A length that is told and is too long is refused before the body comes. */
static bool is_too_long(struct MHD_Connection *connection)
{
    const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

    return length != NULL && strtoull(length, NULL, 10) > BODY_MAX;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *len, void **request)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct call call = {.signer = context, .client = info != NULL ? info->socket_context : NULL};
    struct reply reply = {.status = 500};

    if (call.client == NULL)
        return MHD_NO;
    call.client->has_asked = true;
    if (*request == NULL) {
        *request = calloc(1, sizeof(struct exchange));
        if (*request == NULL)
            return MHD_NO;
        if (!is_too_long(connection))
            return MHD_YES;
        say(&reply, 413, "the request is too long");
        return send_reply(connection, &reply, version);
    }
    if (*len != 0) {
        const bool goes_on = take_body(*request, data, *len);

        *len = 0;
        return goes_on ? MHD_YES : MHD_NO;
    }
    call.exchange = *request;
    answer_call(&call, connection, url, method, &reply);
    return send_reply(connection, &reply, version);
}

/* The deadline of a connection's next request begins. */
static void completed(void *context, struct MHD_Connection *connection, void **request,
                      enum MHD_RequestTerminationCode how)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct signer *signer = context;

    (void)how;
    free(*request);
    *request = NULL;
    if (info == NULL || info->socket_context == NULL)
        return;
    (void)pthread_mutex_lock(&signer->lock);
    ((struct client *)info->socket_context)->since_ms = clock_now_ms();
    (void)pthread_mutex_unlock(&signer->lock);
}

/* --- opening --- */

const struct signer_rules *signer_rules_of(const struct signer *signer)
{
    return signer->rules;
}

const char *signer_issuer_of(const struct signer *signer, const struct signer_order *order, int64_t *not_after)
{
    const struct signer_ca *ca = signer_authority_of(&signer->authority, order);
    int64_t not_before;

    issuer_validity(ca->issuer, &not_before, not_after);
    return issuer_subject(ca->issuer);
}

bool signer_open(const char *rules, const struct issuer_prompt *prompt, const struct signer_events *events,
                 bool check_only, struct signer **signer, struct error *err)
{
    struct signer *made = calloc(1, sizeof *made);

    *signer = made;
    if (made == NULL) {
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return false;
    }
    (void)pthread_mutex_init(&made->lock, NULL);
    made->events = *events;
    if (signer_rules_read(rules, &made->rules, err) && tls_files_read(&made->tls, made->rules, err) &&
        signer_stations_read(&made->stations, made->rules, made->tls.anchors, err) &&
        signer_authority_open(&made->authority, made->rules, prompt, err) &&
        (check_only || (signer_store_open(&made->database, made->rules->records, DATABASE_MAKE, err) &&
                        signer_log_open(&made->log, &made->database, made->rules->records, err))))
        return true;
    signer_close(made);
    *signer = NULL;
    return false;
}

void signer_close(struct signer *signer)
{
    if (signer == NULL)
        return;
    if (signer->daemon != NULL)
        MHD_stop_daemon(signer->daemon);
    signer_log_close(&signer->log);
    database_close(&signer->database);
    signer_authority_close(&signer->authority);
    tls_files_release(&signer->tls);
    (void)pthread_mutex_destroy(&signer->lock);
    free(signer->rules);
    free(signer);
}

static struct MHD_Daemon *start(struct signer *signer, int fd)
{
    return MHD_start_daemon(
        MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_TLS, 0, NULL, NULL, handle, signer, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_HTTPS_MEM_CERT, (const char *)signer->tls.certificate.data, MHD_OPTION_HTTPS_MEM_KEY,
        (const char *)signer->tls.key.data, MHD_OPTION_HTTPS_MEM_TRUST, (const char *)signer->tls.clients.data,
        MHD_OPTION_HTTPS_PRIORITIES, TLS_PAIR_PRIORITIES, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, CONNECTIONS_OF_ADDRESS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        CONNECTION_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, MHD_OPTION_NOTIFY_CONNECTION, connection_changed,
        signer, MHD_OPTION_NOTIFY_COMPLETED, completed, signer, MHD_OPTION_END);
}

bool signer_serve(struct signer *signer, const char *place, char address[static SERVICE_ADDRESS_SIZE],
                  struct error *err)
{
    const int fd = service_listen(place, address, err);

    if (fd < 0) {
        error_with_subject(err, place);
        return false;
    }
    signer->daemon = start(signer, fd); /* it closes the socket at its end */
    if (signer->daemon != NULL)
        return true;
    (void)close(fd);
    error_set(err, ERROR_UNEXPECTED, "the server cannot be started", NULL);
    return false;
}
