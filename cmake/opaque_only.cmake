# SPDX-License-Identifier: Apache-2.0
# The driver for a core without Mbed TLS's secure element interface: the opaque shell alone, and its tests. The program, the
# boards and the engine are built on Mbed TLS 3.6 with that interface, and are left out here.
#
# -DTF_PSA_CRYPTO_SOURCE_DIR=DIRECTORY: TF-PSA-Crypto 1.x, a release or a clone with its submodule `framework` (which then
# needs Python with jinja2 and jsonschema). -DIMPRINT_WITHOUT_SE_C=ON: Mbed TLS 3.6 without SE_C.
add_compile_definitions(IMPRINT_WITHOUT_SE_C)
set(se_c_is_missing ON)

if(TF_PSA_CRYPTO_SOURCE_DIR)
  if(NOT EXISTS ${TF_PSA_CRYPTO_SOURCE_DIR}/core/psa_crypto.c OR NOT EXISTS ${TF_PSA_CRYPTO_SOURCE_DIR}/framework/CMakeLists.txt)
    message(FATAL_ERROR "no TF-PSA-Crypto 1.x source with its framework in \"${TF_PSA_CRYPTO_SOURCE_DIR}\"")
  endif()
  function(imprint_build_core)
    set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)
    set(CMAKE_POLICY_DEFAULT_CMP0126 NEW)
    set(ENABLE_PROGRAMS OFF)
    set(ENABLE_TESTING OFF)
    set(TF_PSA_CRYPTO_FATAL_WARNINGS OFF)
    set(DISABLE_PACKAGE_CONFIG_AND_INSTALL ON)
    set(GEN_FILES ON)
    set(TF_PSA_CRYPTO_USER_CONFIG_FILE ${imprint_SOURCE_DIR}/cmake/opaque_user_config.h)
    add_subdirectory(${TF_PSA_CRYPTO_SOURCE_DIR} ${imprint_BINARY_DIR}/core EXCLUDE_FROM_ALL SYSTEM)
  endfunction()
  imprint_build_core()
  set(IMPRINT_MBEDCRYPTO tfpsacrypto)
  add_library(mbedcrypto ALIAS tfpsacrypto)
  target_include_directories(tfpsacrypto PUBLIC $<BUILD_INTERFACE:${imprint_SOURCE_DIR}/src/psa/include>)
  include(cmake/opaque_core.cmake)
  imprint_opaque_core(tfpsacrypto)
else()
  include(cmake/mbedtls.cmake)
endif()
include(cmake/libraries.cmake)

add_subdirectory(virtual/chip)
foreach(folder base crypto transport chip storage psa)
  add_subdirectory(src/${folder})
endforeach()
if(IMPRINT_TESTS)
  enable_testing()
  add_subdirectory(test/support)
  add_subdirectory(test/psa)
endif()
