/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/pkcs11_uri.h"

#include <stdlib.h>
#include <string.h>

#include <p11-kit/uri.h>

#include "base/error_format.h"

#define FILE_SCHEME "file:"

static bool refuse(const char *cause, const char *next, struct error *err)
{
    error_set(err, ERROR_ISSUER_INVALID, cause, next);
    error_doing(err, "read the PKCS#11 URI");
    return false;
}

static bool out_of_memory(struct error *err)
{
    error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
    return false;
}

static bool names_token(P11KitUri *parsed)
{
    const CK_TOKEN_INFO *token = p11_kit_uri_get_token_info(parsed);

    /* A field that the URI does not have is all zeros. */
    return token->label[0] != 0 || token->serialNumber[0] != 0 || token->manufacturerID[0] != 0 || token->model[0] != 0;
}

static bool names_key(P11KitUri *parsed)
{
    return p11_kit_uri_get_attribute(parsed, CKA_LABEL) != NULL || p11_kit_uri_get_attribute(parsed, CKA_ID) != NULL;
}

/* The URI may say that it means a private key; it means nothing else. */
static bool set_class(P11KitUri *parsed, struct error *err)
{
    CK_OBJECT_CLASS wanted = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE class = {.type = CKA_CLASS, .pValue = &wanted, .ulValueLen = sizeof wanted};
    const CK_ATTRIBUTE *found = p11_kit_uri_get_attribute(parsed, CKA_CLASS);

    if (found != NULL && (found->ulValueLen != sizeof wanted || memcmp(found->pValue, &wanted, sizeof wanted) != 0))
        return refuse("the URI names something other than a private key", "write type=private, or leave type out", err);
    return p11_kit_uri_set_attribute(parsed, &class) == P11_KIT_URI_OK || out_of_memory(err);
}

/* Where GnuTLS does not look: `file:` with or without an empty host (RFC 8089). */
static bool take_pin_source(P11KitUri *parsed, struct pkcs11_uri *uri, struct error *err)
{
    const char *source = p11_kit_uri_get_pin_source(parsed);

    if (source == NULL)
        return true;
    if (strncmp(source, FILE_SCHEME, strlen(FILE_SCHEME)) == 0)
        source += strlen(FILE_SCHEME);
    if (strncmp(source, "///", 3) == 0)
        source += 2;
    if (source[0] != '/' || source[1] == '/')
        return refuse("pin-source is not an absolute path", "write pin-source=file:/PATH, or name a pin-file instead",
                      err);
    uri->pin_source = strdup(source);
    return uri->pin_source != NULL || out_of_memory(err);
}

static bool take_module(P11KitUri *parsed, struct pkcs11_uri *uri, struct error *err)
{
    const char *module = p11_kit_uri_get_module_path(parsed);

    if (module == NULL)
        return true;
    uri->module = strdup(module);
    return uri->module != NULL || out_of_memory(err);
}

/* Everything in it must have an effect, or be refused: a word that was ignored would seem to protect something. */
static bool check_parsed(P11KitUri *parsed, struct error *err)
{
    if (p11_kit_uri_any_unrecognized(parsed) != 0)
        return refuse("the URI has an attribute that is not known", "see the known ones: docs/reference/issuers.md",
                      err);
    if (p11_kit_uri_get_pin_value(parsed) != NULL)
        return refuse("the URI has a PIN in it (pin-value)",
                      "write the PIN into a file of mode 600 and name it: pin-file", err);
    if (p11_kit_uri_get_slot_id(parsed) != (CK_SLOT_ID)-1 || p11_kit_uri_get_module_name(parsed) != NULL)
        return refuse("slot-id and module-name are not used", "name the token (token=) and the module's path", err);
    if (!names_token(parsed))
        return refuse("the URI names no token", "add token=LABEL, or serial=", err);
    if (!names_key(parsed))
        return refuse("the URI names no key", "add object=LABEL or id=", err);
    return true;
}

/* What is left, for GnuTLS: the token and the key. */
static bool format_key(P11KitUri *parsed, struct pkcs11_uri *uri, struct error *err)
{
    char *text = NULL;

    p11_kit_uri_set_pin_source(parsed, NULL);
    p11_kit_uri_set_module_path(parsed, NULL);
    if (p11_kit_uri_format(parsed, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, &text) != P11_KIT_URI_OK)
        return out_of_memory(err);
    uri->key = text;
    return true;
}

bool pkcs11_uri_parse(struct pkcs11_uri *uri, const char *text, struct error *err)
{
    P11KitUri *parsed = p11_kit_uri_new();
    int status;
    bool ok;

    *uri = (struct pkcs11_uri){.key = NULL};
    if (parsed == NULL)
        return out_of_memory(err);
    status = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, parsed);
    if (status != P11_KIT_URI_OK)
        ok = refuse(error_keep_format(err, "not a PKCS#11 URI (RFC 7512): %s", p11_kit_uri_message(status)),
                    "write it like this: pkcs11:token=TOKEN;object=KEY", err);
    else
        ok = check_parsed(parsed, err) && set_class(parsed, err) && take_pin_source(parsed, uri, err) &&
             take_module(parsed, uri, err) && format_key(parsed, uri, err);
    p11_kit_uri_free(parsed);
    return ok;
}

void pkcs11_uri_release(struct pkcs11_uri *uri)
{
    free(uri->key);
    free(uri->pin_source);
    free(uri->module);
    *uri = (struct pkcs11_uri){.key = NULL};
}
