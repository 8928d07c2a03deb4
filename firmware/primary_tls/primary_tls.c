/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/primary_tls/primary_tls.h"

#include <string.h>

#include "cert/parts.h"
#include "chip/operations.h"
#include "firmware/primary_tls/connection.h"
#include "psa/keys.h"

#define FROM_CHIP "chip" /* in the place of the id of a certificate in the key store */
#define BLOCK_BYTES 32
#define BLOCKS 3 /* that a compressed certificate reaches into */

static bool parse_id(const char *text, uint32_t *id)
{
    return link_parse_number(text, PSA_KEY_ID_USER_MAX, id) && *id >= PSA_KEY_ID_USER_MIN;
}

static bool read_slot(struct primary_tls *primary, uint8_t slot, uint8_t content[static BLOCKS * BLOCK_BYTES],
                      struct error *err)
{
    bool ok = true;

    for (uint8_t block = 0; block < BLOCKS && ok; block++)
        ok = chip_read_slot_block(&primary->platform.chip, slot, block, content + block * BLOCK_BYTES, err) == CHIP_OK;
    return ok;
}

/* What the chip knows of itself and of the key: the certificate is for both. */
static bool read_subject(struct primary_tls *primary, uint32_t key, uint8_t point[static P256_POINT_BYTES],
                         uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err)
{
    const struct chip_config *config;
    psa_status_t status;

    if (driver_config(&primary->platform.driver, &config, err) != CHIP_OK)
        return false;
    chip_config_serial(config, serial);
    status = keys_public(&primary->platform.driver, key, point, err);
    if (status != PSA_SUCCESS) {
        platform_psa_failed(&primary->platform, status, "read the public key", err);
        error_with_key(err, key);
    }
    return status == PSA_SUCCESS;
}

static bool refuse_slot(enum cert_slot_result result, uint8_t slot, struct error *err)
{
    if (result == CERT_SLOT_EMPTY)
        error_set(err, ERROR_CERTIFICATE_DIFFERS, "the slot holds no certificate", "provision the device");
    else
        error_set(
            err, ERROR_CERTIFICATE_DIFFERS,
            "the slot holds another certificate than this image can put together: of another issuer, profile or key",
            "build the image for this profile and its issuer: scripts/build-firmware --certificates FILE");
    error_at_slot(err, slot);
    return false;
}

static bool rebuild(struct primary_tls *primary, const struct cert_slot_source *source, struct bytes_out *der,
                    struct error *err)
{
    uint8_t content[BLOCKS * BLOCK_BYTES], point[P256_POINT_BYTES], serial[CHIP_SERIAL_BYTES];
    enum cert_slot_result result;

    if (!read_slot(primary, source->slot, content, err) || !read_subject(primary, source->key_id, point, serial, err)) {
        error_at_slot(err, source->slot);
        return false;
    }
    result = cert_rebuild_from_slot(source, content, point + 1, serial, der);
    return result == CERT_SLOT_REBUILT || refuse_slot(result, source->slot, err);
}

/* The certificate of the key with this id, from the slot that keeps it. */
static bool rebuild_certificate(struct primary_tls *primary, uint32_t key, struct bytes_out *der, struct error *err)
{
    for (size_t i = 0; i < primary_tls_certificates_count; i++) {
        if (primary_tls_certificates[i].key_id != key)
            continue;
        if (rebuild(primary, &primary_tls_certificates[i], der, err))
            return true;
        error_doing(err, "put the certificate together from the chip");
        return false;
    }
    error_set(err, ERROR_KEY_UNKNOWN, "this image knows no certificate in the chip for the key",
              "build it with the issuer of the certificates: scripts/build-firmware --certificates FILE");
    error_doing(err, "put the certificate together from the chip");
    error_with_key(err, key);
    return false;
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
    const bool from_chip = words->count == 3 && strcmp(words->word[2], FROM_CHIP) == 0;

    if ((words->count != 2 && !from_chip) || !parse_id(words->word[1], &id))
        return console_refuse_words("expected: certificate ID, or certificate KEY chip",
                                    "the id under which it is stored, or its key's: certificate 16 chip", err);
    if (!(from_chip ? rebuild_certificate(primary, id, &der, err) : read_certificate(primary, id, &der, err)))
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
    uint32_t id = 0;
    const bool from_chip = words->count >= 4 && strcmp(words->word[2], FROM_CHIP) == 0;

    if (words->count < 4 || words->count > 5 || !parse_id(words->word[1], &wish.key) ||
        (!from_chip && !parse_id(words->word[2], &id)) || !parse_version(words, &wish.version))
        return console_refuse_words("expected: connect KEY CERTIFICATE NAME [1.2|1.3]",
                                    "two key ids, and the server's name: connect 16 0x1001 localhost; or connect 16 "
                                    "chip localhost",
                                    err);
    if (!(from_chip ? rebuild_certificate(primary, wish.key, &der, err) : read_certificate(primary, id, &der, err)))
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
    {"certificate", "ID: show the certificate that is stored under this key id; KEY chip: the one in the chip's slot",
     do_certificate},
    {"connect",
     "KEY CERTIFICATE NAME [1.2|1.3]: connect by TLS to the server of this name, and ask it for a page; CERTIFICATE: an "
     "id, or chip",
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
