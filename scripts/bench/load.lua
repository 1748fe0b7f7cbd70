-- The load of wrk: one GET over and over, each response checked. The arguments: a text that each response holds, how often,
-- and a pattern of what changes during the run. The last line tells of wrong responses and of changes seen.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  marker, expected, changing = args[1], tonumber(args[2]), args[3]
  wrong, changes, last = 0, 0, nil
end

function response(status, headers, body)
  local count, position = 0, 0
  repeat
    position = string.find(body, marker, position + 1, true)
    if position then count = count + 1 end
  until not position
  if status ~= 200 or count ~= expected then wrong = wrong + 1 end
  local found = string.match(body, changing)
  if found ~= last then changes, last = changes + 1, found end
end

function done(summary, latency, requests)
  local errors = summary.errors
  local lost = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("\n%d %d %d %d\n", summary.requests, summary.duration,
    threads[1]:get("wrong") + lost, threads[1]:get("changes")))
end
