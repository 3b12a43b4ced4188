# portico_migrations(portico_account account) compiles the folder's
# migrations/NNNN_name.sql files into the library as the function
#   std::span<const portico::storage::Migration> portico::migrations::account()
# declared in "migrations/account.h".
function(portico_migrations target component)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/migrations/*.sql)
  list(SORT files)
  set(out ${CMAKE_BINARY_DIR}/migrations)
  add_custom_command(
    OUTPUT ${out}/${component}.cc ${out}/${component}.h
    COMMAND ${CMAKE_COMMAND} -DCOMPONENT=${component} -DOUT=${out} "-DFILES=${files}"
            -P ${CMAKE_SOURCE_DIR}/tools/cmake/EmbedMigrations.cmake
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/tools/cmake/EmbedMigrations.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${out}/${component}.cc ${out}/${component}.h)
  target_include_directories(${target} PUBLIC ${CMAKE_BINARY_DIR})
endfunction()
