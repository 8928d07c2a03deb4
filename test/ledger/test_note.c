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
    uint8_t bytes[NOTE_ED25519_BYTES];
    struct bytes_out out = {.data = bytes, .cap = sizeof bytes};
    struct note_public public_key, read;
    char name[NOTE_NAME_SIZE];
    struct error err = ERROR_IN(room);
    char text[NOTE_VKEY_SIZE];

    (void)state;
    assert_true(hex_decode(hex, strlen(hex), &out, NULL));
    assert_true(note_key_load(&public_key, bytes_written(&out)));
    assert_true(note_key_text("PeterNeumann", &public_key, text, &err));
    assert_string_equal(text, "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    assert_true(note_key_from_text(bytes_of(text, strlen(text)), name, &read, &err));
    assert_string_equal(name, "PeterNeumann");
    assert_true(note_key_equal(&read, &public_key));
}

static struct note_key key;
static enum note_type type = NOTE_ED25519; /* of the keys: all tests run once with each */
static struct checkpoint sent = {.log = "station/0123456789abcdef", .size = 4711};

static int make(void **state)
{
    struct error err = ERROR_IN(room);
    struct note_key again = {.handle = NULL};
    gnutls_datum_t pem;

    (void)state;
    for (size_t i = 0; i < sizeof sent.root; i++)
        sent.root[i] = (uint8_t)i;
    if (!note_key_make(&key, type, &pem, &err) || !note_key_read(&again, bytes_of(pem.data, pem.size), &err))
        return -1;
    assert_true(note_key_equal(&again.public_key, &key.public_key));
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
    bool ok = note_open(bytes_of(text, len), &key.public_key, checkpoint, &err);

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
    assert_true(note_key_make(&other, type, &pem, &err));
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

static void test_a_public_key_as_text(void **state)
{
    struct error err = ERROR_IN(room);
    struct note_public read, stored;
    char text[NOTE_VKEY_SIZE], name[NOTE_NAME_SIZE];

    (void)state;
    assert_true(note_key_text(sent.log, &key.public_key, text, &err));
    assert_true(note_key_from_text(bytes_of(text, strlen(text)), name, &read, &err));
    assert_string_equal(name, sent.log);
    assert_true(note_key_equal(&read, &key.public_key));
    assert_true(note_key_load(&stored, bytes_of(read.data, read.len)));
    assert_true(note_key_equal(&read, &stored));
    for (size_t i = strlen(text); i-- > 0;) {
        struct error refused = ERROR_IN(room);

        assert_false(note_key_from_text(bytes_of(text, i), name, &read, &refused));
        assert_int_equal(refused.reason, ERROR_INPUT_FILE);
        text[i] = (char)(text[i] ^ 1);
        /* The id of a P-256 key does not depend on the name. */
        if (type == NOTE_ED25519 || i >= strlen(sent.log))
            assert_false(note_key_from_text(bytes_of(text, strlen(text)), name, &read, &refused));
        text[i] = (char)(text[i] ^ 1);
    }
}

/* A witness adds a line. It does not hold for another time, another checkpoint or another name. */
static void test_a_cosignature(void **state)
{
    struct error err = ERROR_IN(room);
    struct checkpoint checkpoint;
    struct note_key witness = {.handle = NULL};
    struct note_public cosigner;
    char text[NOTE_MAX], line[NOTE_LINE_MAX], whole[NOTE_MAX + NOTE_LINE_MAX];
    struct bytes body;
    gnutls_datum_t pem;
    uint64_t time = 0;
    size_t len;

    (void)state;
    assert_true(note_key_make(&witness, NOTE_ED25519, &pem, &err));
    gnutls_free(pem.data);
    cosigner = witness.public_key;
    cosigner.type = NOTE_COSIGNED;
    assert_true(note_sign(&key, &sent, text, &err));
    assert_true(note_read(bytes_of(text, strlen(text)), &checkpoint, &body, &err));
    assert_true(note_cosign(&witness, "witness.example/w1", body, 1679315147, line, &err));
    snprintf(whole, sizeof whole, "%s%s", text, line);
    len = strlen(whole);
    assert_true(note_open_cosigned(bytes_of(whole, len), "witness.example/w1", &cosigner, &checkpoint, &time, &err));
    assert_int_equal(time, 1679315147);
    assert_int_equal(checkpoint.size, sent.size);
    assert_int_equal(open_text(whole, len, &checkpoint), ERROR_NONE);
    assert_false(note_open_cosigned(bytes_of(whole, len), "witness.example/w2", &cosigner, &checkpoint, &time, &err));
    assert_int_equal(err.reason, ERROR_RECORD_REFUTED);
    for (size_t i = 0; i < len; i++) {
        struct error refused = ERROR_IN(room);

        whole[i] = (char)(whole[i] ^ 1);
        /* The log's own signature is between its line's begin and the witness's line. */
        if (i < body.len || i >= strlen(text))
            assert_false(note_open_cosigned(bytes_of(whole, len), "witness.example/w1", &cosigner, &checkpoint, &time,
                                            &refused));
        whole[i] = (char)(whole[i] ^ 1);
    }
    note_key_forget(&witness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_key_of_gos_examples),
        cmocka_unit_test(test_what_was_signed_comes_back),
        cmocka_unit_test(test_every_changed_bit_is_found),
        cmocka_unit_test(test_another_key_has_not_signed),
        cmocka_unit_test(test_a_wrong_key_file),
        cmocka_unit_test(test_a_public_key_as_text),
        cmocka_unit_test(test_a_cosignature),
    };
    const int failed = cmocka_run_group_tests_name("Ed25519", tests, make, forget);

    type = NOTE_ECDSA;
    return failed + cmocka_run_group_tests_name("P-256", tests, make, forget);
}
