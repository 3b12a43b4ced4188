# Run as a script by portico_migrations: writes ${OUT}/${COMPONENT}.{h,cc}.
file(MAKE_DIRECTORY ${OUT})
file(WRITE ${OUT}/${COMPONENT}.h "#pragma once
#include <span>
#include \"libs/storage/migration.h\"
namespace portico::migrations {
std::span<const storage::Migration> ${COMPONENT}();
}
")
set(entries "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME_WE)
  if(file MATCHES "\\.postgres\\.sql$")
    continue()
  endif()
  file(READ ${file} sql)
  set(postgres "")
  string(REGEX REPLACE "\\.sql$" ".postgres.sql" other ${file})
  if(EXISTS ${other})
    file(READ ${other} postgres)
  endif()
  string(APPEND entries "    {\"${COMPONENT}\", \"${name}\", R\"~sql~(${sql})~sql~\", "
                        "R\"~sql~(${postgres})~sql~\"},\n")
endforeach()
file(WRITE ${OUT}/${COMPONENT}.cc "#include \"migrations/${COMPONENT}.h\"
namespace portico::migrations {
namespace {
constexpr storage::Migration kMigrations[] = {
${entries}};
}
std::span<const storage::Migration> ${COMPONENT}() { return kMigrations; }
}
")
