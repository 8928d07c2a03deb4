# SPDX-License-Identifier: Apache-2.0
# The libraries of the system, each with a clear word when it is missing. docs/decisions/0004-libraries.md says why each.
# Only what is built needs them.
if(NOT IMPRINT_BUILD_VIRTUAL)
  return()
endif()
find_package(PkgConfig REQUIRED)

# imprint_library(TARGET MODULE PACKAGE WHAT-FOR): makes PkgConfig::TARGET.
function(imprint_library target module package what_for)
  pkg_check_modules(${target} QUIET IMPORTED_TARGET GLOBAL ${module})
  if(NOT ${target}_FOUND)
    message(FATAL_ERROR "no ${module}, which imprint needs for ${what_for}: install ${package} (Debian's name), or run "
      "scripts/install-packages; elsewhere, put its .pc file in PKG_CONFIG_PATH")
  endif()
endfunction()

find_package(OpenSSL 3.0)
if(NOT OPENSSL_FOUND)
  message(FATAL_ERROR "no OpenSSL 3 with headers, which imprint needs for the virtual chip: install libssl-dev (Debian's "
    "name), or run scripts/install-packages; elsewhere, point OPENSSL_ROOT_DIR at it")
endif()
if(IMPRINT_BUILD_PROGRAM)
  imprint_library(YAML yaml-0.1 libyaml-dev "profiles")
  imprint_library(HIDAPI hidapi-hidraw libhidapi-dev "kits on USB HID")
  imprint_library(GNUTLS gnutls libgnutls28-dev "checking certificate requests")
  imprint_library(CURL libcurl libcurl4-gnutls-dev "asking EST servers")
  imprint_library(MICROHTTPD libmicrohttpd libmicrohttpd-dev "the signer, an EST server, and the page of the station")
  imprint_library(P11KIT p11-kit-1 libp11-kit-dev "PKCS#11 URIs")
  imprint_library(JANSSON jansson libjansson-dev "JSON")
  imprint_library(QRENCODE libqrencode libqrencode-dev "QR codes of labels")
  imprint_library(PNG libpng libpng-dev "labels as PNG")
  imprint_library(SQLITE sqlite3 libsqlite3-dev "the ledger")
  imprint_library(POSTGRESQL libpq libpq-dev "the ledger of a line")
endif()
if(IMPRINT_TESTS)
  imprint_library(CMOCKA cmocka libcmocka-dev "its tests (-DIMPRINT_TESTS=OFF builds without them)")
endif()
