/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anything at all from a server that was asked something over TLS. The first byte says what was asked; the rest is the
 * answer, judged after each byte in memory of exactly its size. What must hold: the text is short, printable and ends;
 * what was judged stays so, or is no answer at all; and what is sent by --send never outgrows its room.
 */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "station/tls_question.h"

static enum tls_verdict judge(const struct tls_question *question, const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size > 0 ? size : 1);
    char text[TLS_ANSWER_TEXT];
    enum tls_verdict verdict;

    if (exact == NULL)
        abort();
    memcpy(exact, data, size);
    memset(text, 'x', sizeof text);
    verdict = tls_question_judge(question, bytes_of(exact, size), text);
    free(exact);
    require(memchr(text, '\0', sizeof text) != NULL);
    for (const char *at = text; *at != '\0'; at++)
        require(*at >= ' ' && *at < 0x7f);
    return verdict;
}

static void ask(const uint8_t *data, size_t size)
{
    struct tls_question question = {.len = 0};
    char *text = malloc(size + 1);

    if (text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    if (tls_question_text(&question, text, NULL))
        require(question.len > 0 && question.len <= TLS_QUESTION_MAX && question.len <= size);
    tls_question_mqtt(&question, text);
    require(question.len == (size_t)question.data[1] + 2 && question.data[1] < 128);
    tls_question_http(&question, text);
    require(question.len < TLS_QUESTION_MAX);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tls_question question = {.len = 0};
    enum tls_verdict last = TLS_INCOMPLETE;

    if (size == 0)
        return 0;
    question.protocol = (enum tls_protocol)(data[0] % 3);
    for (size_t len = 0; len < size && last == TLS_INCOMPLETE; len++)
        last = judge(&question, data + 1, len);
    require(question.protocol != TLS_TEXT || size < 3 || last == TLS_ANSWERED);
    (void)judge(&question, data + 1, size - 1);
    ask(data + 1, size - 1);
    return 0;
}
