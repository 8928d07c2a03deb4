/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Distinguished names: from text as people write it ("CN=board 1,O=Example,C=DE") to the DER that a request or a
 * certificate carries (Name, RFC 5280, section 4.1.2.4). Nothing is guessed and nothing is dropped: what this reader
 * does not understand, it refuses.
 *
 * The text is that of RFC 4514, with one difference: the parts are stored in the order in which they are written, as
 * `openssl req -subj` does it, not in reverse.
 */
#ifndef IMPRINT_CERT_NAME_H
#define IMPRINT_CERT_NAME_H

#include "base/bytes.h"
#include "base/error.h"

#define CERT_NAME_TEXT_MAX 255 /* bytes of text */
#define CERT_NAME_PARTS_MAX 16

/*
 * Enough for every name that is accepted: the bytes of the text, at most 18 around each part (the headers of SET,
 * SEQUENCE, OBJECT IDENTIFIER and string, and 10 bytes for a type with a short name such as DC), and the longer form
 * of the lengths above 127.
 */
#define CERT_NAME_MAX 560

/*
 * Appends the name in `text` to `der`. Accepted, by part: a type by its short or long name (in either case) or as a
 * dotted OID, "=", and a value with RFC 4514's escapes, or "#" and the hex of a UTF8String, PrintableString or
 * IA5String. Checked: that each part has a value; that it is UTF-8 without control characters; the string type, the
 * characters and the upper bound that RFC 5280 (appendix A.1) gives for the type. Parts of several values
 * ("OU=a+CN=b") are refused. False, with `der` as it was, with ERROR_USAGE and the rest of the text from the refused
 * part on as subject; a `der` with room for CERT_NAME_MAX more bytes is always large enough.
 */
bool cert_read_name(const char *text, struct bytes_out *der, struct error *err);

/* Appends the content of the object identifier `text` ("1.3.6.1.4.1.37244.2.1") to `der`. False: none, or no room. */
#define CERT_OID_MAX 32
bool cert_read_oid(const char *text, struct bytes_out *der);

#endif
