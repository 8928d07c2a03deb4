# SPDX-License-Identifier: Apache-2.0
# Images for one board: -DIMPRINT_BOARD=mps2-an385, a folder of firmware/board/, or -DIMPRINT_BOARD_DIR=FOLDER, anywhere; with
# cmake/arm-none-eabi.cmake as the toolchain file. The sources are those of the host, from the same lists: a module leaves
# out its own host parts where IMPRINT_HOSTED is off. What is compiled how is in one place, here.
#
# IMPRINT_IMAGE names an image of imprint's (scripts/build-firmware does all that). A project that has imprint as a subproject
# leaves it empty and calls imprint_add_image() for an application of its own; docs/guide/product.md leads through that.
#
# Mbed TLS is configured for the application, and so has a build directory for each: nothing compiled for one fits another.
set(IMPRINT_IMAGE "" CACHE STRING "The image of imprint's to build: a folder of firmware/; empty: the project's own")
set(IMPRINT_IMAGE_MBEDTLS primary CACHE STRING
  "The project's own image: how Mbed TLS is configured, primary or factory (firmware/mbedtls/) or the path of a header")
set(IMPRINT_HEAP_BYTES 2048 CACHE STRING "Memory that Mbed TLS may take")
option(IMPRINT_MEASURE "Say at the end how much of stack and heap has been used" OFF)
option(IMPRINT_TEXTS "Keep causes and advice in the image; else it prints numbers, and scripts/firmware-texts has the words" ON)

# What a board.cmake sets, all but the first two optional. Paths are from its folder; all *.c there are compiled anyhow.
set(board_cpu "")          # flags of the processor, for compiler and linker
set(board_architecture "") # v7m or v8m: how the stack is guarded
set(board_family "")       # folders of firmware/board/ whose sources are compiled as well
set(board_sources "")      # further sources, such as those of the vendor's HAL
set(board_includes "")     # further include folders
set(board_definitions "")  # further definitions

if(NOT EXISTS ${imprint_board_folder}/board.cmake)
  message(FATAL_ERROR "no board in ${imprint_board_folder}: board.cmake not found")
endif()
include(${imprint_board_folder}/board.cmake)
foreach(setting board_cpu board_architecture)
  if(NOT ${setting})
    message(FATAL_ERROR "${imprint_board_folder}/board.cmake does not set ${setting}")
  endif()
endforeach()
set(image_mbedtls ${IMPRINT_IMAGE_MBEDTLS})
# What an image.cmake may set, for an image that takes more than a small one: of the heap, and of the board's memory (memory.ld).
set(image_heap_bytes ${IMPRINT_HEAP_BYTES})
set(image_memory "") # code=BYTES, ram=BYTES, stack=BYTES
if(IMPRINT_IMAGE)
  if(NOT EXISTS ${imprint_SOURCE_DIR}/firmware/${IMPRINT_IMAGE}/image.cmake)
    message(FATAL_ERROR "no image ${IMPRINT_IMAGE} in firmware/")
  endif()
  include(${imprint_SOURCE_DIR}/firmware/${IMPRINT_IMAGE}/image.cmake)
endif()
set(image_mbedtls_config ${imprint_SOURCE_DIR}/firmware/mbedtls/${image_mbedtls}.h)
if(image_mbedtls MATCHES "\\.h$")
  set(image_mbedtls_config ${image_mbedtls})
  if(NOT IS_ABSOLUTE "${image_mbedtls}")
    message(FATAL_ERROR "IMPRINT_IMAGE_MBEDTLS is neither a name nor an absolute path: ${image_mbedtls}")
  endif()
endif()
if(NOT EXISTS ${image_mbedtls_config})
  message(FATAL_ERROR "no configuration of Mbed TLS in ${image_mbedtls_config}")
endif()

# Not -g3: with macros in the debug information, no object serves two images (use_compiler_cache in scripts/lib.sh).
add_compile_options(${board_cpu} -Os -g -ffunction-sections -fdata-sections -fno-common
  -ffile-prefix-map=${imprint_SOURCE_DIR}/= -ffile-prefix-map=${imprint_BINARY_DIR}=build)
set(definitions NDEBUG IMPRINT_HEAP_BYTES=${image_heap_bytes} $<$<BOOL:${IMPRINT_MEASURE}>:IMPRINT_MEASURE>)
add_compile_definitions(${definitions})

include_directories(${imprint_SOURCE_DIR} ${imprint_SOURCE_DIR}/src ${imprint_SOURCE_DIR}/include) # the configuration includes from the root
include(cmake/mbedtls.cmake)
include(cmake/version.cmake)

add_subdirectory(src)

# The board, from its reset vector on: the same for each application.
file(GLOB own_sources CONFIGURE_DEPENDS ${imprint_board_folder}/*.c)
set(family_sources)
foreach(family ${board_family})
  file(GLOB sources CONFIGURE_DEPENDS ${imprint_SOURCE_DIR}/firmware/board/${family}/*.c)
  list(APPEND family_sources ${sources})
endforeach()
list(TRANSFORM board_sources PREPEND ${imprint_board_folder}/ REGEX "^[^/]")
list(TRANSFORM board_includes PREPEND ${imprint_board_folder}/ REGEX "^[^/]")
add_library(imprint_board OBJECT ${own_sources} ${family_sources} ${board_sources}
  firmware/start/reset.c firmware/start/fault.c firmware/start/heap.c firmware/start/image.c firmware/start/texts.c
  firmware/start/guard_${board_architecture}.c firmware/entropy.c)
target_include_directories(imprint_board PRIVATE ${imprint_board_folder} ${board_includes})
target_compile_definitions(imprint_board PRIVATE ${board_definitions})
target_link_libraries(imprint_board PRIVATE imprint_options imprint_psa imprint_storage imprint_transport mbedcrypto)

# What every image is linked with.
set(texts ${imprint_SOURCE_DIR}/firmware/start/$<IF:$<BOOL:${IMPRINT_TEXTS}>,strings-in-image,separate-strings>)
add_library(imprint_image INTERFACE)
target_sources(imprint_image INTERFACE $<TARGET_OBJECTS:imprint_board>)
target_include_directories(imprint_image INTERFACE ${imprint_SOURCE_DIR} ${board_includes}) # of which Mbed TLS's configuration is one
target_compile_options(imprint_image INTERFACE ${board_cpu} -ffunction-sections -fdata-sections -fno-common)
target_compile_definitions(imprint_image INTERFACE ${definitions} ${board_definitions})
target_link_libraries(imprint_image INTERFACE imprint_psa imprint_storage imprint_chip imprint_transport imprint_crypto
  imprint_base mbedcrypto)
# The C library is there for memcpy() and its like. Nothing supplies what its files, printf() or malloc() would need, so
# that an image which calls them does not link.
target_link_options(imprint_image INTERFACE ${board_cpu} --specs=nano.specs -nostartfiles -Wl,--gc-sections
  -L${imprint_board_folder} -L${texts} -T${imprint_SOURCE_DIR}/firmware/start/sections.ld -Wl,--fatal-warnings)
foreach(size ${image_memory})
  string(REPLACE "=" "_bytes=" size ${size})
  target_link_options(imprint_image INTERFACE -Wl,--defsym=image_${size})
endforeach()
set_target_properties(imprint_image PROPERTIES
  INTERFACE_LINK_DEPENDS "${imprint_SOURCE_DIR}/firmware/start/sections.ld;${imprint_board_folder}/memory.ld")

# imprint_add_image(NAME SOURCES... [LIBRARIES...] [OUTPUT_NAME]): an application of the board, NAME.elf, NAME.bin and NAME.map.
# It begins at main() and calls what <imprint/...> and PSA Crypto have. LIBRARIES: further ones, such as imprint::provision.
function(imprint_add_image name)
  cmake_parse_arguments(APPLICATION "" "OUTPUT_NAME" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT APPLICATION_OUTPUT_NAME)
    set(APPLICATION_OUTPUT_NAME ${name})
  endif()
  add_executable(${name} ${APPLICATION_SOURCES})
  set_target_properties(${name} PROPERTIES OUTPUT_NAME ${APPLICATION_OUTPUT_NAME} SUFFIX .elf)
  target_link_libraries(${name} PRIVATE ${APPLICATION_LIBRARIES} imprint_image)
  target_link_options(${name} PRIVATE -Wl,-Map=${CMAKE_CURRENT_BINARY_DIR}/${APPLICATION_OUTPUT_NAME}.map)
  add_custom_command(TARGET ${name} POST_BUILD
    COMMAND ${CMAKE_OBJCOPY} -O binary $<TARGET_FILE:${name}> ${APPLICATION_OUTPUT_NAME}.bin VERBATIM)
  if(NOT IMPRINT_TEXTS)
    add_custom_command(TARGET ${name} POST_BUILD
      COMMAND ${imprint_SOURCE_DIR}/scripts/firmware-texts --check $<TARGET_FILE:${name}> VERBATIM)
  endif()
endfunction()

if(IMPRINT_IMAGE)
  imprint_add_image(image OUTPUT_NAME ${IMPRINT_IMAGE} SOURCES ${image_sources}
    LIBRARIES imprint_options imprint_version ${image_needs})
endif()
