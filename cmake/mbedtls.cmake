# SPDX-License-Identifier: Apache-2.0
# Mbed TLS 3.6 LTS, unmodified, built with the secure element interface and with our storage under PSA ITS. Its library
# and everything that sees its headers must share one configuration (attributes have another layout with SE_C).
#
# Where it is: -DMBEDTLS_SOURCE_DIR, else that variable of the environment, else where scripts/get-mbedtls puts it.
if(NOT MBEDTLS_SOURCE_DIR)
  if(DEFINED ENV{MBEDTLS_SOURCE_DIR})
    set(found $ENV{MBEDTLS_SOURCE_DIR})
  elseif(DEFINED ENV{IMPRINT_CACHE})
    set(found $ENV{IMPRINT_CACHE}/mbedtls/source)
  else()
    set(found ${imprint_SOURCE_DIR}/.cache/mbedtls/source)
  endif()
  # Kept, so that a later run of CMake does not depend on the environment.
  set(MBEDTLS_SOURCE_DIR ${found} CACHE PATH "Source tree of Mbed TLS 3.6 (scripts/get-mbedtls fetches one)" FORCE)
endif()
if(NOT EXISTS ${MBEDTLS_SOURCE_DIR}/library/psa_crypto_se.c)
  message(FATAL_ERROR "no Mbed TLS 3.6 source in \"${MBEDTLS_SOURCE_DIR}\": run scripts/get-mbedtls, or pass "
    "-DMBEDTLS_SOURCE_DIR=DIRECTORY")
endif()
file(STRINGS ${MBEDTLS_SOURCE_DIR}/include/mbedtls/build_info.h mbedtls_version REGEX "define MBEDTLS_VERSION_STRING ")
if(NOT mbedtls_version MATCHES "\"3\\.6\\.[0-9]+\"")
  message(FATAL_ERROR "\"${MBEDTLS_SOURCE_DIR}\" is not Mbed TLS 3.6 (${mbedtls_version}): its secure element interface is "
    "what imprint is built on, and later lines have none")
endif()
get_filename_component(mbedtls_directory ${MBEDTLS_SOURCE_DIR} REALPATH)
add_compile_options(-ffile-prefix-map=${mbedtls_directory}/=mbedtls/ -ffile-prefix-map=${MBEDTLS_SOURCE_DIR}/=mbedtls/)
set(ENABLE_PROGRAMS OFF CACHE BOOL "" FORCE)
set(ENABLE_TESTING OFF CACHE BOOL "" FORCE)
set(GEN_FILES OFF CACHE BOOL "" FORCE)
set(MBEDTLS_FATAL_WARNINGS OFF CACHE BOOL "" FORCE)
set(USE_SHARED_MBEDTLS_LIBRARY OFF CACHE BOOL "" FORCE)
set(USE_STATIC_MBEDTLS_LIBRARY ON CACHE BOOL "" FORCE)
if(NOT IMPRINT_BOARD) # whose images bring whole configurations: cmake/firmware.cmake
  set(MBEDTLS_USER_CONFIG_FILE ${imprint_SOURCE_DIR}/cmake/mbedtls_user_config.h CACHE FILEPATH "" FORCE)
endif()
add_subdirectory(${MBEDTLS_SOURCE_DIR} ${imprint_BINARY_DIR}/mbedtls EXCLUDE_FROM_ALL SYSTEM)
# psa_its_*() and its two headers come from src/psa/.
target_include_directories(mbedcrypto PUBLIC ${imprint_SOURCE_DIR}/src/psa/include)
