# Where the tests' own PostgreSQL server lives: a short path, as sockets want, and one that its
# user may enter.
string(MD5 PORTICO_TEST_POSTGRES_DIR ${CMAKE_BINARY_DIR})
string(SUBSTRING ${PORTICO_TEST_POSTGRES_DIR} 0 8 PORTICO_TEST_POSTGRES_DIR)
set(PORTICO_TEST_POSTGRES_DIR /tmp/portico-postgres-${PORTICO_TEST_POSTGRES_DIR})
set(PORTICO_TEST_POSTGRES_ENVIRONMENT
    "PORTICO_TEST_POSTGRES=postgresql://postgres@/{database}?host=${PORTICO_TEST_POSTGRES_DIR}")

# portico_library(storage SOURCES a.cc b.cc DEPENDS portico::base PRIVATE portico_soci)
# makes the library portico::storage of one folder. DEPENDS are seen by whoever
# includes its headers, PRIVATE only by its own sources.
function(portico_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  add_library(portico_${name} STATIC ${ARG_SOURCES})
  add_library(portico::${name} ALIAS portico_${name})
  target_include_directories(portico_${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_compile_options(portico_${name} PRIVATE ${PORTICO_WARNINGS})
  target_link_libraries(portico_${name} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE})
endfunction()

# portico_program(portico-account SOURCES main.cc DEPENDS portico::account)
function(portico_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE ${PORTICO_WARNINGS})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} portico_monotonic_wait)
  # glibc's allocator costs a tenth of the time of an RPC more. Sanitizers bring their own.
  if(NOT CMAKE_CXX_FLAGS_DEBUG MATCHES "-fsanitize")
    target_link_libraries(${name} PRIVATE PkgConfig::JEMALLOC)
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# portico_test(storage SOURCES a_test.cc DEPENDS portico::storage [LABELS no_grpc] [POSTGRES])
# makes one test program of a folder and one ctest entry. With POSTGRES its contract tests run
# on a server as well, which ctest starts before them. Run by hand they do with
# PORTICO_TEST_POSTGRES, a URL with {database} in it.
function(portico_test name)
  cmake_parse_arguments(ARG "POSTGRES" "" "SOURCES;DEPENDS;LABELS" ${ARGN})
  add_executable(${name}_test ${ARG_SOURCES})
  target_compile_options(${name}_test PRIVATE ${PORTICO_WARNINGS})
  target_link_libraries(${name}_test PRIVATE ${ARG_DEPENDS} portico_catch_main
    portico_monotonic_wait)
  if(CMAKE_CXX_FLAGS_DEBUG MATCHES "-fsanitize=thread")
    target_sources(${name}_test PRIVATE ${CMAKE_SOURCE_DIR}/libs/testing/tsan_abseil_mutex.cc)
  endif()
  add_test(NAME ${name} COMMAND ${name}_test)
  set_tests_properties(${name} PROPERTIES TIMEOUT 600 LABELS "${ARG_LABELS}")
  if(ARG_POSTGRES)
    set_tests_properties(${name} PROPERTIES
      FIXTURES_REQUIRED postgres
      ENVIRONMENT "${PORTICO_TEST_POSTGRES_ENVIRONMENT}")
  endif()
endfunction()
