#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace portico::bench {

struct Load {
  std::string method;  // "/portico.contact.v1.ContactService/GetContact"
  std::string token;   // Empty for none.
  // The request of call number n; called from several threads.
  std::function<grpc::ByteBuffer(uint64_t n)> request;
  // Gets each successful answer; called from several threads. May be null.
  std::function<void(const grpc::ByteBuffer& response)> on_response = nullptr;
  int in_flight = 64;
  // Ends after whichever is set.
  uint64_t calls = 0;
  std::chrono::duration<double> time{0};
};

struct LoadResult {
  double seconds = 0;
  uint64_t failed = 0;
  std::string first_error;
  std::vector<uint32_t> microseconds;  // Of every call that succeeded, sorted.

  double rate() const { return static_cast<double>(microseconds.size()) / seconds; }
  double Milliseconds(double quantile) const;
};

// Keeps `in_flight` calls under way: each answer starts the next call.
LoadResult Run(const std::shared_ptr<grpc::Channel>& channel, const Load& load);

}  // namespace portico::bench
