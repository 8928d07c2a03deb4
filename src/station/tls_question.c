/* SPDX-License-Identifier: Apache-2.0 */
#include "station/tls_question.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"

void tls_question_http(struct tls_question *question, const char *host)
{
    const int n = snprintf((char *)question->data, sizeof question->data,
                           "GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: imprint\r\nConnection: close\r\n\r\n", host);

    question->protocol = TLS_HTTP;
    question->len = n > 0 && (size_t)n < sizeof question->data ? (size_t)n : 0;
}

/* MQTT 3.1.1 (OASIS), 3.1: fixed header, protocol name and level, flags, keep alive, client identifier. */
void tls_question_mqtt(struct tls_question *question, const char *client_id)
{
    static const uint8_t variable[] = {0x00, 0x04, 'M', 'Q', 'T', 'T', 0x04, 0x02 /* clean session */, 0x00, 60};
    const size_t id_len = strnlen(client_id, 100); /* so that the remaining length stays below 128: one byte */
    uint8_t *at = question->data;

    question->protocol = TLS_MQTT;
    *at++ = 0x10;
    *at++ = (uint8_t)(sizeof variable + 2 + id_len);
    memcpy(at, variable, sizeof variable);
    at += sizeof variable;
    *at++ = 0;
    *at++ = (uint8_t)id_len;
    memcpy(at, client_id, id_len);
    question->len = (size_t)(at + id_len - question->data);
}

/* One escape after its backslash; the number of characters it takes, 0: it is none. */
static size_t read_escape(const char *text, uint8_t *byte)
{
    static const char letters[] = "rnt\\", values[] = "\r\n\t\\";
    const char *found = text[0] == '\0' ? NULL : strchr(letters, text[0]);

    if (found != NULL) {
        *byte = (uint8_t)values[found - letters];
        return 1;
    }
    if (text[0] != 'x' || hex_digit_value(text[1]) < 0 || hex_digit_value(text[2]) < 0)
        return 0;
    *byte = (uint8_t)(hex_digit_value(text[1]) << 4 | hex_digit_value(text[2]));
    return 3;
}

static bool refuse_text(const char *cause, const char *at, struct error *err)
{
    error_set(err, ERROR_USAGE, cause, NULL);
    error_with_subject(err, at);
    return false;
}

bool tls_question_text(struct tls_question *question, const char *text, struct error *err)
{
    question->protocol = TLS_TEXT;
    question->len = 0;
    for (const char *at = text; *at != '\0';) {
        uint8_t byte = (uint8_t)*at;
        size_t used = 1;

        if (*at == '\\')
            used = 1 + read_escape(at + 1, &byte);
        if (*at == '\\' && used == 1)
            return refuse_text("--send knows \\r, \\n, \\t, \\\\ and \\xHH", at, err);
        if (question->len == sizeof question->data)
            return refuse_text("--send has at most 1024 bytes", text, err);
        question->data[question->len++] = byte;
        at += used;
    }
    return question->len > 0 || refuse_text("--send needs something to send", text, err);
}

/* ---- the answer ---- */

/* The first line, or all of it without one; what is no text shows as a dot. */
static void first_line(struct bytes answer, char text[static TLS_ANSWER_TEXT])
{
    size_t n = 0;

    while (n < answer.len && n + 1 < TLS_ANSWER_TEXT && answer.data[n] != '\r' && answer.data[n] != '\n') {
        text[n] = answer.data[n] >= ' ' && answer.data[n] < 0x7f ? (char)answer.data[n] : '.';
        n++;
    }
    text[n] = '\0';
}

/* 400 to 499 by which a server says that it does not accept this client; nginx's own are 495 and 496. */
static bool http_refuses(int status)
{
    return status == 400 || status == 401 || status == 403 || status == 495 || status == 496;
}

static enum tls_verdict judge_http(struct bytes answer, char text[static TLS_ANSWER_TEXT])
{
    static const char begin[] = "HTTP/1.";
    const size_t compared = answer.len < sizeof begin - 1 ? answer.len : sizeof begin - 1;

    first_line(answer, text);
    if (memcmp(answer.data, begin, compared) != 0)
        return TLS_NONSENSE;
    if (memchr(answer.data, '\n', answer.len) == NULL)
        return answer.len < 1024 ? TLS_INCOMPLETE : TLS_NONSENSE;
    if (strlen(text) < strlen("HTTP/1.1 200") || text[8] != ' ' || text[9] < '1' || text[9] > '5')
        return TLS_NONSENSE;
    return http_refuses((int)strtol(text + 9, NULL, 10)) ? TLS_REFUSED : TLS_ANSWERED;
}

/* CONNACK: 20 02, flags, code (MQTT 3.1.1, 3.2). */
static enum tls_verdict judge_mqtt(struct bytes answer, char text[static TLS_ANSWER_TEXT])
{
    static const char *const codes[] = {"accepted",
                                        "refused: the server does not speak MQTT 3.1.1",
                                        "refused: the client identifier is not allowed",
                                        "refused: the service is not available",
                                        "refused: bad user name or password",
                                        "refused: not authorized"};
    static const uint8_t begin[] = {0x20, 0x02};
    const size_t compared = answer.len < sizeof begin ? answer.len : sizeof begin;

    (void)snprintf(text, TLS_ANSWER_TEXT, "no CONNACK");
    if (memcmp(answer.data, begin, compared) != 0)
        return TLS_NONSENSE;
    if (answer.len < 4)
        return TLS_INCOMPLETE;
    if (answer.data[3] >= sizeof codes / sizeof codes[0])
        return TLS_NONSENSE;
    (void)snprintf(text, TLS_ANSWER_TEXT, "CONNACK, %s", codes[answer.data[3]]);
    return answer.data[3] == 0 ? TLS_ANSWERED : TLS_REFUSED;
}

enum tls_verdict tls_question_judge(const struct tls_question *question, struct bytes answer,
                                    char text[static TLS_ANSWER_TEXT])
{
    text[0] = '\0';
    if (answer.len == 0)
        return TLS_INCOMPLETE;
    if (question->protocol == TLS_HTTP)
        return judge_http(answer, text);
    if (question->protocol == TLS_MQTT)
        return judge_mqtt(answer, text);
    first_line(answer, text);
    return TLS_ANSWERED;
}
