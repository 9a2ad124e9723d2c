-- Asks as a prober does, at a steady pace on each connection, and not as fast as it can: what is measured is the time of
-- an answer, not of a queue that the measurement itself makes. Prints one line: p50, p99, max in microseconds, requests,
-- and the answers that failed.

local pause_milliseconds = 5

function delay()
  return pause_milliseconds
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("probe %d %d %d %d %d\n",
    latency:percentile(50), latency:percentile(99), latency.max, summary.requests, failed))
end
