/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints as C2SP writes them; OpenSSL's program is the judge of their signatures in test/e2e/test_ledger.py. */
#include "ledger/note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gnutls/crypto.h>

#include "base/hex.h"

static char room[ERROR_ROOM];

/* The key of the examples of Go's golang.org/x/mod/sumdb/note. */
static void test_the_key_of_gos_examples(void **state)
{
    static const char hex[] = "1a5cd907143c384c41e830c5bce12aa8817ec5649aaabf2c31388b35b2d744d6";
    uint8_t public_key[NOTE_KEY_BYTES];
    struct bytes_out out = {.data = public_key, .cap = sizeof public_key};
    struct error err = ERROR_IN(room);
    char text[NOTE_VKEY_SIZE];

    (void)state;
    assert_true(hex_decode(hex, strlen(hex), &out, NULL));
    assert_true(note_vkey("PeterNeumann", public_key, text, &err));
    assert_string_equal(text, "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
}

static struct note_key key;
static struct checkpoint sent = {.log = "station/0123456789abcdef", .size = 4711};

static int make(void **state)
{
    struct error err = ERROR_IN(room);
    struct note_key again = {.handle = NULL};
    gnutls_datum_t pem;

    (void)state;
    for (size_t i = 0; i < sizeof sent.root; i++)
        sent.root[i] = (uint8_t)i;
    if (!note_key_make(&key, &pem, &err) || !note_key_read(&again, bytes_of(pem.data, pem.size), &err))
        return -1;
    assert_memory_equal(again.public_key, key.public_key, sizeof key.public_key);
    note_key_forget(&again);
    gnutls_free(pem.data);
    return 0;
}

static int forget(void **state)
{
    (void)state;
    note_key_forget(&key);
    return 0;
}

static enum error_reason open_text(const char *text, size_t len, struct checkpoint *checkpoint)
{
    struct error err = ERROR_IN(room);
    bool ok = note_open(bytes_of(text, len), key.public_key, checkpoint, &err);

    assert_int_equal(ok, err.reason == ERROR_NONE);
    return err.reason;
}

static void test_what_was_signed_comes_back(void **state)
{
    static const char start[] = "station/0123456789abcdef\n4711\n"
                                "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n"
                                "\xe2\x80\x94 station/0123456789abcdef ";
    struct error err = ERROR_IN(room);
    struct checkpoint checkpoint;
    char text[NOTE_MAX], more[2 * NOTE_MAX];

    (void)state;
    assert_true(note_sign(&key, &sent, text, &err));
    assert_memory_equal(text, start, sizeof start - 1);
    assert_int_equal(open_text(text, strlen(text), &checkpoint), ERROR_NONE);
    assert_string_equal(checkpoint.log, sent.log);
    assert_int_equal(checkpoint.size, sent.size);
    assert_memory_equal(checkpoint.root, sent.root, sizeof sent.root);
    /* The signatures of witnesses are passed over. */
    snprintf(more, sizeof more, "%s\xe2\x80\x94 witness.example mJirIklj\n", text);
    assert_int_equal(open_text(more, strlen(more), &checkpoint), ERROR_NONE);
}

/* Every byte of it, changed in each bit: never accepted as another checkpoint than the one that was signed. */
static void test_every_changed_bit_is_found(void **state)
{
    struct error err = ERROR_IN(room);
    struct checkpoint checkpoint;
    char text[NOTE_MAX];
    size_t len;

    (void)state;
    assert_true(note_sign(&key, &sent, text, &err));
    len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            text[i] = (char)(text[i] ^ (1 << bit));
            assert_int_not_equal(open_text(text, len, &checkpoint), ERROR_NONE);
            text[i] = (char)(text[i] ^ (1 << bit));
        }
    }
    for (size_t cut = 0; cut < len; cut++)
        assert_int_not_equal(open_text(text, cut, &checkpoint), ERROR_NONE);
}

static void test_another_key_has_not_signed(void **state)
{
    struct error err = ERROR_IN(room);
    struct note_key other = {.handle = NULL};
    struct checkpoint checkpoint;
    char text[NOTE_MAX];
    gnutls_datum_t pem;

    (void)state;
    assert_true(note_key_make(&other, &pem, &err));
    assert_true(note_sign(&other, &sent, text, &err));
    assert_int_equal(open_text(text, strlen(text), &checkpoint), ERROR_RECORD_REFUTED);
    gnutls_free(pem.data);
    note_key_forget(&other);
}

static void test_a_wrong_key_file(void **state)
{
    struct error err = ERROR_IN(room);
    struct note_key other = {.handle = NULL};

    (void)state;
    assert_false(note_key_read(&other, bytes_of("no key", 6), &err));
    assert_int_equal(err.reason, ERROR_DATABASE_DAMAGED);
    assert_null(other.handle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_key_of_gos_examples),    cmocka_unit_test(test_what_was_signed_comes_back),
        cmocka_unit_test(test_every_changed_bit_is_found), cmocka_unit_test(test_another_key_has_not_signed),
        cmocka_unit_test(test_a_wrong_key_file),
    };

    return cmocka_run_group_tests(tests, make, forget);
}
