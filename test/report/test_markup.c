/* SPDX-License-Identifier: Apache-2.0 */
/* What a name may do to a page: nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/markup.h"

#define BAD "\xef\xbf\xbd"

static void is_written_as(const char *text, const char *expected)
{
    char *written = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&written, &len);
    int closed;

    assert_non_null(out);
    markup_text(out, text);
    closed = fclose(out);
    assert_int_equal(closed, 0);
    assert_string_equal(written, expected);
    free(written);
}

static void texts(void **state)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"", ""},
        {"<a b=\"c\" d='e'>&amp;", "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;"},
        {"M\xc3\xbcller \xe6\x9d\xb1\xe4\xba\xac \xf0\x9f\x98\x80",
         "M\xc3\xbcller \xe6\x9d\xb1\xe4\xba\xac \xf0\x9f\x98\x80"},
        {"a\nb\tc\x7f"
         "d",
         "a" BAD "b" BAD "c" BAD "d"},
        {"\xc2\x85", BAD},                              /* C1 */
        {"\xe2\x81\xa6not\xe2\x81\xa9", BAD "not" BAD}, /* U+2066, U+2069 */
        {"\xc0\xbc", BAD BAD},                          /* "<", overlong */
        {"\xed\xa0\x80", BAD},                          /* a surrogate */
        {"\xf4\x90\x80\x80", BAD BAD BAD BAD},
        {"\xe2\x80", BAD BAD}, /* the text ends within a character */
        {"\xff<", BAD "&lt;"},
        {"\xc3<", BAD "&lt;"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        is_written_as(rows[i].text, rows[i].expected);
}

/* Every string of two bytes: nothing of it is markup, whatever stands before. */
static void every_pair(void **state)
{
    (void)state;
    for (unsigned pair = 0x101; pair < 0x10000; pair++) {
        const char text[3] = {(char)(pair >> 8), (char)(pair & 0xff), '\0'};
        char *written = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&written, &len);
        int closed;

        assert_non_null(out);
        markup_text(out, text);
        closed = fclose(out);
        assert_int_equal(closed, 0);
        assert_null(strpbrk(written, "<>\"'\n\t"));
        free(written);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts), cmocka_unit_test(every_pair)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
