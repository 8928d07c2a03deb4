/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream with nothing to say is suspended: answering 0 bytes instead would keep a processor busy. While it is
 * suspended a client's leaving is not noticed, so the beat wakes each stream.
 */
#include "web/streams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_IDLE_S 60u /* nothing can be sent */
#define STREAM_BLOCK ((size_t)16 * 1024)
#define BEAT_MS 5000 /* page.js takes a page for blind after 12 s */

struct text {
    char *text; /* for free() */
    size_t len;
};

/* One page that is open. */
struct stream {
    struct stream *next;
    struct streams *streams;
    struct MHD_Connection *connection;
    uint64_t session;
    uint64_t generation, beat; /* of what it was sent last */
    struct text out;           /* what is being sent */
    size_t sent;
    bool is_suspended, is_over;
};

void streams_init(struct streams *streams)
{
    (void)pthread_mutex_init(&streams->lock, NULL);
}

/* The next thing to send: the state as it is now, or a beat. False: there is none. */
static bool next_event(struct stream *stream)
{
    const struct streams *streams = stream->streams;
    int len = 0;

    free(stream->out.text);
    stream->out = (struct text){.text = NULL};
    stream->sent = 0;
    if (stream->generation != streams->generation && streams->state != NULL)
        len = asprintf(&stream->out.text, "event: state\ndata: %s\n\n", streams->state);
    else if (stream->beat != streams->beat)
        len = asprintf(&stream->out.text, "event: beat\ndata: %llu\n\n", (unsigned long long)streams->beat);
    else
        return false;
    stream->generation = streams->generation;
    stream->beat = streams->beat;
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
    (void)pthread_mutex_lock(&stream->streams->lock);
    if (stream->streams->is_closing || stream->is_over) {
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
    (void)pthread_mutex_unlock(&stream->streams->lock);
    return len;
}

/* The client has left, or the server ends. */
static void end_stream(void *context)
{
    struct stream *stream = context;
    struct streams *streams = stream->streams;

    (void)pthread_mutex_lock(&streams->lock);
    for (struct stream **at = &streams->all; *at != NULL; at = &(*at)->next) {
        if (*at == stream) {
            *at = stream->next;
            streams->count--;
            break;
        }
    }
    (void)pthread_mutex_unlock(&streams->lock);
    free(stream->out.text);
    free(stream);
}

static void wake(struct stream *stream)
{
    if (!stream->is_suspended)
        return;
    stream->is_suspended = false;
    MHD_resume_connection(stream->connection);
}

/* The caller holds the lock. */
static void wake_all(struct streams *streams)
{
    for (struct stream *stream = streams->all; stream != NULL; stream = stream->next)
        wake(stream);
}

/* NULL: there are too many, or no memory. */
static struct stream *make_stream(struct streams *streams, struct MHD_Connection *connection, uint64_t session)
{
    struct stream *stream = calloc(1, sizeof *stream);

    if (stream == NULL)
        return NULL;
    *stream = (struct stream){.streams = streams, .connection = connection, .session = session};
    (void)pthread_mutex_lock(&streams->lock);
    if (streams->count < STREAMS_MAX && !streams->is_closing) {
        stream->beat = streams->beat;
        stream->next = streams->all;
        streams->all = stream;
        streams->count++;
    } else {
        free(stream);
        stream = NULL;
    }
    (void)pthread_mutex_unlock(&streams->lock);
    return stream;
}

struct MHD_Response *streams_add(struct streams *streams, struct MHD_Connection *connection, uint64_t session)
{
    struct stream *stream = make_stream(streams, connection, session);
    struct MHD_Response *response;

    if (stream == NULL)
        return NULL;
    (void)MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, STREAM_IDLE_S);
    response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream, stream, end_stream);
    if (response == NULL)
        end_stream(stream);
    return response;
}

char *streams_state(struct streams *streams)
{
    char *text;

    (void)pthread_mutex_lock(&streams->lock);
    text = strdup(streams->state != NULL ? streams->state : "{}");
    (void)pthread_mutex_unlock(&streams->lock);
    return text;
}

void streams_publish(struct streams *streams, const char *state)
{
    char *copy = strdup(state);

    if (copy == NULL)
        return;
    (void)pthread_mutex_lock(&streams->lock);
    free(streams->state);
    streams->state = copy;
    streams->generation++;
    wake_all(streams);
    (void)pthread_mutex_unlock(&streams->lock);
}

void streams_tend(struct streams *streams, int64_t now_ms)
{
    (void)pthread_mutex_lock(&streams->lock);
    for (struct stream *stream = streams->all; stream != NULL; stream = stream->next) {
        if (stream->is_over || streams->may_go_on(streams->context, stream->session))
            continue;
        stream->is_over = true;
        wake(stream);
    }
    if (now_ms - streams->beat_ms >= BEAT_MS) {
        streams->beat_ms = now_ms;
        streams->beat++;
        wake_all(streams);
    }
    (void)pthread_mutex_unlock(&streams->lock);
}

void streams_end(struct streams *streams)
{
    (void)pthread_mutex_lock(&streams->lock);
    streams->is_closing = true;
    wake_all(streams);
    (void)pthread_mutex_unlock(&streams->lock);
}

void streams_release(struct streams *streams)
{
    free(streams->state);
    (void)pthread_mutex_destroy(&streams->lock);
}
