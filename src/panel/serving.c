/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/serving.h"

#include <stdio.h>
#include <string.h>

#include "panel/scanned.h"
#include "panel/taught.h"
#include "panel/teaching.h"
#include "station/input.h"

#define CERTIFICATE_MOST ((size_t)64 * 1024)

static bool keep_order(const void *context, const char *order, const struct page_noting *noting, struct error *err)
{
    return scanned_keep_order(context, order, noting, err);
}

static struct page_settings describe(const char *path, const struct panel_settings *settings, const char *digest,
                                     struct page_socket sockets[static PANEL_SOCKETS_MAX])
{
    for (size_t i = 0; i < settings->socket_count; i++)
        sockets[i] = (struct page_socket){settings->sockets[i].name, settings->sockets[i].device};
    return (struct page_settings){.place = settings->page,
                                  .station = settings->name,
                                  .state = settings->state,
                                  .users = settings->users,
                                  .order = settings->order,
                                  .select_order = (enum page_select)settings->select_order,
                                  .selecting = {.context = settings, .keep = keep_order},
                                  .scan_board = settings->scan_board,
                                  .profile = settings->profile,
                                  .digest = digest,
                                  .has_tls = settings->has_tls,
                                  .certificate = settings->tls_certificate,
                                  .key = settings->tls_key,
                                  .makes_certificate = settings->makes_certificate,
                                  .open_tiles = settings->open_tiles,
                                  .labels_to = settings->labels.to,
                                  .session_h = settings->session_h,
                                  .tries = settings->tries,
                                  .teaching = panel_teaches(settings) ? teaching_of(path, settings->also_at)
                                                                      : (struct page_teaching){NULL},
                                  .socket_count = settings->socket_count,
                                  .sockets = sockets};
}

bool serving_check(const struct panel_settings *settings, struct error *err)
{
    struct page_socket sockets[PANEL_SOCKETS_MAX];
    const struct page_settings described = describe("", settings, "", sockets);

    return settings->page[0] == '\0' || page_check(&described, err);
}

bool serving_open(const char *path, const struct panel_settings *settings, const char *digest, struct page **page,
                  char address[static SERVICE_ADDRESS_SIZE], struct error *err)
{
    struct page_socket sockets[PANEL_SOCKETS_MAX];
    const struct page_settings described = describe(path, settings, digest, sockets);

    *page = NULL;
    return settings->page[0] == '\0' || page_open(&described, page, address, err);
}

size_t serving_take_sockets(struct page *page, struct panel_settings *settings)
{
    const size_t before = settings->socket_count;
    struct error ignored = {.reason = ERROR_NONE};

    (void)taught_add_all(settings,
                         &ignored); /* checked when it was written; a socket that is gone from it may run still */
    for (size_t i = before; i < settings->socket_count; i++)
        page_add_socket(page, &(struct page_socket){settings->sockets[i].name, settings->sockets[i].device});
    return settings->socket_count - before;
}

bool serving_take_operator(struct page *page, struct panel_settings *settings)
{
    char name[PANEL_OPERATOR_SIZE], logged_in[USERS_NAME_SIZE];

    memcpy(name, settings->operator_in_file, sizeof name);
    if (page_operator(page, logged_in))
        (void)snprintf(name, sizeof name, "%s", logged_in);
    if (strcmp(name, settings->operator_name) == 0)
        return false;
    memcpy(settings->operator_name, name, sizeof name);
    return true;
}

bool serving_fingerprint(const struct panel_settings *settings, char text[static TLS_PAIR_FINGERPRINT_SIZE])
{
    struct error ignored = {.reason = ERROR_NONE};
    struct input input = {.data = NULL};
    bool ok;

    text[0] = '\0';
    ok = settings->has_tls && settings->page[0] != '\0' &&
         input_read(&input, settings->tls_certificate, CERTIFICATE_MOST, &ignored) &&
         tls_pair_fingerprint(bytes_of(input.data, input.len), text);
    input_release(&input);
    return ok;
}
