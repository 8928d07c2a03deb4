/* SPDX-License-Identifier: Apache-2.0 */
/* imprint tls: a mutually authenticated TLS connection with a key in the chip, judged by the application's answer. */
#include "cli/with_session.h"

#include <string.h>

#include "base/hex.h"
#include "base/number.h"
#include "station/tls_settings.h"
#include "station/tls_value.h"

#define TIMEOUT_S 30
#define TIMEOUT_S_MAX 3600

enum tls_option {
    OPTION_KEY,
    OPTION_CERTIFICATE,
    OPTION_CA,
    OPTION_NAME,
    OPTION_ALPN,
    OPTION_TLS,
    OPTION_MQTT,
    OPTION_SEND,
    OPTION_TIMEOUT,
    OPTION_COUNT
};
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_KEY] = {"key", 'k', "KEY", "the key to use (default: the maker's key in slot 0)", NULL},
    [OPTION_CERTIFICATE] = {"certificate", 'c', "FILE",
                            "the device's certificate and those above it, PEM or DER (default: the one that was "
                            "issued here for this key, or the maker's)",
                            NULL},
    [OPTION_CA] = {"ca", 0, "FILE", "the server's CA, PEM or DER (default: the roots that Debian trusts)", NULL},
    [OPTION_NAME] = {"name", 0, "HOST", "the name in the server's certificate (default: HOST)", NULL},
    [OPTION_ALPN] = {"alpn", 0, "NAME", "offer this application protocol; up to four, separated by commas", NULL},
    [OPTION_TLS] = {"tls", 0, "VERSION", "offer only this version: 1.2 or 1.3", "1.2 1.3"},
    [OPTION_MQTT] = {"mqtt", 0, NULL, "ask in MQTT 3.1.1: CONNECT, with the certificate's name as client identifier",
                     NULL},
    [OPTION_SEND] = {"send", 0, "TEXT", "ask this, with \\r, \\n, \\t, \\\\ and \\xHH (default: GET / of HTTP)", NULL},
    [OPTION_TIMEOUT] = {"timeout", 't', "SECONDS", "end after so many seconds (default: 30)", NULL},
};

/* The settings, and room for what they point to. */
struct request {
    struct tls_settings settings;
    char alpn[TLS_ALPN_SIZE];
};

static bool refuse(const char *cause, const char *subject, struct error *err)
{
    error_set(err, ERROR_USAGE, cause, NULL);
    error_with_subject(err, subject);
    return false;
}

static bool read_version(const char *text, enum tls_version *version, struct error *err)
{
    *version = TLS_ANY;
    if (text == NULL)
        return true;
    *version = strcmp(text, "1.2") == 0 ? TLS_1_2 : TLS_1_3;
    return strcmp(text, "1.2") == 0 || strcmp(text, "1.3") == 0 || refuse("--tls needs 1.2 or 1.3", text, err);
}

static bool read_question(const struct cli *cli, struct tls_settings *settings, struct error *err)
{
    const char *text = cli->values[OPTION_SEND];

    if (text != NULL && cli->values[OPTION_MQTT] != NULL)
        return refuse("--mqtt and --send exclude each other", NULL, err);
    if (cli->values[OPTION_MQTT] != NULL)
        settings->question = (struct tls_question){.protocol = TLS_MQTT};
    else if (text == NULL)
        tls_question_http(&settings->question, settings->name);
    return text == NULL || tls_question_text(&settings->question, text, err);
}

static bool read_request(const struct cli *cli, struct request *request, struct error *err)
{
    struct tls_settings *settings = &request->settings;
    const char *timeout = cli->values[OPTION_TIMEOUT];
    uint64_t seconds = TIMEOUT_S;

    *request = (struct request){.alpn = ""};
    if (!net_read_place(cli->arguments[0], &settings->place, err))
        return false;
    if (timeout != NULL && number_parse(timeout, 1, TIMEOUT_S_MAX, &seconds) != NUMBER_OK)
        return refuse("--timeout needs a number of seconds from 1 to 3600", timeout, err);
    settings->timeout_s = (unsigned)seconds;
    settings->ca = cli->values[OPTION_CA];
    settings->certificate = cli->values[OPTION_CERTIFICATE];
    settings->key = cli->values[OPTION_KEY];
    if (!tls_settings_name(cli->values[OPTION_NAME], settings, err))
        return false;
    return (cli->values[OPTION_ALPN] == NULL ||
            tls_settings_alpn(cli->values[OPTION_ALPN], request->alpn, settings, err)) &&
           read_version(cli->values[OPTION_TLS], &settings->version, err) && read_question(cli, settings, err);
}

/* ---- the result ---- */

static void print_result(const struct output *output, const struct tls_settings *settings,
                         const struct tls_result *result)
{
    char connect[OUTPUT_TIME_SIZE], handshake[OUTPUT_TIME_SIZE], answer[OUTPUT_TIME_SIZE];

    output_time(result->connect_us, connect);
    output_time(result->handshake_us, handshake);
    output_time(result->answer_us, answer);
    output_result(output, "accepted: %s port %s (%s) answered over %s\n", settings->place.host, settings->place.port,
                  result->address, result->version);
    output_result(output, "  suite        %s\n", result->suite);
    if (result->alpn[0] != '\0')
        output_result(output, "  protocol     %s\n", result->alpn);
    output_result(output, "  server       %s\n", result->server.subject);
    output_result(output, "               issued by %s, valid to %s\n", result->server.issuer,
                  result->server.not_after);
    output_result(output, "  device       %s\n", result->device.subject);
    output_result(output, "               certificate: %s\n", result->source);
    if (result->key.id == 0)
        output_result(output, "  key          the maker's in slot 0: ");
    else
        output_result(output, "  key          %u%s%s: ", result->key.id, result->key.name != NULL ? " " : "",
                      result->key.name != NULL ? result->key.name : "");
    output_result(output, "the chip signed the handshake (%u commands)\n", result->chip_commands);
    output_result(output, "  times        connect %s, handshake %s, answer %s\n", connect, handshake, answer);
    output_result(output, "  answer       %s\n", result->answer);
}

static void print_object(const struct output *output, const struct session *session,
                         const struct tls_settings *settings, const struct tls_result *result)
{
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)];
    json_t *object = tls_value(settings, result);

    hex_encode(bytes_of(session->device.serial, CHIP_SERIAL_BYTES), serial);
    json_object_set_new(object, "event", json_string("tls"));
    json_object_set_new(object, "serial", json_string(serial));
    json_object_set_new(object, "key_id", result->key.id != 0 ? json_integer(result->key.id) : json_null());
    json_object_set_new(object, "name", result->key.name != NULL ? json_string(result->key.name) : json_null());
    output_object(output, object);
}

static bool try(struct cli *cli, struct session *session, struct error *err)
{
    struct request request;
    struct tls_result result;

    if (!read_request(cli, &request, err) || !tls_try(session, &request.settings, &result, err))
        return false;
    print_result(&cli->output, &request.settings, &result);
    print_object(&cli->output, session, &request.settings, &result);
    return true;
}

/* The maker's key needs no key record: nothing is opened but the chip, and nothing is kept. */
static bool try_makers(struct cli *cli, struct session *session, struct error *err)
{
    struct session_memory memory;
    const bool ok = session_start_in_memory(session, &memory, err) && try(cli, session, err);

    session_stop_in_memory(session, &memory);
    return ok;
}

static enum cli_exit run_tls(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);
    struct request request;

    if (!read_request(cli, &request, &err)) /* a mistake is told without asking the chip */
        return output_error(&cli->output, &err);
    if (cli->values[OPTION_KEY] == NULL)
        return with_session(cli, SESSION_LOOK, try_makers);
    return with_session(cli, SESSION_USE, try);
}

const struct cli_verb cli_verb_tls = {
    .name = "tls",
    .arguments = "HOST:PORT",
    .summary = "Connect to a server with a key in the chip, by mutual TLS",
    .description = "Makes a TLS 1.2 or 1.3 connection in which the chip signs, as the product's own\n"
                   "application does it, asks the server something and judges its answer. Only what\n"
                   "the application answers counts: a TLS 1.3 handshake completes at the client\n"
                   "before the server has judged the certificate. HTTP 400, 401, 403, 495 and 496\n"
                   "are refusals, any other status is an answer.\n"
                   "\n"
                   "KEY is a key id or a name from the device's record; its policy must permit\n"
                   "sign-hash with ECDSA. TLS 1.2 signs with the hash of the cipher suite: a key of\n"
                   "ecdsa(sha-256) is offered to suites of SHA-256 only, ecdsa(any-hash) to all.\n"
                   "Either driver, SE_C or opaque, serves the key. A key that counts its uses\n"
                   "spends one.\n"
                   "\n"
                   "The exit code is 0 only when the application answered; 1 when the server\n"
                   "refuses the device, is not trusted, or did not ask for a certificate; 3 when it\n"
                   "is not reached.\n",
    .examples = "  imprint tls broker.example:8883 -k board -c board.pem --ca ca.pem --mqtt\n"
                "  imprint tls localhost:4433 --ca server-ca.pem --tls 1.3\n"
                "  imprint --json tls [::1]:443 --name gateway.example --ca ca.pem | jq .version\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_tls,
};
