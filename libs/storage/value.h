#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace portico::storage {

// The three types that columns have: TEXT, BIGINT and DOUBLE PRECISION.
enum class ValueKind : uint8_t { kText, kInteger, kReal };

// An argument of a statement. `text` is borrowed until the call returns.
struct Value {
  ValueKind kind = ValueKind::kText;
  bool null = false;
  std::string_view text = {};
  int64_t integer = 0;
  double real = 0;
};

// One column of a fetched row. Valid until the next row is fetched.
struct Cell {
  ValueKind kind = ValueKind::kText;
  bool null = false;
  std::string text = {};
  int64_t integer = 0;
  double real = 0;
};

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {
  using Inner = T;
};

// What kind of column holds a T.
template <class T>
constexpr ValueKind KindOf() {
  if constexpr (IsOptional<T>::value) {
    return KindOf<typename IsOptional<T>::Inner>();
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return ValueKind::kText;
  } else if constexpr (std::is_floating_point_v<T>) {
    return ValueKind::kReal;
  } else {
    static_assert(std::is_integral_v<T> || std::is_enum_v<T>, "no column holds this type");
    return ValueKind::kInteger;
  }
}

// Makes an argument of text, a whole number, a bool (0 or 1), an enum (its
// number), a floating-point number, or an optional of those (NULL when empty).
template <class T>
Value ToValue(const T& from) {
  Value value{.kind = KindOf<T>()};
  if constexpr (IsOptional<T>::value) {
    if (from.has_value()) return ToValue(*from);
    value.null = true;
  } else if constexpr (KindOf<T>() == ValueKind::kText) {
    value.text = from;
  } else if constexpr (KindOf<T>() == ValueKind::kReal) {
    value.real = from;
  } else {
    value.integer = static_cast<int64_t>(from);
  }
  return value;
}

// Reads a column as a T: std::string, int64_t, bool, double, or an optional of
// those. The cell is not NULL unless T is an optional.
template <class T>
T FromCell(const Cell& cell) {
  if constexpr (IsOptional<T>::value) {
    if (cell.null) return std::nullopt;
    return FromCell<typename IsOptional<T>::Inner>(cell);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return cell.text;
  } else if constexpr (std::is_same_v<T, double>) {
    return cell.real;
  } else if constexpr (std::is_same_v<T, bool>) {
    return cell.integer != 0;
  } else {
    static_assert(std::is_same_v<T, int64_t>, "read columns as string, int64_t, bool or double");
    return cell.integer;
  }
}

}  // namespace portico::storage
