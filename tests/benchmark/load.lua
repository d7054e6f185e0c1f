-- What one client of the benchmark sends; the answers are counted, not looked at: what they did is
-- counted in the database.
--
-- With COUNT_STATUSES in the environment they are counted by status, which costs the client time.
--
-- Arguments: KIND KEY [FILE]. KIND is payment; keyed: a payment under an idempotency key of its own;
-- read or refund: of the payments whose ids are the lines of FILE, in turn; list: pages of the list of
-- payments, whose queries are the lines of FILE.
--
-- SPDX-License-Identifier: MIT

local PAYMENT = '{"amount":100.00,"currency":"USD","source":"tok_visa","description":"Payment for order #12345"}'

local function seed()
   local random = assert(io.open("/dev/urandom", "rb"))
   local a, b, c, d = random:read(4):byte(1, 4)
   random:close()
   return ((a * 256 + b) * 256 + c) * 64 + d % 64
end

-- A whole request, or what stands before and after a text that is put into it.
local function request_of(method, path, key, body, more)
   local head = method .. " /v1" .. path .. " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " .. key .. "\r\n"
   if body then
      head = head .. "Content-Type: application/json\r\nContent-Length: " .. #body .. "\r\n"
   end
   return head .. (more or "") .. "\r\n" .. (body or "")
end

local function of_each(file, make)
   local requests = {}
   for id in io.lines(file) do requests[#requests + 1] = make(id) end
   -- Each run begins elsewhere.
   local number = seed() % #requests
   return function()
      number = number % #requests + 1
      return requests[number]
   end
end

local kinds = {}

function kinds.payment(key)
   local request = request_of("POST", "/payments", key, PAYMENT)
   return function() return request end
end

function kinds.keyed(key)
   local before, after = request_of("POST", "/payments", key, PAYMENT, "Idempotency-Key: @\r\n"):match("^(.*)@(.*)$")
   local random, format = math.random, string.format
   math.randomseed(seed())
   return function()
      return before .. format("%08x-%04x-4%03x-a%03x-%06x%06x", random(0, 0x7fffffff), random(0, 0xffff),
         random(0, 0xfff), random(0, 0xfff), random(0, 0xffffff), random(0, 0xffffff)) .. after
   end
end

function kinds.read(key, file)
   return of_each(file, function(id) return request_of("GET", "/payments/" .. id, key) end)
end

function kinds.list(key, file)
   return of_each(file, function(query) return request_of("GET", "/payments?" .. query, key) end)
end

function kinds.refund(key, file)
   return of_each(file, function(id)
      return request_of("POST", "/refunds", key, '{"payment_id":"' .. id .. '","amount":0.01}')
   end)
end

local threads = {}

function setup(thread)
   threads[#threads + 1] = thread
end

if os.getenv("COUNT_STATUSES") then
   statuses = {}
   function response(status)
      statuses[status] = (statuses[status] or 0) + 1
   end
end

local function all_statuses()
   local text = {}
   for _, thread in ipairs(threads) do -- one: wrk is run with -t1
      for status, number in pairs(thread:get("statuses") or {}) do
         text[#text + 1] = string.format('"%d":%d', status, number)
      end
   end
   return table.concat(text, ",")
end

function init(args)
   request = kinds[args[1]](args[2], args[3])
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format('{"requests":%d,"seconds":%f,"refused":%d,"broken":%d,"p50":%f,"p99":%f,' ..
      '"statuses":{%s}}\n',
      summary.requests, summary.duration / 1e6, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50) / 1e3,
      latency:percentile(99) / 1e3, all_statuses()))
end
