/* SPDX-License-Identifier: Apache-2.0 */
/* How the station is set up, as its file says and its sockets answer. */
#include <stdlib.h>
#include <string.h>

#include "report/markup.h"
#include "web/pages.h"
#include "web/teach.h"

static void put_fact(FILE *out, const char *name, const char *value)
{
    if (value[0] == '\0')
        return;
    fprintf(out, "<tr><th scope=\"row\">%s</th>", name);
    pages_put_cell(out, value);
    fputs("</tr>\n", out);
}

/* The socket in the state that the panel published last; NULL: not there yet. */
static const json_t *find_socket(const json_t *state, const char *name)
{
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(state, "sockets"), i,
                       one) if (strcmp(pages_text(one, "name"), name) == 0) return one;
    return NULL;
}

/* `sockets` gets those that run; their number. */
static size_t copy_sockets(struct desk *desk, struct page_socket sockets[static PAGE_SOCKETS_MAX])
{
    size_t count;

    (void)pthread_mutex_lock(&desk->lock);
    count = desk->settings->socket_count;
    memcpy(sockets, desk->settings->sockets, count * sizeof *sockets);
    (void)pthread_mutex_unlock(&desk->lock);
    return count;
}

static void put_sockets(FILE *out, struct desk *desk, const json_t *state)
{
    struct page_socket sockets[PAGE_SOCKETS_MAX];
    const size_t count = copy_sockets(desk, sockets);

    fputs(
        "<h2>Sockets</h2>\n<div class=\"wide\" role=\"region\" aria-label=\"sockets\" tabindex=\"0\"><table class=\"plain\"><thead><tr><th scope=\"col\">Socket</th><th "
        "scope=\"col\">Device</th><th scope=\"col\">Now</th><th scope=\"col\">What is wrong</th></tr></thead>\n",
        out);
    for (size_t i = 0; i < count; i++) {
        const json_t *one = find_socket(state, sockets[i].name);

        fputs("<tr>", out);
        pages_put_cell(out, sockets[i].name);
        pages_put_cell(out, sockets[i].device);
        pages_put_cell(out, pages_text(one, "state"));
        fputs("<td class=\"long\">", out);
        markup_text(out, pages_text(one, "cause"));
        fputs("</td></tr>\n", out);
    }
    fputs("</table></div>\n", out);
}

void web_setup(struct desk *desk, const struct call *call, struct reply *reply)
{
    const struct page_settings *settings = desk->settings;
    const struct frame frame = {
        .title = "Set-up", .station = settings->station, .session = &call->session, .script = "/teach.js"};
    char order[PAGE_TEXT_SIZE];
    char *text = streams_state(desk->streams);
    json_t *state = text != NULL ? json_loads(text, 0, NULL) : NULL;
    FILE *out = reply_begin_page(reply, 200, &frame);

    desk_order(desk, order);
    if (out != NULL) {
        fputs("<h1>Set-up</h1>\n<table class=\"plain\">\n", out);
        put_fact(out, "Station", settings->station);
        put_fact(out, "Profile", settings->profile);
        put_fact(out, "Digest of the profile", settings->digest);
        put_fact(out, "Order", order);
        put_fact(out, "State folder", settings->state);
        put_fact(out, "Page", settings->place);
        fputs("</table>\n", out);
        put_sockets(out, desk, state);
        fputs("<p>The station file says so; the station reads it when it starts. Before that: "
              "<code>imprint station FILE --check</code>.</p>\n",
              out);
        web_put_teaching(out, desk, &call->session);
        web_put_label_test(out, desk, call, state);
    }
    reply_end_page(reply);
    json_decref(state);
    free(text);
}
