/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files with which a cloud, or any other server, is told of a device: docs/guide/cloud.md says what each is for.
 * Only public data is in them. One folder takes the files of any number of devices: what belongs to a device has its
 * serial number in its name, what several share has the same content for each.
 */
#ifndef IMPRINT_STATION_CLOUD_FILES_H
#define IMPRINT_STATION_CLOUD_FILES_H

#include <limits.h>

#include "station/device_chain.h"

enum cloud_kind {
    CLOUD_PEM,   /* SERIAL.pem, SERIAL-chain.pem, signer-ID.pem, root.pem: any server that reads PEM */
    CLOUD_AWS,   /* SERIAL.pem, SERIAL.thing.json, signer-ID.pem, template.json: AWS IoT Core */
    CLOUD_AZURE, /* SERIAL.pem, SERIAL.registration-id, signer-ID.pem, root.pem: Azure's Device Provisioning Service */
    CLOUD_KINDS
};

/* "pem", "aws", "azure". */
const char *cloud_files_kind_name(enum cloud_kind kind);

#define CLOUD_FILES_MAX 4

/* What was written: full paths. */
struct cloud_files {
    char paths[CLOUD_FILES_MAX][PATH_MAX];
    bool is_new[CLOUD_FILES_MAX]; /* false: it was there already, with this content */
    size_t count;
};

/*
 * Writes them into `folder`, which is made if it is not there; `root.pem` only where the chain ends with a root. PSA
 * Crypto is started. A file that is there with other content is never replaced: all are compared before the first is
 * written. False with ERROR_INPUT_FILE for that, where the chain is the device's certificate alone, or where the system
 * refuses; with ERROR_NO_CERTIFICATE where the certificate's name is none that this cloud accepts.
 */
bool cloud_files_write(enum cloud_kind kind, const struct device_chain *chain,
                       const uint8_t serial[static CHIP_SERIAL_BYTES], const char *folder, struct cloud_files *files,
                       struct error *err);

#endif
