/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/primary_tls/primary_tls.h"

#include <string.h>

#include "cert/parts.h"
#include "firmware/primary_tls/connection.h"

static bool parse_id(const char *text, uint32_t *id)
{
    return link_parse_number(text, PSA_KEY_ID_USER_MAX, id) && *id >= PSA_KEY_ID_USER_MIN;
}

/* The certificate that the factory application has stored as PSA data under this id. */
static bool read_certificate(struct primary_tls *primary, uint32_t id, struct bytes_out *der, struct error *err)
{
    const psa_status_t status = psa_export_key(id, der->data, der->cap, &der->len);

    if (status == PSA_SUCCESS)
        return true;
    platform_psa_failed(&primary->platform, status, "read the certificate", err);
    error_with_key(err, id);
    return false;
}

/* --- certificate ------------------------------------------------------------------------------------------------- */

static bool show_certificate(struct primary_tls *primary, const struct link_words *words, struct error *err)
{
    uint8_t room[CERT_ISSUED_MAX];
    struct bytes_out der = {.data = room, .cap = sizeof room};
    uint32_t id;

    if (words->count != 2 || !parse_id(words->word[1], &id))
        return console_refuse_words("certificate needs the key id of the certificate, as in: certificate 0x1001", NULL,
                                    err);
    if (!read_certificate(primary, id, &der, err))
        return false;
    console_print_pem("CERTIFICATE", bytes_written(&der));
    return true;
}

/* --- connect ----------------------------------------------------------------------------------------------------- */

static bool parse_version(const struct link_words *words, enum connection_version *version)
{
    *version = words->count < 5 ? CONNECTION_ANY : strcmp(words->word[4], "1.2") == 0 ? CONNECTION_1_2 : CONNECTION_1_3;
    return words->count < 5 || *version == CONNECTION_1_2 || strcmp(words->word[4], "1.3") == 0;
}

static void report_connection(const struct connection_result *result)
{
    struct link_frame frame;

    console_print("connected: ");
    console_print(result->version);
    console_print(", ");
    console_print(result->suite);
    console_print("; the key signed in the chip; handshake ");
    console_print_number(result->handshake_us / 1000);
    console_print(" ms\nthe server answers: ");
    console_print(result->answer);
    console_print("\n");
    frame = console_begin_frame("connection");
    link_add_text(&frame, "version", result->version);
    link_add_text(&frame, "suite", result->suite);
    link_add_text(&frame, "answer", result->answer);
    link_add_number(&frame, "us", result->handshake_us);
    link_end(&frame);
}

static bool connect_to_server(struct primary_tls *primary, const struct link_words *words, struct error *err)
{
    uint8_t room[CERT_ISSUED_MAX];
    struct bytes_out der = {.data = room, .cap = sizeof room};
    struct connection_wish wish = {.root = primary_tls_root};
    struct connection_result result;
    uint32_t id;

    if (words->count < 4 || words->count > 5 || !parse_id(words->word[1], &wish.key) ||
        !parse_id(words->word[2], &id) || !parse_version(words, &wish.version))
        return console_refuse_words("expected: connect KEY CERTIFICATE NAME [1.2|1.3]",
                                    "two key ids, and the server's name: connect 16 0x1001 localhost", err);
    if (!read_certificate(primary, id, &der, err))
        return false;
    wish.certificate = bytes_written(&der);
    wish.name = words->word[3];
    if (!connection_try(&primary->platform, &wish, &result, err))
        return false;
    report_connection(&result);
    return true;
}

/* --- commands ---------------------------------------------------------------------------------------------------- */

/* Each command that uses keys reopens the key store and the chip, because either may have been swapped. */
static bool with_keys(struct primary_tls *primary, const struct link_words *words, struct error *err,
                      bool (*run)(struct primary_tls *primary, const struct link_words *words, struct error *err))
{
    bool ok;

    if (!platform_start(&primary->platform, PLATFORM_USE, &driver_shell_use_only, err))
        return false;
    ok = run(primary, words, err);
    platform_stop(&primary->platform);
    return ok;
}

static bool do_certificate(void *application, const struct link_words *words, struct error *err)
{
    return with_keys(application, words, err, show_certificate);
}

static bool do_connect(void *application, const struct link_words *words, struct error *err)
{
    struct primary_tls *primary = application;

    primary->failed = !with_keys(primary, words, err, connect_to_server);
    return !primary->failed;
}

static bool do_hello(void *application, const struct link_words *words, struct error *err)
{
    struct link_frame frame = console_hello("primary-tls", words == NULL);

    (void)application;
    (void)err;
    link_end(&frame);
    return true;
}

static bool do_end(void *application, const struct link_words *words, struct error *err)
{
    struct primary_tls *primary = application;

    (void)words;
    (void)err;
    primary->ended = true;
    return true;
}

static const struct console_command commands[] = {
    {"hello", "show which application this is", do_hello},
    {"certificate", "ID: show the certificate that is stored under this key id", do_certificate},
    {"connect", "KEY CERTIFICATE NAME [1.2|1.3]: connect by TLS to the server of this name, and ask it for a page",
     do_connect},
    {"end", "end the application", do_end},
};

void primary_tls_serve(struct primary_tls *primary)
{
    struct error err = {.reason = ERROR_NONE};
    struct link_words words;

    memset(primary, 0, sizeof *primary);
    console_init(&primary->console);
    (void)do_hello(primary, NULL, &err);
    while (!primary->ended) {
        console_read_command(&primary->console, &words);
        console_run(commands, sizeof commands / sizeof commands[0], primary, &words);
    }
}
