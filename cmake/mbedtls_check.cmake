# SPDX-License-Identifier: Apache-2.0
# Whether an Mbed TLS that a project brings is one that imprint can use. For imprint within a project (mbedtls.cmake) and
# for an installed imprint (imprint-config.cmake.in).

# imprint_mbedtls_settings(INCLUDES DEFINITIONS TARGET): what a source needs to be compiled with the target's headers.
function(imprint_mbedtls_settings includes definitions target)
  set(directories)
  get_target_property(found ${target} INTERFACE_INCLUDE_DIRECTORIES)
  foreach(directory IN LISTS found)
    string(REGEX REPLACE "^\\$<BUILD_INTERFACE:(.*)>$" "\\1" directory "${directory}")
    if(directory AND NOT directory MATCHES "\\$<")
      list(APPEND directories ${directory})
    endif()
  endforeach()
  set(macros)
  get_target_property(found ${target} INTERFACE_COMPILE_DEFINITIONS)
  foreach(definition IN LISTS found)
    string(REGEX REPLACE "^\\$<BUILD_INTERFACE:(.*)>$" "\\1" definition "${definition}")
    if(definition AND NOT definition MATCHES "\\$<")
      list(APPEND macros -D${definition})
    endif()
  endforeach()
  set(${includes} ${directories} PARENT_SCOPE)
  set(${definitions} ${macros} PARENT_SCOPE)
endfunction()

# imprint_check_mbedtls(RESULT TARGET ITS-DIRECTORY [DEFINITION...]): sets RESULT to what the target lacks, in words, or to
# nothing. ITS-DIRECTORY has our psa/internal_trusted_storage.h. The definitions are for mbedtls_check.c.
function(imprint_check_mbedtls result target its_directory)
  imprint_mbedtls_settings(directories definitions ${target})
  set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
  try_compile(fits SOURCES ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/mbedtls_check.c
    CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${its_directory};${directories}" COMPILE_DEFINITIONS ${definitions} ${ARGN}
    OUTPUT_VARIABLE said NO_CACHE)
  set(${result} "" PARENT_SCOPE)
  if(fits)
    return()
  endif()
  # GCC and clang say `#error "words"` and `static assertion failed: "words"`, clang without the second pair of quotes.
  string(REGEX MATCHALL "(#error |static assertion failed[^:]*: |error: )\"[^\"\n]*\"" lacks "${said}")
  list(TRANSFORM lacks REPLACE "^[^\"]*\"(.*)\"$" "\\1")
  list(REMOVE_DUPLICATES lacks)
  list(JOIN lacks "; " lacks)
  if(NOT lacks)
    set(lacks "its headers do not compile. The compiler's words:\n${said}")
  endif()
  set(${result} "${lacks}" PARENT_SCOPE)
endfunction()
