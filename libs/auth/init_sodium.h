#pragma once

namespace portico::auth {

// Readies libsodium, which until then is unsafe between threads and slow: it has
// not looked which instructions the machine offers. Called before each first use;
// further calls cost nothing. Ends the process when it fails. Thread-safe.
void InitSodium();

}  // namespace portico::auth
