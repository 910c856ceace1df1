-- wrk: sends the requests of a file one after the other, each once; prints its counts as one line of JSON.
-- The file: for each request its length in decimal, a line feed, its bytes.

local requests, sent = {}, 0

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  while true do
    local length = file:read("*n")
    if not length then break end
    file:read(1)
    requests[#requests + 1] = file:read(length)
  end
  file:close()
  repeating = arguments[2] == "repeat"
end

function request()
  sent = sent + 1
  if sent > #requests and not repeating then
    wrk.thread:stop()
    return requests[#requests]
  end
  return requests[(sent - 1) % #requests + 1]
end

function done(summary, latency, _)
  io.write(string.format(
    '{"answered": %d, "seconds": %f, "refused": %d, "broken": %d, "p50_ms": %f, "p99_ms": %f}\n',
    summary.requests, summary.duration / 1e6, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
