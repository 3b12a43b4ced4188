#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <utility>

// Returns from the enclosing function when `expression` (an absl::Status) is an error.
#define RETURN_IF_ERROR(expression)                                        \
  do {                                                                     \
    if (absl::Status status_macro_result = (expression); !status_macro_result.ok()) { \
      return status_macro_result;                                          \
    }                                                                      \
  } while (false)

// Assigns the value of `expression` (an absl::StatusOr) to `target`, or returns its error.
#define ASSIGN_OR_RETURN(target, ...) \
  PORTICO_ASSIGN_OR_RETURN_(PORTICO_CONCAT_(status_or_, __COUNTER__), target, __VA_ARGS__)
#define PORTICO_ASSIGN_OR_RETURN_(result, target, ...) \
  auto result = (__VA_ARGS__);                         \
  if (!result.ok()) return std::move(result).status(); \
  target = *std::move(result)
#define PORTICO_CONCAT_(a, b) PORTICO_CONCAT_INNER_(a, b)
#define PORTICO_CONCAT_INNER_(a, b) a##b
