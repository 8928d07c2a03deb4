/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of distinguished names: what it accepts is, byte for byte, what libcrypto writes for the parts that the
 * row spells out; what it refuses, it refuses with its reason and place, and writes nothing.
 */
#include "cert/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <openssl/x509.h>

#define X4 "xxxx"
#define X16 X4 X4 X4 X4
#define X64 X16 X16 X16 X16
#define UTF8 V_ASN1_UTF8STRING
#define PRINTABLE V_ASN1_PRINTABLESTRING
#define IA5 V_ASN1_IA5STRING

static const struct good_row {
    const char *text;
    struct {
        const char *oid;
        int type;
        const char *value;
    } parts[4];
} good[] = {
    {"CN=board 1", {{"2.5.4.3", UTF8, "board 1"}}},
    {"cn=a,CommonName=b", {{"2.5.4.3", UTF8, "a"}, {"2.5.4.3", UTF8, "b"}}},
    {"DC=a,DC=b", {{"0.9.2342.19200300.100.1.25", IA5, "a"}, {"0.9.2342.19200300.100.1.25", IA5, "b"}}},
    {"OU=x,OU=y,O=z", {{"2.5.4.11", UTF8, "x"}, {"2.5.4.11", UTF8, "y"}, {"2.5.4.10", UTF8, "z"}}},
    {"OU=y,O=z,OU=x", {{"2.5.4.11", UTF8, "y"}, {"2.5.4.10", UTF8, "z"}, {"2.5.4.11", UTF8, "x"}}},
    {"C=DE, ST=Bavaria, L=M\xc3\xbcnchen",
     {{"2.5.4.6", PRINTABLE, "DE"}, {"2.5.4.8", UTF8, "Bavaria"}, {"2.5.4.7", UTF8, "M\xc3\xbcnchen"}}},
    {"serialNumber=0123-A,dnQualifier=q", {{"2.5.4.5", PRINTABLE, "0123-A"}, {"2.5.4.46", PRINTABLE, "q"}}},
    {"emailAddress=a@b.example", {{"1.2.840.113549.1.9.1", IA5, "a@b.example"}}},
    {"UID=u,SN=s,GN=g,title=t",
     {{"0.9.2342.19200300.100.1.1", UTF8, "u"},
      {"2.5.4.4", UTF8, "s"},
      {"2.5.4.42", UTF8, "g"},
      {"2.5.4.12", UTF8, "t"}}},
    /* RFC 4514, sections 2.4 and 4 */
    {"O=Sue\\, Grabbit and Runn", {{"2.5.4.10", UTF8, "Sue, Grabbit and Runn"}}},
    {"CN=James \\\"Jim\\\" Smith\\, III", {{"2.5.4.3", UTF8, "James \"Jim\" Smith, III"}}},
    {"CN=Lu\\C4\\8Di\\c4\\87", {{"2.5.4.3", UTF8, "Lu\xc4\x8di\xc4\x87"}}},
    {"1.3.6.1.4.1.1466.0=#13024869", {{"1.3.6.1.4.1.1466.0", PRINTABLE, "Hi"}}},
    {"CN=\\ a\\20", {{"2.5.4.3", UTF8, " a "}}},
    {"CN=\\#a\\+\\;\\<\\>\\=\\\\=#", {{"2.5.4.3", UTF8, "#a+;<>=\\=#"}}},
    {"CN=#0c03e282ac", {{"2.5.4.3", UTF8, "\xe2\x82\xac"}}},
    {"CN=#130161,O=b", {{"2.5.4.3", PRINTABLE, "a"}, {"2.5.4.10", UTF8, "b"}}},
    {"2.5.4.6=FR,2.5.4.3=x", {{"2.5.4.6", PRINTABLE, "FR"}, {"2.5.4.3", UTF8, "x"}}},
    {"2.999.4294.1=x,1.39.2147483.0=y", {{"2.999.4294.1", UTF8, "x"}, {"1.39.2147483.0", UTF8, "y"}}},
    {"CN=" X64, {{"2.5.4.3", UTF8, X64}}},
    {"ST=" X64 X64, {{"2.5.4.8", UTF8, X64 X64}}},
    {"CN=\xf0\x9f\x94\x91", {{"2.5.4.3", UTF8, "\xf0\x9f\x94\x91"}}},
    {"CN={serial}", {{"2.5.4.3", UTF8, "{serial}"}}}, /* placeholders are profile/subject.c's */
};

static void test_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        uint8_t der[CERT_NAME_MAX], *wanted = NULL;
        struct bytes_out out = {.data = der, .cap = sizeof der};
        struct error err = {.reason = ERROR_NONE};
        X509_NAME *name = X509_NAME_new();
        int len;

        for (size_t j = 0; j < 4 && good[i].parts[j].oid != NULL; j++)
            assert_int_equal(X509_NAME_add_entry_by_txt(name, good[i].parts[j].oid, good[i].parts[j].type,
                                                        (const unsigned char *)good[i].parts[j].value, -1, -1, 0),
                             1);
        len = i2d_X509_NAME(name, &wanted);
        if (!cert_read_name(good[i].text, &out, &err))
            fail_msg("%s: %s", good[i].text, err.cause);
        if (!bytes_equal(bytes_written(&out), bytes_of(wanted, (size_t)len)))
            fail_msg("%s: other DER than libcrypto's", good[i].text);
        OPENSSL_free(wanted);
        X509_NAME_free(name);
    }
}

static const struct bad_row {
    const char *text, *cause, *at;
} bad[] = {
    {"", "expected TYPE=VALUE", ""},
    {" ", "expected TYPE=VALUE", ""},
    {"board", "expected TYPE=VALUE", "board"},
    {"CN=a,board", "expected TYPE=VALUE", "board"},
    {"CN=a,", "expected TYPE=VALUE", ""},
    {"CN=a,,O=b", "expected TYPE=VALUE", ",O=b"},
    {"=x", "expected TYPE=VALUE", "=x"},
    {"CN=", "the value is empty", "CN="},
    {"CN=,O=b", "the value is empty", "CN=,O=b"},
    {"XY=a,C=DE", "unknown attribute type", "XY=a,C=DE"},
    {"CN =a", "unknown attribute type", "CN =a"},
    {"OU=a+CN=b", "a part can have only one value", "OU=a+CN=b"},
    {"O=x,CN=a+b", "a part can have only one value", "CN=a+b"},
    {"CN=a;O=b", "a character that needs a backslash", "CN=a;O=b"},
    {"CN=\"a, b\"", "a character that needs a backslash", "CN=\"a, b\""},
    {"CN=<a", "a character that needs a backslash", "CN=<a"},
    {"CN= a", "the value begins or ends with a space", "CN= a"},
    {"CN=a ,O=b", "the value begins or ends with a space", "CN=a ,O=b"},
    {"CN=a\\", "after \\ comes neither a special character nor two hex digits", "CN=a\\"},
    {"CN=a\\4", "after \\ comes neither a special character nor two hex digits", "CN=a\\4"},
    {"CN=a\\nb", "after \\ comes neither a special character nor two hex digits", "CN=a\\nb"},
    {"CN=a\\00b", "the value has a control character", "CN=a\\00b"},
    {"CN=a\tb", "the value has a control character", "CN=a\tb"},
    {"CN=Before\\0dAfter", "the value has a control character", "CN=Before\\0dAfter"},
    {"CN=a\\1b[2J", "the value has a control character", "CN=a\\1b[2J"},
    {"CN=a\x7f", "the value has a control character", "CN=a\x7f"},
    {"CN=\\c2\\9b", "the value has a control character", "CN=\\c2\\9b"},
    {"CN=#0c020061", "the value has a control character", "CN=#0c020061"},
    {"CN=\xff", "the value is not UTF-8", "CN=\xff"},
    {"CN=\\c3", "the value is not UTF-8", "CN=\\c3"},
    {"CN=\\c0\\80", "the value is not UTF-8", "CN=\\c0\\80"},
    {"CN=\\ed\\a0\\80", "the value is not UTF-8", "CN=\\ed\\a0\\80"},
    {"CN=\\f4\\90\\80\\80", "the value is not UTF-8", "CN=\\f4\\90\\80\\80"},
    {"CN=\\80", "the value is not UTF-8", "CN=\\80"},
    {"CN=" X64 "x", "the value is too long", "CN=" X64 "x"},
    {"OU=" X64 "x", "the value is too long", "OU=" X64 "x"},
    {"O=" X64 "x", "the value is too long", "O=" X64 "x"},
    {"serialNumber=" X64 "x", "the value is too long", "serialNumber=" X64 "x"},
    {"2.5.4.3=" X64 "x", "the value is too long", "2.5.4.3=" X64 "x"},
    {"ST=" X64 X64 "x", "the value is too long", "ST=" X64 X64 "x"},
    {"C=DEU", "a country is a code of two letters", "C=DEU"},
    {"C=D", "a country is a code of two letters", "C=D"},
    {"C=\xc3\xa4\xc3\xa4", "the value has a character that this attribute does not permit", "C=\xc3\xa4\xc3\xa4"},
    {"serialNumber=a@b", "the value has a character that this attribute does not permit", "serialNumber=a@b"},
    {"DC=\xc3\xa4", "the value has a character that this attribute does not permit", "DC=\xc3\xa4"},
    {"C=#0c024445", "another string type than this attribute permits", "C=#0c024445"},
    {"CN=#160161", "another string type than this attribute permits", "CN=#160161"},
    {"CN=#13014040", "# does not begin the hex of a UTF8String, PrintableString or IA5String", "CN=#13014040"},
    {"CN=#1", "# does not begin the hex of a UTF8String, PrintableString or IA5String", "CN=#1"},
    {"CN=#", "# does not begin the hex of a UTF8String, PrintableString or IA5String", "CN=#"},
    {"CN=#0500", "# does not begin the hex of a UTF8String, PrintableString or IA5String", "CN=#0500"},
    {"CN=#0c 0161", "# does not begin the hex of a UTF8String, PrintableString or IA5String", "CN=#0c 0161"},
    {"CN=#0c00", "the value is empty", "CN=#0c00"},
    {"1=a", "not an object identifier", "1=a"},
    {"1.=a", "not an object identifier", "1.=a"},
    {"3.1=a", "not an object identifier", "3.1=a"},
    {"1.40=a", "not an object identifier", "1.40=a"},
    {"1.03=a", "not an object identifier", "1.03=a"},
    {"1.2..3=a", "not an object identifier", "1.2..3=a"},
    {"1.2.x=a", "not an object identifier", "1.2.x=a"},
    {"1.2.99999999999=a", "not an object identifier", "1.2.99999999999=a"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t der[CERT_NAME_MAX] = {0};
        char room[512];
        struct bytes_out out = {.data = der, .cap = sizeof der, .len = 1};
        struct error err = ERROR_IN(room);

        if (cert_read_name(bad[i].text, &out, &err))
            fail_msg("'%s' was accepted", bad[i].text);
        assert_int_equal(err.reason, ERROR_USAGE);
        if (strcmp(err.cause, bad[i].cause) != 0)
            fail_msg("'%s': %s", bad[i].text, err.cause);
        assert_string_equal(err.subject, bad[i].at);
        assert_int_equal(out.len, 1);
    }
}

/* Every character that a value can have without an escape: those that pass are stored as they are. */
static void test_every_byte(void **state)
{
    (void)state;
    for (int c = 1; c < 0x80; c++) {
        const char text[] = {'C', 'N', '=', 'a', (char)c, 'b', '\0'};
        const bool special = strchr("\"+;<>\\,", c) != NULL || c < 0x20 || c == 0x7f;
        uint8_t der[CERT_NAME_MAX];
        struct bytes_out out = {.data = der, .cap = sizeof der};

        if (cert_read_name(text, &out, NULL) == special)
            fail_msg("0x%02x was %s", (unsigned)c, special ? "accepted" : "refused");
        if (!special)
            assert_memory_equal(der + out.len - 3, text + 3, 3);
    }
}

static void test_limits(void **state)
{
    char text[CERT_NAME_TEXT_MAX + 2] = "CN=a";
    uint8_t der[CERT_NAME_MAX];
    struct bytes_out out = {.data = der, .cap = sizeof der};
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    for (int i = 1; i < CERT_NAME_PARTS_MAX; i++)
        strcat(text, ",CN=a");
    assert_true(cert_read_name(text, &out, NULL));
    strcat(text, ",CN=a");
    out.len = 0;
    assert_false(cert_read_name(text, &out, &err));
    assert_string_equal(err.cause, "the name has more than 16 parts");
    error_clear(&err);
    memset(text, 'b', sizeof text - 1);
    memcpy(text, "DC=", 3);
    assert_false(cert_read_name(text, &out, &err));
    assert_string_equal(err.cause, "the name is longer than 255 bytes");
    text[CERT_NAME_TEXT_MAX] = '\0';
    assert_true(cert_read_name(text, &out, NULL));
    for (size_t cap = 0; cap < out.len; cap++) {
        struct bytes_out small = {.data = der, .cap = cap};

        assert_false(cert_read_name(text, &small, NULL));
        assert_int_equal(small.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
