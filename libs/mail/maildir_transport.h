#pragma once

#include <absl/status/status.h>

#include <filesystem>
#include <memory>

#include "libs/mail/transport.h"

namespace portico::mail {

// Makes the maildir at `path`, with its cur, new and tmp for the owner only, unless it is
// there. UNAVAILABLE when that cannot be done.
absl::Status MakeMaildir(const std::filesystem::path& path);

// Delivers every message to the maildir at `path`: a file in new/ that is on disk once
// Deliver returns, with Return-Path and Delivered-To before the message's own headers.
std::unique_ptr<Transport> MakeMaildirTransport(std::filesystem::path path);

}  // namespace portico::mail
