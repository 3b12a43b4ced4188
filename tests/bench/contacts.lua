-- wrk: reads of contacts by id, jumping about as portico-bench does. Arguments: a file of ids, a token.
local requests = {}
local next = 0

function init(arguments)
  wrk.headers["Authorization"] = "Bearer " .. arguments[2]
  for id in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format("GET", "/v1/contacts/" .. id)
  end
end

function request()
  next = next + 1
  return requests[next * 7919 % #requests + 1]
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"calls": %d, "rate": %f, "p50_ms": %f, "p99_ms": %f, "failed": %d}\n',
    summary.requests, summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
