/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of a server, byte by byte, and which answers count: as tables, and each answer cut off anywhere. */
#include "station/tls_question.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct answer_row {
    const char *name;
    enum tls_protocol protocol;
    const char *answer;
    size_t len;
    enum tls_verdict verdict;
    const char *text; /* NULL: not looked at */
} answer_rows[] = {
#define HTTP(text, verdict, line) {text, TLS_HTTP, text, sizeof(text) - 1, verdict, line}
    HTTP("HTTP/1.1 200 OK\r\n", TLS_ANSWERED, "HTTP/1.1 200 OK"),
    HTTP("HTTP/1.0 204 No Content\n", TLS_ANSWERED, "HTTP/1.0 204 No Content"),
    HTTP("HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\n", TLS_ANSWERED, "HTTP/1.1 404 Not Found"),
    HTTP("HTTP/1.1 500 \r\n", TLS_ANSWERED, NULL),
    HTTP("HTTP/1.1 400 Bad Request\r\n", TLS_REFUSED, "HTTP/1.1 400 Bad Request"),
    HTTP("HTTP/1.1 401 U\r\n", TLS_REFUSED, NULL),
    HTTP("HTTP/1.1 403 Forbidden\r\n", TLS_REFUSED, NULL),
    HTTP("HTTP/1.1 495 SSL Certificate Error\r\n", TLS_REFUSED, NULL),
    HTTP("HTTP/1.1 496 No required SSL certificate was sent\r\n", TLS_REFUSED, NULL),
    HTTP("HTTP/1.1 200 OK", TLS_INCOMPLETE, NULL),
    HTTP("HTT", TLS_INCOMPLETE, NULL),
    HTTP("HTTP/1.1\r\n", TLS_NONSENSE, NULL),
    HTTP("HTTP/1.1 999 \r\n", TLS_NONSENSE, NULL),
    HTTP("220 mail ESMTP\r\n", TLS_NONSENSE, "220 mail ESMTP"),
    HTTP("H\x1b[31m\r\n", TLS_NONSENSE, "H.[31m"),
#undef HTTP
#define MQTT(name, bytes, verdict, line) {name, TLS_MQTT, bytes, sizeof(bytes) - 1, verdict, line}
    MQTT("accepted", "\x20\x02\x00\x00", TLS_ANSWERED, "CONNACK, accepted"),
    MQTT("not authorized", "\x20\x02\x00\x05", TLS_REFUSED, "CONNACK, refused: not authorized"),
    MQTT("bad identifier", "\x20\x02\x00\x02", TLS_REFUSED, NULL),
    MQTT("unknown code", "\x20\x02\x00\x06", TLS_NONSENSE, NULL),
    MQTT("half", "\x20\x02\x00", TLS_INCOMPLETE, NULL),
    MQTT("PINGRESP", "\xd0\x00", TLS_NONSENSE, "no CONNACK"),
    MQTT("HTTP", "HTTP/1.1 400 \r\n", TLS_NONSENSE, NULL),
#undef MQTT
    {"any", TLS_TEXT, "\x01hello\nmore", 11, TLS_ANSWERED, ".hello"},
    {"nothing", TLS_TEXT, "", 0, TLS_INCOMPLETE, ""},
};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answer_rows / sizeof answer_rows[0]; i++) {
        const struct answer_row *row = &answer_rows[i];
        const struct tls_question question = {.protocol = row->protocol};
        char text[TLS_ANSWER_TEXT];
        const enum tls_verdict verdict =
            tls_question_judge(&question, bytes_of((const uint8_t *)row->answer, row->len), text);

        if (verdict != row->verdict || (row->text != NULL && strcmp(text, row->text) != 0))
            fail_msg("%s: verdict %d, text \"%s\"", row->name, (int)verdict, text);
    }
}

/* No beginning of an answer is judged otherwise than the whole, but for "more is needed"; nothing beyond it is read. */
static void test_answers_in_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answer_rows / sizeof answer_rows[0]; i++) {
        const struct answer_row *row = &answer_rows[i];
        const struct tls_question question = {.protocol = row->protocol};
        char text[TLS_ANSWER_TEXT];

        for (size_t len = 0; row->protocol != TLS_TEXT && len < row->len; len++) {
            uint8_t piece[64];
            enum tls_verdict verdict;

            memcpy(piece, row->answer, len);
            verdict = tls_question_judge(&question, bytes_of(piece, len), text);
            if (verdict != TLS_INCOMPLETE && verdict != row->verdict)
                fail_msg("%s: after %zu bytes verdict %d", row->name, len, (int)verdict);
        }
    }
}

static void test_endless_line(void **state)
{
    const struct tls_question question = {.protocol = TLS_HTTP};
    uint8_t answer[2000];
    char text[TLS_ANSWER_TEXT];

    (void)state;
    memset(answer, 'x', sizeof answer);
    memcpy(answer, "HTTP/1.1 200 ", 13);
    assert_int_equal(tls_question_judge(&question, bytes_of(answer, 1000), text), TLS_INCOMPLETE);
    assert_int_equal(tls_question_judge(&question, bytes_of(answer, sizeof answer), text), TLS_NONSENSE);
    assert_int_equal(strlen(text), TLS_ANSWER_TEXT - 1);
}

static void test_questions(void **state)
{
    static const char http[] = "GET / HTTP/1.1\r\nHost: a.example\r\nUser-Agent: imprint\r\nConnection: close\r\n\r\n";
    /* MQTT 3.1.1, figure 3.2 to 3.6: a clean session, 60 s, identifier "dev-1". */
    static const char mqtt[] = "\x10\x11\x00\x04MQTT\x04\x02\x00\x3c\x00\x05"
                               "dev-1";
    struct tls_question question;
    char long_name[200];

    (void)state;
    tls_question_http(&question, "a.example");
    assert_int_equal(question.len, sizeof http - 1);
    assert_memory_equal(question.data, http, sizeof http - 1);
    tls_question_mqtt(&question, "dev-1");
    assert_int_equal(question.len, sizeof mqtt - 1);
    assert_memory_equal(question.data, mqtt, sizeof mqtt - 1);
    memset(long_name, 'n', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    tls_question_mqtt(&question, long_name);
    assert_int_equal(question.len, 14 + 100);
    assert_int_equal(question.data[1], question.len - 2);
    assert_true(question.data[1] < 128);
}

static void test_own_text(void **state)
{
    static const struct {
        const char *text, *bytes; /* NULL: refused */
        size_t len;
    } rows[] = {
        {"a", "a", 1},
        {"\\r\\n\\t\\\\", "\r\n\t\\", 4},
        {"\\x00\\xfF", "\x00\xff", 2},
        {"", NULL, 0},
        {"a\\", NULL, 0},
        {"\\q", NULL, 0},
        {"\\x", NULL, 0},
        {"\\x1", NULL, 0},
        {"\\xg0", NULL, 0},
    };
    struct tls_question question;
    char long_text[TLS_QUESTION_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error err = {.reason = ERROR_NONE};
        const bool ok = tls_question_text(&question, rows[i].text, &err);

        assert_int_equal(ok, rows[i].bytes != NULL);
        assert_int_equal(err.reason, ok ? ERROR_NONE : ERROR_USAGE);
        if (ok && (question.len != rows[i].len || memcmp(question.data, rows[i].bytes, rows[i].len) != 0))
            fail_msg("%s", rows[i].text);
    }
    memset(long_text, 'x', sizeof long_text);
    long_text[TLS_QUESTION_MAX + 1] = '\0';
    assert_false(tls_question_text(&question, long_text, NULL));
    long_text[TLS_QUESTION_MAX] = '\0';
    assert_true(tls_question_text(&question, long_text, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),   cmocka_unit_test(test_answers_in_pieces), cmocka_unit_test(test_endless_line),
        cmocka_unit_test(test_questions), cmocka_unit_test(test_own_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
