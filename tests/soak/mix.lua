-- What one soak client sends: payments, declines, reads, refunds, replays and errors, in turn.
--
-- wrk runs one copy a thread. The key is in the environment variable API_KEY.
--
-- SPDX-License-Identifier: MIT

local key = os.getenv("API_KEY")
local headers = { ["Authorization"] = "Bearer " .. key, ["Content-Type"] = "application/json" }
local wrong = { ["Authorization"] = "Bearer sk_test_wrong", ["Content-Type"] = "application/json" }
local threads = {}

function setup(thread)
   table.insert(threads, thread)
end

function init(args)
   count = 0        -- of the requests of this thread
   payment = nil    -- the newest payment that this thread has seen
   statuses = {}    -- number of answers by status
   payments = 0     -- acknowledged, and not as a replay
   math.randomseed(os.time() + tonumber(tostring({}):match("0x(%x+)"), 16) % 1000000)
   tag = string.format("%08xk", math.random(0, 0x7fffffff))
end

local function with(extra)
   local all = {}
   for name, value in pairs(headers) do all[name] = value end
   for name, value in pairs(extra) do all[name] = value end
   return all
end

local function post(path, body, fields)
   return wrk.format("POST", "/v1" .. path, fields or headers, body)
end

local function get(path)
   return wrk.format("GET", "/v1" .. path, headers)
end

local function pay(extra, fields)
   return post("/payments", '{"amount":' .. (count % 90000 + 1) .. '.25,"currency":"USD",' .. extra .. '}', fields)
end

local kinds = {
   function() return pay('"source":"tok_visa"') end,
   function() return get("/payments/" .. (payment or "pay_none")) end,
   function() return pay('"source":"tok_visa","description":"order ' .. count .. ' \\u00e9"',
                         with({ ["Idempotency-Key"] = tag .. "-" .. count })) end,
   function() return post("/refunds", '{"payment_id":"' .. (payment or "pay_none") .. '","amount":0.01}') end,
   function() return get("/payments/pay_00000000000000000000000000") end,
   function() return pay('"source":"tok_chargeDeclined"') end,
   function() return get("/payments/" .. (payment or "pay_none")) end,
   -- The same two requests under one key: a payment, and its replay.
   function() return pay('"source":"tok_mastercard"', with({ ["Idempotency-Key"] = tag .. "+" .. count })) end,
   function() count = count - 1; local again = pay('"source":"tok_mastercard"',
                         with({ ["Idempotency-Key"] = tag .. "+" .. count })); count = count + 1; return again end,
   function() return post("/payments", '{"amount":-1') end,
   function() return pay('"source":"4242424242424242"') end,
   function() return pay('"source":"tok_visa"', wrong) end,
   function() return post("/payments", '{"amount":1,"currency":"USD","source":"' .. string.rep("x", 20000) .. '"}') end,
   function() return get("/nowhere") end,
   function() return post("/refunds", '{"payment_id":"' .. (payment or "pay_none") .. '","amount":99999999}') end,
   function() return get("/readyz") end,
}

function request()
   count = count + 1
   return kinds[count % #kinds + 1]()
end

function response(status, fields, body)
   statuses[status] = (statuses[status] or 0) + 1
   local id = status == 201 and body:match('^{"id":"(pay_%w+)"') or nil
   payment = id or payment
   if (id or status == 402) and not fields["Idempotent-Replayed"] then
      payments = payments + 1
   end
end

function done(summary, latency, requests)
   local total, text, kept = {}, {}, 0
   for _, thread in ipairs(threads) do
      kept = kept + thread:get("payments")
      for status, number in pairs(thread:get("statuses")) do
         total[status] = (total[status] or 0) + number
      end
   end
   for status, number in pairs(total) do
      table.insert(text, string.format('"%d":%d', status, number))
   end
   local errors = summary.errors
   io.write(string.format('{"requests":%d,"broken":%d,"payments":%d,"statuses":{%s}}\n', summary.requests,
      errors.connect + errors.read + errors.write + errors.timeout, kept, table.concat(text, ",")))
end
