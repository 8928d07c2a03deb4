# SPDX-License-Identifier: Apache-2.0
# How this project builds itself and its Mbed TLS. A project that builds imprint among its own has its own flags: this is
# not for it.
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT IMPRINT_SANITIZE)
  include(CheckPIESupported)
  check_pie_supported(LANGUAGES C)
endif()

if(IMPRINT_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(IMPRINT_SANITIZE OR IMPRINT_FUZZ)
  # Lines, for the traces, and no variables: a fifth less to compile, and half as much to link.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=address,undefined)
  if(IMPRINT_SANITIZE)
    add_compile_options(-O1) # a third less to compile than -O2; most of the time of the tests is not in our code
    # Programs at a fixed address: each has 6 MB of the sanitizers' own data, full of addresses that every start would have
    # to relocate. The tests start programs ten thousand times.
    add_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-no-pie>)
    # GCC's shared library of the undefined behaviour sanitizer has 6 MB of data, which the search for leaks reads at each end.
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
      add_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-static-libubsan>)
    endif()
  endif()
else()
  # Belt and braces for a program that handles keys; Mbed TLS is built with them as well.
  add_compile_options(-fstack-protector-strong $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
  add_link_options(LINKER:-z,relro,-z,now)
  # A stack that grows past its guard page, and jumps into the middle of code; not every compiler and machine has them.
  include(CheckCCompilerFlag)
  foreach(flag stack-clash-protection cf-protection)
    string(MAKE_C_IDENTIFIER IMPRINT_HAS_${flag} known)
    check_c_compiler_flag(-f${flag} ${known})
    if(${known})
      add_compile_options(-f${flag})
    endif()
  endforeach()
endif()
add_compile_options(-ffunction-sections -fdata-sections)

# No path of the machine that built it in what is built: the same source gives the same program everywhere.
add_compile_options(-ffile-prefix-map=${imprint_SOURCE_DIR}/= -ffile-prefix-map=${imprint_BINARY_DIR}=build)
